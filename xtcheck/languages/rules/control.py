"""Who decides about the properties that a rule asks for: a group is only as safe as the right to write them.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership says so, but has no list. This one is put
together from the pages that each row names; where no page tells, it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from xtcheck.languages.rules.properties import Property, Subject
from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    MemberOf,
    Not,
    Or,
    Quantified,
    Tree,
)

_LEARN = "https://learn.microsoft.com"
PERMISSIONS = f"{_LEARN}/entra/fundamentals/users-default-permissions"
SYNCHRONIZATION = f"{_LEARN}/entra/identity/multi-tenant-organizations/cross-tenant-synchronization-configure"
EXTENSIONS = f"{_LEARN}/entra/identity/multi-tenant-organizations/cross-tenant-synchronization-directory-extensions"
RESOURCE = f"{_LEARN}/graph/api/resources/user"


class Source(StrEnum):
    """Whether the source tenant decides, for a user who came by cross-tenant synchronization."""

    MAPPED = "mapped by default"
    MAPPABLE = "if mapped"
    NO = "no"
    UNKNOWN = "not documented"


class Own(StrEnum):
    """Whether the user personally may write it, with the permissions that every member has."""

    YES = "yes"
    NO = "not by default"


@dataclass(frozen=True, slots=True)
class Use:
    """A property that a rule asks for.

    ``select`` is the key for ``$select`` of Microsoft Graph, or, when ``expanded``, of ``$expand``. ``basis`` names the
    pages on which ``source`` and ``own`` rest; it is empty where none tells.
    """

    name: str
    select: str
    expanded: bool
    source: Source
    own: Own
    basis: tuple[str, ...]


_MAPPED = frozenset(
    (
        "accountEnabled", "city", "country", "department", "displayName", "employeeId", "givenName", "jobTitle", "mail",
        "mailNickName", "physicalDeliveryOfficeName", "postalCode", "preferredLanguage", "state", "streetAddress",
        "surname", "telephoneNumber", "userPrincipalName", "userType", "manager",
    )
)  # fmt: skip
"""Targets of the mappings that a new synchronization job has (its template, as read from a tenant in June 2025)."""
_MAPPABLE = frozenset(("companyName", "mobile", "usageLocation", *(f"extensionAttribute{n}" for n in range(1, 16))))
"""Targets that the template knows and does not map."""
_OWN = frozenset(("mobile",))
"""Members manage their own mobile phone number."""
_KEPT = frozenset(
    (
        "objectId", "assignedPlans", "proxyAddresses", "sipProxyAddress", "dirSyncEnabled",
        "onPremisesDistinguishedName", "onPremisesSecurityIdentifier",
    )
)  # fmt: skip
"""Read-only in Microsoft Graph: the service, a licence or the synchronization from on-premises decides."""


def uses(tree: Tree) -> tuple[Use, ...]:
    """Every property that a tree asks for, by name; the object id is not among them unless the rule asks for it."""
    found = {name: (select, expanded) for name, select, expanded in _asked(tree)}
    return tuple(_use(name, select, expanded=expanded) for name, (select, expanded) in sorted(found.items()))


def _asked(tree: Tree) -> Iterator[tuple[str, str, bool]]:
    match tree:
        case Comparison(property=property) | Empty(property):
            if property.subject is not Subject.ELEMENT:
                yield _key(property)
        case Not(part):
            yield from _asked(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _asked(part)
        case Quantified(property=property):
            yield _key(property)
        case DirectReports():
            yield "manager", "manager", True
            yield "user.objectId", "id", False
        case Doubt(part=part):
            yield from _asked(part)
        case MemberOf():
            return
        case _:
            assert_never(tree)


def _key(property: Property) -> tuple[str, str, bool]:
    return property.name, property.path[0], False


def _use(name: str, select: str, *, expanded: bool) -> Use:
    short = name.rpartition(".")[2]
    own = Own.YES if short in _OWN else Own.NO
    basis: tuple[str, ...] = (PERMISSIONS,) if own is Own.YES else ()
    if name.startswith("device."):
        return Use(name, select, expanded, Source.UNKNOWN, own, ())
    if short.startswith("extension_"):
        return Use(name, select, expanded, Source.MAPPABLE, own, (EXTENSIONS,))
    if short in _MAPPED:
        return Use(name, select, expanded, Source.MAPPED, own, (SYNCHRONIZATION, *basis))
    if short in _MAPPABLE:
        return Use(name, select, expanded, Source.MAPPABLE, own, (SYNCHRONIZATION, *basis))
    if short in _KEPT:
        return Use(name, select, expanded, Source.NO, own, (RESOURCE,))
    return Use(name, select, expanded, Source.UNKNOWN, own, basis)
