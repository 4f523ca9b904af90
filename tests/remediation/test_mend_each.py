"""Mend each: what a row that is written declares, changed in a good world, is put right, alone, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.mutations import Case, cases, mutation
from tests.remediation.acting import Acting
from tests.remediation.reach import strays
from xtcheck.judge import judge
from xtcheck.kinds import rows
from xtcheck.kinds.writes import is_written
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation.changes import Change, Outcome
from xtcheck.remediation.compose import owner
from xtcheck.shapes import Upsert
from xtcheck.values import Choice

Json = Any

NEVER_SO = {("saml", "signing-thumbprint"), ("instance-regions", "regions")}
"""Rows whose gate drifts to what the service itself would never hold: a missing key, one Region more without a key of
one's own."""
NO_RULE = "groupTypes"
"""The path of a drift that the service would never hold either: a rule without a dynamic group."""
ELSEWHERE = {("group-members", "members"), ("permission-sets", "undeclared-permission-sets")}
"""Rows of which the scenario has what is left to others: a dynamic group, a permission set that somebody holds. Their
own tests (test_members.py, test_undeclared.py) make what is written."""
USED = {("group", "state")}
"""What is taken back only by whoever may see who needs it by now: tests/remediation/test_taking_back.py does."""
HALF_GONE = {"shared/partner.one.state", "shared/partner.two.state"}
"""The gate takes the partner away and leaves what stands in it, which no service does."""
MATCHED = {"one--shared/mapping.alternativeSecurityIds", "two--shared/mapping.alternativeSecurityIds",
           "aws-main/enterprise-app.mapping.userName"}  # fmt: skip
"""Mappings by which people are found: a person decides (test_provisioning.py)."""
NEVER_BACK = {"scim-token"}
"""What nobody is shown, and an undo cannot give again (test_secrets.py)."""
EXPIRED = "schedule.expiration"
"""What ends a job, which nobody can change: a person decides, too (test_provisioning.py)."""


def is_own(case: Case) -> bool:
    """Whether the gate breaks the very document that the row is written in, and not what it only looks at besides."""
    return case.broken is None or owner(case.ref) == owner(case.check.kind.ref(case.check.scope))


ALL = [
    case
    for case in cases()
    if is_written(case.check.kind, case.check.setting)
    and not case.check.setting.halfway
    and is_own(case)
    and (case.check.kind.name, case.check.setting.key) not in ELSEWHERE
    and case.check.name not in HALF_GONE | MATCHED
    and (case.broken is None or case.broken.path != EXPIRED)
]
"""Every change of what a written row is about; what it only looks at besides is another's."""
FIRST = list({(case.check.kind.name, case.check.setting.key): case for case in reversed(ALL)}.values())
"""Each row once; soak tries every way in which each of the scenario's checks can drift."""


def can_be(case: Case) -> bool:
    """Whether the service could hold what the gate drifts to, so that it can be brought back by its API."""
    row = (case.check.kind.name, case.check.setting.key)
    paused = case.broken is not None and case.broken.path == "status.code"  # of a job whose schedule is active
    return row not in NEVER_SO | USED and not paused and not (case.broken and case.broken.path == NO_RULE)


