"""What holds for every organization without settings of its own: the default, and which clouds it may be in.

Graph: learn.microsoft.com/graph/api/resources/crosstenantaccesspolicyconfigurationdefault. Automatic redemption is
always off here; the service does not let it be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtcheck.kinds.access import AREA, FEWER, SETTINGS_UNITS, SHOWN, WRITES
from xtcheck.kinds.mending import TRUST, unsafe
from xtcheck.model import Get, Kind, Setting, Severity, Type
from xtcheck.shapes import Merge, Send
from xtcheck.values import B2B, Boolean, Names

Json = Any

CLOUDS = "Entra admin center > External Identities > Cross-tenant access settings > Microsoft cloud settings"
PORTAL = "Entra admin center > External Identities > Cross-tenant access settings > Default settings"


def _default(key: str, path: str, doc: str, blade: str, type_: Type, severity: Severity = Severity.NORMAL) -> Setting:
    """A row of the default: it has every property, so that one which lacks is not understood."""
    mending = FEWER if isinstance(type_, B2B) else None
    return Setting(key, type_, doc, path=path, severity=severity, mending=mending, remedy=f"{PORTAL} > {blade}")


DEFAULT = Kind(
    "access-default",
    "default cross-tenant access settings",
    home="tenant",
    source=Get("/policies/crossTenantAccessPolicy/default"),
    permission="Policy.Read.All",
    place="cross-tenant-access.default",
    label="cross-tenant-access.default",
    area=AREA,
    mending=TRUST,
    # Graph: crosstenantaccesspolicyconfigurationdefault-update, which lists no automatic redemption.
    write=Merge(Send("PATCH", "/policies/crossTenantAccessPolicy/default", WRITES), SETTINGS_UNITS, SHOWN, order=10),
    settings=(
        _default(
            "b2b-collaboration-inbound",
            "b2bCollaborationInbound",
            "Who of any organization may be invited here, and to which applications.",
            "Inbound access > B2B collaboration",
            B2B(),
        ),
        _default(
            "b2b-collaboration-outbound",
            "b2bCollaborationOutbound",
            "Who of us may be invited by any organization, and to which applications.",
            "Outbound access > B2B collaboration",
            B2B(),
        ),
        _default(
            "b2b-direct-connect-inbound",
            "b2bDirectConnectInbound",
            "Who of any organization may use shared channels here, and which applications.",
            "Inbound access > B2B direct connect",
            B2B(),
        ),
        _default(
            "b2b-direct-connect-outbound",
            "b2bDirectConnectOutbound",
            "Who of us may use shared channels of any organization, and which applications.",
            "Outbound access > B2B direct connect",
            B2B(),
        ),
        _default(
            "trust-mfa",
            "inboundTrust.isMfaAccepted",
            "Multifactor authentication done in any other tenant counts here.",
            "Inbound access > Trust settings",
            Boolean(),
            Severity.CRITICAL,
        ),
        _default(
            "trust-compliant-device",
            "inboundTrust.isCompliantDeviceAccepted",
            "Any other tenant's word that a device is compliant counts here.",
            "Inbound access > Trust settings",
            Boolean(),
            Severity.CRITICAL,
        ),
        _default(
            "trust-hybrid-joined-device",
            "inboundTrust.isHybridAzureADJoinedDeviceAccepted",
            "Any other tenant's word that a device is Microsoft Entra hybrid joined counts here.",
            "Inbound access > Trust settings",
            Boolean(),
            Severity.CRITICAL,
        ),
        _default(
            "tenant-restrictions",
            "tenantRestrictions",
            "Which accounts of any organization may be used on our networks and devices, and for which applications. "
            "Its device filter is not enforced by the service and not compared.",
            "Tenant restrictions",
            B2B(),
        ),
    ),
)


ENDPOINTS = ("microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn")
"""Graph: crosstenantaccesspolicy, allowedCloudEndpoints."""


def _sets_clouds(expected: Json, document: Json) -> Mapping[str, Json]:
    """The whole list; Graph spells them in small letters (crosstenantaccesspolicy-update)."""
    kept = () if expected["exactly"] else document.get("allowedCloudEndpoints") or ()
    return {"allowedCloudEndpoints": list(dict.fromkeys((*kept, *map(str.lower, expected["names"]))))}


POLICY = Kind(
    "access-policy",
    "cross-tenant access policy",
    home="tenant",
    source=Get("/policies/crossTenantAccessPolicy"),
    permission="Policy.Read.All",
    place="cross-tenant-access",
    label="cross-tenant-access",
    area=AREA,
    write=Merge(Send("PATCH", "/policies/crossTenantAccessPolicy", WRITES), {}, SHOWN, order=5),
    settings=(
        Setting(
            "other-clouds",
            Names("clouds", ignore_case=True, known=ENDPOINTS),
            "The other Microsoft clouds whose organizations may be partners here, by their endpoints "
            "(microsoftonline.us, partner.microsoftonline.cn, microsoftonline.com); [] means this tenant's own alone.",
            path="allowedCloudEndpoints",
            sets=_sets_clouds,
            severity=Severity.CRITICAL,
            mending=unsafe("it opens or shuts the way to a whole cloud"),
            remedy=CLOUDS,
        ),
    ),
)

KINDS = (POLICY, DEFAULT)
