"""Expressions of attribute mappings: from their text to the form in which a schema keeps them.

https://learn.microsoft.com/graph/api/synchronization-synchronizationschema-parseexpression
"""

from __future__ import annotations

import json
import re

from xtcheck.sandbox.wire import Json

LONGEST = 10_000
SIGNATURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "AltSecIdFromNetId": (("source",), ()),
    "Append": (("source", "suffix"), ()),
    "Coalesce": (("source1", "source2"), ("source",)),
    "Join": (("separator", "source1"), ("source",)),
    "Not": (("source",), ()),
    "Replace": (
        ("source", "oldValue", "regexPattern", "regexGroupName", "replacementValue", "replacementAttributeName",
         "template"), (),
    ),
    "Switch": (("source", "defaultValue", "key1", "value1"), ("key", "value")),
    "ToLower": (("source", "culture"), ()),
    "ToUpper": (("source", "culture"), ()),
    "Trim": (("source",), ()),
}  # fmt: skip
"""Parameters by name, and the names of those that repeat, numbered on."""
FEWEST = {"Append": 2, "Join": 2, "Replace": 1, "Switch": 4, "Coalesce": 2}
_TOKENS = re.compile(
    r"""\s*(?:(?P<mark>[(),])|(?P<attribute>\[[^\[\]]+\])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>\w+))"""
)


class Unparsable(ValueError):
    """A text that is no expression; the message says where it stops being one."""


def parse(text: str) -> Json:
    """The source of a mapping that a text says; raises Unparsable."""
    if len(text) > LONGEST:
        raise Unparsable(f"An expression has at most {LONGEST} characters.")
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKENS.match(text, at)
        if found is None:
            raise Unparsable(f"Unexpected '{text[at:].strip()[0]}' at position {at}.")
        tokens.append(found[found.lastgroup or 0])
        at = found.end()
    source = _source(tokens)
    if tokens:
        raise Unparsable(f"Unexpected '{tokens[0]}' after the expression.")
    return source


def _source(tokens: list[str]) -> Json:
    if not tokens:
        raise Unparsable("The expression is incomplete.")
    first = tokens.pop(0)
    if first.startswith("["):
        return _made("Attribute", first[1:-1].strip(), f"[{first[1:-1].strip()}]", [])
    if first.startswith('"'):
        return _constant(first)
    if first not in SIGNATURES or not tokens or tokens.pop(0) != "(":
        raise Unparsable(f"'{first}' is no function.")
    arguments = _arguments(tokens)
    names = _names(first, len(arguments))
    given = [(name, value) for name, value in zip(names, arguments, strict=True) if value is not None]
    shown = ", ".join("" if value is None else str(value["expression"]) for value in arguments)
    parameters = [{"key": name, "value": value} for name, value in given]
    return _made("Function", first, f"{first}({shown})", parameters)


def _made(kind: str, name: str, expression: str, parameters: list[Json]) -> Json:
    return {"expression": expression, "name": name, "parameters": parameters, "type": kind}


def _constant(literal: str) -> Json:
    try:
        return _made("Constant", json.loads(literal), literal, [])
    except ValueError as error:
        raise Unparsable(f"{literal} is no text.") from error


def _arguments(tokens: list[str]) -> list[Json]:
    """The arguments up to the closing parenthesis; None for one that is left empty."""
    found: list[Json] = []
    while True:
        found.append(None if tokens[:1] in ([","], [")"]) else _source(tokens))
        mark = tokens.pop(0) if tokens else ""
        if mark == ")":
            return [] if found == [None] else found
        if mark != ",":
            raise Unparsable(f"Unexpected '{mark or 'end of text'}' among arguments.")


def _names(function: str, count: int) -> list[str]:
    fixed, repeated = SIGNATURES[function]
    if not FEWEST.get(function, 1) <= count or (count > len(fixed) and not repeated):
        raise Unparsable(f"{function} does not take {count} arguments.")
    names = list(fixed[:count])
    last = int(re.sub(r"\D", "", fixed[-1]) or 0)
    while len(names) < count:
        last += 1
        names += [f"{name}{last}" for name in repeated]
    if len(names) != count:
        raise Unparsable(f"{function} does not take {count} arguments.")
    return names
