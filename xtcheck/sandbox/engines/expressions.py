"""Attribute mappings: what a mapping's source makes of a source object. Unknown functions are refused.

https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data
"""

from __future__ import annotations

import json
from collections.abc import Callable

from xtcheck.sandbox.wire import Json


class UnknownFunction(ValueError):
    """A function that this engine does not have."""


def evaluate(source: Json, attributes: dict[str, Json]) -> Json:
    """The value of a mapping source for an object's attributes; raises UnknownFunction."""
    if source is None:
        return None
    match source["type"]:
        case "Attribute":
            return attributes.get(source["name"])
        case "Constant":
            return _constant(source)
        case "Function":
            return _call(source, attributes)
    raise UnknownFunction(f"a mapping source of type {source['type']!r}")


def _constant(source: Json) -> str:
    """A constant's text: its expression is the quoted literal, its name the bare one."""
    text = source.get("expression") or ""
    if text.startswith('"'):
        return str(json.loads(text))
    return str(source["name"])


def _call(source: Json, attributes: dict[str, Json]) -> Json:
    name = source["name"]
    if name not in _FUNCTIONS:
        raise UnknownFunction(f"the function {name!r}")
    arguments = [evaluate(parameter["value"], attributes) for parameter in source["parameters"]]
    return _FUNCTIONS[name](arguments)


def _append(arguments: list[Json]) -> Json:
    source, suffix = arguments
    return None if source is None else f"{source}{suffix}"


def _not(arguments: list[Json]) -> str:
    return "False" if str(arguments[0]).lower() == "true" else "True"


def _alternative_security_id(arguments: list[Json]) -> Json:
    """The key by which the target knows a user of another tenant; its form is the service's secret."""
    return None if arguments[0] is None else f"1:live.com:{arguments[0]}"


def _join(arguments: list[Json]) -> str:
    separator, *parts = arguments
    return str(separator).join(str(part) for part in parts if part not in (None, ""))


def _replace(arguments: list[Json]) -> Json:
    text, find, *_, replacement = arguments
    return None if text is None else str(text).replace(str(find), str(replacement))


def _switch(arguments: list[Json]) -> Json:
    source, default, *pairs = arguments
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if str(key) == str(source):
            return value
    return default


def _text(change: Callable[[str], str]) -> Callable[[list[Json]], Json]:
    return lambda arguments: None if arguments[0] is None else change(str(arguments[0]))


_FUNCTIONS: dict[str, Callable[[list[Json]], Json]] = {
    "Append": _append,
    "Not": _not,
    "AltSecIdFromNetId": _alternative_security_id,
    "Join": _join,
    "Replace": _replace,
    "Switch": _switch,
    "ToLower": _text(str.lower),
    "ToUpper": _text(str.upper),
    "Trim": _text(str.strip),
    "Coalesce": lambda arguments: next((value for value in arguments if value not in (None, "")), None),
}
