"""What a job runs with: looked at again before it starts, and not written before it is paused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
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
from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Safety
from xtcheck.remediation.changes import Change, Outcome, Place, Plan, Result, Verb
from xtcheck.remediation.order import ordered
from xtcheck.remediation.starts import before
from xtcheck.shapes import Upsert
from xtcheck.writing import Refused, Told, Write

Json = Any


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


def off_with_another_mapping() -> list[Check]:
    mapping_ = "{expression: 'Append([displayName], \"|x\")', apply: always}"
    what = f"{{provisioning: 'off', mappings: {{displayName: {mapping_}}}}}"
    return list(checks_of(f"applies-to: {{link: {{from: one}}}}\nsynchronization: {what}", of=scenario.config().estate))


def test_a_job_that_shall_be_off_is_paused_before_it_gets_another_schema(act: Acting, tmp_path: Path) -> None:
    drift_mapping(act)
    plan = planned(act, off_with_another_mapping())
    pause, schema = plan.changes
    assert (pause.write.operation.endswith("/pause"), schema.needs) == (True, (pause.name,))
    _, journal = act.apply(plan, tmp_path)
    back = act.taken_back(journal, tmp_path)
    schema, start = back.plan.changes
    assert (start.write.operation.endswith("/start"), start.needs) == (True, (schema.name,))


def test_a_job_that_cannot_be_paused_gets_no_other_schema(act: Acting, tmp_path: Path) -> None:
    async def send(write: Write) -> Told:
        if write.operation.endswith("/pause"):
            return Refused("permission is missing", "grant it", ("1",), "UnknownError")
        return await act.send(write)

    drift_mapping(act)
    results, _ = act.apply(planned(act, off_with_another_mapping()), tmp_path, send)
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.DROPPED]


def test_all_that_a_job_runs_with_comes_after_a_pause_and_before_a_start() -> None:
    """Over every kind of job, and of what the tables say that it runs with."""

    def change(kind: str, *places: Place) -> Change:
        write = Write("one", "graph", "", "/")
        return Change(Verb.CHANGE, BY_NAME[kind].ref(scope), write, places, (), Safety.UNSAFE)

    for name, written in (("sync-job", ("sync-secrets", "sync-assignments", "sync-schema")),
                          ("scim-job", ("scim-secrets", "aws-app-assignments", "aws-schema"))):  # fmt: skip
        scope = next(check.scope for check in scenario.checks() if check.kind.name == name)
        shape = BY_NAME[name].write
        assert isinstance(shape, Upsert)
        assert shape.states
        pause, start = (change(name, Place(shape.states.by, was, becomes))
                        for was, becomes in (("Active", "Disabled"), ("Disabled", "Active")))  # fmt: skip
        for kind in written:
            other = change(kind, Place("", 1, 2))
            assert (list(before(other, [pause])), list(before(start, [other]))) == ([pause.name], [other.name])
            assert (list(before(other, [start])), list(before(pause, [other]))) == ([], [])
            assert ordered({other.ref: [other], pause.ref: [pause]}) == [pause, other]
            assert ordered({start.ref: [start], other.ref: [other]}) == [other, start]


def test_an_undo_starts_a_job_last_in_whatever_order_it_was_paused(act: Acting, tmp_path: Path) -> None:
    drift_mapping(act)
    plan = planned(act, off_with_another_mapping())
    otherwise = tuple(replace(change, needs=()) for change in reversed(plan.changes))
    _, journal = act.apply(Plan(otherwise), tmp_path)
    assert [change.ref.kind.name for change in act.taken_back(journal, tmp_path).plan.changes] == [
        "sync-schema", "sync-job",
    ]  # fmt: skip
