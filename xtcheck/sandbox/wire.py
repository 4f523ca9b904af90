"""What crosses the sandbox's wire: one request in, one response out, whatever service it is for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Json = Any
"""Any JSON value, as the standard library's json module reads it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read whole.

    ``path`` is decoded, has no query, and has repeated slashes folded (msgraph's default base URL doubles one);
    ``query`` is the raw query string; header names are lower case.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    base: str
    """Scheme, host and port under which the client reached us: next links are built from it."""
    raw: str = ""
    """The path as it was sent, where that is known: a signature is made over it."""

    @property
    def sent(self) -> str:
        """The path as it was sent, or else as it was read."""
        return self.raw or self.path

    def parameter(self, name: str) -> str | None:
        """The last value of a query parameter, decoded; None when it was not sent."""
        values = parse_qs(self.query, keep_blank_values=True).get(name)
        return values[-1] if values else None

    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, sent whole unless a fault cuts it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, document: Json, status: int = 200, content_type: str = "application/json") -> Response:
        """A JSON answer."""
        return cls(status, json.dumps(document, ensure_ascii=False).encode(), {"content-type": content_type})
