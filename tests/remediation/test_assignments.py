"""Assigning by name: only who is certainly meant, in the app's role for people; a list means exactly, or at least."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.errors import Unwritable
from xtcheck.judge import judge
from xtcheck.kinds.app_roles import NO_ROLE, role_for_people
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.guard import Known, refusals
from xtcheck.sandbox.worlds.names import TENANTS, object_id

Json = Any

SYNC, AWS = (
    next(check for check in scenario.checks() if check.kind.name == kind and check.setting.key == "assigned")
    for kind in ("sync-assignments", "aws-app-assignments")
)
GROUPS = "/tenants/one/groups"
SOFIA, DEVOPS = "Sofia Martinez|AnyOrganizationOne", "DevOps – Shared Tenant"


def stating(check: Check, *, exactly: bool = True, **parts: list[str]) -> Check:
    return replace(check, expected={part: {"names": names, "exactly": exactly} for part, names in parts.items()})


def asked(act: Acting, *checks: Check, allowed: Safety = Safety.UNSAFE) -> Plan:
    return act.plan(act.world(checks), allowed, checks)


def items(found: Plan) -> list[str]:
    return [f"{change.write.verb} {change.item}" for change in found.changes]


def group(act: Acting, **changes: Json) -> Json:
    """An operation that adds one more group to the source, like the one that is there."""
    [known] = act.living.state()["tenants"]["one"]["groups"].values()
    made = {**known, "id": "77777777-0000-4000-8000-000000000001", **changes}
    return {"op": "add", "path": f"{GROUPS}/{made['id']}", "value": made}


def test_a_list_means_exactly_and_includes_at_least(act: Acting) -> None:
    exactly = asked(act, stating(AWS, groups=[DEVOPS], users=["Shared Administrator"]))
    assert items(exactly) == [f"DELETE user {SOFIA}", "POST user Shared Administrator"]
    least = asked(act, stating(AWS, exactly=False, users=["Shared Administrator"]))
    assert items(least) == ["POST user Shared Administrator"]
    assert {change.safety for change in (*exactly.changes, *least.changes)} == {Safety.UNSAFE}
    nobody = asked(act, stating(AWS, groups=[], users=[]))
    assert sorted(items(nobody)) == [f"DELETE group {DEVOPS}", f"DELETE user {SOFIA}"]


def test_who_is_meant_may_be_said_by_object_id(act: Acting) -> None:
    admin = object_id(TENANTS["shared"], "user", "Shared Administrator")
    check = stating(AWS, groups=[DEVOPS], users=[SOFIA, admin.upper()])
    [change] = asked(act, check).changes
    assert change.write.body["principalId"] == admin
    assert change.item == "user Shared Administrator"


def test_an_emergency_account_is_one_by_its_other_name(act: Acting) -> None:
    admin = object_id(TENANTS["shared"], "user", "Shared Administrator")
    path = f"/tenants/shared/users/{admin}/userPrincipalName"
    act.living.drift({"op": "replace", "path": path, "value": "break-glass@anyorganizationshared.com"})
    check = stating(AWS, exactly=False, users=[admin])
    world = act.read_besides([check], act.world([check]))
    known = Known([check], world, {"shared": Entrance("shared", "somebody")})
    [refusal] = refusals(asked(act, check), Remediation(Path("j")), known)
    assert refusal.why == "by its name it is for emergencies"


def test_two_of_one_name_are_told_apart(act: Acting) -> None:
    users = act.living.state()["tenants"]["shared"]["users"]
    admin = object_id(TENANTS["shared"], "user", "Shared Administrator")
    twin = {**users[admin], "id": "99999999-0000-4000-8000-000000000009", "userPrincipalName": "twin@x.example"}
    act.living.drift({"op": "add", "path": f"/tenants/shared/users/{twin['id']}", "value": twin})
    found = asked(act, stating(AWS, exactly=False, users=[admin, twin["id"]]))
    role = found.changes[0].write.body["appRoleId"]
    assert [change.item for change in found.changes] == [
        f"user Shared Administrator ({id_} {role})" for id_ in (admin, twin["id"])
    ]


def test_a_name_that_two_answer_to_is_never_assigned(act: Acting) -> None:
    act.living.drift(group(act, displayName="Twice"), group(act, displayName="Twice", id=TENANTS["two"]))
    found = asked(act, stating(SYNC, groups=["AWS Users", "Twice"], users=[]))
    assert found.changes == ()
    [left] = found.by_hand
    assert left.why == "2 objects answer to group Twice of one: which one is meant, only its id would say"


def test_who_is_not_there_is_not_assigned(act: Acting) -> None:
    found = asked(act, stating(SYNC, groups=["AWS Users"], users=["Nobody At All"]))
    assert found.changes == ()
    assert [each.why for each in found.by_hand] == [
        "there is no user by name Nobody At All of one, and nothing of this plan makes it"
    ]


@pytest.mark.parametrize("check, tenant, usual", [(AWS, "shared", "User"), (SYNC, "one", "msiam_access")])
def test_who_has_another_role_is_assigned_once_more(
    act: Acting, tmp_path: Path, check: Check, tenant: str, usual: str
) -> None:
    known = act.living.state()["tenants"][tenant]["appRoleAssignments"]
    path = f"/tenants/{tenant}/appRoleAssignments"
    act.living.drift(*({"op": "replace", "path": f"{path}/{key}/appRoleId", "value": NO_ROLE} for key in known))
    found = asked(act, check)
    names = [item["principalDisplayName"] for item in known.values()]
    assert sorted(items(found)) == sorted(f"POST {item['principalType'].lower()} {item['principalDisplayName']}"
                                          for item in known.values())  # fmt: skip
    results, _ = act.apply(found, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}
    state = act.living.state()["tenants"][tenant]
    roles = {role["id"]: role["displayName"] for each in state["servicePrincipals"].values()
             for role in each["appRoles"]}  # fmt: skip
    held = sorted((item["principalDisplayName"], roles.get(item["appRoleId"]) or "Default Access")
                  for item in state["appRoleAssignments"].values())  # fmt: skip
    assert held == sorted((name, role) for name in names for role in (usual, "Default Access"))
    assert judge(check, act.world([check])).verdict is Verdict.COMPLIANT


def test_a_group_that_this_plan_makes_is_assigned_in_the_next(act: Acting, tmp_path: Path) -> None:
    state = next(check for check in scenario.checks() if check.kind.name == "group" and check.setting.presence)
    scope = replace(state.scope, slots={"group": "New Ones"}, labels={"group": "New Ones"})
    state = replace(state, scope=scope, refs={"group": state.kind.ref(scope)})
    assigned = stating(AWS, groups=[DEVOPS, "New Ones"], users=[SOFIA])
    world = act.living.read([*state.wanted, *assigned.wanted])
    found = act.plan(world, checks=[assigned, state])
    assert [change.name for change in found.changes] == ["create shared/group.New Ones"]
    assert [each.why for each in found.by_hand] == ["it follows from create shared/group.New Ones"]
    act.apply(found, tmp_path)
    [change] = act.plan(act.living.read([*state.wanted, *assigned.wanted]), checks=[assigned, state]).changes
    assert change.item == "group New Ones"
    results, _ = act.apply(replace(found, changes=(change,)), tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED]


def test_a_group_that_is_not_for_security_is_not_assigned(act: Acting) -> None:
    act.living.drift(group(act, displayName="List", securityEnabled=False, mailEnabled=True))
    found = asked(act, stating(SYNC, groups=["AWS Users", "List"], users=[]))
    assert (found.changes, [each.why for each in found.by_hand]) == (
        (),
        ["List is no security group, and only such a one can be assigned"],
    )


def test_who_is_for_emergencies_is_neither_assigned_nor_taken_out(act: Acting) -> None:
    act.living.drift(group(act, displayName="Break Glass"))
    check = stating(SYNC, groups=["AWS Users", "Break Glass"], users=[])
    world = act.read_besides([check], act.world([check]))
    found = act.plan(world, checks=[check])
    entrances = {"one": Entrance("one", "someone")}
    told = refusals(found, Remediation(Path("journals")), Known([check], world, entrances))
    assert [refusal.why for refusal in told] == ["by its name it is for emergencies"]


def test_an_assignment_that_came_back_with_another_id_is_back(act: Acting, tmp_path: Path) -> None:
    found = asked(act, stating(AWS, groups=[DEVOPS], users=[]))
    _, path = act.apply(found, tmp_path)
    assert [change.item for change in act.taken_back(path, tmp_path).plan.changes] == [f"user {SOFIA}"]
    again = act.undoing(path)
    assert (again.plan.changes, again.lost) == ((), ())
    assert again.back == ("shared/aws-app-assignments is as it was",)


USER, OTHER = ({"id": name, "displayName": name, "isEnabled": True, "allowedMemberTypes": ["User"]} for name in "UO")


@pytest.mark.parametrize(
    "roles, found",
    [
        ([], NO_ROLE),
        ([OTHER, USER], "U"),
        ([OTHER], "O"),
        ([{**USER, "isEnabled": False}, OTHER], "O"),
        ([{**OTHER, "allowedMemberTypes": ["Application"]}, USER], "U"),
    ],
)
def test_people_are_assigned_in_the_usual_role_or_the_only_one(roles: list[Json], found: str) -> None:
    assert role_for_people(roles, "U") == found


@pytest.mark.parametrize(
    "roles, why", [([OTHER, {**OTHER, "id": "P", "displayName": "P"}], "the app has O, P"),
                   ([{**USER, "allowedMemberTypes": ["Application"]}], "none that people can have")]
)  # fmt: skip
def test_a_role_that_is_not_known_is_not_guessed(roles: list[Json], why: str) -> None:
    with pytest.raises(Unwritable, match=why):
        role_for_people(roles, "U")