def hold(act: Acting, case: Case, folder: Path) -> None:
    living = act.living
    made = mutation(case, living.state(), living.good)
    living.drift(*made.operations, *with_it(case, living.state()))
    related = {case.check.name, *scenario.lookers(living.good, made.shown_by)}
    checks = [check for check in scenario.checks() if check.name in related]
    world = act.world(checks)
    before = {check.name: judge(check, world) for check in checks}
    assert before[case.check.name].verdict is Verdict.DRIFT

    planned = act.plan(world)
    own, *calls = [change for change in planned.changes if case.check.name in change.mends]
    assert all(own.name in call.needs for call in calls), "what a change takes effect by follows it"
    safe = act.plan(world, Safety.SAFE, checks)
    assert all(change.safety is Safety.SAFE for change in safe.changes)
    assert own in safe.changes or own.safety is not Safety.SAFE
    assert not own.spoils

    changes: list[Change] = []
    journal: Path | None = None
    while planned.changes:  # once more where something could only be planned when something else was there
        assert not {change.name for change in planned.changes} & {change.name for change in changes}
        before_it = living.state()
        results, journal = act.apply(planned, folder, onto=journal)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        changes += planned.changes
        assert strays(planned.changes, before_it, living.state()) == []
        world = act.world(checks)
        planned = act.plan(world, checks=checks)
    assert judge(case.check, world).verdict is Verdict.COMPLIANT

    if own.undoable and can_be(case):
        assert journal
        undo = act.undoing(journal)
        assert undo.plan.changes
        before_it = living.state()
        results, _ = act.apply(undo.plan, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        assert strays(undo.plan.changes, before_it, living.state()) == []
        world = act.world(checks)
        mended = {name for change in changes for name in change.mends}
        told = [check for check in checks if check.name in mended]
        now = {check.name: judge(check, world).observed for check in told}
        assert now == {check.name: before[check.name].observed for check in told}


def with_it(case: Case, state: Json) -> Iterator[Json]:
    """What goes with an app, or must go before a partner, and the gate, which takes one object away, leaves."""
    shape = case.check.kind.write
    if case.check.setting.presence and case.check.kind.name == "partner":
        kept = state["tenants"][case.ref.place]["crossTenantAccessPolicy"]["identitySynchronization"]
        if case.ref.key in kept:
            path = f"/tenants/{case.ref.place}/crossTenantAccessPolicy/identitySynchronization/{case.ref.key}"
            yield {"op": "remove", "path": path}
    if case.check.setting.presence and isinstance(shape, Upsert) and shape.bare:
        tenant = state["tenants"][case.ref.place]
        there = {each["appId"] for each in tenant["servicePrincipals"].values()}
        for app in tenant["applications"].values():
            if app["applicationTemplateId"] and app["appId"] in there:
                yield {"op": "remove", "path": f"/tenants/{case.ref.place}/applications/{app['id']}"}


OTHERWISE = [
    pytest.param(check, word, id=f"{check.name}-{word}")
    for check in {
        (check.kind.name, check.setting.key): check for check in scenario.evidenced() if not check.closed
    }.values()
    if is_written(check.kind, check.setting) and isinstance(check.setting.type, Choice) and not check.setting.presence
    for word in check.setting.type.words
    if word != check.expected and check.setting.key not in NEVER_BACK
]
"""Every other word than the scenario's of a row that has a few: the gate above only ever comes back to the same."""


@pytest.mark.parametrize("check, word", OTHERWISE)
def test_a_choice_is_made_the_other_way_and_taken_back(act: Acting, check: Check, word: str, tmp_path: Path) -> None:
    wanted = [replace(check, expected=word)]
    planned = act.plan(act.reading(wanted), checks=wanted)
    assert planned.changes, planned.by_hand
    results, journal = act.apply(planned, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    assert judge(wanted[0], act.reading(wanted)).verdict is Verdict.COMPLIANT
    act.taken_back(journal, tmp_path)
    assert judge(check, act.reading([check])).observed == judge(check, act.living.good).observed


def test_every_row_that_is_written_is_mended() -> None:
    """But those whose evidence the scenario does not read; they are of shapes that others are of, too."""
    read = {(check.kind.name, check.setting.key) for check in scenario.evidenced()}
    written = {(kind.name, setting.key): kind for kind, setting in rows()
               if is_written(kind, setting) and not setting.halfway}  # fmt: skip
    assert {(case.check.kind.name, case.check.setting.key) for case in ALL} == (written.keys() & read) - ELSEWHERE
    mended = {type(case.check.kind.write) for case in ALL}
    assert all(kind.opt_in and type(kind.write) in mended for row, kind in written.items() if row not in read)


def test_what_a_safe_run_makes_without_saying_anything_in_it_is_taken_back(act: Acting, tmp_path: Path) -> None:
    """Of a partner's synchronization the service says by itself that nobody is let in: that nobody has configured."""
    one = act.living.connection["tenants"]["one"]["id"]
    path = f"/tenants/shared/crossTenantAccessPolicy/identitySynchronization/{one}"
    act.living.drift({"op": "remove", "path": path})
    checks = [check for check in scenario.checks() if check.kind.name == "identity-sync" and ".one." in check.name]
    made = act.plan(act.world(checks), Safety.SAFE, checks)
    results, journal = act.apply(made, tmp_path)
    assert [(result.change.write.body, result.outcome) for result in results] == [({}, Outcome.APPLIED)]
    assert act.taken_back(journal, tmp_path).lost == ()
    assert one not in act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["identitySynchronization"]


@pytest.mark.soak
@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_way_to_drift_is_put_right_and_taken_back(act: Acting, case: Case, tmp_path: Path) -> None:
    hold(act, case, tmp_path)


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_a_drifted_setting_is_put_right_and_taken_back(act: Acting, case: Case, tmp_path: Path) -> None:
    hold(act, case, tmp_path)
