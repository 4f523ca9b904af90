"""All evidence of a run: every answer once, by its request; immutable, and the same on disk.

On disk it is lines of JSON: of each answer one with its request and how it went, then its document; of a large
collection so many items a line, of a table the folder where it is. A worker of pytest-xdist, which opens it, reads the
documents that it is asked about and no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from xtcheck import private
from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Answered, Evidence, Failed, Nothing, Ref, Request
from xtcheck.resolution import Pending, Resolver
from xtcheck.tables import Table

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.model import Check, Judgement

Json = Any

FORMAT = 3
"""Version of the file; a reader refuses another."""
SEVERAL = 1000
"""Items of a collection in one line: parsed together, they share the texts of their keys."""
DOCUMENT, ITEMS, TABLE = "document", "items", "table"
"""What stands in each line of a document."""


class World:
    """The answers of one run, and the time at which reading ended, which is every judgement's now."""

    def __init__(self, answers: Mapping[Request, Answer], now: datetime) -> None:
        self.answers = answers
        self.now = now
        self.before: World | None = None
        """A world that was read earlier, which tells since when something differs."""
        self.judged: dict[int, tuple[Check, Judgement]] | None = None
        """Of each check, by its identity, what it was judged; None where nobody asks again and again."""
        self._resolver = Resolver(answers)

    def evidence(self, ref: Ref) -> Evidence:
        """What was found of an object.

        :raises LookupError: the object was never asked for: a row's ``reads`` lacks it.
        """
        found = self._resolver.resolve(ref)
        return self.lacking(ref) if isinstance(found, Pending) else found

    def lacking(self, ref: Ref) -> Evidence:
        """What is told of an object that was never asked for.

        :raises LookupError: it is a fault of ours, in a world that this run has read.
        """
        raise LookupError(f"{ref} was not read")

    def save(self, path: Path) -> None:
        """Write the world to a file that only this user may read."""
        with private.text(private.created(path)) as stream:
            head = {"format": FORMAT, "now": self.now.isoformat(), "answers": len(self.answers)}
            stream.write(f"{json.dumps(head)}\n")
            for request, answer in self.answers.items():
                stream.writelines(f"{json.dumps(line)}\n" for line in _lines(request, answer))

    @classmethod
    def load(cls, path: Path) -> World:
        """Open a world that :meth:`save` wrote.

        :raises XtcheckError: the file is not whole, or of another version; also later, of a document that is none.
        """
        with _readable(path), path.open("rb") as stream:
            head = json.loads(stream.readline())
            if head["format"] != FORMAT:
                raise XtcheckError(f"{path} has format {head['format']}; this version reads {FORMAT}")
            places = dict(_places(stream, head["answers"]))
            return cls(Stored(path, places), datetime.fromisoformat(head["now"]))


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file an answer's document is: so many lines from there on, each a document, some items or a table."""

    outcome: Json
    at: int
    lines: int
    of: str


class Stored(Mapping[Request, Answer]):
    """The answers of a world on disk; one is read when it is first asked for."""

    def __init__(self, path: Path, places: Mapping[Request, Place]) -> None:
        self._path, self._places = path, places
        self._known: dict[Request, Answer] = {}

    def __getitem__(self, request: Request) -> Answer:
        if request not in self._known:
            place = self._places[request]
            with _readable(self._path):
                self._known[request] = answer_of({**place.outcome, **self._document(place)})
        return self._known[request]

    def _document(self, place: Place) -> Json:
        if not place.lines:
            return {}
        with self._path.open("rb") as stream:
            stream.seek(place.at)
            read = (json.loads(line) for line in islice(stream, place.lines))
            if place.of == ITEMS:
                return {"document": [item for several in read for item in several]}
            found = next(read)
            return {"document": Table.found(found) if place.of == TABLE else found}

    def __contains__(self, request: object) -> bool:
        return request in self._places

    def __iter__(self) -> Iterator[Request]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _lines(request: Request, answer: Answer) -> Iterator[Json]:
    outcome = answer_json(answer)
    if not isinstance(answer, Answered):
        yield [request_json(request), outcome, 0, DOCUMENT]
        return
    document = outcome.pop("document")
    if isinstance(document, Table):
        yield [request_json(request), outcome, 1, TABLE]
        yield document.place()
        return
    if isinstance(document, list) and len(document) > SEVERAL:
        yield [request_json(request), outcome, -(-len(document) // SEVERAL), ITEMS]
        yield from (document[start : start + SEVERAL] for start in range(0, len(document), SEVERAL))
        return
    yield [request_json(request), outcome, 1, DOCUMENT]
    yield document


def _places(stream: BinaryIO, answers: int) -> Iterator[tuple[Request, Place]]:
    """Where each answer is.

    :raises ValueError: the file ends too early, or too late.
    """
    for _ in range(answers):
        request, outcome, lines, of = json.loads(_line(stream))
        at = stream.tell()
        for _ in range(lines):
            _line(stream)
        yield request_of(request), Place(outcome, at, lines, of)
    if stream.readline():
        raise ValueError("something follows the last answer")


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ValueError("it is cut short")
    return line


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """:raises XtcheckError: the file is not what :meth:`World.save` wrote."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise XtcheckError(f"cannot read the saved world {path}: {error}") from error


def request_json(request: Request) -> Json:
    """A request as plain JSON, as it was before there were columns where it has none."""
    columns = {"columns": list(request.columns)} if request.columns else {}
    plain = {name: value for name, value in asdict(request).items() if name != "columns"}
    return {**plain, "absent": sorted(request.absent), **columns}


def request_of(document: Json) -> Request:
    """The request of its plain JSON."""
    parameters = tuple((name, value) for name, value in document["parameters"])
    absent, columns = frozenset(document["absent"]), tuple(document.get("columns", ()))
    return Request(**{**document, "parameters": parameters, "absent": absent, "columns": columns})


def answer_json(answer: Answer) -> Json:
    """An answer as plain JSON."""
    # Not asdict, which copies the document: of a million users, for half a minute.
    values = {field.name: getattr(answer, field.name) for field in fields(answer)}
    return {"is": type(answer).__name__, **values, "at": answer.at.isoformat()}


def answer_of(document: Json) -> Answer:
    """The answer of its plain JSON, which is taken apart."""
    is_ = document.pop("is")
    kind = {"Answered": Answered, "Nothing": Nothing, "Failed": Failed}[is_]
    answer: Answer = kind(**{**document, "at": datetime.fromisoformat(document["at"])})
    return answer
