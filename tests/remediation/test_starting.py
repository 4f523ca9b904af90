"""What a job runs with: looked at again before it starts, and not written before it is paused."""

from __future__ import annotations

from pathlib import Path

from tests.remediation.acting import Acting
from tests.remediation.test_provisioning import (
    ONE,
    constant,
    drift_scope,
    mapping,
    names,
    planned,
    set_,
    synchronization,
)
from xtcheck.remediation.changes import Outcome, Result


def drift_mapping(act: Acting) -> None:
    act.living.drift(set_(f"{mapping(act.living.state(), 'displayName')[0]}/source", constant("drifted")))


RUNS_WITH = "it would run with what is not as declared: one--shared/mapping.displayName; that comes first"


def test_what_a_job_would_run_with_is_looked_at_again_before_it_starts(act: Acting, tmp_path: Path) -> None:
    path, found = synchronization(act.living.state())
    [job] = found["jobs"]
    act.living.drift(
        set_(f"{path}/jobs/{job}/schedule/state", "Disabled"), set_(f"{path}/jobs/{job}/status/code", "Paused")
    )
    plan = planned(act, ONE)
    assert names(plan) == ["change one/sync-job.Azure2Azure"]
    drift_mapping(act)
    results, _ = act.apply(plan, tmp_path)
    assert [(result.outcome, result.said) for result in results] == [(Outcome.STALE, RUNS_WITH)]
    [after] = synchronization(act.living.state())[1]["jobs"].values()
    assert after["schedule"]["state"] == "Disabled"


def test_what_a_job_runs_with_is_looked_at_again_before_another_scope(act: Acting, tmp_path: Path) -> None:
    drift_scope(act)
    plan = planned(act, ONE)
    drift_mapping(act)
    results, _ = act.apply(plan, tmp_path)
    assert [result.outcome for result in results] == [Outcome.STALE, Outcome.DROPPED]
    assert results[0].said == RUNS_WITH


def test_what_a_job_runs_with_is_looked_at_again_before_a_restart(act: Acting, tmp_path: Path) -> None:
    drift_scope(act)
    told = []

    def tell(result: Result) -> None:
        told.append(result)
        drift_mapping(act)

    act.apply(planned(act, ONE), tmp_path, tell=tell)
    assert [(result.outcome, result.said) for result in told] == [
        (Outcome.APPLIED, "read back"), (Outcome.STALE, RUNS_WITH)
    ]  # fmt: skip
