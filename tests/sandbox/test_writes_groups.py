"""Writing groups at the wire: made, changed in place, their members; the engine follows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer, code
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import TENANTS, object_id

DEVOPS = f"/groups/{object_id(TENANTS['shared'], 'group', scenario.DEVOPS)}"
USERS = f"/groups/{object_id(TENANTS['one'], 'group', scenario.AWS_USERS)}"
JORGE = object_id(TENANTS["one"], "user", "Jorge Souza")
SALES = {
    "displayName": "Sales", "description": "Who sells", "mailEnabled": False, "mailNickname": "sales",
    "securityEnabled": True, "groupTypes": ["DynamicMembership"],
    "membershipRule": '(user.department -eq "Sales")', "membershipRuleProcessingState": "On",
}  # fmt: skip
PLAIN = {"displayName": "Plain", "mailEnabled": False, "mailNickname": "plain", "securityEnabled": True}


@pytest.fixture
def shared(blog: Client) -> Writer:
    return Writer(blog, "shared")


@pytest.fixture
def one(blog: Client) -> Writer:
    return Writer(blog, "one")


def members(writer: Writer, path: str) -> set[str]:
    return {each["displayName"] for each in writer.get(f"{path}/members?$select=displayName")["value"]}


def reference(identifier: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{identifier}"}


def test_a_dynamic_group_gets_its_members_when_the_engine_looks(blog: Client, shared: Writer) -> None:
    answer = shared("POST", "/groups", SALES)
    assert answer.status_code == 201
    made = answer.json()
    path = f"/groups/{made['id']}"
    assert SALES.items() <= shared.get(path).items()
    assert members(shared, path) == set()
    blog.admin.post("/clock", json={"advance": "PT1M"})
    assert members(shared, path) == {"Carlos Salazar|AnyOrganizationTwo"}


def test_names_are_not_unique(shared: Writer) -> None:
    first, second = (shared("POST", "/groups", PLAIN).json() for _ in range(2))
    assert first["id"] != second["id"]
    assert len(shared.get("/groups?$filter=displayName eq 'Plain'")["value"]) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"mailNickname": None}, {"mailNickname": "with space"}, {"mailNickname": "a" * 65}, {"displayName": ""},
        {"mailEnabled": True}, {"securityEnabled": False}, {"membershipRule": "user.department"},
        {"membershipRuleProcessingState": "On"}, {"groupTypes": ["DynamicMembership"]}, {"id": "x"}, {"nmae": "x"},
        {"groupTypes": ["DynamicMembership"], "membershipRule": "(user.department -eq \u201cDevOps\u201d)"},
        {"groupTypes": ["DynamicMembership"], "membershipRule": "x" * 3073},
        {"groupTypes": ["DynamicMembership"], "membershipRule": "x", "membershipRuleProcessingState": "Off"},
        {"createdDateTime": "2026-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_no_group_can_be_is_refused(shared: Writer, change: dict[str, Any]) -> None:
    if change == {"groupTypes": ["DynamicMembership"]}:
        change |= {"membershipRule": ""}
    assert shared("POST", "/groups", PLAIN | change).status_code == 400


def test_a_rule_is_changed_in_place_and_members_follow(blog: Client, shared: Writer) -> None:
    before = members(shared, DEVOPS)
    assert shared("PATCH", DEVOPS, {"membershipRule": SALES["membershipRule"]}).status_code == 204
    assert members(shared, DEVOPS) == before
    blog.admin.post("/settle")
    assert members(shared, DEVOPS) == {"Carlos Salazar|AnyOrganizationTwo"}
    assert shared("PATCH", DEVOPS, {"membershipRuleProcessingState": "Paused", "description": "x"}).status_code == 204
    found = shared.get(DEVOPS)
    assert (found["membershipRuleProcessingState"], found["description"]) == ("Paused", "x")
    assert shared("PATCH", DEVOPS, {"description": None}).status_code == 204
    assert shared.get(DEVOPS)["description"] is None


@pytest.mark.parametrize(
    "body", [{"mailEnabled": True}, {"isAssignableToRole": True}, {"id": "x"}, {"groupTypes": None}]
)
def test_what_is_chosen_when_a_group_is_made_stays(shared: Writer, body: dict[str, Any]) -> None:
    assert shared("PATCH", DEVOPS, body).status_code == 400


def test_a_group_that_becomes_dynamic_loses_its_members_and_one_that_becomes_assigned_keeps_them(
    blog: Client, one: Writer
) -> None:
    rule = '(user.department -eq "Finance")'
    assert one("PATCH", USERS, {"membershipRule": rule}).status_code == 400
    assert one("PATCH", USERS, {"groupTypes": ["DynamicMembership"]}).status_code == 400
    assert one("PATCH", USERS, {"groupTypes": ["DynamicMembership"], "membershipRule": rule}).status_code == 204
    assert members(one, USERS) == set()
    blog.admin.post("/settle")
    assert members(one, USERS) == {"Pat Candella"}
    assert one("PATCH", USERS, {"groupTypes": [], "membershipRule": rule}).status_code == 400
    assert one("PATCH", USERS, {"groupTypes": [], "membershipRuleProcessingState": "On"}).status_code == 400
    assert one("PATCH", USERS, {"groupTypes": [], "membershipRuleProcessingState": "Paused"}).status_code == 204
    found = one.get(USERS)
    assert members(one, USERS) == {"Pat Candella"}
    assert (found["membershipRule"], found["membershipRuleProcessingState"]) == (rule, "Paused")
    gone: dict[str, Any] = {"groupTypes": [], "membershipRule": None, "membershipRuleProcessingState": None}
    assert one("PATCH", USERS, gone).status_code == 204
    assert one.get(USERS)["membershipRule"] is None


def test_members_of_an_assigned_group_come_and_go(one: Writer) -> None:
    assert one("POST", f"{USERS}/members/$ref", reference(JORGE)).status_code == 204
    assert "Jorge Souza" in members(one, USERS)
    assert one("POST", f"{USERS}/members/$ref", reference(JORGE)).status_code == 400
    assert one("DELETE", f"{USERS}/members/{JORGE}/$ref").status_code == 204
    assert "Jorge Souza" not in members(one, USERS)
    assert one("DELETE", f"{USERS}/members/{JORGE}/$ref").status_code == 404
    assert one("POST", f"{USERS}/members/$ref", reference(TENANTS["one"])).status_code == 404
    assert one("POST", f"{USERS}/members/$ref", {"@odata.id": JORGE}).status_code == 400
    bound = [reference(JORGE)["@odata.id"]]
    assert one("PATCH", USERS, {"members@odata.bind": bound}).status_code == 204
    assert "Jorge Souza" in members(one, USERS)
    made = one("POST", "/groups", PLAIN | {"members@odata.bind": bound}).json()
    assert members(one, f"/groups/{made['id']}") == {"Jorge Souza"}


def test_nobody_is_put_into_a_dynamic_group_by_hand(shared: Writer) -> None:
    someone = shared.get(f"{DEVOPS}/members")["value"][0]["id"]
    assert shared("DELETE", f"{DEVOPS}/members/{someone}/$ref").status_code == 403
    assert shared("POST", f"{DEVOPS}/members/$ref", reference(someone)).status_code == 403


def test_a_deleted_group_is_assigned_to_nothing(blog: Client, shared: Writer) -> None:
    assert shared("DELETE", DEVOPS).status_code == 204
    assert shared("GET", DEVOPS).status_code == 404
    assert shared("DELETE", DEVOPS).status_code == 404
    given = blog.state.tree["tenants"]["shared"]["appRoleAssignments"].values()
    assert [each["principalType"] for each in given] == ["User"]


@pytest.mark.parametrize("name, status", [("isAssignableToRole", 403), ("mailEnabled", 400)])
def test_a_group_to_which_roles_may_be_assigned_or_with_mail_is_not_deleted(
    blog: Client, one: Writer, name: str, status: int
) -> None:
    identifier = USERS.rpartition("/")[2]
    blog.drift({"op": "replace", "path": f"/tenants/one/groups/{identifier}/{name}", "value": True})
    assert one("DELETE", USERS).status_code == status
    assert one("GET", USERS).status_code == 200


def test_what_a_group_is_assigned_to_and_in_is_told(blog: Client, one: Writer) -> None:
    reader = Writer(blog, "shared", "GroupMember.Read.All")
    assert code(reader("GET", f"{DEVOPS}/appRoleAssignments")) == (403, "Authorization_RequestDenied")
    able = Writer(blog, "shared", "Directory.Read.All").get(f"{DEVOPS}/appRoleAssignments")["value"]
    known = blog.state.tree["tenants"]["shared"]["appRoleAssignments"].values()
    assert able
    assert [each["id"] for each in able] == [each["id"] for each in known if each["principalType"] == "Group"]
    inner = one("POST", "/groups", PLAIN).json()["id"]
    assert one.get(f"/groups/{inner}/memberOf")["value"] == []
    assert one("POST", f"{USERS}/members/$ref", reference(inner)).status_code == 204
    assert [each["displayName"] for each in one.get(f"/groups/{inner}/memberOf")["value"]] == ["AWS Users"]


def test_writing_groups_wants_its_permissions(blog: Client) -> None:
    reader, creator = Writer(blog, "one", "Group.Read.All"), Writer(blog, "one", "Group.Create")
    for method, path, sent in (("POST", "/groups", PLAIN), ("PATCH", USERS, {}), ("DELETE", USERS, None)):
        assert code(reader(method, path, sent)) == (403, "Authorization_RequestDenied")
    made = creator("POST", "/groups", PLAIN)
    # It makes groups without an owner, which it cannot change afterwards.
    assert made.status_code == 201
    assert creator("PATCH", f"/groups/{made.json()['id']}", {"description": "x"}).status_code == 403


def test_dynamic_groups_take_a_premium_licence(blog: Client, shared: Writer) -> None:
    blog.state.tree["tenants"]["shared"]["subscribedSkus"].clear()
    assert shared("POST", "/groups", SALES).status_code == 400
    assert shared("POST", "/groups", PLAIN).status_code == 201
