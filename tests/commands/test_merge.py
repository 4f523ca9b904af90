"""The reports of shards become one, that is valid and says what one run would have; gaps and overlaps are refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

from tests.documents.estates import checks, estate
from tests.model.evidence import answered, told
from xtcheck.commands.line import main
from xtcheck.judge import judge
from xtcheck.model import Check, Json
from xtcheck.preflight import Preflight
from xtcheck.report import json_format, preflight
from xtcheck.report.records import record
from xtcheck.report.schema import schema
from xtcheck.report.selection import selection

POLICY = """
applies-to: {role: target}
cross-tenant-access:
  undeclared-partners: forbidden
---
applies-to: {role: source}
cross-tenant-access:
  undeclared-partners: forbidden
"""
STATED: tuple[Check, ...] = tuple(checks(POLICY, of=estate()))
"""One check of each of the tenants shared, one and two."""


def shard(folder: Path, name: str, *subjects: str, **run: Json) -> str:
    """The report of a run of these subjects' checks; ``outcome`` is that of all of them."""
    outcome = run.pop("outcome", "passed")
    chosen = [check for check in STATED if check.scope.subject in subjects]
    records = [_record(check, outcome) for check in chosen]
    costs = [
        {
            "tenant": subject,
            "requests": 2,
            "batches": 1,
            "retries": 0,
            "throttled": 0,
            "bytes": 7,
            "seconds": 0.5,
            "expected": {"graph": "2+"},
            "preflight": preflight.record(Preflight(subject, "public", {})),
        }
        for subject in ("shared", *subjects)
    ]
    path = folder / name
    json_format.write(path, {**RUN, **run}, costs, records)
    return str(path)


def _record(check: Check, outcome: str) -> Json:
    world = told({"partners": answered([])}, {**check.refs, **check.context})
    return record(check, judge(check, world), world, f"p.yml::{check.name.replace('/', '::')}", outcome, waived=False)


RUN: Json = {
    "tool": "xtcheck",
    "version": "0.1.0",
    "python": "3.11.7",
    "began": "2026-11-24T12:00:00+00:00",
    "ended": "2026-11-24T12:00:09+00:00",
    "config": "config.yml",
    "world": None,
    "saved": None,
    "remediation": None,
    "selection": selection(STATED, "0" * 64),
    "shards": 1,
    "exit": 0,
}


def merge(folder: Path, *reports: str) -> tuple[int, Json]:
    code = main(["merge", *reports, "--output", str(folder / "all.json")])
    path = folder / "all.json"
    return code, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def test_shards_become_one_valid_report(tmp_path: Path) -> None:
    one = shard(tmp_path, "1.json", "one", "shared", began="2026-11-24T11:59:00+00:00")
    code, report = merge(tmp_path, one, shard(tmp_path, "2.json", "two", ended="2026-11-24T12:01:00+00:00"))
    jsonschema.validate(report, schema(), format_checker=jsonschema.FormatChecker())
    assert code == 0
    assert [check["check"].partition("/")[0] for check in report["checks"]] == ["shared", "one", "two"]
    run = report["run"]
    assert (run["began"][11:19], run["ended"][11:19], run["shards"], run["exit"]) == ("11:59:00", "12:01:00", 2, 0)
    assert {cost["tenant"]: (cost["requests"], cost["seconds"]) for cost in report["tenants"]} == {
        "shared": (6, 1.5), "one": (2, 0.5), "two": (2, 0.5),
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="this system has no modes")
def test_only_this_user_may_read_it_whatever_was_there(tmp_path: Path) -> None:
    (tmp_path / "all.json").touch()
    (tmp_path / "all.json").chmod(0o644)
    merge(tmp_path, shard(tmp_path, "1.json", "one", "two", "shared"))
    assert stat.S_IMODE((tmp_path / "all.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_it_ends_as_the_run_of_all_would(tmp_path: Path, outcome: str) -> None:
    bad = shard(tmp_path, "2.json", "two", outcome=outcome)
    code, report = merge(tmp_path, shard(tmp_path, "1.json", "one", "shared"), bad)
    assert (code, report["run"]["exit"]) == (1, 1)


def test_what_was_merged_can_be_merged_again(tmp_path: Path) -> None:
    shards = [shard(tmp_path, f"{name}.json", name) for name in ("one", "two", "shared")]
    _, whole = merge(tmp_path, *shards)
    (tmp_path / "all.json").rename(tmp_path / "whole.json")
    code, again = merge(tmp_path, str(tmp_path / "whole.json"))
    assert (code, again) == (0, whole)


def test_a_shard_without_checks_harms_nothing(tmp_path: Path) -> None:
    whole = shard(tmp_path, "1.json", "one", "two", "shared")
    assert merge(tmp_path, whole, shard(tmp_path, "2.json", exit=5))[0] == 0


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *reports: str) -> str:
    code, report = merge(folder, *reports)
    assert (code, report) == (2, None)
    return capsys.readouterr().err


def test_an_overlap_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(
        tmp_path, capsys, shard(tmp_path, "1.json", "one", "shared"), shard(tmp_path, "2.json", "two", "shared")
    )
    assert "p.yml::shared::undeclared-partners is in " in told
    assert "1.json and in " in told


def test_a_gap_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(tmp_path, capsys, shard(tmp_path, "1.json", "one"))
    assert "checks of shared (0 of 1), two (0 of 1) are in none of the reports" in told


def test_other_checks_in_the_same_number_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shard(tmp_path, "1.json", "one", "two", "shared")
    text = Path(path).read_text(encoding="utf-8").replace("one/undeclared", "one/other")
    Path(path).write_text(text, encoding="utf-8")
    assert "are not those that their policies state" in refused(tmp_path, capsys, path)


@pytest.mark.parametrize(
    "run, told",
    [
        ({"version": "0.2.0"}, "xtcheck was of another version"),
        ({"selection": {**RUN["selection"], "policies": "1" * 64}}, "the policies, or the tenants of config.yml"),
        ({"world": "drifted"}, "another world of the sandbox was read"),
        ({"saved": {"path": "w"}}, "another saved world was judged"),
        ({"exit": 2}, "did not go to its end (exit code 2)"),
        ({"exit": 3}, "did not go to its end (exit code 3)"),
        ({"exit": 4}, "did not go to its end (exit code 4)"),
    ],
    ids=["version", "policies", "sandbox", "saved world", "interrupted", "broken", "misused"],
)
def test_what_does_not_belong_together_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Json, told: str
) -> None:
    one, other = shard(tmp_path, "1.json", "one", "shared"), shard(tmp_path, "2.json", "two", **run)
    assert told in refused(tmp_path, capsys, one, other)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 2, "run": {}}', "\x00"])
def test_what_is_no_report_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "no.json").write_text(text, encoding="utf-8")
    assert "no.json" in refused(tmp_path, capsys, str(tmp_path / "no.json"))


def test_the_same_report_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = shard(tmp_path, "1.json", "one")
    assert "is named twice" in refused(tmp_path, capsys, one, one)


def test_a_record_of_another_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shard(tmp_path, "1.json", "one", "two", "shared")
    text = Path(path).read_text(encoding="utf-8").replace('"area"', '"field"')
    Path(path).write_text(text, encoding="utf-8")
    assert "are not of the form of docs/report.schema.json" in refused(tmp_path, capsys, path)
