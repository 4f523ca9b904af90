"""The rows of Microsoft Graph that write cross-tenant access settings, with the rules of their reference pages.

https://learn.microsoft.com/graph/api/resources/crosstenantaccesspolicy-overview
"""

from __future__ import annotations

import re

from xtcheck.sandbox.graph.bodies import body, conflict, created, done, required, writable
from xtcheck.sandbox.graph.directory import licensed
from xtcheck.sandbox.graph.errors import GraphError, bad, denied
from xtcheck.sandbox.graph.router import Call, Route
from xtcheck.sandbox.wire import Json, Response
from xtcheck.sandbox.worlds.tenant import default_access, partner

WRITE = frozenset({"Policy.ReadWrite.CrossTenantAccess"})
AUTHORIZATION = frozenset({"Policy.ReadWrite.Authorization"})
SETTINGS = frozenset({
    "inboundTrust", "b2bCollaborationOutbound", "b2bCollaborationInbound", "b2bDirectConnectOutbound",
    "b2bDirectConnectInbound", "tenantRestrictions", "m365CollaborationInbound", "m365CollaborationOutbound",
    "appServiceConnectInbound",
})  # fmt: skip
"""What the default and a partner have in common, and may be written on both."""
OF_PARTNER = SETTINGS | {
    "automaticUserConsentSettings", "crossCloudMeetingConfiguration", "protectedContentSharing",
    "blockServiceProviderOutboundAccess",
}  # fmt: skip
OF_DEFAULT = SETTINGS | {"invitationRedemptionIdentityProviderConfiguration"}
"""Automatic consent is not in the table of the default's page: it cannot be changed there."""
OF_SYNC = frozenset({"displayName", "userSyncInbound", "groupSyncInbound", "externalCloudAuthorizedApplicationId"})
_BOTH_WAYS = frozenset({"automaticUserConsentSettings", "crossCloudMeetingConfiguration", "protectedContentSharing"})
_FLAGS = ("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")
_CLOUDS = ("microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORDS = {"user": ("AllUsers",), "group": (), "application": ("AllApplications", "Office365")}
_INVITES = ("none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone")


def _access(call: Call) -> dict[str, Json]:
    found: dict[str, Json] = call.tenant["crossTenantAccessPolicy"]
    return found


def _missing() -> GraphError:
    return GraphError(404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")


def _named(call: Call, collection: str) -> str:
    """The key of the partner that the path names; raises GraphError 404."""
    key = call.parts["partner"].lower()
    if key not in _access(call)[collection]:
        raise _missing()
    return key


def _settings(call: Call, document: str, names: frozenset[str]) -> dict[str, Json]:
    """The settings of a body, each whole: what a sub-object leaves out is not kept from before.

    Merging of nested objects is documented nowhere, so nobody may count on it.
    """
    found = {}
    for name, value in writable(call, document, names).items():
        if value is None:
            # Null inherits; these are shown as an object of two nulls.
            found[name] = dict.fromkeys(("inboundAllowed", "outboundAllowed")) if name in _BOTH_WAYS else None
        elif name in _BOTH_WAYS:
            found[name] = dict.fromkeys(("inboundAllowed", "outboundAllowed")) | value
        elif name == "inboundTrust":
            found[name] = dict.fromkeys(_FLAGS, False) | {flag: bool(given) for flag, given in value.items()}
        else:
            if isinstance(value, dict):
                _check_targets(name, value)
            found[name] = value
    if {"inboundTrust", "automaticUserConsentSettings"} & set(found):
        _licensed(call)
    return found


def _check_targets(name: str, value: Json) -> None:
    """Refuse a target configuration that says nothing: without targets, or of words that the service does not know."""
    for part in value.values():
        if not isinstance(part, dict) or "accessType" not in part:
            continue
        if part["accessType"] not in ("allowed", "blocked") or not part.get("targets"):
            raise bad(f"Invalid value specified for property '{name}': accessType and targets are required.")
        for each in part["targets"]:
            words = _WORDS.get(each.get("targetType"))
            if words is None or not (each.get("target") in words or _GUID.fullmatch(str(each.get("target")))):
                raise bad(f"Invalid value specified for property '{name}': unknown target.")


def _licensed(call: Call) -> None:
    """Trust settings and automatic redemption take a premium licence; the error is not documented, 400 or 403."""
    if not licensed(call.tenant):
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "A premium license is required.")


def _patch_container(call: Call) -> Response:
    found = writable(call, "crossTenantAccessPolicy", {"displayName", "description", "allowedCloudEndpoints"})
    clouds = found.get("allowedCloudEndpoints", [])
    if clouds is None or not set(clouds) <= set(_CLOUDS):
        raise bad("Invalid value specified for property 'allowedCloudEndpoints'.")
    _access(call).update(found)
    return done()


def _patch_default(call: Call) -> Response:
    found = _settings(call, "crossTenantAccessPolicyConfigurationDefault", OF_DEFAULT)
    if None in found.values():
        raise bad("The default configuration has nothing to inherit from: null is not allowed.")
    # Any edit ends it, also one that writes what was there.
    _access(call)["default"].update(found | {"isServiceDefault": False})
    return done()


def _reset_default(call: Call) -> Response:
    _access(call)["default"] = default_access(_access(call)["default"]["id"])
    return done()


def _of_provider(call: Call) -> None:
    """App-only calls may not say who is a service provider, whether true or false."""
    if "isServiceProvider" in body(call):
        raise denied()


def _add_partner(call: Call) -> Response:
    _of_provider(call)
    document = "crossTenantAccessPolicyConfigurationPartner"
    found = _settings(call, document, OF_PARTNER | {"tenantId"})
    required(found, "tenantId")
    key = str(found["tenantId"]).lower()
    if not _GUID.fullmatch(key) or key == call.tenant["id"].lower():
        raise bad("Invalid value specified for property 'tenantId' of resource.")
    if key in _access(call)["partners"]:
        raise conflict("Another object with the same value for property tenantId already exists.")
    _access(call)["partners"][key] = made = partner(key) | found | {"tenantId": key}
    return created(call, document, made, "policies/crossTenantAccessPolicy/partners/$entity")


def _patch_partner(call: Call) -> Response:
    key = _named(call, "partners")
    _of_provider(call)
    found = _settings(call, "crossTenantAccessPolicyConfigurationPartner", OF_PARTNER)
    _access(call)["partners"][key].update(found)
    return done()


def _delete_partner(call: Call) -> Response:
    key = _named(call, "partners")
    if key in _access(call)["identitySynchronization"]:
        raise bad("The partner cannot be deleted while it has an identity synchronization policy.")
    del _access(call)["partners"][key]
    return done()


def _synchronization(call: Call) -> dict[str, Json]:
    found = writable(call, "crossTenantIdentitySyncPolicyPartner", OF_SYNC)
    for name in ("userSyncInbound", "groupSyncInbound"):
        if name in found and not isinstance((found[name] or {}).get("isSyncAllowed"), bool):
            raise bad(f"Invalid value specified for property '{name}'.")
    return found


def _put_synchronization(call: Call) -> Response:
    """Creates, and never updates: over an existing policy it is a conflict."""
    key = _named(call, "partners")
    found = _synchronization(call)
    if key in _access(call)["identitySynchronization"]:
        text = "A conflicting object with one or more of the specified property values is present in the directory."
        raise conflict(text)
    _access(call)["identitySynchronization"][key] = {
        "tenantId": key,
        "displayName": None,
        "userSyncInbound": {"isSyncAllowed": False},
        "groupSyncInbound": {"isSyncAllowed": False},
    } | found
    return done()


def _patch_synchronization(call: Call) -> Response:
    key = _named(call, "identitySynchronization")
    _access(call)["identitySynchronization"][key].update(_synchronization(call))
    return done()


def _delete_synchronization(call: Call) -> Response:
    del _access(call)["identitySynchronization"][_named(call, "identitySynchronization")]
    return done()


def _patch_authorization(call: Call) -> Response:
    found = writable(call, "authorizationPolicy", {"allowInvitesFrom"})
    if found.get("allowInvitesFrom") not in _INVITES:
        raise bad("Invalid value specified for property 'allowInvitesFrom' of resource 'AuthorizationPolicy'.")
    call.tenant["authorizationPolicy"].update(found)
    return done()


_POLICY = "/policies/crossTenantAccessPolicy"
_PARTNER = f"{_POLICY}/partners/{{partner}}"
_SYNC = f"{_PARTNER}/identitySynchronization"

ROUTES: tuple[Route, ...] = (
    Route("PATCH", _POLICY, "crossTenantAccessPolicy", "", WRITE, _patch_container),
    Route("PATCH", f"{_POLICY}/default", "crossTenantAccessPolicyConfigurationDefault", "", WRITE, _patch_default),
    Route("POST", f"{_POLICY}/default/resetToSystemDefault", "crossTenantAccessPolicyConfigurationDefault", "", WRITE,
          _reset_default),
    Route("POST", f"{_POLICY}/partners", "crossTenantAccessPolicyConfigurationPartner", "", WRITE, _add_partner),
    Route("PATCH", _PARTNER, "crossTenantAccessPolicyConfigurationPartner", "", WRITE, _patch_partner),
    Route("DELETE", _PARTNER, "crossTenantAccessPolicyConfigurationPartner", "", WRITE, _delete_partner),
    Route("PUT", _SYNC, "crossTenantIdentitySyncPolicyPartner", "", WRITE, _put_synchronization),
    Route("PATCH", _SYNC, "crossTenantIdentitySyncPolicyPartner", "", WRITE, _patch_synchronization),
    Route("DELETE", _SYNC, "crossTenantIdentitySyncPolicyPartner", "", WRITE, _delete_synchronization),
    Route("PATCH", "/policies/authorizationPolicy", "authorizationPolicy", "", AUTHORIZATION, _patch_authorization),
)  # fmt: skip
