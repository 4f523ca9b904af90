"""What the documentation leaves open about membership rules: each point, its readings, and what a rule then means.

Everybody who gives a rule a meaning (row by row, column by column, or comparing two) does it through ``readings`` and
``lowered``, so that a point is decided in one place. What a value of a user's may leave open besides (A-15, A-18,
what was not read, the clock) is in ``texts``, ``patterns`` and ``documents``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import assert_never

from xtcheck.errors import XtcheckError, choices
from xtcheck.languages.rules.properties import COLLECTIONS, OBJECT_ID, Type
from xtcheck.languages.rules.syntax import (
    POSITIVE,
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    MemberOf,
    Not,
    Operator,
    Or,
    Quantified,
    Text,
    Tree,
    both,
    either,
)

FROZEN = "memberOf"
"""The item of a rule that Entra ID has not evaluated since 3 November 2026: its members stay as they were then.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-rule-member-of
"""


UNSEARCHED = "pattern"
"""What -match hangs on where A-15 is settled, and the pattern, or the value, is still beyond what is read here."""


@dataclass(frozen=True, slots=True)
class Item:
    """One point that the documentation leaves open.

    ``readings`` are what a policy may settle it to, by ``key``; the first is the likelier. ``whole`` when a reading
    holds for the whole rule at once, so that an answer on which all readings agree is known; else each part has a
    doubt of its own.
    """

    id: str
    key: str
    readings: tuple[str, ...]
    whole: bool
    point: str


REGISTER = {
    item.id: item
    for item in (
        Item(
            "A-07",
            "quantifier_scope",
            ("brackets", "rest"),
            whole=True,
            point="-any and -all rank below -or, so without brackets they may take in the rest of the rule",
        ),
        Item(
            "A-08",
            "null_negative",
            ("complement", "false"),
            whole=True,
            point="whether a negative operator holds for a user without the value",
        ),
        Item(
            "A-10",
            "date_boundary",
            ("inclusive", "exclusive"),
            whole=True,
            point="-ge and -le are described as greater than and less than",
        ),
        Item(
            "A-12",
            "null_boolean",
            ("distinct", "false"),
            whole=True,
            point="whether a Boolean without a value counts as false",
        ),
        Item(
            "A-14", "", (), whole=False, point="what an operator means directly on a collection, without -any or -all"
        ),
        Item(
            "A-15",
            "regex_dialect",
            ("dotnet",),
            whole=False,
            point="which regular expressions -match takes: .NET's, but that is nowhere said",
        ),
        Item(
            "A-16",
            "direct_manager",
            ("included", "excluded"),
            whole=True,
            point="whether the manager is in the group of the direct reports",
        ),
        Item(
            "A-18",
            "case_folding",
            ("simple", "full"),
            whole=False,
            point="how letters beyond ASCII are compared without regard to case",
        ),
        Item(
            "A-21",
            "lone_quote",
            ("plain",),
            whole=False,
            point="a single quotation mark that is not doubled, inside double ones",
        ),
        Item(
            "unread",
            "absent",
            ("null",),
            whole=False,
            point="the document does not have the property: it was not selected, or has no value",
        ),
        Item(
            "unselected",
            "absent_extension",
            ("null",),
            whole=False,
            point="the document lacks the directory extension: it was not selected, or has no value and is left out",
        ),
        Item(
            "now",
            "processing_lag",
            ("none",),
            whole=False,
            point="the rule asks what time it is, and Entra ID may have evaluated it up to 24 hours ago",
        ),
        Item(
            "malformed", "", (), whole=False, point="the document holds something there that the property cannot hold"
        ),
        Item(UNSEARCHED, "", (), whole=False, point="a regular expression, or a value, of which only .NET can tell"),
        Item("timeout", "", (), whole=False, point="a regular expression searched too long, and was cut off"),
        Item(FROZEN, "", (), whole=False, point="rules with memberOf are not evaluated since 2026-11-03"),
    )
}
"""The points on which an answer can hang, by id.

