"""Sets of characters as ranges of code points, and the alphabet that a few such sets cut Unicode into.

Surrogates are no characters: no JSON text that Graph sends holds one alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

Chars = tuple[tuple[int, int], ...]
"""A set of characters: ranges of code points, both ends inside, ascending, apart from each other."""

HIGHEST = 0x10FFFF
LAST_CASED = 0x1E943
"""Adlam's small letters end here; behind them no character of Unicode 17 has another case."""


def chars(ranges: Iterable[tuple[int, int]]) -> Chars:
    """A set from ranges in any order, which may overlap; without surrogates."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(_without_surrogates(found))


def _without_surrogates(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for low, high in ranges:
        if low < 0xD800:
            yield low, min(high, 0xD7FF)
        if high > 0xDFFF:
            yield max(low, 0xE000), high


def members(ranges: Chars) -> Iterator[str]:
    """The characters of a set; of a small one, better."""
    return (chr(point) for low, high in ranges for point in range(low, high + 1))


EVERY: Chars = chars([(0, HIGHEST)])


def of(text: str) -> Chars:
    """The characters of a text, as a set."""
    return chars((ord(each), ord(each)) for each in text)


def either(*sets: Chars) -> Chars:
    """What is in any of the sets."""
    return chars(each for ranges in sets for each in ranges)


def others(ranges: Chars) -> Chars:
    """What is not in the set."""
    gaps = []
    low = 0
    for first, last in ranges:
        if low < first:
            gaps.append((low, first - 1))
        low = last + 1
    if low <= HIGHEST:
        gaps.append((low, HIGHEST))
    return chars(gaps)


def holds(ranges: Chars, character: str) -> bool:
    """Whether a character is in the set."""
    point = ord(character)
    at = bisect_right(ranges, (point, HIGHEST)) - 1
    return at >= 0 and ranges[at][0] <= point <= ranges[at][1]


def folded(character: str) -> str:
    """Simple case folding of one character (Unicode's CaseFolding.txt, status C and S): to one character, always."""
    full = character.casefold()
    if len(full) == 1:
        return full
    lower = character.lower()
    return lower if len(lower) == 1 else character


@cache
def _equals() -> dict[str, str]:
    """From a folded character to all that fold to it, for those that have more than one."""
    found: dict[str, list[str]] = {}
    for point in range(LAST_CASED + 1):
        character = chr(point)
        if (fold := folded(character)) != character:
            found.setdefault(fold, [fold]).append(character)
    return {fold: "".join(same) for fold, same in found.items()}


@cache
def any_case(ranges: Chars) -> Chars:
    """The set, with all that differs from a member by case alone."""
    cased = "".join(same for same in _equals().values() if any(holds(ranges, each) for each in same))
    return either(ranges, of(cased))


def same(character: str) -> Chars:
    """All characters that equal one, without regard to case."""
    return of(_equals().get(folded(character), character))


@cache
def stable() -> Chars:
    """The characters that full case folding leaves as they are: the letters of a fully folded text."""
    moved = ((point, point) for point in range(LAST_CASED + 1) if chr(point).casefold() != chr(point))
    return others(chars(moved))


def any_stable(ranges: Chars) -> bool:
    """Whether full case folding leaves some character of a set as it is."""
    wide = any(high - low > MOST_MOVED for low, high in ranges)
    return wide or any(chr(point).casefold() == chr(point) for low, high in ranges for point in range(low, high + 1))


MOST_MOVED = 200
"""No so many characters in a row are all changed by full case folding."""

READABLE = "xyzabcdefghijklmnopqrstuvwXYZABCDEFGHIJKLMNOPQRSTUVW0123456789-_.@ "
"""What a person would rather read in an example, best first."""


class Alphabet(NamedTuple):
    """Letters that no set of a family can tell from each other count as one."""

    blocks: tuple[Chars, ...]
    shown: str
    """One character for each block, the most readable of it."""

    def mask(self, ranges: Chars) -> int:
        """The blocks that lie in a set, as bits; the set is one of the family, or made of its members."""
        return sum(1 << at for at, character in enumerate(self.shown) if holds(ranges, character))

    def word(self, letters: Iterable[int]) -> str:
        """A text from blocks."""
        return "".join(self.shown[letter] for letter in letters)


def alphabet(family: Iterable[Chars], domain: Chars = EVERY) -> Alphabet:
    """The coarsest alphabet over a domain in which each set of the family is a set of letters."""
    sets = sorted(set(family) | {domain})
    bounds = sorted({edge for ranges in sets for low, high in ranges for edge in (low, high + 1)})
    members: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
    for low, after in pairwise(bounds):
        if 0xD800 <= low <= 0xDFFF:
            continue
        signature = tuple(holds(ranges, chr(low)) for ranges in sets)
        members.setdefault(signature, []).append((low, after - 1))
    inside = sets.index(domain)
    blocks = [chars(ranges) for signature, ranges in members.items() if signature[inside]]
    blocks.sort(key=lambda ranges: (_rank(_readable(ranges)), ranges))
    return Alphabet(tuple(blocks), "".join(_readable(ranges) for ranges in blocks))


def _readable(ranges: Chars) -> str:
    """The most readable character of a set."""
    for character in READABLE:
        if holds(ranges, character):
            return character
    for low, high in ranges:
        for point in range(low, min(high, low + 0x200) + 1):
            if chr(point).isalpha() or chr(point).isprintable():
                return chr(point)
    return chr(ranges[0][0])


def _rank(character: str) -> int:
    at = READABLE.find(character)
    return at if at >= 0 else len(READABLE)
