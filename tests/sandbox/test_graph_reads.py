"""What else is read of Microsoft Graph: logs, multitenant organizations, nested members, bins, beta's group sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import STRANGER, TENANTS, object_id, synced_id

SYNC_ONE = object_id(TENANTS["one"], "principal", scenario.SYNC_APP)
AWS_APP = object_id(TENANTS["shared"], "principal", scenario.AWS_APP)
DEVOPS = object_id(TENANTS["shared"], "group", scenario.DEVOPS)
SOFIA = object_id(TENANTS["one"], "user", "Sofia Martinez")
ACCESS = "/policies/crossTenantAccessPolicy"
MTO = "/tenantRelationships/multiTenantOrganization"
LOGS = "/auditLogs/provisioning"


def value(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def tree(blog: Client, tenant: str) -> dict[str, Any]:
    found: dict[str, Any] = blog.state.tree["tenants"][tenant]
    return found


def grant(blog: Client, tenant: str, *names: str) -> None:
    """Give the tenant's client these roles alone, in a fresh token."""
    next(iter(tree(blog, tenant)["clients"].values()))["roles"] = list(names)
    blog.tokens[tenant] = blog.ask_token(tenant).json()["access_token"]


@pytest.fixture(autouse=True)
def _usual_tokens(blog: Client) -> Iterator[None]:
    yield
    blog.tokens.clear()


# Group synchronization, of beta alone


def test_beta_tells_of_group_sync_and_v1_does_not(blog: Client) -> None:
    path = f"{ACCESS}/partners/{TENANTS['one']}/identitySynchronization"
    assert blog.graph("shared", path, version="beta").json()["groupSyncInbound"] == {"isSyncAllowed": False}
    assert "groupSyncInbound" not in blog.graph("shared", path).json()
    drifted = f"/tenants/shared/crossTenantAccessPolicy/identitySynchronization/{TENANTS['one']}/groupSyncInbound"
    blog.drift({"op": "replace", "path": drifted, "value": {"isSyncAllowed": True}}).raise_for_status()
    assert blog.graph("shared", path, version="beta").json()["groupSyncInbound"] == {"isSyncAllowed": True}
    for version, known in (("v1.0", False), ("beta", True)):
        query = f"{ACCESS}/partners?$select=tenantId&$expand=identitySynchronization"
        found = value(blog.graph("shared", query, version=version))
        assert {"groupSyncInbound" in partner["identitySynchronization"] for partner in found} == {known}


# Multitenant organizations


def test_a_tenant_in_no_multitenant_organization_is_told_so_with_200(blog: Client) -> None:
    shown = blog.graph("one", MTO).json()
    assert {name: shown[name] for name in ("id", "createdDateTime", "displayName", "state")} == {
        "id": None,
        "createdDateTime": None,
        "displayName": None,
        "state": "inactive",
    }
    assert value(blog.graph("one", f"{MTO}/tenants")) == []
    assert blog.graph("one", f"{MTO}/tenants/{STRANGER}").status_code == 404


def test_members_of_a_multitenant_organization_are_listed(blog: Client) -> None:
    member = {"tenantId": STRANGER, "displayName": "Fabrikam", "role": "member", "state": "pending"}
    path = f"/tenants/one/multiTenantOrganizationMembers/{STRANGER}"
    blog.drift({"op": "add", "path": path, "value": member}).raise_for_status()
    assert [each["tenantId"] for each in value(blog.graph("one", f"{MTO}/tenants"))] == [STRANGER]
    assert blog.graph("one", f"{MTO}/tenants/{STRANGER}").json()["state"] == "pending"


