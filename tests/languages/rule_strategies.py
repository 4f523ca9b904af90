"""Rules and users for hypothesis: few properties and few values, so that they meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from xtcheck.languages.rules.properties import BY_NAME, ELEMENT, PLAN, Property, Subject
from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    MemberOf,
    Not,
    Now,
    Operator,
    Or,
    Quantified,
    Quantifier,
    Text,
    Tree,
    both,
    either,
)

Json = Any
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

USER = BY_NAME[Subject.USER]
TEXTS = [USER[name] for name in ("department", "mail", "objectid", "telephonenumber", "extensionattribute1", "mobile")]
PIECES = ["", "a", "B", "ab", "b.c", "Straße", "STRASSE", "it's", 'a"b', "x`", "[", "-and"]
PATTERNS = ["a", "^a", "b$", "a|b", "a.c", "^(?:ab)+$", r"\w", "ß"]
INSTANTS = [NOW - timedelta(days=days) for days in (-2, 0, 1, 2, 400)]

_TEXT_OPERATORS = [
    each
    for each in Operator
    if each not in (Operator.IN, Operator.NOT_IN, Operator.GE, Operator.LE, Operator.MATCH, Operator.NOT_MATCH)
]


def _text(value: str) -> Text:
    return Text(value)


def literals(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[Text]:
    return pieces.map(_text)


@st.composite
def text_comparisons(draw: st.DrawFn, properties: list[Property], pieces: st.SearchStrategy[str]) -> Comparison:
    asked = draw(st.sampled_from(properties))
    match draw(st.integers(0, 9)):
        case 0:
            return Comparison(asked, draw(st.sampled_from([Operator.EQ, Operator.NE])), None)
        case 1 | 2:
            some = tuple(draw(st.lists(literals(pieces), min_size=1, max_size=3)))
            return Comparison(asked, draw(st.sampled_from([Operator.IN, Operator.NOT_IN])), some)
        case 3 | 4:
            pattern = Text(draw(st.sampled_from(PATTERNS)))
            return Comparison(asked, draw(st.sampled_from([Operator.MATCH, Operator.NOT_MATCH])), pattern)
        case _:
            return Comparison(asked, draw(st.sampled_from(_TEXT_OPERATORS)), draw(literals(pieces)))


def booleans() -> st.SearchStrategy[Comparison]:
    return st.builds(
        Comparison,
        st.sampled_from([USER["accountenabled"], USER["dirsyncenabled"]]),
        st.sampled_from([Operator.EQ, Operator.NE]),
        st.sampled_from([True, False, None]),
    )


def dates() -> st.SearchStrategy[Comparison]:
    hired = st.just(USER["employeehiredate"])
    moving = st.builds(Now, st.sampled_from([timedelta(), timedelta(days=1), timedelta(days=-400, hours=3)]))
    return st.one_of(
        st.builds(Comparison, hired, st.sampled_from([Operator.GE, Operator.LE]), st.sampled_from(INSTANTS) | moving),
        st.builds(Comparison, hired, st.sampled_from([Operator.EQ, Operator.NE]), st.sampled_from([*INSTANTS, None])),
    )


def trees_of(leaves: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Leaves joined, as parsing would join them: nothing nested of its own kind."""

    def join(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        several = st.lists(parts, min_size=2, max_size=3)
        return st.one_of(parts.map(Not), several.map(lambda each: both(*each)), several.map(lambda each: either(*each)))

    return st.recursive(leaves, join, max_leaves=6)


def quantified(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[Tree]:
    def over(name: str, elements: list[Property]) -> st.SearchStrategy[Tree]:
        bodies = trees_of(text_comparisons(elements, pieces))
        return st.builds(Quantified, st.just(USER[name]), st.sampled_from(Quantifier), bodies)

    return over("othermails", [ELEMENT]) | over("assignedplans", list(PLAN))


def trees(pieces: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Tree]:
    """Rules about users; those that must stand alone are among them."""
    texts = st.sampled_from(PIECES) if pieces is None else pieces
    leaves = st.one_of(text_comparisons(TEXTS, texts), booleans(), dates(), quantified(texts))
    return trees_of(leaves)


def alone(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[Tree]:
    """Rules that cannot be combined."""
    groups = st.lists(pieces, min_size=1, max_size=3).map(tuple)
    managers = pieces.filter(lambda text: bool(text.strip()))
    return st.builds(DirectReports, managers) | st.builds(MemberOf, groups)


# --- users ----------------------------------------------------------------------------------------------------------

_VALUES = st.sampled_from([*PIECES, None])


def _plans() -> st.SearchStrategy[Json]:
    plan = st.fixed_dictionaries(dict.fromkeys(("servicePlanId", "service", "capabilityStatus"), _VALUES))
    return st.none() | st.lists(plan, max_size=3)


def users() -> st.SearchStrategy[dict[str, Json]]:
    """Documents as Graph would answer; now and then a property was not read."""
    return st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "B", "zz"])},
        optional={
            "department": _VALUES,
            "mail": _VALUES,
            "mobilePhone": _VALUES,
            "businessPhones": st.lists(st.sampled_from(PIECES), max_size=1),
            "onPremisesExtensionAttributes": st.none() | st.fixed_dictionaries({"extensionAttribute1": _VALUES}),
            "accountEnabled": st.booleans(),
            "onPremisesSyncEnabled": st.sampled_from([True, False, None]),
            "employeeHireDate": st.sampled_from([None, *(each.isoformat() for each in INSTANTS)]),
            "otherMails": st.none() | st.lists(st.sampled_from(PIECES[1:]), max_size=3),
            "assignedPlans": _plans(),
        },
    )


__all__ = ["NOW", "And", "Or", "alone", "trees", "users"]
