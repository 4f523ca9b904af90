"""What others have configured in an object since a run made it is left, and the object with it; the rest goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from tests.remediation.test_taking_back import made, one_journal, planned, stated
from xtcheck.model import Check
from xtcheck.remediation.changes import Outcome
from xtcheck.remediation.since import within
from xtcheck.remediation.undo import Undoing
from xtcheck.shapes import Upsert

Json = Any

BLOCKED = {
    "usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]},
    "applications": {
        "accessType": "blocked", "targets": [{"target": "AllApplications", "targetType": "application"}],
    },
}  # fmt: skip
ACCESS = "/tenants/one/crossTenantAccessPolicy"
POLICY = '{"Version": "2012-10-17", "Statement": []}'
AUDIT = {"Name": "SecurityAudit", "Arn": "arn:aws:iam::aws:policy/SecurityAudit"}


def left(found: Undoing, target: str) -> str:
    """What was changed since, for which an object is left."""
    assert [change.name for change in found.plan.changes if change.name.startswith("delete ")] == []
    [why] = [lost for lost in found.lost if lost.startswith(f"{target} is left: ")]
    return why.partition(" is left: ")[2].removesuffix(" changed since")


# --- partners --------------------------------------------------------------------------------------------------------


def partner(act: Acting, folder: Path, words: str, rounds: int = 1) -> tuple[Path, str]:
    """The journal of a run that made a partner, and the partner's tenant."""
    shared = str(act.living.connection["tenants"]["shared"]["id"])
    tree = act.living.state()["tenants"]["one"]["crossTenantAccessPolicy"]
    gone = [f"{ACCESS}/{part}/{shared}" for part in ("identitySynchronization", "partners") if shared in tree[part]]
    act.living.drift(*({"op": "remove", "path": path} for path in gone))
    checks = stated(f"applies-to: {{tenant: one}}\ncross-tenant-access: {{partners: {{shared: {{{words}}}}}}}")
    return one_journal(made(act, checks, folder, rounds), folder), shared


MADE = "state: present, automatic-redemption-outbound: true"


def test_a_partner_in_which_somebody_has_configured_more_is_left(act: Acting, tmp_path: Path) -> None:
    path, shared = partner(act, tmp_path, MADE)
    where = f"{ACCESS}/partners/{shared}/b2bCollaborationOutbound"
    act.living.drift({"op": "replace", "path": where, "value": BLOCKED})
    assert left(act.undoing(path), "one/partner.shared") == "b2bCollaborationOutbound"


def test_a_partner_from_which_somebody_lets_people_be_synchronized_is_left(act: Acting, tmp_path: Path) -> None:
    path, shared = partner(act, tmp_path, MADE)
    tree = act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["identitySynchronization"]
    value = {**next(iter(tree.values())), "tenantId": shared}
    act.living.drift({"op": "add", "path": f"{ACCESS}/identitySynchronization/{shared}", "value": value})
    assert left(act.undoing(path), "one/partner.shared") == "cross-tenant synchronization settings for partner"


def test_a_partner_goes_with_all_that_the_run_made_of_it(act: Acting, tmp_path: Path) -> None:
    path, _ = partner(act, tmp_path, f"{MADE}, user-sync-inbound: true")
    found = act.taken_back(path, tmp_path)
    assert [change.ref.kind.name for change in found.plan.changes] == ["identity-sync", "partner"]
    assert found.lost == ()


# --- permission sets -------------------------------------------------------------------------------------------------


def new_set(act: Acting, folder: Path, words: str, rounds: int = 1) -> tuple[Path, str]:
    """The journal of a run that made a permission set, and where the sandbox has it."""
    before = act.living.state()["aws"]["main"]["permissionSets"]
    text = f"applies-to: {{aws: main}}\nidentity-center: {{permission-sets: {{Fresh: {{state: present, {words}}}}}}}"
    path = one_journal(made(act, stated(text), folder, rounds), folder)
    [arn] = act.living.state()["aws"]["main"]["permissionSets"].keys() - before.keys()
    return path, f"/aws/main/permissionSets/{arn.replace('/', '~1')}"


FILLED = f"session-duration: PT2H, description: Ours, inline-policy: {POLICY}, managed-policies: ['{AUDIT['Arn']}'], tags: {{a: b}}"  # noqa: E501  # one statement
OTHERS = {
    "AWS managed policies of permission set": ("add", "managedPolicies/-", {**AUDIT, "Arn": f"{AUDIT['Arn']}2"}),
    "customer managed policies of permission set": ("add", "customerManagedPolicies/-", {"Name": "Mine", "Path": "/"}),
    "inline policy of permission set": ("replace", "inlinePolicy", POLICY),
    "permissions boundary of permission set": ("replace", "permissionsBoundary", {"ManagedPolicyArn": AUDIT["Arn"]}),
    "tags of permission set": ("add", "tags/-", {"Key": "theirs", "Value": "x"}),
    "RelayState": ("add", "document/RelayState", "https://example.com/"),
}
"""By what is told: what somebody else adds to a permission set."""


@pytest.mark.parametrize("told", OTHERS)
def test_a_permission_set_in_which_somebody_has_configured_something_is_left(
    act: Acting, tmp_path: Path, told: str
) -> None:
    path, where = new_set(act, tmp_path, "session-duration: PT2H")
    word, below, value = OTHERS[told]
    act.living.drift({"op": word, "path": f"{where}/{below}", "value": value})
    assert left(act.undoing(path), "aws-main/permission-set.Fresh") == told


