"""The one tree of errors whose text is meant for a user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class XtcheckError(Exception):
    """A mistake of the user's or a fault of the surroundings; its text says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Mistake(XtcheckError):
    """One mistake in a document: where it stands, what is wrong, and what would be right."""

    def __init__(self, mark: Mark, text: str, hint: str = "") -> None:
        super().__init__(mark, text, hint)
        self.mark, self.text, self.hint = mark, text, hint

    def __str__(self) -> str:
        return f"{self.mark}: {self.text}" + (f"; {self.hint}" if self.hint else "")


class Mistakes(XtcheckError):
    """All mistakes of one or several documents, in the order of their places, each once."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        unique = {str(mistake): mistake for mistake in sorted(mistakes, key=lambda mistake: mistake.mark)}
        self.mistakes = tuple(unique.values())
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class RuleError(XtcheckError):
    """A text that is no membership rule: where (line and column count from 1), what is wrong, and what would be right.

    ``kind`` is the class of the mistake: attribute, operator, value, query, syntax, null, scope,
    combination, length or list.
    """

    def __init__(self, kind: str, text: str, hint: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(kind, text, hint, line, column)
        self.kind, self.text, self.hint, self.line, self.column = kind, text, hint, line, column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.text}" + (f"; {self.hint}" if self.hint else "")


class Uninterpretable(XtcheckError):
    """Evidence that was read, but whose meaning is not known: the check is unknown, never passed.

    ``remedy`` says what would make it known, where that is not for xtcheck to learn. ``since`` is when something
    changed that the evidence does not tell more of: a person's older word is about what was before it, and cannot stand
    in.
    """

    def __init__(self, text: str, remedy: str = "", *, since: datetime | None = None) -> None:
        super().__init__(text)
        self.remedy, self.since = remedy, since


class Unsettled(Uninterpretable):
    """What differs is within the time that the service documents to need: not known yet, and not a fault of reading."""


class NotThere(XtcheckError):
    """Evidence that was read completely, and has nothing of what is declared: that is drift."""


class Unwritable(XtcheckError):
    """What is declared cannot be written, or must not be: the values contradict each other, or the service would not
    take what would come of it. It is left to a person, who is told this text.
    """


@contextmanager
def collecting(mistakes: list[Mistake]) -> Iterator[None]:
    """Keep the mistakes of the block and go on after it, so that a user sees all of them at once."""
    try:
        yield
    except Mistake as mistake:
        mistakes.append(mistake)
    except Mistakes as several:
        mistakes.extend(several.mistakes)


def choices(wrong: str, valid: Iterable[str], what: str = "valid here") -> str:
    """A hint that names the nearest valid word, or all of them when none is near."""
    words = sorted(valid)
    near = get_close_matches(wrong, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"{what}: {', '.join(words)}" if words else f"nothing is {what}"
