"""Attributes as synchronization names them, made of Microsoft Graph's columns of a user: of the source, of the target.

The names are those of the default schema of Azure2Azure; the properties those of
learn.microsoft.com/graph/api/resources/user.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from xtcheck.errors import Uninterpretable, XtcheckError
from xtcheck.languages.expressions.source_view import property_of, source_columns
from xtcheck.properties import EXTENSION, FORMS

if TYPE_CHECKING:
    import polars as pl

EXTERNAL_KEY = "alternativeSecurityIds"
"""What the service's own filter asks for: Graph shows it in nothing, and yet only external users have it."""
SOURCE_ONLY = frozenset({"userPrincipalName", "originalUserPrincipalName", EXTERNAL_KEY, "IsSoftDeleted"})
"""What the target makes itself, or what it shows in no property: the name of an external user, the key by which the
service knows him, and whether he is in the bin."""
SEPARATOR = "; "


def column(attribute: str) -> str | None:
    """The property that an attribute is made of; None for what no column shows, as ``manager`` and ``netId``."""
    if attribute == EXTERNAL_KEY:
        return "userPrincipalName"
    if attribute == "userType":  # no source attribute, and one that the target shows
        return attribute
    try:
        name = property_of(attribute)
    except XtcheckError:
        return None
    return name if name in FORMS or name.startswith(EXTENSION) else None


def columns(attributes: Iterable[str]) -> set[str]:
    """The properties that some attributes are made of, as far as there are any."""
    return {name for attribute in attributes if (name := column(attribute))}


def of_source(users: pl.DataFrame, attributes: Iterable[str]) -> pl.DataFrame:
    """The attributes of users as a source of synchronization has them; what no column shows is left out.

    :raises Uninterpretable: an attribute was not read.
    """
    import polars as pl

    shown = [name for name in dict.fromkeys(attributes) if column(name)]
    found = _columns(users, [name for name in shown if name != EXTERNAL_KEY])
    if EXTERNAL_KEY not in shown:
        return found
    external = users["userPrincipalName"].str.contains("(?i)#EXT#")
    return found.with_columns(pl.select(pl.when(external).then(pl.lit("external"))).to_series().alias(EXTERNAL_KEY))


def held(users: pl.DataFrame, attribute: str) -> pl.Series:
    """What users of the target hold in an attribute, as texts."""
    if attribute == "userType":
        return users[attribute]
    return as_text(_columns(users, [attribute]).to_series())


def _columns(users: pl.DataFrame, attributes: list[str]) -> pl.DataFrame:
    try:
        return source_columns(users, attributes)
    except XtcheckError as error:
        raise Uninterpretable(str(error)) from error


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


def has_mailbox(users: pl.DataFrame) -> pl.Series:
    """Which users of the target have a mailbox there, by their ``assignedPlans`` (Graph: assignedPlan)."""
    import polars as pl

    plan = pl.element().struct
    on = (plan.field("service") == "exchange") & plan.field("capabilityStatus").is_in(["Enabled", "Warning"])
    has = pl.col("assignedPlans").list.eval(on).list.any().fill_null(value=False)
    return users.select(has=has).to_series()
