"""Whom a membership rule selects among many users at once, and whose answer hangs on what; the same answers as
``Rule.matches`` gives, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from xtcheck.errors import XtcheckError
from xtcheck.languages.rules.evaluation import neighbours
from xtcheck.languages.rules.masks import Answers, agreed, all_of, any_of, constant, doubted, unless
from xtcheck.languages.rules.population import Elements, Population
from xtcheck.languages.rules.properties import OBJECT_ID, Subject, Type
from xtcheck.languages.rules.rule import Rule
from xtcheck.languages.rules.semantics import FROZEN, Semantics
from xtcheck.languages.rules.syntax import (
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
    Quantifier,
    Text,
    Tree,
)

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Selection:
    """The ids of whom a rule selects, and of those of whom nobody knows, by the points on which it hangs (sorted)."""

    ids: pl.Series
    inconclusive: Mapping[tuple[str, ...], pl.Series]


def select(rule: Rule, users: pl.DataFrame | pl.LazyFrame | Population, *, now: datetime | None = None) -> Selection:
    """Whom a rule selects among users; their columns are named as Graph's properties are, and hold what Graph sends.

    A column that is not there was not read. Several rules over the same users share what is made of them by sharing a
    Population. A pattern that runs away is cut off; the answers for the rest are open, as ``timeout`` says.

    :raises XtcheckError: the rule selects devices, or the users have no id.
    """
    if rule.subject is not Subject.USER:
        raise XtcheckError(f"the rule selects {rule.subject}s, not users")
    population = users if isinstance(users, Population) else Population(users)
    meanings = list(rule.meanings())
    asked = _Asked(population, rule.semantics, now)
    answers = [asked.answers(tree) for _, tree in meanings]
    found = answers[0] if len(answers) == 1 else agreed(answers, neighbours([reading for reading, _ in meanings]))
    ids = population.ids
    return Selection(ids.filter(found.yes), {items: ids.filter(mask) for items, mask in _by_items(found).items()})


def _by_items(answers: Answers) -> dict[tuple[str, ...], pl.Series]:
    """Who hangs on just these points."""
    if (unknown := answers.open) is None:
        return {}
    nothing: tuple[str, ...] = ()
    groups = {nothing: unknown}
    for item, mask in sorted(answers.doubts.items()):
        parted: dict[tuple[str, ...], pl.Series] = {}
        for items, members in groups.items():
            parted |= {items: members & ~mask, (*items, item): members & mask}
        groups = {items: members for items, members in parted.items() if members.any()}
    return groups


class _Asked:
    """What has been asked of some users at some time; each comparison is asked once."""

    def __init__(self, population: Population, settled: Semantics, now: datetime | None) -> None:
        self._population = population
        self._settled = settled
        self._now = now
        self._known: dict[Comparison | DirectReports | Quantified, Answers] = {}

    def answers(self, tree: Tree) -> Answers:
        """A lowered tree, of all users."""
        return self._of(tree, len(self._population), self._user)

    def _of(self, tree: Tree, length: int, leaf: Callable[[Comparison], Answers]) -> Answers:
        match tree:
            case Comparison():
                return leaf(tree)
            case Not(part):
                return self._of(part, length, leaf).denied()
            case And(parts):
                return all_of(length, [self._of(part, length, leaf) for part in parts])
            case Or(parts):
                return any_of(length, [self._of(part, length, leaf) for part in parts])
            case Quantified():
                return self._once(tree, lambda: self._quantified(tree))
            case Empty(property):
                return self._quantified(Quantified(property, Quantifier.ALL, Or(())))
            case DirectReports():
                return self._once(tree, lambda: self._reports(tree))
            case MemberOf():
                return doubted(length, FROZEN)
            case Doubt(item):
                return doubted(length, item)
            case _:
                assert_never(tree)

    def _once(self, part: Comparison | DirectReports | Quantified, ask: Callable[[], Answers]) -> Answers:
        if part not in self._known:
            self._known[part] = ask()
        return self._known[part]

    def _user(self, part: Comparison) -> Answers:
        return self._once(part, lambda: self._compared(part))

    def _compared(self, part: Comparison) -> Answers:
        people, settled = self._population, self._settled
        match part.property.type, part.value:
            case Type.BOOLEAN, value:
                column = people.booleans(part.property, settled)
                return column.says(value) if isinstance(value, bool) else column.missing
            case _, None:
                return people.texts(part.property, settled).missing
            case Type.DATE, _:
                return people.texts(part.property, settled).at(part, settled, self._now)
            case _:
                return people.texts(part.property, settled).says(part, settled)

    def _reports(self, part: DirectReports) -> Answers:
        wanted = Comparison(OBJECT_ID, Operator.EQ, Text(part.manager))
        return self._population.manager(self._settled).says(wanted, self._settled.and_({"case_folding": "simple"}))

    def _quantified(self, part: Quantified) -> Answers:
        elements = self._population.elements(part.property, self._settled)

        def of_element(comparison: Comparison) -> Answers:
            column = elements.columns[comparison.property]
            return column.missing if comparison.value is None else column.says(comparison, self._settled)

        body = self._of(part.body, len(elements.owners), of_element)
        if part.quantifier is Quantifier.ANY:
            return unless(elements.doubts, self._some(elements, body))
        return unless(elements.doubts, self._some(elements, body.denied()).denied())

    def _some(self, elements: Elements, body: Answers) -> Answers:
        """Who has an element of which it is true."""
        length = len(self._population)

        def whose(mask: pl.Series) -> pl.Series:
            return constant(length, value=False).scatter(elements.owners.filter(mask), True)

        doubts = {item: whose(mask) for item, mask in body.doubts.items()}
        some = Answers(constant(length, value=False), doubts)
        return any_of(length, [Answers(whose(body.yes)), some])
