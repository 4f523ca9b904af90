"""The source of an attribute mapping as Microsoft Graph keeps it: a tree, and beside each node its text.

learn.microsoft.com/graph/api/resources/synchronization-attributemappingsource. The text is what is read; the tree is a
second witness, for its keys are the service's own names, and what was left out has no entry.
"""

from __future__ import annotations

from typing import Any

from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions.expression import Expression, constant, direct, parse
from xtcheck.languages.expressions.functions import FUNCTIONS
from xtcheck.languages.expressions.mistakes import ExpressionError
from xtcheck.languages.expressions.tree import (
    Attribute,
    Call,
    Comparison,
    Constant,
    Node,
    Number,
    Word,
    printed,
    quoted,
)

Json = Any


def expression(source: Json) -> Expression:
    """The expression that a source is.

    :raises ExpressionError: its text is none, or it has another shape than documented.
    """
    match source:
        case {"type": "Constant", "expression": str(text)}:
            return _constant(text)
        case {"type": "Attribute", "expression": str(text)}:
            return direct(text.strip().removeprefix("[").removesuffix("]"))
        case {"type": "Function", "expression": str(text)}:
            return parse(text)
    raise ExpressionError("", 0, "the mapping's source has another shape than documented")


def _constant(text: str) -> Expression:
    """A constant's text is quoted; where it is not, it stands for itself."""
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        found = parse(text)
        if isinstance(found.tree, Constant):
            return found
    return constant(text)


def disagreement(source: Json) -> str:
    """Where the tree says something else than the text, or nothing; raises as :func:`expression`."""
    return _differs(expression(source).tree, source)


def _differs(node: Node, source: Json) -> str:
    match node:
        case Attribute(name):
            return _named(source, "Attribute", name)
        case Constant(text) | Number(text):
            return _named(source, "Constant", text)
        case Call(function):
            return _named(source, "Function", function) or _parameters(node, source)
        case Comparison() | Word():
            # How Graph keeps them is not documented.
            return ""


def _named(source: Json, type_: str, name: str) -> str:
    there = source.get("name") if isinstance(source, dict) else None
    if not isinstance(source, dict) or source.get("type") != type_ or (there is not None and there != name):
        kept = f"{source.get('type')} {there}" if isinstance(source, dict) else "nothing"
        return f"the text has {type_} {name!r}, the tree {kept!r}"
    return ""


def _parameters(call: Call, source: Json) -> str:
    """Arguments that were left out have no entry, or an empty one."""
    entries = source.get("parameters")
    if not entries:
        return ""
    values = [entry.get("value") if isinstance(entry, dict) else None for entry in entries]
    arguments: list[Node | None] = [argument for argument in call.arguments if argument is not None]
    if len(values) == len(call.arguments):
        arguments = list(call.arguments)
    if len(values) != len(arguments):
        return f"the text gives {call.function} {len(arguments)} arguments, the tree {len(values)}"
    for argument, value in zip(arguments, values, strict=True):
        found = _differs(argument, value) if argument is not None else _left_out(call, value)
        if found:
            return found
    return ""


def _left_out(call: Call, value: Json) -> str:
    match value:
        case None | {"type": "Constant", "name": "" | None}:
            return ""
    return f"the text leaves out an argument of {call.function} that the tree has"


def source(of: Expression) -> Json:
    """The source that Graph would keep for an expression.

    :raises XtcheckError: it has a part of which Graph's form is not documented.
    """
    return _source(of.tree)


def _source(node: Node) -> Json:
    match node:
        case Attribute(name):
            return {"expression": printed(node), "name": name, "type": "Attribute", "parameters": []}
        case Constant(text) | Number(text):
            return {"expression": quoted(text), "name": text, "type": "Constant", "parameters": []}
        case Call(function):
            parameters = [
                {"key": _key(node, index), "value": _source(argument)}
                for index, argument in enumerate(node.arguments)
                if argument is not None
            ]
            return {"expression": printed(node), "name": function, "type": "Function", "parameters": parameters}
        case Comparison() | Word():
            raise XtcheckError(f"how Graph keeps {printed(node)} in its tree is not documented")


def _key(call: Call, index: int) -> str:
    """Graph's name of a parameter; repeated ones are numbered, as the function page numbers them."""
    function = FUNCTIONS[call.function]
    parameter = function.parameter(index)
    assert parameter is not None  # noqa: S101  # the parser counted the arguments
    name = parameter.key or parameter.name
    extra = index - len(function.parameters)
    return name if extra < 0 else f"{name}{extra // len(function.repeating) + 1}"