def test_templates_for_partners_are_unconfigured(blog: Client) -> None:
    partner = blog.graph("one", f"{ACCESS}/templates/multiTenantOrganizationPartnerConfiguration").json()
    assert (partner["inboundTrust"], partner["automaticUserConsentSettings"]) == (None, None)
    assert partner["templateApplicationLevel"] == "newPartners,existingPartners"
    sync = blog.graph("one", f"{ACCESS}/templates/multiTenantOrganizationIdentitySynchronization").json()
    assert sync["userSyncInbound"] is None
    path = "/tenants/one/crossTenantAccessPolicy/identitySynchronizationTemplate/userSyncInbound"
    blog.drift({"op": "replace", "path": path, "value": {"isSyncAllowed": True}}).raise_for_status()
    sync = blog.graph("one", f"{ACCESS}/templates/multiTenantOrganizationIdentitySynchronization").json()
    assert sync["userSyncInbound"] == {"isSyncAllowed": True}


def test_the_multitenant_organization_wants_its_role(blog: Client) -> None:
    grant(blog, "one", "Policy.Read.All")
    assert blog.graph("one", MTO).status_code == 403
    assert blog.graph("one", f"{ACCESS}/templates/multiTenantOrganizationPartnerConfiguration").status_code == 200


# Members


def test_members_of_members_are_members_too(blog: Client) -> None:
    shared = tree(blog, "shared")
    outer = object_id(TENANTS["shared"], "group", "Outer")
    shared["groups"][outer] = shared["groups"][DEVOPS] | {"id": outer, "displayName": "Outer", "groupTypes": []}
    # In a ring, which must end.
    shared["members"][outer] = [DEVOPS]
    shared["members"][DEVOPS].append(outer)
    found = value(blog.graph("shared", f"/groups/{outer}/transitiveMembers?$select=id"))
    assert len(value(blog.graph("shared", f"/groups/{outer}/members"))) == 1
    kinds = Counter(each["@odata.type"] for each in found)
    assert kinds == {"#microsoft.graph.user": 3, "#microsoft.graph.group": 2}


def test_a_user_tells_its_groups(blog: Client) -> None:
    synced = synced_id(TENANTS["shared"], TENANTS["one"], SOFIA)
    (group,) = value(blog.graph("shared", f"/users/{synced}/memberOf"))
    assert (group["id"], group["@odata.type"]) == (DEVOPS, "#microsoft.graph.group")
    assert [group["displayName"] for group in value(blog.graph("one", f"/users/{SOFIA}/memberOf"))] == ["AWS Users"]


# Claims


def test_policies_of_claims_take_a_writing_role_besides(blog: Client) -> None:
    path = f"/servicePrincipals/{AWS_APP}/claimsMappingPolicies"
    assert blog.graph("shared", path).status_code == 403
    (own,) = value(blog.graph("shared", "/policies/claimsMappingPolicies"))
    (applied,) = value(blog.graph("shared", f"/policies/claimsMappingPolicies/{own['id']}/appliesTo"))
    assert (applied["@odata.type"], applied["id"]) == ("#microsoft.graph.servicePrincipal", AWS_APP)
    grant(blog, "shared", "Policy.Read.All", "Application.ReadWrite.OwnedBy")
    assert value(blog.graph("shared", path)) == [own]
    policy = {"id": "p", "definition": ["{}"], "displayName": "mail as NameID", "isOrganizationDefault": False}
    tree(blog, "shared")["claimsMappingPolicies"]["p"] = policy
    tree(blog, "shared")["claimsMappings"][AWS_APP] = ["p"]
    assert value(blog.graph("shared", path))[0]["displayName"] == "mail as NameID"


# Templates


def test_a_jobs_schema_differs_from_its_templates_in_what_was_declared(blog: Client) -> None:
    root = f"/servicePrincipals/{SYNC_ONE}/synchronization"
    (job,) = value(blog.graph("one", f"{root}/jobs"))
    own = blog.graph("one", f"{root}/jobs/{job['id']}/schema").json()["synchronizationRules"][0]
    default = blog.graph("one", f"{root}/templates/Azure2Azure/schema").json()["synchronizationRules"][0]
    differing = [
        mine["targetAttributeName"]
        for mine, theirs in zip(
            own["objectMappings"][0]["attributeMappings"],
            default["objectMappings"][0]["attributeMappings"],
            strict=True,
        )
        if mine != theirs
    ]
    assert differing == ["displayName"]


