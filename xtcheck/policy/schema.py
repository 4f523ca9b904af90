"""The JSON Schema of policy files, for editors; made of the tables, like the validation itself."""

from __future__ import annotations

from typing import Any

from xtcheck.model import Grade, Setting, Severity, Type
from xtcheck.policy.places import TREES, Place
from xtcheck.policy.scopes import APPLIES_TO
from xtcheck.policy.slots import SLOTS
from xtcheck.policy.statements import EXPECT, OPTIONS
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA

Json = Any

ALIASES: Json = {"anyOf": [TEXT_SCHEMA, {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}]}


def _object(properties: Json, **more: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1, **more}


APPLIES: Json = {
    "tenant": {
        "anyOf": [
            _object({"role": {"enum": ["source", "target"]}}, required=["role"]),
            _object({"tenant": ALIASES}, required=["tenant"]),
        ]
    },
    "link": {
        "anyOf": [{"const": "link"}, _object({"link": _object({"from": ALIASES, "to": ALIASES})}, required=["link"])]
    },
    "aws": {"anyOf": [{"const": "aws"}, _object({"aws": ALIASES}, required=["aws"])]},
}
"""The three forms of ``applies-to``, by the subject that they mean."""


DATE: Json = {"type": "string", "format": "date"}


def _closed(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


OPTION_SCHEMAS: Json = {
    "severity": {"anyOf": [{"enum": [str(severity) for severity in Severity]}, VARIABLE_SCHEMA]},
    "controls": {"type": "array", "items": {"type": "string", "pattern": "^[^@:]+@[^:]+:.+$"}},
    "waiver": _closed({"reason": TEXT_SCHEMA, "owner": TEXT_SCHEMA, "until": DATE}),
    "attested": _closed({"by": TEXT_SCHEMA, "on": DATE, "until": DATE}),
    "settle": {
        "anyOf": [{"type": "string", "pattern": "^P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$"}, VARIABLE_SCHEMA]
    },
}
"""What may stand beside ``expect``."""


def schema() -> Json:
    """One schema: which statements a document may hold follows from what it applies to."""
    defined = Definitions(OPTION_SCHEMAS)
    documents = [_document(APPLIES[subject], _place(tree, defined)) for subject, tree in TREES.items()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xtcheck policy",
        "type": "object",
        "required": [APPLIES_TO],
        "properties": {APPLIES_TO: {"description": "which tenants, links or AWS entries this document is about"}},
        "oneOf": documents,
        "$defs": defined.schemas,
    }


class Definitions:
    """Schemas that many statements share, each written once under a name of its own."""

    def __init__(self, schemas: Json) -> None:
        self.schemas: dict[str, Json] = dict(schemas)

    def of(self, type_: Type) -> Json:
        """A reference to the schema of a type's values; two types with one schema share it."""
        made = type_.schema()
        stem = type(type_).__name__.lower()
        alike = [name for name in self.schemas if name.rpartition("-")[0] == stem]
        name = next((name for name in alike if self.schemas[name] == made), f"{stem}-{len(alike) + 1}")
        self.schemas[name] = made
        return _named(name)


def _named(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _document(applies: Json, body: Json) -> Json:
    properties = {APPLIES_TO: applies, **body["properties"]}
    return {**body, "properties": properties, "required": [APPLIES_TO], "minProperties": 2}


def _place(place: Place, defined: Definitions) -> Json:
    if place.row and place.keys:
        of_words = [below.row[1] for below in place.keys.values() if below.row]
        return {"anyOf": [_statement(setting, defined) for setting in (place.row[1], *of_words)]}
    if place.row:
        return _statement(place.row[1], defined)
    found = _object({key: _place(below, defined) for key, below in place.keys.items()})
    if place.below:
        slot = SLOTS[place.slot]
        found["patternProperties"] = {slot.pattern: {"description": slot.doc, **_place(place.below, defined)}}
    return found


def _statement(setting: Setting, defined: Definitions) -> Json:
    """One row's statement: its bare value, or the value under ``expect`` with its options."""
    bare = defined.of(setting.type)
    lacking = {name for name, has in (("attested", setting.attestable), ("settle", setting.lag)) if not has}
    names = [name for name in OPTIONS if name in OPTION_SCHEMAS and name not in lacking]
    wrapped = {
        "type": "object",
        "properties": {EXPECT: bare, **{name: _named(name) for name in names}},
        "required": [EXPECT],
        "additionalProperties": False,
    }
    if setting.grade is Grade.ATTESTED:
        return {**wrapped, "required": [EXPECT, "attested"], "description": setting.doc}
    return {"description": setting.doc, "anyOf": [bare, wrapped]}
