"""Which person of the source is which user of the target: by the provisioning log, else by what an invitation leaves.

That is the address in the user principal name, and the mail (:mod:`xtcheck.provisioned.names`). Neither is a key: two
people may share an address, so whatever is not one to one is ambiguous and never decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Pairs:
    """Row numbers: ``s`` of the source, ``t`` of the target.

    ``joined`` is one to one, with ``exact`` where the log says so. ``ambiguous`` is neither; ``outside`` are users of
    the target who belong to somebody out of scope.
    """

    joined: pl.DataFrame
    ambiguous: pl.DataFrame
    outside: pl.DataFrame


def join(people: pl.DataFrame, there: pl.DataFrame, logged: pl.DataFrame | None) -> Pairs:
    """Pair people and users.

    :param people: ``id``, ``key`` (see :func:`~xtcheck.provisioned.names.invited`), ``mail`` in small
        letters as the target should have it, and ``scoped`` (null: not known).
    :param there: ``id``, ``key`` (of :func:`~xtcheck.provisioned.names.invitation`) and ``mail`` in small letters.
    :param logged: ``source`` and ``target`` ids, as far as a log tells.
    """
    import polars as pl

    sources = people.select("id", "key", "mail").with_row_index("s")
    targets = there.select("id", "key", "mail").with_row_index("t")
    found = _logged(sources, targets, logged)
    near = _near(sources, targets, found)
    pairs = pl.concat([found.with_columns(exact=pl.lit(value=True)), near.with_columns(exact=pl.lit(value=False))])
    scoped = people["scoped"].fill_null(value=True).gather(pairs["s"])
    inside = pairs.filter(scoped)
    # Whom somebody in scope answers to is not a left-over of somebody else with the same address.
    outside = pairs.filter(~scoped).join(inside, on="t", how="anti")
    single = inside.select(pl.col("s").is_unique() & pl.col("t").is_unique()).to_series()
    return Pairs(inside.filter(single), inside.filter(~single), outside)


def _near(sources: pl.DataFrame, targets: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The pairs that share an address, among those whom the log does not tell of; each once."""
    import polars as pl

    if found.height:
        sources, targets = sources.join(found, on="s", how="anti"), targets.join(found, on="t", how="anti")
    targets = targets.filter(pl.col("key").is_not_null())
    codes = pl.concat(
        _equal(sources.select("s", name).drop_nulls(), targets.select("t", name).drop_nulls(), name)
        for name in ("key", "mail")
    )
    # One number for a pair: telling numbers apart is several times faster than rows.
    return (
        codes.unique()
        .to_frame("code")
        .select(
            s=(pl.col("code") // ROOM).cast(pl.get_index_type()), t=(pl.col("code") % ROOM).cast(pl.get_index_type())
        )
    )


ROOM = 1 << 32
"""More than a frame has rows."""


def _equal(one: pl.DataFrame, other: pl.DataFrame, name: str) -> pl.Series:
    """The pairs of rows with the same text, each as one number: joined by its hash, and then looked at."""
    import polars as pl

    hashed = pl.col(name).hash()
    near = one.with_columns(hashed.alias("hash")).join(other.with_columns(hashed.alias("hash")), on="hash")
    return (
        near.filter(pl.col(name) == pl.col(f"{name}_right"))
        .select(pl.col("s").cast(pl.UInt64) * ROOM + pl.col("t").cast(pl.UInt64))
        .to_series()
        .alias("code")
    )


def _logged(sources: pl.DataFrame, targets: pl.DataFrame, logged: pl.DataFrame | None) -> pl.DataFrame:
    """The pairs that the log tells of, among those who are still there on both ends."""
    if logged is None:
        return sources.select("s").clear().join(targets.select("t").clear(), how="cross")
    known = logged.select("source", "target").unique()
    found = known.join(sources.select("s", source="id"), on="source").join(
        targets.select("t", target="id"), on="target"
    )
    return found.select("s", "t")