# Deleted users


def test_deleted_users_stand_in_the_bin(blog: Client) -> None:
    path = "/directory/deletedItems/microsoft.graph.user?$select=displayName,deletedDateTime"
    assert value(blog.graph("shared", path)) == []
    group = object_id(TENANTS["one"], "group", scenario.AWS_USERS)
    leave = {"op": "remove", "path": f"/tenants/one/members/{group}/0"}
    blog.drift(leave, settle=True).raise_for_status()
    (deleted,) = value(blog.graph("shared", path))
    assert (deleted["displayName"], bool(deleted["deletedDateTime"])) == ("Sofia Martinez|AnyOrganizationOne", True)


# Provisioning logs


def job_of(blog: Client, tenant: str, principal: str) -> str:
    return str(value(blog.graph(tenant, f"/servicePrincipals/{principal}/synchronization/jobs"))[0]["id"])


def test_the_logs_tell_whom_a_job_has_brought(blog: Client) -> None:
    records = value(blog.graph("one", f"{LOGS}?$filter=jobId eq '{job_of(blog, 'one', SYNC_ONE)}'&$top=100"))
    assert {record["provisioningAction"] for record in records} == {"create"}
    assert {record["provisioningStatusInfo"]["status"] for record in records} == {"success"}
    targets = {record["sourceIdentity"]["id"]: record["targetIdentity"]["id"] for record in records}
    assert targets[SOFIA] == synced_id(TENANTS["shared"], TENANTS["one"], SOFIA)
    assert len(targets) == 3
    (sofia,) = [record for record in records if record["sourceIdentity"]["id"] == SOFIA]
    changes = {each["displayName"]: each["newValue"] for each in sofia["modifiedProperties"]}
    assert changes["displayName"] == "Sofia Martinez|AnyOrganizationOne"
    assert [step["provisioningStepType"] for step in sofia["provisioningSteps"]] == ["import", "matching", "export"]


def test_the_logs_of_the_aws_job_tell_of_groups_too(blog: Client) -> None:
    records = value(blog.graph("shared", LOGS))
    told = Counter((record["provisioningAction"], record["sourceIdentity"]["identityType"]) for record in records)
    assert told == {("create", "User"): 3, ("create", "Group"): 1, ("update", "Group"): 1}


@pytest.mark.parametrize(
    "clause,many",
    [
        ("activityDateTime gt 2026-01-01T00:00:00Z", True),
        ("activityDateTime gt 2999-01-01T00:00:00Z", False),
        ("activityDateTime lt 2026-01-01T00:00:00.0000000Z", False),
        ("jobId eq 'nobody'", False),
        ("provisioningAction eq 'create' and activityDateTime gt 2026-01-01T00:00:00Z", True),
        ("provisioningAction eq 'CREATE'", False),
        ("provisioningStatusInfo/status eq 'failure'", False),
        ("contains(jobId, 'Azure2Azure')", True),
    ],
)
def test_the_logs_are_filtered(blog: Client, clause: str, *, many: bool) -> None:
    assert bool(value(blog.graph("one", f"{LOGS}?$filter={clause}"))) == many


@pytest.mark.parametrize("clause", ["activityDateTime gt 'soon'", "startswith(jobId,'A')", "activityDateTime ge 2026"])
def test_a_filter_that_logs_do_not_know_is_refused(blog: Client, clause: str) -> None:
    assert blog.graph("one", f"{LOGS}?$filter={clause}").status_code == 400


def test_moments_are_compared_in_logs_only(blog: Client) -> None:
    assert blog.graph("one", "/users?$filter=createdDateTime gt 2026-01-01T00:00:00Z").status_code == 400


