"""Conditions: what IIF and CBool make of a comparison or of a value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from xtcheck.languages.expressions.letters import folded
from xtcheck.languages.expressions.numbers import number
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.values import NULL, NoValue, Undetermined, Value, text_of, together, undetermined

_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "=": operator.eq,
        "<>": operator.ne,
        ">": operator.gt,
        ">=": operator.ge,
        "<": operator.lt,
        "<=": operator.le,
    }
)


def compared(run: Run, left: Value, sign: str, right: Value) -> Value:
    """Whether a comparison holds: True, False, or what stands in the way of an answer.

    Numbers when both sides are; else texts by the order of their characters (B-17).
    """
    left, right = (run.null() if side == NULL else side for side in (left, right))
    open_ = together((left, right))
    if open_ is not None:
        return open_
    for side in (left, right):
        if isinstance(side, NoValue):
            return undetermined("B-02") if side.kind == "ignored" else side
        if isinstance(side, tuple):
            return undetermined("B-21")
    return _sides(run, left, sign, right)


def _sides(run: Run, left: Value, sign: str, right: Value) -> Value:
    assert isinstance(left, str | int)  # noqa: S101  # all else was answered by the caller
    assert isinstance(right, str | int)  # noqa: S101
    holds, (one, other) = _HOLDS[sign], (number(left), number(right))
    texts, small = [text_of(left), text_of(right)], [folded(text_of(left)), folded(text_of(right))]
    if one is not None and other is not None:
        as_numbers = holds(one, other)
        counted = any(isinstance(side, int) and not isinstance(side, bool) for side in (left, right))
        if counted or sign not in ("=", "<>"):
            return as_numbers
        return run.choose("B-17", {"numbers": as_numbers, "text": holds(*texts), "ignore-case": as_numbers})
    exact = holds(*texts)
    return run.choose("B-17", {"numbers": exact, "text": exact, "ignore-case": holds(*small)})


def is_true(run: Run, value: Value) -> Value:
    """A value as a truth value: the function page knows comparisons, numbers (0 is false), and "True" and "False"."""
    if value == NULL:
        value = run.null()
    if isinstance(value, bool | Undetermined):
        return value
    if isinstance(value, NoValue):
        return undetermined("B-02") if value.kind == "ignored" else value
    found = number(value)
    if found is not None:
        return found != 0
    return (
        {"true": True, "false": False}.get(value.lower(), undetermined("B-17"))
        if isinstance(value, str)
        else undetermined("B-21")
    )
