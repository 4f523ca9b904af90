"""Writing provisioning at the wire: jobs, secrets, schemas; and the engines do what was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer, code
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds import setup
from xtcheck.sandbox.worlds.names import TENANTS, object_id

SYNC = f"/servicePrincipals/{object_id(TENANTS['one'], 'principal', scenario.SYNC_APP)}/synchronization"
AWS = f"/servicePrincipals/{object_id(TENANTS['shared'], 'principal', scenario.AWS_APP)}/synchronization"


@pytest.fixture
def one(blog: Client) -> Writer:
    return Writer(blog, "one")


@pytest.fixture
def shared(blog: Client) -> Writer:
    return Writer(blog, "shared")


def job(writer: Writer, synchronization: str) -> tuple[str, dict[str, Any]]:
    (found,) = writer.get(f"{synchronization}/jobs")["value"]
    return f"{synchronization}/jobs/{found['id']}", found


def secrets(writer: Writer, synchronization: str) -> dict[str, str]:
    return {each["key"]: each["value"] for each in writer.get(f"{synchronization}/secrets")["value"]}


def pairs(**values: str) -> dict[str, Any]:
    return {"value": [{"key": key, "value": value} for key, value in values.items()]}


def test_a_new_configuration_brings_people_once_everything_is_set(blog: Client, shared: Writer) -> None:
    """The shared tenant synchronizes into tenant one: application, job, secrets, schema, assignment, start."""
    access = "/policies/crossTenantAccessPolicy/partners"
    one = Writer(blog, "one")
    consent = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": True}}
    assert shared("PATCH", f"{access}/{TENANTS['one']}", consent).status_code == 204
    assert one("PATCH", f"{access}/{TENANTS['shared']}", consent).status_code == 204
    template = f"/applicationTemplates/{templates.CROSS_TENANT}/instantiate"
    principal = shared("POST", template, {"displayName": "Back"}).json()["servicePrincipal"]
    path = f"/servicePrincipals/{principal['id']}"
    assert shared("POST", f"{path}/synchronization/jobs", {"templateId": "azure2azure"}).status_code == 400
    made = shared("POST", f"{path}/synchronization/jobs", {"templateId": "Azure2Azure"})
    assert made.status_code == 201
    assert (made.json()["schedule"]["state"], made.json()["status"]["code"]) == ("Disabled", "Paused")
    own = f"{path}/synchronization/jobs/{made.json()['id']}"
    credentials = {"templateId": "Azure2Azure", "useSavedCredentials": False, "credentials": pairs(
        CompanyId=TENANTS["one"], AuthenticationType="SyncPolicy")["value"]}  # fmt: skip
    refused = shared("POST", f"{path}/synchronization/jobs/validateCredentials", credentials)
    assert code(refused) == (400, "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure")
    policy = f"{access}/{TENANTS['shared']}/identitySynchronization"
    assert one("PUT", policy, {"userSyncInbound": {"isSyncAllowed": True}}).status_code == 204
    assert shared("POST", f"{path}/synchronization/jobs/validateCredentials", credentials).status_code == 204
    sent = pairs(AuthenticationType="SyncPolicy", CompanyId=TENANTS["one"], SyncAll="false")
    assert shared("PUT", f"{path}/synchronization/secrets", sent).status_code == 204
    admin = object_id(TENANTS["shared"], "user", "Shared Administrator")
    assignment = {"principalId": admin, "resourceId": principal["id"], "appRoleId": templates.ROLE_MSIAM_ACCESS}
    assert shared("POST", f"{path}/appRoleAssignedTo", assignment).status_code == 201
    assert shared("POST", f"{own}/start").status_code == 204
    assert shared.get(own)["status"]["code"] == "NotRun"
    blog.admin.post("/clock", json={"advance": "PT1M"})
    status = shared.get(own)["status"]
    assert (status["code"], status["lastExecution"]["state"]) == ("Active", "Succeeded")
    assert "Shared Administrator" in {user["displayName"] for user in one.get("/users")["value"]}


def test_a_job_without_secrets_starts_and_is_quarantined_later(blog: Client, one: Writer) -> None:
    template = f"/applicationTemplates/{templates.CROSS_TENANT}/instantiate"
    principal = one("POST", template, {"displayName": "Other"}).json()["servicePrincipal"]
    jobs = f"/servicePrincipals/{principal['id']}/synchronization/jobs"
    own = f"{jobs}/{one('POST', jobs, {'templateId': 'Azure2Azure'}).json()['id']}"
    assert one("POST", f"{own}/start").status_code == 204
    blog.admin.post("/clock", json={"advance": "PT1M"})
    assert one.get(own)["status"]["quarantine"]["error"]["code"] == "ExternalTenantNotFound"


def test_pausing_starting_and_deleting_a_job(blog: Client, one: Writer) -> None:
    own, _ = job(one, SYNC)
    assert one("POST", f"{own}/pause").status_code == 204
    found = one.get(own)
    assert (found["schedule"]["state"], found["status"]["code"]) == ("Disabled", "Paused")
    last = found["status"]["lastExecution"]["timeEnded"]
    blog.admin.post("/clock", json={"advance": "PT2H"})
    assert one.get(own)["status"]["lastExecution"]["timeEnded"] == last
    assert one("POST", f"{own}/start").status_code == 204
    blog.admin.post("/clock", json={"advance": "PT1M"})
    found = one.get(own)
    assert (found["schedule"]["state"], found["status"]["code"]) == ("Active", "Active")
    assert found["status"]["lastExecution"]["timeEnded"] != last
    assert one("DELETE", own).status_code == 204
    assert code(one("GET", own)) == (404, "ResourceNotFound")
    assert code(one("POST", f"{own}/start")) == (404, "ResourceNotFound")


def test_a_restart_mends_what_was_changed_behind_the_jobs_back(blog: Client, shared: Writer) -> None:
    (store,) = blog.state.tree["aws"]["main"]["identityStores"].values()
    sofia = next(user for user in store["users"].values() if user["UserName"].startswith("sofia"))
    sofia["DisplayName"] = "Somebody else"
    own, _ = job(shared, AWS)
    blog.admin.post("/settle")
    assert sofia["DisplayName"] == "Somebody else"
    assert shared("POST", f"{own}/restart", {"criteria": {"resetScope": "Everything"}}).status_code == 400
    assert shared("POST", f"{own}/restart", {"criteria": {"resetScope": "Watermark, Escrows"}}).status_code == 204
    blog.admin.post("/settle")
    (store,) = blog.state.tree["aws"]["main"]["identityStores"].values()
    names = {user["DisplayName"] for user in store["users"].values()}
    assert "Sofia Martinez|AnyOrganizationOne" in names


def test_a_restart_without_that_flag_leaves_a_quarantine(blog: Client, shared: Writer) -> None:
    own, _ = job(shared, AWS)
    assert shared("PUT", f"{AWS}/secrets", pairs(SecretToken="wrong")).status_code == 204
    blog.admin.post("/settle")
    assert shared.get(own)["status"]["code"] == "Quarantine"
    assert shared("PUT", f"{AWS}/secrets", pairs(SecretToken="sandbox-scim-token-blog")).status_code == 204
    for scope, state in (("Watermark", "Quarantine"), ("QuarantineState", "Active")):
        assert shared("POST", f"{own}/restart", {"criteria": {"resetScope": scope}}).status_code == 204
        assert shared.get(own)["status"]["code"] == state


def test_secrets_are_set_by_key_and_taken_away_by_an_empty_text(one: Writer) -> None:
    before = secrets(one, SYNC)
    assert one("PUT", f"{SYNC}/secrets", pairs(SyncAll="true")).status_code == 204
    assert secrets(one, SYNC) == before | {"SyncAll": "true"}
    assert one("PUT", f"{SYNC}/secrets", pairs(SyncAll="")).status_code == 204
    assert "SyncAll" not in secrets(one, SYNC)
    refused = one("PUT", f"{SYNC}/secrets", pairs(SyncNotificationSettings=""))
    assert code(refused) == (400, "UnknownError")
    told = json.loads(refused.json()["error"]["message"])["error"]["code"]
    assert told == "InvalidNotificationSettings"
    assert one("PUT", f"{SYNC}/secrets", pairs(SyncNotificationSettings="{}")).status_code == 204
    mistakes: tuple[dict[str, Any], ...] = (
        {}, {"credentials": []}, {"value": [{"key": "x"}]}, {"value": [{"key": "x", "value": True}]},
    )  # fmt: skip
    for wrong in mistakes:
        assert one("PUT", f"{SYNC}/secrets", wrong).status_code == 400


def test_an_echoed_mask_is_written_as_it_stands(blog: Client, shared: Writer) -> None:
    assert secrets(shared, AWS)["SecretToken"] == "*"
    assert shared("PUT", f"{AWS}/secrets", pairs(SecretToken="*")).status_code == 204
    own, _ = job(shared, AWS)
    blog.admin.post("/settle")
    assert shared.get(own)["status"]["code"] == "Quarantine"
    saved = {"templateId": "aWSSingleSignon", "useSavedCredentials": True}
    refused = shared("POST", f"{own}/validateCredentials", saved)
    assert code(refused) == (400, "SystemForCrossDomainIdentityManagementInvalidCredentials")
    assert shared("PUT", f"{AWS}/secrets", pairs(SecretToken="sandbox-scim-token-blog")).status_code == 204
    assert shared("POST", f"{own}/validateCredentials", saved).status_code == 204


def schema(writer: Writer, own: str) -> Any:
    found = writer.get(f"{own}/schema")
    del found["@odata.context"]
    return found


def test_a_schema_is_put_whole_and_people_are_mapped_by_it(blog: Client, one: Writer) -> None:
    own, _ = job(one, SYNC)
    before = schema(one, own)
    changed = json.loads(json.dumps(before))
    setup.mapping_of(changed, "displayName")["source"] = setup.append("displayName", "|Renamed")
    assert one("PUT", f"{own}/schema", changed).status_code == 204
    after = schema(one, own)
    assert after.pop("version") != before["version"]
    assert after == {name: value for name, value in changed.items() if name != "version"}
    blog.admin.post("/settle")
    names = {user["displayName"] for user in Writer(blog, "shared").get("/users")["value"]}
    assert "Sofia Martinez|Renamed" in names
    assert one("DELETE", f"{own}/schema").status_code == 204
    assert setup.mapping_of(schema(one, own), "displayName")["source"]["name"] == "displayName"


def test_a_schema_that_is_not_whole_or_leads_nowhere_is_refused(one: Writer) -> None:
    own, _ = job(one, SYNC)
    before = schema(one, own)
    nowhere = json.loads(json.dumps(before))
    setup.mapping_of(nowhere, "displayName")["targetAttributeName"] = "colour"
    parts = [{name: value for name, value in before.items() if name != part}
             for part in ("synchronizationRules", "directories")]  # fmt: skip
    for wrong in (*parts, nowhere, before | {"colour": "blue"}):
        assert code(one("PUT", f"{own}/schema", wrong)) == (400, "schemaInvalid")
    assert schema(one, own) == before


def test_missing_rights_are_a_401_as_the_synchronization_service_says_it(blog: Client) -> None:
    reader = Writer(blog, "one", "Synchronization.Read.All")
    own, _ = job(reader, SYNC)
    for method, path, body in (
        ("POST", f"{own}/start", None), ("POST", f"{own}/pause", None), ("PUT", f"{SYNC}/secrets", pairs(x="y")),
        ("PUT", f"{own}/schema", {}), ("DELETE", own, None), ("POST", f"{SYNC}/jobs", {}),
    ):  # fmt: skip
        assert code(reader(method, path, body)) == (401, "UnknownError")


def test_another_scope_takes_effect_with_a_restart(blog: Client, one: Writer) -> None:
    target = Writer(blog, "shared")

    def people() -> int:
        return len(target.get("/users?$filter=creationType eq 'Invitation'")["value"])

    before, (own, _) = people(), job(one, SYNC)
    assert one("PUT", f"{SYNC}/secrets", pairs(SyncAll="true")).status_code == 204
    blog.admin.post("/settle")
    assert people() == before
    assert one("POST", f"{own}/restart", {"criteria": {"resetScope": "Full"}}).status_code == 204
    blog.admin.post("/settle")
    assert people() == before + 1


def parsed(writer: Writer, expression: str, **attributes: str) -> Any:
    own, _ = job(writer, SYNC)
    properties = [{"key": key, "value": value} for key, value in attributes.items()]
    body = {"expression": expression, "testInputObject": {"definition": None, "properties": properties}}
    answer = writer("POST", f"{own}/schema/parseExpression", body)
    assert answer.status_code == 200
    return answer.json()


def test_an_expression_is_parsed_as_a_schema_keeps_it(one: Writer) -> None:
    found = parsed(one, 'Append( [displayName],"|x" )', displayName="Ann")
    assert found["parsedExpression"] == setup.append("displayName", "|x")
    assert (found["evaluationSucceeded"], found["evaluationResult"]) == (True, ["Ann|x"])
    switch = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'
    keys = [each["key"] for each in parsed(one, switch)["parsedExpression"]["parameters"]]
    assert keys == ["source", "key1", "value1", "key2", "value2"]
    assert parsed(one, 'Join(" ", [a], [b], [c])')["parsedExpression"]["parameters"][3]["key"] == "source3"


@pytest.mark.parametrize(
    "expression",
    [
        "", "Append([a]", 'append([a], "b")', "Append([a])", "Append([a], \u201cb\u201d)", '[a] "b"', 'Nothing("a")',
        'Switch([a], , "b")', '"' + "x" * 10_000 + '"', 'Append([a], "b", "c")', "Append([a] [b])", '"\\x"',
    ],
)  # fmt: skip
def test_what_is_no_expression_is_told_with_200(one: Writer, expression: str) -> None:
    found = parsed(one, expression)
    assert (found["parsingSucceeded"], found["parsedExpression"]) == (False, None)
    assert found["error"]["message"]
