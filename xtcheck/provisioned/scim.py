"""Where a SCIM target attribute stands in a user of the identity store.

Identity Store API reference: User, and ListUsers with the enterprise extension. What has no place there
(``manager``, roles) is shown by nothing.
"""

from __future__ import annotations

import re
from typing import Any

Json = Any

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EXTENSION = "aws:identitystore:enterprise"
"""What the identity store calls the enterprise extension, which it shows when it is asked for."""
ISSUER = "https://scim.aws.com/"
"""How the issuers of external ids begin that SCIM wrote: seen by several independently, not documented."""

_CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
_TEXTS = frozenset({
    "userName", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone",
})  # fmt: skip
_NAMES = frozenset({"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"})
_EXTENDED = frozenset({"employeeNumber", "costCenter", "organization", "division", "department"})
_PARTS = {
    "emails": frozenset({"value"}),
    "phoneNumbers": frozenset({"value"}),
    "addresses": frozenset({"formatted", "streetAddress", "locality", "region", "postalCode", "country"}),
}
_PATH = re.compile(
    rf"(?:(?P<schema>{re.escape(ENTERPRISE)}|{re.escape(_CORE)}):)?(?P<name>\w+)"
    r'(?:\[type eq "(?P<type>\w+)"\])?(?:\.(?P<sub>\w+))?'
)


def is_shown(attribute: str) -> bool:
    """Whether a user of the identity store shows it."""
    found = _PATH.fullmatch(attribute)
    if found is None:
        return False
    name, sub = found["name"], found["sub"]
    if found["schema"] == ENTERPRISE:
        return name in _EXTENDED and not sub and not found["type"]
    if found["type"]:
        return sub in _PARTS.get(name, ())
    return sub in _NAMES if name == "name" else not sub and (name in _TEXTS or name == "externalId")


def held(attribute: str, user: Json) -> str | None:
    """What a user of the identity store holds in it; None where that is nothing."""
    found = _PATH.fullmatch(attribute)
    if found is None:
        return None
    name, sub = found["name"], found["sub"]
    if found["schema"] == ENTERPRISE:
        return _text((user.get("Extensions") or {}).get(EXTENSION), name)
    if name == "externalId":
        return next((str(one["Id"]) for one in user.get("ExternalIds") or () if one["Issuer"].startswith(ISSUER)), None)
    if found["type"]:
        items = user.get(_upper(name)) or ()
        item = next((one for one in items if str(one.get("Type")).casefold() == found["type"].casefold()), None)
        return _text(item, _upper(sub or "value"))
    return _text(user.get("Name"), _upper(sub)) if sub else _text(user, _upper(name))


def _text(holder: Json, name: str) -> str | None:
    value = (holder or {}).get(name)
    return None if value is None else str(value)


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def listed(attribute: str) -> str:
    """The list that the attribute is an item of, as ``emails``; empty for what stands alone."""
    found = _PATH.fullmatch(attribute)
    return found["name"] if found and found["type"] else ""
