"""One property of many users, made ready once so that every rule that asks for it is answered quickly.

Values that repeat are asked once each. Others are asked as a column without case, if every letter is ASCII or has one
small and one large form: there all ways of folding case agree. The few that are left are asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from xtcheck.languages.rules import linear, patterns
from xtcheck.languages.rules.masks import Answers, all_of, any_of, constant, unless
from xtcheck.languages.rules.semantics import Semantics
from xtcheck.languages.rules.syntax import Comparison, Operator, Text
from xtcheck.languages.rules.texts import Known, date_test, dialect, fold, test

if TYPE_CHECKING:
    import polars as pl

FEW = 50_000
"""Up to so many different values, each is asked on its own."""
SAMPLE = 10_000
PATIENCE = 2.0
"""Seconds that a pattern that may run away has for all users; the answers for the rest stay open."""


class Dictionary(NamedTuple):
    """Values that repeat: the different ones, and for each user the number of its own, or their count for none."""

    values: list[str]
    codes: pl.Series

    def answers(self, ask: Callable[[str], Known]) -> Answers:
        """Asks each value once."""
        found = [ask(value) for value in self.values]
        doubts = dict.fromkeys(each for each in found if isinstance(each, str))
        return Answers(self._mask(found, True), {item: self._mask(found, item) for item in doubts})

    def only(self, wanted: list[str]) -> Dictionary:
        """Some of the values; whoever has another has none."""
        import polars as pl

        number = {value: at for at, value in enumerate(wanted)}
        codes = pl.Series([number.get(value, len(wanted)) for value in self.values] + [len(wanted)], dtype=pl.UInt32)
        return Dictionary(wanted, codes.gather(self.codes))

    def _mask(self, found: Sequence[Known], wanted: Known) -> pl.Series:
        import polars as pl

        codes = [code for code, each in enumerate(found) if each == wanted]
        if not codes:
            return constant(len(self.codes), value=False)
        if len(codes) <= 3:
            return reduce(or_, (self.codes == code for code in codes))
        table = pl.Series([False] * (len(found) + 1)).scatter(codes, True)
        return table.gather(self.codes)


def dictionary(series: pl.Series, different: pl.Series) -> Dictionary:
    """Of the texts of a series, given those that are different."""
    import polars as pl

    values = different.drop_nulls()
    codes = series.cast(pl.Enum(values)).to_physical().cast(pl.UInt32).fill_null(len(values))
    return Dictionary(values.to_list(), codes)


class Column:
    """A value of every user. ``values`` is null where there is none; ``doubts`` say for whom nobody knows, and why."""

    def __init__(self, values: pl.Series, doubts: dict[str, pl.Series]) -> None:
        self.values = values
        self.doubts = doubts

    @cached_property
    def missing(self) -> Answers:
        """Who has no value."""
        return unless(self.doubts, Answers(self.values.is_null()))


class Booleans(Column):
    """A Boolean of every user."""

    def says(self, wanted: bool) -> Answers:  # noqa: FBT001
        """Whose value it is."""
        return unless(self.doubts, Answers((self.values if wanted else ~self.values).fill_null(value=False)))


class Texts(Column):
    """A text of every user, or of every element of a collection; dates are texts too."""

    @cached_property
    def _repeating(self) -> Dictionary | None:
        """The different values, if they are few."""
        every = max(len(self.values) // SAMPLE, 1)
        sample = self.values.gather_every(every)
        if len(sample) > 1_000 and sample.n_unique() > len(sample) // 2:
            return None
        different = self.values.unique()
        return dictionary(self.values, different) if len(different) <= FEW else None

    @cached_property
    def _ascii(self) -> pl.Series:
        """Who has a value that is ASCII without a line break at the end."""
        import polars as pl

        text = pl.col("text")
        plain = (text.str.len_bytes() == text.str.len_chars()) & ~text.str.ends_with("\n")
        return self.values.to_frame("text").select(plain.fill_null(value=False)).to_series()

    @cached_property
    def _beyond(self) -> Dictionary | None:
        """The values that are not."""
        rest = self.values.set(self._ascii, None)
        return dictionary(rest, rest.unique()) if rest.null_count() < len(rest) else None

    @cached_property
    def _odd(self) -> Dictionary | None:
        """The values of which even some letter is odd."""
        if self._beyond is None:
            return None
        wanted = [
            value for value, tame in zip(self._beyond.values, _tame(self._beyond.values), strict=True) if not tame
        ]
        return self._beyond.only(wanted) if wanted else None

    @cached_property
    def _folded(self) -> pl.Series:
        """The values that are not odd, without their case."""
        import polars as pl

        folded = self.values.str.to_lowercase()
        if self._beyond is None:
            return folded
        values = self._beyond.values
        known = [value.casefold() if tame else None for value, tame in zip(values, _tame(values), strict=True)]
        others = pl.Series([*known, None], dtype=pl.String).gather(self._beyond.codes)
        return folded.zip_with(self._ascii, others)

    def at(self, comparison: Comparison, settled: Semantics, now: datetime | None) -> Answers:
        """Of whom a comparison of dates is true, at some time."""
        ask = date_test(comparison, settled)
        return unless(self.doubts, self._each(lambda text: ask(text, now)))

    def says(self, comparison: Comparison, settled: Semantics) -> Answers:
        """Of whom a comparison of texts is true."""
        return unless(self.doubts, self._says(comparison, settled))

    def _says(self, comparison: Comparison, settled: Semantics) -> Answers:
        ask = _bounded(test(comparison, settled), comparison)
        plain = None if self._repeating is not None else _plainly(comparison, settled)
        if plain is None:
            return self._each(ask)
        answers, rest = plain(self._folded), self._odd
        if not _letter_by_letter(comparison):
            rest = self._beyond
            answers = all_of(len(self.values), (answers, Answers(self._ascii)))
        return answers if rest is None else any_of(len(self.values), (answers, rest.answers(ask)))

    def _each(self, ask: Callable[[str], Known]) -> Answers:
        """Asks for one value after another."""
        import polars as pl

        if self._repeating is not None:
            return self._repeating.answers(ask)
        found: list[Known] = [value is not None and ask(value) for value in self.values.to_list()]
        doubts = dict.fromkeys(each for each in found if isinstance(each, str))
        yes = pl.Series([each is True for each in found], dtype=pl.Boolean)
        return Answers(yes, {item: pl.Series([each == item for each in found], dtype=pl.Boolean) for item in doubts})


def _bounded(ask: Callable[[str], Known], comparison: Comparison) -> Callable[[str], Known]:
    """A pattern that may run away gets some time for all users together; each search has its own limit besides."""
    if not (comparison.operator is Operator.MATCH and isinstance(comparison.value, Text)):
        return ask
    if not patterns.read(comparison.value.value).slow:
        return ask
    spent = 0.0

    def bounded(text: str) -> Known:
        nonlocal spent
        if spent > PATIENCE:
            return "timeout"
        start = monotonic()
        found = ask(text)
        spent += monotonic() - start
        return found

    return bounded


def _plainly(comparison: Comparison, settled: Semantics) -> Callable[[pl.Series], Answers] | None:
    """What a comparison says of plain texts in lower case, as a column; None when it must ask one by one."""
    match comparison.operator, comparison.value:
        case Operator.MATCH, Text(pattern):
            return _matching(pattern, dialect(settled))
        case Operator.IN, tuple(texts):
            values = [text.value for text in texts]
            return _folding(lambda column, some: column.is_in(some), values, settled)
        case operator, Text(value):
            return _folding(_AFFIXES[operator], [value], settled)
        case _:
            return None


_AFFIXES: dict[Operator, Callable[[pl.Series, list[str]], pl.Series]] = {
    Operator.EQ: lambda column, some: column == some[0],
    Operator.STARTS_WITH: lambda column, some: column.str.starts_with(some[0]),
    Operator.ENDS_WITH: lambda column, some: column.str.ends_with(some[0]),
    Operator.CONTAINS: lambda column, some: column.str.contains(some[0], literal=True),
}


def _folding(
    find: Callable[[pl.Series, list[str]], pl.Series], values: Iterable[str], settled: Semantics
) -> Callable[[pl.Series], Answers]:
    """Plain texts fold in one way only; what is looked for may fold in two (A-18)."""
    simple, full = sorted({fold(each) for each in values}), sorted({each.casefold() for each in values})

    def answers(column: pl.Series) -> Answers:
        one = find(column, full if settled["A-18"] == "full" else simple).fill_null(value=False)
        if simple == full or settled["A-18"] is not None:
            return Answers(one)
        other = find(column, full).fill_null(value=False)
        return Answers(one & other, {"A-18": one ^ other})

    return answers


def _matching(pattern: str, doubt: str) -> Callable[[pl.Series], Answers] | None:
    if patterns.doubtful(pattern):
        return lambda column: Answers(constant(len(column), value=False), {doubt: column.is_not_null()})
    found = linear.translated(pattern)
    if found is not None:
        return lambda column: Answers(column.str.contains(found).fill_null(value=False))
    return None if patterns.read(pattern).slow else lambda column: Answers(_searched(pattern, column))


def _searched(pattern: str, column: pl.Series) -> pl.Series:
    """Searched one by one, but without the care that only odd values need."""
    import polars as pl

    hits = [hit is not None for hit in map(patterns.compiled(pattern).search, column.drop_nulls().to_list())]
    return constant(len(column), value=False).scatter(
        column.is_not_null().arg_true(), pl.Series(hits, dtype=pl.Boolean)
    )


def _letter_by_letter(comparison: Comparison) -> bool:
    """Whether all that matters of a letter beyond ASCII is which it is, so that tame ones are no trouble."""
    if not (comparison.operator is Operator.MATCH and isinstance(comparison.value, Text)):
        return True
    seen = patterns.read(comparison.value.value).seen
    return seen.isdisjoint(("letter", "letters", "back"))


def _tame(values: list[str]) -> list[bool]:
    """Which texts have only letters that everybody reads alike, and no line break at the end.

    Beyond U+FFFF .NET sees two characters in one, so that a pattern may count them otherwise.
    """
    odd = {letter for letter in set().union(*values) if letter > "\uffff" or not patterns.plain(letter)}
    if not odd:
        return [value[-1:] != "\n" for value in values]
    return [odd.isdisjoint(value) and value[-1:] != "\n" for value in values]
