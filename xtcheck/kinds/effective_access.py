"""Cross-tenant access settings as they take effect: a partner's own, else the default; and the handshake of a link.

Learn: entra/external-id/cross-tenant-access-overview. A partner inherits whole properties, automatic redemption each of
its two flags; a partner that is not configured inherits everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xtcheck import paths
from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.access import AREA, IDENTITY_SYNC, PARTNER, PORTAL, TRUSTED
from xtcheck.kinds.default_access import DEFAULT
from xtcheck.kinds.mending import ELSEWHERE
from xtcheck.kinds.reach import Share, reach
from xtcheck.kinds.synchronization import APP as SYNC_APP
from xtcheck.model import Break, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Boolean, Choice, Findings

Json = Any

COLLABORATION = {"inbound": "b2bCollaborationInbound", "outbound": "b2bCollaborationOutbound"}
DIRECT_CONNECT = {"inbound": "b2bDirectConnectInbound", "outbound": "b2bDirectConnectOutbound"}
TRUSTS = "inboundTrust"
CONSENT = "automaticUserConsentSettings"
TRUST = {
    "effective-trust-mfa": ("isMfaAccepted", "Multifactor authentication done in the partner's tenant"),
    "effective-trust-compliant-device": ("isCompliantDeviceAccepted", "The partner's word that a device is compliant"),
    "effective-trust-hybrid-joined-device": (
        "isHybridAzureADJoinedDeviceAccepted",
        "The partner's word that a device is Microsoft Entra hybrid joined",
    ),
}


def effective(partner: Json, default: Json, name: str) -> Json:
    """The value of a property that takes effect: the partner's unless it is null or not there, else the default's.

    :param partner: None when no settings exist for the partner.
    :raises Uninterpretable: neither says anything.
    """
    own = partner.get(name) if partner is not None else None
    value = default.get(name) if own is None else own
    if value is None:
        raise Uninterpretable(f"neither the partner nor the default says {name}")
    return value


def _flag(value: Json, name: str) -> bool:
    flag = value.get(name) if isinstance(value, dict) else None
    if not isinstance(flag, bool):
        raise Uninterpretable(f"{name} is neither true nor false" if flag is not None else f"{name} is not shown")
    return flag


def consent(partner: Json, default: Json, flag: str) -> bool:
    """Whether automatic redemption takes effect in one direction.

    :raises Uninterpretable: nothing says so.
    """
    own = (partner or {}).get(CONSENT)
    if isinstance(own, dict) or own is None:
        own = (own or {}).get(flag)
        return _flag(default.get(CONSENT) if own is None else {flag: own}, flag)
    raise Uninterpretable(f"{CONSENT} has another shape than documented")


def trusts(partner: Json, default: Json, flag: str) -> bool:
    """Whether a claim of the partner's counts: a trust of its own distrusts where it says nothing.

    :raises Uninterpretable: nothing says so.
    """
    value = effective(partner, default, TRUSTS)
    own = partner is not None and partner.get(TRUSTS) is not None
    return _flag({**TRUSTED.keys, **_said(value)} if own and isinstance(value, dict) else value, flag)


def _said(value: Json) -> Json:
    return {name: flag for name, flag in value.items() if flag is not None}


def _both(scope: Scope) -> dict[str, Ref]:
    return {"partner": PARTNER.ref(scope), "default": DEFAULT.ref(scope)}


def _ends_of(seen: Seen) -> tuple[Json, Json]:
    return seen.documents["partner"], seen.documents["default"]


def _all(access: str) -> Json:
    """A setting for all users and all applications: for the gates."""
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def _row(key: str, doc: str, view: Callable[[Seen], Json], *, type_: Boolean | Choice, broken: Break) -> Setting:
    return Setting(
        key,
        type_,
        f"{doc}: the partner's own setting, else the default.",
        view=view,
        reads=_both,
        breaks=(broken,),
        severity=Severity.CRITICAL,
        remedy=f"{PORTAL} or Default settings",
    )


def _reach_row(what: str, words: str, name: str, broken: str) -> Setting:
    return _row(
        f"effective-{what}",
        f"Whether everyone, some or nobody {words} (`some` means some users or some applications)",
        lambda seen: str(reach(effective(*_ends_of(seen), name))),
        type_=Choice({str(share): str(share) for share in Share}),
        broken=Break("partner", name, _all(broken)),
    )


def _trust_row(key: str) -> Setting:
    name, what = TRUST[key]
    others = dict.fromkeys((flag for flag, _ in TRUST.values()), key != "effective-trust-mfa")
    return _row(
        key,
        f"{what} counts here",
        lambda seen: trusts(*_ends_of(seen), name),
        type_=Boolean(),
        broken=Break("partner", TRUSTS, others),
    )


def _consent_row(direction: str, words: str) -> Setting:
    flag = f"{direction}Allowed"
    return _row(
        f"effective-automatic-redemption-{direction}",
        words,
        lambda seen: consent(*_ends_of(seen), flag),
        type_=Boolean(),
        broken=Break("partner", CONSENT, {"inboundAllowed": False, "outboundAllowed": False}),
    )


EFFECTIVE = Kind(
    "effective-access",
    "cross-tenant access settings in effect for partner",
    home="tenant",
    parent=PARTNER,
    place="cross-tenant-access.partners.<partner>",
    label="partner.<partner>",
    area=AREA,
    mending=ELSEWHERE,
    settings=(
        _reach_row(
            "b2b-collaboration-inbound", "of the partner may be invited here", COLLABORATION["inbound"], "blocked"
        ),
        _reach_row(
            "b2b-collaboration-outbound", "of us may be invited by the partner", COLLABORATION["outbound"], "blocked"
        ),
        _reach_row(
            "b2b-direct-connect-inbound", "of the partner may use shared channels here", DIRECT_CONNECT["inbound"],
            "allowed",
        ),
        _reach_row(
            "b2b-direct-connect-outbound", "of us may use shared channels there", DIRECT_CONNECT["outbound"], "allowed"
        ),
        *map(_trust_row, TRUST),
        _consent_row("inbound", "Users of the partner need not consent when they first come here"),
        _consent_row("outbound", "Our users need not consent when they first go to the partner"),
    ),
)  # fmt: skip

FAILURE = (
    "the job fails with AzureDirectoryB2BManagementPolicyCheckFailure, in newer logs "
    "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
)
"""What an admin finds in the provisioning logs when one half is missing (Learn: cross-tenant-synchronization-configure,
troubleshooting)."""


@dataclass(frozen=True, slots=True)
class Half:
    """What one side must let through: the read that says so, the tenant, and a finding when it does not."""

    own: str
    default: str
    side: str
    name: str
    flag: str
    gap: str


HALVES = (
    Half(
        "partner in the source",
        "default in the source",
        "source",
        COLLABORATION["outbound"],
        "outboundAllowed",
        "lets nobody go to",
    ),
    Half(
        "partner in the target",
        "default in the target",
        "target",
        COLLABORATION["inbound"],
        "inboundAllowed",
        "lets nobody in from",
    ),
)
SYNC = "synchronization in the target"


def _handshake_reads(scope: Scope) -> Mapping[str, Ref]:
    link = scope.link
    if link is None:
        raise LookupError("a handshake needs a link")
    tenants = scope.estate.tenants
    source, target = tenants[link.source], tenants[link.target]
    here = scope.at(source.alias).named("partner", target.id, target.alias)
    there = scope.at(target.alias).named("partner", source.id, source.alias)
    return {
        "partner in the source": PARTNER.ref(here),
        "default in the source": DEFAULT.ref(here),
        "partner in the target": PARTNER.ref(there),
        "default in the target": DEFAULT.ref(there),
        SYNC: IDENTITY_SYNC.ref(there),
    }


def _handshake(seen: Seen) -> list[str]:
    link = seen.scope.link
    assert link is not None  # noqa: S101  # a row of link documents
    tenants = {"source": link.source, "target": link.target}
    found = []
    for half in HALVES:
        here = tenants[half.side]
        (other,) = (alias for side, alias in tenants.items() if side != half.side)
        partner, default = seen.documents[half.own], seen.documents[half.default]
        direction = half.flag.removesuffix("Allowed")
        if not consent(partner, default, half.flag):
            found.append(f"automatic redemption {direction} is off in {here}")
        if reach(effective(partner, default, half.name)) is Share.NOBODY:
            found.append(f"B2B collaboration {direction} of {here} {half.gap} {other}")
    if not _is_true(seen.documents[SYNC], "userSyncInbound.isSyncAllowed"):
        found.append(f"user synchronization inbound is off in {link.target}")
    return found


def _is_true(document: Json, path: str) -> bool:
    found = paths.get(document, paths.parse(path))
    return isinstance(found, paths.Found) and found.value is True


LINK = Kind(
    "link",
    "handshake of both tenants",
    home="target",
    subject="link",
    place="cross-tenant-access",
    area=AREA,
    # The target's half exists in every cloud; China has no synchronization out of it.
    needs=SYNC_APP,
    settings=(
        Setting(
            "handshake",
            Findings("complete"),
            "Both tenants set what cross-tenant synchronization needs: automatic redemption outbound in the source, "
            "inbound in the target, and inbound user synchronization in the target; and B2B collaboration lets "
            "somebody through, outbound in the source and inbound in the target. The text names the side that does "
            "not.",
            view=_handshake,
            reads=_handshake_reads,
            breaks=(
                *(Break(half.own, f"{CONSENT}.{half.flag}", value=False) for half in HALVES),
                *(Break(half.own, half.name, _all("blocked")) for half in HALVES),
                *(Break(half.default, half.name, _all("blocked")) for half in HALVES),
                Break(SYNC, "userSyncInbound.isSyncAllowed", value=False),
            ),
            severity=Severity.CRITICAL,
            mending=ELSEWHERE,
            remedy=f"{PORTAL}, in the tenant named; until then {FAILURE}",
        ),
    ),
)

KINDS = (EFFECTIVE, LINK)
