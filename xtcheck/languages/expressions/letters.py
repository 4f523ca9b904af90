"""Letters: their case as .NET maps it, words in proper case, and texts without diacritics."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.values import Value

_PLANE = "\U00010000"
_DOTS = "\u0131\u0130"
"""The two letters i that the invariant culture leaves alone
(learn.microsoft.com/dotnet/core/extensions/globalization-icu)."""
_TURKIC = ("tr", "az")


def _simple(glyph: str, mapped: str) -> str:
    """.NET maps a character to one character, or not at all: ß has no capital of its own."""
    return mapped if len(mapped) == 1 and glyph not in _DOTS else glyph


def _lower_each(text: str) -> str:
    return text.lower() if text.isascii() else "".join(_simple(glyph, glyph.lower()) for glyph in text)


def _upper_each(text: str) -> str:
    return text.upper() if text.isascii() else "".join(_simple(glyph, glyph.upper()) for glyph in text)


def folded(text: str) -> str:
    """A text regardless of letter case."""
    return _lower_each(text)


def lower(run: Run, source: str, culture: str | None = None) -> Value:
    """In the invariant culture when none is given (the function page)."""
    if _is_turkic(culture):
        source = source.replace("\u0130", "i").replace("I", "\u0131")
        return "".join(glyph if glyph in _DOTS else _lower_each(glyph) for glyph in source)
    return _doubtful(run, source, _lower_each(source))


def upper(run: Run, source: str, culture: str | None = None) -> Value:
    """In the invariant culture when none is given (the function page)."""
    if _is_turkic(culture):
        source = source.replace("i", "\u0130").replace("\u0131", "I")
        return "".join(glyph if glyph in _DOTS else _upper_each(glyph) for glyph in source)
    return _doubtful(run, source, _upper_each(source))


def _is_turkic(culture: str | None) -> bool:
    return bool(culture) and str(culture).lower().partition("-")[0] in _TURKIC


def _doubtful(run: Run, source: str, mapped: str) -> Value:
    """The mapped text; B-23 where versions of .NET may differ."""
    if not source.isascii():
        far = max(source) >= _PLANE and source != mapped
        if far or any(glyph in source for glyph in _DOTS):
            return run.assume("B-23", mapped)
    return mapped


# --- proper case ----------------------------------------------------------------------------------------------------

_DIGIT_FIRST = re.compile("[0-9][A-Za-z]")
_PARTING = frozenset(["Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"])
"""The categories of characters that end a word, as the function page lists them."""


def proper(run: Run, source: str, separators: str | None = None) -> Value:
    """Each word's first character in upper case, the rest in lower; also of words that are all capitals."""
    text = _lower_each(source)
    if separators is not None:
        return "".join(_titled(text, lambda glyph: glyph in separators, numbers=False))
    if text.isascii() and "'" not in text and not _DIGIT_FIRST.search(text):
        return text.title()
    dotnet = "".join(_titled(text, lambda glyph: glyph != "'" and _parts(glyph), numbers=True))
    described = "".join(_titled(text, _parts, numbers=False))
    return run.choose("B-20", {"dotnet": dotnet, "described": described})


def _parts(glyph: str) -> bool:
    return unicodedata.category(glyph) in _PARTING


def _titled(text: str, parts: Callable[[str], bool], *, numbers: bool) -> Iterator[str]:
    """The text with each word's first character in upper case; with ``numbers`` a word begins with a letter."""
    begun = False
    for glyph in text:
        if begun and not parts(glyph):
            yield glyph
        elif begun or parts(glyph):
            begun = False
            yield glyph
        else:
            begun = glyph.isalpha() or not numbers
            yield _simple(glyph, glyph.title())


# --- diacritics -----------------------------------------------------------------------------------------------------

_SPECIAL: Mapping[str, str] = MappingProxyType(
    {"æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE", "ß": "ss", "ł": "l", "Ł": "L", "\u0131": "i"}
)
_COVERED = frozenset("acdegilnorstuyz")
"""The base letters of the function page's table."""


def without_diacritics(run: Run, source: str) -> Value:
    """Marks taken away, and the table's pairs; B-12 for any other letter."""
    if source.isascii():
        return source
    found: list[str] = []
    beyond = False
    base = ""
    for glyph in unicodedata.normalize("NFD", source):
        if unicodedata.category(glyph) == "Mn":
            beyond |= base.lower() not in _COVERED and base not in _SPECIAL
            continue
        base = glyph
        found.append(_SPECIAL.get(glyph, glyph))
        # The table prints œ only with a macron.
        beyond |= glyph in "œŒ" or (not glyph.isascii() and glyph.isalpha() and glyph not in _SPECIAL)
    text = unicodedata.normalize("NFC", "".join(found))
    return run.assume("B-12", text) if beyond else text
