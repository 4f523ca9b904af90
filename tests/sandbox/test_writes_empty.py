"""From nothing to the scenario: the world ``empty``, written by API, and by a person in the console where none is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.aws_client import client
from tests.sandbox.conftest import Client, client_of
from tests.sandbox.test_contract import misshapen
from tests.sandbox.writing import Writer
from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.keys import signing_certificate
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds import setup
from xtcheck.sandbox.worlds.names import TENANTS, object_id

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
INSTANCE = {"InstanceArn": aws.INSTANCE}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Sandbox, Client]]:
    with Sandbox("empty") as sandbox, client_of(sandbox) as found:
        sandbox.state.snapshot()
        yield sandbox, found


@pytest.fixture
def sandbox(running: tuple[Sandbox, Client]) -> Iterator[Sandbox]:
    yield running[0]
    running[0].state.restore()


@pytest.fixture
def empty(running: tuple[Sandbox, Client], sandbox: Sandbox) -> Client:
    return running[1]


def step(empty: Client, name: str, **entered: str) -> Any:
    answer = empty.admin.post("/console", json={"step": name, **entered})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(empty: Client, name: str, **entered: str) -> str:
    answer = empty.admin.post("/console", json={"step": name, **entered})
    assert answer.status_code == 400
    return str(answer.json()["error"])


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201, 204), answer.text
    return answer.json() if answer.content else None


def test_nothing_is_configured(empty: Client, sandbox: Sandbox) -> None:
    for alias, people in (("one", {"Sofia Martinez", "Nikki Wolf", "Pat Candella"}), ("shared", None)):
        reader = Writer(empty, alias)
        assert reader.get(PARTNERS)["value"] == []
        assert reader.get("/policies/crossTenantAccessPolicy/default")["isServiceDefault"] is True
        gallery = [each for each in reader.get("/servicePrincipals")["value"] if each["applicationTemplateId"]]
        groups = reader.get("/groups")["value"]
        assert (gallery, [each["displayName"] for each in groups]) == ([], [scenario.AWS_USERS] if people else [])
        if people:
            members = reader.get(f"/groups/{groups[0]['id']}/members")["value"]
            assert {each["displayName"] for each in members} == people
    sso = client(sandbox, "sso-admin")
    assert [each["Status"] for each in sso.list_instances()["Instances"]] == ["ACTIVE"]
    assert sso.list_permission_sets(**INSTANCE)["PermissionSets"] == []
    assert client(sandbox, "identitystore").list_users(IdentityStoreId=aws.STORE)["Users"] == []
    assert client(sandbox, "cloudtrail").lookup_events()["Events"] == []
    portals = empty.connection["aws"]["main"]["endpoints"]["portal"]
    assert [empty.http.get(f"{portals}/{name}/start").status_code for name in ("corporateazureadtoaws", aws.STORE)] == [
        404, 200,
    ]  # fmt: skip


def test_there_is_no_scim_until_a_person_enables_it(empty: Client) -> None:
    assert "scim" not in empty.connection["aws"]["main"]
    url = f"{empty.connection['aws']['main']['endpoints']['scim']}/Users"
    bearer = {"authorization": f"Bearer {aws.SCIM_TOKEN}"}
    assert empty.http.get(url, headers=bearer).status_code == 401
    assert "change-identity-source" in refused(empty, "enable-provisioning")


def test_the_console_wants_its_order(empty: Client) -> None:
    assert "'step' is one of show-metadata" in refused(empty, "enable-everything")
    assert "no metadata to upload" in refused(empty, "change-identity-source")
    assert "change-identity-source" in refused(empty, "import-certificate", thumbprint="x")
    assert "enable-provisioning" in refused(empty, "generate-token")
    assert "'aws' is one of main" in refused(empty, "show-metadata", aws="other")
    assert "does not know 'colour'" in refused(empty, "show-metadata", colour="blue")
    assert "'alias' is a name" in refused(empty, "choose-portal", alias="d-9067f1a2b3")
    step(empty, "choose-portal", alias="corporateazureadtoaws")
    assert "once only" in refused(empty, "choose-portal", alias="another")
    step(empty, "change-identity-source", thumbprint="A" * 40)
    assert "already" in refused(empty, "change-identity-source", thumbprint="A" * 40)
    assert "no user at all" in refused(empty, "sign-in")
    step(empty, "enable-provisioning")
    assert "generate-token" in refused(empty, "enable-provisioning")
    assert step(empty, "generate-token")["token"] != aws.SCIM_TOKEN
    assert step(empty, "import-certificate", thumbprint="B" * 40) == {"certificates": ["A" * 40, "B" * 40]}


def configure_source(empty: Client, alias: str) -> None:
    """The source's side, and its synchronization, up to the start of the job."""
    source, shared = Writer(empty, alias), TENANTS["shared"]
    consent = {"automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": True}}
    done(source("POST", PARTNERS, {"tenantId": shared, **consent}))
    template = f"/applicationTemplates/{templates.CROSS_TENANT}/instantiate"
    principal = done(source("POST", template, {"displayName": scenario.SYNC_APP}))["servicePrincipal"]["id"]
    path = f"/servicePrincipals/{principal}"
    job = done(source("POST", f"{path}/synchronization/jobs", {"templateId": "Azure2Azure"}))["id"]
    pairs = {"AuthenticationType": "SyncPolicy", "CompanyId": shared, "SyncAll": "false"}
    secrets = {"value": [{"key": key, "value": value} for key, value in pairs.items()]}
    done(source("PUT", f"{path}/synchronization/secrets", secrets))
    own = f"{path}/synchronization/jobs/{job}"
    schema = {name: value for name, value in source.get(f"{own}/schema").items() if name != "@odata.context"}
    mapping = setup.mapping_of(schema, "displayName")
    mapping["source"] = setup.append("displayName", f"|{scenario.SOURCES[alias]}")
    done(source("PUT", f"{own}/schema", schema))
    group = object_id(TENANTS[alias], "group", scenario.AWS_USERS)
    given = {"principalId": group, "resourceId": principal, "appRoleId": templates.ROLE_MSIAM_ACCESS}
    done(source("POST", f"{path}/appRoleAssignedTo", given))
    done(source("POST", f"{own}/start"))


