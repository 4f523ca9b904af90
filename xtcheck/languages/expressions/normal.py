"""The normal form of a tree: two expressions that have the same one yield the same for every source object."""

from __future__ import annotations

from xtcheck.languages.expressions.evaluation import aligned, compiled
from xtcheck.languages.expressions.functions import FUNCTIONS
from xtcheck.languages.expressions.numbers import number
from xtcheck.languages.expressions.register import DEFAULT
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.tree import Attribute, Call, Comparison, Constant, Node, Number, printed, walk

_MIRRORED = {">": "<", ">=": "<="}
_EITHER_WAY = ("=", "<>")


def normal(node: Node) -> Node:
    """Numbers as the texts that Graph keeps, no trailing gaps, one form of each call, constants folded."""
    match node:
        case Number(text):
            return Constant(text)
        case Comparison(left, operator, right):
            return _comparison(normal(left), operator, normal(right))
        case Call():
            return _folded(_call(node))
        case _:
            return node


def _comparison(left: Node, operator: str, right: Node) -> Comparison:
    if operator in _MIRRORED:
        return Comparison(right, _MIRRORED[operator], left)
    if operator in _EITHER_WAY and printed(right) < printed(left):
        return Comparison(right, operator, left)
    return Comparison(left, operator, right)


def _call(call: Call) -> Call:
    function = FUNCTIONS[call.function]
    arguments: list[Node | None] = []
    for index, argument in enumerate(aligned(call)):
        parameter = function.parameter(index)
        inner = None if argument is None else normal(argument)
        if isinstance(inner, Constant) and parameter is not None and parameter.kind == "number":
            inner = _whole(inner)
        arguments.append(inner)
    while arguments and arguments[-1] is None:
        arguments.pop()
    return Call(call.function, tuple(arguments))


def _whole(constant: Constant) -> Constant:
    """``&HF``, ``15`` and ``15.0`` are one number where a number is asked for."""
    found = number(constant.text)
    return constant if found is None or found != int(found) else Constant(str(int(found)))


def _folded(call: Call) -> Node:
    """The text that a call without attributes yields under every reading, when it yields one.

    What is no text (numbers, truth values) stays a call: conditions compare it otherwise than its text.
    """
    if any(isinstance(part, Attribute) for part in walk(call)):
        return call
    run = Run({}, DEFAULT)
    value = compiled(call)(run)
    return Constant(value) if isinstance(value, str) and not run.met and not run.assumed else call
