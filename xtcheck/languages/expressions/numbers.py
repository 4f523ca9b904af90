"""Numbers: how a text is read as one."""

from __future__ import annotations

import re
from decimal import Decimal

from xtcheck.languages.expressions.values import Value, error, undetermined

_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_HEX = re.compile(r"&H([0-9A-Fa-f]{1,16})")


def number(value: Value) -> Decimal | None:
    """The number that a value is, or that its text writes; None when it writes none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    hexadecimal = _HEX.fullmatch(text)
    if hexadecimal:
        return Decimal(int(hexadecimal[1], 16))
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def whole_number(value: Value) -> Value:
    """The argument as a whole number; an error where it is none."""
    if isinstance(value, tuple):
        return undetermined("B-21")
    found = number(value)
    if found is None or found != int(found):
        return error(f"{str(value)[:40]!r} is no whole number")
    return int(found)
