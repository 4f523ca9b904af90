"""What a service is told to change, and what it said to that: done, refused, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Write:
    """One call that changes something, complete but for the words in braces that only an earlier call makes known.

    ``verb`` is the HTTP method of Microsoft Graph and empty for AWS, ``operation`` a path below the version or boto3's
    name of an operation, ``body`` the JSON document or the parameters. ``idempotent``: sent twice, it leaves the same
    as sent once, and the second is not an error, so that it may be repeated when its answer was lost.
    """

    place: str
    service: str
    verb: str
    operation: str
    body: Json = None
    idempotent: bool = False
    follow: str = ""
    """Of a call that is carried out later: the operation, parameter and result by which its end is told, by blanks."""
    request: str = ""
    """The id by which the service's own log can be searched for this very attempt."""
    secrets: tuple[str, ...] = ()
    """The environment variables whose values replace the texts ``${env.NAME}`` of the body, when it is sent and no
    earlier."""

    def __str__(self) -> str:
        return f"{self.verb or self.service} {self.operation}"


@dataclass(frozen=True, slots=True)
class Done:
    """The service says that it did it. ``requests`` are the ids that the service's own log has for it."""

    requests: tuple[str, ...]

    def __str__(self) -> str:
        return "done"


@dataclass(frozen=True, slots=True)
class Refused:
    """The service says that it did not. ``code`` is its own word for why, ``passing`` whether later may differ.

    ``denied``: whoever writes may not. ``begun``: it was accepted first, and failed on the way.
    ``after``: the seconds that it wishes to be left alone before.
    """

    cause: str
    remedy: str
    requests: tuple[str, ...]
    code: str = ""
    passing: bool = False
    denied: bool = False
    begun: bool = False
    after: float = 0.0

    def __str__(self) -> str:
        return self.cause


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer, or one that does not tell whether it was done: only looking can tell.

    ``busy``: the service said, as it documents, that it had no time for it. ``passing`` and ``after`` as of what is
    refused.
    """

    cause: str
    remedy: str
    requests: tuple[str, ...]
    busy: bool = False
    passing: bool = True
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.cause}; whether it was done is not known"


Told = Done | Refused | Lost
