"""A Graph user as the provisioning engine sees it: its source attributes have other names and, for guests, another UPN.

Names: the directory "Microsoft Entra ID" in a job's schema (Graph: synchronization-directorydefinition). That the
engine strips ``#EXT#`` and the domain of a guest's userPrincipalName, and keeps the whole as originalUserPrincipalName:
learn.microsoft.com/entra/identity/app-provisioning/known-issues.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    import polars as pl

Json = Any

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "objectId": "id",
        "physicalDeliveryOfficeName": "officeLocation",
        "facsimileTelephoneNumber": "faxNumber",
        "mobile": "mobilePhone",
        "dirSyncEnabled": "onPremisesSyncEnabled",
        "immutableId": "onPremisesImmutableId",
        "userState": "externalUserState",
        "originalUserPrincipalName": "userPrincipalName",
    }
)
"""Source attributes by the property of Graph that holds their value."""

PHONES, SOFT, UPN = "businessPhones", "deletedDateTime", "userPrincipalName"
EXTENSIONS, ORGANIZATION = "onPremisesExtensionAttributes", "employeeOrgData"
_EXTENSION = re.compile(r"extensionAttribute(?:[1-9]|1[0-5])")
_DIRECTORY_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_\w+")
_SAME = frozenset(
    [
        "accountEnabled",
        "streetAddress",
        "city",
        "state",
        "postalCode",
        "country",
        "companyName",
        "department",
        "employeeId",
        "employeeHireDate",
        "employeeLeaveDateTime",
        "employeeType",
        "displayName",
        "givenName",
        "jobTitle",
        "mailNickname",
        "manager",
        "onPremisesSecurityIdentifier",
        "otherMails",
        "preferredLanguage",
        "proxyAddresses",
        "surname",
        "usageLocation",
        "userPrincipalName",
        "showInAddressList",
        "mail",
    ]
)
NOT_SHOWN = frozenset({"netId", "alternativeSecurityIds", "appRoleAssignments"})
"""Source attributes of which Graph's user has nothing."""
NO_SOURCE = frozenset({"userType", "SamAccountName"})
"""Documented not to be available as source attributes (customize-application-attributes)."""

_EXT = re.compile(r"#EXT#", re.IGNORECASE)


def property_of(attribute: str) -> str:
    """The property of Graph's user that holds a source attribute, for ``$select``.

    :raises XtcheckError: Graph shows no such attribute, or it is none.
    """
    if attribute in RENAMED:
        return RENAMED[attribute]
    if attribute == "telephoneNumber":
        return PHONES
    if attribute == "IsSoftDeleted":
        return SOFT
    if _EXTENSION.fullmatch(attribute):
        return EXTENSIONS
    if attribute.startswith(f"{ORGANIZATION}."):
        return ORGANIZATION
    if attribute in _SAME or _DIRECTORY_EXTENSION.fullmatch(attribute):
        return attribute
    raise XtcheckError(f"Microsoft Graph shows no user property for the source attribute {attribute!r}")


def stripped(name: str) -> str:
    """A guest's userPrincipalName as it flows: ``ana_one.com#EXT#@shared.onmicrosoft.com`` is ana@one.com."""
    guest = _EXT.search(name)
    if guest is None:
        return name
    local = name[: guest.start()]
    before, underscore, domain = local.rpartition("_")
    return f"{before}@{domain}" if underscore else local


def source_view(user: Mapping[str, Json]) -> dict[str, Json]:
    """The source attributes of a raw user document of Graph; those whose property was not read are not there.

    :raises XtcheckError: a property that is a list, or an object, in Graph is something else.
    """
    view = {name: value for name, value in user.items() if name in _SAME or _DIRECTORY_EXTENSION.fullmatch(name)}
    view |= {name: user[theirs] for name, theirs in RENAMED.items() if theirs in user}
    view["IsSoftDeleted"] = user.get(SOFT) is not None
    if PHONES in user:
        view["telephoneNumber"] = next(iter(_list(user, PHONES)), None)
    if isinstance(user.get(UPN), str):
        view[UPN] = stripped(user[UPN])
    view |= _object(user, EXTENSIONS)
    view |= {f"{ORGANIZATION}.{name}": value for name, value in _object(user, ORGANIZATION).items()}
    return view


def _list(user: Mapping[str, Json], name: str) -> list[Json]:
    value = user.get(name) if user.get(name) is not None else []
    if not isinstance(value, list):
        raise _malformed(name, value, "a list")
    return value


def _object(user: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = user.get(name) if user.get(name) is not None else {}
    if not isinstance(value, dict):
        raise _malformed(name, value, "an object")
    return value


def _malformed(name: str, value: Json, what: str) -> XtcheckError:
    return XtcheckError(f"{name}: Microsoft Graph has {what} there, not {json.dumps(value)[:40]}")


def source_columns(users: pl.DataFrame, attributes: Iterable[str]) -> pl.DataFrame:
    """As :func:`source_view` for a table whose columns are properties of Graph's user; only these attributes.

    :raises XtcheckError: the property of an attribute is no column of the table: it was not read.
    """
    return users.select([_column(users, name).alias(name) for name in dict.fromkeys(attributes)])


def _column(users: pl.DataFrame, attribute: str) -> pl.Expr:
    import polars as pl

    property_ = property_of(attribute)
    if attribute == "IsSoftDeleted" and SOFT not in users.columns:
        return pl.repeat(value=False, n=pl.len(), dtype=pl.Boolean)
    if property_ not in users.columns:
        raise XtcheckError(f"the property {property_} of the users was not read, and {attribute} is made of it")
    column = pl.col(property_)
    match attribute:
        case "IsSoftDeleted":
            return column.is_not_null()
        case "telephoneNumber":
            return column.list.first()
        case "userPrincipalName":
            local = column.str.replace(r"(?is)^(.*?)#EXT#.*$", "$1").str.replace(r"(?s)^(.*)_", "${1}@")
            return pl.when(column.str.contains("(?i)#EXT#")).then(local).otherwise(column)
    if property_ in (EXTENSIONS, ORGANIZATION):
        field = attribute.rpartition(".")[2]
        kept = users.schema[property_]
        if not isinstance(kept, pl.Struct) or field not in {each.name for each in kept.fields}:
            raise XtcheckError(f"{attribute} is not in what was read of {property_}")
        return column.struct.field(field)
    return column
