"""What was done, line by line, on disk before it is done: so that a crash at any moment leaves the truth behind."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from xtcheck import __version__, private
from xtcheck.errors import XtcheckError
from xtcheck.remediation.changes import FORMAT, Change, Result, change_json, change_of
from xtcheck.remediation.masking import Veil

Json = Any


class Journal:
    """JSON lines: who and where first, then of each change a line before and a line after. Only this user reads it.

    A context manager, which closes the file and says nothing of how far the run got: :meth:`finish` does.
    """

    def __init__(
        self,
        path: Path,
        tenants: Mapping[str, str],
        *,
        hidden: Mapping[str, str],
        objects: Mapping[str, int] | None = None,
        goes_on: bool = False,
    ) -> None:
        """Open a new file.

        :param tenants: the identity of each place.
        :param objects: of how many objects of each place the plan is, by which undoing it is limited, too.
        :param hidden: the texts that came from the environment, with what is written in their place.
        :param goes_on: this run has begun the journal before.
        :raises XtcheckError: it cannot be made.
        """
        self.path, self._veil = path, Veil(hidden)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = private.appended(path) if goes_on else _created(path)
        except OSError as error:
            more = "more " if goes_on else ""
            text = f"cannot write the journal {path}: {error.strerror}; nothing {more}was changed"
            raise XtcheckError(text) from error
        if not goes_on:
            self._line("run", format=FORMAT, version=__version__, tenants=dict(tenants), objects=dict(objects or {}))

    def entered(self, place: str, who: str) -> None:
        """Who writes at a place."""
        self._line("who", place=place, who=who)

    def begin(self, change: Change) -> None:
        """A change is about to be made."""
        self._line("begin", change=change_json(self._veil.change(change)))

    def send(self, change: Change, request: str, ids: Mapping[str, str]) -> str:
        """It is about to be sent under this id, to the objects with these; the moment that the line names."""
        return self._line("send", change=self._veil.name(change), request=request, ids=dict(ids))

    def end(self, result: Result, ids: Mapping[str, str], document: Json) -> None:
        """What came of it; and the ids and the document of what was seen then, of which only digests are kept."""
        name, said = self._veil.name(result.change), self._veil.text(result.said)
        self._line("end", change=name, outcome=str(result.outcome), said=said, requests=list(result.requests),
                   ours=result.ours, ids=dict(ids), seen=self._veil.digests(document))  # fmt: skip

    def finish(self) -> None:
        """The run got to its end."""
        self._line("close")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _line(self, line: str, **fields: Json) -> str:
        """The moment that it names (UTC, ISO 8601).

        :raises XtcheckError: it cannot be kept, so that nothing more may be done.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        document = {"line": line, "at": at, **fields}
        rest = (json.dumps(document, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            text = f"cannot go on with the journal {self.path}: {error.strerror}; nothing more was changed"
            raise XtcheckError(text) from error
        return at


def _created(path: Path) -> int:
    """The descriptor of a new file, which its folder knows, even if the computer dies now.

    :raises OSError: there is none; then no file is left either.
    """
    descriptor = private.created(path)
    try:
        _keep_name(path.parent)
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def _keep_name(folder: Path) -> None:
    """As far as the system lets it: a folder may be closed to reading, and some file systems keep none on demand."""
    if os.name != "posix":
        return
    try:
        opened = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(opened)


def path_in(folder: Path, now: datetime) -> Path:
    """A new journal's name in a folder; two runs in one second have different ones."""
    return folder / f"{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.jsonl"


# --- reading it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One change that was begun, and how it ended: empty where the run ended first.

    ``requests`` are the ids of all that was sent, or about to be; none: nothing was. ``ours``: what is there may come
    of it, as far as is known. ``ids`` are those of the object, and of all that leads to it, by which calls name them;
    ``seen`` are the digests of its properties when it was read back. ``sent``: when the last of it was, or was to be.
    """

    change: Change
    outcome: str
    requests: tuple[str, ...] = ()
    ours: bool = True
    ids: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What a journal tells: which identity each place had, and how many objects that could be written; what was begun,
    and whether the run got to its end.
    """

    tenants: Mapping[str, str]
    objects: Mapping[str, int]
    entries: tuple[Entry, ...]
    whole: bool


_FIRST = b'{"line": "run"'
"""How a journal begins."""


def read(path: Path) -> Account:
    """A journal, also one that was cut off at any byte: then it tells of what was begun before.

    :raises XtcheckError: it is none, or of another version, or damaged anywhere but at its end.
    """
    try:
        text = path.read_bytes()
        if _FIRST.startswith(text[: len(_FIRST)]) and b"\n" not in text:
            return Account({}, {}, (), whole=False)
        first, *rest = lines = list(_lines(text))
        if first["line"] != "run" or first["format"] != FORMAT:
            raise XtcheckError(f"{path} is no journal of format {FORMAT}")
        return Account(first["tenants"], first["objects"], tuple(_entries(rest)), lines[-1]["line"] == "close")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XtcheckError(f"cannot read the journal {path}: {error}") from error


def _entries(lines: list[Json]) -> Iterator[Entry]:
    """Each change that was begun, with what was sent for it, and its end: one is made after the other."""
    begun = [number for number, line in enumerate(lines) if line["line"] == "begin"]
    for first, last in pairwise([*begun, len(lines)]):
        change, after = change_of(lines[first]["change"]), lines[first + 1 : last]
        own = [line for line in after if line.get("change") == change.name]
        sent = [line["request"] for line in own if line["line"] == "send"]
        ids = {word: id_ for line in own for word, id_ in line.get("ids", {}).items()}
        at = max((line["at"] for line in own if line["line"] == "send"), default="")
        end: Json = next((line for line in own if line["line"] == "end"), None)
        if end is None:
            yield Entry(change, "", tuple(sent), ids=ids, sent=at)
        else:
            requests = tuple(dict.fromkeys([*sent, *end["requests"]]))
            yield Entry(change, end["outcome"], requests, end["ours"], ids, end.get("seen", {}), at)


def _lines(text: bytes) -> Iterator[Json]:
    """Each line; half a line at the end, be it within a letter, is one that was never written."""
    *whole, rest = text.split(b"\n")
    yield from map(json.loads, whole)
    if rest and not rest.startswith(b"{"):
        raise ValueError("it ends in something that is no line")
