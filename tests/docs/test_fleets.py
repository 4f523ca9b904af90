"""docs/fleets.md keeps its word: its commands run on a small fleet, and its summary is what a large one shows."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks, commands, read, run
from xtcheck.report import fleet
from xtcheck.report.terminal import COLUMNS

Json = Any

PAGE = "docs/fleets.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    return tmp_path


def follow(home: Path, *, size: int, more: str = "") -> str:
    """Do what the page says, with a fleet of this size; what the last command printed."""
    printed = ""
    for written in (line for block, line in commands() if block.page == PAGE):
        line, _, target = written.replace("fleet-20", f"fleet-{size}").partition(" > ")
        words = shlex.split(line)
        arguments = words[1:] if words[0] == "python" else ["-m", *words, *more.split()]
        if "pytest" in arguments and "--tb=no" not in arguments:
            continue  # the same run as the next one, which leaves a report
        done = run(arguments, home, cwd=home, seconds=3000)
        assert done.code == 0, done.output
        if target:
            (home / target).write_text(done.output, encoding="utf-8")
        printed = done.output
    return printed


def judged(home: Path) -> Json:
    return json.loads((home / "results" / "fleet.json").read_text(encoding="utf-8"))


def assert_folded(printed: str, size: int) -> None:
    verdicts, read, costs = printed[printed.index(" xtcheck =") :].partition("\nread ")
    assert read
    assert re.search(rf"\n{size + 1:,} tenants without findings: [\d,]+ passed, {size:,} inferred$", verdicts)
    assert len(verdicts.splitlines()) < 6
    assert len(costs.splitlines()) < 8, "the slowest, the sum, and where the reports are"


def test_the_page_s_commands_run_and_the_summary_is_short(home: Path) -> None:
    assert_folded(follow(home, size=20), 20)
    costs = {cost["tenant"]: cost for cost in judged(home)["tenants"] if cost["requests"]}
    assert len(costs) == 20 + 1
    sources = {cost["requests"] for place, cost in costs.items() if place != "shared"}
    assert len(sources) == 1, "each costs the same"
    assert all(cost["preflight"]["signed-in"] for cost in costs.values())


@pytest.mark.soak
def test_a_thousand_tenants_are_judged(home: Path) -> None:
    assert_folded(follow(home, size=1000, more="--xt-read-timeout=2400"), 1000)
    assert len(judged(home)["checks"]) > 20_000


# --- the summary ------------------------------------------------------------------------------------------------------


def record(tenant: str, **more: Json) -> Json:
    return {"tenant": tenant, "area": "mappings", "key": "mapping", "severity": "normal", **more}


def thousand() -> list[tuple[str, Json]]:
    """A fleet in which three tenants are not well."""
    found = [("passed", record(f"source-{number:04d}")) for number in range(1, 1001) for _ in range(69)]
    for index, number in enumerate((3, 4, 7)):
        more = {"severity": "critical", "area": "cross-tenant access"} if number == 7 else {}
        for place in range(8 if more else 1):
            key = f"trust-{place}" if place else "mapping"
            found[(number - 1) * 69 + place] = ("drift", record(f"source-{number:04d}", **more, key=key))
        if index == 2:
            found[(number - 1) * 69 + 60] = ("unknown", record(f"source-{number:04d}", **more, key="list"))
    return found


def told(found: list[tuple[str, Json]]) -> list[str]:
    return [line for line, _ in fleet.lines(found, COLUMNS)]


def test_the_page_s_summary_is_what_a_fleet_shows() -> None:
    [shown] = [block.text for block in blocks("text") if block.page == PAGE]
    assert told(thousand()) == shown.strip().splitlines()


def test_it_is_as_short_when_every_tenant_is_bad() -> None:
    found = [("drift", record(f"source-{number:05d}", key=f"key-{number % 50}")) for number in range(10_000)]
    lines = told(found)
    assert len(lines) == 1 + fleet.WORST + 1 + fleet.OFTEN <= 30
    assert lines[fleet.WORST + 1] == "and 9,980 more tenants with 9,980 findings; the report names them"


def test_a_blocker_is_worse_than_any_number_of_lesser_findings() -> None:
    found = [("drift", record("many", severity="critical")) for _ in range(50)]
    found += [("unknown", record("one", severity="blocker")), ("passed", record("well"))]
    assert [line.split()[0] for line in told(found)] == ["tenant", "one", "many", "1"]


def test_the_page_says_where_folding_begins() -> None:
    assert f"more than {fleet.MANY} tenants" in read(PAGE)
