"""AWS's SCIM endpoint as the sandbox serves it, and the Entra job that provisions over it.

Each test of the endpoint is a sentence of the developer guide, or of a field report; none was tried on the real service
(https://docs.aws.amazon.com/singlesignon/latest/developerguide/what-is-scim.html).
"""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from xtcheck.sandbox import Sandbox, scim, worlds
from xtcheck.sandbox.aws import world
from xtcheck.sandbox.engines import jobs
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("blog") as running:
        running.state.snapshot()
        yield running


@pytest.fixture(scope="module")
def connected(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client with the right token."""
    connection = sandbox.connection["aws"]["main"]["scim"]
    headers = {"authorization": f"Bearer {connection['token']}", "content-type": "application/scim+json"}
    context = ssl.create_default_context(cafile=sandbox.connection["ca"])
    with httpx.Client(base_url=connection["endpoint"], headers=headers, verify=context) as ready:
        yield ready


@pytest.fixture
def client(connected: httpx.Client, sandbox: Sandbox) -> Iterator[httpx.Client]:
    """The same; the world is whole again after the test."""
    yield connected
    sandbox.state.restore()
    sandbox.state.page_size = 100


@pytest.fixture
def blog(sandbox: Sandbox) -> Json:
    return sandbox.state.tree["aws"]["main"]["identityStores"][world.STORE]


def person(who: str = "ana", **changed: Json) -> Json:
    """The body that Entra posts."""
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": f"external-{who}",
        "userName": f"{who}@example.com",
        "active": True,
        "displayName": who.title(),
        "emails": [{"primary": True, "type": "work", "value": f"{who}@example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": f"{who} b", "familyName": "B", "givenName": who},
        "roles": [],
        ENTERPRISE: {"department": "DevOps"},
        **changed,
    }


def patch(*operations: Json) -> Json:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


def made(client: httpx.Client, name: str = "ana") -> str:
    response = client.post("/Users", json=person(name))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def made_group(client: httpx.Client, name: str = "Team", *members: str) -> str:
    body = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
    response = client.post("/Groups", json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def found(client: httpx.Client, endpoint: str, text: str) -> list[Json]:
    response = client.get(f"/{endpoint}", params={"filter": text})
    assert response.status_code == 200, response.text
    resources: list[Json] = response.json()["Resources"]
    return resources


# Who may come in


@pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig", "/Schemas", "/nonsense"])
@pytest.mark.parametrize("token", ["", "Bearer wrong"])
def test_everything_wants_the_token(client: httpx.Client, path: str, token: str) -> None:
    assert client.get(path, headers={"authorization": token}).status_code == 401


def test_an_unknown_tenant_is_a_wrong_token(client: httpx.Client) -> None:
    other = str(client.base_url).replace(world.SCIM_TENANT, "9067f1a2b3-nobody")
    assert client.get(f"{other}Users").status_code == 401


def test_a_token_expires(client: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.state.tree["aws"]["main"]["scim"]["expires"] = "2020-01-01T00:00:00Z"
    assert client.get("/Users").status_code == 401


def test_an_error_has_the_body_that_aws_really_sends(client: httpx.Client) -> None:
    response = client.get("/Users/nobody")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/scim+json"
    body = response.json()
    assert set(body) == {"schema", "schemas", "detail", "status", "exceptionRequestId", "timeStamp"}
    assert (body["schema"], body["schemas"], body["status"]) == ([ERROR], [ERROR], "404")


# Users


def test_a_user_that_entra_posts_stands_in_the_identity_store(client: httpx.Client, blog: Json) -> None:
    response = client.post("/Users", json=person())
    assert response.status_code == 201
    told = response.json()
    assert set(told["meta"]) == {"resourceType", "created", "lastModified"}
    assert told["active"] is True
    kept = blog["users"][told["id"]]
    assert kept["ExternalIds"] == [{"Issuer": f"https://scim.aws.com/{world.SCIM_TENANT}", "Id": "external-ana"}]
    assert (kept["UserStatus"], kept["Revision"], kept["Name"]["GivenName"]) == ("ENABLED", "1", "ana")
    assert kept["Extensions"] == {"aws:identitystore:enterprise": {"department": "DevOps"}}
    assert client.get(f"/Users/{told['id']}").json() == told


@pytest.mark.parametrize(
    "changed",
    [
        {"userName": None},
        {"displayName": None},
        {"name": {"givenName": "Ana"}},
        {"name": {"familyName": "B"}},
        {"emails": [{"value": "a@b.c", "type": "work"}]},
        {"emails": [{"value": v, "type": "work", "primary": True} for v in ("a@b.c", "d@e.f")]},
        {"phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2", "type": "mobile"}]},
        {"photos": [{"value": "https://example.com/x.png"}]},
        {"password": "x"},
        {"userName": "Administrator"},
    ],
)
def test_a_user_that_aws_would_not_take_is_invalid(client: httpx.Client, changed: Json) -> None:
    body = {name: value for name, value in person(**changed).items() if value is not None}
    assert client.post("/Users", json=body).status_code == 400


@pytest.mark.parametrize(
    "clash",
    [
        {"userName": "ANA@example.com"},
        {"externalId": "external-ana"},
        {"emails": [{"primary": True, "type": "work", "value": "ana@example.com"}]},
    ],
)
def test_names_external_ids_and_addresses_are_unique(client: httpx.Client, clash: Json) -> None:
    made(client)
    assert client.post("/Users", json=person("bob", **clash)).status_code == 409


def test_a_renamed_user_keeps_its_id_and_the_name_is_free(client: httpx.Client) -> None:
    first = made(client)
    renamed = person("bob", externalId="external-bob")
    assert client.put(f"/Users/{first}", json=renamed).json()["id"] == first
    assert made(client) != first
    assert client.get(f"/Users/{first}").json()["userName"] == "bob@example.com"


def test_a_patched_user_is_answered_whole(client: httpx.Client, blog: Json) -> None:
    user = made(client)
    response = client.patch(
        f"/Users/{user}",
        json=patch(
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@example.com"},
            {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"},
            {"op": "Replace", "path": "name.familyName", "value": "C"},
        ),
    )
    assert response.status_code == 200
    told = response.json()
    assert (told["active"], told["emails"][0]["value"], told["name"]["familyName"]) == (False, "new@example.com", "C")
    kept = blog["users"][user]
    assert (kept["UserStatus"], kept["Revision"], kept["PhoneNumbers"][0]["Value"]) == ("DISABLED", "2", "555")


def test_a_patch_that_changes_nothing_keeps_the_revision(client: httpx.Client, blog: Json) -> None:
    user = made(client)
    again = patch({"op": "replace", "path": "displayName", "value": "Ana"})
    assert client.patch(f"/Users/{user}", json=again).status_code == 200
    assert blog["users"][user]["Revision"] == "1"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove"},
        {"op": "remove", "path": "userName"},
        {"op": "remove", "path": "active"},
        {"op": "replace", "value": {"displayName": "x", "title": "y"}},
        {"op": "replace", "path": "shoeSize", "value": "44"},
    ],
)
def test_a_patch_that_aws_would_not_take_is_invalid(client: httpx.Client, operation: Json) -> None:
    assert client.patch(f"/Users/{made(client)}", json=patch(operation)).status_code == 400


def test_an_attribute_is_patched_once_in_a_request(client: httpx.Client) -> None:
    twice = patch(*[{"op": "replace", "path": "active", "value": value} for value in ("True", "False")])
    assert client.patch(f"/Users/{made(client)}", json=twice).status_code == 400


def test_put_clears_what_it_does_not_say(client: httpx.Client) -> None:
    user = made(client)
    client.patch(f"/Users/{user}", json=patch({"op": "add", "path": "title", "value": "Engineer"}))
    response = client.put(f"/Users/{user}", json=person())
    assert response.status_code == 200
    assert "title" not in response.json()


def test_a_deleted_user_is_gone_and_comes_back_as_another(client: httpx.Client, blog: Json) -> None:
    user = made(client)
    made_group(client, "Team", user)
    before = len(blog["memberships"])
    assert client.delete(f"/Users/{user}").status_code == 204
    assert client.get(f"/Users/{user}").status_code == 404
    assert len(blog["memberships"]) == before - 1
    assert made(client) != user


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"Operations": []}'])
def test_a_body_that_cannot_be_read_is_invalid(client: httpx.Client, body: bytes) -> None:
    assert client.patch(f"/Users/{made(client)}", content=body).status_code == 400
    assert client.post("/Users", content=body).status_code == 400


# Groups


def test_a_group_never_shows_its_members(client: httpx.Client, blog: Json) -> None:
    user = made(client)
    group = made_group(client, "Team", user)
    assert client.get(f"/Groups/{group}").json()["members"] == []
    assert found(client, "Groups", f'id eq "{group}" and members eq "{user}"') != []
    assert [each["id"] for each in found(client, "Users", f'groups.value eq "{group}"')] == [user]
    assert [each["MemberId"]["UserId"] for each in blog["memberships"].values() if each["GroupId"] == group] == [user]


@pytest.mark.parametrize(
    "remove",
    [
        lambda user: {"op": "Remove", "path": "members", "value": [{"value": user}]},
        lambda user: {"op": "Remove", "path": f'members[value eq "{user}"]'},
    ],
    ids=["as Entra by default", "as RFC 7644"],
)
def test_members_come_and_go(client: httpx.Client, remove: object) -> None:
    assert callable(remove)
    user, group = made(client), made_group(client)
    add = patch({"op": "Add", "path": "members", "value": [{"value": user}]})
    response = client.patch(f"/Groups/{group}", json=add)
    assert (response.status_code, response.content) == (204, b"")
    assert client.patch(f"/Groups/{group}", json=add).status_code == 204
    assert len(found(client, "Groups", f'members.value eq "{user}"')) == 1
    assert client.patch(f"/Groups/{group}", json=patch(remove(user))).status_code == 204
    assert found(client, "Groups", f'members.value eq "{user}"') == []


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "members"},
        {"op": "replace", "path": "members", "value": []},
        {"op": "replace", "value": {"members": []}},
        {"op": "add", "path": "members", "value": [{"value": f"u{number}"} for number in range(101)]},
    ],
    ids=["remove all", "replace all", "replace all without path", "more than 100"],
)
def test_members_are_not_changed_wholesale(client: httpx.Client, operation: Json) -> None:
    assert client.patch(f"/Groups/{made_group(client)}", json=patch(operation)).status_code == 400


def test_a_member_must_exist_and_nothing_is_written_otherwise(client: httpx.Client) -> None:
    group = made_group(client)
    both = patch(
        {"op": "replace", "path": "displayName", "value": "New"},
        {"op": "add", "path": "members", "value": [{"value": "nobody"}]},
    )
    assert client.patch(f"/Groups/{group}", json=both).status_code == 404
    assert client.get(f"/Groups/{group}").json()["displayName"] == "Team"


def test_group_names_are_unique(client: httpx.Client) -> None:
    made_group(client)
    response = client.post("/Groups", json={"schemas": [GROUP], "displayName": "TEAM"})
    assert (response.status_code, response.json()["detail"]) == (409, "Duplicate GroupDisplayName")


# Finding


@pytest.mark.parametrize(
    "endpoint,text",
    [
        ("Users", 'userName sw "a"'),
        ("Users", 'userName eq "a" or userName eq "b"'),
        ("Users", 'displayName eq "a"'),
        ("Users", 'userName eq "a" and externalId eq "b"'),
        ("Groups", 'userName eq "a"'),
        ("Groups", "displayName pr"),
        ("Users", "userName eq a"),
        ("Users", 'userName eq "a" plus'),
    ],
)
def test_other_filters_are_invalid(client: httpx.Client, endpoint: str, text: str) -> None:
    assert client.get(f"/{endpoint}", params={"filter": text}).status_code == 400


def test_users_and_groups_are_found_by_name_and_by_external_id(client: httpx.Client) -> None:
    user = made(client)
    for text in ('userName eq "ANA@example.com"', 'externalId eq "external-ana"'):
        assert [each["id"] for each in found(client, "Users", text)] == [user]
    assert found(client, "Users", 'externalId eq "EXTERNAL-ANA"') == []
    assert len(found(client, "Groups", f'displayName eq "{world.GROUP}"')) == 1


def test_without_a_cursor_the_first_page_comes_in_the_old_shape(client: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.state.page_size = 2
    page = client.get("/Users", params={"startIndex": "3", "attributes": "id"}).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 1, 2)
    assert "userName" in page["Resources"][0]
    assert "nextCursor" not in page


def test_cursors_lead_through_all_pages_without_a_total(client: httpx.Client) -> None:
    names, cursor = [], ""
    while True:
        page = client.get("/Users", params={"cursor": cursor, "count": "2"}).json()
        assert "totalResults" not in page
        assert "startIndex" not in page
        names += [each["userName"] for each in page["Resources"]]
        if "nextCursor" not in page:
            break
        cursor = page["nextCursor"]
    assert len(set(names)) == 3


def test_a_cursor_keeps_its_filter(client: httpx.Client) -> None:
    cursor = client.get("/Users", params={"cursor": "", "count": "1"}).json()["nextCursor"]
    wrong = {"cursor": cursor, "count": "1", "filter": 'userName eq "a"'}
    assert client.get("/Users", params=wrong).status_code == 400
    assert client.get("/Users", params={"cursor": "nonsense"}).status_code == 400
    assert client.get("/Users", params={"count": "101"}).status_code == 400


# Discovery, and what is not there


def test_the_provider_tells_what_it_can(client: httpx.Client) -> None:
    told = client.get("/ServiceProviderConfig").json()
    can = {name: told[name]["supported"] for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag")}
    assert can == {"patch": True, "bulk": False, "filter": True, "changePassword": False, "sort": False, "etag": False}
    assert told["authenticationSchemes"][0]["type"] == "oauthbearertoken"


def test_schemas_and_resource_types_are_told(client: httpx.Client) -> None:
    schemas = client.get("/Schemas").json()["Resources"]
    assert {each["id"] for each in schemas} == {USER, GROUP, ENTERPRISE}
    assert client.get(f"/Schemas/{GROUP}").json()["name"] == "Group"
    assert {each["name"] for each in client.get("/ResourceTypes").json()["Resources"]} == {"User", "Group"}


@pytest.mark.parametrize(
    "method,path",
    [("GET", "/Me"), ("POST", "/Bulk"), ("POST", "/.search"), ("POST", "/Users/.search"), ("PUT", "/Groups/x")],
)
def test_the_rest_of_the_protocol_is_not_there(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path, json={}).status_code == 404


@pytest.mark.parametrize(
    "method,path,operation,writes",
    [
        ("GET", "Users", "ListUsers", False),
        ("GET", "Groups/x", "GetGroup", False),
        ("PATCH", "Users/x", "PatchUser", True),
        ("POST", "Groups", "CreateGroup", True),
        ("GET", "ServiceProviderConfig", "GetServiceProviderConfig", False),
    ],
)
def test_a_request_is_described_for_the_log(method: str, path: str, operation: str, writes: bool) -> None:  # noqa: FBT001
    request = Request(method, f"/scim/tenant-1/scim/v2/{path}", "", {}, b"", "https://127.0.0.1")
    assert scim.describe(request) == ("tenant-1", operation, writes)


def test_reading_does_not_pay_for_the_protocol_library() -> None:
    code = "import sys, xtcheck.sandbox.scim; sys.exit(any(name.startswith('scim2') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# The job of the AWS app


@pytest.fixture(scope="module")
def built() -> State:
    state = worlds.build("blog")
    state.snapshot()
    return state


@pytest.fixture
def state(built: State) -> Iterator[State]:
    yield built
    built.restore()


class Job:
    """The AWS job of the shared tenant, and what it has done."""

    def __init__(self, state: State) -> None:
        self.state, self.tenant = state, state.tree["tenants"]["shared"]
        ((self.principal, self.synchronization),) = self.tenant["synchronization"].items()
        ((self.id, self.document),) = self.synchronization["jobs"].items()
        self.store = state.tree["aws"]["main"]["identityStores"][world.STORE]

    def run(self) -> Json:
        """One cycle; the job's status after it."""
        jobs.run(self.state, "shared", self.principal, self.id)
        return self.document["status"]

    def user(self, local: str) -> Json:
        """The user of the shared tenant whose address begins so."""
        (user,) = [each for each in self.tenant["users"].values() if each["userPrincipalName"].startswith(local)]
        return user

    def arrived(self, local: str) -> Json:
        """The user of the identity store whose name begins so."""
        (user,) = [
            each for each in self.store["users"].values() if each["UserName"].startswith(local.replace("_", "@"))
        ]
        return user

    def mapping(self, kind: str) -> Json:
        """The mapping of users, or groups."""
        (schema,) = self.synchronization["schemas"].values()
        found = [each for rule in schema["synchronizationRules"] for each in rule["objectMappings"]]
        return next(each for each in found if each["sourceObjectName"] == kind)

    def mappings(self) -> list[Json]:
        """The attribute mappings of users."""
        mappings: list[Json] = self.mapping("User")["attributeMappings"]
        return mappings


@pytest.fixture
def job(state: State) -> Job:
    return Job(state)


def test_a_cycle_without_changes_sends_nothing(job: Job, state: State) -> None:
    def all_but_events() -> str:
        return str({**state.tree["aws"]["main"], "scimEvents": []})

    before, events = all_but_events(), len(state.tree["aws"]["main"]["scimEvents"])
    status = job.run()
    assert (status["code"], status["lastExecution"]["state"]) == ("Active", "Succeeded")
    assert status["lastExecution"]["countExported"] == 0
    assert all_but_events() == before
    probe = state.tree["aws"]["main"]["scimEvents"][events:]
    assert [event["EventName"] for event in probe] == ["ListUsers"]


def test_a_changed_attribute_is_sent_and_a_cleared_one_is_not(job: Job) -> None:
    job.user("sofia_")["displayName"] = "Sofia M."
    job.user("sofia_")["jobTitle"] = None
    assert job.run()["lastExecution"]["countExported"] == 1
    assert job.arrived("sofia_")["DisplayName"] == "Sofia M."
    assert job.arrived("sofia_")["Title"] == "DevOps Engineer"


def test_a_new_member_of_the_group_is_provisioned_with_the_membership(job: Job) -> None:
    (members,) = [ids for ids in job.tenant["members"].values() if len(ids) == 3]
    pat = job.user("pat_")
    members.append(pat["id"])
    job.run()
    user = job.arrived("pat_")["UserId"]
    assert user in [each["MemberId"]["UserId"] for each in job.store["memberships"].values()]


def test_who_leaves_the_scope_is_disabled_and_who_is_deleted_for_good_is_deleted(job: Job) -> None:
    (members,) = [ids for ids in job.tenant["members"].values() if len(ids) == 3]
    mary, nikki = job.user("mary_"), job.user("nikki_")
    for user in (mary, nikki):
        members.remove(user["id"])
    del job.tenant["users"][nikki["id"]]
    job.run()
    assert job.arrived("mary_")["UserStatus"] == "DISABLED"
    assert len(job.store["memberships"]) == 1
    assert not [each for each in job.store["users"].values() if each["UserName"].startswith("nikki_")]


def test_mappings_that_do_not_delete_leave_who_and_what_left(job: Job) -> None:
    job.mapping("User")["flowTypes"] = job.mapping("Group")["flowTypes"] = "Add, Update"
    mary = job.user("mary_")
    for members in job.tenant["members"].values():
        if mary["id"] in members:
            members.remove(mary["id"])
    job.run()
    assert job.arrived("mary_")["UserStatus"] == "ENABLED"
    assert len(job.store["memberships"]) == 2, "the group is updated all the same"
    for key in [key for key, each in job.tenant["appRoleAssignments"].items() if each["principalType"] == "Group"]:
        del job.tenant["appRoleAssignments"][key]
    job.run()
    assert len(job.store["groups"]) == 1


def test_mappings_that_do_not_update_or_add_change_nobody_and_bring_nobody(job: Job) -> None:
    job.mapping("User")["flowTypes"] = job.mapping("Group")["flowTypes"] = "None"
    (members,) = [ids for ids in job.tenant["members"].values() if len(ids) == 3]
    members.append(job.user("pat_")["id"])
    job.user("sofia_")["displayName"] = "Sofia M."
    assert job.run()["lastExecution"]["countExported"] == 0
    assert job.arrived("sofia_")["DisplayName"] != "Sofia M."
    assert len(job.store["users"]) == len(job.store["memberships"]) == 3
    job.mapping("User")["flowTypes"] = "Add"
    job.run()
    assert job.arrived("pat_")
    assert len(job.store["memberships"]) == 3


def test_a_disabled_account_is_disabled_there(job: Job) -> None:
    job.user("mary_")["accountEnabled"] = False
    job.run()
    assert job.arrived("mary_")["UserStatus"] == "DISABLED"
    assert len(job.store["memberships"]) == 3


def test_a_user_without_a_last_name_is_skipped_and_counted(job: Job) -> None:
    job.user("mary_")["surname"] = None
    job.user("sofia_")["displayName"] = "Sofia M."
    execution = job.run()["lastExecution"]
    assert (execution["state"], execution["countEscrowed"]) == ("EntryLevelErrors", 1)
    assert job.arrived("sofia_")["DisplayName"] == "Sofia M."


def test_a_clash_stops_one_object_and_not_the_job(job: Job) -> None:
    job.user("mary_")["userPrincipalName"] = job.user("sofia_")["userPrincipalName"]
    assert job.run()["lastExecution"]["state"] == "EntryLevelErrors"


def test_a_group_that_is_no_longer_assigned_is_deleted(job: Job) -> None:
    given = job.tenant["appRoleAssignments"]
    for key in [key for key, each in given.items() if each["principalId"] in job.tenant["groups"]]:
        del given[key]
    job.run()
    assert job.store["groups"] == {}
    assert job.arrived("sofia_")["UserStatus"] == "ENABLED"


def test_who_is_assigned_with_default_access_alone_is_disabled(job: Job) -> None:
    for given in job.tenant["appRoleAssignments"].values():
        given["appRoleId"] = "00000000-0000-0000-0000-000000000000"
    job.run()
    assert job.store["groups"] == {}
    assert {job.arrived(name)["UserStatus"] for name in ("sofia_", "nikki_", "mary_")} == {"DISABLED"}


@pytest.mark.parametrize(
    "key,value",
    [
        ("SecretToken", "wrong"),
        ("BaseAddress", "https://scim.us-east-1.amazonaws.com/nobody/scim/v2"),
        ("BaseAddress", f"https://scim.us-east-1.amazonaws.com/{world.SCIM_TENANT}/scim/v2/"),
        ("BaseAddress", "https://example.com"),
    ],
)
def test_bad_credentials_put_the_job_into_quarantine_until_they_are_right(job: Job, key: str, value: str) -> None:
    secrets = job.synchronization["secrets"]
    right = secrets[key]
    secrets[key] = value
    job.run()
    status = job.run()
    assert (status["code"], status["countSuccessiveCompleteFailures"]) == ("Quarantine", 2)
    assert status["quarantine"]["reason"] == "EncounteredQuarantineException"
    assert status["quarantine"]["error"]["code"] == "SystemForCrossDomainIdentityManagementInvalidCredentials"
    secrets[key] = right
    status = job.run()
    assert (status["code"], status["quarantine"], status["countSuccessiveCompleteFailures"]) == ("Active", None, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"source": {"type": "Function", "name": "Soundex", "expression": "Soundex([x])", "parameters": []}},
        {"targetAttributeName": "emails[0]"},
    ],
)
def test_a_mapping_that_the_engine_does_not_know_stops_the_job_before_it_writes(job: Job, changed: Json) -> None:
    job.mappings()[0].update(changed)
    job.user("sofia_")["displayName"] = "Sofia M."
    status = job.run()
    assert (status["code"], status["quarantine"]["error"]["code"]) == ("Quarantine", "SchemaInvalid")
    assert job.arrived("sofia_")["DisplayName"] != "Sofia M."


