"""A scripted server for all tests of the clients, and the secrets that their connections name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.scripted import Scripted, scripted


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def server(shared_server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The server with nothing scripted but a good sign-in; the secret and the key of its connections are set."""
    monkeypatch.setenv("XT_TEST_SECRET", "s3cret-value")
    monkeypatch.setenv("XT_TEST_KEY", "AKIAEXAMPLE")
    shared_server.forget()
    return shared_server
