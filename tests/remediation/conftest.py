"""One sandbox, and the ways to write to it, for all tests of remediation in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gates import living
from tests.gates.living import Living
from tests.remediation.acting import Acting, acting


@pytest.fixture(scope="session")
def running() -> Iterator[Living]:
    with living.living() as alive:
        yield alive


@pytest.fixture(scope="session")
def _acting(running: Living) -> Iterator[Acting]:
    with acting(running) as able:
        yield able


@pytest.fixture
def act(_acting: Acting) -> Iterator[Acting]:
    """The good world, which is put right after the test."""
    yield _acting
    _acting.living.put_right()


@pytest.fixture(name="living")
def _living(running: Living) -> Iterator[Living]:
    """The good world, for runs in processes of their own."""
    yield running
    running.put_right()