def configure_shared(empty: Client) -> str:
    """The target's side and the AWS application; the path of its service principal."""
    shared = Writer(empty, "shared")
    for alias in scenario.SOURCES:
        consent = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": False}}
        done(shared("POST", PARTNERS, {"tenantId": TENANTS[alias], "inboundTrust": setup.MFA, **consent}))
        policy = f"{PARTNERS}/{TENANTS[alias]}/identitySynchronization"
        done(shared("PUT", policy, {"userSyncInbound": {"isSyncAllowed": True}}))
    group = {
        "displayName": scenario.DEVOPS, "mailEnabled": False, "mailNickname": "devops-shared", "securityEnabled": True,
        "groupTypes": ["DynamicMembership"], "membershipRule": scenario.RULE, "membershipRuleProcessingState": "On",
    }  # fmt: skip
    devops = done(shared("POST", "/groups", group))["id"]
    made = done(shared("POST", f"/applicationTemplates/{templates.AWS}/instantiate", {"displayName": scenario.AWS_APP}))
    path = f"/servicePrincipals/{made['servicePrincipal']['id']}"
    done(shared("PATCH", path, {"preferredSingleSignOnMode": "saml"}))
    addresses = {"identifierUris": [scenario.IDENTIFIER], "web": {"redirectUris": [scenario.REPLY]}}
    done(shared("PATCH", f"/applications/{made['application']['id']}", addresses))
    name = {"displayName": "CN=Microsoft Azure Federated SSO Certificate"}
    certificate = done(shared("POST", f"{path}/addTokenSigningCertificate", name))["thumbprint"]
    # The first is the one that the policies of the scenario name.
    assert certificate == signing_certificate().thumbprint
    done(shared("PATCH", path, {"preferredTokenSigningKeyThumbprint": certificate}))
    given = {"principalId": devops, "resourceId": made["servicePrincipal"]["id"], "appRoleId": templates.ROLE_USER}
    done(shared("POST", f"{path}/appRoleAssignedTo", given))
    done(shared("POST", f"{path}/synchronization/jobs", {"templateId": "aWSSingleSignon"}))
    return path


