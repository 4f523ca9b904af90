"""Whether two membership rules select the same people: yes, no with somebody on whom they differ, or not proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from xtcheck.languages.rules.automata import Budget, Exhausted
from xtcheck.languages.rules.cells import Cell, Json, Values
from xtcheck.languages.rules.formulas import Formula, Formulas
from xtcheck.languages.rules.outcome import Inconclusive
from xtcheck.languages.rules.properties import COLLECTIONS, Property, Subject, Type
from xtcheck.languages.rules.rule import Rule
from xtcheck.languages.rules.semantics import REGISTER, Reading, lowered, readings
from xtcheck.languages.rules.syntax import And, Tree
from xtcheck.languages.rules.translation import Certainty, Translation, text_readings

STEPS = 150_000
"""The work that a comparison may take: less than a second; rules as people write them take a hundredth."""
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """The rules select the same people, whoever there is, under every reading that is open."""


@dataclass(frozen=True, slots=True)
class Different:
    """Somebody whom one rule selects and the other does not, as Graph would show them; at ``now``, if it matters."""

    witness: Mapping[str, Json]
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unproved:
    """Neither was shown, and why; ``items`` are the register's points on which it hangs, if it does."""

    reason: str
    items: tuple[str, ...] = ()


Outcome = Equivalent | Different | Unproved


def compare(one: Rule, other: Rule, *, steps: int = STEPS) -> Outcome:
    """Whether two rules select the same people. Exact, unless it says Unproved; the same question has the same answer.

    That Entra ID evaluates rules late is left out: both are asked at one time.
    """
    if one.subject is not other.subject:
        return Unproved(f"one rule selects {one.subject}s, the other {other.subject}s")
    if (one.tree, one.alternative, one.semantics) == (other.tree, other.alternative, other.semantics):
        return Equivalent()
    if one.semantics != other.semantics:
        return Unproved("each rule is read in its own way: settle the same points for both")
    if one.subject is not Subject.USER:
        return Unproved("rules about devices are recognised, not compared")
    if one.frozen or other.frozen:
        return Unproved(REGISTER["memberOf"].point, ("memberOf",))
    settled = {"processing_lag": "none"}
    question = _Question(one.under(settled), other.under(settled), Budget(steps))
    try:
        return question.outcome()
    except Exhausted as error:
        return Unproved(f"the rules are too complex to be compared: {error}")


Joint = frozenset[tuple[str, str]]
"""A reading of every point, by item."""


class _Case(NamedTuple):
    """One joint reading, and what both rules mean under it."""

    reading: Reading
    one: Tree
    other: Tree


