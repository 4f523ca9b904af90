"""Regular expressions of ``-match``: which are none, which mean the same everywhere, and which are in doubt (A-15).

The service is .NET, but the documentation names no dialect. Evaluated is what .NET and Python's ``regex`` read alike;
anything else is left undecided: https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from xtcheck.languages.repetition import too_large

if TYPE_CHECKING:
    import regex

LIMIT = 0.25
"""Seconds that one pattern may search one value; afterwards nobody knows."""

_ESCAPE = r"\\(?:[dDsStnrf]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[pP]\{(?:L|M|Mn|Mc|N|Nd|P|S|Z)\}|[^\w])"
_ALIKE = re.compile(
    rf"""
    (?P<ignore> (?<![\s\S]) \(\?i\) )
    | (?P<escape> {_ESCAPE} )
    | (?P<letter> \\[wWbB] )
    | (?P<end> \\[Zz] | \$ )
    | (?P<start> \\A | \^ )
    | (?P<back> \\[1-9] (?![0-9]) )
    | (?P<set> \[ \^? (?!\]) (?: [^\\\[\]] | {_ESCAPE} | (?P<letters> \\[wW] ) )+ \] )
    | (?P<open> \( (?: \? (?: : | = | ! | <= | <! | > | i: | (?P<name> <[A-Za-z]\w*> ) ) | (?![?*]) ) )
    | (?P<close> \) )
    | (?P<repeat> (?: [*+?] | \{{[0-9]+(?:,[0-9]*)?\}} ) \?? (?! [*+?] | \{{ ) )
    | (?P<plain> [^\\^$?*+()\[{{] )
    """,
    re.VERBOSE,
)
"""What both dialects take for the same, piece by piece. ``\\p{Lu}`` and the like are not, when case is ignored."""
_OPERATION = re.compile(r"--|&&|\|\||~~")


class Pattern:
    """What was seen in a pattern. ``doubt`` says what dialects read differently, if anything."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.doubt = ""
        self.seen: set[str] = set()
        pieces: list[str] = []
        others: list[str] = []
        repeats = groups = at = 0
        while at < len(text):
            piece = _ALIKE.match(text, at)
            if piece is None or (piece["set"] and _OPERATION.search(piece["set"])):
                self.doubt = f"{text[at : at + 8]} in a regular expression"
                break
            self.seen.update(name for name, found in piece.groupdict().items() if found is not None)
            if piece["repeat"]:
                repeats += piece["repeat"][0] in "*+" or piece["repeat"].endswith((",}", ",}?"))
                groups += text[at - 1] == ")"
            pieces.append(r"\Z" if piece["end"] in (r"\z", r"\Z") else piece[0])
            others.append(r"(?=\n?\Z)" if piece["end"] in ("$", r"\Z") else pieces[-1])
            at = piece.end()
        self.translated, self.dotnet = "".join(pieces), "".join(others)
        self.slow = bool(groups or repeats > 1 or "back" in self.seen)
        if not self.doubt and {"name", "back"} <= self.seen:
            self.doubt = "named groups with back references"
        if not self.doubt and any(each not in "ßẞ" and not plain(each) for each in text):
            self.doubt = "letters whose case is not the same everywhere"
        if not self.doubt and too_large(text):
            self.doubt = "repetitions of repetitions, too many to be searched"
        if not self.doubt and text and max(text) > "\uffff":
            self.doubt = "characters beyond U+FFFF"


@lru_cache(maxsize=1024)
def read(pattern: str) -> Pattern:
    """What is to be known about a pattern."""
    return Pattern(pattern)


def doubtful(pattern: str) -> str:
    """What in a pattern dialects read differently, or nothing."""
    return read(pattern).doubt


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern without doubt, as Python reads it, without regard to case.

    :raises regex.error: it is no regular expression.
    """
    import regex

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return regex.compile(read(pattern).translated, regex.IGNORECASE | regex.VERSION0)


@lru_cache(maxsize=1024)
def compiled_as_dotnet(pattern: str) -> regex.Pattern[str]:
    r"""The same; ``$`` stands before a last line break in both, ``\Z`` in .NET alone, and ``\z`` in neither.

    https://learn.microsoft.com/dotnet/standard/base-types/anchors-in-regular-expressions
    """
    import regex

    return regex.compile(read(pattern).dotnet, regex.IGNORECASE | regex.VERSION0)


def mistake(pattern: str) -> str:
    """What is wrong with a pattern without doubt, or nothing."""
    import regex

    try:
        compiled(pattern)
    except regex.error as error:
        return str(error)
    return ""


@lru_cache(maxsize=4096)
def plain(letter: str) -> bool:
    """Whether a letter has one small and one large form, each the other's, so that every dialect folds it alike."""
    lower, upper = letter.lower(), letter.upper()
    if not len(lower) == len(upper) == len(letter.casefold()) == 1:
        return False
    return letter.isascii() or (
        letter.casefold() == lower and upper.lower() == lower and lower.upper() == upper and not lower.isascii()
    )


def search(pattern: str, *, doubt: str = "A-15") -> Callable[[str], bool | str]:
    r"""Whether a pattern is found in a value; an item of the register when nobody knows.

    :param doubt: the item on which it hangs what another dialect reads otherwise. Where that is not A-15, the dialect
        is settled: it is .NET's, whose ``$`` and ``\Z`` also stand before a line break that ends the value.
    """
    known = read(pattern)
    if known.doubt:
        return lambda _: doubt
    searcher = _Search(pattern, doubt)
    return searcher.careful if known.slow else searcher.quick


class _Search:
    """One pattern without doubt, looked for in values of which some may bring doubt."""

    def __init__(self, pattern: str, doubt: str) -> None:
        known = read(pattern)
        self.text, self.doubt = pattern, doubt
        self.find = (compiled if doubt == "A-15" else compiled_as_dotnet)(pattern).search
        self.slow, self.ends, self.back = known.slow, "end" in known.seen, "back" in known.seen
        self.letters = not known.seen.isdisjoint(("letter", "letters"))

    def quick(self, value: str) -> bool | str:
        """Most values are ASCII, and end in no line break."""
        if not value.isascii() or value[-1:] == "\n":
            return self.careful(value)
        return self.find(value) is not None

    def careful(self, value: str) -> bool | str:
        """What dialects agree on, or the item on which they do not."""
        if self.ends and self.doubt == "A-15" and value.endswith("\n"):
            return self.doubt
        if value.isascii():
            return self.limited(value)
        if self.back or max(value) > "\uffff" or (self.letters and not all(map(_letter_everywhere, value))):
            return self.doubt  # .NET sees two characters in one beyond U+FFFF
        found = self.limited(value)
        if all(map(plain, value)):
            return found
        neutral = "".join(each if plain(each) or each in self.text else "\u4e00" for each in value)
        return found if self.limited(neutral) == found else "A-18"

    def limited(self, value: str) -> bool | str:
        """What is found in time."""
        if not self.slow:
            return self.find(value) is not None
        try:
            return self.find(value, timeout=LIMIT) is not None
        except TimeoutError:
            return "timeout"


def _letter_everywhere(sign: str) -> bool:
    return sign.isascii() or unicodedata.category(sign) in {"Lu", "Ll", "Lt", "Lo", "Nd", "Mn", "Pd", "Po", "Sc", "Sm"}
