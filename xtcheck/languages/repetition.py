"""How large a regular expression becomes when the ``regex`` package compiles it: what is repeated, it copies."""

from __future__ import annotations

import re

MOST = 50_000
"""Pieces beyond which a pattern is not compiled: a tenth of a second (measured); ten times as many are seconds."""
_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\()|(?P<close>\))|(?P<more>\+)|\{(?P<low>[0-9]+)(?:,[0-9]*)?\}|.",
    re.DOTALL,
)
_DIGITS = 6


def too_large(pattern: str) -> bool:
    """Whether a pattern has more pieces than are compiled: ``(((a|b){50}|c){50}|d){50}`` has, with 400,000.

    Measured: a group that must be there n times or more becomes n + 2 groups, and one that may be missing stays one.
    """
    around: list[int] = []
    here = group = 0
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            around.append(here)
            here = group = 0
        elif piece["close"]:
            group = here
            here += around.pop() if around else 0
        elif piece["more"] or piece["low"]:
            least = 1 if piece["more"] else _number(piece["low"])
            here += group * (least + 1) if least else 0
            group = 0
        else:
            here, group = here + 1, 0
        if here > MOST:
            return True
    return False


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
