"""Any statement may be selected alone: its plan never asks about what nobody read, and knows what must follow."""

from __future__ import annotations

import pytest

from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting
from tests.remediation.test_mend_each import ALL, FIRST
from xtcheck.judge import judge
from xtcheck.model import Safety, Verdict
from xtcheck.remediation.guard import looks
from xtcheck.remediation.plan import plan
from xtcheck.remediation.show import lines
from xtcheck.remediation.steps import open_steps

EVERY = [case for case in ALL if case not in FIRST]


def hold(act: Acting, case: Case) -> None:
    """Only this check is known, and only what it needs is read, as a run with ``-k`` does."""
    living, checks = act.living, [case.check]
    living.drift(*mutation(case, living.state(), living.good).operations)
    world = act.reading(checks)
    assert judge(case.check, world).verdict is Verdict.DRIFT
    seen = act.read_besides(checks, world)
    for found in (plan(checks, seen, allowed) for allowed in (Safety.SAFE, Safety.UNSAFE)):
        looks(found, seen)
        assert list(lines(found))
        assert [*found.all(), *found.by_hand]
    open_steps(checks, world)


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_a_statement_alone_is_planned(act: Acting, case: Case) -> None:
    hold(act, case)


@pytest.mark.soak
@pytest.mark.parametrize("case", EVERY, ids=str)
def test_every_statement_alone_is_planned(act: Acting, case: Case) -> None:
    hold(act, case)


@pytest.mark.parametrize("case", [case for case in ALL if case.check.setting.key == "scope"], ids=str)
def test_a_scope_alone_is_followed_by_the_restart_of_its_job(act: Acting, case: Case) -> None:
    act.living.drift(*mutation(case, act.living.state(), act.living.good).operations)
    found = act.plan(act.reading([case.check]), Safety.UNSAFE, [case.check])
    assert [change.ref.kind.name.rpartition("-")[2] for change in found.changes] == ["secrets", "restart"]


def test_a_job_that_nobody_has_looked_at_may_be_there_and_is_restarted(act: Acting) -> None:
    case = next(case for case in ALL if case.check.name == "one--shared/synchronization.scope")
    act.living.drift(*mutation(case, act.living.state(), act.living.good).operations)
    found = plan([case.check], act.reading([case.check]), Safety.UNSAFE)
    assert [change.name for change in found.changes] == ["change one/sync-secrets", "change one/sync-restart"]


def test_a_scope_alone_of_a_job_that_never_ran_is_not_followed(act: Acting) -> None:
    case = next(case for case in ALL if case.check.name == "one--shared/synchronization.scope")
    [(app, found)] = act.living.state()["tenants"]["one"]["synchronization"].items()
    [job] = found["jobs"]
    act.living.drift(
        *mutation(case, act.living.state(), act.living.good).operations,
        {"op": "replace", "path": f"/tenants/one/synchronization/{app}/jobs/{job}/status/lastExecution", "value": None},
    )
    plan_ = act.plan(act.reading([case.check]), Safety.UNSAFE, [case.check])
    assert [change.name for change in plan_.changes] == ["change one/sync-secrets"]
