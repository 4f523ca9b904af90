"""Membership rules once more, slowly and from the documentation: one function, no closures, nothing shared.

Open points are an argument: ``reading`` says how each is read. What a value leaves open is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Not,
    Now,
    Or,
    Quantified,
    Quantifier,
    Text,
    Tree,
)

Json = Any
READINGS = [
    dict(zip(("null_negative", "date_boundary", "null_boolean", "direct_manager"), chosen, strict=True))
    for chosen in product((True, False), repeat=4)
]
UNREAD = object()


def answer(tree: Tree, user: Json, now: datetime) -> bool | None:
    """What all readings say; None when they do not say the same."""
    answers = {holds(tree, user, now, reading) for reading in READINGS}
    return answers.pop() if len(answers) == 1 else None


def holds(tree: Tree, user: Json, now: datetime, reading: Mapping[str, bool]) -> bool | None:
    match tree:
        case Not(part):
            found = holds(part, user, now, reading)
            return None if found is None else not found
        case And(parts):
            return _all([holds(part, user, now, reading) for part in parts])
        case Or(parts):
            return _any([holds(part, user, now, reading) for part in parts])
        case Quantified(property, quantifier, body):
            elements = user.get(property.path[0], UNREAD)
            if elements is UNREAD:
                return None
            found_each = [holds(body, element, now, reading) for element in elements or []]
            return _any(found_each) if quantifier is Quantifier.ANY else _all(found_each)
        case Comparison():
            return _compare(tree, user, now, reading)
        case DirectReports(manager):
            of_the_manager: bool = (user["manager"] or {}).get("id", "").lower() == manager.lower()
            return of_the_manager or (reading["direct_manager"] and user["id"].lower() == manager.lower())
        case _:
            raise NotImplementedError(tree)


def _all(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _value(tree: Comparison, user: Json) -> Json:
    value = user
    for step in tree.property.path:
        value = value.get(step, UNREAD) if isinstance(value, dict) else value
    if tree.property.first and isinstance(value, list):
        value = value[0] if value else None
    return None if value == "" else value


def _compare(tree: Comparison, user: Json, now: datetime, reading: Mapping[str, bool]) -> bool | None:
    value = _value(tree, user)
    if value is UNREAD:
        return None
    negative, operator = tree.operator.startswith(("-ne", "-not")), tree.operator.lower().replace("-not", "-")
    if tree.value is None:
        return (value is None) is not negative
    if isinstance(tree.value, bool) and value is None and not reading["null_boolean"]:
        value = False
    if value is None:
        return negative and (reading["null_negative"] or not tree.property.nullable)
    found = _positive(operator, value, tree.value, now, reading)
    return found if found is None or not negative else not found


def _positive(operator: str, value: Json, wanted: Json, now: datetime, reading: Mapping[str, bool]) -> bool | None:
    match wanted:
        case bool():
            return bool(value is wanted)
        case datetime():
            return _instants(operator, datetime.fromisoformat(value), wanted, inclusive=reading["date_boundary"])
        case Now(offset):
            hired = datetime.fromisoformat(value)
            both = {
                _instants(operator, hired, now + offset - lag, inclusive=reading["date_boundary"])
                for lag in (timedelta(), timedelta(hours=24))
            }
            return both.pop() if len(both) == 1 else None
        case tuple():
            return _folded(lambda fold: any(fold(value) == fold(each.value) for each in wanted))
        case Text(value=text) if operator == "-match":
            return re.search(text, value, re.IGNORECASE) is not None
        case Text(value=text):
            by = {
                "-eq": lambda fold: fold(value) == fold(text),
                "-ne": lambda fold: fold(value) == fold(text),
                "-startswith": lambda fold: fold(value).startswith(fold(text)),
                "-endswith": lambda fold: fold(value).endswith(fold(text)),
                "-contains": lambda fold: fold(text) in fold(value),
            }
            return _folded(by[operator])
        case _:
            raise NotImplementedError(wanted)


def _instants(operator: str, value: datetime, bound: datetime, *, inclusive: bool) -> bool:
    if operator == "-ge":
        return value > bound or (inclusive and value == bound)
    if operator == "-le":
        return value < bound or (inclusive and value == bound)
    return value == bound


def _folded(compare: Any) -> bool | None:
    """Both ways in which letters may lose their case; the only letter here on which they differ is ß."""
    simple, full = compare(str.lower), compare(str.casefold)
    return simple if simple is full else None
