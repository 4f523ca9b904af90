"""Cross-tenant access settings: partners, inbound user synchronization, and the handshake of a link.

Graph: learn.microsoft.com/graph/api/resources/crosstenantaccesspolicy-overview. A partner's property that is null or
not there inherits the tenant's default; a partner that is not configured inherits everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtcheck import paths
from xtcheck.estate import Scope
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Get, Kind, List, Ref, Seen, Setting, Severity, Type
from xtcheck.values import B2B, Boolean, Findings, Inheritable

Json = Any

PORTAL = "Entra admin center > External Identities > Cross-tenant access settings > Organizational settings"


def _undeclared(seen: Seen) -> list[str]:
    """The tenant ids of partners that no link of config.yml connects with this tenant."""
    here = seen.scope.place("tenant")
    tenants = seen.scope.estate.tenants
    linked = {tenants[end].id for link in seen.scope.estate.links for end in (link.source, link.target)
              if here in (link.source, link.target)}  # fmt: skip
    return [str(partner["tenantId"]).lower() for partner in seen.documents["partners"]
            if str(partner["tenantId"]).lower() not in linked]  # fmt: skip


def _own(
    key: str, path: str, doc: str, blade: str, type_: Type | None = None, severity: Severity = Severity.NORMAL
) -> Setting:
    """A partner's own setting, Boolean unless a type says otherwise: null or not there, it inherits the default."""
    remedy = f"{PORTAL} > {blade}"
    type_ = Inheritable(type_ or Boolean())
    return Setting(key, type_, doc, path=path, lacking="null", absent=None, severity=severity, remedy=remedy)


PARTNERS = Kind(
    "partners",
    "list of partner organizations",
    home="tenant",
    source=List("/policies/crossTenantAccessPolicy/partners"),
    permission="Policy.Read.All",
    place="cross-tenant-access",
    area="cross-tenant access",
    settings=(
        Setting(
            "undeclared-partners",
            Findings("forbidden", exceptions="tenant ids"),
            "No organization has settings of its own here unless config.yml links it with this tenant.",
            view=_undeclared,
            breaks=(Break("partners", "+", {"tenantId": "99999999-0000-4000-8000-000000000001"}),),
            severity=Severity.CRITICAL,
            remedy=f"{PORTAL}: delete the organization, or declare it in config.yml or under except",
        ),
    ),
)

PARTNER = Kind(
    "partner",
    "cross-tenant access settings for partner",
    home="tenant",
    parent=PARTNERS,
    key="{partner}",
    pick="tenantId",
    fold=True,
    place="cross-tenant-access.partners.<partner>",
    label="partner.<partner>",
    area="cross-tenant access",
    settings=(
        state("Settings for this organization exist.", f"{PORTAL}: add the organization"),
        _own(
            "automatic-redemption-inbound",
            "automaticUserConsentSettings.inboundAllowed",
            "Users of the partner need not consent when they first come here. A link needs it on in the target.",
            "Inbound access > Trust settings > Automatic redemption",
            severity=Severity.CRITICAL,
        ),
        _own(
            "automatic-redemption-outbound",
            "automaticUserConsentSettings.outboundAllowed",
            "Our users need not consent when they first go to the partner. A link needs it on in the source.",
            "Outbound access > Trust settings > Automatic redemption",
            severity=Severity.CRITICAL,
        ),
        _own(
            "trust-mfa",
            "inboundTrust.isMfaAccepted",
            "Multifactor authentication done in the partner's tenant counts here.",
            "Inbound access > Trust settings",
            severity=Severity.CRITICAL,
        ),
        _own(
            "trust-compliant-device",
            "inboundTrust.isCompliantDeviceAccepted",
            "The partner's word that a device is compliant counts here.",
            "Inbound access > Trust settings",
        ),
        _own(
            "trust-hybrid-joined-device",
            "inboundTrust.isHybridAzureADJoinedDeviceAccepted",
            "The partner's word that a device is Microsoft Entra hybrid joined counts here.",
            "Inbound access > Trust settings",
        ),
        _own(
            "b2b-collaboration-inbound",
            "b2bCollaborationInbound",
            "Who of the partner may be invited here, and to which applications.",
            "Inbound access > B2B collaboration",
            B2B(),
        ),
        _own(
            "b2b-collaboration-outbound",
            "b2bCollaborationOutbound",
            "Who of us may be invited by the partner, and to which applications.",
            "Outbound access > B2B collaboration",
            B2B(),
        ),
    ),
)

IDENTITY_SYNC = Kind(
    "identity-sync",
    "cross-tenant synchronization settings for partner",
    home="tenant",
    source=Get("/policies/crossTenantAccessPolicy/partners/{key}/identitySynchronization", absent=frozenset({"404"})),
    parent=PARTNER,
    key="{partner}",
    permission="Policy.Read.All",
    place="cross-tenant-access.partners.<partner>",
    label="partner.<partner>",
    area="cross-tenant access",
    settings=(
        Setting(
            "user-sync-inbound",
            Boolean(),
            "The partner may synchronize its users into this tenant. Only a target needs it.",
            path="userSyncInbound.isSyncAllowed",
            absent=False,
            severity=Severity.CRITICAL,
            remedy=f"{PORTAL} > Inbound access > Cross-tenant sync",
        ),
    ),
)


def _ends(scope: Scope) -> Mapping[str, Ref]:
    link = scope.link
    if link is None:
        raise LookupError("a handshake needs a link")
    tenants = scope.estate.tenants
    source, target = tenants[link.source], tenants[link.target]
    return {
        "in the source": PARTNER.ref(scope.at(source.alias).named("partner", target.id, target.alias)),
        "in the target": PARTNER.ref(scope.at(target.alias).named("partner", source.id, source.alias)),
        "synchronization in the target": IDENTITY_SYNC.ref(
            scope.at(target.alias).named("partner", source.id, source.alias)
        ),
    }


HANDSHAKE = (
    (
        "in the source",
        "automaticUserConsentSettings.outboundAllowed",
        "automatic redemption outbound is off in {source}",
    ),
    ("in the target", "automaticUserConsentSettings.inboundAllowed", "automatic redemption inbound is off in {target}"),
    (
        "synchronization in the target",
        "userSyncInbound.isSyncAllowed",
        "user synchronization inbound is off in {target}",
    ),
)
"""What both sides must set before a job can run; otherwise it is quarantined with
AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure (Learn: entra, cross-tenant-synchronization-configure).
"""


def _handshake(seen: Seen) -> list[str]:
    link = seen.scope.link
    assert link is not None  # noqa: S101  # a row of link documents
    return [
        gap.format(source=link.source, target=link.target)
        for read, path, gap in HANDSHAKE
        if not _is_true(seen.documents[read], path)
    ]


def _is_true(document: Json, path: str) -> bool:
    found = paths.get(document, paths.parse(path))
    return isinstance(found, paths.Found) and found.value is True


LINK = Kind(
    "link",
    "handshake of both tenants",
    home="target",
    subject="link",
    place="cross-tenant-access",
    area="cross-tenant access",
    settings=(
        Setting(
            "handshake",
            Findings("complete"),
            "Both tenants set what cross-tenant synchronization needs: automatic redemption outbound in the source, "
            "inbound in the target, and inbound user synchronization in the target.",
            view=_handshake,
            reads=_ends,
            breaks=tuple(Break(read, path, value=False) for read, path, _ in HANDSHAKE),
            severity=Severity.CRITICAL,
            remedy=f"{PORTAL}, in the tenant named",
        ),
    ),
)

KINDS = (PARTNERS, PARTNER, IDENTITY_SYNC, LINK)