def test_a_permission_set_goes_with_all_that_the_run_made_of_it(act: Acting, tmp_path: Path) -> None:
    before = act.living.state()["aws"]["main"]["permissionSets"]
    path, _ = new_set(act, tmp_path, FILLED)
    found = act.taken_back(path, tmp_path)
    assert found.lost == ()
    assert act.living.state()["aws"]["main"]["permissionSets"] == before


def test_of_what_the_run_put_into_a_permission_set_and_others_did_only_the_first_goes(
    act: Acting, tmp_path: Path
) -> None:
    path, where = new_set(act, tmp_path, FILLED)
    act.living.drift({"op": "add", "path": f"{where}/tags/-", "value": {"Key": "theirs", "Value": "x"}})
    assert left(act.taken_back(path, tmp_path), "aws-main/permission-set.Fresh") == "tags of permission set"
    [kept] = [found for found in act.living.state()["aws"]["main"]["permissionSets"].values()
              if found["document"]["Name"] == "Fresh"]  # fmt: skip
    assert kept["tags"] == [{"Key": "theirs", "Value": "x"}]


ASSIGNED = """
applies-to: {aws: main}
identity-center:
  permission-sets: {Fresh: {state: present, session-duration: PT2H}}
  accounts:
    "444455556666":
      assignments:
        - {group: DevOps – Shared Tenant, permission-set: ReadOnlyAccess}
        - {group: DevOps – Shared Tenant, permission-set: Fresh}
"""


@pytest.mark.parametrize("by_others", [False, True], ids=["run", "others"])
def test_a_permission_set_goes_when_nobody_else_has_assigned_it(
    act: Acting, tmp_path: Path, *, by_others: bool
) -> None:
    before = act.living.state()["aws"]["main"]["permissionSets"]
    path = one_journal(made(act, stated(ASSIGNED), tmp_path, rounds=2), tmp_path)
    if by_others:
        text = path.read_text(encoding="utf-8")
        first = [line for line in text.splitlines(keepends=True) if "account-assignments" not in line]
        path.write_text("".join(first), encoding="utf-8")
        [lost] = act.undoing(path).lost
        assert lost.endswith("permission-set.Fresh is not taken back: it is assigned in account 444455556666")
    else:
        assert act.taken_back(path, tmp_path).lost == ()
        assert act.living.state()["aws"]["main"]["permissionSets"] == before


# --- apps ------------------------------------------------------------------------------------------------------------


def without_app(act: Acting) -> str:
    """Tenant one without its configuration; the id of an assignment to it that there was."""
    tree = act.living.state()["tenants"]["one"]
    [app] = tree["synchronization"]
    [registration] = [id_ for id_, each in tree["applications"].items()
                      if each["appId"] == tree["servicePrincipals"][app]["appId"]]  # fmt: skip
    given = [id_ for id_, each in tree["appRoleAssignments"].items() if each["resourceId"] == app]
    paths = [*(f"appRoleAssignments/{id_}" for id_ in given), f"servicePrincipals/{app}",
             f"applications/{registration}"]  # fmt: skip
    act.living.drift(*({"op": "remove", "path": f"/tenants/one/{path}"} for path in paths))
    return str(given[0])


def app_checks() -> list[Check]:
    return [check for check in scenario.checks() if check.name == "one--shared/synchronization.state"]


def test_an_app_to_which_somebody_has_assigned_a_group_is_left(act: Acting, tmp_path: Path) -> None:
    assignment = act.living.state()["tenants"]["one"]["appRoleAssignments"]
    given = without_app(act)
    [path] = made(act, app_checks(), tmp_path)
    [new] = [id_ for id_, each in act.living.state()["tenants"]["one"]["servicePrincipals"].items()
             if each.get("applicationTemplateId") == "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"]  # fmt: skip
    value = {**assignment[given], "resourceId": new}
    act.living.drift({"op": "add", "path": f"/tenants/one/appRoleAssignments/{given}", "value": value})
    assert left(act.undoing(path), "one/sync-app") == "assignments of the synchronization app"


def test_an_app_goes_with_the_job_that_the_run_made_in_it(act: Acting, tmp_path: Path) -> None:
    without_app(act)
    checks = [
        *app_checks(),
        *(check for check in scenario.checks() if check.name == "one--shared/synchronization.job.state"),
    ]
    [path] = made(act, checks, tmp_path)
    assert not planned(act, checks).changes
    found = act.undoing(path)
    assert [change.ref.kind.name for change in found.plan.changes] == ["sync-job", "sync-app"]
    results, _ = act.apply(found.plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}
    assert planned(act, checks).changes


# --- all kinds -------------------------------------------------------------------------------------------------------


def test_what_stands_in_an_object_is_called_as_policies_call_it() -> None:
    """So that what a journal tells of it is known to be the same."""
    meant = {(ref.kind.name, ref.place, ref.key): ref
             for check in scenario.checks() for each in check.wanted for ref in each.lineage()}  # fmt: skip
    made_ = [ref for ref in meant.values() if isinstance(ref.kind.write, Upsert)]
    inside = [below for ref in made_ for below in within(ref, {ref.place})]
    known = [below for below in inside if (below.kind.name, below.place, below.key) in meant]
    assert {below.kind.name for below in known} >= {"identity-sync", "sync-job", "permission-set-tags"}
    assert all(meant[below.kind.name, below.place, below.key] == below for below in known)
