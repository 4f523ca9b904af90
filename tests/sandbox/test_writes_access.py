"""Writing cross-tenant access settings at the wire, as the reference pages say it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer, code
from xtcheck.sandbox.worlds.names import STRANGER, TENANTS

POLICY = "/policies/crossTenantAccessPolicy"
PARTNERS = f"{POLICY}/partners"
ONE = f"{PARTNERS}/{TENANTS['one']}"
SYNC = f"{ONE}/identitySynchronization"
NEW = f"{PARTNERS}/{STRANGER}"
SOME = {"target": "11111111-2222-4333-8444-555555555555", "targetType": "user"}


@pytest.fixture
def shared(blog: Client) -> Writer:
    return Writer(blog, "shared")


def test_a_new_partner_inherits_what_is_not_said(shared: Writer) -> None:
    answer = shared("POST", PARTNERS, {"tenantId": STRANGER, "inboundTrust": {"isMfaAccepted": True}})
    assert answer.status_code == 201
    made = shared.get(NEW)
    assert {**answer.json(), "@odata.context": ""} == {**made, "@odata.context": ""}
    assert made["b2bCollaborationInbound"] is None
    assert made["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": None}
    assert made["inboundTrust"] == {
        "isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False,
    }  # fmt: skip


def test_a_partner_is_made_once(shared: Writer) -> None:
    before = shared.get(ONE)
    answer = shared("POST", PARTNERS, {"tenantId": TENANTS["one"].upper()})
    assert code(answer) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert answer.json()["error"]["details"][0]["code"] == "ConflictingObjects"
    assert shared.get(ONE) == before


def test_a_patch_changes_the_settings_it_names_each_whole(shared: Writer) -> None:
    before = shared.get(ONE)
    answer = shared("PATCH", ONE, {"automaticUserConsentSettings": {"outboundAllowed": True}})
    assert (answer.status_code, answer.content) == (204, b"")
    # The other half was not sent, and is not kept.
    consent = {"inboundAllowed": None, "outboundAllowed": True}
    assert shared.get(ONE) == before | {"automaticUserConsentSettings": consent}


def test_null_inherits_again(shared: Writer) -> None:
    assert shared("PATCH", ONE, {"inboundTrust": None, "automaticUserConsentSettings": None}).status_code == 204
    found = shared.get(ONE)
    assert found["inboundTrust"] is None
    assert found["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": None}


@pytest.mark.parametrize(
    "body, says",
    [
        ({"isServiceProvider": False}, (403, "Authorization_RequestDenied")),
        ({"isInMultiTenantOrganization": False}, (400, "Request_BadRequest")),
        ({"tenantId": TENANTS["one"]}, (400, "Request_BadRequest")),
        ({"inboundTrusts": {}}, (400, "Request_BadRequest")),
        ({"inboundTrust": {"isMfaAccepted": "yes"}}, (400, "Request_BadRequest")),
        ({"inboundTrust": {"isCompliantNetworkAccepted": True}}, (400, "Request_BadRequest")),
        ({"blockServiceProviderOutboundAccess": True}, (400, "Request_BadRequest")),
        ({"identitySynchronization": {}}, (400, "Request_BadRequest")),
        ({"tenantRestrictions": {"@odata.type": "#microsoft.graph.x"}}, (400, "Request_BadRequest")),
        ({"b2bCollaborationInbound": {"usersAndGroups": {"accessType": "allowed", "targets": []}}},
         (400, "Request_BadRequest")),
        ({"b2bCollaborationInbound": {"usersAndGroups": {"accessType": " blocked", "targets": [SOME]}}},
         (400, "Request_BadRequest")),
        ({"b2bCollaborationInbound": {"applications": {"accessType": "allowed", "targets": [
            {"target": "AllUsers", "targetType": "application"}]}}}, (400, "Request_BadRequest")),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_changes_nothing(
    shared: Writer, body: dict[str, Any], says: tuple[int, str]
) -> None:
    before = shared.get(ONE)
    assert code(shared("PATCH", ONE, body)) == says
    assert shared.get(ONE) == before


def test_a_whole_document_cannot_be_sent_back(shared: Writer) -> None:
    whole = {name: value for name, value in shared.get(ONE).items() if not name.startswith("@")}
    assert shared("PATCH", ONE, whole).status_code in (400, 403)


def test_writing_wants_its_permission(blog: Client) -> None:
    reader = Writer(blog, "shared", "Policy.Read.All")
    for method, path, body in (
        ("POST", PARTNERS, {"tenantId": STRANGER}), ("PATCH", ONE, {}), ("DELETE", ONE, None),
        ("PUT", SYNC, {}), ("PATCH", SYNC, {}), ("DELETE", SYNC, None), ("PATCH", f"{POLICY}/default", {}),
    ):  # fmt: skip
        assert code(reader(method, path, body)) == (403, "Authorization_RequestDenied")


def test_trust_wants_a_premium_licence(blog: Client, shared: Writer) -> None:
    blog.state.tree["tenants"]["shared"]["subscribedSkus"].clear()
    assert shared("PATCH", ONE, {"inboundTrust": None}).status_code == 403
    assert shared("PATCH", ONE, {"b2bCollaborationInbound": None}).status_code == 204


def test_put_creates_and_patch_updates_and_neither_does_the_others_work(shared: Writer) -> None:
    off = {"userSyncInbound": {"isSyncAllowed": False}}
    conflict = shared("PUT", SYNC, off)
    assert code(conflict) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert conflict.json()["error"]["details"][0]["code"] == "ConflictingObjects"
    assert shared("PATCH", SYNC, off).status_code == 204
    found = shared.get(SYNC)
    assert (found["userSyncInbound"], found["displayName"]) == ({"isSyncAllowed": False}, "AnyOrganizationOne")
    assert shared("DELETE", SYNC).status_code == 204
    assert code(shared("PATCH", SYNC, off)) == (404, "Directory_ObjectNotFound")
    assert code(shared("DELETE", SYNC)) == (404, "Directory_ObjectNotFound")
    assert shared("PUT", SYNC, {"displayName": "One", "userSyncInbound": {"isSyncAllowed": True}}).status_code == 204
    assert shared.get(SYNC)["userSyncInbound"] == {"isSyncAllowed": True}


@pytest.mark.parametrize("body", [{"userSyncInbound": {}}, {"userSyncInbound": None}, {"groupSyncInbound": None}])
def test_a_synchronization_policy_says_yes_or_no(shared: Writer, body: dict[str, Any]) -> None:
    assert shared("PATCH", SYNC, body).status_code == 400


def test_synchronization_needs_the_partner_and_goes_before_it(shared: Writer) -> None:
    assert code(shared("PUT", f"{NEW}/identitySynchronization", {})) == (404, "Directory_ObjectNotFound")
    assert shared("DELETE", ONE).status_code == 400
    assert shared("DELETE", SYNC).status_code == 204
    assert shared("DELETE", ONE).status_code == 204
    assert code(shared("GET", ONE)) == (404, "Directory_ObjectNotFound")
    assert code(shared("DELETE", ONE)) == (404, "Directory_ObjectNotFound")


def test_groups_may_be_let_in_through_beta_alone(shared: Writer) -> None:
    body = {"groupSyncInbound": {"isSyncAllowed": True}}
    assert shared("PATCH", SYNC, body).status_code == 400
    assert shared("PATCH", SYNC, body, version="beta").status_code == 204
    assert shared.get(SYNC, version="beta")["groupSyncInbound"] == {"isSyncAllowed": True}


def test_the_default_is_changed_and_reset(shared: Writer) -> None:
    default = f"{POLICY}/default"
    before = shared.get(default)
    assert shared("PATCH", default, {"automaticUserConsentSettings": {"inboundAllowed": True}}).status_code == 400
    assert shared("PATCH", default, {"inboundTrust": None}).status_code == 400
    assert shared("PATCH", default, {"inboundTrust": {"isMfaAccepted": True}}).status_code == 204
    changed = shared.get(default)
    assert (changed["isServiceDefault"], changed["inboundTrust"]["isMfaAccepted"]) == (False, True)
    assert shared("PATCH", default, {"inboundTrust": before["inboundTrust"]}).status_code == 204
    assert shared.get(default) == before | {"isServiceDefault": False}
    assert shared("POST", f"{default}/resetToSystemDefault").status_code == 204
    assert shared.get(default) == before


def test_other_clouds_and_guest_invitations_are_written(shared: Writer) -> None:
    assert shared("PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]}).status_code == 204
    assert shared.get(POLICY)["allowedCloudEndpoints"] == ["microsoftonline.us"]
    assert shared("PATCH", POLICY, {"allowedCloudEndpoints": ["elsewhere.example"]}).status_code == 400
    invitations = "/policies/authorizationPolicy"
    assert shared("PATCH", invitations, {"allowInvitesFrom": "none"}).status_code == 204
    assert shared.get(invitations)["allowInvitesFrom"] == "none"
    assert shared("PATCH", invitations, {"allowInvitesFrom": "nobody"}).status_code == 400


def test_every_write_is_in_the_log_with_what_it_said(blog: Client, shared: Writer) -> None:
    blog.admin.delete("/log")
    shared("PATCH", ONE, {"inboundTrust": None})
    shared.get(ONE)
    log = blog.admin.get("/log").json()
    written, read = log["entries"]
    assert (written["write"], written["method"], written["path"]) == (True, "PATCH", f"/v1.0{ONE}")
    assert written["body"] == {"inboundTrust": None}
    assert read["write"] is False
    assert "body" not in read
    assert log["counters"]["writes"] == 1


def test_a_body_must_be_json_and_say_so(blog: Client, shared: Writer) -> None:
    bearer = {"authorization": f"Bearer {shared._token}"}
    for content, headers in ((b"{}", {}), (b"{", {"content-type": "application/json"})):
        answer = blog.graph("shared", ONE, method="PATCH", headers=bearer | headers, content=content)
        assert code(answer) == (400, "BadRequest")
