"""The tree of a membership rule, as written: frozen, hashable, and equal when the rules say the same in the same order.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from xtcheck.languages.rules.properties import Property, Subject


class Operator(StrEnum):
    """What compares a property with a value; spelled as the normal form prints it."""

    EQ = "-eq"
    NE = "-ne"
    STARTS_WITH = "-startsWith"
    NOT_STARTS_WITH = "-notStartsWith"
    ENDS_WITH = "-endsWith"
    NOT_ENDS_WITH = "-notEndsWith"
    CONTAINS = "-contains"
    NOT_CONTAINS = "-notContains"
    MATCH = "-match"
    NOT_MATCH = "-notMatch"
    IN = "-in"
    NOT_IN = "-notIn"
    GE = "-ge"
    LE = "-le"


POSITIVE = {
    Operator.NE: Operator.EQ,
    Operator.NOT_STARTS_WITH: Operator.STARTS_WITH,
    Operator.NOT_ENDS_WITH: Operator.ENDS_WITH,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_MATCH: Operator.MATCH,
    Operator.NOT_IN: Operator.IN,
}
"""Each negative operator, and the one that it denies."""


class Quantifier(StrEnum):
    """What asks something of the elements of a collection."""

    ANY = "-any"
    ALL = "-all"


@dataclass(frozen=True, slots=True)
class Text:
    """A string, unescaped. ``lone`` when a ``'`` stood alone inside ``"…"``: nobody knows what that means (A-21)."""

    value: str
    lone: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """``system.now`` plus an offset, which may be negative."""

    offset: timedelta = timedelta()


Literal = Text | bool | datetime | Now | tuple[Text, ...] | None
"""What a property is compared with: ``None`` is ``null``, a tuple is the list of ``-in``; instants are in UTC."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One property, one operator, one value. ``at`` is the offset in the rule's text."""

    property: Property
    operator: Operator
    value: Literal
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """``-not``."""

    part: Tree


@dataclass(frozen=True, slots=True)
class And:
    """All parts; nested ones are joined. Without parts, which only lowering makes, it is true."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part; nested ones are joined. Without parts, which only lowering makes, it is false."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    """``-any`` or ``-all`` over a collection; the body speaks of one element (``_``, or ``assignedPlan.…``)."""

    property: Property
    quantifier: Quantifier
    body: Tree
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Empty:
    """The collection has no element; only lowering makes it."""

    property: Property


@dataclass(frozen=True, slots=True)
class DirectReports:
    """The people whose manager has this object id; always a whole rule. Lowered: without the manager."""

    manager: str


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The members of other groups; always a whole rule, and since 3 November 2026 no longer evaluated by Entra ID."""

    groups: tuple[str, ...]
    subject: Subject = Subject.USER


@dataclass(frozen=True, slots=True)
class Doubt:
    """A part whose answer nobody knows, whoever the user is; only lowering makes it. Equal ones have equal answers."""

    item: str
    part: Comparison | MemberOf


Tree = Comparison | Not | And | Or | Quantified | Empty | DirectReports | MemberOf | Doubt


def both(*parts: Tree) -> Tree:
    """``-and``, with nested ones joined; one part alone is itself."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def either(*parts: Tree) -> Tree:
    """``-or``, with nested ones joined; one part alone is itself."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)
