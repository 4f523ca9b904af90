"""Several JSON reports, each of a part of the same checks, as one: only when nothing lacks and nothing stands twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xtcheck.errors import XtcheckError
from xtcheck.report.records import CODE
from xtcheck.report.selection import names_digest

Json = Any

WHOLE = (0, 1, 5)
"""pytest's exit codes of a run that went to its end; 5 is of a shard for which nothing was selected."""
SAME = {
    "version": "xtcheck was of another version",
    "world": "another world of the sandbox was read",
    "saved": "another saved world was judged",
    "remediation": "one of them put something right, which is a story of its own",
    "selection": "the policies, or the tenants of config.yml, were others",
}
"""What all reports must agree on, and what it means when they do not."""
BAD = frozenset({"failed", "error"})
LISTED = 5


def merged(reports: Mapping[str, Json]) -> Json:
    """One report of the same form; its exit code is that of a run that had made all these checks.

    :param reports: each by the name that messages give it.
    :raises XtcheckError: one is no whole report, they are of different policies or versions, or have gaps or overlaps.
    """
    for name, report in reports.items():
        _whole(name, report)
    try:
        return _merged(reports)
    except (KeyError, TypeError, AttributeError) as error:
        raise XtcheckError(f"the reports are not of the form of docs/report.schema.json: {error!r}") from error


def _merged(reports: Mapping[str, Json]) -> Json:
    (first, one), *others = reports.items()
    for name, report in others:
        for field, meaning in SAME.items():
            if report["run"][field] != one["run"][field]:
                raise XtcheckError(f"{first} and {name} cannot be joined: {meaning}")
    _overlaps(reports)
    records = sorted(
        (record for report in reports.values() for record in report["checks"]),
        key=lambda record: (record["file"], record["line"], record["id"]),
    )
    _gaps(one["run"]["selection"], records)
    return {"schema": 1, "run": _run(reports, records), "tenants": _costs(reports), "checks": records}


def _whole(name: str, report: Json) -> None:
    match report:
        case {"schema": 1, "run": {"exit": int() as code, "selection": {}, "shards": int()}, "tenants": list(),
              "checks": list()} if SAME.keys() <= report["run"].keys():  # fmt: skip
            if code not in WHOLE:
                raise XtcheckError(f"{name} is of a run that did not go to its end (exit code {code}); run it again")
        case _:
            raise XtcheckError(f"{name} is no JSON report of this version of xtcheck")


def _overlaps(reports: Mapping[str, Json]) -> None:
    first: dict[str, str] = {}
    for name, report in reports.items():
        for record in report["checks"]:
            if record["id"] in first:
                where = first[record["id"]]
                there = "twice in " + name if where == name else f"in {where} and in {name}"
                raise XtcheckError(f"{record['id']} is {there}; select each check in one shard only")
            first[record["id"]] = name


def _gaps(selection: Json, records: list[Json]) -> None:
    names = [record["check"] for record in records if record["area"] != CODE]
    there = Counter(name.partition("/")[0] for name in names)
    lacking = [
        f"{subject} ({there[subject]} of {count})"
        for subject, count in selection["subjects"].items()
        if there[subject] != count
    ]
    if lacking:
        more = f" and {len(lacking) - LISTED} more" if len(lacking) > LISTED else ""
        shown = ", ".join(lacking[:LISTED])
        raise XtcheckError(f"checks of {shown}{more} are in none of the reports; run a shard for them too")
    if names_digest(names) != selection["names"]:
        raise XtcheckError("the checks of the reports are not those that their policies state")


def _run(reports: Mapping[str, Json], records: list[Json]) -> Json:
    runs = [report["run"] for report in reports.values()]
    bad = any(record["outcome"] in BAD for record in records) or any(run["exit"] == 1 for run in runs)
    return {
        **runs[0],
        "began": min(run["began"] for run in runs),
        "ended": max(run["ended"] for run in runs),
        "shards": sum(run["shards"] for run in runs),
        "exit": int(bad) if records else 5,
    }


def _costs(reports: Mapping[str, Json]) -> list[Json]:
    """The figures of each tenant, over all shards that read from it; of a saved world, what reading it once cost."""
    runs = list(reports.values())
    if runs[0]["run"]["saved"]:
        return list(runs[0]["tenants"])
    found: dict[str, Json] = {}
    for report in runs:
        for cost in report["tenants"]:
            name = cost["tenant"]
            found[name] = _joined(found[name], cost) if name in found else cost
    return list(found.values())


def _joined(one: Json, other: Json) -> Json:
    """What two shards say of one place."""
    return {**_sum(one, other), "expected": _foreseen(one["expected"], other["expected"])}


def _foreseen(one: Mapping[str, str], other: Mapping[str, str]) -> Json:
    """Requests by service, added; ``16+`` is at least sixteen."""
    found = dict(other)
    for service, count in one.items():
        counts = (count, found.get(service, "0"))
        open_ = "+" if any(each.endswith("+") for each in counts) else ""
        found[service] = f"{sum(int(each.rstrip('+')) for each in counts)}{open_}"
    return found


def _sum(one: Json, other: Json) -> Json:
    """Figures added; of what is no figure, the first."""
    match one, other:
        case dict(), dict():
            return {**other, **{name: _sum(value, other[name]) if name in other else value
                                for name, value in one.items()}}  # fmt: skip
        case bool(), _:
            return one
        case int() | float(), int() | float():
            return one + other
        case list(), list():
            return [*one, *(item for item in other if item not in one)]
    return one
