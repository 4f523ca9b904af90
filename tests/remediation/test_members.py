"""Who is in an assigned group is put right by id, and taken back; what a rule or a role decides is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.guard import Known, refusals

Json = Any

SOFIA, NIKKI, PAT, JORGE = (f"{name}@anyorganizationone.com" for name in ("sofia", "nikki", "pat", "jorge"))


def stated(members: str, more: str = "") -> Sequence[Check]:
    text = f"applies-to: {{tenant: one}}\ngroups: {{AWS Users: {{{more}members: {members}}}}}"
    return checks_of(text, of=scenario.config().estate)


def planned(act: Acting, checks: Sequence[Check], allowed: Safety = Safety.UNSAFE) -> Plan:
    return act.plan(act.reading(checks), allowed, checks)


def tenant(act: Acting) -> Json:
    return act.living.state()["tenants"]["one"]


def people(act: Acting) -> set[str]:
    found = tenant(act)
    [members] = found["members"].values()
    return {found["users"][id_]["userPrincipalName"] for id_ in members}


def drift(act: Acting, path: str, value: Json, op: str = "replace") -> None:
    [group] = tenant(act)["groups"]
    act.living.drift({"op": op, "path": path.format(group=group), "value": value})


@pytest.mark.parametrize("name", ["Jorge Souza", JORGE.upper(), "id"])
def test_whoever_is_missing_is_added_and_whoever_nobody_declared_is_removed(
    act: Acting, tmp_path: Path, name: str
) -> None:
    jorge = next(id_ for id_, user in tenant(act)["users"].items() if user["userPrincipalName"] == JORGE)
    checks = stated(f"[{SOFIA}, {NIKKI}, {jorge if name == 'id' else name}]")
    plan = planned(act, checks)
    assert [(change.item, change.safety) for change in plan.changes] == [
        ("Pat Candella", Safety.UNSAFE),
        (jorge if name == "id" else name, Safety.UNSAFE),
    ]
    results, journal = act.apply(plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    assert people(act) == {SOFIA, NIKKI, JORGE}
    assert judge(checks[0], act.reading(checks)).verdict is Verdict.COMPLIANT
    assert planned(act, checks).changes == ()
    assert len(act.taken_back(journal, tmp_path).plan.changes) == 2
    assert people(act) == {SOFIA, NIKKI, PAT}


def test_an_emergency_account_is_one_by_whichever_name_a_policy_gives(act: Acting) -> None:
    jorge = next(id_ for id_, user in tenant(act)["users"].items() if user["userPrincipalName"] == JORGE)
    drift(act, f"/tenants/one/users/{jorge}/displayName", "Break Glass 1")
    for name in (jorge, jorge.upper(), JORGE, "Break Glass 1"):
        checks = stated(f"{{includes: [{name}]}}")
        world = act.reading(checks)
        entrances = {"one": Entrance("one", "somebody")}
        against = refusals(act.plan(world, checks=checks), Remediation(Path("j")), Known(checks, world, entrances))
        assert [refusal.why for refusal in against] == ["by its name it is for emergencies"], name


def test_at_least_these_removes_nobody(act: Acting) -> None:
    assert [change.item for change in planned(act, stated(f"{{includes: [{JORGE}]}}")).changes] == [JORGE]


def test_without_the_option_nobody_is_added_or_removed(act: Acting) -> None:
    plan = planned(act, stated(f"[{SOFIA}]"), Safety.SAFE)
    assert (plan.changes, len(plan.held)) == ((), 2)


def test_a_name_that_nobody_or_several_bear_is_left_to_a_person(act: Acting) -> None:
    everybody = f"{SOFIA}, {NIKKI}, {PAT}"
    [left] = planned(act, stated(f"[{everybody}, Nobody]")).by_hand
    assert left.why == "no users answer to Nobody: write the object id of who is meant"
    users = tenant(act)["users"]
    jorge = next(id_ for id_, user in users.items() if user["userPrincipalName"] == JORGE)
    drift(act, f"/tenants/one/users/{jorge}/displayName", "Twin")
    twin = {**users[jorge], "id": "99999999-0000-4000-8000-000000000009", "displayName": "Twin",
            "userPrincipalName": "twin@anyorganizationone.com", "mail": "twin@anyorganizationone.com"}  # fmt: skip
    drift(act, f"/tenants/one/users/{twin['id']}", twin, "add")
    [left] = planned(act, stated(f"[{everybody}, Twin]")).by_hand
    assert left.why == "2 users answer to Twin: write the object id of who is meant"


@pytest.mark.parametrize(
    "name, value, why",
    [
        (
            "isAssignableToRole",
            True,
            "roles may be assigned to the group",
        ),
        ("groupTypes", ["DynamicMembership"], "a rule makes the members of the group"),
    ],
)
def test_what_a_rule_or_a_role_decides_is_never_written(act: Acting, name: str, value: Json, why: str) -> None:
    drift(act, f"/tenants/one/groups/{{group}}/{name}", value)
    plan = planned(act, stated(f"[{SOFIA}]"))
    assert plan.changes == ()
    assert plan.by_hand[0].why.startswith(why)


def test_a_new_group_is_filled_once_it_is_there(act: Acting, tmp_path: Path) -> None:
    text = f"applies-to: {{tenant: one}}\ngroups: {{New: {{state: present, membership: assigned, members: [{JORGE}]}}}}"
    checks = checks_of(text, of=scenario.config().estate)
    first = planned(act, checks)
    assert [change.name for change in first.changes] == ["create one/group.New"]
    assert [(left.check, left.why) for left in first.by_hand] == [
        ("one/group.New.members", "it follows from create one/group.New")
    ]
    act.apply(first, tmp_path)
    second = planned(act, checks)
    assert [change.name for change in second.changes] == [f"change one/group-members.New {JORGE}"]
    act.apply(second, tmp_path)
    assert {judge(check, act.reading(checks)).verdict for check in checks} == {Verdict.COMPLIANT}


RULE = "membership-rule: 'user.city -eq \"Oslo\"'"


def users(more: str) -> Sequence[Check]:
    text = f"applies-to: {{tenant: one}}\ngroups: {{AWS Users: {{{more}}}}}"
    return checks_of(text, of=scenario.config().estate)


def test_a_group_gets_its_rule_when_it_becomes_dynamic(act: Acting, tmp_path: Path) -> None:
    checks = users(f"membership: dynamic, {RULE}, processing: 'on'")
    plan = planned(act, checks)
    [change] = plan.changes
    assert change.write.body == {
        "groupTypes": ["DynamicMembership"],
        "membershipRule": 'user.city -eq "Oslo"',
        "membershipRuleProcessingState": "On",
    }
    assert set(change.mends) == {check.name for check in checks}
    act.apply(plan, tmp_path)
    assert {judge(check, act.reading(checks)).verdict for check in checks} == {Verdict.COMPLIANT}


@pytest.mark.parametrize("membership", ["", "membership: assigned, "])
def test_an_assigned_group_gets_no_rule_and_all_else_that_is_declared(act: Acting, membership: str) -> None:
    plan = planned(act, users(f"{membership}{RULE}, processing: paused, description: of AWS"))
    [change] = plan.changes
    assert change.write.body == {"description": "of AWS"}
    why = "it would have no effect: the group is not dynamic (groupTypes): its members are assigned one by one"
    assert {each.check.rpartition(".")[2]: each.why for each in plan.by_hand} == {
        "membership-rule": why, "processing": why,
    }  # fmt: skip
