"""All evidence of a run: every answer once, by its request; immutable, and the same on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Answered, Evidence, Failed, Nothing, Ref, Request
from xtcheck.resolution import Pending, Resolver

if TYPE_CHECKING:
    from pathlib import Path

Json = Any

FORMAT = 1
"""Version of the file; a reader refuses another."""


class World:
    """The answers of one run, and the time at which reading ended, which is every judgement's now."""

    def __init__(self, answers: Mapping[Request, Answer], now: datetime) -> None:
        self.answers = answers
        self.now = now
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
        document = {
            "format": FORMAT,
            "now": self.now.isoformat(),
            "answers": [[request_json(request), answer_json(answer)] for request, answer in self.answers.items()],
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(document, stream)

    @classmethod
    def load(cls, path: Path) -> World:
        """Read a world that :meth:`save` wrote.

        :raises XtcheckError: the file is not whole, or of another version.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise XtcheckError(f"{path} has format {document['format']}; this version reads {FORMAT}")
            answers = {request_of(request): answer_of(answer) for request, answer in document["answers"]}
            return cls(answers, datetime.fromisoformat(document["now"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise XtcheckError(f"cannot read the saved world {path}: {error}") from error


def request_json(request: Request) -> Json:
    """A request as plain JSON."""
    return {**asdict(request), "absent": sorted(request.absent)}


def request_of(document: Json) -> Request:
    """The request of its plain JSON."""
    parameters = tuple((name, value) for name, value in document["parameters"])
    return Request(**{**document, "parameters": parameters, "absent": frozenset(document["absent"])})


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
