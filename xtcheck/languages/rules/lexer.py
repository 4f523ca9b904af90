"""From the text of a membership rule to its words; typographic signs are recognised, and explained or refused.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership (Supported values, Use of quotes)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from xtcheck.errors import RuleError
from xtcheck.languages.rules.syntax import Text


class Sort(StrEnum):
    """What sort of word it is."""

    WORD = "word"
    DASHED = "operator"
    STRING = "string"
    NUMBER = "number"
    SIGN = "sign"
    END = "end of the rule"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the rule, where it begins, and where the text goes on. ``text`` of an operator has no dash."""

    sort: Sort
    text: str
    at: int
    end: int
    string: Text | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is no mistake but should be known: an item of the register, the offset, and what to do."""

    item: str
    at: int
    text: str


_BLANK = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.]*")
_NUMBER = re.compile(r"[+-]?[0-9][0-9A-Za-z_:.+-]*")
_OPERATOR = re.compile(r"[-\u2013]([A-Za-z][A-Za-z]*)")

DASHES = {
    "\u2010": "hyphen (U+2010)",
    "\u2011": "non-breaking hyphen (U+2011)",
    "\u2012": "figure dash (U+2012)",
    "\u2014": "em dash (U+2014)",
    "\u2015": "horizontal bar (U+2015)",
    "\u2212": "minus sign (U+2212)",
    "\ufe58": "small em dash (U+FE58)",
    "\ufe63": "small hyphen (U+FE63)",
    "\uff0d": "fullwidth hyphen (U+FF0D)",
}
QUOTES = {
    "\u2018": '"', "\u2019": '"', "\u201a": '"', "\u201b": '"', "\u2032": '"', "\u201c": '"', "\u201d": '"',
    "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"', "\uff02": '"', "\u00b4": '"',
}  # fmt: skip
"""Typographic quotation marks, which are no quotation marks here (A-04)."""
BLANKS = {
    "\u00a0": "no-break space (U+00A0)",
    "\u200b": "zero-width space (U+200B)",
    "\ufeff": "byte order mark (U+FEFF)",
}


def error(text: str, at: int, kind: str, what: str, hint: str = "") -> RuleError:
    """A mistake at an offset."""
    line, column = place(text, at)
    return RuleError(kind, visible(what), visible(hint), line, column)


def visible(text: str) -> str:
    """A text on one line, without what a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def tokens(text: str) -> tuple[list[Token], list[Finding]]:
    """The words of a rule, then its end, and what is to be known about them.

    :raises RuleError: a sign that belongs to no word, or a string without end.
    """
    found: list[Token] = []
    findings: list[Finding] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        if sign in "\"'":
            found.append(_string(text, at, findings))
        elif sign in "()[],":
            found.append(Token(Sort.SIGN, sign, at, at + 1))
        elif word := _OPERATOR.match(text, at):
            if sign == "\u2013":
                findings.append(Finding("A-01", at, "an en dash (U+2013) before an operator; write a plain -"))
            found.append(Token(Sort.DASHED, word[1], at, word.end()))
        elif word := _NUMBER.match(text, at):
            found.append(Token(Sort.NUMBER, word[0], at, word.end()))
        elif word := _WORD.match(text, at):
            found.append(Token(Sort.WORD, word[0], at, word.end()))
        else:
            raise _stray(text, at)
        at = found[-1].end
    end = found[-1].end if found else 0
    found.append(Token(Sort.END, "", end, end))
    return found, findings


def _string(text: str, at: int, findings: list[Finding]) -> Token:
    r"""A string: ``\`"`` is a double quotation mark and ``''`` a single one, in either kind of quotation marks."""
    quote, here = text[at], at + 1
    parts: list[str] = []
    lone = False
    while here < len(text):
        sign, next_ = text[here], text[here + 1 : here + 2]
        if sign == "`" and next_ == '"':
            parts.append('"')
            here += 2
        elif sign == "'" and next_ == "'":
            parts.append("'")
            here += 2
        elif sign == quote:
            return Token(Sort.STRING, text[at : here + 1], at, here + 1, Text("".join(parts), lone=lone))
        else:
            if sign == "'":
                lone = True
                findings.append(
                    Finding("A-21", here, "a lone ' inside \"…\"; write '' for one, what one alone means is not known")
                )
            if sign == "`":
                findings.append(Finding("A-22", here, 'a backtick escapes only a double quotation mark: `" means "'))
            parts.append(sign)
            here += 1
    raise error(text, at, "syntax", "this string does not end", _open_hint(text, at, quote))


def _open_hint(text: str, at: int, quote: str) -> str:
    if any(each in QUOTES for each in text[at + 1 :]):
        return f"the typographic quotation mark does not close it; write {quote}"
    if quote == '"' and text.rstrip().endswith('`"'):
        return 'a backtick before the last " makes it part of the string'
    return f"close it with {quote}"


def _stray(text: str, at: int) -> RuleError:
    sign = text[at]
    if sign in QUOTES:
        return error(
            text, at, "syntax", f"the typographic quotation mark {sign} is none in a rule", 'write plain ones: "…"'
        )
    if sign in DASHES:
        return error(text, at, "syntax", f"this dash is the {DASHES[sign]}", "operators begin with a plain -")
    if sign in "-\u2013":
        return error(text, at, "syntax", "a dash without an operator", "write it together: -eq, -and, …")
    if sign in BLANKS:
        return error(text, at, "syntax", f"this blank is the {BLANKS[sign]}", "write a plain one")
    if sign == "`":
        return error(
            text, at, "syntax", "a backtick outside of a string", 'put all of the value into quotation marks: "`"x`""'
        )
    if sign in "=<>!&|":
        return error(
            text, at, "syntax", f"{sign} is no operator of membership rules", "write -eq, -ne, -and, -or, -not"
        )
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    return error(text, at, "syntax", f"{shown} cannot stand here", 'texts stand in quotation marks: "…"')
