"""People of a source against users of a target: who lacks, who is there besides, and whose values are others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xtcheck.languages.expressions.letters import folded
from xtcheck.provisioned.joining import Pairs, join

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl


class When(StrEnum):
    """When a mapping writes (Graph: attributeMapping, flowType), in a policy's words."""

    ALWAYS = "always"
    ON_CREATE = "on-create"
    IF_EMPTY = "if-empty"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the target should hold in one attribute, by rows of the source: texts; null where nothing is written.

    ``open`` says where that cannot be told, and why. ``exact``: a difference in letter case alone is written too.
    ``aside``: the attribute says whether somebody is enabled, which is told apart.
    """

    attribute: str
    values: pl.Series
    open: pl.Series | None = None
    when: When = When.ALWAYS
    exact: bool = False
    aside: bool = False
    hint: str = ""
    """What to think of first where the target holds nothing."""
    excused: pl.Series | None = None
    """Rows of the target in which the service does not write it, although it is mapped."""
    several: pl.Series | None = None
    """Rows of the source for which it is made of several values; None where that is nobody."""


class Person(NamedTuple):
    """Somebody by object id and name; ``since`` is when he came to be, where that is known."""

    id: str
    name: str
    since: datetime | None = None


class Different(NamedTuple):
    """One value that is another than the mapping yields."""

    person: Person
    attribute: str
    expected: str
    observed: str | None
    hint: str = ""


class Open(NamedTuple):
    """Somebody of whom something cannot be told, and why."""

    person: Person
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was found; nothing of it is a verdict."""

    scoped: int = 0
    exact: bool = True
    """Whose user everybody is, and who is nobody's, is told by the log."""
    missing: tuple[Person, ...] = ()
    different: tuple[Different, ...] = ()
    disabled: tuple[Person, ...] = ()
    """In the target alone."""
    enabled: tuple[Person, ...] = ()
    orphans: tuple[Person, ...] = ()
    """Made by this job, and belonging to nobody of the source."""
    leftovers: tuple[Person, ...] = ()
    """Belonging to somebody who is out of scope."""
    open: tuple[Open, ...] = ()
    drifted: tuple[Different, ...] = field(default=())
    """Written on creation only, and changed since."""
    cased: tuple[Different, ...] = ()
    """Different in letter case alone, which is not written."""
    excused: tuple[Different, ...] = ()
    unborn: tuple[Person, ...] = ()
    """Disabled in the source, and not in the target."""


AMBIGUOUS = "who is who cannot be told: several share an address, or a name"
UNSCOPED = "whether the scoping filters let him in is not known"


def compare(
    people: pl.DataFrame,
    there: pl.DataFrame,
    wanted: Sequence[Wanted],
    held: Mapping[str, pl.Series],
    *,
    logged: pl.DataFrame | None = None,
) -> Comparison:
    """Compare both ends.

    :param people: of the source ``id``, ``name``, ``key``, ``mail``, ``scoped``, ``enabled``, ``since``.
    :param there: of the target ``id``, ``name``, ``key``, ``mail``, and ``ours``: it seems to be of this job's making.
    :param wanted: the mappings, each with values in the order of ``people``.
    :param held: what the target holds, by attribute, in the order of ``there``. An attribute that is not here is not
        shown by the target and not judged.
    :param logged: see :func:`xtcheck.provisioned.joining.join`.
    """
    import polars as pl

    pairs = join(people, there, logged)
    scoped = people["scoped"]
    paired = pl.concat([pairs.joined.select("s"), pairs.ambiguous.select("s")]).unique()
    alone = people.with_row_index("s").join(paired, on="s", how="anti")
    absent = alone.filter(pl.col("scoped"))
    judged = pairs.joined.filter(scoped.gather(pairs.joined["s"]))
    unknown = people.with_row_index("s").filter(pl.col("scoped").is_null())
    doubtful = people[pairs.ambiguous["s"].unique(maintain_order=True)].filter(pl.col("scoped").is_not_null())
    values = _Values(people, judged, held)
    for each in wanted:
        values.look(each)
    orphans, leftovers = _orphans(there, pairs, logged), _leftovers(there, pairs)
    sure = (pairs.joined["exact"], leftovers["exact"], orphans["exact"])
    return Comparison(
        scoped=int(scoped.sum()),
        exact=all(each.all() for each in sure),
        missing=_people(absent.filter(pl.col("enabled").fill_null(value=True))),
        unborn=_people(absent.filter(~pl.col("enabled"))),
        orphans=_people(orphans),
        leftovers=_people(leftovers),
        different=tuple(values.different),
        disabled=tuple(values.disabled),
        enabled=tuple(values.enabled),
        drifted=tuple(values.drifted),
        cased=tuple(values.cased),
        excused=tuple(values.excused),
        open=(
            *(Open(person, AMBIGUOUS) for person in _people(doubtful)),
            *(Open(person, UNSCOPED) for person in _people(unknown)),
            *values.open,
        ),
    )


