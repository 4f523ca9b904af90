"""The worlds beside ``blog``: topologies with several AWS entries, the scenario's variants, fleets, crowds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.aws_client import client, refusal
from tests.sandbox.conftest import Client, client_of
from xtcheck.sandbox import Sandbox, engines
from xtcheck.sandbox.crowd import Crowd, Listed, Users
from xtcheck.sandbox.engines import groups
from xtcheck.sandbox.engines.rules import compile_rule
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds import build, fleet, setup, topologies
from xtcheck.sandbox.worlds.names import TENANTS, TOPOLOGIES

POLICY = "/policies/crossTenantAccessPolicy"
SYNC = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"


def value(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def serving(world: str) -> Iterator[tuple[Sandbox, Client]]:
    with Sandbox(world) as sandbox, client_of(sandbox) as found:
        yield sandbox, found


@pytest.fixture(scope="module")
def mesh() -> Iterator[tuple[Sandbox, Client]]:
    yield from serving("mesh")


@pytest.fixture(scope="module")
def spread() -> Iterator[tuple[Sandbox, Client]]:
    yield from serving("one-to-many")


def companies(found: Client, tenant: str) -> dict[str, str]:
    """The target tenant of each sync configuration, by its name."""
    apps = value(found.graph(tenant, f"/servicePrincipals?$filter=applicationTemplateId eq '{SYNC}'"))
    targets = {}
    for app in apps:
        secrets = value(found.graph(tenant, f"/servicePrincipals/{app['id']}/synchronization/secrets"))
        targets[app["displayName"]] = next(each["value"] for each in secrets if each["key"] == "CompanyId")
    return targets


def display_names(found: Client, tenant: str) -> set[str]:
    return {user["displayName"] for user in value(found.graph(tenant, "/users?$select=displayName"))}


# mesh


def test_in_a_mesh_each_is_source_and_target_of_the_other(mesh: tuple[Sandbox, Client]) -> None:
    _, found = mesh
    for alias, other in (("north", "south"), ("south", "north")):
        (partner,) = value(found.graph(alias, f"{POLICY}/partners?$expand=identitySynchronization"))
        assert partner["tenantId"] == TOPOLOGIES[other]
        assert partner["automaticUserConsentSettings"] == {"inboundAllowed": True, "outboundAllowed": True}
        assert partner["identitySynchronization"]["userSyncInbound"] == {"isSyncAllowed": True}
        assert list(companies(found, alias).values()) == [TOPOLOGIES[other]]


def test_in_a_mesh_people_go_both_ways_and_come_back_from_nowhere(mesh: tuple[Sandbox, Client]) -> None:
    _, found = mesh
    assert display_names(found, "north") == {
        "Ana Carolina Silva",
        "Diego Ramirez",
        "Efua Owusu|AnyOrganizationSouth",
    }
    assert display_names(found, "south") == {
        "Efua Owusu",
        "Wang Xiulan",
        "Ana Carolina Silva|AnyOrganizationNorth",
        "Diego Ramirez|AnyOrganizationNorth",
    }


# one-to-many


def test_one_source_has_a_sync_configuration_for_each_target(spread: tuple[Sandbox, Client]) -> None:
    _, found = spread
    assert companies(found, "hub") == {
        "Sync to AnyOrganizationEMEA": TOPOLOGIES["emea"],
        "Sync to AnyOrganizationAPAC": TOPOLOGIES["apac"],
    }
    for target in ("emea", "apac"):
        expected = {"Kwaku Mensah|AnyOrganizationHub", "Saanvi Sarkar|AnyOrganizationHub"}
        assert display_names(found, target) == expected
        assert companies(found, target) == {}


# several AWS entries


@pytest.mark.parametrize("world", ["mesh", "one-to-many"])
def test_each_aws_entry_is_its_own(world: str, request: pytest.FixtureRequest) -> None:
    sandbox, _ = request.getfixturevalue("mesh" if world == "mesh" else "spread")
    seen = []
    for entry in topologies.AWS[world]:
        (instance,) = client(sandbox, "sso-admin", entry.alias).list_instances()["Instances"]
        identity = client(sandbox, "sts", entry.alias).get_caller_identity()
        store = client(sandbox, "identitystore", entry.alias)
        users = store.list_users(IdentityStoreId=instance["IdentityStoreId"])["Users"]
        issuers = {each["Issuer"] for user in users for each in user["ExternalIds"]}
        assert issuers == {f"https://scim.aws.com/{entry.scim_tenant}"}
        assert identity["Account"] == entry.management
        seen.append((instance["InstanceArn"], instance["PrimaryRegion"], identity["Account"], entry.scim_tenant))
        (assigned,) = client(sandbox, "sso-admin", entry.alias).list_account_assignments(
            InstanceArn=instance["InstanceArn"], AccountId=entry.workloads, PermissionSetArn=entry.permission_set
        )["AccountAssignments"]
        assert store.describe_group(IdentityStoreId=entry.store, GroupId=assigned["PrincipalId"])["DisplayName"] == (
            topologies.GROUP
        )
    assert all(len(set(column)) == 2 for column in zip(*seen, strict=True))


def test_the_federated_tenant_names_its_own_identity_center(mesh: tuple[Sandbox, Client]) -> None:
    _, found = mesh
    for entry in topologies.AWS["mesh"]:
        (app,) = value(found.graph(entry.tenant, "/applications?$filter=displayName eq 'AWS IAM Identity Center'"))
        assert app["identifierUris"] == [entry.identifier]
        assert entry.store in entry.identifier


def test_the_key_of_one_entry_does_not_open_the_other(mesh: tuple[Sandbox, Client]) -> None:
    sandbox, _ = mesh
    north, south = topologies.AWS["mesh"]
    own = client(sandbox, "sso-admin", south.alias)
    assert refusal(own.describe_instance, InstanceArn=north.instance)[0] == "AccessDeniedException"
    crossed = client(sandbox, "sso-admin", south.alias, aws_access_key_id=north.access_key)
    assert refusal(crossed.list_instances)[0] == "InvalidSignatureException"


def test_the_log_tells_which_entry_was_asked(mesh: tuple[Sandbox, Client]) -> None:
    sandbox, found = mesh
    found.admin.delete("/log")
    for entry in topologies.AWS["mesh"]:
        client(sandbox, "organizations", entry.alias).list_accounts()
        endpoints = found.connection["aws"][entry.alias]["endpoints"]
        for name in (entry.portal, entry.store):
            page = found.http.get(f"{endpoints['portal']}/{name}/start")
            assert f'content="{entry.region}"' in page.text
        scim = found.connection["aws"][entry.alias]["scim"]
        answer = found.http.get(
            f"{scim['endpoint']}/ServiceProviderConfig", headers={"authorization": f"Bearer {scim['token']}"}
        )
        assert answer.status_code == 200
    entries = found.admin.get("/log").json()["entries"]
    assert [entry["tenant"] for entry in entries] == ["aws-north"] * 4 + ["aws-south"] * 4


def test_faults_of_one_entry_leave_the_other_alone(mesh: tuple[Sandbox, Client]) -> None:
    sandbox, found = mesh
    found.fault({"status": 400, "code": "ThrottlingException"}, tenant="aws-north", service="sso-admin")
    assert refusal(client(sandbox, "sso-admin", "aws-north").list_instances)[0] == "ThrottlingException"
    assert client(sandbox, "sso-admin", "aws-south").list_instances()["Instances"]
    found.admin.put("/faults", json=[])


# blog-literal


def test_the_literal_scenario_allows_and_trusts_both_ways() -> None:
    tenants = build("blog-literal").tree["tenants"]
    shared = tenants["shared"]["crossTenantAccessPolicy"]
    for alias in ("one", "two"):
        own = tenants[alias]["crossTenantAccessPolicy"]
        for partner in (own["partners"][TENANTS["shared"]], shared["partners"][TENANTS[alias]]):
            assert partner["automaticUserConsentSettings"] == {"inboundAllowed": True, "outboundAllowed": True}
            assert partner["inboundTrust"]["isMfaAccepted"] is True
        assert shared["identitySynchronization"][TENANTS[alias]]["userSyncInbound"] == {"isSyncAllowed": True}
        assert own["identitySynchronization"] == {}


# decommissioned


def test_after_the_clean_up_nothing_of_the_scenario_is_left() -> None:
    state = build("decommissioned")
    for tenant in state.tree["tenants"].values():
        names = {app["displayName"] for app in tenant["applications"].values()}
        assert names == {"xtcheck auditor", "xtcheck remediator"}
        assert len(tenant["servicePrincipals"]) == 2
        assert (tenant["synchronization"], tenant["appRoleAssignments"]) == ({}, {})
        policy = tenant["crossTenantAccessPolicy"]
        assert (policy["partners"], policy["identitySynchronization"]) == ({}, {})
    shared = state.tree["tenants"]["shared"]
    assert (shared["groups"], shared["signingCertificates"]) == ({}, {})
    assert len(shared["deletedItems"]) == 5
    aws = state.tree["aws"]["main"]
    assert (aws["assignments"], aws["permissionSets"]) == ([], {})
    (store,) = aws["identityStores"].values()
    assert (store["groups"], store["memberships"]) == ({}, {})
    assert {user["UserStatus"] for user in store["users"].values()} == {"DISABLED"}


def test_what_was_cleaned_up_stays_so() -> None:
    state = build("decommissioned")
    before = len(state.tree["tenants"]["shared"]["users"])
    engines.settle(state)
    assert len(state.tree["tenants"]["shared"]["users"]) == before == 1


# fleets


@pytest.mark.parametrize("sources", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_a_fleet_is_complete(sources: int) -> None:
    state = build(f"fleet-{sources}")
    shared = state.tree["tenants"]["shared"]
    assert len(shared["crossTenantAccessPolicy"]["partners"]) == sources
    assert len(shared["users"]) == sources + 1
    codes = {
        job["status"]["code"]
        for tenant in state.tree["tenants"].values()
        for synchronization in tenant["synchronization"].values()
        for job in synchronization["jobs"].values()
    }
    assert codes == {"Active"}


def test_a_fleet_is_served() -> None:
    for sandbox, found in serving("fleet-12"):
        assert len(found.connection["tenants"]) == 13
        last = fleet.alias_of(12)
        (group,) = value(found.graph(last, "/groups"))
        assert group["displayName"] == scenario.AWS_USERS
        (job,) = value(found.graph(last, f"/servicePrincipals/{sync_of(sandbox, last)}/synchronization/jobs"))
        assert job["status"]["code"] == "Active"
        store = client(sandbox, "identitystore").list_users(IdentityStoreId="d-9067f1a2b3")
        assert len(store["Users"]) == fleet.ENGINEERS


def sync_of(sandbox: Sandbox, alias: str) -> str:
    return str(next(iter(sandbox.state.tree["tenants"][alias]["synchronization"])))


def test_mappings_of_one_of_a_fleet_are_its_own() -> None:
    tenants = build("fleet-2").tree["tenants"]
    sources = [
        setup.mapping_of(schema, "displayName")["source"]["expression"]
        for alias in ("source-0001", "source-0002")
        for synchronization in tenants[alias]["synchronization"].values()
        for schema in synchronization["schemas"].values()
    ]
    assert sources == [f'Append([displayName], "|AnyOrganization000{n}")' for n in (1, 2)]


@pytest.mark.parametrize("name", ["fleet-0", "fleet-10001", "fleet-", "fleet-x", "fleet"])
def test_a_fleet_wants_a_sensible_size(name: str) -> None:
    with pytest.raises(ValueError, match=r"between 1 and 10000|there is no world"):
        build(name)


# crowds


@pytest.fixture
def crowd() -> Iterator[Client]:
    with Sandbox("crowd-2000") as sandbox, client_of(sandbox) as found:
        yield found


def test_a_crowd_is_served_over_pages_as_everybody_else(crowd: Client) -> None:
    link, sizes, people = "/users?$select=id,displayName,accountEnabled&$top=999", [], []
    while link:
        answer = crowd.graph("shared", link)
        people += value(answer)
        sizes.append(len(answer.json()["value"]))
        link = answer.json().get("@odata.nextLink", "")
    assert sizes == [999, 999, 8]
    assert len({person["id"] for person in people}) == 2006
    assert {frozenset(person) for person in people} == {frozenset({"id", "displayName", "accountEnabled"})}
    assert [person["displayName"] for person in people[6:8]] == ["Person 0000000", "Person 0000001"]
    assert [person["accountEnabled"] for person in people[6:8]] == [False, True]


def test_one_of_a_crowd_is_found_by_id_and_by_name_and_nobody_else_is(crowd: Client) -> None:
    someone = value(crowd.graph("shared", "/users?$top=999"))[500]
    for key in (someone["id"], someone["id"].upper(), someone["userPrincipalName"]):
        assert crowd.graph("shared", f"/users/{key}").json()["displayName"] == someone["displayName"]
    assert value(crowd.graph("shared", f"/users/{someone['id']}/memberOf")) == []
    found = value(crowd.graph("shared", f"/users?$filter=displayName eq '{someone['displayName']}'"))
    assert [person["id"] for person in found] == [someone["id"]]
    there, _, domain = someone["userPrincipalName"].partition("@")
    for nobody in (f"person0002000@{domain}", f"{there}@elsewhere.org", someone["id"].replace("-4", "-5", 1)):
        assert crowd.graph("shared", f"/users/{nobody}").status_code == 404


@pytest.mark.parametrize(
    "rule, count",
    [
        ('user.department -eq "Sales"', 501),
        ('(user.department -eq "Sales") -and (user.accountEnabled -eq true)', 445),
        ('user.displayName -startsWith "Person 000001"', 10),
        ('(user.department -eq "Sales") -and (user.displayName -startsWith "Person 000001")', 2),
        ('user.department -eq "Nobody\'s"', 0),
    ],
)
def test_a_rule_selects_of_a_crowd_whom_it_means(rule: str, count: int) -> None:
    state = build("crowd-2000")
    tenant = state.tree["tenants"]["shared"]
    (group,) = tenant["groups"].values()
    group["membershipRule"] = rule
    groups.evaluate(state)
    everybody = Users(tenant)
    members = tenant["members"][group["id"]]
    test = compile_rule(rule)
    assert members == [identifier for identifier, user in everybody.items() if test(user)]
    assert len(set(members)) == count


def test_one_of_a_crowd_who_becomes_assigned_is_provisioned() -> None:
    state = build("crowd-20")
    tenant = state.tree["tenants"]["shared"]
    (group,) = tenant["groups"].values()
    group["membershipRule"] = 'user.displayName -eq "Person 0000001"'
    engines.settle(state)
    (store,) = (store for entry in state.tree["aws"].values() for store in entry["identityStores"].values())
    assert "Person 0000001" in {user["DisplayName"] for user in store["users"].values()}


def test_a_crowd_of_a_million_takes_no_room() -> None:
    state = build("crowd-1000000")
    engines.settle(state)
    everybody = Listed(state.tree["tenants"]["shared"])
    assert len(everybody) == 1_000_006
    assert [user["displayName"] for user in everybody[1_000_004:]] == ["Person 0999998", "Person 0999999"]
    assert everybody[-1] == Crowd(state.tree["tenants"]["shared"])[everybody[-1]["id"]]
    assert len(json.dumps(state.tree)) < 1_000_000


@pytest.mark.parametrize("name", ["crowd-0", "crowd-1000001", "crowd-", "crowd-x"])
def test_a_crowd_wants_a_sensible_size(name: str) -> None:
    with pytest.raises(ValueError, match=r"between 1 and 1000000|there is no world"):
        build(name)
