"""Boolean formulas about the values of a few variables, and values that make one true.

A leaf is a question about one variable. Equal formulas are one object, and an answer leaves a simpler formula. Answers
are tried as long as some value of each variable gives all of them together: what goes together, the variable knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from xtcheck.languages.rules.automata import Budget, Exhausted
from xtcheck.languages.rules.cells import NONE, Cell, Questions, Values

Chosen = dict[int, tuple[Questions, Questions]]
"""For each variable, the questions answered with yes and those answered with no."""
DEEPEST = 200
"""Answers beyond would end Python's stack."""


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
        """The answer to a question about a variable."""
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

    def solved(self, formula: Formula, values: Callable[[int], Values]) -> dict[int, Cell] | None:
        """Values of some variables, so that the formula is true whatever the others are; None if there are none."""
        return _Search(self, self._budget, values).solution(self._pushed(formula, {}, denied=False))

    def _pushed(self, formula: Formula, known: dict[tuple[Formula, bool], Formula], *, denied: bool) -> Formula:
        """The same with denials at the leaves only."""
        key = (formula, denied)
        if key not in known:
            self._budget.spend(1 + len(formula.parts))
            known[key] = self._pushing(formula, known, denied=denied)
        return known[key]

    def _pushing(self, formula: Formula, known: dict[tuple[Formula, bool], Formula], *, denied: bool) -> Formula:
        match formula.kind:
            case Kind.CONSTANT | Kind.LEAF:
                return self.negation(formula) if denied else formula
            case Kind.NOT:
                return self._pushed(formula.parts[0], known, denied=not denied)
            case kind:
                join = self.all if (kind is Kind.ALL) is not denied else self.any
                return join([self._pushed(part, known, denied=denied) for part in formula.parts])

    def answered(self, formula: Formula, leaf: Formula, *, answer: bool) -> Formula:
        """What is left of it, given the answer to a question."""
        return self._answered(formula, leaf, {leaf: self.constant(answer)})

    def _answered(self, formula: Formula, leaf: Formula, known: dict[Formula, Formula]) -> Formula:
        if not formula.variables & leaf.variables:
            return formula
        if (found := known.get(formula)) is not None:
            return found
        if formula.kind is Kind.LEAF:
            return formula
        self._budget.spend(1 + len(formula.parts))
        parts = [self._answered(part, leaf, known) for part in formula.parts]
        if formula.kind is Kind.NOT:
            made = self.negation(parts[0])
        else:
            made = self.all(parts) if formula.kind is Kind.ALL else self.any(parts)
        known[formula] = made
        return made


class _Search:
    """One search for values; what failed once is not tried again."""

    def __init__(self, formulas: Formulas, budget: Budget, values: Callable[[int], Values]) -> None:
        self._formulas = formulas
        self._budget = budget
        self._values = values
        self._found: dict[tuple[int, Questions, Questions], Cell | None] = {}
        self._failed: set[tuple[Formula, tuple[tuple[int, tuple[Questions, Questions]], ...]]] = set()

    def solution(self, formula: Formula) -> dict[int, Cell] | None:
        chosen = self._tried(formula, {}, 0)
        if chosen is None:
            return None
        cells = {variable: self._cell(variable, *answers) for variable, answers in chosen.items()}
        return {variable: cell for variable, cell in cells.items() if cell is not None}

    def _cell(self, variable: int, yes: Questions, no: Questions) -> Cell | None:
        key = (variable, yes, no)
        if key not in self._found:
            self._found[key] = self._values(variable).find(yes, no)
        return self._found[key]

    def _tried(self, formula: Formula, chosen: Chosen, depth: int) -> Chosen | None:
        self._budget.spend()
        if formula.kind is Kind.CONSTANT:
            return chosen if formula is self._formulas.true else None
        if depth > DEEPEST:
            raise Exhausted("too many questions")
        state = (formula, tuple(item for item in sorted(chosen.items()) if formula.variables >> item[0] & 1))
        if state in self._failed:
            return None
        found = self._forced(formula, chosen, depth) if _literals(formula) else self._either(formula, chosen, depth)
        if found is None:
            self._failed.add(state)
        return found

    def _forced(self, formula: Formula, chosen: Chosen, depth: int) -> Chosen | None:
        """All answers that must be so at once: fewer values are looked for."""
        answers = dict(chosen)
        rest, literals = formula, _literals(formula)
        for leaf, answer in literals:
            answers = _with(answers, leaf, answer=answer)
            rest = self._formulas.answered(rest, leaf, answer=answer)
        touched = {leaf.leaf[0] for leaf, _ in literals}
        if any(self._cell(variable, *answers[variable]) is None for variable in sorted(touched)):
            return None
        return self._tried(rest, answers, depth + 1)

    def _either(self, formula: Formula, chosen: Chosen, depth: int) -> Chosen | None:
        """One way after another to make the shortest alternative true; what was a way before need not be true again."""
        made = self._formulas
        parts = formula.parts if formula.kind is Kind.ALL else (formula,)
        shortest = min(parts, key=lambda part: len(part.parts))
        others = [part for part in parts if part is not shortest]
        for way in shortest.parts:
            found = self._tried(made.all([*others, way]), chosen, depth + 1)
            if found is not None:
                return found
            if _literals(way) and way.kind is not Kind.ALL:
                others.append(made.negation(way))
        return None


def _with(chosen: Chosen, leaf: Formula, *, answer: bool) -> Chosen:
    variable, question = leaf.leaf
    yes, no = chosen.get(variable, (NONE, NONE))
    return {**chosen, variable: (yes | {question}, no) if answer else (yes, no | {question})}


def _literals(formula: Formula) -> list[tuple[Formula, bool]]:
    """The leaves whose answers a formula fixes, with these."""
    parts = formula.parts if formula.kind is Kind.ALL else (formula,)
    found = [(part, True) for part in parts if part.kind is Kind.LEAF]
    return found + [(part.parts[0], False) for part in parts if part.kind is Kind.NOT]
