"""What a plan is made of: only drift that was seen exactly, one call for each object, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Answered, Check, Failed, Grade, Safety, Verdict, Waiver
from xtcheck.remediation import show
from xtcheck.remediation.changes import Plan, Verb
from xtcheck.remediation.guard import Known, refusals
from xtcheck.remediation.masking import Veil
from xtcheck.remediation.plan import plan
from xtcheck.world import World

Json = Any


@pytest.fixture
def good(act: Acting) -> World:
    return act.living.good


def stated(kind: str, key: str, owner: str = "shared", label: str = "") -> Check:
    return next(
        check
        for check in scenario.checks()
        if (check.kind.name, check.setting.key, check.owner) == (kind, key, owner) and label in check.statement
    )


def made(world: World, *checks: Check, allowed: Safety = Safety.UNSAFE) -> Plan:
    return plan(checks, world, allowed)


MFA = stated("partner", "trust-mfa", label="partner.one.")
DEVICE = stated("partner", "trust-compliant-device", label="partner.one.")


def test_nothing_is_planned_in_a_good_world(good: World) -> None:
    assert plan(scenario.checks(), good, Safety.UNSAFE).changes == ()


def test_what_is_unknown_plans_nothing(good: World) -> None:
    failed = {
        request: Failed("status 503", "run again", answer.at, 0.1) if isinstance(answer, Answered) else answer
        for request, answer in good.answers.items()
    }
    world = World(failed, good.now)
    read = [check for check in scenario.checks() if check.refs]
    assert {judge(check, world).verdict for check in read if check.attestation is None} == {Verdict.UNKNOWN}
    found = plan(scenario.checks(), world, Safety.UNSAFE)
    assert (found.changes, found.held, found.by_hand) == ((), (), ())


def test_what_is_waived_plans_nothing_until_its_day_has_passed(good: World) -> None:
    drifted = replace(MFA, expected=False)
    until = Waiver("it is being moved", "someone", good.now.date())
    assert made(good, replace(drifted, waiver=until)).changes == ()
    assert len(made(good, replace(drifted, waiver=replace(until, until=until.until - timedelta(days=1)))).changes) == 1


def test_what_is_only_concluded_is_left_to_a_person(good: World) -> None:
    concluded = next(check for check in scenario.checks() if check.setting.key == "identity-source")
    other = replace(concluded, expected="active-directory")
    assert (judge(other, good).verdict, judge(other, good).grade) == (Verdict.DRIFT, Grade.INFERRED)
    found = made(good, other)
    assert (found.changes, [each.why for each in found.by_hand]) == ((), ["it was only concluded"])


def test_one_object_is_one_call_with_its_unit_whole(good: World) -> None:
    found = made(good, replace(MFA, expected=False), replace(DEVICE, expected=True))
    [change] = found.changes
    assert change.mends == (MFA.name, DEVICE.name)
    assert change.write.body == {
        "inboundTrust": {
            "isMfaAccepted": False,
            "isCompliantDeviceAccepted": True,
            "isHybridAzureADJoinedDeviceAccepted": False,
        }
    }


def test_what_is_safe_of_an_object_does_not_wait_for_what_is_not(good: World) -> None:
    found = made(good, replace(MFA, expected=False), replace(DEVICE, expected=True), allowed=Safety.SAFE)
    [change], [held] = found.changes, found.held
    assert (change.mends, held.mends) == ((MFA.name,), (DEVICE.name,))
    assert (change.safety, held.safety) == (Safety.SAFE, Safety.UNSAFE)
    assert held.write.body["inboundTrust"]["isMfaAccepted"] is False, "the second is composed on the first"


def test_back_to_the_default_is_null_of_the_whole(good: World) -> None:
    rows = [MFA, DEVICE, stated("partner", "trust-hybrid-joined-device", label="partner.one.")]
    [change] = made(good, *(replace(check, expected="inherit") for check in rows)).changes
    assert change.write.body == {"inboundTrust": None}


def test_statements_that_contradict_each_other_are_left_to_a_person(good: World) -> None:
    """No trust of an organization that must be gone."""
    state = stated("partner", "state", "one", "partner.shared.")
    trust = stated("partner", "automatic-redemption-inbound", "one", "partner.shared.")
    found = made(good, replace(state, expected="absent"), replace(trust, expected=True))
    assert found.changes == ()
    assert {each.why for each in found.by_hand} == {"statements about it contradict each other"}


def test_what_stands_in_an_object_is_deleted_before_it(good: World) -> None:
    gone = [
        replace(stated("partner", "state", label="partner.one."), expected="absent"),
        replace(stated("identity-sync", "identity-synchronization.state", label="partner.one."), expected="absent"),
    ]
    found = made(good, *gone)
    assert [change.name for change in found.changes] == ["delete shared/identity-sync.one", "delete shared/partner.one"]
    assert found.changes[1].needs == ("delete shared/identity-sync.one",)
    assert {change.safety for change in found.changes} == {Safety.UNSAFE}


def test_a_partner_is_never_deleted_while_it_synchronizes(good: World) -> None:
    state = stated("partner", "state", label="partner.one.")
    found = made(good, replace(state, expected="absent"))
    assert [change.name for change in found.changes] == []
    [left] = found.by_hand
    assert "identity-synchronization.state" in left.why


def test_what_is_named_almost_alike_is_not_made_a_second_time(good: World) -> None:
    group = stated("group", "state")
    ref = group.kind.ref(group.scope)
    near = replace(group.scope, slots={**group.scope.slots, "group": ref.key.replace("–", "-")})
    check = replace(group, scope=near, refs={"group": group.kind.ref(near)})
    found = made(good, check)
    assert found.changes == ()
    assert judge(check, good).verdict is Verdict.DRIFT
    why = "something of nearly that name is there, and it may be what is meant"
    assert [each.why for each in found.by_hand] == [why]


def test_a_safe_plan_has_no_unsafe_change(good: World) -> None:
    flipped = [
        replace(check, expected=not check.expected)
        for check in scenario.checks()
        if check.kind.write and isinstance(check.expected, bool)
    ]
    found = plan(flipped, good, Safety.SAFE)
    assert found.changes
    assert found.held
    assert {change.safety for change in found.changes} == {Safety.SAFE}
    names = [change.name for change in plan(flipped, good, Safety.UNSAFE).changes]
    assert len(names) == len(set(names))


def test_a_plan_tells_what_undoing_brings_back(good: World) -> None:
    gone = replace(stated("identity-sync", "identity-synchronization.state", label="partner.one."), expected="absent")
    [change] = made(good, gone).changes
    assert change.verb is Verb.DELETE
    lines = list(show.difference(change))
    assert "    undo       creates it again, without its display name, on which nothing depends" in lines


def test_a_job_is_not_started_with_what_is_not_as_declared(good: World) -> None:
    job = stated("sync-job", "provisioning", "one")
    off = replace(job, expected="off")
    assert [change.verb for change in made(good, off).changes] == [Verb.CHANGE], "stopping it waits for nothing"
    stopped = _with_document(good, job, {"schedule": {"state": "Disabled"}})
    assert [change.mends for change in made(stopped, job).changes] == [(job.name,)]
    mapping = next(check for check in scenario.checks() if check.kind.name == "sync-schema" and check.owner == "one")
    other = replace(mapping, expected={"constant": "another"})
    broken = _with_document(stopped, mapping, {"synchronizationRules": []})
    assert judge(other, broken).verdict is not Verdict.COMPLIANT
    found = made(broken, job, other)
    assert [change for change in found.changes if job.name in change.mends] == []
    assert any(each.check == job.name and other.name in each.why for each in found.by_hand)


def _with_document(world: World, check: Check, more: Json) -> World:
    """A world in which the answer that shows a check's object, or the list it is in, says something else of it."""
    request = judge(check, world).evidence[-1]
    answer = world.answers[request]
    assert isinstance(answer, Answered)
    document = [{**item, **more} for item in answer.document] if request.many else {**answer.document, **more}
    return World({**world.answers, request: replace(answer, document=document)}, world.now)


