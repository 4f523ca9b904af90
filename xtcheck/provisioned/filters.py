"""Scoping filters: whom a user mapping lets in, by the attributes that its clauses name; null where it is not known.

Learn: entra/identity/app-provisioning/define-conditional-rules-for-provisioning-user-accounts. A filter lets in whoever
meets all its clauses, and somebody is in scope who passes any filter of each of the three lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable
from xtcheck.languages.repetition import too_large
from xtcheck.provisioned.attributes import as_text, of_source

if TYPE_CHECKING:
    import polars as pl

Json = Any

SECONDS = 0.1
"""How long one search may take."""
STRIKES = 10
"""After so many values that took too long a pattern is not tried again."""

ADMINS = "groups"
"""Where admins' filters stand; the other two lists are the service's own."""
LISTS = (ADMINS, "inputFilterGroups", "categoryFilterGroups")
NONE = "None"
"""What the service's own filters compare an attribute without a value with: ``alternativeSecurityIds EQUALS None`` lets
in everybody but external users (the default schema of Azure2Azure)."""


def named(mapping: Json) -> set[str]:
    """The source attributes that the filters of an object mapping ask about."""
    return {str(clause["sourceOperandName"]) for _, clauses in _filters(mapping) for clause in clauses}


def _filters(mapping: Json) -> Iterator[tuple[str, list[Json]]]:
    scope = mapping.get("scope") or {}
    for part in LISTS:
        for group in scope.get(part) or ():
            yield part, group["clauses"]


def admitted(mapping: Json, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Whether the filters of an object mapping let somebody in, over columns named as the clauses name attributes.

    :param schema: the types of these columns. True and false are texts already, as :func:`as_text` prints them, and
        still Boolean here.
    """
    import polars as pl

    scope = mapping.get("scope") or {}
    lists = [(part, scope.get(part) or []) for part in LISTS]
    each = (_any(part, groups, schema) for part, groups in lists if groups)
    return reduce(and_, each, pl.lit(value=True))


def let_in(mapping: Json, users: pl.DataFrame) -> pl.Series:
    """Whether the filters of an object mapping let each of some users in, given by Graph's columns.

    :raises Uninterpretable: a filter asks for what no property shows.
    """
    view = of_source(users, ("objectId", *sorted(named(mapping))))
    lacking = sorted(named(mapping) - set(view.columns))
    if lacking:
        raise Uninterpretable(f"a scoping filter asks for {lacking[0]}, which no property of Graph shows")
    texts = view.with_columns(as_text(view[name]) for name in view.columns)
    return texts.with_columns(admitted=admitted(mapping, view.schema)).get_column("admitted")


def left_out(admitted: pl.Series, of: int, chosen: str = "assigned") -> list[str]:
    """How many of those chosen the filters do not let in, in words; nothing where that is nobody."""
    out = int((~admitted).sum())
    return [f"the scoping filters leave out {out} of {of} {chosen}".rstrip()] if out else []


def _any(part: str, groups: Iterable[Json], schema: Mapping[str, pl.DataType]) -> pl.Expr:
    import polars as pl

    every = (
        reduce(and_, (_clause(part, one, schema) for one in group["clauses"]), pl.lit(value=True)) for group in groups
    )
    return reduce(or_, every)


def _clause(part: str, clause: Json, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """One clause; null where its meaning, or what it means for somebody, is not known."""
    import polars as pl

    name = str(clause["sourceOperandName"])
    values = [str(value) for value in (clause.get("targetOperand") or {}).get("values") or ()]
    if schema[name] == pl.Boolean:
        # The values print as True and False, and EQUALS tells letter case apart; whether that is meant of these two is
        # not said, so that what hangs on letter case alone is not known.
        exact = _met(part, clause, pl.col(name), values)
        small = [value if value == NONE else value.lower() for value in values]
        folded = _met(part, clause, pl.col(name).str.to_lowercase(), small)
        return pl.when(exact == folded).then(exact)
    return _met(part, clause, pl.col(name), values, several=schema[name] == pl.List)


def _met(part: str, clause: Json, text: pl.Expr, values: list[str], *, several: bool = False) -> pl.Expr:
    """Whether a text meets a clause; of several values only whether there is any, as no filter supports them."""
    import polars as pl

    empty = text.is_null() | (text == "")
    operator = " ".join(str(clause["operatorName"]).replace("_", " ").upper().split())
    if operator in ("IS NULL", "IS NOT NULL"):
        return empty if operator == "IS NULL" else ~empty
    if several:
        return pl.lit(None, dtype=pl.Boolean)
    if part != ADMINS:
        # The service's own filters know only these two, and compare what has no value as the text None.
        shown = pl.when(empty).then(pl.lit(NONE)).otherwise(text)
        return _equal(shown, operator, values)
    # "If the value is null or empty, the clause is false" (the filters' page), whatever it asks.
    return ~empty & _of_admins(text, operator, values)


def _equal(text: pl.Expr, operator: str, values: list[str]) -> pl.Expr:
    import polars as pl

    match operator:
        case "EQUALS":
            return text.is_in(values)
        case "NOT EQUALS":
            return ~text.is_in(values)
    return pl.lit(None, dtype=pl.Boolean)


def _of_admins(text: pl.Expr, operator: str, values: list[str]) -> pl.Expr:
    import polars as pl

    match operator:
        case "EQUALS" | "NOT EQUALS":
            return _equal(text, operator, values)
        case "ENDS WITH":
            return reduce(or_, (text.str.ends_with(value) for value in values), pl.lit(value=False))
        case "INCLUDES":
            return reduce(or_, (text.str.contains(value, literal=True) for value in values), pl.lit(value=False))
        case "REGEX MATCH" | "NOT REGEX MATCH" if len(values) == 1:
            return _matches(text, values[0], wanted=operator == "REGEX MATCH")
        case "GREATER THAN" | "GREATER THAN OR EQUALS" if len(values) == 1 and values[0].lstrip("-").isdecimal():
            number, than = text.cast(pl.Int64, strict=False), int(values[0])
            return number > than if operator == "GREATER THAN" else number >= than
        case "IS TRUE" | "IS FALSE":
            return text.str.to_lowercase() == operator.removeprefix("IS ").lower()
    return pl.lit(None, dtype=pl.Boolean)


def _matches(text: pl.Expr, pattern: str, *, wanted: bool) -> pl.Expr:
    """Whether the page means the whole value or any part of it is not said: null where the two differ."""
    import polars as pl

    def answers(values: pl.Series) -> pl.Series:
        different = values.drop_nulls().unique(maintain_order=True)
        known = pl.Series(list(_each(pattern, different.to_list(), wanted=wanted)), dtype=pl.Boolean)
        return values.replace_strict(different, known, default=None, return_dtype=pl.Boolean)

    return text.map_batches(answers, return_dtype=pl.Boolean)


def _each(pattern: str, values: Iterable[str], *, wanted: bool) -> Iterator[bool | None]:
    """The answer for each value; None for all that are left when too many searches took too long."""
    strikes = 0
    for value in values:
        try:
            yield _both(pattern, value, wanted=wanted) if strikes < STRIKES else None
        except TimeoutError:
            strikes += 1
            yield None


def _both(pattern: str, value: str, *, wanted: bool) -> bool | None:
    import regex

    if too_large(pattern):
        return None
    try:
        part = regex.search(pattern, value, timeout=SECONDS) is not None
        whole = regex.fullmatch(pattern, value, timeout=SECONDS) is not None
    except (regex.error, OverflowError, RecursionError):
        return None
    return (whole == wanted) if whole == part else None
