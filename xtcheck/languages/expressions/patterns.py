""".NET's regular expressions by means of the ``regex`` package: what both read alike, and nothing else.

learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference, and .../substitutions-in-
regular-expressions for what a replacement may say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from xtcheck.languages.expressions.lengths import Text
from xtcheck.languages.repetition import too_large

if TYPE_CHECKING:
    import regex

    Pattern = regex.Pattern[str]

SECONDS = 0.05
"""How long one search may take; a catastrophic pattern is cut off."""
STRIKES = 10
"""After so many searches that took too long a pattern is not tried again: a million users would take all day."""


class BeyondUs(Exception):
    """A pattern, or a replacement, that only .NET can be trusted to read."""


def substituted(pattern: str, text: str, new: str) -> str:
    """Every match replaced; ``new`` may name groups.

    :raises BeyondUs: it is not evaluated here.
    :raises TooLong: the result would be longer than texts are here.
    :raises TimeoutError: it takes too long.
    """
    search = _search(pattern)
    plan = tuple(_plan(search.pattern, new))
    made, at = Text(), 0
    for found in search.all(text):
        made.add(text[at : found.start()])
        for literal, key in plan:
            made.add(literal if key is None else found[key] or "")
        at = found.end()
    made.add(text[at:])
    return str(made)


def in_group(pattern: str, group: str, text: str, new: str) -> str | None:
    """The group's text replaced in every match; None when there is no such group. Raises as :func:`substituted`."""
    search = _search(pattern)
    key = _key(search.pattern, group)
    if key is None:
        return None
    made, at = Text(), 0
    for found in search.all(text):
        start, end = found.span(key)
        if start < 0:
            continue
        if start < at or len(found.captures(key)) > 1:
            raise BeyondUs("which capture of a repeated group is meant")
        made.add(text[at:start])
        made.add(new)
        at = end
    made.add(text[at:])
    return str(made)


def group_text(pattern: str, group: str, text: str) -> str | None:
    """The group's text in the first match; None when there is none. Raises as :func:`substituted`."""
    search = _search(pattern)
    key = _key(search.pattern, group)
    found = next(search.all(text), None) if key is not None else None
    return None if found is None or key is None else found[key]


def _key(compiled: Pattern, group: str) -> str | int | None:
    if group in compiled.groupindex:
        return group
    if group.isascii() and group.isdigit() and int(group) <= compiled.groups:
        return _numbered(compiled, int(group))
    return None


def _numbered(compiled: Pattern, number: int) -> int:
    """A group by number; .NET counts the named ones after all others."""
    if number and compiled.groupindex and len(compiled.groupindex) != compiled.groups:
        raise BeyondUs("numbered groups beside named ones")
    return number


_REFERENCE = re.compile(r"\$(?:(\$)|(&)|\{(\w+)\}|([0-9]+)|([`'+_]))")


def _plan(compiled: Pattern, new: str) -> Iterator[tuple[str, str | int | None]]:
    """The parts of a replacement: literal texts, and groups. What names no group stands for itself."""
    at = 0
    for found in _REFERENCE.finditer(new):
        yield new[at : found.start()], None
        at = found.end()
        dollar, matched, name, number, other = found.groups()
        if other or (number and int(number) > compiled.groups):
            raise BeyondUs(found[0])
        if dollar:
            yield "$", None
        elif matched:
            yield "", 0
        else:
            key = _key(compiled, name or number)
            yield found[0], key
    yield new[at:], None


