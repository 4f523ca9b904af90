"""Tables among the documents of the gates: rows as lists, and lists as tables again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import reject

from xtcheck.model import Answer, Answered, Request
from xtcheck.tables import Decoder, Misread, Table, Writer, scratch

Json = Any


def plain(document: Json) -> Json:
    """The document; of a table the list of its rows."""
    return list(document.documents()) if isinstance(document, Table) else document


def like(original: Json, document: Json) -> Json:
    """The document; in place of a table, a table again. A list that no client lets become one is none to judge."""
    if not isinstance(original, Table):
        return document
    try:
        frame = Decoder(original.columns).frame(json.dumps(document).encode())
    except Misread:
        reject()
    writer = Writer(scratch() / uuid.uuid4().hex, original.columns)
    writer.add(frame)
    table = writer.close()
    if table.twice():
        reject()
    return table


def collection(request: Request) -> Request:
    """What is read for a request, whatever its columns: those of one collection are read at once."""
    return replace(request, columns=())


def reads(answers: Mapping[Request, Answer]) -> dict[Request, Answer]:
    """What was sent for some answers: a request for columns with all that its table has."""
    found: dict[Request, Answer] = {}
    for request, answer in answers.items():
        table = answer.document if request.columns and isinstance(answer, Answered) else None
        found[replace(request, columns=table.columns) if table else request] = answer
    return found


def stand_in(answers: Mapping[Request, Answer], request: Request) -> Answer:
    """The answer to a request, or to any for the same collection."""
    others: Iterable[Request] = (other for other in answers if collection(other) == collection(request))
    return answers[request] if request in answers else answers[next(iter(others))]
