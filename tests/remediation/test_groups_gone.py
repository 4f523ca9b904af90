"""A group that shall be absent goes when nothing needs it by now, unless a person must delete it: that is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation import show
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.lookups import joined, lookups
from xtcheck.remediation.plan import plan

Json = Any

OLD = "77777777-0000-4000-8000-000000000007"
POLICY = "applies-to: {tenant: one}\ngroups: {Old: {state: absent}}"
DELETED = "delete one/group.Old"
UNIFIED = "it is a Microsoft 365 group, and its mailbox, files and team would go with it: a person must decide"


def stated(*texts: str) -> Sequence[Check]:
    return checks_of(POLICY, *texts, of=scenario.config().estate)


def tenant(act: Acting) -> Json:
    return act.living.state()["tenants"]["one"]


def seeing(act: Acting) -> None:
    """Who reads may see what a group is assigned to."""
    for id_, client in tenant(act)["clients"].items():
        if "Directory.Read.All" not in client["roles"]:
            act.living.drift(
                {"op": "add", "path": f"/tenants/one/clients/{id_}/roles/-", "value": "Directory.Read.All"}
            )


def old(act: Acting, **more: Json) -> None:
    """One more group, with somebody in it."""
    known = tenant(act)
    like = next(iter(known["groups"].values()))
    someone = next(iter(known["users"]))
    act.living.drift(
        {"op": "add", "path": f"/tenants/one/groups/{OLD}", "value": {**like, "id": OLD, "displayName": "Old", **more}},
        {"op": "add", "path": f"/tenants/one/members/{OLD}", "value": [someone]},
    )


def planned(act: Acting, *texts: str, allowed: Safety = Safety.UNSAFE) -> Plan:
    checks = stated(*texts)
    world = act.living.read_anew(refs=[ref for check in checks for ref in check.wanted])
    more = lookups(checks, world)
    return plan(checks, joined(world, act.living.read_anew(refs=more)), allowed)


def test_a_group_that_nothing_needs_goes_and_undo_says_that_it_does_not_come_back(act: Acting, tmp_path: Path) -> None:
    seeing(act)
    before = tenant(act)
    old(act)
    found = planned(act)
    [change] = found.changes
    assert (change.name, change.safety, change.why, show.undo(change)) == (
        DELETED, Safety.UNSAFE, "it deletes", "not by xtcheck",
    )  # fmt: skip
    assert [change.name for change in planned(act, allowed=Safety.SAFE).held] == [DELETED]
    results, path = act.apply(found, tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED]
    [check] = stated()
    assert judge(check, act.reading([check])).verdict is Verdict.COMPLIANT
    assert tenant(act)["groups"] == before["groups"]
    back = act.undoing(path)
    assert (back.plan.changes, back.lost) == ((), ("one/group.Old is gone: this version does not make it again",))


def test_without_seeing_who_needs_it_a_group_is_left(act: Acting) -> None:
    old(act)
    found = planned(act)
    [left] = found.by_hand
    assert (found.changes, left.step) == (
        (),
        "Entra admin center > Groups > All groups: new group, or delete the one that is there",
    )
    assert left.why.startswith("apps that a group is assigned to Old of one cannot be read: ")


@pytest.mark.parametrize(
    "more, why",
    [
        ({"isAssignableToRole": True}, "roles may be assigned to the group: who deletes it decides who administers"),
        ({"onPremisesSyncEnabled": True}, "the group is synchronized from on premises: it is deleted there"),
        ({"groupTypes": ["Unified"], "mailEnabled": True}, UNIFIED),
        ({"mailEnabled": True}, "the group has mail, and Graph only reads such groups: it is deleted in Exchange"),
    ],
)  # fmt: skip
def test_a_group_that_is_more_than_a_security_group_of_the_cloud_is_left(
    act: Acting, more: dict[str, Json], why: str
) -> None:
    seeing(act)
    old(act, **more)
    found = planned(act)
    assert (found.changes, [left.why for left in found.by_hand]) == ((), [why])


def test_a_group_that_is_assigned_stays_until_a_plan_has_taken_it_out(act: Acting, tmp_path: Path) -> None:
    seeing(act)
    old(act)
    given = next(iter(tenant(act)["appRoleAssignments"].values()))
    new = {**given, "id": "old-assignment", "principalId": OLD, "principalDisplayName": "Old"}
    act.living.drift({"op": "add", "path": "/tenants/one/appRoleAssignments/old-assignment", "value": new})
    assert [left.why for left in planned(act).by_hand] == [
        f"it is assigned to {given['resourceDisplayName']}: that goes first"
    ]
    assigned = "applies-to: link\nsynchronization: {assigned: {groups: [AWS Users]}}"
    first = planned(act, assigned)
    taken = "change one/sync-assignments group Old"
    assert [change.name for change in first.changes] == [taken]
    [left] = first.by_hand
    assert (left.why, left.waits, [what.name for what in left.later]) == (f"it follows from {taken}", True, [DELETED])
    act.apply(first, tmp_path)
    assert [change.name for change in planned(act, assigned).changes] == [DELETED]


def test_a_group_that_is_in_another_stays_until_a_plan_has_taken_it_out(act: Acting) -> None:
    seeing(act)
    old(act)
    users = next(iter(tenant(act)["groups"]))
    act.living.drift({"op": "add", "path": f"/tenants/one/members/{users}/-", "value": OLD})
    assert [left.why for left in planned(act).by_hand] == ["it is in AWS Users: that goes first"]
