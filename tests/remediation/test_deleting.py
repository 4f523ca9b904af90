"""What is to be deleted is looked at as a whole, with what stands in it: once somebody has changed that, it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.remediation.acting import Acting
from tests.remediation.test_since import OTHERS, POLICY
from tests.remediation.test_taking_back import made, planned, stated
from xtcheck.remediation.changes import Outcome, Result, change_json, change_of

Json = Any

ACCESS = "/tenants/shared/crossTenantAccessPolicy"
GONE = "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {state: absent, identity-synchronization: {state: absent}}}}"  # noqa: E501  # one statement
SET = "applies-to: aws\nidentity-center: {%s}"
PRESENT = SET % "permission-sets: {Other: {state: present}}"
ABSENT = (
    SET % "permission-sets: {Other: {state: absent}}",
    SET % "permission-sets: {ReadOnlyAccess: {state: present}}, undeclared-permission-sets: forbidden",
)


def key(act: Acting) -> str:
    return str(act.living.connection["tenants"]["one"]["id"])


def last(results: list[Result]) -> tuple[Outcome, str]:
    return results[-1].outcome, results[-1].said


@pytest.mark.parametrize(
    "name, value",
    [
        ("tenantRestrictions", {"usersAndGroups": {"accessType": "blocked", "targets": []}}),
        ("isServiceProvider", True),
        ("crossCloudMeetingConfiguration", {"inboundAllowed": True, "outboundAllowed": None}),
    ],
)
def test_a_partner_in_which_somebody_has_just_set_something_stays(
    act: Acting, tmp_path: Path, name: str, value: Json
) -> None:
    plan = planned(act, stated(GONE))
    act.living.drift({"op": "replace", "path": f"{ACCESS}/partners/{key(act)}/{name}", "value": value})
    results, _ = act.apply(plan, tmp_path)
    assert last(results) == (Outcome.STALE, f"{name} changed meanwhile")
    assert key(act) in act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"]


@pytest.mark.parametrize(
    "name, why",
    [
        ("isServiceProvider", "a cloud service provider of this tenant: that relationship ends first"),
        ("isInMultiTenantOrganization", "in our multitenant organization, which would add it again"),
    ],
)
def test_a_named_partner_on_which_something_else_depends_is_left_to_a_person(act: Acting, name: str, why: str) -> None:
    act.living.drift({"op": "replace", "path": f"{ACCESS}/partners/{key(act)}/{name}", "value": True})
    plan = planned(act, stated("applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {state: absent}}}"))
    assert (plan.changes, [each.why for each in plan.by_hand]) == ((), [f"{key(act)} is {why}"])


@pytest.mark.parametrize("told", OTHERS)
@pytest.mark.parametrize("absent", ABSENT, ids=["stated", "undeclared"])
def test_a_permission_set_into_which_somebody_has_just_put_something_stays(
    act: Acting, tmp_path: Path, absent: str, told: str
) -> None:
    before = act.living.state()["aws"]["main"]["permissionSets"]
    made(act, stated(PRESENT), tmp_path)
    [arn] = act.living.state()["aws"]["main"]["permissionSets"].keys() - before.keys()
    plan = planned(act, stated(absent))
    word, below, value = OTHERS[told]
    path = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/{below}"
    act.living.drift({"op": word, "path": path, "value": value})
    results, _ = act.apply(plan, tmp_path)
    assert last(results) == (Outcome.STALE, f"{told} changed meanwhile")
    assert arn in act.living.state()["aws"]["main"]["permissionSets"]


def test_what_stands_in_a_permission_set_goes_with_it_where_it_is_as_it_was(act: Acting, tmp_path: Path) -> None:
    text = SET % f"permission-sets: {{Other: {{state: present, inline-policy: {POLICY}}}}}"
    made(act, stated(text), tmp_path)
    plan = planned(act, stated(ABSENT[0]))
    [change] = plan.changes
    assert change.inside["inline-policy"]
    assert change_of(change_json(change)) == change
    results, _ = act.apply(plan, tmp_path)
    assert last(results) == (Outcome.APPLIED, "read back")


def test_what_a_job_does_by_itself_keeps_nobody_from_deleting_it(act: Acting, tmp_path: Path) -> None:
    plan = planned(act, stated("applies-to: {link: {from: one}}\nsynchronization: {job: {state: absent}}"))
    [change] = plan.changes
    assert {place.path for place in change.places} >= {"id", "schedule"}
    assert "status" not in {place.path for place in change.places}
    results, _ = act.apply(plan, tmp_path)
    assert last(results) == (Outcome.APPLIED, "read back")