def test_what_came_from_the_environment_is_not_shown(good: World) -> None:
    group = stated("group", "description")
    secret = "hunter2 " * 30
    check = replace(group, expected=secret, hidden={secret: "${env.XT_TEXT}"})
    [change] = made(good, check).changes
    assert change.write.body == {"description": secret}
    text = "\n".join(show.difference(Veil(check.hidden).change(change)))
    assert "hunter2" not in text
    assert "${env.XT_TEXT}" in text


def test_a_plan_may_rest_on_a_world_in_which_only_its_checks_were_read(act: Acting) -> None:
    """What must follow a change, no check may have asked for."""
    length = next(check for check in scenario.checks() if check.setting.key == "session-duration")
    world = act.living.read(length.wanted)
    check = replace(length, expected="PT45M")
    found = plan([check], world, Safety.UNSAFE)
    assert [change.ref.kind.name for change in found.changes] == ["permission-set", "outdated-accounts"]
    # Shorter is safe, but without the other call accounts keep the longer one.
    assert {change.safety for change in found.changes} == {Safety.UNSAFE}
    held_back = plan([check], world, Safety.SAFE)
    assert held_back.changes == ()
    assert [change.name for change in held_back.held] == [change.name for change in found.changes]
    entrances = {"aws-main": Entrance("aws-main", "someone")}
    limits = Remediation(Path("journals"))
    assert refusals(found, limits, Known([check], world, entrances, managed=act.managed(found, world))) == ()
