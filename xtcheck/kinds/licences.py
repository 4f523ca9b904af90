"""Licences: whether a tenant has Microsoft Entra ID P1 or P2, and units of it for the users whom a link synchronizes.

Learn: entra/identity/multi-tenant-organizations/cross-tenant-synchronization-overview#license-requirements. Each
synchronized user needs P1 in the source, whether or not a licence is assigned to the account; so units are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.app_roles import provisioning
from xtcheck.kinds.assignments import members_of_assigned
from xtcheck.kinds.mending import by_hand
from xtcheck.kinds.synchronization import APP, ASSIGNED, NOT_IN, SYNC_SECRETS
from xtcheck.kinds.tenants import AREA, tenant_kind
from xtcheck.model import Break, Grade, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.properties import TYPE, USER
from xtcheck.tables import OF
from xtcheck.values import AnyOf, AtLeast, Choice, Findings

if TYPE_CHECKING:
    from xtcheck.tables import Joined

Json = Any

PLANS = {"41781fb2-bc02-4b7c-bd55-b576c07bb09d": "P1", "eec0eb4f-6444-4f95-aba0-50c24d67f998": "P2"}
"""Service plans AAD_PREMIUM and AAD_PREMIUM_P2 (Learn: licensing-service-plan-reference)."""
IN_FORCE = {"Enabled": True, "Warning": True, "Suspended": False, "Deleted": False, "LockedOut": False}
"""A subscription's capabilityStatus; Warning is the grace period after its end (Graph: subscribedSku)."""
PROVISIONED = {
    "Success": True,
    "PendingProvisioning": True,
    "Disabled": False,
    "Error": False,
    "PendingInput": False,
    "PendingActivation": False,
}
"""A service plan's provisioningStatus (Graph: servicePlanInfo)."""
BUYING = by_hand("licences are bought")
BUY = "Microsoft 365 admin center > Billing > Licenses: Microsoft Entra ID P1, P2, or a suite with one of them"


def _premium(skus: Json) -> Iterator[tuple[Json, set[str]]]:
    """The subscriptions in force that hold P1 or P2, each with what it holds.

    :raises Uninterpretable: a status that the documentation does not know.
    """
    for sku in skus:
        plans = [plan for plan in sku["servicePlans"] if plan["servicePlanId"].lower() in PLANS]
        held = {
            PLANS[plan["servicePlanId"].lower()] for plan in plans if _known(plan["provisioningStatus"], PROVISIONED)
        }
        if held and _known(sku["capabilityStatus"], IN_FORCE):
            yield sku, held


def _known(word: Json, table: Mapping[str, bool]) -> bool:
    if word not in table:
        raise Uninterpretable(f"a subscription's status is {word!r}; known are {', '.join(table)}")
    return table[word]


def _licence(seen: Seen) -> str:
    """The highest licence that the tenant holds."""
    return held(seen.documents["licences"])


def held(skus: Json) -> str:
    """The highest licence in some subscriptions: P2, P1 or none.

    :raises Uninterpretable: a status that the documentation does not know.
    """
    return max((plan for _, plans in _premium(skus) for plan in plans), default="none")


def units(skus: Json) -> int:
    """The units of all subscriptions in force that hold P1 or P2, assigned to somebody or not."""
    return sum(_count(sku["prepaidUnits"][name]) for sku, _ in _premium(skus) for name in ("enabled", "warning"))


def _count(units: Json) -> int:
    if isinstance(units, bool) or not isinstance(units, int):
        raise Uninterpretable("a subscription's prepaidUnits is no number")
    return units


