"""Which raw texts a literal stands for: letter by letter, and, folded fully, also by letters that stand for several.

Folded fully (Unicode's CaseFolding.txt, status C and F) ``ß`` is ``ss``: so ``ss`` is also spelled ``ß``, and a text
that ends in ``ß`` ends in ``s``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from xtcheck.languages.rules.characters import LAST_CASED, Chars, either, of, same


class Step(NamedTuple):
    """One raw letter out of a set, which stands for a literal's letters from one place up to another."""

    start: int
    end: int
    letters: Chars


def simply(text: str) -> tuple[Step, ...]:
    """Each letter for one letter, folded simply."""
    return tuple(Step(at, at + 1, same(each)) for at, each in enumerate(text))


@lru_cache(maxsize=1024)
def fully(text: str, *, begun: bool, goes_on: bool) -> tuple[Step, ...]:
    """The steps that spell a text, folded fully.

    :param begun: something may stand before it, so that its first letter may be the end of what a raw letter folds to.
    :param goes_on: something may stand behind it, likewise.
    """
    folded = text.casefold()
    return tuple(dict.fromkeys((*_inside(folded), *_over_the_edge(folded, begun=begun, goes_on=goes_on))))


def _inside(folded: str) -> Iterator[Step]:
    for start, letter in enumerate(folded):
        yield Step(start, start + 1, either(of(letter), _raw().get(letter, ())))
        for end in range(start + 2, min(start + LONGEST, len(folded)) + 1):
            if letters := _several().get(folded[start:end]):
                yield Step(start, end, letters)


def _over_the_edge(folded: str, *, begun: bool, goes_on: bool) -> Iterator[Step]:
    for fold, letters in _several().items() if folded else ():
        for cut in range(1, len(fold)):
            if begun and folded.startswith(fold[cut:]):
                yield Step(0, len(fold) - cut, letters)
            if goes_on and folded.endswith(fold[:cut]):
                yield Step(len(folded) - cut, len(folded), letters)
        if begun and goes_on and folded in fold[1:-1]:
            yield Step(0, len(folded), letters)


LONGEST = 3
"""No letter folds to more."""


@cache
def _raw() -> dict[str, Chars]:
    """From what letters fold to fully, to these letters, where they are others."""
    found: dict[str, str] = {}
    for letter in map(chr, range(LAST_CASED + 1)):
        if (fold := letter.casefold()) != letter:
            found[fold] = found.get(fold, "") + letter
    return {fold: of(letters) for fold, letters in found.items()}


@cache
def _several() -> dict[str, Chars]:
    """The same, for what is several letters long."""
    return {fold: letters for fold, letters in _raw().items() if len(fold) > 1}
