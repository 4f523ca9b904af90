"""What was found of one object: it is there, it is not, it is one of several, or it could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from xtcheck.answers import Json, Request


@dataclass(frozen=True, slots=True)
class Present:
    """The object was read, whole."""

    document: Json
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """The service says, completely, that there is no such object; ``near`` are names that differ in little."""

    what: str
    requests: tuple[Request, ...]
    near: tuple[str, ...] = ()
    inherited: bool = False
    """It is absent because something above it is: that alone proves nothing good."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several objects answer to the key: which one is meant is not known."""

    what: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """The object, or something that leads to it, could not be read completely."""

    cause: str
    remedy: str
    requests: tuple[Request, ...]
    permission: str = ""
    """What reading it needs: of all causes a missing permission is the most common."""
    unasked: bool = False
    """No service was asked, although one could have told: then no person's word stands in for it."""


Evidence = Present | Absent | Ambiguous | Unread
