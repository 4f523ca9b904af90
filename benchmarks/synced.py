"""``synced-users: as-mapped`` for a million users on each end: how long after reading, and how much memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sizes import sized

PEOPLE = sized(1_000_000)
EVERY = PEOPLE // 10
"""Of so many people one differs: a benchmark that finds nothing measures nothing."""
MAPPINGS = {
    "displayName": {"type": "Function", "name": "Append", "expression": 'Append([displayName], "|One")'},
    "department": {"type": "Attribute", "name": "department", "expression": "[department]"},
    "userType": {"type": "Constant", "name": "Member", "expression": '"Member"'},
}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def make(folder: Path) -> None:
    """The users of both ends, as reading leaves them on disk."""
    import polars as pl

    from xtcheck.tables import PART, Writer

    columns = ("accountEnabled", "createdDateTime", "deletedDateTime", "department", "displayName", "mail",
               "userPrincipalName", "userType")  # fmt: skip
    sides = {"source": Writer(folder / "source", columns), "target": Writer(folder / "target", columns)}
    for start in range(0, PEOPLE, PART):
        numbers = pl.select(n=pl.int_range(start, min(start + PART, PEOPLE)))
        n = pl.col("n")
        # The target's come in another order than the source's.
        other = (n * 7_919 + 1) % PEOPLE
        for side, of in (("source", n), ("target", other)):
            name = pl.format("person{}@one.example", of)
            there = pl.format("person{}_one.example#EXT#@shared.onmicrosoft.com", of)
            frame = numbers.select(
                id=pl.format("{}-{}", pl.lit(side), of),
                accountEnabled=pl.lit(value=True),
                createdDateTime=pl.lit("2025-01-15T09:00:00Z"),
                deletedDateTime=pl.lit(None, dtype=pl.String),
                department=pl.when((of % EVERY == 7) & pl.lit(side == "target")).then(pl.lit("Sales"))
                .otherwise(pl.format("Department {}", of % 40)),
                displayName=pl.format("Person {}{}", of, pl.lit("|One" if side == "target" else "")),
                mail=name,
                userPrincipalName=there if side == "target" else name,
                userType=pl.lit("Member"),
            )  # fmt: skip
            sides[side].add(frame.select(list(sides[side].schema)).cast(sides[side].schema))
    for writer in sides.values():
        writer.close()


def judge(folder: Path) -> dict[str, float]:
    """One judgement, in a process of its own: seconds, and megabytes above what the imports take."""
    import polars as pl

    from xtcheck.estate import Estate, Link, Scope, Tenant
    from xtcheck.kinds import BY_NAME
    from xtcheck.model import Seen
    from xtcheck.tables import Joined, Table

    row = BY_NAME["synced-users"].settings[0]
    columns = tuple(pl.scan_parquet(folder / "source").collect_schema().names())
    documents: dict[str, Any] = {
        "source-users": Table(folder / "source", PEOPLE, columns),
        "target-users": Table(folder / "target", PEOPLE, columns),
        "sync-schema": schema(),
        "sync-app": {"id": "app", "appRoles": [], "accountEnabled": True},
        "sync-assignments": [],
        "sync-members": Joined((), ("@odata.type", "id")),
        "sync-secrets": {"value": [{"key": "SyncAll", "value": "true"}]},
        "sync-job": job(),
    }
    tenants = {alias: Tenant(alias, alias, "both", alias, secrets=True) for alias in ("one", "shared")}
    link = Link("one", "shared")
    scope = Scope(Estate(tenants, (link,), {}), link=link)
    before = peak()
    began, spent = time.perf_counter(), time.process_time()
    if row.view is None:
        raise TypeError("the row is a relation")
    observed = row.view(Seen(documents, scope, NOW, {"except": [], "semantics": {}}))
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    if len(observed["different"]) != PEOPLE // EVERY or observed["missing"] or observed["orphans"]:
        raise ValueError("the comparison finds others than those who differ")
    return {"seconds": seconds, "cpu": cpu, "peak": peak(), "imports": before}


def peak() -> float:
    """The most megabytes that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def schema() -> dict[str, Any]:
    """A schema with the three mappings."""
    mappings = [
        {
            "targetAttributeName": name,
            "source": source,
            "flowType": "Always",
            "matchingPriority": 0,
            "defaultValue": None,
        }
        for name, source in MAPPINGS.items()
    ]
    mapping = {"enabled": True, "sourceObjectName": "User", "targetObjectName": "User", "scope": None,
               "attributeMappings": mappings}  # fmt: skip
    rule = {"objectMappings": [mapping], "targetDirectoryName": "target"}
    return {"synchronizationRules": [rule], "directories": []}


def job() -> dict[str, Any]:
    """A job that is well."""
    run = {"state": "Succeeded", "timeEnded": "2026-11-24T11:50:00Z"}
    status = {
        "code": "Active", "countSuccessiveCompleteFailures": 0, "lastExecution": run, "lastSuccessfulExecution": run,
        "steadyStateFirstAchievedTime": "2025-01-15T10:00:00Z", "steadyStateLastAchievedTime": "2026-11-24T11:50:00Z",
    }  # fmt: skip
    return {"schedule": {"interval": "PT40M", "state": "Active"}, "status": status}


def measure(folder: Path, runs: int) -> list[str]:
    """The median of some runs."""
    found = []
    for step in ("make", *["judge"] * runs):
        done = subprocess.run(  # our own arguments
            [sys.executable, __file__, step, str(folder)], capture_output=True, text=True, check=True
        )
        if step == "judge":
            found.append(json.loads(done.stdout))
    middle = sorted(found, key=lambda each: each["seconds"])[len(found) // 2]
    most = max(each["peak"] for each in found)
    what = f"synced-users, {PEOPLE:,} on each end, three mappings"
    took = f"{middle['seconds']:.1f} s after reading (at most 5), {middle['cpu']:.1f} s of CPU"
    return [f"{what}: {took}, {most / 1024:.2f} GB (at most 2.5), {middle['imports']:.0f} MB of that by imports"]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", path]:
            make(Path(path))
        case ["judge", path]:
            sys.stdout.write(json.dumps(judge(Path(path))))
