"""One sandbox for all gates of a test process; each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gates import living
from tests.gates.living import Living


@pytest.fixture(scope="session")
def running() -> Iterator[Living]:
    with living.living() as alive:
        yield alive
        assert alive.wrote == 0


@pytest.fixture
def blog(running: Living) -> Iterator[Living]:
    """The good world. Faults, page sizes and drift end with the test."""
    yield running
    running.put_right()
    assert running.wrote == 0, "whatever a gate does wrong on purpose, reading never writes"
