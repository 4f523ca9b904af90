"""The engines: dynamic groups, cross-tenant synchronization, the jobs' status and clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from xtcheck.sandbox import drift, engines
from xtcheck.sandbox.engines.expressions import UnknownFunction, evaluate
from xtcheck.sandbox.engines.rules import Unreadable, compile_rule
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import blog, build
from xtcheck.sandbox.worlds.names import TENANTS, object_id, synced_id

ONE, SHARED = TENANTS["one"], TENANTS["shared"]
SOFIA = object_id(ONE, "user", "Sofia Martinez")
SOFIA_SYNCED = synced_id(SHARED, ONE, SOFIA)
SYNC = f"/tenants/one/synchronization/{object_id(ONE, 'principal', blog.SYNC_APP)}"
MAPPING = f"{SYNC}/schemas/version=1.0/synchronizationRules/0/objectMappings/0"


@pytest.fixture
def state() -> State:
    return build("blog")


def change(state: State, path: str, value: Json, op: str = "replace") -> None:
    operation = {"op": op, "path": path} | ({} if op == "remove" else {"value": value})
    drift.apply(state, [operation])
    engines.settle(state)


def shared(state: State) -> Any:
    return state.tree["tenants"]["shared"]


def names(state: State) -> set[str]:
    return {user["displayName"] for user in shared(state)["users"].values()}


def job(state: State, tenant: str = "one") -> Any:
    principal = next(iter(state.tree["tenants"][tenant]["synchronization"].values()))
    return next(iter(principal["jobs"].values()))


@pytest.mark.parametrize(
    "rule, expected",
    [
        ('(user.department -eq "DevOps")', True),
        ('user.department -eq "devops"', True),
        ('user.department eq "DevOps"', True),
        ('(user.department -ne "DevOps")', False),
        ('(user.department -startsWith "Dev")', True),
        ('(user.department -eq "Sales") -or (user.accountEnabled -eq true)', True),
        ('(user.department -eq "DevOps") -and (user.country -eq "France")', False),
        ('not (user.department -contains "ops")', False),
        ("(user.companyName -eq null)", True),
    ],
)
def test_a_rule_selects(rule: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    user = {"department": "DevOps", "accountEnabled": True, "country": "US"}
    assert compile_rule(rule)(user) is expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "(user.department -eq “DevOps”)",
        '(user.shoeSize -eq "1")',
        '(department -eq "DevOps")',
        '(user.department -like "D*")',
        '(user.department -eq "DevOps"',
        '(user.department -eq "DevOps") (user.country -eq "US")',
        'user.memberof -any (group.objectId -in ["x"])',
        "(user.department -eq DevOps)",
    ],
)
def test_a_rule_that_it_cannot_read_is_refused(rule: str) -> None:
    with pytest.raises(Unreadable):
        compile_rule(rule)


def test_a_group_with_an_unreadable_rule_keeps_its_members(state: State) -> None:
    group = next(iter(shared(state)["groups"].values()))
    before = list(shared(state)["members"][group["id"]])
    change(state, f"/tenants/shared/groups/{group['id']}/membershipRule", "user.department -matches x")
    assert shared(state)["members"][group["id"]] == before
    group = shared(state)["groups"][group["id"]]
    assert group["membershipRuleProcessingStatus"]["status"] == "Failed"


def test_a_paused_group_does_not_follow_its_rule(state: State) -> None:
    path = f"/tenants/shared/groups/displayName={blog.DEVOPS}"
    before = dict(shared(state)["members"])
    change(state, f"{path}/membershipRuleProcessingState", "Paused")
    change(state, f"{path}/membershipRule", '(user.department -eq "Sales")')
    assert shared(state)["members"] == before


def test_a_change_at_the_source_arrives_at_the_end_of_the_chain(state: State) -> None:
    change(state, f"/tenants/one/users/{object_id(ONE, 'user', 'Pat Candella')}/department", "DevOps")
    (members,) = shared(state)["members"].values()
    assert len(members) == 4
    (store,) = state.tree["aws"]["main"]["identityStores"].values()
    assert len(store["memberships"]) == 4


def test_who_leaves_the_scope_is_deleted_softly_and_comes_back(state: State) -> None:
    group = object_id(ONE, "group", blog.AWS_USERS)
    members = state.tree["tenants"]["one"]["members"][group]
    change(state, f"/tenants/one/members/{group}", [one for one in members if one != SOFIA])
    assert SOFIA_SYNCED not in shared(state)["users"]
    assert shared(state)["deletedItems"][SOFIA_SYNCED]["deletedDateTime"]
    change(state, f"/tenants/one/members/{group}", members)
    assert shared(state)["users"][SOFIA_SYNCED]["deletedDateTime"] is None


@pytest.mark.parametrize("texts, stays", [("Add,Update", True), ("Update, Delete", False), (None, False)])
def test_a_mapping_that_does_not_delete_leaves_who_left(state: State, texts: str | None, stays: bool) -> None:  # noqa: FBT001
    change(state, f"{MAPPING}/flowTypes", texts)
    group = object_id(ONE, "group", blog.AWS_USERS)
    members = state.tree["tenants"]["one"]["members"][group]
    change(state, f"/tenants/one/members/{group}", [one for one in members if one != SOFIA])
    assert (SOFIA_SYNCED in shared(state)["users"]) is stays


@pytest.mark.parametrize("texts, arrives", [("Update,Delete", False), ("None", False), ("Add", True)])
def test_a_mapping_that_does_not_add_brings_nobody(state: State, texts: str, arrives: bool) -> None:  # noqa: FBT001
    change(state, f"{MAPPING}/flowTypes", texts)
    change(state, f"{SYNC}/secrets/SyncAll", "true")
    assert ("Jorge Souza|AnyOrganizationOne" in names(state)) is arrives


def test_a_mapping_that_does_not_update_changes_nobody(state: State) -> None:
    change(state, f"{MAPPING}/flowTypes", "Add,Delete")
    change(state, f"/tenants/one/users/{SOFIA}/accountEnabled", False)
    assert shared(state)["users"][SOFIA_SYNCED]["accountEnabled"] is True


def test_who_is_assigned_with_default_access_alone_leaves_the_scope(state: State) -> None:
    ((key, given),) = state.tree["tenants"]["one"]["appRoleAssignments"].items()
    path = f"/tenants/one/appRoleAssignments/{key}/appRoleId"
    change(state, path, "00000000-0000-0000-0000-000000000000")
    assert SOFIA_SYNCED not in shared(state)["users"]
    change(state, path, given["appRoleId"])
    assert SOFIA_SYNCED in shared(state)["users"]
    change(state, f"/tenants/one/servicePrincipals/{given['resourceId']}/appRoles/0/isEnabled", False)
    assert SOFIA_SYNCED not in shared(state)["users"]
    change(state, path, "00000000-0000-0000-0000-000000000000")
    change(state, f"/tenants/one/servicePrincipals/{given['resourceId']}/appRoles", [])
    assert SOFIA_SYNCED in shared(state)["users"]


def test_who_is_disabled_at_the_source_is_disabled_at_the_target(state: State) -> None:
    change(state, f"/tenants/one/users/{SOFIA}/accountEnabled", False)
    assert shared(state)["users"][SOFIA_SYNCED]["accountEnabled"] is False


def test_a_null_at_the_source_is_not_exported(state: State) -> None:
    change(state, f"/tenants/one/users/{SOFIA}/department", None)
    assert shared(state)["users"][SOFIA_SYNCED]["department"] == "DevOps"


def test_synchronizing_everybody_brings_everybody(state: State) -> None:
    assert "Jorge Souza|AnyOrganizationOne" not in names(state)
    change(state, f"{SYNC}/secrets/SyncAll", "true")
    assert "Jorge Souza|AnyOrganizationOne" in names(state)


def test_a_mapping_decides_what_arrives(state: State) -> None:
    source = {"expression": "[displayName]", "name": "displayName", "type": "Attribute", "parameters": []}
    change(state, f"{MAPPING}/attributeMappings/targetAttributeName=displayName/source", source)
    assert "Sofia Martinez" in names(state)


def test_the_user_type_is_set_only_at_creation(state: State) -> None:
    change(state, f"/tenants/shared/users/{SOFIA_SYNCED}/userType", "Guest")
    assert shared(state)["users"][SOFIA_SYNCED]["userType"] == "Guest"


def test_a_scoping_filter_keeps_people_out(state: State) -> None:
    clause = {
        "operatorName": "EQUALS",
        "sourceOperandName": "department",
        "targetOperand": {"values": ["DevOps"]},
    }
    change(state, f"{MAPPING}/scope/groups", [{"name": "DevOps only", "clauses": [clause]}])
    assert "Pat Candella|AnyOrganizationOne" not in names(state)
    assert "Sofia Martinez|AnyOrganizationOne" in names(state)


@pytest.mark.parametrize(
    "path, value, detail",
    [
        (
            f"/tenants/one/crossTenantAccessPolicy/partners/{SHARED}/automaticUserConsentSettings/outboundAllowed",
            False,
            "outbound",
        ),
        (
            f"/tenants/shared/crossTenantAccessPolicy/partners/{ONE}/automaticUserConsentSettings/inboundAllowed",
            None,
            "inbound, for",
        ),
        (
            f"/tenants/shared/crossTenantAccessPolicy/identitySynchronization/{ONE}/userSyncInbound/isSyncAllowed",
            False,
            "inbound user synchronization",
        ),
    ],
    ids=["outbound consent", "inbound consent", "user sync"],
)
def test_a_broken_trust_quarantines_the_job(state: State, path: str, value: Json, detail: str) -> None:
    before = names(state)
    change(state, path, value)
    status = job(state)["status"]
    assert (status["code"], status["countSuccessiveCompleteFailures"] > 0) == ("Quarantine", True)
    assert status["quarantine"]["error"]["code"] == "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
    assert detail in status["quarantine"]["error"]["message"]
    assert names(state) == before


def test_a_mended_trust_ends_the_quarantine(state: State) -> None:
    path = f"/tenants/shared/crossTenantAccessPolicy/identitySynchronization/{ONE}/userSyncInbound/isSyncAllowed"
    change(state, path, value=False)
    change(state, path, value=True)
    assert (job(state)["status"]["code"], job(state)["status"]["quarantine"]) == ("Active", None)


def test_an_unknown_target_quarantines_the_job(state: State) -> None:
    change(state, f"{SYNC}/secrets/CompanyId", "0e1d0a10-0000-0000-0000-000000000000")
    assert job(state)["status"]["quarantine"]["error"]["code"] == "ExternalTenantNotFound"


def test_an_unknown_function_quarantines_the_job(state: State) -> None:
    source = {"expression": "Mid([city], 1, 2)", "name": "Mid", "type": "Function", "parameters": []}
    change(state, f"{MAPPING}/attributeMappings/targetAttributeName=city/source", source)
    assert "'Mid'" in job(state)["status"]["quarantine"]["error"]["message"]


def test_a_quarantined_job_backs_off(state: State) -> None:
    drift.apply(state, [{"op": "replace", "path": f"{SYNC}/secrets/CompanyId", "value": "x"}])
    engines.run_due(state)
    state.clock.advance(timedelta(minutes=41))
    engines.run_due(state)
    assert job(state)["status"]["countSuccessiveCompleteFailures"] == 1
    state.clock.advance(timedelta(hours=5))
    engines.run_due(state)
    assert job(state)["status"]["countSuccessiveCompleteFailures"] == 1
    state.clock.advance(timedelta(hours=2))
    engines.run_due(state)
    assert job(state)["status"]["countSuccessiveCompleteFailures"] == 2


def test_a_job_that_is_switched_off_does_nothing(state: State) -> None:
    drift.apply(
        state, [{"op": "replace", "path": f"{SYNC}/jobs/templateId=Azure2Azure/schedule/state", "value": "Disabled"}]
    )
    change(state, f"{SYNC}/secrets/SyncAll", "true")
    assert "Jorge Souza|AnyOrganizationOne" not in names(state)


def test_settling_a_settled_world_changes_no_directory(state: State) -> None:
    before = shared(state)["users"], shared(state)["members"]
    engines.settle(state)
    assert (shared(state)["users"], shared(state)["members"]) == before
    assert job(state)["status"]["lastExecution"]["countExported"] == 0


def function(name: str, *values: str | None) -> Json:
    parameters = [
        {"key": str(n), "value": {"type": "Attribute", "name": str(n), "expression": f"[{n}]", "parameters": []}}
        for n, _ in enumerate(values)
    ]
    return {"type": "Function", "name": name, "expression": name, "parameters": parameters}


@pytest.mark.parametrize(
    "name, values, expected",
    [
        ("Append", ("a", "|b"), "a|b"),
        ("Append", (None, "|b"), None),
        ("Not", ("False",), "True"),
        ("Join", (" ", "a", None, "b"), "a b"),
        ("ToLower", ("ÄB",), "äb"),
        ("Replace", ("a-b", "-", "_"), "a_b"),
        ("Switch", ("x", "d", "x", "1"), "1"),
        ("Switch", ("y", "d", "x", "1"), "d"),
        ("Coalesce", (None, "", "b"), "b"),
        ("AltSecIdFromNetId", ("10",), "1:live.com:10"),
    ],
)
def test_functions_of_mappings(name: str, values: tuple[str | None, ...], expected: str | None) -> None:
    attributes: dict[str, Json] = {str(n): given for n, given in enumerate(values)}
    assert evaluate(function(name, *values), attributes) == expected


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(UnknownFunction, match="'Guid'"):
        evaluate(function("Guid"), {})


def test_the_world_drifted_shows_its_drift_and_keeps_it() -> None:
    drifted = build("drifted")
    engines.run_due(drifted)
    assert job(drifted, "two")["status"]["code"] == "Quarantine"
    assert len(shared(drifted)["crossTenantAccessPolicy"]["partners"]) == 3
    groups = {group["displayName"]: group for group in shared(drifted)["groups"].values()}
    assert len(groups) == 2
    assert groups[blog.DEVOPS]["membershipRuleProcessingState"] == "Paused"


def test_direct_reports_and_their_manager_are_selected(state: State) -> None:
    nikki = synced_id(SHARED, ONE, object_id(ONE, "user", "Nikki Wolf"))
    (group,) = shared(state)["groups"]
    drift.apply(state, [{"op": "add", "path": f"/tenants/shared/managers/{nikki}", "value": SOFIA_SYNCED}])
    change(state, f"/tenants/shared/groups/{group}/membershipRule", f'Direct Reports for "{SOFIA_SYNCED}"')
    assert shared(state)["members"][group] == [nikki, SOFIA_SYNCED]
