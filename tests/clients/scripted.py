"""A TLS server on loopback that says exactly what a test scripts: for what no well-behaved service does."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trustme

from xtcheck.clients import Clients, Patience
from xtcheck.connection import AwsCredential, Connection, EntraCredential, Secret
from xtcheck.model import Answer, Json, Request

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
CLIENT = "33333333-3333-4333-8333-333333333333"
ACCOUNT = "111122223333"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"
HASTE = Patience(attempts=3, throttles=3, first=0.01, throttled=0.02, longest=5)


@dataclass(frozen=True)
class Say:
    """One scripted response. ``cut`` announces the whole body and sends half of it."""

    status: int = 200
    body: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0.0

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Scripted:
    """The server: ``says`` maps a path to its responses in turn, of which the last is repeated."""

    def __init__(self, url: str, ca: Path) -> None:
        self.url = url
        self.ca = str(ca)
        self.says: dict[str, list[Say]] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.says = {TOKEN: [token_response()]}
        self.seen.clear()
        self.bodies.clear()

    def on(self, path: str, *says: Say) -> None:
        self.says[path] = list(says)

    def count(self, path: str) -> int:
        return sum(seen == path for _, seen, _ in self.seen)

    def tenant(self, **changes: Any) -> Connection:
        """A tenant that signs in and reads here."""
        plain: dict[str, Any] = {
            "place": "one",
            "identity": TENANT,
            "credential": EntraCredential("client-secret", CLIENT, Secret(env="XT_TEST_SECRET")),
            "endpoints": {"login": self.url, "graph": f"{self.url}/graph"},
            "ca_bundle": self.ca,
        }
        return Connection(**{**plain, **changes})

    def aws(self, **changes: Any) -> Connection:
        """An AWS entry that is all here."""
        keys = AwsCredential(access_key_id=Secret(env="XT_TEST_KEY"), secret_access_key=Secret(env="XT_TEST_SECRET"))
        names = ("sts", "sso-admin", "identitystore", "organizations")
        plain: dict[str, Any] = {
            "place": "aws-main",
            "identity": ACCOUNT,
            "credential": keys,
            "endpoints": {name: f"{self.url}/{name}" for name in names},
            "ca_bundle": self.ca,
            "region": "us-east-1",
        }
        return Connection(**{**plain, **changes})


def token_response(tid: str = TENANT, **claims: Json) -> Say:
    return Say(body={"token_type": "Bearer", "expires_in": 3600, "access_token": jwt(tid=tid, **claims)})


def jwt(**claims: Json) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
    ]
    return ".".join([*parts, "signature"])


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A fresh server, which ends with the block."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with TemporaryDirectory() as folder:
        ca = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(ca)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        script = Scripted(f"https://127.0.0.1:{server.server_address[1]}", ca)
        server.script = script  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers as scripted."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: each response would wait 40 ms

    def do_GET(self) -> None:
        script: Scripted = self.server.script  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with script.lock:  # each request has a thread of its own, and its body the same place as itself
            script.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            script.bodies.append(body)
        path = self.path if self.path in script.says else self.path.partition("?")[0]
        says = script.says.get(path, [Say(501, {"error": {"code": "NotScripted", "message": self.path}})])
        say = says.pop(0) if len(says) > 1 else says[0]
        body = say.content()
        time.sleep(say.delay)
        self.send_response(say.status)
        for name, value in {"Content-Type": "application/json", **say.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if say.cut else body)
        self.close_connection = say.cut

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client turned away, as with an unknown authority
            self.close_connection = True


def get(operation: str, *, many: bool = False, absent: frozenset[str] = frozenset()) -> Request:
    return Request("one", "graph", operation, many=many, absent=absent)


def ask(connection: Connection, *requests: Request, **options: Any) -> list[Answer]:
    """The answers to requests that are made side by side."""

    async def run() -> list[Answer]:
        async with Clients({connection.place: connection}, **{"patience": HASTE, **options}) as clients:
            return list(await asyncio.gather(*(clients.answer(request) for request in requests)))

    return asyncio.run(run())
