"""The open keys of a policy: whom a ``<partner>`` key means, what an ``<account>`` key must look like, and so on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xtcheck.errors import Mistake

if TYPE_CHECKING:
    from xtcheck.estate import Scope
    from xtcheck.nodes import Scalar

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ACCOUNT = re.compile(r"\d{12}")
# docs.aws.amazon.com/singlesignon/latest/userguide/howtochangeURL.html
PORTAL = re.compile(r"(?:https://)?(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.awsapps\.com(?:/start)?(?:/#?/?)?)?")

Meant = list[tuple[str, str]]
"""What the service knows the object by, and what a person does; one pair for each object that the key means."""


def _partners(key: Scalar, scope: Scope) -> Meant:
    here, tenants = scope.place("tenant"), scope.estate.tenants
    match key.text:
        case "each-source":
            aliases = [link.source for link in scope.estate.links if link.target == here]
            what = "no link of config.yml has this tenant as its target"
        case "each-target":
            aliases = [link.target for link in scope.estate.links if link.source == here]
            what = "no link of config.yml has this tenant as its source"
        case alias if alias in tenants:
            if alias == here:
                raise Mistake(key.mark, f"{alias} is this tenant itself", "name its partner")
            aliases, what = [alias], ""
        case guid if GUID.fullmatch(guid):
            known = next((tenant.alias for tenant in tenants.values() if tenant.id == guid.lower()), guid.lower())
            return [(guid.lower(), known)]
        case _:
            valid = "write each-source, each-target, an alias of config.yml or a tenant id"
            raise Mistake(key.mark, f"{key.shown!r} is no partner", valid)
    if not aliases:
        raise Mistake(key.mark, f"{key.text} means nobody for {here}", what)
    return [(tenants[alias].id, alias) for alias in aliases]


def _name(key: Scalar, _scope: Scope) -> Meant:
    if not key.text.strip():
        raise Mistake(key.mark, "the name is empty", "write the name")
    return [(key.text, key.shown)]


def _account(key: Scalar, _scope: Scope) -> Meant:
    if not ACCOUNT.fullmatch(key.text):
        raise Mistake(key.mark, f"{key.shown!r} is no AWS account id", "write its 12 digits")
    return [(key.text, key.text)]


def _portal(key: Scalar, _scope: Scope) -> Meant:
    found = PORTAL.fullmatch(key.text)
    if not found:
        valid = "write its alias, the identity store's id, or https://<alias>.awsapps.com/start"
        raise Mistake(key.mark, f"{key.shown!r} is no access portal", valid)
    return [(found["name"], found["name"])]


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of open key: what it names, which keys it may hold (for editors), and whom a key means."""

    doc: str
    pattern: str
    meant: Callable[[Scalar, Scope], Meant]


SLOTS = {
    "partner": Slot(
        "each-source, each-target, an alias of config.yml, or a tenant id", "^[a-zA-Z0-9-]+$|\\$\\{", _partners
    ),
    "group": Slot("a group's display name", ".", _name),
    "attribute": Slot("a target attribute's name", ".", _name),
    "permission-set": Slot("a permission set's name", ".", _name),
    "person": Slot("a user name or e-mail address", ".", _name),
    "portal": Slot(
        "an access portal's alias or URL, or the identity store's id", "^(https://)?[a-z0-9]|\\$\\{", _portal
    ),
    "account": Slot("an AWS account id", "^[0-9]{12}$|\\$\\{", _account),
}