LICENCES = tenant_kind(
    "licences",
    "licences",
    source=List("/subscribedSkus"),
    permission="LicenseAssignment.Read.All",
    mending=BUYING,
    settings=(
        Setting(
            "entra-id-licence",
            AnyOf(Choice({"none": "none", "P1": "P1", "P2": "P2"})),
            "The highest Microsoft Entra ID licence of which the tenant has a subscription in force, its grace period "
            "included. Synchronization needs P1 or P2 in the source, trust settings and automatic redemption where "
            "they are set.",
            view=_licence,
            breaks=(
                Break("licences", "#capabilityStatus", "Suspended"),
                Break("licences", "#servicePlans", []),
            ),
            severity=Severity.CRITICAL,
            remedy=BUY,
        ),
        Setting(
            "licensed-units",
            AtLeast("units"),
            "Units of Microsoft Entra ID P1 or P2 in all subscriptions in force, assigned to somebody or not.",
            view=lambda seen: units(seen.documents["licences"]),
            breaks=(Break("licences", "#prepaidUnits", {"enabled": 0, "warning": 0, "suspended": 25, "lockedOut": 0}),),
            remedy=BUY,
        ),
    ),
)

MEMBERS = Kind(
    "sync-members",
    "members of the assigned groups",
    home="source",
    subject="link",
    source=members_of_assigned(),
    parent=ASSIGNED,
    permission="GroupMember.Read.All",
    area=AREA,
    not_in=NOT_IN,
)


def _counted(scope: Scope) -> dict[str, Ref]:
    if scope.link is None:
        raise LookupError("licences for synchronization need a link")
    source = scope.estate.tenants[scope.link.source]
    refs = {
        "licences": LICENCES.ref(scope.at(source.alias)),
        "app": APP.ref(scope),
        "assignments": ASSIGNED.ref(scope),
        "members": MEMBERS.ref(scope),
    }
    # Where nothing but least privilege is given, the row `synchronization.scope` stands for the scope.
    return refs | ({"settings": SYNC_SECRETS.ref(scope)} if source.secrets else {})


def in_scope(assignments: Json, app: Json, members: Joined | None) -> set[str]:
    """The ids of the users who are assigned, or direct members of a group that is; provisioning goes no deeper.

    :param app: to which they are assigned; None where there is none, and so nobody assigned.
    :param members: those of the assigned groups; None where there is no app.
    :raises Uninterpretable: the app's roles are not shown, so that nobody knows who is provisioned.
    """
    import polars as pl

    entitled = provisioning(assignments, app)
    people = {item["principalId"] for item in entitled if item["principalType"] == "User"}
    groups = {item["principalId"] for item in entitled if item["principalType"] == "Group"}
    if members is None:
        return people
    users = members.scan().filter(pl.col(OF).is_in(list(groups)) & (pl.col(TYPE) == USER)).select("id")
    return people.union(users.collect()["id"])


def _shortage(seen: Seen) -> list[str]:
    if seen.documents.get("settings") is not None:
        values = {pair["key"]: pair["value"] for pair in seen.documents["settings"]["value"]}
        if values["SyncAll"] != "false":
            raise Uninterpretable("the scope is not the assigned users and groups: whom it means is not counted")
    people = in_scope(seen.documents["assignments"], seen.documents["app"], seen.documents["members"])
    there = units(seen.documents["licences"])
    if there >= len(people):
        return []
    return [f"{len(people)} users are in scope, {there} units of Microsoft Entra ID P1 or P2 are there"]


LINK = Kind(
    "link-licences",
    "licences for synchronization",
    home="source",
    subject="link",
    place="synchronization",
    label="synchronization",
    area=AREA,
    not_in=NOT_IN,
    settings=(
        Setting(
            "licences",
            Findings("enough"),
            "The source has a unit of Microsoft Entra ID P1 or P2 for each user in scope: each who is assigned to the "
            "synchronization app in a role that provisions, or a direct member of a group that is. Inferred: units "
            "also serve users who are not synchronized, and a source with several targets is counted for each link "
            "alone. It counts for the scope `assigned`; where the scope is read and is another, this is unknown, and a "
            "person may attest it.",
            view=_shortage,
            reads=_counted,
            breaks=(
                Break("licences", "#prepaidUnits", {"enabled": 0, "warning": 0, "suspended": 25, "lockedOut": 0}),
                Break("licences", "#capabilityStatus", "Deleted"),
            ),
            grade=Grade.INFERRED,
            attestable=True,
            mending=BUYING,
            remedy=BUY,
        ),
    ),
)

KINDS = (LICENCES, MEMBERS, LINK)
