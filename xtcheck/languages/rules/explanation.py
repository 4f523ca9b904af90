"""Why a rule selects a user or does not: its parts, each with what it found and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from xtcheck.languages.rules.documents import finding
from xtcheck.languages.rules.evaluation import answering
from xtcheck.languages.rules.lexer import visible
from xtcheck.languages.rules.outcome import Answer, Inconclusive
from xtcheck.languages.rules.printer import printed, quoted
from xtcheck.languages.rules.properties import OBJECT_ID, Property
from xtcheck.languages.rules.semantics import REGISTER, Semantics, lowered, readings
from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    MemberOf,
    Not,
    Or,
    Quantified,
    Text,
    Tree,
)

Json = Any

SIGNS = {True: "✓", False: "✗"}


@dataclass(frozen=True, slots=True)
class Observed:
    """What a part found at a property: a value, or that the document does not tell (``known`` is false)."""

    property: str
    value: Json
    known: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of a rule, what it says of the user, what it found, and its own parts. ``str`` is an indented text."""

    text: str
    answer: Answer
    observed: tuple[Observed, ...] = ()
    parts: tuple[Explanation, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree as text: a sign for the answer, the part, and what was found."""
        sign = "?" if isinstance(self.answer, Inconclusive) else SIGNS[self.answer]
        found = "; ".join(f"{each.property} is {shown(each)}" for each in self.observed)
        hangs = f"hangs on {', '.join(self.answer.items)}" if isinstance(self.answer, Inconclusive) else ""
        told = "; ".join(filter(None, (found, hangs)))
        yield f"{'  ' * depth}{sign} {visible(self.text)}" + (f"    ({visible(told)})" if told else "")
        for part in self.parts:
            yield from part.lines(depth + 1)

    def points(self) -> dict[str, str]:
        """The open points on which the answer hangs, and what each is about."""
        return (
            {item: REGISTER[item].point for item in self.answer.items} if isinstance(self.answer, Inconclusive) else {}
        )

    def document(self) -> Json:
        """The tree for JSON."""
        return {
            "text": self.text,
            "answer": self.answer if isinstance(self.answer, bool) else "inconclusive",
            "items": [] if isinstance(self.answer, bool) else list(self.answer.items),
            "observed": [
                {"property": each.property, "known": each.known, "value": each.value} for each in self.observed
            ],
            "parts": [part.document() for part in self.parts],
        }


def shown(observed: Observed) -> str:
    """A value as a line of text shows it."""
    match observed:
        case Observed(known=False):
            return "not in the document"
        case Observed(value=None):
            return "null"
        case Observed(value=bool() as value):
            return "true" if value else "false"
        case Observed(value=str() as value):
            return quoted(Text(value))
        case Observed(value=list() as value):
            return f"{len(value)} elements"
        case Observed(value=value):
            return str(value)


def explained(tree: Tree, user: Json, settled: Semantics, now: datetime | None) -> Explanation:
    """The parts of a tree, each with its own answer under all readings of it."""
    meanings = [(reading, lowered(tree, reading, settled)) for reading in readings(tree, settled)]
    answer = answering(meanings, tree, settled, ambiguous=False)(user, now)
    inside = _parts(tree, user, settled, now)
    if isinstance(tree, Quantified):
        return Explanation(f"{tree.property.name} {tree.quantifier}", answer, _observed(tree, user, settled), inside)
    if isinstance(tree, And | Or | Not):
        return Explanation({And: "-and", Or: "-or", Not: "-not"}[type(tree)], answer, (), inside)
    return Explanation(printed(tree), answer, _observed(tree, user, settled), inside)


def _parts(tree: Tree, user: Json, settled: Semantics, now: datetime | None) -> tuple[Explanation, ...]:
    match tree:
        case And(parts) | Or(parts):
            return tuple(explained(part, user, settled, now) for part in parts)
        case Not(part):
            return (explained(part, user, settled, now),)
        case Quantified(property, _, body):
            elements = finding(property, settled)(user)
            if isinstance(elements, Inconclusive):
                return ()
            return tuple(explained(body, element, settled, now) for element in elements)
        case Comparison() | Empty() | DirectReports() | MemberOf() | Doubt():
            return ()
        case _:
            assert_never(tree)


def _observed(tree: Tree, user: Json, settled: Semantics) -> tuple[Observed, ...]:
    match tree:
        case Comparison(property=property) | Quantified(property=property) | Empty(property):
            return (_at(property, user, settled),)
        case DirectReports():
            manager = user.get("manager")
            known = manager is None or isinstance(manager, dict)
            found = manager.get("id") if isinstance(manager, dict) else None
            return (Observed("manager", found, known and "manager" in user), _at(OBJECT_ID, user, settled))
        case Doubt(part=part):
            return _observed(part, user, settled)
        case And() | Or() | Not() | MemberOf():
            return ()
        case _:
            assert_never(tree)


def _at(property: Property, user: Json, settled: Semantics) -> Observed:
    value = finding(property, settled)(user)
    if isinstance(value, Inconclusive):
        return Observed(property.name, None, known=False)
    return Observed(property.name, value)
