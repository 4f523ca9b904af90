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

    sources = people.select("id", "key", "mail", "scoped").with_row_index("s")
    targets = there.select("id", "key", "mail").with_row_index("t")
    found = _logged(sources, targets, logged)
    rest_s = sources.join(found, on="s", how="anti")
    rest_t = targets.join(found, on="t", how="anti").filter(pl.col("key").is_not_null())
    near = pl.concat(
        rest_s.select("s", name).drop_nulls().join(rest_t.select("t", name).drop_nulls(), on=name).select("s", "t")
        for name in ("key", "mail")
    ).unique()
    pairs = pl.concat([found.with_columns(exact=pl.lit(value=True)), near.with_columns(exact=pl.lit(value=False))])
    scoped = sources.select("s", scoped=pl.col("scoped").fill_null(value=True))
    pairs = pairs.join(scoped, on="s")
    inside = pairs.filter("scoped").drop("scoped")
    # Whom somebody in scope answers to is not a left-over of somebody else with the same address.
    outside = pairs.filter(~pl.col("scoped")).drop("scoped").join(inside, on="t", how="anti")
    single = (pl.len().over("s") == 1) & (pl.len().over("t") == 1)
    marked = inside.with_columns(single=single)
    return Pairs(marked.filter("single").drop("single"), marked.filter(~pl.col("single")).drop("single"), outside)


def _logged(sources: pl.DataFrame, targets: pl.DataFrame, logged: pl.DataFrame | None) -> pl.DataFrame:
    """The pairs that the log tells of, among those who are still there on both ends."""
    if logged is None:
        return sources.select("s").clear().join(targets.select("t").clear(), how="cross")
    known = logged.select("source", "target").unique()
    found = known.join(sources.select("s", source="id"), on="source").join(
        targets.select("t", target="id"), on="target"
    )
    return found.select("s", "t")
