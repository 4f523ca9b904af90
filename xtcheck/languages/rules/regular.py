"""Regular expressions as .NET reads them, as far as they describe regular languages: from text to a tree.

https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference

What is outside (look-around, back references, word boundaries, atomic and balancing groups, options other than ``i``)
is refused by name. Greedy or lazy makes no difference to whether something matches, and nor does capturing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from xtcheck.languages.rules.characters import Chars, chars, either, of, others


class Refused(Exception):
    """The pattern is not one of those that this module understands; the text says why."""


class Anchor(Enum):
    """A place in the text."""

    START = "^"
    END = "$"
    """The end, or before a line break that ends the text."""
    FINISH = r"\z"


@dataclass(frozen=True, slots=True)
class Set:
    """One character out of ``inside``, or, when ``negated``, one that differs from all of them by more than case."""

    inside: Chars
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of them."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Between so many and so many times; without a bound when ``high`` is None."""

    part: Pattern
    low: int
    high: int | None


Pattern = Set | Sequence | Choice | Repeat | Anchor

DOT = Set(of("\n"), negated=True)
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
CLASSES = {
    "d": r"\p{Nd}",
    "w": r"\p{L}\p{Mn}\p{Nd}\p{Pc}",
    "s": r"\f\n\r\t\v\x85\p{Z}",
}
"""https://learn.microsoft.com/dotnet/standard/base-types/character-classes-in-regular-expressions"""
ESCAPED = frozenset("\\*+?|{}[]()^$.# -/\"'`~!@%&=:;,<>_")
"""What a backslash makes an ordinary character; before other letters and digits it means something, or is an error."""
MOST = 1_000
"""Repetitions beyond are refused: no automaton of a useful size tells them apart."""
DEEPEST = 60
"""Groups within groups."""


@cache
def named(name: str) -> Chars:
    r"""What ``\d``, ``\w``, ``\s`` match, and their denials in upper case."""
    if name.isupper():
        return others(named(name.lower()))
    import regex  # heavy, and needed by few

    every = "".join(map(chr, range(0x110000)))
    return chars((m.start(), m.end() - 1) for m in regex.finditer(f"[{CLASSES[name]}]+", every))


