"""Tables among the documents of the gates: rows as lists, and lists as tables again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import reject

from xtcheck.model import Answer, Answered, Request
from xtcheck.tables import OF, Decoder, Joined, Misread, Table, Writer, scratch

Json = Any


def plain(document: Json) -> Json:
    """The document; of a table the list of its rows."""
    return list(document.documents()) if isinstance(document, Table | Joined) else document


def like(original: Json, document: Json) -> Json:
    """The document; in place of a table, a table again. A list that no client lets become one is none to judge."""
    if isinstance(original, Joined):
        return _joined(original, document)
    return _table(document, original.columns) if isinstance(original, Table) else document


def _joined(original: Joined, document: Json) -> Joined:
    parts: dict[str, list[Json]] = {of: [] for of, _ in original.tables}
    known = list(parts)  # a damaged name of one may be anything
    if not isinstance(document, list) or not all(isinstance(item, dict) and item.get(OF) in known for item in document):
        reject()
    for item in document:
        parts[item[OF]].append({name: value for name, value in item.items() if name != OF})
    return Joined(tuple((of, _table(items, original.columns)) for of, items in parts.items()), original.columns)


def _table(document: Json, columns: tuple[str, ...]) -> Table:
    try:
        frame = Decoder(columns).frame(json.dumps(document).encode())
    except Misread:
        reject()
    writer = Writer(scratch() / uuid.uuid4().hex, columns)
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
