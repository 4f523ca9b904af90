"""Who lacks, who is there besides, and whose values are others: each way in which two ends can differ."""

from __future__ import annotations

import polars as pl
import pytest

from tests.provisioned.people import compared, person, short, source, target, texts, user
from xtcheck.provisioned.comparison import AMBIGUOUS, UNSCOPED, Wanted, When

ANA, BEN = "ana@one.example", "ben@one.example"


def test_the_same_people_with_the_same_values_leave_nothing_to_say() -> None:
    wanted = [Wanted("department", texts("Sales", None))]
    found = compared(
        source(person(ANA), person(BEN)), target(user(BEN), user(ANA)), wanted, department=texts("Old", "Sales")
    )
    assert short(found) == {}
    assert (found.scoped, found.exact) == (2, False)


@pytest.mark.parametrize(
    "people, there, expected",
    [
        ([person(ANA)], [], {"missing": [ANA]}),
        ([person(ANA, enabled=False)], [], {"unborn": [ANA]}),
        ([person(ANA, scoped=False)], [], {}),
        ([person(ANA, scoped=None)], [], {"open": [f"{ANA}: {UNSCOPED}"]}),
        ([person(ANA, scoped=None)], [user(ANA)], {"open": [f"{ANA}: {UNSCOPED}"]}),
        ([person(ANA, scoped=False)], [user(ANA)], {"leftovers": [user(ANA)[0]]}),
        ([person(ANA, scoped=False)], [user(ANA, ours=False)], {}),
        ([], [user(ANA)], {"orphans": [user(ANA)[0]]}),
        ([], [user(ANA, ours=False)], {}),
        # A user of the target's own is nobody's, whatever his mail is.
        ([person(ANA)], [("ana@shared.example", ANA, False)], {"missing": [ANA]}),
    ],
)
def test_whoever_is_on_one_end_alone_is_told_apart(
    people: list[tuple[str, str | None, bool | None, bool | None]],
    there: list[tuple[str, str | None, bool]],
    expected: dict[str, list[str]],
) -> None:
    assert short(compared(source(*people), target(*there))) == expected


def test_two_users_that_answer_to_one_person_are_ambiguous() -> None:
    other = ("anna_old.example#EXT#@shared.example", ANA, True)
    assert short(compared(source(person(ANA)), target(user(ANA), other))) == {"open": [f"{ANA}: {AMBIGUOUS}"]}


def test_two_people_with_one_address_are_ambiguous() -> None:
    twins = source(("a@one.example", ANA, True, True), ("b@one.example", ANA, True, True))
    found = short(compared(twins, target(user(ANA))))
    assert found == {"open": [f"a@one.example: {AMBIGUOUS}", f"b@one.example: {AMBIGUOUS}"]}


def test_the_log_parts_people_with_one_address() -> None:
    twins = source(("a@one.example", ANA, True, True), ("b@one.example", ANA, True, True))
    there = target(user(ANA), ("b_one.example#EXT#@shared.example", ANA, True))
    logged = [(twins["id"][0], there["id"][0]), (twins["id"][1], there["id"][1])]
    found = compared(twins, there, logged=logged)
    assert (short(found), found.exact) == ({}, True)


def test_somebody_out_of_scope_does_not_make_somebody_in_scope_ambiguous() -> None:
    twins = source(("a@one.example", ANA, False, True), ("b@one.example", ANA, True, True))
    assert short(compared(twins, target(user(ANA)))) == {}


def test_who_was_renamed_is_found_by_mail() -> None:
    renamed = ("ana.maria@one.example", "ana.maria@one.example", True, True)
    there = target(("ana_one.example#EXT#@shared.example", "ana.maria@one.example", True))
    assert short(compared(source(renamed), there)) == {}


def test_whom_the_log_says_the_job_made_is_an_orphan_whatever_he_looks_like() -> None:
    there = target(user(ANA, ours=False))
    assert short(compared(source(), there, logged=[("s-gone", there["id"][0])])) == {"orphans": [user(ANA)[0]]}


