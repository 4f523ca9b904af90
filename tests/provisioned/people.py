"""People of a source and users of a target as the comparison takes them, and what came of it in short."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from xtcheck.provisioned.comparison import Comparison, Wanted, compare
from xtcheck.provisioned.names import invitation, invited

SOURCE = {"name": pl.String, "mail": pl.String, "scoped": pl.Boolean, "enabled": pl.Boolean}
TARGET = {"name": pl.String, "mail": pl.String, "ours": pl.Boolean}


def source(*rows: tuple[str, str | None, bool | None, bool | None]) -> pl.DataFrame:
    """People by user principal name, mail, whether they are in scope, and whether they are enabled."""
    frame = pl.DataFrame(rows, schema=SOURCE, orient="row").with_columns(since=pl.lit(None, dtype=pl.Datetime))
    return frame.with_columns(id="s-" + pl.col("name"), key=invited(pl.col("mail"), pl.col("name")))


def person(name: str, *, scoped: bool | None = True, enabled: bool = True) -> tuple[str, str, bool | None, bool]:
    return name, name, scoped, enabled


def target(*rows: tuple[str, str | None, bool]) -> pl.DataFrame:
    """Users by user principal name, mail, and whether they seem to be of this job's making."""
    frame = pl.DataFrame(rows, schema=TARGET, orient="row")
    return frame.with_columns(id="t-" + pl.col("name"), key=invitation(pl.col("name")))


def user(name: str, *, ours: bool = True) -> tuple[str, str, bool]:
    """The user that inviting somebody makes."""
    return f"{name.replace('@', '_')}#EXT#@shared.example", name, ours


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def compared(
    people: pl.DataFrame,
    there: pl.DataFrame,
    wanted: Sequence[Wanted] = (),
    logged: Sequence[tuple[str, str]] | None = None,
    **held: pl.Series,
) -> Comparison:
    log = None if logged is None else pl.DataFrame(logged, schema=["source", "target"], orient="row")
    return compare(people, there, wanted, held, logged=log)


def short(found: Comparison) -> dict[str, list[str]]:
    """The names in each part that is not empty."""
    people = {
        part: [each.name for each in getattr(found, part)]
        for part in ("missing", "disabled", "enabled", "orphans", "leftovers", "unborn")
    }
    values = {
        part: [f"{one.person.name} {one.attribute}: {one.expected} not {one.observed}" for one in getattr(found, part)]
        for part in ("different", "drifted", "cased", "excused")
    }
    open_ = {"open": [f"{one.person.name}: {one.why}" for one in found.open]}
    return {part: names for part, names in (people | values | open_).items() if names}
