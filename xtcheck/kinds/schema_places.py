"""Single places in a job's schema, which Graph takes back only whole: found, changed without touching any other.

Graph: learn.microsoft.com/graph/api/synchronization-synchronizationschema-update. A place is called
``User/enabled``, ``User/flowTypes``, ``User/scope/groups``, ``User/attributes/displayName`` or
``User/attributes/displayName/source``, by what an object mapping maps: the indices of lists are the service's own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.kinds import scoping
from xtcheck.languages.expressions import ExpressionError, graph
from xtcheck.languages.expressions.tree import printed
from xtcheck.values.scalars import shape

Json = Any

ATTRIBUTES, SCOPE, ENABLED, SOURCE, FLOWS = "attributes", "scope", "enabled", "source", "flowTypes"
NO_SCOPE: Mapping[str, Json] = {"categoryFilterGroups": [], "groups": [], "inputFilterGroups": []}

ACTIONS = {"Add": "create", "Update": "update", "Delete": "delete"}
"""What a mapping may do in the target: Graph's words (objectMapping, flowTypes), and the policy's."""
NO_ACTION = "None"


def place(object_: str, *names: str) -> str:
    """The path of a place; names may hold slashes."""
    return "/".join(name.replace("~", "~0").replace("/", "~1") for name in (object_, *names))


def _names(path: str) -> list[str]:
    return [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")]


def object_mappings(schema: Json, object_: str) -> list[Json]:
    """The mappings whose source object has this name; live documents hold disabled stubs of others."""
    mappings = [mapping for rule in schema["synchronizationRules"] for mapping in rule["objectMappings"]]
    return [mapping for mapping in mappings if mapping["sourceObjectName"] == object_]


def object_mapping(schema: Json, object_: str) -> Json:
    """The one enabled mapping of an object; when none is enabled, the one that is there.

    :raises Uninterpretable: there is none, or which is meant cannot be told.
    """
    found = object_mappings(schema, object_)
    meant = [mapping for mapping in found if mapping["enabled"] is True] or found
    if len(meant) != 1:
        raise Uninterpretable(f"the schema has {len(meant)} mappings of {object_.lower()}s")
    return meant[0]


def actions_of(mapping: Json) -> list[str]:
    """What an object mapping does in the target, in a policy's words; all where it does not say.

    Graph: objectMapping, "The default is Add, Update, Delete"; the texts come with and without blanks.

    :raises Uninterpretable: a word that the documentation does not know.
    """
    text = mapping.get(FLOWS)
    if text is None:
        return list(ACTIONS.values())
    words = [word.strip() for word in text.split(",")] if isinstance(text, str) else [shape(text)]
    if unknown := [word for word in words if word not in ACTIONS and words != [NO_ACTION]]:
        raise Uninterpretable(f"flowTypes has {unknown[0][:40]!r}; known are {', '.join(ACTIONS)} and {NO_ACTION}")
    return [ours for theirs, ours in ACTIONS.items() if theirs in words]


def flow_types(actions: Iterable[str]) -> str:
    """Actions in the words of Graph, as live documents have them."""
    wanted = set(actions)
    return ",".join(theirs for theirs, ours in ACTIONS.items() if ours in wanted) or NO_ACTION


def by_attribute(mapping: Json) -> dict[str, Json]:
    """The attribute mappings by their target.

    :raises Uninterpretable: two have the same.
    """
    found: dict[str, Json] = {}
    for attribute in mapping["attributeMappings"]:
        name = str(attribute["targetAttributeName"])
        if name in found:
            raise Uninterpretable(f"{name} is mapped twice")
        found[name] = attribute
    return found


class SchemaPlaces:
    """The places of a schema, for whoever writes and compares them."""

    def at(self, document: Json, path: str) -> Json:
        """What stands there; None where nothing does, or it cannot be told where that is."""
        object_, *names = _names(path)
        try:
            here = object_mapping(document, object_)
            if names[0] == ATTRIBUTES:
                here, names = by_attribute(here).get(names[1]), names[2:]
            for name in names:
                here = here.get(name) if isinstance(here, dict) else None
            if names == [FLOWS] and here is None:
                return flow_types(ACTIONS.values())
        except (Uninterpretable, LookupError, TypeError):
            return None
        return here

    def meaning(self, path: str, value: Json) -> Json:
        """A value as it is compared and shown: the service writes sources in its own way, and gives filters names."""
        _, *names = _names(path)
        match names:
            case ["flowTypes"]:
                return _meant(value)
            case ["scope", _]:
                return sorted(scoping.texts(value))
            case ["attributes", _, "source"]:
                return text_of(value)
            case ["attributes", _] if isinstance(value, dict):
                return {**value, SOURCE: text_of(value.get(SOURCE))}
        return value

    def changed(self, document: Json, values: Mapping[str, Json]) -> Json:
        """The document with these values at their places, and all else as it is.

        :raises Unwritable: a place is not there.
        """
        after = copy.deepcopy(document)
        try:
            # All are found before one is switched on or off, by which they are found.
            found = {path: object_mapping(after, _names(path)[0]) for path in values}
            for path, value in values.items():
                _put(found[path], _names(path)[1:], copy.deepcopy(value))
        except (Uninterpretable, LookupError, TypeError) as error:
            raise Unwritable(f"the schema is not as it should be: {error}") from error
        return after


def _meant(text: Json) -> Json:
    """The actions of a text; itself where it is not understood, or nothing is there."""
    try:
        return text if text is None else actions_of({FLOWS: text})
    except Uninterpretable:
        return text


def _put(mapping: Json, names: list[str], value: Json) -> None:
    match names:
        case ["enabled" | "flowTypes" as name]:
            mapping[name] = value
        case ["scope", part]:
            if mapping.get(SCOPE) is None:
                mapping[SCOPE] = copy.deepcopy(dict(NO_SCOPE))
            mapping[SCOPE][part] = value or []
        case ["attributes", name]:
            _put_attribute(mapping["attributeMappings"], name, value)
        case ["attributes", name, field]:
            by_attribute(mapping)[name][field] = value
        case _:
            raise LookupError(f"there is no place {names}")


def _put_attribute(attributes: list[Json], name: str, value: Json) -> None:
    """In the place of the one that is there, else at the end; None takes it away."""
    there = [index for index, each in enumerate(attributes) if each["targetAttributeName"] == name]
    for index in reversed(there):
        del attributes[index]
    if value is not None:
        attributes.insert(there[0] if there else len(attributes), value)


def text_of(source: Json) -> Json:
    """The source of an attribute mapping as an expression; as it stands where it is none."""
    try:
        return None if source is None else printed(graph.expression(source).tree)
    except ExpressionError:
        return source
