"""Faults on writes: refused before and after they took effect, dropped, late, half done, unanswered, overtaken."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.aws_client import refusal
from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer, code
from xtcheck.sandbox import effects
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.worlds.names import STRANGER, TENANTS

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
ONE = f"{PARTNERS}/{TENANTS['one']}"
CHANGE = {"inboundTrust": None}
PATCH = {"service": "graph", "tenant": "shared", "method": "PATCH", "path": "*/partners/*"}


@pytest.fixture
def shared(blog: Client) -> Writer:
    return Writer(blog, "shared")


def trust(writer: Writer) -> Any:
    return writer.get(ONE)["inboundTrust"]


@pytest.mark.parametrize("status", [403, 409, 412, 429, 500])
@pytest.mark.parametrize("after", [False, True])
def test_a_write_is_refused_before_or_after_it_took_effect(
    blog: Client, shared: Writer, status: int, *, after: bool
) -> None:
    blog.fault({"status": status} | ({"after": True} if after else {}), times=1, **PATCH)
    assert shared("PATCH", ONE, CHANGE).status_code == status
    assert (trust(shared) is None) is after


def test_a_write_is_dropped_in_silence(blog: Client, shared: Writer) -> None:
    before = json.dumps(blog.state.tree)
    blog.fault({"dropped": True}, times=1, **PATCH)
    assert shared("PATCH", ONE, CHANGE).status_code == 204
    assert json.dumps(blog.state.tree) == before
    assert shared("PATCH", ONE, CHANGE).status_code == 204
    assert trust(shared) is None


def test_a_write_comes_late(blog: Client, shared: Writer) -> None:
    blog.fault({"late": 2}, times=1, **PATCH)
    assert shared("PATCH", ONE, CHANGE).status_code == 204
    assert [trust(shared) is None for _ in range(4)] == [False, False, True, True]


def test_a_late_write_undoes_nothing_that_came_before_it(blog: Client, shared: Writer) -> None:
    blog.fault({"late": 1}, times=1, **PATCH)
    shared("PATCH", ONE, CHANGE)
    assert shared("PATCH", f"{PARTNERS}/{TENANTS['two']}", CHANGE).status_code == 204
    assert [shared.get(f"{PARTNERS}/{TENANTS[each]}")["inboundTrust"] for each in ("one", "two")] == [None, None]


def test_a_new_application_is_not_there_at_once(blog: Client, shared: Writer) -> None:
    blog.fault({"late": 3}, times=1, method="POST", path="*/instantiate")
    made = shared("POST", f"/applicationTemplates/{templates.AWS}/instantiate", {"displayName": "New"}).json()
    path = f"/servicePrincipals/{made['servicePrincipal']['id']}"
    mode = {"preferredSingleSignOnMode": "saml"}
    statuses = [shared("PATCH", path, mode).status_code for _ in range(2)]
    assert [*statuses, shared("GET", path).status_code] == [404, 404, 404]
    assert shared("PATCH", path, mode).status_code == 204
    assert shared.get(path)["preferredSingleSignOnMode"] == "saml"


def test_half_of_a_write_is_done(blog: Client, shared: Writer) -> None:
    blog.fault({"partly": True, "status": 500}, times=1, method="POST", path="*/instantiate")
    before = len(blog.state.tree["tenants"]["shared"]["servicePrincipals"])
    instantiate = f"/applicationTemplates/{templates.AWS}/instantiate"
    assert shared("POST", instantiate, {"displayName": "Half"}).status_code == 500
    found = shared.get("/applications?$filter=displayName eq 'Half'")["value"]
    assert len(found) + len(blog.state.tree["tenants"]["shared"]["servicePrincipals"]) == before + 1 + 1
    assert "Half" in json.dumps(blog.state.tree)


def test_an_answer_never_comes_after_the_write_took_effect(blog: Client, shared: Writer) -> None:
    blog.fault({"lost": True, "stall": True}, times=1, **PATCH)
    with pytest.raises(httpx.ReadTimeout):
        shared("PATCH", ONE, CHANGE, timeout=0.5)
    assert trust(shared) is None


def test_an_answer_is_lost_after_the_write_took_effect(blog: Client, shared: Writer) -> None:
    blog.fault({"lost": True}, times=1, method="POST", path="*/partners")
    with pytest.raises(httpx.TransportError):
        shared("POST", PARTNERS, {"tenantId": STRANGER})
    assert shared.get(f"{PARTNERS}/{STRANGER}")["tenantId"] == STRANGER
    entries = [each for each in blog.admin.get("/log").json()["entries"] if each["write"]]
    assert [(each["method"], each["status"]) for each in entries] == [("POST", 0)]


def test_somebody_else_writes_in_between(blog: Client, shared: Writer) -> None:
    place = f"/tenants/shared/crossTenantAccessPolicy/partners/{TENANTS['one']}/inboundTrust/isMfaAccepted"
    theirs = {"op": "replace", "path": place, "value": False}
    blog.fault({"meanwhile": [theirs]}, times=1, **PATCH)
    assert shared("PATCH", ONE, {"b2bCollaborationInbound": None}).status_code == 204
    assert trust(shared)["isMfaAccepted"] is False
    blog.fault({"meanwhile": [theirs | {"path": "/tenants/shared/nothing"}]}, times=1, **PATCH)
    assert shared("PATCH", ONE, CHANGE).status_code == 501
    assert trust(shared) is not None


def test_a_read_is_answered_as_if_nothing_had_been_written(blog: Client, shared: Writer) -> None:
    blog.fault({"stale": True}, times=2, method="GET", path="*/partners/*")
    assert trust(shared) is not None
    assert shared("PATCH", ONE, CHANGE).status_code == 204
    assert [trust(shared) is None for _ in range(4)] == [False, False, True, True]


def test_items_of_a_batch_suffer_the_same(blog: Client, shared: Writer) -> None:
    blog.fault({"late": 1}, times=1, **PATCH)
    url = ONE.removeprefix("/v1.0")
    item = {"id": "1", "method": "PATCH", "url": url, "headers": {"Content-Type": "application/json"}, "body": CHANGE}
    answer = shared("POST", "/$batch", {"requests": [item]})
    assert [each["status"] for each in answer.json()["responses"]] == [204]
    assert [trust(shared) is None for _ in range(2)] == [False, True]
    (entry,) = [each for each in blog.admin.get("/log").json()["entries"] if each["write"]]
    assert (entry["items"][0]["write"], entry["items"][0]["body"]) == (True, CHANGE)


def test_aws_writes_suffer_too(blog: Client) -> None:
    from tests.sandbox.aws_client import client
    from xtcheck.sandbox.aws import world

    class Running:
        connection = blog.connection

    write = blog.connection["aws"]["main"]["write"]
    keys = {"aws_access_key_id": write["access-key-id"], "aws_secret_access_key": write["secret-access-key"]}
    sso = client(Running, "sso-admin", **keys)  # type: ignore[arg-type]
    instance = {"InstanceArn": world.INSTANCE}
    faults: list[tuple[dict[str, Any], str]] = [
        ({"status": 400, "code": "ConflictException", "after": True}, "Made"),
        ({"status": 400, "code": "ThrottlingException"}, "Throttled"),
        ({"dropped": True}, "Dropped"),
        ({"late": 0}, "Late"),
    ]
    for do, name in faults:
        blog.fault(do, times=1, service="sso-admin", path="CreatePermissionSet")
        if "status" in do:
            assert refusal(sso.create_permission_set, **instance, Name=name)[0] == do["code"]
        else:
            assert sso.create_permission_set(**instance, Name=name)["PermissionSet"]["Name"] == name
    arns = sso.list_permission_sets(**instance)["PermissionSets"]
    held = [sso.describe_permission_set(**instance, PermissionSetArn=arn)["PermissionSet"]["Name"] for arn in arns]
    assert held == ["ReadOnlyAccess", "Made", "Late"]


@pytest.mark.parametrize("do", [{"late": "2"}, {"late": True}, {"meanwhile": {}}, {"dropped": 1}])
def test_a_fault_of_the_wrong_type_is_refused(blog: Client, do: dict[str, Any]) -> None:
    answer = blog.admin.put("/faults", json=[{"match": {}, "do": do}])
    assert answer.status_code == 400
    assert "wrong type" in answer.json()["error"]


def test_writes_can_be_faulted_and_reads_not(blog: Client, shared: Writer) -> None:
    blog.fault({"status": 503}, write=True)
    assert code(shared("PATCH", ONE, CHANGE)) == (503, "ServiceNotAvailable")
    assert trust(shared) is not None


ATOMS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
NAMES = st.sampled_from("abcd")
TREES = st.recursive(
    ATOMS | st.lists(ATOMS, max_size=3), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


@settings(max_examples=50)
@given(before=st.dictionaries(NAMES, TREES, max_size=4), after=st.dictionaries(NAMES, TREES, max_size=4))
def test_the_differences_of_two_trees_make_one_of_the_other(before: Any, after: Any) -> None:
    made = copy.deepcopy(before)
    effects.apply(made, list(effects.differences(before, after)))
    assert made == after


def test_objects_of_a_list_come_and_go_beside_others() -> None:
    before = {"list": [{"id": 1}, {"id": 2}]}
    changes = list(effects.differences(before, {"list": [{"id": 2}, {"id": 3}]}))
    made = {"list": [{"id": 1}, {"id": 2}, {"id": 9}]}
    effects.apply(made, changes)
    assert made == {"list": [{"id": 2}, {"id": 9}, {"id": 3}]}
    gone: dict[str, Any] = {}
    effects.apply(gone, changes)
    assert gone == {}
