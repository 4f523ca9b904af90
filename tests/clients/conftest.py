"""A scripted server and a proxy for all tests of the clients, and the secrets that their connections name."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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


class Tunnel(BaseHTTPRequestHandler):
    """CONNECT, and nothing else."""

    def do_CONNECT(self) -> None:
        asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        asked.append(self.path)
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as there:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                for end in select.select(list(ends), [], [], 10)[0]:
                    data = end.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A proxy that the environment names: the hosts that it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_address[1]}")
    yield server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()