def parse(text: str) -> Pattern:
    """The tree of a pattern; raises Refused for what is outside, or no pattern at all."""
    return _Reader(text).whole()


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> Pattern:
        found = self._choice()
        if self._at < len(self._text):
            raise Refused("a bracket is closed that was never opened")
        if not _ends_last(found) or (has(found, Anchor.END) and has(found, Anchor.FINISH)):
            raise Refused("something follows $, or \\z stands beside it")
        return found

    def _next(self, width: int = 1) -> str:
        return self._text[self._at : self._at + width]

    def _take(self) -> str:
        taken = self._next()
        if not taken:
            raise Refused("the pattern ends too early")
        self._at += 1
        return taken

    def _skip(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _choice(self) -> Pattern:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refused("too many groups within groups")
        parts = [self._sequence()]
        while self._skip("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Pattern:
        parts: list[Pattern] = []
        while (ahead := self._next()) and ahead not in "|)":
            if (atom := self._atom()) is not None:
                parts.append(self._repeated(atom))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self) -> Pattern | None:
        match self._take():
            case ".":
                return DOT
            case "^":
                return Anchor.START
            case "$":
                return Anchor.END
            case "[":
                return self._set()
            case "(":
                return self._group()
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise Refused("a quantifier follows nothing")
            case "{" if self._bounds_ahead() is not None:
                raise Refused("a quantifier follows nothing")
            case character:
                return Set(of(character))

    def _group(self) -> Pattern | None:
        if self._skip("?#"):
            end = self._text.find(")", self._at)
            if end < 0:
                raise Refused("a comment is not closed")
            self._at = end + 1
            return None
        if self._skip("?i)"):
            return None
        if self._next() == "?" and not (self._skip("?:") or self._skip("?i:")):
            self._skip("?")
            self._name()
        found = self._choice()
        if not self._skip(")"):
            raise Refused("a group is not closed")
        return found

    def _name(self) -> None:
        """The name of a group that captures; everything else behind ``(?`` is outside."""
        opened = self._take()
        closed = {"<": ">", "'": "'"}.get(opened)
        if closed is None:
            raise Refused(f"(?{opened} is more than a group")
        end = self._text.find(closed, self._at)
        name = self._text[self._at : end] if end >= 0 else ""
        if not name.isidentifier():
            raise Refused("look-behind, a balancing group or a numbered group")
        self._at = end + 1

    def _escape(self) -> Pattern:
        escaped = self._take()
        match escaped:
            case "A":
                return Anchor.START
            case "Z":
                return Anchor.END
            case "z":
                return Anchor.FINISH
            case "D" | "W" | "S":
                return Set(named(escaped.lower()), negated=True)
            case _:
                return Set(self._escaped(escaped))

    def _escaped(self, escaped: str) -> Chars:
        """What an escape stands for, inside a set or outside."""
        if escaped in CONTROLS:
            return of(CONTROLS[escaped])
        if escaped in "dwsDWS":
            return named(escaped)
        if escaped in "xu":
            width = 2 if escaped == "x" else 4
            digits = self._next(width)
            if len(digits) < width or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
                raise Refused(f"\\{escaped} wants {width} hexadecimal digits")
            self._at += width
            return of(chr(int(digits, 16)))
        if escaped in ESCAPED:
            return of(escaped)
        raise Refused(f"\\{escaped} is a back reference, a boundary, a category, or unknown")

    def _set(self) -> Pattern:
        negated = self._skip("^")
        found: list[Chars] = []
        first = True
        while first or self._next() != "]":
            first = False
            if self._next(2) == "-[":
                raise Refused("a class is taken away from a class")
            low = self._member()
            if self._next() == "-" and self._next(2) != "-]" and len(self._next(2)) == 2:
                self._take()
                high = self._member()
                if _count(low) != 1 or _count(high) != 1 or low[0][0] > high[0][0]:
                    raise Refused("a range with its ends reversed, or between classes")
                low = chars([(low[0][0], high[0][0])])
            found.append(low)
        self._take()
        return Set(either(*found), negated=negated)

    def _member(self) -> Chars:
        taken = self._take()
        if taken == "[" and self._next() in (":", ".", "="):
            raise Refused("a class by name inside a class")
        if taken != "\\":
            return of(taken)
        escaped = self._take()
        return of("\b") if escaped == "b" else self._escaped(escaped)

    def _repeated(self, atom: Pattern) -> Pattern:
        low: int
        high: int | None
        match self._next():
            case "*":
                low, high = 0, None
            case "+":
                low, high = 1, None
            case "?":
                low, high = 0, 1
            case _:
                bounds = self._bounds_ahead(1) if self._next() == "{" else None
                if bounds is None:
                    return atom
                low, high, self._at = bounds
                self._at -= 1
        self._at += 1
        self._skip("?")  # lazy
        if self._next() in ("*", "+", "?") or (self._next() == "{" and self._bounds_ahead(1) is not None):
            raise Refused("a quantifier follows a quantifier")
        if max(low, high or 0) > MOST:
            raise Refused(f"more than {MOST} repetitions")
        return Repeat(atom, low, high)

    def _bounds_ahead(self, skip: int = 0) -> tuple[int, int | None, int] | None:
        """Low, high and the place behind of ``{n}``, ``{n,}``, ``{n,m}``; None where a brace is just a character."""
        end = self._text.find("}", self._at + skip)
        if end < 0:
            return None
        low, comma, high = self._text[self._at + skip : end].partition(",")
        if not _digits(low) or (high and not _digits(high)):
            return None
        if not comma:
            return int(low), int(low), end + 1
        if not high:
            return int(low), None, end + 1
        if int(high) < int(low):
            raise Refused("the bounds of a quantifier are reversed")
        return int(low), int(high), end + 1


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _count(ranges: Chars) -> int:
    return sum(high - low + 1 for low, high in ranges)


def _ends_last(pattern: Pattern) -> bool:
    """Whether nothing that takes a character follows ``$``: then all that is open is a line break behind it."""
    match pattern:
        case Sequence(parts):
            ends = [has(part, Anchor.END) for part in parts]
            first = ends.index(True) if True in ends else len(parts)
            return all(map(_ends_last, parts)) and all(map(_may_be_empty, parts[first + 1 :]))
        case Choice(parts):
            return all(map(_ends_last, parts))
        case Repeat(part, _, high):
            return high == 1 or not has(part, Anchor.END)
        case Set() | Anchor():
            return True


def has(pattern: Pattern, anchor: Anchor) -> bool:
    """Whether it contains an anchor."""
    match pattern:
        case Set():
            return False
        case Sequence(parts) | Choice(parts):
            return any(has(part, anchor) for part in parts)
        case Repeat(part):
            return has(part, anchor)
        case Anchor():
            return pattern is anchor


def _may_be_empty(pattern: Pattern) -> bool:
    match pattern:
        case Set():
            return False
        case Sequence(parts):
            return all(map(_may_be_empty, parts))
        case Choice(parts):
            return any(map(_may_be_empty, parts))
        case Repeat(part, low):
            return not low or _may_be_empty(part)
        case Anchor():
            return True
