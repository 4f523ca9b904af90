"""Two runs at once against one tenant: one writes, the other says why it does not, and nothing is written twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.forked import Process, begin
from tests.gates.living import Living
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_faults import DRIFTS, planned
from tests.remediation.test_runs import POLICY, drift
from xtcheck.remediation.changes import Outcome

HELD = 20
"""Seconds for which the first write takes to be answered; meanwhile the other run comes to where it would write."""


@pytest.mark.skipif(os.name != "posix", reason="processes are forked")
def test_of_two_runs_that_start_together_one_writes(living: Living, tmp_path: Path) -> None:
    drift(living)
    living.fault({"match": {"write": True}, "do": {"delay": HELD}, "times": 1})
    runs: list[Process] = []
    for name in ("this", "that"):
        secrets = home(tmp_path / name, living.connection, {"target.yml": POLICY}, "one", "shared")
        runs.append(begin(tmp_path / name, {**os.environ, **secrets}, "--tenants=config.yml", "--remediate-unsafe"))
    codes = [run.end() for run in runs]
    assert sorted(codes) == [0, 1], [run.text for run in runs]
    lost, won = (runs[codes.index(code)] for code in (1, 0))
    assert "refused: another run of xtcheck is writing to" in lost.text
    assert "run again when it has ended" in lost.text
    assert "2 remediated" in won.text
    assert len([entry for entry in living.log() if entry["write"]]) == 1
    assert sorted((tmp_path / name / "xtcheck-journals").exists() for name in ("this", "that")) == [False, True]


@pytest.mark.parametrize("what", ["a setting is changed", "a partner is created", "a group is created"])
def test_what_another_run_has_done_since_the_plan_is_not_done_again(act: Acting, what: str, tmp_path: Path) -> None:
    act.living.drift(DRIFTS[what](act.living.state()))
    mine, theirs = planned(act, what), planned(act, what)
    [first], _ = act.apply(theirs, tmp_path)
    act.living.forget_log()
    [second], _ = act.apply(mine, tmp_path)
    assert (first.outcome, second.outcome) == (Outcome.APPLIED, Outcome.STALE)
    assert [entry for entry in act.living.log() if entry["write"]] == []
    assert planned(act, what).changes == ()
