"""Microsoft Graph as the sandbox serves it, at the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import STRANGER, TENANTS, object_id

SYNC_ONE = object_id(TENANTS["one"], "principal", scenario.SYNC_APP)
SYNC_TWO = object_id(TENANTS["two"], "principal", scenario.SYNC_APP)
AWS_APP = object_id(TENANTS["shared"], "principal", scenario.AWS_APP)
DEVOPS = object_id(TENANTS["shared"], "group", scenario.DEVOPS)
PARTNERS = "/policies/crossTenantAccessPolicy/partners"


def value(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def test_the_trusts_are_those_of_the_scenario(blog: Client) -> None:
    (source,) = value(blog.graph("one", PARTNERS))
    assert source["automaticUserConsentSettings"] == {"inboundAllowed": False, "outboundAllowed": True}
    target = blog.graph("shared", f"{PARTNERS}/{TENANTS['one'].upper()}").json()
    assert target["inboundTrust"]["isMfaAccepted"] is True
    assert target["b2bCollaborationInbound"] is None
    sync = blog.graph("shared", f"{PARTNERS}/{TENANTS['two']}/identitySynchronization").json()
    assert sync["userSyncInbound"] == {"isSyncAllowed": True}
    assert "groupSyncInbound" not in sync


def test_a_partner_without_synchronization_is_a_documented_404(blog: Client) -> None:
    answer = blog.graph("one", f"{PARTNERS}/{TENANTS['shared']}/identitySynchronization")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Directory_ObjectNotFound")


def test_expand_joins_synchronization_to_partners(blog: Client) -> None:
    found = value(blog.graph("shared", f"{PARTNERS}?$select=tenantId&$expand=identitySynchronization"))
    assert all(partner["identitySynchronization"]["userSyncInbound"]["isSyncAllowed"] for partner in found)
    assert set(found[0]) == {"tenantId", "identitySynchronization"}


def test_the_dynamic_group_has_its_three_members(blog: Client) -> None:
    found = value(blog.graph("shared", f"/groups?$filter=displayName eq '{scenario.DEVOPS}'"))
    assert [group["id"] for group in found] == [DEVOPS]
    members = value(blog.graph("shared", f"/groups/{DEVOPS}/members/microsoft.graph.user?$select=displayName"))
    assert {member["displayName"] for member in members} == {
        "Sofia Martinez|AnyOrganizationOne",
        "Nikki Wolf|AnyOrganizationOne",
        "Mary Major|AnyOrganizationTwo",
    }


def test_members_say_of_which_kind_they_are(blog: Client) -> None:
    found = value(blog.graph("shared", f"/groups/{DEVOPS}/members"))
    assert {member["@odata.type"] for member in found} == {"#microsoft.graph.user"}


def test_beta_tells_how_a_rule_is_processed_and_v1_does_not(blog: Client) -> None:
    beta = blog.graph("shared", f"/groups/{DEVOPS}", version="beta").json()
    assert beta["membershipRuleProcessingStatus"]["status"] == "Succeeded"
    assert "membershipRuleProcessingStatus" not in blog.graph("shared", f"/groups/{DEVOPS}").json()


def test_synced_users_look_like_redeemed_invitations(blog: Client) -> None:
    path = (
        "/users?$filter=creationType eq 'Invitation' and userType eq 'Member'"
        "&$select=userPrincipalName,mail,userType,externalUserState,identities,department,showInAddressList"
    )
    found = {user["mail"]: user for user in value(blog.graph("shared", path))}
    sofia = found["sofia@anyorganizationone.com"]
    assert sofia["userPrincipalName"] == ("sofia_anyorganizationone.com#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com")
    assert (sofia["externalUserState"], sofia["department"], sofia["showInAddressList"]) == ("Accepted", "DevOps", True)
    assert {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None} in sofia["identities"]
    assert len(found) == 5


def test_a_user_is_found_by_principal_name_whose_hash_is_escaped(blog: Client) -> None:
    name = "mary_anyorganizationtwo.com%23EXT%23@SharedAADIdentitytoAWS.onmicrosoft.com"
    assert blog.graph("shared", f"/users/{name}").json()["displayName"] == "Mary Major|AnyOrganizationTwo"


def test_users_show_only_the_usual_fields_unless_selected(blog: Client) -> None:
    assert "department" not in value(blog.graph("one", "/users"))[0]
    assert "department" in value(blog.graph("one", "/users?$select=department"))[0]


def test_the_job_is_healthy_and_its_schema_is_the_real_one(blog: Client) -> None:
    (job,) = value(blog.graph("one", f"/servicePrincipals/{SYNC_ONE}/synchronization/jobs"))
    assert (job["schedule"]["state"], job["status"]["code"]) == ("Active", "Active")
    assert job["status"]["lastExecution"]["state"] == "Succeeded"
    schema = blog.graph("one", f"/servicePrincipals/{SYNC_ONE}/synchronization/jobs/{job['id']}/schema").json()
    mappings = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    by_target = {mapping["targetAttributeName"]: mapping["source"] for mapping in mappings}
    assert len(mappings) == 23
    assert by_target["showInAddressList"]["expression"] == '"true"'
    assert by_target["displayName"]["expression"] == 'Append([displayName], "|AnyOrganizationOne")'


def test_secrets_are_masked_and_want_the_writing_permission(blog: Client) -> None:
    secrets = f"/servicePrincipals/{SYNC_ONE}/synchronization/secrets"
    found = {secret["key"]: secret["value"] for secret in value(blog.graph("one", secrets))}
    assert (found["CompanyId"], found["SyncAll"]) == (TENANTS["shared"], "false")
    refused = blog.graph("two", f"/servicePrincipals/{SYNC_TWO}/synchronization/secrets")
    assert refused.status_code == 401
    assert (refused.json()["error"]["code"], refused.json()["error"]["message"]) == ("UnknownError", "")
    roles(blog, "shared", "Synchronization.ReadWrite.All")
    shown = value(blog.graph("shared", f"/servicePrincipals/{AWS_APP}/synchronization/secrets"))
    assert {"key": "SecretToken", "value": "*"} in shown


def roles(blog: Client, tenant: str, *names: str) -> None:
    """Give the tenant's client these roles alone, in a fresh token."""
    next(iter(blog.state.tree["tenants"][tenant]["clients"].values()))["roles"] = list(names)
    blog.tokens[tenant] = blog.ask_token(tenant).json()["access_token"]


