"""The few filters that AWS's SCIM endpoint takes: ``eq`` only, joined by ``and``, in fixed combinations."""

from __future__ import annotations

import re

from xtcheck.sandbox.scim.documents import external_id
from xtcheck.sandbox.scim.failure import ScimError
from xtcheck.sandbox.wire import Json

_TERM = re.compile(r'\s*([A-Za-z][\w.$:-]*)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
_AND = re.compile(r"and\s", re.IGNORECASE)
_COMBINATIONS = {
    "Users": [{"username"}, {"externalid"}, {"groups.value"}, {"id", "manager"}],
    "Groups": [{"displayname"}, {"externalid"}, {"members.value"}, {"id", "member"}, {"id", "members"}],
}
"""Developer guide, ListUsers and ListGroups."""


def parse(endpoint: str, text: str) -> dict[str, str]:
    """The terms of a filter, by attribute in lower case; raises ScimError for any that AWS does not take."""
    terms: dict[str, str] = {}
    at = 0
    while True:
        found = _TERM.match(text, at)
        if found is None:
            raise ScimError(400, "Invalid Filter format")
        name = found[1].lower()
        # groups and members are written with and without .value
        name = {"groups": "groups.value"}.get(name, name)
        terms[name] = _unquoted(found[2])
        at = found.end()
        if at == len(text):
            break
        joined = _AND.match(text, at)
        if joined is None:
            raise ScimError(400, "Invalid Filter format")
        at = joined.end()
    if set(terms) not in _COMBINATIONS[endpoint]:
        raise ScimError(400, f"Filter attributes not supported: {', '.join(terms)}")
    return terms


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def select(endpoint: str, terms: dict[str, str], store: Json, scim: Json) -> list[Json]:
    """The users or groups of an identity store that satisfy every term. Names compare without case, ids with it."""
    found = list(store[endpoint.lower()].values())
    for name, value in terms.items():
        found = [each for each in found if _holds(name, value, each, store, scim)]
    return found


def _holds(name: str, value: str, document: Json, store: Json, scim: Json) -> bool:
    match name:
        case "username":
            return str(document.get("UserName", "")).casefold() == value.casefold()
        case "displayname":
            return str(document.get("DisplayName", "")).casefold() == value.casefold()
        case "externalid":
            return external_id(document, scim) == value
        case "id":
            return value in (document.get("UserId"), document.get("GroupId"))
        case "manager":
            extensions = document.get("Extensions", {}).values()
            return any(each.get("manager", {}).get("value") == value for each in extensions)
        case "groups.value":
            return (value, document["UserId"]) in _pairs(store)
        case _:
            return (document["GroupId"], value) in _pairs(store)


def _pairs(store: Json) -> set[tuple[str, str]]:
    return {(each["GroupId"], each["MemberId"]["UserId"]) for each in store["memberships"].values()}
