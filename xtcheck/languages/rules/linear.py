"""Regular expressions for an engine whose time is linear in the text, over texts without case.

A pattern is written anew from its tree, so that nothing hangs on what the other engine makes of its text. The texts
have no line break at the end, so that ``$`` is the end.
"""

from __future__ import annotations

from functools import lru_cache

from xtcheck.languages.rules import regular
from xtcheck.languages.rules.characters import Chars, folded, members, of
from xtcheck.languages.rules.regular import Anchor, Choice, Pattern, Refused, Repeat, Sequence, Set
from xtcheck.languages.rules.searches import closed

FEW = 100
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
    """A set, without what folding case leaves in no text, so that a letter is written as a letter."""
    if sum(high - low + 1 for low, high in ranges) <= FEW:
        ranges = of("".join(each for each in members(ranges) if folded(each) == each))
    if not ranges:
        return r"[^\x00-\x{10FFFF}]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0])
    return f"[{''.join(f'{_character(low)}-{_character(high)}' for low, high in ranges)}]"


def _character(point: int) -> str:
    return chr(point) if chr(point).isascii() and chr(point).isalnum() else f"\\x{{{point:x}}}"
