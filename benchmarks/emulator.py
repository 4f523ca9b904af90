"""The sandbox in a process of its own, over TLS, HTTP/1.1 and HTTP/2, each answer late by the latency asked for.

``python benchmarks/emulator.py WORLD SECONDS [1] [kept]`` (1: only HTTP/1.1; kept: pages of users are made once, and
served from memory from then on) prints how to get in as JSON, and serves until its input ends.

The sandbox's own server speaks HTTP/1.1 only, so the same application runs on granian here, as the services run on
HTTP/2.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import trustme
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.server import Dispatcher


class Late:
    """The sandbox's application, which answers so many seconds later."""

    def __init__(self, inner: Dispatcher, seconds: float) -> None:
        self.inner, self.seconds = inner, seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; the admin endpoint answers at once."""
        if scope["type"] == "http" and not scope["path"].startswith("/_admin/"):
            await asyncio.sleep(self.seconds)
        await self.inner(scope, receive, send)


class Kept:
    """The sandbox's application, which answers with the same pages of users again: then making them costs nothing."""

    def __init__(self, inner: Dispatcher) -> None:
        self.inner = inner
        self._pages: dict[bytes, list[Any]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != "/graph/v1.0/users":
            await self.inner(scope, receive, send)
            return
        if scope["query_string"] not in self._pages:
            messages: list[Any] = []

            async def keep(message: Any) -> None:
                messages.append(message)

            await self.inner(scope, receive, keep)
            if messages[0]["status"] != 200:
                raise SystemExit(messages)
            self._pages[scope["query_string"]] = messages
        for message in self._pages[scope["query_string"]]:
            await send(message)


def free_port() -> int:
    """A port of this computer on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    """Serve."""
    world, seconds = sys.argv[1], float(sys.argv[2])
    http = HTTPModes.http1 if "1" in sys.argv[3:] else HTTPModes.auto
    sandbox = Sandbox(world)
    with sandbox:  # its own server runs too: it makes the files that connections name
        own = sandbox.connection["admin"]["url"].removesuffix("/_admin")
        folder = Path(sandbox.connection["ca"]).parent
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        ca, chain, key = (folder / name for name in ("bench-ca.pem", "bench-chain.pem", "bench-key.pem"))
        authority.cert_pem.write_to_path(ca)
        key.touch(mode=0o600)
        key.write_bytes(certificate.private_key_pem.bytes())
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        port = free_port()
        told = json.dumps(sandbox.connection).replace(own, f"https://127.0.0.1:{port}")
        connection = json.loads(told) | {"ca": str(ca)}
        dispatcher = Dispatcher(sandbox.state, sandbox.connection["admin"]["token"])
        application = Kept(dispatcher) if "kept" in sys.argv[3:] else Late(dispatcher, seconds)
        server = Server(
            application,
            port=port,
            interface=Interfaces.ASGI,
            http=http,
            ssl_cert=chain,
            ssl_key=key,
            log_enabled=False,
        )

        async def serve() -> None:
            serving = asyncio.ensure_future(server.serve())
            loop = asyncio.get_running_loop()
            threading.Thread(
                target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(serving.cancel)), daemon=True
            ).start()
            await asyncio.sleep(0.3)
            sys.stdout.write(json.dumps(connection) + "\n")
            sys.stdout.flush()
            await asyncio.wait([serving])

        asyncio.run(serve())


if __name__ == "__main__":
    main()
