"""Doors that do not open: addresses at which a connection fails before any request, each in its own way."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import trustme

PATIENCE = 5.0
"""Seconds that a door waits for what a client says."""


class Doors:
    """The doors of one sandbox (``faults.DOORS``), each opened when its address is first asked for."""

    def __init__(self, authority: trustme.CA) -> None:
        self._authority = authority
        self._listeners: dict[str, socket.socket] = {}

    def url(self, kind: str) -> str:
        """The address of a door."""
        if kind == "unresolved":
            return "https://sandbox.invalid"  # RFC 6761: never resolves
        if kind not in self._listeners:
            self._listeners[kind] = self._opened(kind)
        return f"https://127.0.0.1:{self._listeners[kind].getsockname()[1]}"

    def close(self) -> None:
        """Close all doors."""
        for listener in self._listeners.values():
            with suppress(OSError):  # nobody ever listened there
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
            listener.close()
        self._listeners.clear()

    def _opened(self, kind: str) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        if kind == "refused":
            return listener  # the port is taken, so that nobody else can listen there
        listener.listen(64)
        context = self._context(kind)
        threading.Thread(target=_serve, args=(listener, kind, context), name=f"door-{kind}", daemon=True).start()
        return listener

    def _context(self, kind: str) -> ssl.SSLContext | None:
        import trustme

        if kind in ("reset", "no-tls"):
            return None
        authority = trustme.CA() if kind == "untrusted" else self._authority
        name = "elsewhere.example" if kind == "other-name" else "127.0.0.1"
        now = datetime.now(UTC)
        begins, ends = {
            "expired-certificate": (now - timedelta(days=60), now - timedelta(days=30)),
            "early-certificate": (now + timedelta(days=30), now + timedelta(days=60)),
        }.get(kind, (None, None))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name, not_before=begins, not_after=ends).configure_cert(context)
        return context


def _serve(listener: socket.socket, kind: str, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:  # the sandbox has closed it
            return
        threading.Thread(target=_turn_away, args=(peer, kind, context), daemon=True).start()


def _turn_away(peer: socket.socket, kind: str, context: ssl.SSLContext | None) -> None:
    """One connection, up to where it fails; a client that accepts the certificate finds nobody behind it."""
    try:
        with peer:
            peer.settimeout(PATIENCE)
            if context is not None:
                with context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False) as tls:
                    tls.do_handshake()
            elif kind == "reset":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    except OSError:  # the client turned away first: that is what doors are for
        return
