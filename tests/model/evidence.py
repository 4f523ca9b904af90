"""Worlds made by hand: answers without a service, checks without a policy file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tests.documents.estates import checks, estate
from xtcheck.estate import Estate
from xtcheck.judge import judge
from xtcheck.model import Answer, Answered, Check, Failed, Json, Judgement, Nothing, Ref, Request
from xtcheck.resolution import Pending, Resolver
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

    A document that is an Answer already stays what it is.
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
            return document if isinstance(document, Answered | Nothing | Failed) else answered(document)
    return failed(f"no answer was made for {request}")


def judged(check: Check, documents: Mapping[str, Json]) -> Judgement:
    """The verdict on a check in the world of these documents."""
    return judge(check, told(documents, {**check.refs, **check.context}))


def verdict(text: str, documents: Mapping[str, Json], of: Estate | None = None) -> Judgement:
    """The verdict on the first check of a policy."""
    return judged(checks(text, of=of or estate())[0], documents)
