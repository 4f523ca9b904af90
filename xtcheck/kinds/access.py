"""Cross-tenant access settings as they are configured: partners, inbound synchronization, the multitenant organization.

Graph: learn.microsoft.com/graph/api/resources/crosstenantaccesspolicy-overview. A partner's property that is null or
not there inherits the tenant's default; a partner that is not configured inherits everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.kinds.mending import DELETES, NO_API, TRUST, by_hand, tightening
from xtcheck.kinds.partners import in_use, names_of
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Each, Get, Kind, List, Ref, Removal, Seen, Setting, Severity, Type
from xtcheck.shapes import Send, Unit, Upsert, Window
from xtcheck.values import B2B, Boolean, Choice, Findings, Inheritable

Json = Any

AREA = "cross-tenant access"
NO_MTO = frozenset({"us-gov", "us-gov-dod", "china"})
"""Multitenant organizations exist in the public cloud only (Graph's metadata of v1.0)."""
NOT_FOUND = frozenset({"404"})
MTO_CONSOLE = "Microsoft 365 admin center > Settings > Org settings > Organization profile > Multitenant collaboration"
PORTAL = "Entra admin center > External Identities > Cross-tenant access settings > Organizational settings"


def _all(access: str) -> Json:
    """A B2B setting, as policies have it, that lets everybody reach everything, or nobody anything."""
    parts = {"users-and-groups": "AllUsers", "applications": "AllApplications"}
    return {part: {"access": access, "targets": [target]} for part, target in parts.items()}


FEWER = tightening(_all("blocked"), _all("allowed"), why="nobody is the tightest, everybody the loosest")


def _undeclared(seen: Seen) -> list[Json]:
    """The partners that no link of config.yml connects with this tenant, by tenant id and, when it was found, name."""
    here = seen.scope.place("tenant")
    tenants = seen.scope.estate.tenants
    linked = {tenants[end].id for link in seen.scope.estate.links for end in (link.source, link.target)
              if here in (link.source, link.target)}  # fmt: skip
    found = [str(partner["tenantId"]).lower() for partner in seen.documents["partners"]]
    names = names_of(seen.documents.get("names"))
    return [{"name": id_, "text": f"{id_}{names.get(id_, '')}"} for id_ in found if id_ not in linked]


FORBIDDEN = Findings("forbidden", exceptions="tenant ids", ignore_case=True)


def _surplus(expected: Json, seen: Seen) -> list[Ref]:
    """The partners that nobody declared, as objects of their own."""
    ids = [str(finding["name"]) for finding in FORBIDDEN.left(expected, _undeclared(seen))]
    return [Ref(PARTNER, seen.scope.place("tenant"), id_, PARTNERS.ref(seen.scope), id_) for id_ in ids]


def _looks_at_synchronization(expected: Json, seen: Seen) -> Mapping[str, Ref]:
    return {ref.key: Ref(IDENTITY_SYNC, ref.place, ref.key, ref, ref.label) for ref in _surplus(expected, seen)}


def _deletes_surplus(expected: Json, seen: Seen) -> Iterator[Ref]:
    """Each with its settings for synchronization, which must be gone first.

    :raises Unwritable: something else depends on one of them.
    """
    partners = {str(partner["tenantId"]).lower(): partner for partner in seen.documents["partners"]}
    for ref in _surplus(expected, seen):
        if why := in_use(partners[ref.key]):
            raise Unwritable(why)
        if seen.documents[ref.key] is not None:
            yield Ref(IDENTITY_SYNC, ref.place, ref.key, ref, ref.label)
        yield ref


WRITES = "Policy.ReadWrite.CrossTenantAccess"
SHOWN = Window("cross-tenant-access", 5, 180, "replicas lag: 20 to 60 seconds are usual, three minutes have been seen")
TRUSTED = Unit(
    {"isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}
)
"""A trust that is not null as a whole distrusts where it says nothing (crosstenantaccesspolicyinboundtrust)."""
B2B_UNIT = Unit({"usersAndGroups": None, "applications": None})
SETTINGS_UNITS = {
    "inboundTrust": TRUSTED,
    "b2bCollaborationInbound": B2B_UNIT,
    "b2bCollaborationOutbound": B2B_UNIT,
    "b2bDirectConnectInbound": B2B_UNIT,
    "b2bDirectConnectOutbound": B2B_UNIT,
    # Its device filter is carried along as it is.
    "tenantRestrictions": Unit({"usersAndGroups": None, "applications": None, "devices": None}),
}
"""What partners and the default have alike."""
INHERITING = {name: replace(unit, inherits="access-default") for name, unit in SETTINGS_UNITS.items()}
"""Of a partner, each inherits as a whole."""
_PARTNER_URL = "/policies/crossTenantAccessPolicy/partners/{key}"
DELETE_PARTNER = Send("DELETE", _PARTNER_URL, WRITES)
DELETE_SYNC = Send("DELETE", f"{_PARTNER_URL}/identitySynchronization", WRITES)
PARTNER_SHAPE = Upsert(
    # Graph: crosstenantaccesspolicy-post-partners, …configurationpartner-update and -delete. Of the properties only
    # those that are named here are ever sent: isServiceProvider is refused to an app, whatever its value.
    create=Send("POST", "/policies/crossTenantAccessPolicy/partners", WRITES, {"tenantId": "{key}"}, idempotent=False),
    update=Send("PATCH", _PARTNER_URL, WRITES),
    units={
        **INHERITING,
        # Each of the two inherits by itself.
        "automaticUserConsentSettings": Unit({"inboundAllowed": None, "outboundAllowed": None}),
    },
    window=SHOWN,
    order=10,
    delete=DELETE_PARTNER,
    back="the settings that xtcheck does not write",
    below=("identity-sync",),
    in_use=in_use,
)
SYNC_SHAPE = Upsert(
    # Graph: crosstenantaccesspolicyconfigurationpartner-put-identitysynchronization (409 where it exists),
    # crosstenantidentitysyncpolicypartner-update and -delete.
    create=Send("PUT", f"{_PARTNER_URL}/identitySynchronization", WRITES, idempotent=False),
    update=Send("PATCH", f"{_PARTNER_URL}/identitySynchronization", WRITES),
    units={"userSyncInbound": Unit({"isSyncAllowed": False})},
    window=SHOWN,
    order=20,
    delete=DELETE_SYNC,
    back="its display name, on which nothing depends",
    # Not documented, and all that a Boolean which nobody has set can be (crosstenantusersyncinbound).
    assumed={"userSyncInbound": {"isSyncAllowed": False}},
)


def _own(
    key: str, path: str, doc: str, blade: str, type_: Type | None = None, severity: Severity = Severity.NORMAL
) -> Setting:
    """A partner's own setting, Boolean unless a type says otherwise: null or not there, it inherits the default.

    What inherits as a whole does so only where all of it is null or not there.
    """
    name, _, flag = path.partition(".")
    return Setting(
        key, Inheritable(type_ or Boolean()), doc, path=path, lacking="null", absent=None, severity=severity,
        silent=INHERITING[name].keys[flag] if flag and name in INHERITING else ...,
        mending=FEWER if isinstance(type_, B2B) else None, remedy=f"{PORTAL} > {blade}",
    )  # fmt: skip


PARTNERS = Kind(
    "partners",
    "list of partner organizations",
    home="tenant",
    source=List("/policies/crossTenantAccessPolicy/partners"),
    permission="Policy.Read.All",
    place="cross-tenant-access",
    area=AREA,
    settings=(
        Setting(
            "undeclared-partners",
            FORBIDDEN,
            "No organization has settings of its own here unless config.yml links it with this tenant. The text names "
            "the tenants that Microsoft can name, when it is asked with `CrossTenantInformation.ReadBasic.All`.",
            view=_undeclared,
            context=lambda scope: {"names": PARTNER_NAMES.ref(scope)},
            breaks=(Break("partners", "+", {"tenantId": "99999999-0000-4000-8000-000000000001"}),),
            severity=Severity.CRITICAL,
            mending=DELETES,
            looks=_looks_at_synchronization,
            deletes=Removal(_deletes_surplus, (DELETE_SYNC, DELETE_PARTNER)),
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
    area=AREA,
    mending=TRUST,
    write=PARTNER_SHAPE,
    settings=(
        state("Settings for this organization exist.", f"{PORTAL}: add the organization, or delete it"),
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
        _own(
            "b2b-direct-connect-inbound",
            "b2bDirectConnectInbound",
            "Who of the partner may use shared channels here, and which applications.",
            "Inbound access > B2B direct connect",
            B2B(),
        ),
        _own(
            "b2b-direct-connect-outbound",
            "b2bDirectConnectOutbound",
            "Who of us may use shared channels of the partner, and which applications.",
            "Outbound access > B2B direct connect",
            B2B(),
        ),
        _own(
            "tenant-restrictions",
            "tenantRestrictions",
            "Which accounts of the partner may be used on our networks and devices, and for which applications. "
            "Its device filter is not enforced by the service and not compared.",
            "Tenant restrictions",
            B2B(),
        ),
        Setting(
            "service-provider",
            Boolean(null=False),
            "The partner is a cloud service provider of this tenant (its admins may have delegated rights here).",
            path="isServiceProvider",
            absent=False,
            mending=by_hand("Graph refuses it to an app"),
            remedy="Microsoft 365 admin center > Settings > Partner relationships",
        ),
    ),
)

PARTNER_MTO = replace(
    PARTNER,
    name="partner-mto",
    title="membership in our multitenant organization of partner",
    not_in=NO_MTO,
    write=None,
    mending=by_hand("it takes an administrator in both tenants, and hours"),
    settings=(
        Setting(
            "in-multitenant-organization",
            Boolean(null=False),
            "The partner is in our multitenant organization, whose templates may rewrite the settings for the partner.",
            path="isInMultiTenantOrganization",
            absent=False,
            remedy=f"{MTO_CONSOLE}: remove the tenant",
        ),
    ),
)

PARTNER_NAMES: Kind = Kind(
    "partner-names",
    "names of partner organizations",
    home="tenant",
    source=Each(
        # A tenant that no longer exists has no name (Graph: tenantrelationship-findtenantinformationbytenantid).
        Get(
            "/tenantRelationships/findTenantInformationByTenantId(tenantId='{item.tenantId}')",
            absent=NOT_FOUND,
        ),
        sparse=True,
    ),
    parent=PARTNERS,
    permission="CrossTenantInformation.ReadBasic.All",
    area=AREA,
)

IDENTITY_SYNC = Kind(
    "identity-sync",
    "cross-tenant synchronization settings for partner",
    home="tenant",
    source=Get("/policies/crossTenantAccessPolicy/partners/{key}/identitySynchronization", absent=NOT_FOUND),
    parent=PARTNER,
    key="{partner}",
    permission="Policy.Read.All",
    place="cross-tenant-access.partners.<partner>",
    label="partner.<partner>",
    area=AREA,
    mending=TRUST,
    write=SYNC_SHAPE,
    settings=(
        state(
            "Settings for synchronization from this organization exist, whatever they allow. Only a target needs them. "
            "They must be deleted before the organization can be: where it is gone, so are they.",
            f"{PORTAL} > Inbound access > Cross-tenant sync; only Graph deletes them (DELETE "
            "/policies/crossTenantAccessPolicy/partners/{id}/identitySynchronization)",
            # Graph: crosstenantaccesspolicyconfigurationpartner-delete.
            key="identity-synchronization.state",
            owned=True,
        ),
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

GROUP_SYNC = replace(
    IDENTITY_SYNC,
    name="group-sync",
    title="cross-tenant group synchronization settings for partner",
    write=None,
    # v1.0 does not show groups: a preview, whose property a tenant may lack. That it is not shown is not a value.
    source=Get("beta:/policies/crossTenantAccessPolicy/partners/{key}/identitySynchronization", absent=NOT_FOUND),
    settings=(
        Setting(
            "group-sync-inbound",
            Boolean(),
            "The partner may synchronize its groups into this tenant. Read from the beta of Graph: where that does not "
            "show the property, this is unknown.",
            path="groupSyncInbound.isSyncAllowed",
            absent=False,
            severity=Severity.CRITICAL,
            mending=by_hand("only the beta of Graph writes it"),
            remedy=f"{PORTAL} > Inbound access > Cross-tenant sync",
        ),
    ),
)

MTO = Kind(
    "multitenant-organization",
    "multitenant organization",
    home="tenant",
    source=Get("/tenantRelationships/multiTenantOrganization"),
    permission="MultiTenantOrganization.Read.All",
    place="cross-tenant-access",
    area=AREA,
    not_in=NO_MTO,
    mending=NO_API,
    settings=(
        Setting(
            "multitenant-organization",
            # A tenant that is in none gets a document all the same, which is inactive.
            Choice({"none": "inactive", "member": "active"}),
            "Whether the tenant is in a multitenant organization, whose templates may rewrite settings for partners.",
            path="state",
            remedy=MTO_CONSOLE,
        ),
    ),
)


KINDS = (PARTNERS, PARTNER, PARTNER_MTO, PARTNER_NAMES, IDENTITY_SYNC, GROUP_SYNC, MTO)