class _Search:
    """A pattern, and how often it took too long."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern, self.strikes = pattern, 0

    def all(self, text: str) -> Iterator[regex.Match[str]]:
        """The matches, from the left to the right."""
        if self.strikes >= STRIKES:
            raise BeyondUs("it took too long too often")
        try:
            yield from self.pattern.finditer(text, timeout=SECONDS)
        except TimeoutError:
            self.strikes += 1
            raise


@lru_cache(maxsize=256)
def _search(pattern: str) -> _Search:
    import regex

    if too_large(pattern):
        raise BeyondUs("repetitions of repetitions, too many to be searched")
    try:
        return _Search(regex.compile("".join(_translated(pattern)), flags=regex.VERSION0))
    except (regex.error, OverflowError, RecursionError) as error:
        raise BeyondUs(str(error)) from error


_GROUP = re.compile(r"\(\?(?:[:=!>]|<[=!]|<[A-Za-z_]\w*>|-?[ims]+(?:-[ims]+)?[:)])")
_QUOTED_NAME = re.compile(r"\(\?'([A-Za-z_]\w*)'")
_COUNT = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_MEANING = {
    "d": r"\p{Nd}",
    "s": r"\f\n\r\t\v\x85\p{Z}",
    "w": r"\p{L}\p{Mn}\p{Nd}\p{Pc}",
}
"""learn.microsoft.com/dotnet/standard/base-types/character-classes-in-regular-expressions"""
_ALIKE = frozenset("aAbBfnrtv")
_HEX = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
_CATEGORY = re.compile(r"\\[pP]\{[A-Z][a-z]?\}")


def _translated(pattern: str) -> Iterator[str]:
    """The pattern's parts for ``regex``."""
    at = 0
    while at < len(pattern):
        glyph = pattern[at]
        if glyph == "\\":
            part, at = _escape(pattern, at)
            yield part
        elif glyph == "[":
            part, at = _set(pattern, at)
            yield part
        elif glyph == "(" and pattern[at + 1 : at + 2] in ("?", "*"):
            part, at = _group(pattern, at)
            yield part
        elif glyph == "{" and not _COUNT.match(pattern, at):
            yield r"\{"
            at += 1
        elif glyph == "+" and at and pattern[at - 1] in "*+?}" and not _escaped(pattern, at - 1):
            raise BeyondUs("a possessive quantifier")
        else:
            yield glyph
            at += 1


def _escaped(pattern: str, at: int) -> bool:
    return (at - len(pattern[:at].rstrip("\\"))) % 2 == 1


def _escape(pattern: str, at: int) -> tuple[str, int]:
    letter = pattern[at + 1 : at + 2]
    if letter.lower() in _MEANING and letter:
        return f"[{'^' * letter.isupper()}{_MEANING[letter.lower()]}]", at + 2
    match letter:
        case "z":
            return r"\Z", at + 2
        case "Z":
            return r"(?=\n?\Z)", at + 2
    return _plain_escape(pattern, at)


def _plain_escape(pattern: str, at: int) -> tuple[str, int]:
    """An escape that both read alike, in a set or outside."""
    letter = pattern[at + 1 : at + 2]
    longer = _HEX.match(pattern, at) or _CATEGORY.match(pattern, at)
    if longer:
        return longer[0], longer.end()
    if not letter or (letter.isalnum() and letter not in _ALIKE):
        raise BeyondUs(f"\\{letter}")
    return pattern[at : at + 2], at + 2


def _group(pattern: str, at: int) -> tuple[str, int]:
    known = _GROUP.match(pattern, at)
    if known:
        return known[0], known.end()
    named = _QUOTED_NAME.match(pattern, at)
    if named:
        return f"(?<{named[1]}>", named.end()
    raise BeyondUs(pattern[at : at + 4])


def _set(pattern: str, at: int) -> tuple[str, int]:
    """A set of characters, from its bracket on."""
    parts = ["["]
    at += 1
    if pattern[at : at + 1] == "^":
        parts.append("^")
        at += 1
    if pattern[at : at + 1] == "]":
        parts.append(r"\]")
        at += 1
    while at < len(pattern) and pattern[at] != "]":
        glyph = pattern[at]
        if glyph == "[":
            if pattern[at - 1] == "-" or pattern[at + 1 : at + 2] in (":", ".", "="):
                raise BeyondUs("a set in a set")
            parts.append(r"\[")
            at += 1
        elif glyph == "\\":
            part, at = _in_set(pattern, at)
            parts.append(part)
        else:
            parts.append(glyph)
            at += 1
    if at >= len(pattern):
        raise BeyondUs("a set that is not closed")
    return "".join([*parts, "]"]), at + 1


def _in_set(pattern: str, at: int) -> tuple[str, int]:
    letter = pattern[at + 1 : at + 2]
    if letter in _MEANING:
        return _MEANING[letter], at + 2
    return _plain_escape(pattern, at)
