"""Scoping filters, operator by operator, and what nothing is known of."""

from __future__ import annotations

import polars as pl
import pytest

from xtcheck.model import Json
from xtcheck.provisioned import filters
from xtcheck.provisioned.filters import admitted, left_out, named

VALUES = ["Sales", "sales", "Presales", "", None, "42", "7"]


def clause(operator: str, *values: str, attribute: str = "a") -> Json:
    return {"sourceOperandName": attribute, "operatorName": operator, "targetOperand": {"values": list(values)}}


def mapping(part: str, *groups: list[Json]) -> Json:
    return {"scope": {part: [{"name": "made", "clauses": clauses} for clauses in groups]}}


def let_in(of: Json, **columns: list[str | None]) -> list[bool | None]:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return frame.select(x=admitted(of, frame.schema)).get_column("x").to_list() if columns else []


@pytest.mark.parametrize(
    "operator, values, expected",
    [
        ("EQUALS", ["Sales"], [True, False, False, False, False, False, False]),
        ("NOT EQUALS", ["Sales"], [False, True, True, False, False, True, True]),
        ("ENDS_WITH", ["ales"], [True, True, True, False, False, False, False]),
        ("Includes", ["sales"], [False, True, True, False, False, False, False]),
        ("IS NULL", [], [False, False, False, True, True, False, False]),
        ("IS NOT NULL", [], [True, True, True, False, False, True, True]),
        ("Greater_Than", ["7"], [None, None, None, False, False, True, False]),
        ("Greater_Than_OR_EQUALS", ["7"], [None, None, None, False, False, True, True]),
        # Whether the page means the whole value or a part of it is not said.
        ("REGEX MATCH", ["[Ss]ales"], [True, True, None, False, False, False, False]),
        ("NOT REGEX MATCH", ["[0-9]"], [True, True, True, False, False, None, False]),
        ("REGEX MATCH", ["("], [None, None, None, False, False, None, None]),
        ("REGEX MATCH", ["((((a|b){50}|c){50}|d){50}x){50}"], [None, None, None, False, False, None, None]),
        ("&", ["1"], [None, None, None, False, False, None, None]),
        ("UNHEARD OF", ["1"], [None, None, None, False, False, None, None]),
    ],
)
def test_a_clause_of_an_admin(operator: str, values: list[str], expected: list[bool | None]) -> None:
    assert let_in(mapping("groups", [clause(operator, *values)]), a=list(VALUES)) == expected


def test_a_pattern_is_asked_once_for_each_value_and_given_up_when_it_is_too_slow_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def too_slow(_: str, value: str, *, wanted: bool) -> bool | None:
        asked.append(value)
        if value == "quick":
            return wanted
        raise TimeoutError

    monkeypatch.setattr(filters, "_both", too_slow)
    wanted = mapping("groups", [clause("REGEX MATCH", "x")])
    several = [f"slow {at}" for at in range(filters.STRIKES - 1)]
    expected = [True, *[None] * 12, True, False]
    assert let_in(wanted, a=["quick", *(several[at % len(several)] for at in range(12)), "quick", None]) == expected
    assert asked == ["quick", *several]
    asked.clear()
    assert let_in(wanted, a=[*(f"slow {at}" for at in range(40)), "quick"]) == [None] * 41
    assert len(asked) == filters.STRIKES


@pytest.mark.parametrize("operator, expected", [("IS TRUE", [True, False, False]), ("IS FALSE", [False, True, False])])
def test_a_clause_about_yes_and_no(operator: str, expected: list[bool]) -> None:
    assert let_in(mapping("groups", [clause(operator)]), a=["True", "False", None]) == expected


