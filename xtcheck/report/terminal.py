"""The summary at the end of a run: per tenant and area, how many checks came out which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xtcheck.report import fleet

if TYPE_CHECKING:
    import pytest

Json = Any

COLUMNS = ("passed", "remediated", "inferred", "attested", "drift", "unknown", "halfway", "needless", "waived", "n/a")


def column(record: Json) -> str:
    """The column in which a record is counted."""
    if record["outcome"] in ("waived", "remediated"):
        return str(record["outcome"])
    match record["verdict"]:
        case "compliant":
            if record["outcome"] != "passed":
                # What was put right does not take effect yet; or its waiver is no longer needed.
                change = record["change"]
                return "halfway" if change and change["outcome"] != "applied" else "needless"
            return {"exact": "passed"}.get(record["grade"], str(record["grade"]))
        case "not applicable":
            return "n/a"
        case verdict:
            return str(verdict)


def is_fleet(records: Iterable[Json]) -> bool:
    """Whether there are more tenants than a person reads about one by one."""
    return len({record["tenant"] for record in records}) > fleet.MANY


def summary(reporter: pytest.TerminalReporter, records: list[Json]) -> None:
    """Print one line for each tenant and area; of many tenants, the worst first and the rest in one line."""
    if is_fleet(records):
        reporter.section("xtcheck", sep="=")
        for line, wrong in fleet.lines([(column(record), record) for record in records], COLUMNS):
            reporter.write_line(line, red=wrong)
        return
    counts: dict[tuple[str, str], Counter[str]] = {}
    for record in records:
        counts.setdefault((record["tenant"], record["area"]), Counter())[column(record)] += 1
    used = [name for name in COLUMNS if any(count[name] for count in counts.values())]
    wide = max(len(tenant) for tenant, _ in counts)
    broad = max(len(area) for _, area in counts)
    reporter.section("xtcheck", sep="=")
    reporter.write_line(f"{'tenant':<{wide}}  {'area':<{broad}}  " + "  ".join(f"{name:>8}" for name in used))
    for (tenant, area), count in sorted(counts.items()):
        cells = "  ".join(f"{count[name] or '.':>8}" for name in used)
        bad = sum(count[name] for name in fleet.BAD)
        reporter.write_line(f"{tenant:<{wide}}  {area:<{broad}}  {cells}", red=bool(bad), green=not bad)