class _Question:
    """Two rules, with what both ask of each property."""

    def __init__(self, one: Rule, other: Rule, budget: Budget) -> None:
        self._rules = (one, other)
        self._formulas = Formulas(budget)
        self._translation = Translation(self._formulas, budget)
        self._cases = list(_cases(one, other))
        self._open = {item for item in REGISTER if len({case.reading.get(item) for case in self._cases}) > 1}

    def outcome(self) -> Outcome:
        surely = self._surely_different()
        differing = [self._formulas.differ(*self._pair(case, Certainty.OPEN)) for case in self._cases]
        texts = text_readings(
            [tree for case in self._cases for tree in (case.one, case.other)], self._rules[0].semantics
        )
        hangs = self._tried(surely, self._translation.values(texts[0], certain=True))
        if isinstance(hangs, Different):
            return hangs
        answers: dict[Joint, bool] = {}
        for text in texts:
            values = self._translation.values(text)
            for case, formula in zip(self._cases, differing, strict=True):
                found = self._tried(formula, values)
                if isinstance(found, Different):
                    return found
                answers[frozenset({**case.reading, **text.items()}.items())] = found is None
        if all(answers.values()):
            return Equivalent()
        unknown, turning = self._translation.unknown, _turning(answers)
        if "A-15" in turning - unknown:
            return _hanging(turning | unknown, ends=True)
        return _hanging(turning | unknown or self._open) if hangs is None else hangs

    def _pair(self, case: _Case, certainty: Certainty) -> tuple[Formula, Formula]:
        made = self._translation
        return made.formula(case.one, certainty), made.formula(case.other, certainty)

    def _surely_different(self) -> Formula:
        """One rule selects somebody under all readings, and the other does not under any."""
        made = self._formulas
        sure = [self._pair(case, Certainty.SURE) for case in self._cases]
        possible = [self._pair(case, Certainty.POSSIBLE) for case in self._cases]
        return made.any(
            made.all([*(each[side] for each in sure), *(made.negation(each[1 - side]) for each in possible)])
            for side in (0, 1)
        )

    def _tried(self, formula: Formula, values: Callable[[int], Values]) -> Different | Unproved | None:
        """Somebody for whom a formula is true, and what both rules say to that; None if there is nobody."""
        chosen = self._formulas.solved(formula, values)
        if chosen is None:
            return None
        witness = self._witness(chosen)
        now = next((each.now for each in chosen.values() if each.now is not None), None)
        answers = [rule.matches(witness, now=now) for rule in self._rules]
        match answers:
            case [True, False] | [False, True]:
                return Different(witness, now)
            case _:
                items = {item for each in answers if isinstance(each, Inconclusive) for item in each.items}
                return _hanging(items)

    def _witness(self, chosen: Mapping[int, Cell]) -> dict[str, Json]:
        """A document that holds what was chosen; whatever else is asked for has no value there."""
        document: dict[str, Json] = {"id": NOBODY}
        for number, (kind, what) in enumerate(self._translation.subjects()):
            cell = chosen.get(number)
            if kind == "manager":
                document["manager"] = {"id": cell.example} if cell is not None and cell.example is not None else None
            elif isinstance(what, Property):
                _put(document, what, cell)
        return document


def _put(document: dict[str, Json], property: Property, cell: Cell | None) -> None:
    if cell is None and not property.nullable:
        return
    value: Json = None if cell is None else cell.example
    if cell is None and property.type is Type.BOOLEAN:
        value = True
    if property.first:
        value = [] if value is None else [value]
    if property.type in COLLECTIONS:
        value = value or []
    *folders, last = property.path
    for folder in folders:
        inner = document.setdefault(folder, {})
        if not isinstance(inner, dict):
            raise TypeError(f"{folder} holds properties")
        document = inner
    document[last] = value


def _cases(one: Rule, other: Rule) -> Iterator[_Case]:
    """Both rules under each joint reading."""
    alternatives = [rule.alternative for rule in (one, other) if rule.alternative is not None]
    both = And((one.tree, other.tree))
    for reading in readings(both, one.semantics, alternative=And(tuple(alternatives)) if alternatives else None):
        yield _Case(reading, _meaning(one, reading), _meaning(other, reading))


def _meaning(rule: Rule, reading: Reading) -> Tree:
    rest = rule.alternative is not None and reading["A-07"] == "rest"
    return lowered(rule.alternative if rest and rule.alternative else rule.tree, reading, rule.semantics)


def _turning(answers: Mapping[Joint, bool]) -> set[str]:
    """The points that alone turn the answer, under some reading of the others."""
    found: set[str] = set()
    for joint, answer in answers.items():
        for another, other in answers.items():
            changed = {item for item, _ in joint ^ another}
            if answer is not other and len(changed) == 1:
                found |= changed
    return found


LINE_BREAK = "whether $ also stands before a line break that ends the value"


def _hanging(items: Iterable[str], *, ends: bool = False) -> Unproved:
    known = sorted(items)
    if not known:
        return Unproved("comparing found somebody for whom evaluating sees no difference: a mistake of xtcheck")
    said = {item: LINE_BREAK if ends and item == "A-15" else REGISTER[item].point for item in known}
    points = "; ".join(f"{point} ({item})" for item, point in said.items())
    return Unproved(f"whether they select the same people hangs on what is not documented: {points}", tuple(known))
