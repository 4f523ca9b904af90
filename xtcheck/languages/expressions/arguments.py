"""Whether the arguments of a call are those that its function takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from xtcheck.errors import choices
from xtcheck.languages.expressions.functions import (
    COMPARES,
    ENCODINGS,
    FLOWS,
    INTERVALS,
    Function,
    Parameter,
)
from xtcheck.languages.expressions.mistakes import ExpressionError
from xtcheck.languages.expressions.tree import Attribute, Constant, Node, Number, Word

_NUMERIC = re.compile(r"\s*(?:&H[0-9A-Fa-f]+|-?[0-9]+(?:\.[0-9]+)?)\s*")
LONGEST_RANDOM = 256
ROLES = "appRoleAssignments"


class Argument(NamedTuple):
    """One argument, None when it was left out, and where it stands."""

    node: Node | None
    at: int


def check(text: str, function: Function, arguments: Sequence[Argument], start: int) -> None:
    """The arguments of a call of which the name stands at ``start``.

    :raises ExpressionError: too few or too many, or one of another kind than documented.
    """
    _count(text, function, arguments, start)
    for index, (node, at) in enumerate(arguments):
        parameter = _parameter(function, index, len(arguments))
        if node is None:
            if parameter.required:
                wrong = f"the argument {parameter.name} of {function.name} is missing"
                raise ExpressionError(text, at, wrong, f"write {function.signature}")
            continue
        _kind(text, function, parameter, Argument(node, at))


def _count(text: str, function: Function, arguments: Sequence[Argument], start: int) -> None:
    count, hint = len(arguments), f"write {function.signature}"
    least, most = _bounds(function)
    if count < least:
        raise ExpressionError(text, start, f"{function.name} has {count} of at least {least} arguments", hint)
    if most is not None and count > most:
        wrong = f"{function.name} takes at most {most} arguments" if most else f"{function.name} takes no argument"
        raise ExpressionError(text, arguments[most].at, wrong, hint)
    if function.name == "Switch" and count % 2:
        wrong = f"Switch has {count} arguments: keys and values come in pairs"
        raise ExpressionError(text, start, wrong, hint)


def _bounds(function: Function) -> tuple[int, int | None]:
    """The least and the most arguments (None: any number)."""
    match function.name:
        case "FormatDateTime":  # (source, inputFormat, outputFormat) on the Cloud Sync page and in Graph's list
            return 3, 4
        case "SelectUniqueValue":
            return 2, None
    if function.repeating:
        return len(function.parameters) + len(function.repeating), None
    required = [index for index, parameter in enumerate(function.parameters) if parameter.required]
    return (required[-1] + 1 if required else 0), len(function.parameters)


def _parameter(function: Function, index: int, count: int) -> Parameter:
    """The parameter that an argument is for."""
    if function.name == "FormatDateTime" and count == len(function.parameters) - 1 and index > 0:
        index += 1
    found = function.parameter(index)
    assert found is not None  # noqa: S101  # the arguments were counted before
    return found


def _kind(text: str, function: Function, parameter: Parameter, argument: Argument) -> None:
    """What can be seen of an argument without evaluating it."""
    node, at = argument
    where = f"the argument {parameter.name} of {function.name}"
    if isinstance(node, Word):
        _word(text, where, parameter, Argument(node, at), node.name)
        return
    match parameter.kind:
        case "number" if isinstance(node, Constant) and not _NUMERIC.fullmatch(node.text):
            raise ExpressionError(text, at, f"{where} is a number, not {node.text[:40]!r}", "write digits")
        case "interval" if isinstance(node, Constant | Number) and node.text not in INTERVALS:
            hint = "valid here: " + ", ".join(INTERVALS)
            raise ExpressionError(text, at, f"{where} cannot be {node.text[:40]!r}", hint)
        case "compare" | "encoding":
            raise ExpressionError(text, at, f"{where} is a bare word", f"valid here: {', '.join(_words(parameter))}")
        case "roles" if node != Attribute(ROLES):
            raise ExpressionError(text, at, f"{where} is one attribute only", f"write [{ROLES}]")
    if function.name == "RandomString" and parameter.name == "length" and isinstance(node, Constant | Number):
        length = node.text.strip()
        if length.isdigit() and len(length) < 9 and int(length) > LONGEST_RANDOM:
            raise ExpressionError(text, at, f"RandomString makes at most {LONGEST_RANDOM} characters", "write fewer")


def _word(text: str, where: str, parameter: Parameter, argument: Argument, name: str) -> None:
    valid = _words(parameter)
    if name not in valid:
        hint = choices(name, valid) if valid else "write an attribute, a text, a number or a function"
        raise ExpressionError(text, argument.at, f"{where} cannot be {name}", hint)


def _words(parameter: Parameter) -> tuple[str, ...]:
    """The bare words that may stand for a parameter."""
    match parameter.kind:
        case "compare":
            return COMPARES
        case "encoding":
            return ENCODINGS
        case "any":
            return FLOWS
    return ()