def configure_center(sandbox: Sandbox) -> tuple[Any, str]:
    """The permission set; what is assigned comes when the group is there."""
    write = sandbox.connection["aws"]["main"]["write"]
    keys = {"aws_access_key_id": write["access-key-id"], "aws_secret_access_key": write["secret-access-key"]}
    sso = client(sandbox, "sso-admin", **keys)
    arn = sso.create_permission_set(**INSTANCE, Name="ReadOnlyAccess")["PermissionSet"]["PermissionSetArn"]
    policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    sso.attach_managed_policy_to_permission_set(**INSTANCE, PermissionSetArn=arn, ManagedPolicyArn=policy)
    return sso, arn


def test_the_scenario_is_built_in_three_acts(empty: Client, sandbox: Sandbox) -> None:
    for alias in scenario.SOURCES:
        configure_source(empty, alias)
    path = configure_shared(empty)
    sso, arn = configure_center(sandbox)
    empty.admin.post("/settle")
    shown = step(empty, "show-metadata")
    assert shown == {"identifier": scenario.IDENTIFIER, "reply-url": scenario.REPLY}
    assert step(empty, "change-identity-source") == {"certificate": signing_certificate().thumbprint}
    scim = step(empty, "enable-provisioning")
    step(empty, "choose-portal", alias="corporateazureadtoaws")
    shared = Writer(empty, "shared")
    secrets = {"BaseAddress": scim["endpoint"], "SecretToken": scim["token"], "SyncAll": "false"}
    body = {"value": [{"key": key, "value": value} for key, value in secrets.items()]}
    done(shared("PUT", f"{path}/synchronization/secrets", body))
    (job,) = shared.get(f"{path}/synchronization/jobs")["value"]
    done(shared("POST", f"{path}/synchronization/jobs/{job['id']}/start"))
    empty.admin.post("/settle")
    (store,) = sandbox.state.tree["aws"]["main"]["identityStores"].values()
    assert {user["DisplayName"] for user in store["users"].values()} == {
        "Sofia Martinez|AnyOrganizationOne", "Nikki Wolf|AnyOrganizationOne", "Mary Major|AnyOrganizationTwo",
    }  # fmt: skip
    (group,) = store["groups"]
    request = sso.create_account_assignment(
        **INSTANCE, PermissionSetArn=arn, TargetId=aws.WORKLOADS, TargetType="AWS_ACCOUNT", PrincipalType="GROUP",
        PrincipalId=group,
    )["AccountAssignmentCreationStatus"]["RequestId"]  # fmt: skip
    look = {**INSTANCE, "AccountAssignmentCreationRequestId": request}
    statuses = [
        sso.describe_account_assignment_creation_status(**look)["AccountAssignmentCreationStatus"]["Status"]
        for _ in range(2)
    ]
    assert statuses == ["IN_PROGRESS", "SUCCEEDED"]
    # Entra provisions guests under their names at home.
    assert step(empty, "sign-in")["user"] in {user["UserName"] for user in store["users"].values()}
    assert not any("#EXT#" in user["UserName"] for user in store["users"].values())
    names = {each["EventName"] for each in client(sandbox, "cloudtrail").lookup_events()["Events"]}
    assert {"EnableExternalIdPConfigurationForDirectory", "CreateBearerToken", "UserAuthentication"} <= names
    for alias in scenario.SOURCES:
        (synchronization,) = sandbox.state.tree["tenants"][alias]["synchronization"].values()
        assert [each["status"]["code"] for each in synchronization["jobs"].values()] == ["Active"]
    assert misshapen(sandbox.state.tree["tenants"]) == []
