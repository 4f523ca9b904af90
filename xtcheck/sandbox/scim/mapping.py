"""The attribute mappings of Entra's AWS job: what each says of an entry, and where that goes in a SCIM resource."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xtcheck.sandbox.engines.expressions import UnknownFunction, evaluate
from xtcheck.sandbox.engines.flows import flows
from xtcheck.sandbox.scim.documents import ENTERPRISE, GROUP, USER
from xtcheck.sandbox.wire import Json


class UnknownMappingError(Exception):
    """A mapping that this engine cannot evaluate; the job must stop, not guess."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One attribute mapping: a target and a source in the schema's own form."""

    target: str
    source: Json
    default: str | None = None
    only_on_add: bool = False
    matching: int = 0
    """matchingPriority: above 0 the target attribute finds the object that is already there."""


def _attribute(name: str) -> Json:
    return {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}


_NOT_DELETED = {
    "type": "Function",
    "name": "Switch",
    "expression": 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
    "parameters": [
        {"key": "source", "value": _attribute("IsSoftDeleted")},
        {"key": "defaultValue", "value": None},
        *(
            {"key": key, "value": {"type": "Constant", "name": name, "expression": f'"{name}"', "parameters": []}}
            for key, name in (("key", "False"), ("value", "True"), ("key", "True"), ("value", "False"))
        ),
    ],
}

DEFAULTS = {
    "User": (
        Mapping("userName", _attribute("userPrincipalName"), matching=1),
        Mapping("active", _NOT_DELETED),
        Mapping("displayName", _attribute("displayName")),
        Mapping("name.givenName", _attribute("givenName")),
        Mapping("name.familyName", _attribute("surname")),
        Mapping('emails[type eq "work"].value', _attribute("mail")),
        Mapping("externalId", _attribute("objectId")),
    ),
    "Group": (
        Mapping("displayName", _attribute("displayName"), matching=1),
        Mapping("externalId", _attribute("objectId")),
        Mapping("members", _attribute("members")),
    ),
}
"""The mappings of a job without a schema of its own (Entra's provisioning tutorial for AWS)."""


def mappings(schema: Json, kind: str) -> tuple[Mapping, ...] | None:
    """The mappings of ``kind`` (User, Group) in a schema; None when the schema switches that kind off.

    Defaults stand in for a schema that is absent or does not speak of the kind at all.
    """
    spoken = False
    for rule in (schema or {}).get("synchronizationRules") or []:
        for each in rule.get("objectMappings") or []:
            if str(each.get("sourceObjectName", "")).casefold() != kind.casefold():
                continue
            spoken = True
            if each.get("enabled", True):
                # The published template maps nothing but members; names come from the defaults then.
                found = tuple(map(_read, each.get("attributeMappings") or []))
                named = {mapping.target for mapping in found}
                needed = () if named - {"members"} else DEFAULTS[kind]
                return (*found, *(mapping for mapping in needed if mapping.target not in named))
    return None if spoken else DEFAULTS[kind]


def actions(schema: Json, kind: str) -> frozenset[str]:
    """What the enabled mapping of ``kind`` does in the target; everything where the schema has none."""
    every = [each for rule in (schema or {}).get("synchronizationRules") or [] for each in rule["objectMappings"]]
    found = [each for each in every if each.get("enabled", True) and each.get("sourceObjectName") == kind]
    return flows(found[0] if found else {})


def _read(document: Json) -> Mapping:
    return Mapping(
        document["targetAttributeName"],
        document["source"],
        document.get("defaultValue"),
        document.get("flowType") == "ObjectAddOnly",
        document.get("matchingPriority") or 0,
    )


def check(mapping: Mapping) -> None:
    """Raise UnknownMappingError for a mapping that cannot be carried out, before anything is sent."""
    put({}, mapping.target, "")
    says({"id": ""}, [mapping], deleted=False)


def says(entry: Json, found: Iterable[Mapping], *, deleted: bool) -> dict[str, str]:
    """What mappings say of an entry of the directory, by target attribute; what they leave empty is left out.

    IsSoftDeleted is computed by the service: disabled, out of scope or in the bin. Synchronization has its own names
    for some properties of Microsoft Graph, and gives an external user's name as it is at home (Learn: "Customize
    attribute mappings", userPrincipalName and originalUserPrincipalName).
    """
    phones = entry.get("businessPhones") or [None]
    name = entry.get("userPrincipalName")
    seen = {
        **entry,
        "userPrincipalName": at_home(name) if name else None,
        "originalUserPrincipalName": name,
        "objectId": entry["id"],
        "IsSoftDeleted": deleted,
        "telephoneNumber": phones[0],
        "mobile": entry.get("mobilePhone"),
        "physicalDeliveryOfficeName": entry.get("officeLocation"),
    }
    said: dict[str, str] = {}
    for mapping in found:
        try:
            value = evaluate(mapping.source, seen)
        except UnknownFunction as unknown:
            raise UnknownMappingError(f"the mapping of {mapping.target} uses {unknown}") from unknown
        value = mapping.default if value in (None, "") else value
        if value not in (None, ""):
            said[mapping.target] = str(value)
    return said


def at_home(name: str) -> str:
    """``ana_one.com#EXT#@shared.example`` is ``ana@one.com``; what is no such name stays."""
    address, mark, _ = name.partition("#EXT#")
    local, sign, domain = address.rpartition("_")
    return f"{local}@{domain}" if mark and sign else name


_TARGET = re.compile(
    rf"(?:(?P<schema>{ENTERPRISE}|{USER}|{GROUP}):)?(?P<name>\w+)"
    r'(?:\[type eq "(?P<type>\w+)"\])?(?:\.(?P<sub>\w+))?'
)


def put(resource: Json, target: str, value: str) -> None:
    """Set a target attribute in a SCIM resource, as Entra builds the body of a POST."""
    found = _TARGET.fullmatch(target)
    if found is None:
        raise UnknownMappingError(f"the target attribute {target} is not known")
    name, sub = found["name"], found["sub"]
    place = resource.setdefault(ENTERPRISE, {}) if found["schema"] == ENTERPRISE else resource
    if found["type"]:
        # Entra flags the work entry of a list as the primary one.
        items = place.setdefault(name, [{"primary": True, "type": found["type"]}])
        items[0][sub or "value"] = value
    elif sub:
        place.setdefault(name, {})[sub] = value
    else:
        place[name] = value == "True" if name == "active" else value