def _leftovers(there: pl.DataFrame, pairs: Pairs) -> pl.DataFrame:
    import polars as pl

    sure = pairs.outside.group_by("t").agg(pl.col("exact").any())
    found = there.with_row_index("t").join(sure, on="t")
    return found.filter(pl.col("ours") | pl.col("exact"))


def _orphans(there: pl.DataFrame, pairs: Pairs, logged: pl.DataFrame | None) -> pl.DataFrame:
    import polars as pl

    known = pl.concat([pairs.joined.select("t"), pairs.ambiguous.select("t"), pairs.outside.select("t")]).unique()
    rest = there.with_row_index("t").join(known, on="t", how="anti")
    targets = logged["target"].drop_nulls().unique() if logged is not None else pl.Series(dtype=pl.String)
    made = rest.with_columns(exact=pl.col("id").is_in(targets.implode()))
    return made.filter(pl.col("ours") | pl.col("exact"))


def _people(found: pl.DataFrame) -> tuple[Person, ...]:
    return tuple(map(Person, found["id"], found["name"], found["since"] if "since" in found.columns else _never(found)))


def _never(found: pl.DataFrame) -> Iterator[None]:
    return iter([None] * found.height)


class _Values:
    """The values of those who are on both ends, one mapping after the other."""

    def __init__(self, people: pl.DataFrame, judged: pl.DataFrame, held: Mapping[str, pl.Series]) -> None:
        self._people, self._held = people, held
        self._s, self._t = judged["s"], judged["t"]
        self.different: list[Different] = []
        self.drifted: list[Different] = []
        self.cased: list[Different] = []
        self.excused: list[Different] = []
        self.disabled: list[Person] = []
        self.enabled: list[Person] = []
        self.open: list[Open] = []

    def look(self, wanted: Wanted) -> None:
        """Find whose value is another."""
        if wanted.attribute not in self._held:
            return
        if wanted.open is not None:
            self._look_at_open(wanted.attribute, wanted.open)
        want, have = wanted.values.gather(self._s), self._held[wanted.attribute].gather(self._t)
        differs = (want != "") & want.ne_missing(have) & want.is_not_null()
        if wanted.when is When.IF_EMPTY:
            differs &= have.is_null() | (have == "")
        if not differs.any():
            return
        rows = differs.fill_null(value=False).arg_true()
        excused = wanted.excused.gather(self._t.gather(rows)) if wanted.excused is not None else [False] * len(rows)
        for row, one, other, free in zip(rows, want.gather(rows), have.gather(rows), excused, strict=True):
            self._note(wanted, Different(self._person(row), wanted.attribute, one, other or None), excused=bool(free))

    def _look_at_open(self, attribute: str, why: pl.Series) -> None:
        reasons = why.gather(self._s)
        for row in reasons.is_not_null().arg_true():
            self.open.append(Open(self._person(row), f"{attribute} hangs on {reasons[row]}"))

    def _person(self, row: int) -> Person:
        s = self._s[row]
        return Person(self._people["id"][s], self._people["name"][s])

    def _note(self, wanted: Wanted, found: Different, *, excused: bool) -> None:
        observed = found.observed or ""
        if wanted.aside:
            (self.enabled if found.expected == "False" else self.disabled).append(found.person)
        elif excused:
            self.excused.append(found)
        elif wanted.when is When.ON_CREATE:
            self.drifted.append(found)
        elif not wanted.exact and folded(observed) == folded(found.expected):
            self.cased.append(found)
        else:
            self.different.append(found._replace(hint="" if observed else wanted.hint))
