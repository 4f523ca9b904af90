"""Boolean formulas about a few variables, each of which is in one of several cells, and a choice of cells that makes
one true.

A leaf is a question that the cell of one variable answers. Equal formulas are one object, and settling a variable
leaves a simpler formula, so that what remains is met again rather than solved again (as in a decision diagram).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from xtcheck.languages.rules.automata import Budget

Truths = Sequence[bool]
"""The answers of one cell to the questions about its variable."""


class Kind(Enum):
    """How a formula is made."""

    CONSTANT = "constant"
    LEAF = "leaf"
    ALL = "all"
    ANY = "any"
    NOT = "not"


class Formula:
    """Made by Formulas only, which makes each once: identity is equality."""

    __slots__ = ("kind", "leaf", "parts", "variables")

    def __init__(self, kind: Kind, parts: tuple[Formula, ...], leaf: tuple[int, int], variables: int) -> None:
        self.kind = kind
        self.parts = parts
        self.leaf = leaf
        """The number of the variable, and of the question."""
        self.variables = variables
        """Which variables it speaks of, as bits."""


class Formulas:
    """Makes formulas, and solves them."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._made: dict[object, Formula] = {}
        self.true = Formula(Kind.CONSTANT, (), (0, 0), 0)
        self.false = Formula(Kind.CONSTANT, (), (0, 0), 0)

    def constant(self, value: object) -> Formula:
        """True or false."""
        return self.true if value else self.false

    def leaf(self, variable: int, question: int) -> Formula:
        """What the cell of a variable answers to a question."""
        return self._one((variable, question), Kind.LEAF, (), (variable, question), 1 << variable)

    def _one(
        self, key: object, kind: Kind, parts: tuple[Formula, ...], leaf: tuple[int, int], variables: int
    ) -> Formula:
        if found := self._made.get(key):
            return found
        self._budget.spend(1 + len(parts))
        return self._made.setdefault(key, Formula(kind, parts, leaf, variables))

    def negation(self, formula: Formula) -> Formula:
        """Its denial."""
        if formula.kind is Kind.CONSTANT:
            return self.false if formula is self.true else self.true
        if formula.kind is Kind.NOT:
            return formula.parts[0]
        return self._one((Kind.NOT, formula), Kind.NOT, (formula,), (0, 0), formula.variables)

    def all(self, formulas: Iterable[Formula]) -> Formula:
        """All of them."""
        return self._joined(Kind.ALL, formulas, unit=self.true, zero=self.false)

    def any(self, formulas: Iterable[Formula]) -> Formula:
        """At least one."""
        return self._joined(Kind.ANY, formulas, unit=self.false, zero=self.true)

    def differ(self, first: Formula, second: Formula) -> Formula:
        """Just one of two."""
        if first is second:
            return self.false
        return self.any(
            (self.all((first, self.negation(second))), self.all((self.negation(first), second))),
        )

    def _joined(self, kind: Kind, formulas: Iterable[Formula], *, unit: Formula, zero: Formula) -> Formula:
        given = dict.fromkeys(formulas)
        members: dict[Formula, None] = {}
        for formula in given:
            members.update(dict.fromkeys(formula.parts if formula.kind is kind else (formula,)))
        members.pop(unit, None)
        denied = (each.parts[0] for each in members if each.kind is Kind.NOT)
        if zero in members or any(each in members or each in given for each in denied):
            return zero
        if not members:
            return unit
        if len(members) == 1:
            return next(iter(members))
        variables = 0
        for each in members:
            variables |= each.variables
        return self._one((kind, frozenset(members)), kind, tuple(members), (0, 0), variables)

    def settled(self, formula: Formula, variable: int, truths: Truths) -> Formula:
        """What is left of it when a variable is in a cell."""
        return self._settled(formula, variable, truths, {})

    def _settled(self, formula: Formula, variable: int, truths: Truths, known: dict[Formula, Formula]) -> Formula:
        if not formula.variables >> variable & 1:
            return formula
        if (found := known.get(formula)) is not None:
            return found
        self._budget.spend(1 + len(formula.parts))
        parts = [self._settled(part, variable, truths, known) for part in formula.parts]
        known[formula] = self._again(formula, parts, truths)
        return known[formula]

    def _again(self, formula: Formula, parts: list[Formula], truths: Truths) -> Formula:
        match formula.kind:
            case Kind.LEAF:
                return self.constant(truths[formula.leaf[1]])
            case Kind.NOT:
                return self.negation(parts[0])
            case Kind.ALL:
                return self.all(parts)
            case Kind.ANY:
                return self.any(parts)
            case Kind.CONSTANT:
                return formula

    def solved(self, formula: Formula, cells: Callable[[int], Sequence[Truths]]) -> dict[int, int] | None:
        """For some variables the number of a cell, so that the formula is true whatever the others are; or None."""
        return self._solved(formula, cells, set())

    def _solved(
        self, formula: Formula, cells: Callable[[int], Sequence[Truths]], failed: set[Formula]
    ) -> dict[int, int] | None:
        if formula is self.true:
            return {}
        if formula is self.false or formula in failed:
            return None
        variable = (formula.variables & -formula.variables).bit_length() - 1
        for number, truths in enumerate(cells(variable)):
            rest = self._solved(self.settled(formula, variable, truths), cells, failed)
            if rest is not None:
                return {variable: number, **rest}
        failed.add(formula)
        return None
