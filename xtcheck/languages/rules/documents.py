"""Where a property's value stands in a user's document of Microsoft Graph, and what its absence means.

A key that is not there is no null: Graph leaves out whatever was not selected. It does the same to a directory
extension that was selected and has no value, so that one document alone cannot tell the two
(https://learn.microsoft.com/graph/extensibility-overview).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtcheck.languages.rules.outcome import Inconclusive
from xtcheck.languages.rules.properties import COLLECTIONS, Property, Subject, Type
from xtcheck.languages.rules.semantics import REGISTER, Semantics

Json = Any
Find = Callable[[Json], Json]
"""The value in a document: None for null, ``Inconclusive`` when the document does not tell."""

DOUBTS = {item: Inconclusive((item,)) for item in REGISTER}
UNREAD, MALFORMED = DOUBTS["unread"], DOUBTS["malformed"]


def absent(settled: Semantics) -> Inconclusive | None:
    """What a key that is not there stands for."""
    return None if settled["unread"] == "null" else UNREAD


def finding(property: Property, settled: Semantics) -> Find:
    """How to find the value of a property in a user's document, or in an element of a collection.

    An empty text is null: Entra ID stores none (A-17). A collection that is null is empty (A-11).
    """
    raw = _raw(property, settled)
    if property.type in COLLECTIONS:
        return lambda document: _collection(raw(document))
    kinds = (bool if property.type is Type.BOOLEAN else str, Inconclusive)

    def find(document: Json) -> Json:
        value = raw(document)
        if value is None or value == "":
            return None
        return value if isinstance(value, kinds) else MALFORMED

    return find


def plain_key(property: Property) -> str | None:
    """The key of a text that stands in the document itself, as it is: what most rules ask for."""
    plain = property.subject is Subject.USER and property.type is Type.STRING and len(property.path) == 1
    return property.path[0] if plain and not property.first and not property.is_extension else None


def _raw(property: Property, settled: Semantics) -> Find:
    missing = absent(settled)
    match property:
        case Property(path=()):
            return lambda element: element
        case Property(is_extension=True, path=(key,)):
            unselected = None if settled["unselected"] == "null" else DOUBTS["unselected"]
            return lambda document: _extension(document, key, unselected)
        case Property(first=True, path=(key,)):
            return lambda document: _first(document.get(key, missing))
        case Property(path=(key,)):
            return lambda document: document.get(key, missing) if isinstance(document, dict) else MALFORMED
        case Property(path=(outer, key)):
            return lambda document: _inside(document.get(outer, missing), key)
        case _:
            raise AssertionError(property)


def _extension(document: Json, key: str, missing: Inconclusive | None) -> Json:
    """A directory extension, as text whatever it holds (A-13); the case of its name is that of the application."""
    value = document.get(key)
    if value is None:
        lower = key.lower()
        value = next((document[each] for each in document if each.lower() == lower), missing)
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return value


def _first(value: Json) -> Json:
    """The only number of a collection that holds at most one."""
    if isinstance(value, list):
        return value[0] if value else None
    return value if value is None or isinstance(value, Inconclusive) else MALFORMED


def _inside(value: Json, key: str) -> Json:
    if isinstance(value, dict):
        return value.get(key)
    return value if value is None or isinstance(value, Inconclusive) else MALFORMED


def _collection(value: Json) -> Json:
    if value is None:
        return []
    return value if isinstance(value, list | Inconclusive) else MALFORMED
