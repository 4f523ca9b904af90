"""What a plan shows is what the run does, in all its rounds; what would be refused in a later one is refused before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gates.living import Living
from tests.plugin.running import ROOT, Ran
from tests.plugin.running import pytest as run_pytest
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_undeclared import EMPTIED, TAKEN, held

Json = Any

DELETED = "delete aws-main/permission-set.Forgotten"
UNFORESEEN = {"aws-main/people.refusable-users"}
"""Who is refused leaves a dynamic group whose rule is put right: what a service makes of that, no plan can say."""
ASKING = "aws-main/identity-center.undeclared-permission-sets"


@pytest.fixture(name="given")
def _given(act: Acting, tmp_path: Path) -> dict[str, str]:
    """A permission set that nobody declared, and that somebody has until the first round is over."""
    held(act)
    act.living.forget_log()
    return home(tmp_path, act.living.connection, {"aws.yml": EMPTIED}, "one", "shared", aws=True)


def run(folder: Path, given: dict[str, str], *arguments: str) -> Ran:
    return run_pytest(folder, "--tenants=config.yml", *arguments, **given)


def writes(living: Living) -> list[str]:
    return [entry["path"] for entry in living.log() if entry["write"]]


def protect(folder: Path) -> None:
    config = json.loads((folder / "config.yml").read_text(encoding="utf-8"))
    config["remediation"]["protected"] = ["aws-main/permission-set.Forgotten"]
    (folder / "config.yml").write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize("quiet", ["-q", pytest.param("-qq", marks=pytest.mark.soak)])
def test_a_plan_is_shown_however_quiet_the_run_is_with_what_follows(
    living: Living, given: dict[str, str], tmp_path: Path, quiet: str
) -> None:
    ran = run(tmp_path, given, quiet, "--remediate-plan", "--remediate-unsafe")
    assert "plan: 1 change, 1 that follow\n" in ran.text
    assert f"  {TAKEN}: unsafe (it gives and takes access" in ran.text
    assert f"  it follows from {TAKEN}: {ASKING}\n    {DELETED}: unsafe (it deletes)\n" in ran.text
    assert "by hand" not in ran.text
    assert writes(living) == []


def test_what_the_plan_says_that_follows_is_made_in_a_later_round(given: dict[str, str], tmp_path: Path) -> None:
    ran = run(tmp_path, given, "--remediate-unsafe")
    assert f"applied: 2 changes\n  {TAKEN} (read back)\n  {DELETED} (read back)\n" in ran.text


@pytest.mark.parametrize("option, said", [("--remediate-unsafe", "refused"), ("--remediate-plan", "would be refused")])
def test_nothing_is_written_where_a_later_round_would_be_refused(
    living: Living, given: dict[str, str], tmp_path: Path, option: str, said: str
) -> None:
    protect(tmp_path)
    ran = run(tmp_path, given, option, "--remediate-unsafe")
    why = "config.yml protects aws-main/permission-set.Forgotten"
    assert (ran.code, writes(living)) == (1, [])
    assert f"\n{said}: {DELETED} (in a later round, for {ASKING}): {why}; " in ran.text


@pytest.mark.soak
def test_a_kept_plan_has_no_later_round_that_could_be_refused(given: dict[str, str], tmp_path: Path) -> None:
    protect(tmp_path)
    run(tmp_path, given, "--remediate-unsafe", "--xt-save-plan=plan.json", "--remediate-plan")
    ran = run(tmp_path, given, "--remediate-unsafe", "--xt-apply-plan=plan.json")
    assert "applied: 1 change\n" in ran.text


@pytest.mark.soak
def test_of_the_world_drifted_nothing_is_called_by_hand_that_the_run_does(tmp_path: Path) -> None:
    config = ROOT / "sandbox.yml"

    def ran(name: str, *arguments: str) -> Json:
        run_pytest(tmp_path, f"--tenants={config}", "-q", *arguments, f"--xt-report=json:{name}",
                   "--remediate-unsafe", XT_SANDBOX_WORLD="drifted")  # fmt: skip
        return json.loads((tmp_path / name).read_text(encoding="utf-8"))

    planned, made = ran("plan.json", "--remediate-plan"), ran("run.json")
    by_hand = {step["check"] for step in planned["run"]["remediation"]["steps"]}
    remediated = {check["check"] for check in made["checks"] if check["outcome"] == "remediated"}
    assert by_hand
    assert remediated
    assert by_hand & remediated == UNFORESEEN