Those that change no answer (A-01 to A-06, A-13, A-17, A-22) are findings.
"""

KEYS = {item.key: item for item in REGISTER.values() if item.key}
"""What a policy may settle (``semantics:``), by key."""


@dataclass(frozen=True, slots=True)
class Semantics:
    """The readings that a policy has settled: pairs of item id and reading, sorted. Empty: nothing is settled."""

    settled: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, id: str) -> str | None:
        return next((reading for item, reading in self.settled if item == id), None)

    def and_(self, more: Mapping[str, str]) -> Semantics:
        """These and more, by key."""
        return semantics({**{REGISTER[item].key: reading for item, reading in self.settled}, **more})


OPEN = Semantics()


def semantics(settled: Mapping[str, str]) -> Semantics:
    """What a policy writes, by key: ``{"null_negative": "complement"}``.

    :raises XtcheckError: a key or a reading is none of the table's.
    """
    found = {}
    for key, reading in settled.items():
        if key not in KEYS:
            raise XtcheckError(f"semantics: nothing is called {key!r}; {choices(key, KEYS)}")
        item = KEYS[key]
        if reading not in item.readings:
            raise XtcheckError(f"semantics: {key} cannot be {reading!r}; {choices(reading, item.readings)}")
        found[item.id] = reading
    return Semantics(tuple(sorted(found.items())))


Reading = Mapping[str, str]
"""One reading of each point that the whole rule shares, by item id."""


def open_items(tree: Tree, settled: Semantics, *, alternative: Tree | None = None) -> tuple[str, ...]:
    """The points with readings for the whole rule that occur in it and are not settled, sorted."""
    found = set(_occurring(tree))
    if alternative is not None:
        found |= {"A-07", *_occurring(alternative)}
    return tuple(sorted(item for item in found if settled[item] is None))


def readings(tree: Tree, settled: Semantics, *, alternative: Tree | None = None) -> Iterator[Reading]:
    """Every joint reading of a rule; the likeliest first. Without open points there is just one."""
    fixed = {item.id: settled[item.id] or item.readings[0] for item in REGISTER.values() if item.whole}
    items = open_items(tree, settled, alternative=alternative)
    for chosen in product(*(REGISTER[item].readings for item in items)):
        yield {**fixed, **dict(zip(items, chosen, strict=True))}


def _occurring(tree: Tree) -> Iterator[str]:
    match tree:
        case Comparison():
            yield from _at_comparison(tree)
        case Not(part):
            yield from _occurring(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _occurring(part)
        case Quantified(body=body):
            yield from _occurring(body)
        case DirectReports():
            yield "A-16"
        case Empty() | MemberOf() | Doubt():
            return
        case _:
            assert_never(tree)


def _at_comparison(tree: Comparison) -> Iterator[str]:
    if tree.property.type in COLLECTIONS or tree.value is None:
        return
    if tree.property.type is Type.BOOLEAN and tree.property.nullable:
        yield "A-12"
    if tree.operator in POSITIVE and tree.property.nullable:
        yield "A-08"
    if tree.operator in (Operator.GE, Operator.LE):
        yield "A-10"


def lowered(tree: Tree, reading: Reading, settled: Semantics) -> Tree:
    """What a tree means under one reading, in fewer words.

    Left are ``And``, ``Or``, ``Not``, ``Quantified``, ``Empty``, ``DirectReports`` (the relation alone), ``Doubt``, and
    ``Comparison`` with a positive operator. A comparison is false for a null, and ``-eq`` with ``None`` is true exactly
    then. Which tree of a rule A-07 means, is the caller's choice: ``Rule.meaning``.
    """
    match tree:
        case Comparison():
            return _comparison(tree, reading, settled)
        case Not(part):
            return Not(lowered(part, reading, settled))
        case And(parts):
            return both(*(lowered(part, reading, settled) for part in parts)) if parts else tree
        case Or(parts):
            return either(*(lowered(part, reading, settled) for part in parts)) if parts else tree
        case Quantified(property, quantifier, body, at):
            return Quantified(property, quantifier, lowered(body, reading, settled), at)
        case DirectReports(manager):
            if reading["A-16"] == "excluded":
                return tree
            return Or((tree, Comparison(OBJECT_ID, Operator.EQ, Text(manager))))
        case MemberOf():
            return Doubt(FROZEN, tree)
        case Empty() | Doubt():
            return tree
        case _:
            assert_never(tree)


def _comparison(tree: Comparison, reading: Reading, settled: Semantics) -> Tree:
    if tree.property.type in COLLECTIONS:
        return Doubt("A-14", tree)
    if settled["A-21"] is None and _lone(tree):
        return Doubt("A-21", tree)
    positive = Comparison(tree.property, POSITIVE.get(tree.operator, tree.operator), tree.value, tree.at)
    negative = tree.operator in POSITIVE
    missing = Comparison(tree.property, Operator.EQ, None, tree.at)
    if tree.value is None:
        return Not(positive) if negative else positive
    if isinstance(tree.value, bool) and reading["A-12"] == "false":
        wanted = tree.value is not negative
        known = Comparison(tree.property, Operator.EQ, wanted, tree.at)
        return known if wanted else Or((known, missing))
    if negative:
        complement = reading["A-08"] == "complement" or not tree.property.nullable
        return Not(positive) if complement else And((Not(positive), Not(missing)))
    if tree.operator in (Operator.GE, Operator.LE) and reading["A-10"] == "exclusive":
        return And((positive, Not(Comparison(tree.property, Operator.EQ, tree.value, tree.at))))
    return positive


def _lone(tree: Comparison) -> bool:
    match tree.value:
        case Text(lone=lone):
            return lone
        case tuple(texts):
            return any(text.lone for text in texts)
        case _:
            return False
