"""Where a reader of a membership rule stands in its words."""

from __future__ import annotations

from typing import NoReturn

from xtcheck.languages.rules import lexer
from xtcheck.languages.rules.lexer import Finding, Sort, Token
from xtcheck.languages.rules.syntax import Operator, Quantifier, Text

DEEPEST = 64
"""Brackets and negations inside each other. No limit is documented; this one keeps every walk of a tree safe."""

WORDS: dict[str, Operator | Quantifier | str] = {
    **{each.lstrip("-").lower(): each for each in (*Operator, *Quantifier)},
    **{word: word for word in ("and", "or", "not", "plus", "minus")},
}
NONE_SUCH = {
    "like": "-match takes a regular expression, -contains a part of the text",
    "notlike": "-notMatch takes a regular expression, -notContains a part of the text",
    "gt": "dates know -ge and -le",
    "lt": "dates know -ge and -le",
    "equals": "write -eq",
    "regex": "write -match",
    "xor": "write (A -and -not B) -or (B -and -not A)",
}
"""Operators of other languages."""


class Cursor:
    """A place in the words of a rule, with what was found on the way."""

    def __init__(self, text: str, words: list[Token], findings: list[Finding]) -> None:
        self.text, self.words, self.findings = text, words, findings
        self.here = 0
        self.depth = 0

    @property
    def word(self) -> Token:
        """The next word."""
        return self.words[self.here]

    def at_end(self) -> bool:
        """Whether there is none."""
        return self.word.sort is Sort.END

    def at_sign(self, *texts: str) -> bool:
        """Whether the next word is one of some signs."""
        return self.word.sort is Sort.SIGN and self.word.text in texts

    def at_word(self, text: str) -> bool:
        """Whether the next word is this one, without a dash."""
        return self.word.sort is Sort.WORD and self.word.text.lower() == text

    def keyword(self) -> Operator | Quantifier | str | None:
        """The operator that the next word is, with or without its dash."""
        if self.word.sort in (Sort.DASHED, Sort.WORD):
            return WORDS.get(self.word.text.lower())
        return None

    def sign(self, text: str) -> bool:
        """Step over a sign if it is the next word."""
        found = self.at_sign(text)
        self.here += found
        return found

    def string(self) -> Text | None:
        """Step over a string if it is the next word."""
        found = self.word.string
        self.here += found is not None
        return found

    def shown(self) -> str:
        """The next word, as a message names it."""
        return "the end of the rule" if self.at_end() else self.text[self.word.at : self.word.end]

    def deeper(self) -> None:
        """One bracket or negation further in."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail("syntax", f"more than {DEEPEST} brackets and negations inside each other", "say it flatter")

    def fail(self, kind: str, what: str, hint: str = "", *, at: Token | int | None = None) -> NoReturn:
        """A mistake at the next word, or elsewhere.

        :raises RuleError: always.
        """
        place = self.word.at if at is None else at.at if isinstance(at, Token) else at
        raise lexer.error(self.text, place, kind, what, hint)
