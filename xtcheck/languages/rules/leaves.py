"""The smallest parts of a rule as functions of a user: a comparison, and the relation to a manager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from xtcheck.languages.rules.documents import DOUBTS, MALFORMED, absent, finding, plain_key
from xtcheck.languages.rules.outcome import Answer, Inconclusive
from xtcheck.languages.rules.properties import Type
from xtcheck.languages.rules.semantics import Semantics
from xtcheck.languages.rules.syntax import Comparison, DirectReports
from xtcheck.languages.rules.texts import date_test, fold, test

Json = Any
Test = Callable[[Json, datetime | None], Answer]
"""What a part of a rule says of a user, or of an element of a collection, at some time."""


def leaf(part: Comparison | DirectReports, settled: Semantics) -> Test:
    """A lowered comparison, or the relation to a manager, as a function."""
    if isinstance(part, DirectReports):
        return _reports_to(part.manager, settled)
    if part.value is None:
        return _missing(part, settled)
    if part.property.type is Type.BOOLEAN:
        return _is(part, settled)
    if part.property.type is Type.DATE:
        return _at(part, settled)
    key = plain_key(part.property)
    return _of_key(key, part, settled) if key else _of_text(part, settled)


def _missing(part: Comparison, settled: Semantics) -> Test:
    find = finding(part.property, settled)

    def answer(document: Json, _: datetime | None) -> Answer:
        value = find(document)
        return value if isinstance(value, Inconclusive) else value is None

    return answer


def _is(part: Comparison, settled: Semantics) -> Test:
    find, wanted = finding(part.property, settled), part.value

    def answer(document: Json, _: datetime | None) -> Answer:
        value = find(document)
        return value if isinstance(value, Inconclusive) else value is wanted

    return answer


def _at(part: Comparison, settled: Semantics) -> Test:
    find, says = finding(part.property, settled), date_test(part, settled)

    def answer(document: Json, now: datetime | None) -> Answer:
        value = find(document)
        if value is None or isinstance(value, Inconclusive):
            return False if value is None else value
        found = says(value, now)
        return DOUBTS[found] if isinstance(found, str) else found

    return answer


def _of_text(part: Comparison, settled: Semantics) -> Test:
    find, says = finding(part.property, settled), test(part, settled)

    def answer(document: Json, _: datetime | None) -> Answer:
        value = find(document)
        if value is None or isinstance(value, Inconclusive):
            return False if value is None else value
        found = says(value)
        return DOUBTS[found] if isinstance(found, str) else found

    return answer


def _of_key(key: str, part: Comparison, settled: Semantics) -> Test:
    """As ``_of_text``, without the steps that most values do not need: a million users are asked."""
    missing, says, slowly = absent(settled), test(part, settled), _of_text(part, settled)

    def answer(document: Json, now: datetime | None) -> Answer:
        value = document.get(key, missing)
        if value.__class__ is str and value:
            found = says(value)
            return DOUBTS[found] if found.__class__ is str else found  # type: ignore[return-value]
        return slowly(document, now)

    return answer


def _reports_to(manager: str, settled: Semantics) -> Test:
    wanted, missing = fold(manager), absent(settled)

    def answer(document: Json, _: datetime | None) -> Answer:
        match document.get("manager", missing):
            case None:
                return False
            case Inconclusive() as unread:
                return unread
            case {"id": str(known)}:
                return fold(known) == wanted
            case _:
                return MALFORMED

    return answer