@pytest.fixture(autouse=True)
def _usual_tokens(blog: Client) -> Any:
    yield
    blog.tokens.clear()


def test_a_missing_role_is_a_403(blog: Client) -> None:
    roles(blog, "one", "User.Read.All")
    answer = blog.graph("one", PARTNERS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_a_lesser_role_sees_less(blog: Client) -> None:
    roles(blog, "one", "User.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.ReadBasic.All")
    user = value(blog.graph("one", "/users?$select=displayName,department"))[0]
    assert (user["displayName"], user["department"]) == ("Sofia Martinez", None)
    group = value(blog.graph("one", "/groups"))[0]
    assert value(blog.graph("one", f"/groups/{group['id']}/members?$select=id,mail"))[0]["mail"] is None


@pytest.mark.parametrize("header, status", [({"authorization": ""}, 401), ({"authorization": "Bearer x.y.z"}, 401)])
def test_without_a_valid_token_nothing_is_told(blog: Client, header: dict[str, str], status: int) -> None:
    answer = blog.graph("one", "/organization", headers=header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "InvalidAuthenticationToken")


def test_an_unknown_route_is_501_and_never_404(blog: Client) -> None:
    assert blog.graph("one", "/identity/conditionalAccess/policies").status_code == 501
    assert blog.graph("one", "/users", method="PATCH").status_code == 501
    assert blog.http.get(blog.connection["tenants"]["one"]["endpoints"]["login"] + "/nowhere").status_code == 501


@pytest.mark.parametrize(
    "option",
    [
        "$orderby=displayName",
        "$select=shoeSize",
        "$filter=shoeSize eq 1",
        "$filter=displayName",
        "$filter=displayName eq 'x",
        "$filter=displayName eq 'x' or mail eq 'y'",
        "$top=1000",
        "$expand=manager",
        "$skiptoken=x",
        "$filter=displayName ne 'x'",
    ],
)
def test_an_option_that_is_not_understood_is_refused(blog: Client, option: str) -> None:
    assert blog.graph("one", f"/users?{option}").status_code == 400


def test_advanced_filters_want_the_header(blog: Client) -> None:
    eventual = {"ConsistencyLevel": "eventual"}
    path = "/users?$filter=department ne 'DevOps'&$count=true"
    answer = blog.graph("one", path, headers=eventual)
    assert [user["displayName"] for user in value(answer)] == ["Pat Candella"]
    assert answer.json()["@odata.count"] == 1


def test_a_quote_in_a_filter_is_doubled(blog: Client) -> None:
    assert value(blog.graph("one", "/users?$filter=startswith(displayName,'O''Neil')")) == []


def test_every_collection_pages(blog: Client) -> None:
    blog.admin.put("/page-sizes", json={"*": 1})
    link, names, pages = "/users?$select=displayName&$top=999&$count=true", [], 0
    while link:
        answer = blog.graph("one", link, headers={"ConsistencyLevel": "eventual"}).json()
        names += [user["displayName"] for user in answer["value"]]
        assert ("@odata.count" in answer) == (pages == 0)
        link, pages = answer.get("@odata.nextLink", ""), pages + 1
    assert (len(names), len(set(names)), pages) == (4, 4, 4)
    entries = blog.admin.get("/log").json()["entries"]
    assert [entry["page"] for entry in entries if entry["service"] == "graph"] == [1, 2, 3, 4]


def test_certificates_show_their_bytes_only_when_selected_alone(blog: Client) -> None:
    path = f"/servicePrincipals/{AWS_APP}"
    shown = blog.graph("shared", path).json()
    verify = next(one for one in shown["keyCredentials"] if one["usage"] == "Verify")
    assert verify["key"] is None
    thumbprint = base64.b64decode(verify["customKeyIdentifier"]).hex().upper()
    assert thumbprint == shown["preferredTokenSigningKeyThumbprint"]
    alone = blog.graph("shared", f"{path}?$select=keyCredentials").json()
    assert any(one["key"] for one in alone["keyCredentials"])


def test_an_application_is_addressed_by_its_app_id_too(blog: Client) -> None:
    app_id = object_id(TENANTS["shared"], "app", scenario.AWS_APP)
    found = value(blog.graph("shared", f"/servicePrincipals(appId='{app_id}')/appRoleAssignedTo"))
    assert {one["principalType"] for one in found} == {"Group", "User"}
    filtered = value(blog.graph("shared", f"/applications?$filter=appId eq '{app_id}'"))
    assert filtered[0]["identifierUris"] == [scenario.IDENTIFIER]


def test_a_tenant_is_looked_up_by_its_id(blog: Client) -> None:
    path = "/tenantRelationships/findTenantInformationByTenantId(tenantId='{}')"
    found = blog.graph("one", path.format(TENANTS["shared"])).json()
    assert found["defaultDomainName"] == "SharedAADIdentitytoAWS.onmicrosoft.com"
    assert blog.graph("one", path.format(STRANGER)).json()["displayName"] == "Fabrikam"
    assert blog.graph("one", path.format(object_id(STRANGER, "tenant", "of nobody"))).status_code == 404


def test_a_batch_answers_each_item_by_itself_and_in_another_order(blog: Client) -> None:
    items = [
        {"id": "a", "method": "GET", "url": "/organization?$select=id"},
        {"id": "b", "method": "GET", "url": f"{PARTNERS}/{STRANGER}"},
        {"id": "c", "method": "GET", "url": "/nonsense"},
        {"id": "d", "method": "GET", "url": "/groups", "dependsOn": ["b"]},
    ]
    answer = blog.graph("one", "/$batch", method="POST", json={"requests": items})
    responses = answer.json()["responses"]
    assert {one["id"]: one["status"] for one in responses} == {"a": 200, "b": 404, "c": 501, "d": 424}
    assert [one["id"] for one in responses] != ["a", "b", "c", "d"]
    entry = blog.admin.get("/log").json()["entries"][-1]
    assert (entry["write"], len(entry["items"])) == (False, 4)


@pytest.mark.parametrize(
    "items",
    [[{"id": str(n), "method": "GET", "url": "/groups"} for n in range(21)], [], [{"id": "1"}], "x"],
    ids=["too many", "none", "incomplete", "no list"],
)
def test_a_malformed_batch_is_refused(blog: Client, items: Any) -> None:
    assert blog.graph("one", "/$batch", method="POST", json={"requests": items}).status_code == 400


def test_a_batch_that_writes_is_logged_as_a_write(blog: Client) -> None:
    items = [{"id": "1", "method": "PATCH", "url": "/groups/x", "body": {}}]
    blog.graph("one", "/$batch", method="POST", json={"requests": items})
    assert blog.admin.get("/log").json()["entries"][-1]["write"] is True
    assert blog.admin.get("/log").json()["counters"]["writes"] == 1


def test_doubled_slashes_are_folded(blog: Client) -> None:
    assert blog.graph("one", "//organization").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/organization",
        "/subscribedSkus",
        "/policies/authorizationPolicy",
        "/policies/crossTenantAccessPolicy",
        "/policies/crossTenantAccessPolicy/default",
        "/applicationTemplates/21ed01d2-ec13-4e9e-86c1-cd546719ebc4",
        f"/servicePrincipals/{AWS_APP}/synchronization/templates",
        f"/servicePrincipals/{AWS_APP}/synchronization/templates/aWSSingleSignon/schema",
    ],
)
def test_the_rest_is_served(blog: Client, path: str) -> None:
    answer = blog.graph("shared", path)
    assert answer.status_code == 200
    assert answer.json()["@odata.context"].startswith("https://127.0.0.1")
