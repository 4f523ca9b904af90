"""What rows about a job's schema send: values at single places, of what policies declare or the template has.

Graph: learn.microsoft.com/graph/api/resources/synchronization-attributemapping.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.kinds import scoping
from xtcheck.kinds.schema_places import (
    ATTRIBUTES,
    ENABLED,
    FLOWS,
    SCOPE,
    SOURCE,
    SchemaPlaces,
    actions_of,
    by_attribute,
    flow_types,
    object_mapping,
    place,
)
from xtcheck.model import Seen
from xtcheck.shapes import ReplaceDocument, Send, Window
from xtcheck.values import Findings, MappingSource
from xtcheck.values.sources import unlike

Json = Any
Sends = Callable[[Json, Seen], Mapping[str, Json]]

TYPE = MappingSource()
UNDECLARED = Findings("forbidden", exceptions="attributes")
USER, GROUP = "User", "Group"
STATED = {USER: "mapping-actions", GROUP: "group-mapping-actions"}
"""By what an object mapping maps: the row of its actions, by whose name they are declared, or excepted, too."""
FOUND = {USER: "people", GROUP: "groups"}
BUILT_IN = ("inputFilterGroups", "categoryFilterGroups")
"""Where the service keeps its own filters; what admins make stands in ``groups`` (Graph: filter)."""
CYCLES = "what a cycle made of people meanwhile"
MATCHES = "{} is how {} are found in the target; another would join or make others: a person must decide"
NEW: Mapping[str, Json] = {
    "defaultValue": None,
    "exportMissingReferences": False,
    "flowBehavior": "FlowWhenChanged",
    "flowType": "Always",
    "matchingPriority": 0,
}
"""What a new attribute mapping has where a policy says nothing (Graph: attributeMapping)."""


def schema_shape(app: str, job: str, window: Window) -> ReplaceDocument:
    """How a schema is written: as a whole, with its rules and directories (Graph: synchronizationschema-update).

    Every one that is put makes the next cycle look at everybody again.
    """
    url = f"/servicePrincipals/{{{app}.id}}/synchronization/jobs/{{{job}.id}}/schema"
    return ReplaceDocument(
        Send("PUT", url, "Synchronization.ReadWrite.All"),
        places=SchemaPlaces(),
        dropped=frozenset({"@odata.context"}),
        window=window,
        order=70,
    )


def filters_of(mapping: Json, part: str) -> list[str]:
    """The filters of one part of a mapping's scope, as policies write them."""
    return scoping.texts((mapping.get(SCOPE) or {}).get(part))


def sends_declared(schema: str) -> Sends:
    """Of an attribute that a policy maps: what is stated and differs, or the whole mapping where there is none."""

    def sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
        name, document = seen.scope.slots["attribute"], seen.documents[schema]
        there, wanted = by_attribute(object_mapping(document, USER)).get(name), TYPE.sent(expected)
        if there is None:
            _must_exist(document, name)
            return {place(USER, ATTRIBUTES, name): {**NEW, "targetAttributeName": name, **wanted}}
        values = {field: value for field, value in wanted.items() if not _is_so(field, there, expected, value)}
        if values and (there["matchingPriority"] or "matchingPriority" in values):
            raise Unwritable(MATCHES.format(name, FOUND[USER]))
        return {place(USER, ATTRIBUTES, name, field): value for field, value in values.items()}

    return sends


def _is_so(field: str, there: Json, expected: Json, value: Json) -> bool:
    if field != SOURCE:
        return bool(there.get(field) == value)
    try:
        return unlike(expected, TYPE.read(there)) is None
    except Uninterpretable:
        return False  # what is not proved to be the same is written as the policy has it


def _must_exist(schema: Json, name: str) -> None:
    """:raises Unwritable: the target has no such attribute, so that the service would refuse the whole schema."""
    mapping = object_mapping(schema, USER)
    rule = next(rule for rule in schema["synchronizationRules"] if mapping in rule["objectMappings"])
    directories = [each for each in schema.get("directories") or () if each["name"] == rule["targetDirectoryName"]]
    objects = [each for each in directories for each in each["objects"] if each["name"] == mapping["targetObjectName"]]
    known = {attribute["name"].casefold() for each in objects for attribute in each["attributes"]}
    if known and name.casefold() not in known:
        raise Unwritable(f"{mapping['targetObjectName']} of {rule['targetDirectoryName']} has no attribute {name}")


def sends_of_template(
    object_: str, schema: str, template: str, changes: Callable[[Json, Json, str], list[Json]]
) -> Sends:
    """Of attributes that no policy maps: the template's mapping, or none; ``changes`` tells which differ."""

    def sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
        ours, theirs = (by_attribute(object_mapping(seen.documents[read], object_)) for read in (schema, template))
        found = changes(seen.documents[schema], seen.documents[template], object_)
        names = [str(change["name"]) for change in UNDECLARED.left(expected, found)]
        for name in names:
            both = [each[name]["matchingPriority"] for each in (ours, theirs) if name in each]
            if name in ours and any(both):
                raise Unwritable(MATCHES.format(name, FOUND[object_]))
        paths = [place(object_, *((FLOWS,) if name == STATED[object_] else (ATTRIBUTES, name))) for name in names]
        return {path: copy.deepcopy(SchemaPlaces().at(seen.documents[template], path)) for path in paths}

    return sends


def sends_enabled(object_: str) -> Sends:
    """Whether the mapping of users, or groups, is on."""
    return lambda expected, _seen: {place(object_, ENABLED): expected}


def sends_actions(object_: str, schema: str) -> Sends:
    """What the mapping of users, or groups, does in the target; what only must be among it joins what is there."""

    def sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
        there = () if expected["exactly"] else actions_of(object_mapping(seen.documents[schema], object_))
        return {place(object_, FLOWS): flow_types([*there, *expected["names"]])}

    return sends


def sends_filters(schema: str) -> Sends:
    """The filters of admins: those that are stated and there stay as they are."""

    def sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
        there = (object_mapping(seen.documents[schema], USER).get(SCOPE) or {}).get("groups") or []
        texts, names = scoping.texts(there), expected["names"]
        kept = [each for each, text in zip(there, texts, strict=True) if text in names or not expected["exactly"]]
        return {place(USER, SCOPE, "groups"): [*kept, *(scoping.made(name) for name in names if name not in texts)]}

    return sends


def sends_template_filters(schema: str, template: str) -> Sends:
    """The service's own filters, as the template has them."""

    def sends(_expected: Json, seen: Seen) -> Mapping[str, Json]:
        ours, theirs = (object_mapping(seen.documents[read], USER) for read in (schema, template))
        differ = [part for part in BUILT_IN if filters_of(ours, part) != filters_of(theirs, part)]
        return {place(USER, SCOPE, part): copy.deepcopy((theirs.get(SCOPE) or {}).get(part) or []) for part in differ}

    return sends
