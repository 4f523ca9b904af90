"""The properties of Microsoft Graph's users, and of groups' members, that can be columns: their JSON, and its columns.

The types are those of learn.microsoft.com/graph/api/resources/user (with assignedplan, objectidentity and
onpremisesextensionattributes): a page that says otherwise is not understood, for polars would take a number for a text
and a text for a list of one.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

EXTENSION = "extension_"
"""How the names of directory extensions begin. Graph leaves out those that have no value, and nothing else that was
selected (learn.microsoft.com/graph/extensibility-overview)."""


TYPE = "@odata.type"
"""What says of each item of a collection of several types which it is: a column that nobody selects, for Graph adds it
to each (learn.microsoft.com/graph/api/group-list-members). Its table is of such items then."""
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"
AGENT = "#microsoft.graph.agentUser"
"""An agent's account: a user like any other (learn.microsoft.com/graph/api/resources/agentuser)."""
_OF_TYPE = {
    GROUP: frozenset({"createdDateTime", "displayName", "mail"}),
    "#microsoft.graph.device": frozenset({"accountEnabled", "displayName"}),
    "#microsoft.graph.servicePrincipal": frozenset({"accountEnabled", "displayName"}),
    "#microsoft.graph.orgContact": frozenset({"displayName", "mail"}),
}
"""What others than users have of users' properties (learn.microsoft.com/graph/api/resources/<type>)."""


def has(type_: str, name: str) -> bool:
    """Whether objects of a type have a property: then it is there when it is selected, null where it is hidden."""
    return name in {"id", TYPE} or type_ in {USER, AGENT} or name in _OF_TYPE.get(type_, ())


class Form(Enum):
    """The JSON of a property; each may be null unless it is ``ALWAYS``."""

    TEXT = "text"
    MOMENT = "date and time as text"
    BOOLEAN = "true or false"
    TEXTS = "list of texts"
    PLANS = "list of assignedPlan"
    IDENTITIES = "list of objectIdentity"
    ATTRIBUTES = "onPremisesExtensionAttributes"


OBJECTS: dict[Form, tuple[str, ...]] = {
    Form.PLANS: ("assignedDateTime", "capabilityStatus", "service", "servicePlanId"),
    Form.IDENTITIES: ("signInType", "issuer", "issuerAssignedId"),
    Form.ATTRIBUTES: tuple(f"extensionAttribute{number}" for number in range(1, 16)),
}
"""The fields of objects inside, all of them texts."""
LISTS = frozenset({Form.TEXTS, Form.PLANS, Form.IDENTITIES})

ALWAYS = frozenset({"id", "userPrincipalName", "accountEnabled"})
"""What no user is without: null means that whoever asks may not see it."""

_FORMS: dict[Form, str] = {
    Form.TEXT: f"""
        {TYPE} ageGroup city companyName consentProvidedForMinor country creationType department displayName employeeId
        employeeType externalUserState faxNumber givenName id jobTitle legalAgeGroupClassification mail mailNickname
        mobilePhone officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesImmutableId
        onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesUserPrincipalName passwordPolicies postalCode
        preferredDataLocation preferredLanguage securityIdentifier state streetAddress surname usageLocation
        userPrincipalName userType""",
    Form.MOMENT: """
        createdDateTime deletedDateTime employeeHireDate employeeLeaveDateTime externalUserStateChangeDateTime
        lastPasswordChangeDateTime onPremisesLastSyncDateTime refreshTokensValidFromDateTime
        signInSessionsValidFromDateTime""",
    Form.BOOLEAN: "accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList",
    Form.TEXTS: "businessPhones imAddresses otherMails proxyAddresses",
    Form.PLANS: "assignedPlans",
    Form.IDENTITIES: "identities",
    Form.ATTRIBUTES: "onPremisesExtensionAttributes",
}
FORMS = {name: form for form, names in _FORMS.items() for name in names.split()}


def form(name: str) -> Form:
    """The form of a property; of a directory extension text, the only one that rules and mappings know.

    :raises LookupError: nothing is known of it: whoever asks for it is at fault.
    """
    if name.startswith(EXTENSION):
        return Form.TEXT
    if name not in FORMS:
        raise LookupError(f"{name} is no property that can be a column; xtcheck.properties knows which are")
    return FORMS[name]


def schema(columns: Iterable[str]) -> dict[str, pl.DataType]:
    """The columns of a table, by name."""
    return {name: _column(form(name)) for name in columns}


def _column(form_: Form) -> pl.DataType:
    import polars as pl

    one = pl.Struct(dict.fromkeys(OBJECTS[form_], pl.String())) if form_ in OBJECTS else pl.String()
    if form_ is Form.BOOLEAN:
        return pl.Boolean()
    return pl.List(one) if form_ in LISTS else one


@cache
def item(columns: tuple[str, ...]) -> Any:
    """The class of msgspec that takes what a collection's item must be, and nothing else."""
    import msgspec

    fields: list[Any] = []
    for name in columns:
        if name == TYPE:
            fields.append((attribute(name), str, msgspec.field(name=name)))
        elif optional(name, columns):
            fields.append((name, _shape(name) | None | msgspec.UnsetType, msgspec.UNSET))
        else:
            fields.append((name, _shape(name)))
    return msgspec.defstruct("Item", fields, kw_only=True, gc=False)


def attribute(name: str) -> str:
    """What the class of :func:`item` calls a property."""
    return name.removeprefix("@").replace(".", "_")


def optional(name: str, columns: Iterable[str]) -> bool:
    """Whether items with these columns may be without one: an extension, or what not all types of items have."""
    return name.startswith(EXTENSION) or (TYPE in columns and name not in {"id", TYPE})


def keys(columns: tuple[str, ...], rows: Sequence[Any]) -> int:
    """How many names of properties stand in items of the class of :func:`item`, those of objects inside included."""
    import msgspec

    found = len(rows) * sum(not optional(name, columns) for name in columns)
    for name in columns:
        inside = len(OBJECTS.get(form(name), ()))
        if optional(name, columns):
            found += sum(getattr(row, name) is not msgspec.UNSET for row in rows)
        elif inside and form(name) in LISTS:
            found += sum(len(getattr(row, name) or ()) * inside for row in rows)
        elif inside:
            found += sum(getattr(row, name) is not None for row in rows) * inside
    return found


def _shape(name: str) -> Any:
    import msgspec

    form_ = form(name)
    one: Any = bool if form_ is Form.BOOLEAN else str
    if form_ in OBJECTS:
        one = msgspec.defstruct(form_.name, [(field, str | None) for field in OBJECTS[form_]], gc=False)
    if form_ in LISTS:
        one = list[one]
    return one if name in ALWAYS else one | None