def test_a_changed_mapping_changes_what_is_sent(job: Job) -> None:
    (name,) = [each for each in job.mappings() if each["targetAttributeName"] == "userName"]
    name["source"] = {"type": "Attribute", "name": "mailNickname", "expression": "[mailNickname]", "parameters": []}
    job.run()
    assert job.arrived("sofia")["UserName"] == "sofia"


def test_an_external_user_is_sent_under_his_name_at_home_unless_the_mapping_asks_for_the_other(job: Job) -> None:
    assert job.arrived("sofia@")["UserName"] == "sofia@anyorganizationone.com"
    (name,) = [each for each in job.mappings() if each["targetAttributeName"] == "userName"]
    name["source"] |= {"name": "originalUserPrincipalName", "expression": "[originalUserPrincipalName]"}
    job.run()
    here = "sofia_anyorganizationone.com#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com"
    assert job.arrived("sofia")["UserName"] == here


def test_a_job_without_a_schema_uses_the_defaults(job: Job) -> None:
    job.synchronization["schemas"].clear()
    job.run()
    sofia = job.user("sofia_")
    assert job.arrived("sofia_")["ExternalIds"][0]["Id"] == sofia["id"]


def test_what_changes_in_aws_alone_stays_until_the_job_is_restarted(job: Job, state: State) -> None:
    for key in list(job.store["memberships"]):
        del job.store["memberships"][key]
    job.run()
    assert job.store["memberships"] == {}
    job.synchronization["links"].clear()
    job.run()
    assert len(job.store["memberships"]) == 3
