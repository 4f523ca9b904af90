"""Attributes as synchronization names them, made of Microsoft Graph's columns of a user: of the source, of the target.

The names are those of the default schema of Azure2Azure; the properties those of
learn.microsoft.com/graph/api/resources/user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from xtcheck.properties import EXTENSION, FORMS

if TYPE_CHECKING:
    import polars as pl

RENAMED = {
    "objectId": "id",
    "physicalDeliveryOfficeName": "officeLocation",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "mobile": "mobilePhone",
    "dirSyncEnabled": "onPremisesSyncEnabled",
    "immutableId": "onPremisesImmutableId",
    "userState": "externalUserState",
    "originalUserPrincipalName": "userPrincipalName",
    "alternativeSecurityIds": "userPrincipalName",
    "IsSoftDeleted": "accountEnabled",
}
"""Of attributes that are called otherwise in Graph, the property that they are made of."""
ATTRIBUTES = "onPremisesExtensionAttributes"
_NUMBERED = re.compile(r"extensionAttribute([1-9]|1[0-5])")
SOURCE_ONLY = frozenset({"userPrincipalName", "originalUserPrincipalName", "alternativeSecurityIds", "IsSoftDeleted"})
"""What the target makes itself, or what it shows in no property: the name of an external user, the key by which the
service knows him, and whether he is in the bin."""


def column(attribute: str) -> str | None:
    """The property that an attribute is made of; None for what no property shows, as ``manager`` and ``netId``."""
    if _NUMBERED.fullmatch(attribute):
        return ATTRIBUTES
    name = RENAMED.get(attribute, attribute)
    known = name in FORMS or name.startswith(EXTENSION)
    return name if known and name != ATTRIBUTES else None


def columns(attributes: Iterable[str]) -> set[str]:
    """The properties that some attributes are made of, as far as there are any."""
    return {name for attribute in attributes if (name := column(attribute))}


def of_source(table: pl.LazyFrame, attributes: Iterable[str]) -> pl.LazyFrame:
    """The attributes of users as a source of synchronization has them; what no property shows is left out."""
    return table.select(**{name: _of_source(name) for name in dict.fromkeys(attributes) if column(name)})


def _of_source(attribute: str) -> pl.Expr:
    import polars as pl

    name = pl.col("userPrincipalName")
    match attribute:
        case "userPrincipalName":
            # Provisioning takes an external user's name as it is at home (Learn: customize-application-attributes).
            return name.str.replace(r"(?i)^(.+)_([^_]*)#EXT#.*$", "${1}@${2}")
        case "alternativeSecurityIds":
            return pl.when(name.str.contains("(?i)#EXT#")).then(pl.lit("external"))
        case "IsSoftDeleted":
            return ~pl.col("accountEnabled")
    return held(attribute)


def held(attribute: str) -> pl.Expr:
    """An attribute of a user, by the property that it is made of."""
    import polars as pl

    name = column(attribute)
    if name is None:
        raise LookupError(f"no property shows {attribute}")
    if name == ATTRIBUTES:
        return pl.col(name).struct.field(attribute)
    if attribute == "telephoneNumber":
        return pl.col(name).list.first()
    return pl.col(name)


SEPARATOR = "; "


def joined(values: Iterable[str]) -> str:
    """Several values as one text, in the order of the alphabet: they are compared as a set."""
    return SEPARATOR.join(sorted(values))


def as_text(values: pl.Series) -> pl.Series:
    """Values of an attribute as texts, as provisioning writes them; several of one attribute by the alphabet."""
    import polars as pl

    if values.dtype == pl.Boolean:
        return values.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    if values.dtype == pl.List:
        return values.list.sort().list.join(SEPARATOR)
    return values


def has_mailbox() -> pl.Expr:
    """Whether a user of the target has a mailbox there, by his ``assignedPlans`` (Graph: assignedPlan)."""
    import polars as pl

    plan = pl.element().struct
    on = (plan.field("service") == "exchange") & plan.field("capabilityStatus").is_in(["Enabled", "Warning"])
    return pl.col("assignedPlans").list.eval(on).list.any().fill_null(value=False)
