"""The properties that a membership rule may name, what they hold, and where Microsoft Graph keeps them.

The table is that of https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership (Supported properties);
where the rule's name and Graph's differ, the pairs are those of
https://learn.microsoft.com/graph/migrate-azure-ad-graph-property-differences, apart from the three marked ``derived``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """Whom a rule selects; ``ELEMENT`` is what a lambda speaks of."""

    USER = "user"
    DEVICE = "device"
    ELEMENT = "element"


class Type(StrEnum):
    """What a property holds."""

    STRING = "string"
    BOOLEAN = "Boolean"
    DATE = "date"
    STRINGS = "collection of strings"
    PLANS = "collection of assigned plans"
    GROUPS = "collection of groups"


COLLECTIONS = frozenset({Type.STRINGS, Type.PLANS, Type.GROUPS})


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a user or device, or of an element of a collection.

    ``name`` is as the normal form prints it (``user.mobile``, ``_``, ``assignedPlan.service``); ``path`` leads to the
    value in Graph's JSON (for an element: in the element; empty for ``_``), ``first`` when the value is the first
    element of a collection there. ``nullable`` is false where the value cannot be missing.
    """

    name: str
    subject: Subject
    type: Type
    path: tuple[str, ...]
    first: bool = False
    nullable: bool = True
    spellings: frozenset[str] = frozenset()
    """Other documented spellings, without the prefix."""

    @property
    def short(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(".")[2]

    @property
    def is_extension(self) -> bool:
        """Whether it is a directory extension, which Graph leaves out of a document also when it has no value."""
        return self.short.startswith("extension_")


def _user(name: str, type: Type = Type.STRING, *path: str, first: bool = False, also: str = "") -> Property:
    return Property(
        f"user.{name}",
        Subject.USER,
        type,
        path or (name,),
        first=first,
        nullable=name != "objectId",
        spellings=frozenset(also.split()),
    )


def _device(name: str, type: Type = Type.STRING, *path: str, also: str = "") -> Property:
    return Property(
        f"device.{name}",
        Subject.DEVICE,
        type,
        path or (name,),
        nullable=name != "objectId",
        spellings=frozenset(also.split()),
    )


_PLAIN = (
    "city", "country", "companyName", "department", "givenName", "jobTitle", "postalCode", "state",
    "streetAddress", "surname", "displayName", "userPrincipalName", "employeeId", "mail",
    "onPremisesDistinguishedName", "onPremisesSecurityIdentifier", "passwordPolicies", "preferredLanguage",
    "usageLocation", "userType",
)  # fmt: skip

USER = (
    *map(_user, _PLAIN),
    _user("accountEnabled", Type.BOOLEAN),
    _user("dirSyncEnabled", Type.BOOLEAN, "onPremisesSyncEnabled"),
    _user("employeeHireDate", Type.DATE, also="employeehiredate"),
    _user("mailNickName", Type.STRING, "mailNickname", also="mailNickname"),
    _user("facsimileTelephoneNumber", Type.STRING, "faxNumber"),
    _user("mobile", Type.STRING, "mobilePhone"),
    _user("telephoneNumber", Type.STRING, "businessPhones", first=True),
    _user("physicalDeliveryOfficeName", Type.STRING, "officeLocation"),  # derived: not in the migration table
    _user("sipProxyAddress", Type.STRING, "imAddresses", first=True),  # derived: not in the migration table
    _user("objectId", Type.STRING, "id"),  # derived: not in the migration table
    *(
        _user(
            f"extensionAttribute{n}",
            Type.STRING,
            "onPremisesExtensionAttributes",
            f"extensionAttribute{n}",
            also=f"ExtensionAttribute{n}",
        )
        for n in range(1, 16)
    ),
    _user("otherMails", Type.STRINGS),
    _user("proxyAddresses", Type.STRINGS),
    _user("assignedPlans", Type.PLANS),
    _user("memberOf", Type.GROUPS, also="memberof"),
)

_DEVICE_PLAIN = (
    "deviceCategory", "deviceId", "deviceManagementAppId", "deviceManufacturer", "deviceModel", "displayName",
    "deviceOSType", "deviceOSVersion", "deviceOwnership", "deviceTrustType", "enrollmentProfileName",
    "managementType", "profileType", "systemLabels",
)  # fmt: skip

DEVICE = (
    *map(_device, _DEVICE_PLAIN),
    _device("accountEnabled", Type.BOOLEAN),
    _device("isRooted", Type.BOOLEAN),
    _device("objectId", Type.STRING, "id"),
    *(_device(f"extensionAttribute{n}", also=f"ExtensionAttribute{n}") for n in range(1, 16)),
    _device("devicePhysicalIds", Type.STRINGS, also="devicePhysicalIDs"),
    _device("memberOf", Type.GROUPS, also="memberof"),
)

ELEMENT = Property("_", Subject.ELEMENT, Type.STRING, (), nullable=False)
"""An element of a collection of strings."""

PLAN = tuple(
    Property(f"assignedPlan.{name}", Subject.ELEMENT, Type.STRING, (name,))
    for name in ("servicePlanId", "service", "capabilityStatus")
)
"""What a lambda over ``user.assignedPlans`` may ask."""

GROUP_ID = Property("group.objectId", Subject.ELEMENT, Type.STRING, ("id",), nullable=False)
"""What the lambda of ``memberOf`` asks."""

BY_NAME = {
    Subject.USER: {each.short.lower(): each for each in USER},
    Subject.DEVICE: {each.short.lower(): each for each in DEVICE},
}
OBJECT_ID = BY_NAME[Subject.USER]["objectid"]

UNSUPPORTED = {
    "manager": 'a rule reads nobody\'s manager; write Direct Reports for "<object id of the manager>"',
    **dict.fromkeys(
        ("employeetype", "employeeorgdata", "createddatetime", "onpremisessamaccountname", "identities"),
        "membership rules cannot read it",
    ),
    "customsecurityattributes": "membership rules cannot read custom security attributes",
    "organizationalunit": "it is no longer recognised",
}
"""What people write although no rule may, by its name in lower case."""

EXTENSION = re.compile(r"extension_([0-9a-f]{32})_(\w+)", re.IGNORECASE | re.ASCII)


def find(subject: Subject, name: str) -> Property | None:
    """The property of that name, in whatever case; a directory extension (``extension_<appId>_<name>``) is made.

    Names are said to be case-sensitive, but Microsoft's own samples spell them differently (A-03).
    """
    if known := BY_NAME[subject].get(name.lower()):
        return known
    if subject is Subject.USER and (extension := EXTENSION.fullmatch(name)):
        key = f"extension_{extension[1].lower()}_{extension[2]}"
        return Property(f"user.{key}", subject, Type.STRING, (key,))
    return None
