"""Which values suit a property and an operator, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from xtcheck.errors import choices
from xtcheck.languages.rules import patterns
from xtcheck.languages.rules.lexer import Finding, Sort, Token, error
from xtcheck.languages.rules.properties import Property, Type
from xtcheck.languages.rules.syntax import Literal, Now, Operator, Text

WORDS = {"true": True, "false": False, "null": None, "$null": None}


@dataclass(frozen=True, slots=True)
class One:
    """A value as written: a string, a number, a date or a word."""

    token: Token


@dataclass(frozen=True, slots=True)
class Many:
    """A list as written."""

    token: Token
    items: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """``system.now`` as written."""

    token: Token
    amount: Token | None
    sign: int


Written = One | Many | Clock

_EQUAL = {Operator.EQ, Operator.NE}
_LISTS = {Operator.IN, Operator.NOT_IN}
_DATES = {Operator.GE, Operator.LE, *_EQUAL}
_SUITED = {
    Type.STRING: set(Operator) - {Operator.GE, Operator.LE},
    Type.BOOLEAN: _EQUAL,
    Type.DATE: _DATES,
    Type.STRINGS: set(Operator) - {Operator.GE, Operator.LE},
    Type.PLANS: _EQUAL,
    Type.GROUPS: set[Operator](),
}
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(?:([Zz])|([+-]\d\d:\d\d))", re.ASCII)
_DURATION = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE | re.ASCII
)


def operator_hint(wrong: str, elsewhere: Mapping[str, str], known: Iterable[str]) -> str:
    """What to write in place of an operator that does not exist."""
    return elsewhere.get(wrong.lower()) or choices(wrong.lower(), known, "the operators are")


def instant(text: str) -> datetime | None:
    """A date with time and zone, in UTC; digits beyond microseconds are cut off."""
    written = _INSTANT.fullmatch(text)
    if written is None:
        return None
    day, time, fraction, _, zone = written.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{time}.{(fraction or '0')[:6]:0<6}{zone or '+00:00'}")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> timedelta | None:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    written = _DURATION.fullmatch(text)
    if written is None or not any(written.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in written.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def literal(text: str, property: Property, operator: Operator, written: Written, findings: list[Finding]) -> Literal:
    """The value of a comparison.

    :raises RuleError: the operator does not suit the property, or the value does not suit both.
    """
    at = written.token.at
    if operator not in _SUITED[property.type]:
        right = f"it is a {property.type}; {_what_suits(property)}"
        raise error(text, at, "operator", f"{operator} is not supported on {property.name}", right)
    if property.type in (Type.STRINGS, Type.PLANS):
        findings.append(Finding("A-14", at, f"{operator} directly on the collection {property.name}; use -any or -all"))
    match written:
        case Many(items=items):
            if operator not in _LISTS:
                raise error(text, at, "list", f"{operator} takes one value, not a list", "-in and -notIn take a list")
            return tuple(_item(text, property, each, findings) for each in items)
        case _ if operator in _LISTS:
            raise error(text, at, "list", f"{operator} takes a list", 'write it in square brackets: ["A", "B"]')
        case Clock():
            return _clock(text, property, operator, written)
        case One(token):
            return _one(text, property, operator, token, findings)
        case _:
            assert_never(written)


def _what_suits(property: Property) -> str:
    if property.type is Type.GROUPS:
        return "use -any (group.objectId -in […])"
    return f"{', '.join(each for each in Operator if each in _SUITED[property.type])} are"


def _item(text: str, property: Property, token: Token, findings: list[Finding]) -> Text:
    if token.sort is Sort.NUMBER:
        return _number(text, property, token, findings)
    return token.string or Text("")


def _number(text: str, property: Property, token: Token, findings: list[Finding]) -> Text:
    if property.is_extension:
        findings.append(Finding("A-13", token.at, f"{property.name} is compared as text; write {_quoted(token.text)}"))
        return Text(token.text)
    what = f"{token.text} is a number, and {property.name} holds a {property.type}"
    raise error(text, token.at, "value", what, f"no property holds numbers; a text is written {_quoted(token.text)}")


def _quoted(text: str) -> str:
    return f'"{text}"'


def _clock(text: str, property: Property, operator: Operator, written: Clock) -> Now:
    if property.type is not Type.DATE:
        raise error(text, written.token.at, "value", f"{property.name} holds no date", "only employeeHireDate does")
    if operator in _EQUAL:
        raise error(
            text, written.token.at, "value", f"{operator} takes only a fixed date", "use -ge and -le with system.now"
        )
    if written.amount is None:
        return Now()
    offset = duration(written.amount.text)
    if offset is None:
        right = "write it as ISO 8601 does: P7D, P1DT12H"
        raise error(text, written.amount.at, "value", f"{written.amount.text} is no duration", right)
    return Now(offset * written.sign)


def _one(text: str, property: Property, operator: Operator, token: Token, findings: list[Finding]) -> Literal:
    if token.sort is Sort.WORD:
        return _word(text, property, operator, token, findings)
    if property.type is Type.BOOLEAN:
        right = "write true or false, without quotation marks"
        raise error(text, token.at, "value", f"{property.name} is a Boolean", right)
    if property.type is Type.DATE:
        return _date(text, token)
    if token.string is None:
        return _number(text, property, token, findings)
    _look_at(token.string.value, text, operator, token.at, findings)
    return token.string


def _date(text: str, token: Token) -> datetime:
    found = instant(token.string.value if token.string else token.text)
    if found is None:
        right = "write date, time and zone: 2020-06-10T18:13:20Z"
        raise error(text, token.at, "value", f"{text[token.at : token.end]} is no date", right)
    return found


def _look_at(value: str, text: str, operator: Operator, at: int, findings: list[Finding]) -> None:
    if operator in _EQUAL and value.lower() == "null":
        findings.append(Finding("A-05", at, '"null" in quotation marks is the text; null without them is no value'))
    if not value:
        findings.append(Finding("A-17", at, "Entra ID stores no empty texts; to ask for no value, write -eq null"))
    if operator in (Operator.MATCH, Operator.NOT_MATCH):
        if doubt := patterns.doubtful(value):
            findings.append(Finding("A-15", at, f"{doubt}: not evaluated, because regular expressions differ there"))
        elif wrong := patterns.mistake(value):
            raise error(text, at, "query", f"this is no regular expression: {wrong}", "mask signs by \\ to mean them")


def _word(text: str, property: Property, operator: Operator, token: Token, findings: list[Finding]) -> Literal:
    value = WORDS[token.text.lower()]
    if value is None:
        if operator not in _EQUAL:
            right = "null goes with -eq and -ne"
            raise error(text, token.at, "null", f"{operator} cannot be compared with null", right)
        if token.text.startswith("$"):
            findings.append(Finding("A-05", token.at, "$null is read as null; write null"))
        return None
    if property.type is Type.BOOLEAN:
        return value
    if property.is_extension:
        findings.append(Finding("A-13", token.at, f"{property.name} is compared as text; write {_quoted(token.text)}"))
        return Text(token.text.lower())
    what = f"{token.text} is a Boolean, and {property.name} holds a {property.type}"
    raise error(text, token.at, "value", what, f"a text is written {_quoted(token.text)}")
