"""Regular expressions for an engine whose time is linear in the text, over plain texts in lower case.

A pattern is written anew from its tree, so that nothing hangs on what the other engine makes of its text: plain means
ASCII without a line break at the end, where ``$`` is the end, and letters have two cases only.
"""

from __future__ import annotations

from functools import lru_cache

from xtcheck.languages.rules import regular
from xtcheck.languages.rules.characters import Chars
from xtcheck.languages.rules.regular import Anchor, Choice, Pattern, Refused, Repeat, Sequence, Set
from xtcheck.languages.rules.searches import closed

LARGEST = 2_000
"""Beyond, the other engine might refuse a pattern for its size."""


@lru_cache(maxsize=1024)
def translated(pattern: str) -> str | None:
    """The pattern for polars; None where it must be searched for one by one.

    So must what repeats a choice or a repetition: ``matches`` backtracks there, and may have to give up.
    """
    try:
        tree = regular.parse(pattern)
    except Refused:
        return None
    return None if _nested(tree, within=False) or _size(tree) > LARGEST else _written(tree)


def _nested(pattern: Pattern, *, within: bool) -> bool:
    """Whether a repetition holds what can be matched in more than one way."""
    match pattern:
        case Set() | Anchor():
            return False
        case Sequence(parts):
            return any(_nested(part, within=within) for part in parts)
        case Choice(parts):
            return within or any(_nested(part, within=within) for part in parts)
        case Repeat(part, low, high):
            return (within and low != high) or _nested(part, within=within or high is None or high > 1)


def _size(pattern: Pattern) -> int:
    match pattern:
        case Set() | Anchor():
            return 1
        case Sequence(parts) | Choice(parts):
            return 1 + sum(map(_size, parts))
        case Repeat(part, low, high):
            return 1 + _size(part) * max(low, high or 1, 1)


def _written(pattern: Pattern) -> str:
    match pattern:
        case Set():
            return _set(closed(pattern))
        case Anchor.START:
            return r"\A"
        case Anchor.END | Anchor.FINISH:
            return r"\z"
        case Sequence(parts):
            return "".join(map(_written, parts))
        case Choice(parts):
            return f"(?:{'|'.join(map(_written, parts))})"
        case Repeat(part, low, high):
            return f"(?:{_written(part)}){{{low},{'' if high is None else high}}}"


def _set(ranges: Chars) -> str:
    """The ASCII characters of a set, but for capital letters."""
    found = []
    for low, high in ranges:
        for first, last in ((max(low, 0), min(high, 0x40)), (max(low, 0x5B), min(high, 0x7F))):
            if first <= last:
                found.append((first, last))
    if not found:
        return r"[^\x00-\x{10FFFF}]"
    if len(found) == 1 and found[0][0] == found[0][1]:
        return _character(found[0][0])
    return f"[{''.join(f'{_character(first)}-{_character(last)}' for first, last in found)}]"


def _character(point: int) -> str:
    return chr(point) if chr(point).isalnum() else f"\\x{point:02x}"
