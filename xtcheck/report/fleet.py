"""The summary of many tenants: the worst first, what is wrong most often, and all that is well in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xtcheck.model import Severity
from xtcheck.report.words import counted, joined

Json = Any

MANY = 12
"""With more tenants and AWS entries than this a line for each area of each is no summary."""
WORST = 20
"""So many tenants with findings get a line."""
OFTEN = 8
"""So many findings that tenants have in common get one."""
BAD = ("drift", "unknown", "halfway", "needless")
SEVERITIES = tuple(reversed(Severity))


@dataclass(slots=True)
class Tally:
    """What came of the checks of one tenant or AWS entry."""

    columns: Counter[str] = field(default_factory=Counter)
    areas: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)

    @property
    def bad(self) -> int:
        """How many checks are not well."""
        return sum(self.columns[name] for name in BAD)

    @property
    def rank(self) -> tuple[int, ...]:
        """The worse, the greater: blockers first, then critical ones; an unknown counts as what it may hide."""
        return tuple(self.severities[str(severity)] for severity in SEVERITIES)

    def told(self, column: str, record: Json) -> None:
        """Count one check."""
        self.columns[column] += 1
        if column in BAD:
            self.areas[record["area"]] += 1
            self.severities[record["severity"]] += 1


def lines(counted_: list[tuple[str, Json]], columns: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Lines, each with whether it is bad news, of records and the columns that they count in."""
    tallies: dict[str, Tally] = {}
    for column, record in counted_:
        tallies.setdefault(record["tenant"], Tally()).told(column, record)
    bad = sorted((name for name in tallies if tallies[name].bad), key=lambda name: (_worst(tallies[name]), name))
    used = [name for name in columns if any(tally.columns[name] for tally in tallies.values())]
    if bad:
        shown = bad[:WORST]
        wide = max(len("tenant"), *map(len, shown))
        yield f"{'tenant':<{wide}}  {'  '.join(f'{name:>8}' for name in used)}  where", False
        for name in shown:
            tally = tallies[name]
            cells = "  ".join(f"{tally.columns[column] or '.':>8}" for column in used)
            yield f"{name:<{wide}}  {cells}  {_areas(tally)}", True
        if more := bad[WORST:]:
            total = sum(tallies[name].bad for name in more)
            yield (
                f"and {counted(len(more), 'more tenant')} with {counted(total, 'finding')}; the report names them",
                True,
            )
        yield from ((line, True) for line in _often(counted_))
    well = [tally for tally in tallies.values() if not tally.bad]
    if well:
        sums: Counter[str] = sum((tally.columns for tally in well), Counter())
        parts = ", ".join(f"{sums[name]:,} {name}" for name in columns if sums[name])
        yield f"{counted(len(well), 'tenant')} without findings: {parts}", False


def _worst(tally: Tally) -> tuple[int, ...]:
    return tuple(-count for count in tally.rank)


def _areas(tally: Tally) -> str:
    return ", ".join(f"{area} {count}" for area, count in tally.areas.most_common())


def _often(counted_: list[tuple[str, Json]]) -> Iterator[str]:
    """Findings that several tenants have in common."""
    whose: dict[tuple[str, str, str], dict[str, None]] = {}
    for column, record in counted_:
        if column in BAD:
            whose.setdefault((column, record["area"], record["key"]), {})[record["tenant"]] = None
    common = sorted((item for item in whose.items() if len(item[1]) > 1), key=lambda item: (-len(item[1]), item[0]))
    for (column, area, key), tenants in common[:OFTEN]:
        yield f"{column} in {counted(len(tenants), 'tenant')}: {key} ({area}): {joined(sorted(tenants), 3)}"
