"""Drift: operations that change the world behind the services' backs, refused where the service knows no such field."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from xtcheck.sandbox import shapes
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

Key = Json
"""A key of an object, or a position in a list."""

OPERATIONS = ("replace", "add", "remove")


class Refused(ValueError):
    """An operation that cannot be carried out, with the reason."""


def apply(state: State, operations: Json) -> int:
    """Carry out operations in order, all or none; returns how many. Raises Refused.

    An operation is ``{op, path, value}`` as in JSON Patch (RFC 6902) with two differences: a segment ``field=value``
    of the path picks the one child whose field has that value, and ``add`` to an existing key is refused.
    """
    if not isinstance(operations, list):
        raise Refused("a drift is a list of operations")
    tree = dict(state.tree)
    for number, operation in enumerate(operations):
        try:
            _apply(tree, operation)
        except Refused as error:
            raise Refused(f"operation {number}: {error}") from error
    state.tree.clear()
    state.tree.update(tree)
    return len(operations)


def _apply(tree: Json, operation: Json) -> None:
    if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
        raise Refused(f"'op' is one of {', '.join(OPERATIONS)}")
    op, path = operation["op"], operation.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise Refused("'path' begins with a slash")
    if op != "remove" and "value" not in operation:
        raise Refused(f"{op} wants a 'value'")
    unknown = set(operation) - {"op", "path", "value", "comment"}
    if unknown:
        raise Refused(f"unknown word {min(unknown)!r}")
    *ways, last = _segments(path)
    parent, walked = _walk(tree, ways)
    key = _key(parent, last, op)
    reason = shapes.refusal(tree, [*walked, key], op, operation.get("value"))
    if reason:
        raise Refused(reason)
    match op:
        case "remove":
            del parent[key]
        case "add" if isinstance(parent, list):
            parent.insert(key, operation["value"])
        case _:
            parent[key] = operation["value"]


def _segments(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]


def _walk(tree: Json, ways: Iterable[str]) -> tuple[Json, list[Key]]:
    """The node at the end of the ways, and the keys that lead there.

    Every node on the way becomes a copy of its own, shallow, so that whoever has the tree as it was sees no change.
    """
    node, walked = tree, list[Key]()
    for way in ways:
        if not isinstance(node, (dict, list)):
            raise Refused(f"/{'/'.join(map(str, walked))} has no parts")
        key = _existing(node, way)
        walked.append(key)
        child = copy.copy(node[key])
        node[key] = child
        node = child
    return node, walked


def _existing(node: Json, segment: str) -> Key:
    """The key of an existing child: by name, by position, or by ``field=value``."""
    if isinstance(node, dict) and segment in node:
        return segment
    if isinstance(node, list) and segment.isdigit() and int(segment) < len(node):
        return int(segment)
    name, equals, value = segment.partition("=")
    if not equals:
        raise Refused(f"there is no {segment!r}{_choices(node)}")
    items: Iterable[tuple[Key, Json]] = node.items() if isinstance(node, dict) else enumerate(node)
    found = [key for key, child in items if isinstance(child, dict) and str(child.get(name)) == value]
    if len(found) != 1:
        raise Refused(f"{segment!r} picks {len(found)} children, not one")
    return found[0]


def _choices(node: Json) -> str:
    return f"; there are: {', '.join(map(str, node))}" if isinstance(node, dict) and node else ""


def _key(parent: Json, segment: str, op: str) -> Key:
    if op == "add" and isinstance(parent, list):
        if segment == "-":
            return len(parent)
        if segment.isdigit() and int(segment) <= len(parent):
            return int(segment)
        raise Refused(f"{segment!r} is no position of a list of {len(parent)}")
    if isinstance(parent, dict) and segment not in parent and "=" not in segment:
        if op == "remove":
            raise Refused(f"there is no {segment!r}{_choices(parent)}")
        return segment
    if not isinstance(parent, (dict, list)):
        raise Refused("the path leads into a value")
    key = _existing(parent, segment)
    if op == "add" and isinstance(parent, dict):
        raise Refused(f"{segment!r} is there already")
    return key
