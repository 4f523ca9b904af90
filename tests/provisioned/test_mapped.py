"""``as-mapped``: how a policy writes it, what it says of people, and when it is not known."""

from __future__ import annotations

import pytest

from tests.model.test_value_laws import PEOPLE
from tests.model.test_values import parsed
from xtcheck.errors import Mistake, Uninterpretable, Unsettled
from xtcheck.model import Json
from xtcheck.values import AsMapped
from xtcheck.values.mapped import EXPLAINED

TYPE = AsMapped()
STATED: Json = {"except": [], "semantics": {}}


def one(name: str, why: str = "") -> Json:
    return {"id": f"id-{name}", "name": name, "why": why}


def observed(**aside: list[Json]) -> Json:
    return {**PEOPLE, "people": 40, **aside}


@pytest.mark.parametrize(
    "text, expected, shown",
    [
        ("as-mapped", STATED, "as-mapped"),
        ("{as-mapped: {except: [a, b]}}", {"except": ["a", "b"], "semantics": {}}, "as-mapped (except a, b)"),
        (
            "{as-mapped: {semantics: {null-argument: propagate}}}",
            {"except": [], "semantics": {"null-argument": "propagate"}},
            "as-mapped (null-argument: propagate)",
        ),
    ],
)
def test_a_policy_says_it_with_or_without_options(text: str, expected: Json, shown: str) -> None:
    found = parsed(TYPE, text)
    assert (found, TYPE.show(found)) == (expected, shown)


@pytest.mark.parametrize(
    "text, hint",
    [
        ("mapped", "write as-mapped"),
        ("{as-maped: {except: [a]}}", "as-mapped"),
        ("{as-mapped: {excepted: [a]}}", "except"),
        ("{as-mapped: {}}", "except or semantics"),
        ("{as-mapped: {semantics: {null-argumnt: empty}}}", "null-argument"),
        ("{as-mapped: {semantics: {null-argument: zero}}}", "propagate"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(text: str, hint: str) -> None:
    with pytest.raises(Mistake) as raised:
        parsed(TYPE, text)
    assert hint in str(raised.value)


def test_people_of_whom_there_is_nothing_more_to_say_stand_in_one_line() -> None:
    lines = TYPE.differences(STATED, observed(missing=[one("ana"), one("ben")], different=[one("cleo", "title is x")]))
    assert lines == ("missing (2, in scope, and not in the target): ana, ben", "cleo: title is x")


def test_many_people_are_counted_after_the_first() -> None:
    people = [one(f"p{number}", "title is x") for number in range(EXPLAINED + 3)]
    lines = TYPE.differences(STATED, observed(different=people))
    assert lines is not None
    assert len(lines) == EXPLAINED + 1
    assert lines[-1] == "… and 3 more with another value than the mapping yields"


def test_a_drift_tells_what_else_is_not_known() -> None:
    found = {**observed(missing=[one("ana")], inconclusive=[one("ben", "B-02")]), "mark": "may be settling"}
    assert TYPE.differences(STATED, found) == (
        "missing (1, in scope, and not in the target): ana", "may be settling", "not known: ben: B-02",
    )  # fmt: skip


def test_without_a_drift_whoever_is_not_known_makes_it_unknown() -> None:
    with pytest.raises(Uninterpretable, match="not known: ben: B-02"):
        TYPE.differences(STATED, observed(inconclusive=[one("ben", "B-02")], pending=[one("ana", "soon")]))
    with pytest.raises(Unsettled, match="pending: ana: soon"):
        TYPE.differences(STATED, observed(pending=[one("ana", "soon")]))


@pytest.mark.parametrize("name", ["ana", "ANA", "id-ana"])
def test_who_is_excepted_does_not_count(name: str) -> None:
    stated = {"except": [name], "semantics": {}}
    assert TYPE.differences(stated, observed(missing=[one("ana")], inconclusive=[one("ana", "B-02")])) is None


def test_who_has_a_name_of_other_letters_is_not_excepted() -> None:
    assert TYPE.differences({"except": ["weiss"], "semantics": {}}, observed(missing=[one("weiß")])) is not None


def test_what_is_no_fault_is_said_beside_the_people() -> None:
    found = {**observed(), "people": 1, "notes": ["written on creation only"]}
    assert TYPE.show(found) == "1 person, b: as-mapped; written on creation only"
