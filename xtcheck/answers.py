"""What is asked of a service, and what it said: complete, documented to be nothing, or failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = Any
"""Any JSON value, as the standard library's json module reads it."""


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """One thing to read, once. Equal requests are one request.

    ``service`` is ``graph``, ``web``, or boto3's name of an AWS service; ``operation`` is a path with query (graph), a
    URL (web) or boto3's method name; ``many`` wants all items of a collection over all its pages (``items`` names the
    result's list for AWS; for graph it is always ``value``); ``absent`` are the statuses or error codes that the API
    documents to mean "there is none". ``columns`` are the properties that are wanted of every item, each once and in
    order: then the answer's document is a :class:`xtcheck.tables.Table`.
    """

    place: str
    service: str
    operation: str
    parameters: tuple[tuple[str, str], ...] = ()
    many: bool = False
    items: str = ""
    absent: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The operation, with its columns as what it selects; annotations come by themselves."""
        if not self.columns:
            return self.operation
        selected = ",".join(name for name in self.columns if not name.startswith("@"))
        return f"{self.operation}{'&' if '?' in self.operation else '?'}$select={selected}"

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.parameters)
        verb = "GET " if self.service in {"graph", "web"} else f"{self.service} "
        return f"{verb}{self.address}" + (f"({shown})" if shown else "")


@dataclass(frozen=True, slots=True)
class Answered:
    """A complete answer: the document, or all items of all pages. ``at`` is when it began (UTC).

    To a request with columns the document is a :class:`xtcheck.tables.Table`, which may have further columns.
    """

    document: Json
    pages: int
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """The service said, as it documents, that there is no such object."""

    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """No complete answer. ``cause`` says what happened, ``remedy`` what to do about it.

    ``refused`` is the AWS account whose credentials were refused, where that is the cause. ``denied``: who asked is
    known and may not read this.
    """

    cause: str
    remedy: str
    at: datetime
    seconds: float
    refused: str = ""
    denied: bool = False


Answer = Answered | Nothing | Failed


@dataclass(frozen=True, slots=True)
class Entrance:
    """How signing in to a tenant or an AWS entry ended.

    ``who`` is the application's client id, or the ARN of the AWS caller, as far as it is known. ``roles`` are the
    application permissions in the token; None where a token does not tell what it may read (a person's token, AWS).
    ``refused`` says why nobody got in, ``remedy`` what to do about it; both are empty where somebody did.
    """

    place: str
    who: str = ""
    roles: frozenset[str] | None = None
    refused: str = ""
    remedy: str = ""
