"""Selecting among many users gives each the answer that ``matches`` gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.languages import made_rules
from xtcheck.errors import XtcheckError
from xtcheck.languages.rules import columns, parse, patterns
from xtcheck.languages.rules.outcome import Answer, Inconclusive
from xtcheck.languages.rules.population import Population
from xtcheck.languages.rules.rule import Rule
from xtcheck.languages.rules.select import Selection, select

Json = Any

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PLAN = pl.Struct({"servicePlanId": pl.String, "service": pl.String, "capabilityStatus": pl.String})
SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "department": pl.String,
    "city": pl.String,
    "businessPhones": pl.List(pl.String),
    "onPremisesExtensionAttributes": pl.Struct({"extensionAttribute3": pl.String}),
    "onPremisesSyncEnabled": pl.Boolean,
    "employeeHireDate": pl.String,
    "proxyAddresses": pl.List(pl.String),
    "assignedPlans": pl.List(PLAN),
}


def answers(selection: Selection) -> dict[str, Answer]:
    """What is not false, by id."""
    found: dict[str, Answer] = dict.fromkeys(selection.ids, True)
    for items, ids in selection.inconclusive.items():
        assert not found.keys() & set(ids)
        found |= dict.fromkeys(ids, Inconclusive(items))
    return found


def one_by_one(rule: Rule, frame: pl.DataFrame) -> dict[str, Answer]:
    rows = {user["id"]: rule.matches(user, now=NOW) for user in frame.to_dicts()}
    return {name: answer for name, answer in rows.items() if answer is not False}


def frame_of(users: list[dict[str, Json]], schema: dict[str, Any] = SCHEMA) -> pl.DataFrame:
    """Users with ids of their own; those that were made say it with their city instead."""
    return pl.DataFrame([{**user, "id": f"{at}{user['id']}"} for at, user in enumerate(users)], schema=schema)


def agree_row_by_row(texts: list[str], users: list[dict[str, Json]], few: int, settled: dict[str, str]) -> None:
    frame = frame_of(users)
    population = Population(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "FEW", few)
        for text in texts:
            rule = parse(text, semantics=settled)
            assert answers(select(rule, population, now=NOW)) == one_by_one(rule, frame), text


SETTLED = st.sampled_from([{}, {"null_negative": "false"}, {"case_folding": "full"}, {"processing_lag": "none"},
                           {"regex_dialect": "dotnet"}])  # fmt: skip
RULES, USERS = st.lists(made_rules.rules(), min_size=1, max_size=4), st.lists(made_rules.users(), max_size=12)


def test_each_user_has_the_answer_that_matches_gives() -> None:
    settings(max_examples=40)(given(RULES, USERS, st.sampled_from([0, 50_000]), SETTLED)(agree_row_by_row))()


@pytest.mark.soak
@pytest.mark.parametrize("few", [0, 50_000], ids=["as-columns", "value-by-value"])
def test_each_user_has_the_answer_that_matches_gives_for_long(few: int) -> None:
    some = settings(max_examples=1_000, derandomize=False)
    some(given(RULES, USERS, st.just(few), SETTLED)(agree_row_by_row))()


@pytest.mark.parametrize("pattern", ["^.$", "^..$", ".$", "^[^a]", "😀", "a"])
@pytest.mark.parametrize("settled", [{}, {"regex_dialect": "dotnet"}], ids=["open", "dotnet"])
def test_a_letter_that_dotnet_sees_as_two_is_as_open_among_many_as_alone(pattern: str, settled: dict[str, str]) -> None:
    names = ["😀", "a😀", "\U00010400", *(f"Person {at}" for at in range(2_000))]
    frame = pl.DataFrame({"id": names, "displayName": names})
    rule = parse(f'user.displayName -match "{pattern}"', semantics=settled)
    assert answers(select(rule, frame, now=NOW)) == one_by_one(rule, frame)


EXTENSION = "extension_0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "name, text",
    [
        ("department", 'user.department -notContains "a"'),
        ("department", "user.department -eq null"),
        ("accountEnabled", "user.accountEnabled -ne true"),
        ("employeeHireDate", "user.employeeHireDate -ge system.now"),
        ("businessPhones", 'user.telephoneNumber -ne "a"'),
        ("onPremisesExtensionAttributes", "user.extensionAttribute3 -eq null"),
        ("proxyAddresses", 'user.proxyAddresses -all (_ -ne "a")'),
        ("proxyAddresses", "user.proxyAddresses -any (_ -eq null)"),
        ("assignedPlans", "user.assignedPlans -all (assignedPlan.service -eq null)"),
        (
            "assignedPlans",
            'user.assignedPlans -any (assignedPlan.service -ne "a" -or assignedPlan.servicePlanId -eq null)',
        ),
        (
            f"{EXTENSION}_x",
            f'user.{EXTENSION}_X -ne "true"',
        ),
        ("manager", 'Direct Reports for "A"'),
    ],
)
@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "", "Ä"], [None, None], [1, None], [True, False, None], [1.5],
        [{"id": "a"}, {"id": None}, None],
        [{"extensionAttribute3": "a"}, {"extensionAttribute3": ""}, None], [["a", None, ""], [], None], [[1]], [[]],
        [[{"service": "a"}, None], []], [[{"service": "b", "servicePlanId": "c"}], None],
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("settled", [{}, {"absent": "null"}], ids=["open", "absent-is-null"])
def test_whatever_a_column_holds_is_read_as_a_document_is(
    name: str, text: str, values: list[Json], settled: dict[str, str]
) -> None:
    frame = pl.DataFrame({"id": [str(at) for at in range(len(values))], name: values})
    rule = parse(text, semantics=settled)
    assert answers(select(rule, frame, now=NOW)) == one_by_one(rule, frame)


@pytest.mark.parametrize(
    "text",
    ['user.city -eq "a"', "user.city -eq null", "user.proxyAddresses -any (_ -eq null)", 'Direct Reports for "a"'],
)
def test_a_column_that_is_not_there_was_not_read(text: str) -> None:
    frame = pl.DataFrame({"id": ["1", "2"]})
    assert answers(select(parse(text), frame)) == {"1": Inconclusive(("unread",)), "2": Inconclusive(("unread",))}
    rule = parse(text, semantics={"absent": "null"})
    assert answers(select(rule, frame)) == one_by_one(rule, frame)


def test_the_name_of_an_extension_is_found_in_whatever_case() -> None:
    rule = parse(f'user.{EXTENSION}_x -eq "a"')
    both = {f"{EXTENSION}_X": ["a", "a", None], f"{EXTENSION}_x": [None, "b", "a"]}
    frame = pl.DataFrame({"id": ["1", "2", "3"], **both})
    assert answers(select(rule, frame)) == one_by_one(rule, frame) == {"1": True, "3": True}
    frame = pl.DataFrame({"id": ["1"], f"{EXTENSION}_X": ["a"], f"{EXTENSION}_x": [None]})
    assert answers(select(rule, frame)) == one_by_one(rule, frame) == {"1": True}


def test_a_lazy_frame_and_a_frame_give_the_same() -> None:
    frame = pl.DataFrame({"id": ["1", "2", "3"], "department": ["Sales", "sales", None]})
    rule = parse('user.department -eq "SALES"')
    assert answers(select(rule, frame.lazy())) == answers(select(rule, frame)) == {"1": True, "2": True}


def test_users_without_ids_and_rules_about_devices_are_refused() -> None:
    with pytest.raises(XtcheckError, match="no id"):
        Population(pl.DataFrame({"department": ["a"]}))
    with pytest.raises(XtcheckError, match="devices"):
        select(parse("device.objectId -ne null"), pl.DataFrame({"id": ["1"]}))


def test_nobody_is_selected_among_nobody() -> None:
    assert answers(select(parse("user.department -eq null"), pl.DataFrame(schema=SCHEMA))) == {}


def test_a_pattern_that_runs_away_is_cut_off_and_the_answers_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "LIMIT", 0.01)
    monkeypatch.setattr(columns, "PATIENCE", 0.02)
    names = ["a", *("a" * 60 + str(at) for at in range(10_000)), "aa"]
    frame = pl.DataFrame({"id": names, "displayName": names})
    found = select(parse('user.displayName -match "^(a|aa)+$"'), frame)
    assert list(found.ids) == ["a"]
    assert {items: ids.len() for items, ids in found.inconclusive.items()} == {("timeout",): len(names) - 1}


def test_rules_over_the_same_users_share_what_is_made_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[pl.Series] = []
    original = columns.dictionary

    def counted(series: pl.Series, different: pl.Series) -> columns.Dictionary:
        made.append(series)
        return original(series, different)

    monkeypatch.setattr(columns, "dictionary", counted)
    population = Population(pl.DataFrame({"id": ["1", "2"], "department": ["Sales", "IT"]}))
    for department in ("sales", "it", "hr"):
        select(parse(f'user.department -eq "{department}"'), population)
    assert len(made) == 1
