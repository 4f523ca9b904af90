"""The JSON Schema of policy files, for editors; made of the tables, like the validation itself."""

from __future__ import annotations

from typing import Any

from xtcheck.policy.places import TREES, Place
from xtcheck.policy.scopes import APPLIES_TO
from xtcheck.policy.slots import SLOTS
from xtcheck.policy.statements import statement_schema
from xtcheck.values.scalars import TEXT_SCHEMA

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


def schema() -> Json:
    """One schema: which statements a document may hold follows from what it applies to."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xtcheck policy",
        "type": "object",
        "required": [APPLIES_TO],
        "properties": {APPLIES_TO: {"description": "which tenants, links or AWS entries this document is about"}},
        "oneOf": [_document(APPLIES[subject], _place(tree)) for subject, tree in TREES.items()],
    }


def _document(applies: Json, body: Json) -> Json:
    properties = {APPLIES_TO: applies, **body["properties"]}
    return {**body, "properties": properties, "required": [APPLIES_TO], "minProperties": 2}


def _place(place: Place) -> Json:
    if place.row:
        return statement_schema(place.row[1])
    found = _object({key: _place(below) for key, below in place.keys.items()})
    if place.below:
        slot = SLOTS[place.slot]
        found["patternProperties"] = {slot.pattern: {"description": slot.doc, **_place(place.below)}}
    return found
