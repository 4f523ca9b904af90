"""The normal form of a membership rule: one spelling, as few brackets as keep it unambiguous."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import assert_never

from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    Literal,
    MemberOf,
    Not,
    Now,
    Or,
    Quantified,
    Text,
    Tree,
)


def printed(tree: Tree) -> str:
    """The text of a tree; parsing it gives an equal tree. What only lowering makes is printed for messages."""
    match tree:
        case Comparison(property, operator, value):
            return f"{property.name} {operator} {literal(value)}"
        case Not(part):
            return f"-not {_inside(part)}"
        case And(parts):
            return " -and ".join(map(_inside, parts)) or "everybody"
        case Or(parts):
            return " -or ".join(map(_inside, parts)) or "nobody"
        case Quantified(property, quantifier, body):
            return f"{property.name} {quantifier} ({printed(body)})"
        case Empty(property):
            return f"{property.name} is empty"
        case DirectReports(manager):
            return f"Direct Reports for {quoted(Text(manager))}"
        case MemberOf(groups, subject):
            return f"{subject}.memberOf -any (group.objectId -in {literal(tuple(map(Text, groups)))})"
        case Doubt(_, part):
            return printed(part)
        case _:
            assert_never(tree)


def _inside(tree: Tree) -> str:
    """A part of ``-and``, ``-or`` or ``-not``: in brackets, whatever it is, as the portal writes it."""
    return printed(tree) if isinstance(tree, Not) else f"({printed(tree)})"


def literal(value: Literal) -> str:
    """A value as a rule writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Text():
            return quoted(value)
        case datetime():
            return instant(value)
        case Now(offset):
            sign = "-minus" if offset < timedelta() else "-plus"
            return f"system.now {sign} {duration(abs(offset))}" if offset else "system.now"
        case tuple():
            return f"[{', '.join(map(quoted, value))}]"
        case _:
            assert_never(value)


def quoted(text: Text) -> str:
    """A string in double quotation marks; in single ones only when a backtick at its end would mask the closing one."""
    value = text.value
    if value.endswith("`"):
        return "'" + re.sub('`"', '``"', value).replace("'", "''") + "'"
    single = re.sub("'+", _lone, value) if text.lone else value.replace("'", "''")
    return '"' + single.replace('"', '`"') + '"'


def _lone(run: re.Match[str]) -> str:
    """A run of single quotation marks of which the last is not doubled."""
    return "'" * (2 * len(run[0]) - 1)


def instant(value: datetime) -> str:
    """An instant in UTC, without a fraction that is zero."""
    shown = value.replace(tzinfo=None).isoformat(timespec="microseconds")
    return shown.removesuffix(".000000") + "Z"


def duration(value: timedelta) -> str:
    """An ISO 8601 duration, as short as it goes."""
    hours, seconds = divmod(value.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    days = f"{value.days}D" if value.days else ""
    return f"P{days}" + (f"T{time}" if time else "")
