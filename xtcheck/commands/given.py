"""What a person gives on a command line: a time, users in a file, how open points are read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xtcheck.errors import XtcheckError

Json = Any


def add_now(parser: argparse.ArgumentParser, what: str) -> None:
    """The option ``--now``; ``what`` says of what it is the time."""
    parser.add_argument("--now", metavar="TIME", help=f"{what}, with its time zone: 2026-11-26T12:00:00Z")


def moment(text: str | None) -> datetime | None:
    """The time that ``--now`` gives, in UTC. One without a time zone would be another moment on another computer.

    :raises XtcheckError: it is none, has no time zone, or lies before year 1 or after year 9999 in UTC.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise XtcheckError(f"--now {text}: no time; write 2026-11-26T12:00:00Z") from error
    if found.tzinfo is None:
        raise XtcheckError(f"--now {text}: without a time zone; write 2026-11-26T12:00:00Z")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise XtcheckError(f"--now {text}: beyond the calendar in UTC; write 2026-11-26T12:00:00Z") from error


def add_semantics(parser: argparse.ArgumentParser, points: Iterable[tuple[str, Iterable[str]]]) -> None:
    """The option ``--semantics``; ``points`` are the open points with their readings."""
    known = "; ".join(f"{key}={'|'.join(readings)}" for key, readings in points)
    parser.add_argument(
        "--semantics",
        action="append",
        default=[],
        metavar="KEY=READING",
        help=f"settle a point that the documentation leaves open (repeatable): {known}",
    )


def settled(pairs: Iterable[str], example: str) -> dict[str, str]:
    """What ``--semantics`` settles, by key; a key may be spelled as in a policy, with dashes.

    :raises XtcheckError: one has no reading.
    """
    found = {}
    for words in pairs:
        key, sign, reading = words.partition("=")
        if not sign:
            raise XtcheckError(f"--semantics {words}: write KEY=READING, as {example}")
        found[key.replace("-", "_") if key.islower() else key] = reading
    return found


def document(path: Path) -> Json:
    """The JSON of a file.

    :raises XtcheckError: it cannot be read, or holds none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise XtcheckError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise XtcheckError(f"{path}: no JSON: {error}") from error


def user(path: Path) -> Mapping[str, Json]:
    """The one user of a file, as ``/users/{id}`` answers.

    :raises XtcheckError: it holds something else.
    """
    found = document(path)
    if not isinstance(found, dict) or "value" in found:
        raise XtcheckError(f"{path}: one user was expected, as /users/{{id}} answers: an object")
    return found


def users(path: Path) -> list[Mapping[str, Json]]:
    """The users of a file. One page of several is refused: the answer would look as if it were about everybody.

    :raises XtcheckError: it holds something else.
    """
    found = document(path)
    if isinstance(found, dict) and "@odata.nextLink" in found:
        raise XtcheckError(f"{path}: only one page: it has an @odata.nextLink; put all pages into one list")
    several = found.get("value") if isinstance(found, dict) else found
    if not isinstance(several, list):
        raise XtcheckError(f'{path}: a list of users was expected, or {{"value": […]}} as /users answers')
    if wrong := next((number for number, each in enumerate(several, 1) if not isinstance(each, dict)), None):
        raise XtcheckError(f"{path}: user {wrong} is no object")
    return several
