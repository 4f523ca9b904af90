"""An expression over a table: vectorised where that pays, and row by row on distinct arguments where it does not.

The vectorised part answers only for rows on which it is certain to say what row by row would: no null that is not
documented, and plain ASCII where letter case or positions count. The others are evaluated, each distinct one once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions.evaluation import compiled
from xtcheck.languages.expressions.expression import Expression, outcome
from xtcheck.languages.expressions.register import Semantics
from xtcheck.languages.expressions.run import Context, Run
from xtcheck.languages.expressions.tree import Attribute, Node, walk
from xtcheck.languages.expressions.values import NULL, Result, result_of
from xtcheck.languages.expressions.vectors import Vector, vector

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any


@dataclass(frozen=True, slots=True)
class Columns:
    """What an expression yields for each row.

    ``text`` is the text, null where there is none. ``rows`` are the rows that yield neither a text nor null, in their
    order; ``results`` what they yield, each once; ``codes`` which of the results each of these rows has.
    """

    text: pl.Series
    rows: pl.Series
    codes: pl.Series
    results: tuple[Result, ...]

    def at(self, row: int) -> Result:
        """The result of one row: what :meth:`Expression.evaluate` answers for it."""
        place = self.rows.search_sorted(row) if len(self.rows) else 0
        if place < len(self.rows) and self.rows[place] == row:
            return self.results[int(self.codes[place])]
        text = self.text[row]
        return NULL if text is None else str(text)

    def __len__(self) -> int:
        return len(self.text)


def evaluate(
    expression: Expression,
    table: pl.DataFrame,
    semantics: Semantics,
    *,
    now: datetime | None = None,
    context: Context | None = None,
) -> Columns:
    """The result of an expression for every row of a table.

    :raises XtcheckError: an attribute of the expression is no column of the table.
    """
    missing = [name for name in expression.attributes if name not in table.columns]
    if missing:
        raise XtcheckError(f"the table has no column for {', '.join(missing)}: what was not read is not null")
    rows = _Rows(table, semantics, now, context)
    found = vector(expression.tree, rows.table, semantics, rows.computed)
    if found is None:
        return rows.columns(expression.tree, pl.repeat(None, table.height, dtype=pl.String, eager=True), None)
    if not expression.attributes:
        return rows.constant(expression.tree)
    if found.plain is None:
        text = rows.table.select(found.text.alias("text")).to_series()
        return rows.columns(expression.tree, text, pl.Series(dtype=pl.UInt32))
    both = rows.table.select(found.text.alias("text"), found.plain.alias("plain"))
    return rows.columns(expression.tree, both["text"], (~both["plain"]).arg_true())


class _Rows:
    """A table with the columns that were computed for parts of an expression."""

    def __init__(
        self, table: pl.DataFrame, semantics: Semantics, now: datetime | None, context: Context | None
    ) -> None:
        self.table, self.semantics, self.now, self.context = table, semantics, now, context

    def computed(self, node: Node) -> Vector:
        """A part that is not vectorised, as a column; plain where it yields a text or null."""
        found = self.columns(node, pl.repeat(None, self.table.height, dtype=pl.String, eager=True), None)
        name = f"\0{len(self.table.columns)}"
        plain = pl.repeat(value=True, n=self.table.height, dtype=pl.Boolean, eager=True)
        if len(found.rows):
            plain = plain.scatter(found.rows, values=False)
        self.table = self.table.with_columns(found.text.alias(name), plain.alias(f"{name}?"))
        return Vector(pl.col(name), pl.col(f"{name}?"))

    def constant(self, node: Node) -> Columns:
        """The same for every row."""
        value = self._answer(node)({})
        height = self.table.height
        text = pl.repeat(value if isinstance(value, str) else None, height, dtype=pl.String, eager=True)
        odd = not isinstance(value, str) and value != NULL
        rows = pl.arange(0, height if odd else 0, dtype=pl.UInt32, eager=True)
        return Columns(text, rows, pl.repeat(0, len(rows), dtype=pl.UInt32, eager=True), (value,) if odd else ())

    def columns(self, node: Node, text: pl.Series, rows: pl.Series | None) -> Columns:
        """The texts, with the result of evaluating the part in these rows (None: in all) in their place."""
        if rows is not None and not len(rows):
            return Columns(text, rows, pl.Series(dtype=pl.UInt32), ())
        names = list(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Attribute)))
        if not names:
            return self.constant(node)
        results, codes = self._distinct(node, names, rows)
        texts = pl.Series([each if isinstance(each, str) else None for each in results], dtype=pl.String)
        answers = texts.gather(codes)
        if rows is None:
            text, rows = answers, pl.arange(0, len(answers), dtype=pl.UInt32, eager=True)
        else:
            text = text.scatter(rows, answers)
        return _kept(text, rows, codes, results)

    def _distinct(self, node: Node, names: Sequence[str], rows: pl.Series | None) -> tuple[list[Result], pl.Series]:
        """The results of the distinct arguments, and for each row which of them is its own."""
        part = self.table.select(names)
        values = [_values(column if rows is None else column.gather(rows)) for column in part.iter_columns()]
        answer = self._answer(node)
        known: dict[Any, int] = {}
        results: list[Result] = []
        codes = []
        for row in zip(*values, strict=True):
            code = known.get(row)
            if code is None:
                code = known[row] = len(results)
                results.append(answer(dict(zip(names, row, strict=True))))
            codes.append(code)
        return results, pl.Series(codes, dtype=pl.UInt32)

    def _answer(self, node: Node) -> Callable[[Mapping[str, Json]], Result]:
        function = compiled(node)
        # One run for all: making one for each costs as much as a simple function.
        run = Run({}, self.semantics, now=self.now, context=self.context)

        def answer(source: Mapping[str, Json]) -> Result:
            run.source = source
            value = function(run)
            if not run.met:
                return result_of(value)
            run.met.clear()
            return outcome(function, source, self.semantics, now=self.now, context=self.context).value

        return answer


def _kept(text: pl.Series, rows: pl.Series, codes: pl.Series, results: list[Result]) -> Columns:
    """Without the rows whose result is a text or null, and with each other result once."""
    odd: dict[Result, int] = {}
    new: list[int | None] = []
    for each in results:
        if isinstance(each, str) or each == NULL:
            new.append(None)
        else:
            new.append(odd.setdefault(each, len(odd)))
    again = pl.Series(new, dtype=pl.UInt32).gather(codes)
    some = again.is_not_null()
    return Columns(text, rows.filter(some).cast(pl.UInt32), again.filter(some), tuple(odd))


def _values(column: pl.Series) -> list[Json]:
    """A column as Python values that can be told apart: texts, numbers, truth values, tuples."""
    match column.dtype:
        case pl.List() | pl.Array():
            return [None if each is None else tuple(each) for each in column.to_list()]
        case pl.Struct():
            return [_reference(each) for each in column.to_list()]
        case pl.Categorical() | pl.Enum():
            return column.cast(pl.String).to_list()
        case pl.Boolean():
            # True and 1 are one key of a dictionary.
            return column.cast(pl.String).replace_strict({"true": "True", "false": "False"}).to_list()
    return column.to_list()


def _reference(value: Json) -> Json:
    """An object: its id where that is a text; else its items, which no function understands."""
    if value is None or not isinstance(value, dict):
        return value
    id_ = value.get("id")
    return id_ if isinstance(id_, str) else _Opaque(repr(value))


@dataclass(frozen=True, slots=True)
class _Opaque:
    """A value of which only equality is known."""

    text: str