def test_each_cycle_adds_what_it_does(blog: Client) -> None:
    before = len(value(blog.graph("shared", LOGS)))
    leave = {"op": "replace", "path": f"/tenants/one/users/{SOFIA}/surname", "value": None}
    blog.drift(leave, settle=True).raise_for_status()
    # The target keeps the name: a null is not exported. Nobody has anything to tell.
    assert len(value(blog.graph("shared", LOGS))) == before
    synced = synced_id(TENANTS["shared"], TENANTS["one"], SOFIA)
    rename = {"op": "replace", "path": f"/tenants/one/users/{SOFIA}/jobTitle", "value": "Lead"}
    empty = {"op": "replace", "path": f"/tenants/shared/users/{synced}/surname", "value": None}
    blog.drift(rename, empty, settle=True).raise_for_status()
    (update,) = value(blog.graph("one", f"{LOGS}?$filter=provisioningAction eq 'update'"))
    changed = {each["displayName"]: (each["oldValue"], each["newValue"]) for each in update["modifiedProperties"]}
    assert changed == {"jobTitle": ("DevOps Engineer", "Lead")}
    failures = value(blog.graph("shared", f"{LOGS}?$filter=provisioningStatusInfo/status eq 'failure'"))
    assert {each["provisioningStatusInfo"]["errorInformation"]["errorCode"] for each in failures} == {
        "RequiredAttributesMissing"
    }


def test_who_leaves_the_scope_is_deleted_in_the_logs(blog: Client) -> None:
    group = object_id(TENANTS["one"], "group", scenario.AWS_USERS)
    blog.drift({"op": "remove", "path": f"/tenants/one/members/{group}/0"}, settle=True).raise_for_status()
    (deleted,) = value(blog.graph("one", f"{LOGS}?$filter=provisioningAction eq 'delete'"))
    assert deleted["sourceIdentity"]["id"] == SOFIA
    (disabled,) = value(blog.graph("shared", f"{LOGS}?$filter=provisioningAction eq 'disable'"))
    assert disabled["sourceIdentity"]["id"] == synced_id(TENANTS["shared"], TENANTS["one"], SOFIA)


def test_who_fails_the_filters_is_skipped_and_told_once(blog: Client) -> None:
    tree(blog, "one")["users"][SOFIA]["externalUserState"] = "PendingAcceptance"
    for _ in range(2):
        blog.drift(settle=True).raise_for_status()
    (skipped,) = value(blog.graph("one", f"{LOGS}?$filter=provisioningStatusInfo/status eq 'skipped'"))
    assert skipped["sourceIdentity"]["id"] == SOFIA
    assert skipped["provisioningStatusInfo"]["errorInformation"]["errorCode"] == "NotEffectivelyEntitled"


def test_a_month_later_the_logs_are_forgotten(blog: Client) -> None:
    blog.admin.post("/clock", json={"advance": "P31D"})
    rename = {"op": "replace", "path": f"/tenants/one/users/{SOFIA}/jobTitle", "value": "Lead"}
    blog.drift(rename, settle=True).raise_for_status()
    assert [record["provisioningAction"] for record in value(blog.graph("one", LOGS))] == ["update"]


def test_without_a_premium_licence_there_are_no_logs(blog: Client) -> None:
    for sku in tree(blog, "one")["subscribedSkus"].values():
        sku["capabilityStatus"] = "Suspended"
    answer = blog.graph("one", LOGS)
    code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)


def test_logs_page(blog: Client) -> None:
    blog.admin.put("/page-sizes", json={"provisioning": 2})
    link, found = LOGS, []
    while link:
        answer = blog.graph("one", link).json()
        found += [record["id"] for record in answer["value"]]
        link = answer.get("@odata.nextLink", "")
    assert len(found) == len(set(found)) == 3


def test_direct_reports_are_those_of_a_manager_alone(blog: Client) -> None:
    found = value(blog.graph("shared", "/users"))
    manager, report = found[0]["id"], found[1]["id"]
    blog.drift({"op": "add", "path": f"/tenants/shared/managers/{report}", "value": manager})
    shown = value(blog.graph("shared", f"/users/{manager}/directReports?$select=id"))
    assert shown == [{"@odata.type": "#microsoft.graph.user", "id": report}]
    assert value(blog.graph("shared", f"/users/{report}/directReports")) == []
