"""What rules ask of one value: which answers go together, shown by an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, Protocol

from xtcheck.languages.rules.automata import Budget
from xtcheck.languages.rules.properties import Property
from xtcheck.languages.rules.syntax import Comparison, Now, Operator

Json = str | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The answers that some value gives, and such a value as Graph would write it."""

    truths: tuple[bool, ...]
    example: Json
    now: datetime | None = None
    """The time at which it gives them, where they hang on it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How values are read where the documentation leaves it open."""

    full: bool = False
    """Case is folded fully, so that ``ß`` is ``ss`` (A-18); else simply."""
    before_break: bool = False
    """``$`` also stands before a line break that ends the text (A-15); else at the end only."""

    def items(self) -> dict[str, str]:
        """The same by the register's items."""
        return {"A-18": "full" if self.full else "simple", "A-15": "before" if self.before_break else "end"}


LIKELY = Reading()


Questions = frozenset[int]
"""Some of the questions about a value, by number."""
NONE: Questions = frozenset()


class Values(Protocol):
    """All that a value may be."""

    def find(self, yes: Questions, no: Questions) -> Cell | None:
        """A value that answers some questions with yes and others with no; None if there is none."""


class Listed:
    """Values of which there are few kinds."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = cells

    def find(self, yes: Questions, no: Questions) -> Cell | None:
        wanted = [(number, True) for number in yes] + [(number, False) for number in no]
        fitting = (each for each in self._cells if all(each.truths[number] is truth for number, truth in wanted))
        return next(fitting, None)


def booleans(property: Property, questions: Sequence[Comparison]) -> list[Cell]:
    """A Boolean; questions are comparisons by ``-eq``."""
    values = (True, False, None) if property.nullable else (True, False)
    return [Cell(tuple(each.value is value for each in questions), value) for value in values]


def managers(questions: Sequence[str]) -> list[Cell]:
    """Whose manager somebody is: one of those whose object ids are asked for, or nobody's."""
    wanted = [each.lower() for each in questions]
    return [Cell(tuple(each == some for each in wanted), some) for some in (*dict.fromkeys(wanted), None)]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH) // MICROSECOND
LATEST = (datetime(9999, 12, 30, tzinfo=UTC) - EPOCH) // MICROSECOND
FAR = timedelta(days=2) // MICROSECOND
BEFORE = (datetime(2026, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND


class _Bound(NamedTuple):
    """Where an answer changes: at an instant, or so far from now (microseconds)."""

    at: int
    moves: bool


def instants(property: Property, questions: Sequence[Comparison], budget: Budget) -> list[Cell]:
    """A date; bounds that move with the time are met with every order that they can have among the others."""
    bounds = [_bound(each) for each in questions]
    fixed = {bound.at for bound in bounds if bound is not None and not bound.moves}
    moving = {bound.at for bound in bounds if bound is not None and bound.moves}
    found: dict[tuple[bool, ...], Cell] = {}
    for now in _among({at - offset for at in fixed for offset in moving}):
        for instant in _among(fixed | {now + offset for offset in moving}):
            budget.spend(1 + len(questions))
            truths = tuple(
                bound is not None and _holds(each.operator, instant, bound.at + bound.moves * now)
                for each, bound in zip(questions, bounds, strict=True)
            )
            if truths not in found:
                found[truths] = Cell(truths, _written(instant), _date(now) if moving else None)
    cells = list(found.values())
    if property.nullable:
        cells.append(Cell(tuple(bound is None for bound in bounds), None))
    return cells


def _bound(question: Comparison) -> _Bound | None:
    match question.value:
        case datetime() as instant:
            return _Bound((instant - EPOCH) // MICROSECOND, moves=False)
        case Now(offset):
            return _Bound(offset // MICROSECOND, moves=True)
        case _:
            return None


def _holds(operator: Operator, instant: int, bound: int) -> bool:
    if operator is Operator.EQ:
        return instant == bound
    return instant >= bound if operator is Operator.GE else instant <= bound


def _among(points: Iterable[int]) -> Iterator[int]:
    """One instant before all points, one behind, one between each two, and the points; those that a date can be."""
    ordered = sorted(points) or [BEFORE]
    between = [(low + high) // 2 for low, high in pairwise(ordered)]
    for each in (ordered[-1] + FAR, ordered[0] - FAR, *between, *ordered):
        if EARLIEST <= each <= LATEST:
            yield each


def _date(instant: int) -> datetime:
    return EPOCH + instant * MICROSECOND


def _written(instant: int) -> str:
    return _date(instant).isoformat().replace("+00:00", "Z")