@pytest.mark.parametrize(
    "part, operator, values, expected",
    [
        ("groups", "EQUALS", ["True"], [True, False]),
        ("groups", "EQUALS", ["False"], [False, True]),
        ("groups", "NOT EQUALS", ["False"], [True, False]),
        ("inputFilterGroups", "EQUALS", ["False"], [False, True]),
        ("groups", "IS TRUE", [], [True, False]),
        ("groups", "IS NOT NULL", [], [True, True]),
        ("groups", "ENDS_WITH", ["rue"], [True, False]),
        # Where letter case alone decides nothing is known.
        ("groups", "EQUALS", ["true"], [None, False]),
        ("groups", "NOT EQUALS", ["false"], [True, None]),
        ("groups", "REGEX MATCH", ["true"], [None, False]),
    ],
)
def test_a_boolean_is_compared_as_provisioning_prints_it(
    part: str, operator: str, values: list[str], expected: list[bool | None]
) -> None:
    users = pl.DataFrame({"id": ["1", "2"], "accountEnabled": [True, False]})
    of = mapping(part, [clause(operator, *values, attribute="accountEnabled")])
    assert filters.let_in(of, users).to_list() == expected


def test_the_services_own_filter_compares_a_boolean_without_a_value_too() -> None:
    users = pl.DataFrame({"id": ["1"], "showInAddressList": [None]}, schema_overrides={"showInAddressList": pl.Boolean})
    of = mapping("inputFilterGroups", [clause("EQUALS", "None", attribute="showInAddressList")])
    assert filters.let_in(of, users).to_list() == [True]


def test_of_several_values_nothing_is_known_but_whether_there_are_any() -> None:
    users = pl.DataFrame({"id": ["1", "2"], "otherMails": [["a", "b"], []]})
    for operator, expected in (("EQUALS", [None, None]), ("IS NULL", [False, True])):
        of = mapping("groups", [clause(operator, "a", attribute="otherMails")])
        assert filters.let_in(of, users).to_list() == expected


def test_whom_filters_leave_out_is_counted() -> None:
    assert left_out(pl.Series([True, False, None]), 4) == ["the scoping filters leave out 1 of 4 assigned"]
    assert left_out(pl.Series([True, None]), 2) == []


def test_all_clauses_of_any_filter_let_in() -> None:
    both = [clause("EQUALS", "x"), clause("EQUALS", "y", attribute="b")]
    other = [clause("EQUALS", "z")]
    found = let_in(mapping("groups", both, other), a=["x", "x", "z", "q"], b=["y", "n", "n", "y"])
    assert found == [True, False, True, False]


def test_what_is_not_known_of_one_clause_matters_only_where_the_others_leave_it_open() -> None:
    doubtful = [clause("&", "1"), clause("EQUALS", "y", attribute="b")]
    assert let_in(mapping("groups", doubtful), a=["x", "x"], b=["y", "n"]) == [None, False]


def test_the_services_own_filter_compares_what_has_no_value_as_a_text() -> None:
    own = mapping(
        "inputFilterGroups",
        [clause("EQUALS", "None"), clause("NOT EQUALS", "PendingAcceptance", attribute="b")],
    )
    assert let_in(own, a=[None, "x", None], b=[None, None, "PendingAcceptance"]) == [True, False, False]


def test_every_list_of_filters_must_let_in() -> None:
    both = {"scope": {**mapping("groups", [clause("EQUALS", "x")])["scope"],
                      **mapping("inputFilterGroups", [clause("EQUALS", "None", attribute="b")])["scope"]}}  # fmt: skip
    assert let_in(both, a=["x", "x", "q"], b=[None, "e", None]) == [True, False, False]


@pytest.mark.parametrize("scope", [None, {}, {"groups": []}])
def test_without_a_filter_everybody_is_let_in(scope: Json) -> None:
    assert let_in({"scope": scope}, a=["x"]) == [True]


def test_a_mapping_names_the_attributes_that_its_filters_ask_about() -> None:
    assert named(mapping("groups", [clause("EQUALS", "x"), clause("IS NULL", attribute="b")])) == {"a", "b"}
