"""How long a text may become while an expression is evaluated: some functions multiply what they are given."""

from __future__ import annotations

from xtcheck.languages.expressions.values import Value, undetermined

LONGEST = 1_000_000
"""Characters. Our own limit, not the service's, which documents none: six ``Replace`` in one another yield terabytes.

A result that is longer is undetermined, and so is whatever is made of it.
"""


class TooLong(Exception):
    """The text would be longer than LONGEST."""


class Text:
    """A text that is put together piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = LONGEST

    def add(self, piece: str) -> None:
        """Appends a piece; raises TooLong."""
        self._left -= len(piece)
        if self._left < 0:
            raise TooLong
        self._pieces.append(piece)

    def __str__(self) -> str:
        return "".join(self._pieces)


def replaced(source: str, old: str, new: str) -> Value:
    """Every occurrence of a text replaced by another, unless that becomes too long."""
    if len(source) + source.count(old) * (len(new) - len(old)) > LONGEST:
        return undetermined("length")
    return source.replace(old, new)


def joined(separator: str, texts: list[str]) -> Value:
    """Texts with another between each two, unless that becomes too long."""
    if sum(map(len, texts)) + len(separator) * (len(texts) - 1) > LONGEST:
        return undetermined("length")
    return separator.join(texts)


def bounded(value: Value) -> Value:
    """A value, unless it is too long a text."""
    return undetermined("length") if isinstance(value, str) and len(value) > LONGEST else value
