"""The answers of a rule for many users at once: who is in, and whose answer hangs on which open point.

A mask is a Boolean series without nulls, a bit for each user. Masks combine as answers do one by one (``evaluation``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Answers:
    """``yes`` for whom the answer is true; ``doubts`` for whom it is neither, by what it hangs on."""

    yes: pl.Series
    doubts: dict[str, pl.Series] = field(default_factory=dict)

    @property
    def open(self) -> pl.Series | None:
        """For whom it is neither true nor false; None where it is for nobody."""
        return reduce(or_, self.doubts.values()) if self.doubts else None

    @property
    def possible(self) -> pl.Series:
        """For whom it is not false."""
        return self.yes if self.open is None else self.yes | self.open

    def denied(self) -> Answers:
        """The answers to the opposite."""
        return Answers(~self.possible, self.doubts)


def constant(length: int, *, value: bool) -> pl.Series:
    """The same for all."""
    import polars as pl

    return pl.repeat(value, length, dtype=pl.Boolean, eager=True)


def doubted(length: int, item: str) -> Answers:
    """Nobody knows for anybody."""
    return Answers(constant(length, value=False), {item: constant(length, value=True)})


def all_of(length: int, parts: Iterable[Answers]) -> Answers:
    """True where all are, false where one is."""
    return _joined(length, list(parts), and_, start=True)


def any_of(length: int, parts: Iterable[Answers]) -> Answers:
    """True where one is, false where all are."""
    return _joined(length, list(parts), or_, start=False)


def _joined(
    length: int, parts: Sequence[Answers], join: Callable[[pl.Series, pl.Series], pl.Series], *, start: bool
) -> Answers:
    if not parts:
        return Answers(constant(length, value=start))
    yes = reduce(join, (part.yes for part in parts))
    if not any(part.doubts for part in parts):
        return Answers(yes)
    possible = reduce(join, (part.possible for part in parts))
    return Answers(yes, within(_together(part.doubts for part in parts), possible & ~yes))


def unless(doubts: dict[str, pl.Series], answers: Answers) -> Answers:
    """The answers, but for those of whom nobody knows even the value."""
    if not doubts:
        return answers
    length = len(answers.yes)
    doubt = Answers(constant(length, value=False), doubts)
    return any_of(length, (doubt, all_of(length, (Answers(~doubt.possible), answers))))


def _together(doubts: Iterable[dict[str, pl.Series]]) -> dict[str, pl.Series]:
    found: dict[str, pl.Series] = {}
    for each in doubts:
        for item, mask in each.items():
            found[item] = found[item] | mask if item in found else mask
    return found


def within(doubts: dict[str, pl.Series], mask: pl.Series) -> dict[str, pl.Series]:
    """The doubts of some only; without those that nobody has."""
    cut = {item: each & mask for item, each in doubts.items()}
    return {item: each for item, each in cut.items() if each.any()}


def agreed(answers: Sequence[Answers], pairs: Iterable[tuple[int, int, str]]) -> Answers:
    """What all joint readings say, or on what it hangs: the points that alone change an answer, and all doubts met.

    ``pairs`` are the readings that differ in one point, by number, with that point.
    """
    yes = reduce(and_, (each.yes for each in answers))
    unsettled = reduce(or_, (each.possible for each in answers)) & ~yes
    if not unsettled.any():
        return Answers(yes)
    doubts = [_together(each.doubts for each in answers)]
    doubts += [{item: _differ(answers[one], answers[other])} for one, other, item in pairs]
    return Answers(yes, within(_together(doubts), unsettled))


def _differ(one: Answers, other: Answers) -> pl.Series:
    found = one.yes ^ other.yes
    for item in one.doubts.keys() | other.doubts.keys():
        mine, theirs = one.doubts.get(item), other.doubts.get(item)
        found |= theirs if mine is None else mine if theirs is None else mine ^ theirs
    return found