def test_a_log_that_tells_of_some_leaves_the_grade_of_the_rest() -> None:
    people, there = source(person(ANA), person(BEN)), target(user(ANA), user(BEN))
    assert not compared(people, there, logged=[(people["id"][0], there["id"][0])]).exact


def test_a_key_is_compared_regardless_of_letter_case() -> None:
    assert short(compared(source(person("Ana@One.Example")), target(user(ANA)))) == {}


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted, held, part",
    [
        (Wanted("title", texts("Lead")), "Lead", ""),
        (Wanted("title", texts("Lead")), "Dev", "different"),
        (Wanted("title", texts("Lead")), None, "different"),
        (Wanted("title", texts("Lead")), "", "different"),
        (Wanted("title", texts(None)), "Dev", ""),
        (Wanted("title", texts("")), "Dev", ""),
        (Wanted("title", texts("Lead")), "lead", "cased"),
        (Wanted("title", texts("Lead"), exact=True), "lead", "different"),
        (Wanted("title", texts("Groß")), "groß", "cased"),
        # Letters are mapped one to one: these have none of the other case.
        (Wanted("title", texts("Weiß")), "Weiss", "different"),
        (Wanted("title", texts("\ufb01nn")), "Finn", "different"),
        (Wanted("title", texts("Lead"), when=When.ON_CREATE), "Dev", "drifted"),
        (Wanted("title", texts("Lead"), when=When.IF_EMPTY), "Dev", ""),
        (Wanted("title", texts("Lead"), when=When.IF_EMPTY), None, "different"),
        (Wanted("title", texts("Lead"), excused=pl.Series([True])), "Dev", "excused"),
        (Wanted("title", texts("Lead"), excused=pl.Series([False])), "Dev", "different"),
        (Wanted("title", texts(None), open=texts("B-02 null_argument")), "Dev", "open"),
    ],
)
def test_a_value_is_held_against_what_the_mapping_yields(wanted: Wanted, held: str | None, part: str) -> None:
    found = short(compared(source(person(ANA)), target(user(ANA)), [wanted], title=texts(held)))
    assert list(found) == ([part] if part else [])


def test_a_difference_names_person_attribute_and_both_values() -> None:
    wanted = [Wanted("title", texts("Lead", "Dev"))]
    found = compared(
        source(person(BEN), person(ANA)), target(user(ANA), user(BEN)), wanted, title=texts("Dev", "Sales")
    )
    assert short(found) == {"different": [f"{BEN} title: Lead not Sales"]}
    assert found.different[0].person.id == f"s-{BEN}"


def test_a_hint_is_given_where_the_target_holds_nothing() -> None:
    wanted = [Wanted("title", texts("Lead", "Lead"), hint="Switch may yield nothing")]
    people, there = source(person(ANA), person(BEN)), target(user(ANA), user(BEN))
    found = compared(people, there, wanted, title=texts(None, "Dev"))
    assert [one.hint for one in found.different] == ["Switch may yield nothing", ""]


def test_who_is_enabled_on_one_end_alone_is_told_apart() -> None:
    wanted = [Wanted("accountEnabled", texts("True", "False"), aside=True)]
    people, there = source(person(ANA), person(BEN, enabled=False)), target(user(ANA), user(BEN))
    found = compared(people, there, wanted, accountEnabled=texts("False", "True"))
    assert short(found) == {"disabled": [ANA], "enabled": [BEN]}


def test_what_the_target_does_not_show_is_not_judged() -> None:
    assert short(compared(source(person(ANA)), target(user(ANA)), [Wanted("manager", texts("Ben"))])) == {}


def test_values_of_people_out_of_scope_are_not_judged() -> None:
    wanted = [Wanted("title", texts("Lead"))]
    people, there = source(person(ANA, scoped=False)), target(user(ANA, ours=False))
    assert short(compared(people, there, wanted, title=texts("Dev"))) == {}
