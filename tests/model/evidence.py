"""Worlds made by hand: answers without a service, checks without a policy file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.documents.estates import checks, estate
from xtcheck.estate import Estate
from xtcheck.judge import judge
from xtcheck.model import Answer, Answered, Check, Failed, Json, Judgement, Nothing, Ref, Request
from xtcheck.properties import TYPE
from xtcheck.resolution import Pending, Resolver
from xtcheck.tables import Table, scratch
from xtcheck.world import World

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def answered(document: Json) -> Answered:
    return Answered(document, 1, NOW, 0.1)


def nothing() -> Nothing:
    return Nothing(NOW, 0.1)


def failed(cause: str = "403 Forbidden", remedy: str = "grant it") -> Failed:
    return Failed(cause, remedy, NOW, 0.1)


def told(documents: Mapping[str, Json], refs: Mapping[str, Ref], now: datetime = NOW) -> World:
    """The world in which requests have the document of the first key that is part of their text; others failed.

    A document that is an Answer already stays what it is; a list becomes a table where columns are asked for.
    """
    answers: dict[Request, Answer] = {}
    for ref in refs.values():
        while isinstance(found := Resolver(answers).resolve(ref), Pending):
            for request in found.requests:
                answers[request] = _answer(documents, request)
    return World(answers, now)


def _answer(documents: Mapping[str, Json], request: Request) -> Answer:
    for part, document in documents.items():
        if part in str(request):
            if isinstance(document, Answered | Nothing | Failed):
                return document
            return _columns(document, request) if request.columns else answered(document)
    return failed(f"no answer was made for {request}")


def _columns(document: Json, request: Request) -> Answer:
    """The table of a list; what no client lets become one is none."""
    if not isinstance(document, list):
        return answered(document)
    typed = TYPE in request.columns
    if not all(isinstance(item, dict) and (isinstance(item.get(TYPE), str) or not typed) for item in document):
        return failed("page 1 has another shape than documented")
    return answered(Table.of(document, request.columns, scratch() / uuid.uuid4().hex))


def judged(check: Check, documents: Mapping[str, Json]) -> Judgement:
    """The verdict on a check in the world of these documents."""
    return judge(check, told(documents, {**check.refs, **check.context}))


def verdict(text: str, documents: Mapping[str, Json], of: Estate | None = None) -> Judgement:
    """The verdict on the first check of a policy."""
    return judged(checks(text, of=of or estate())[0], documents)
