"""rules.md is the specification of membership rules; every block of it is run here."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from xtcheck.errors import RuleError, XtcheckError
from xtcheck.languages.rules import Different, Equivalent, Inconclusive, Unproved, compare, parse
from xtcheck.languages.rules.control import Own, Source, Use, uses
from xtcheck.languages.rules.properties import USER
from xtcheck.languages.rules.semantics import REGISTER
from xtcheck.languages.rules.syntax import Empty

Json = Any
PAGE = Path(__file__).with_name("rules.md")
FENCE = re.compile(r"(?ms)^```([^\n]+)\n(.*?)^```$")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class Case:
    """A rule of a block, the lines below it, and the users of the block above."""

    line: int
    kind: str
    rule: str
    told: list[str] = field(default_factory=list)
    users: dict[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"line {self.line}"

    @property
    def semantics(self) -> dict[str, str]:
        return dict(each.split("=") for each in self.kind.split()[1:])


def _cases() -> Iterator[Case]:
    text = PAGE.read_text(encoding="utf-8")
    users: dict[str, Json] = {}
    for fence in FENCE.finditer(text):
        kind, first = fence[1], text.count("\n", 0, fence.start()) + 2
        lines = fence[2].splitlines()
        if kind == "users":
            users = {name: json.loads(rest) for name, _, rest in (line.partition(": ") for line in lines)}
            continue
        case = None
        for number, line in enumerate(lines, first):
            if line.startswith("  ") and case is not None and not (kind == "normal" and case.told):
                case.told.append(line.strip() if kind != "normal" else line[2:])
            else:
                if case:
                    yield case
                case = Case(number, kind, line, [], users)
        if case:
            yield case


CASES = list(_cases())


def of(kind: str) -> list[Case]:
    return [case for case in CASES if case.kind.split()[0] == kind]


def test_every_block_is_run() -> None:
    assert {case.kind.split()[0] for case in CASES} == {
        "select", "refuse", "normal", "finding", "same", "differ", "unproved"
    }  # fmt: skip


def test_every_section_names_what_it_rests_on() -> None:
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    unfounded = [
        section.partition("\n")[0]
        for section in sections
        if "https://learn.microsoft.com/" not in section and "not documented" not in section
    ]
    assert set(unfounded) <= {"Findings", "Normal form", "Booleans"}


@pytest.mark.parametrize("case", of("select"), ids=str)
def test_a_rule_selects_whom_it_says(case: Case) -> None:
    expected: dict[str, bool | Inconclusive] = dict.fromkeys(case.users, False)
    for line in case.told:
        answer, _, names = line.partition(": ")
        items = tuple(answer.removeprefix("open ").split(", "))
        expected.update(dict.fromkeys(names.split(", "), True if answer == "yes" else Inconclusive(items)))
    assert expected.keys() == case.users.keys()
    rule = parse(case.rule, semantics=case.semantics)
    assert {name: rule.matches(user, now=NOW) for name, user in case.users.items()} == expected
    assert {name: rule.explain(user, now=NOW).answer for name, user in case.users.items()} == expected


@pytest.mark.parametrize("case", [case for case in CASES if not case.kind.startswith("refuse")], ids=str)
def test_the_normal_form_parses_back_to_an_equal_rule(case: Case) -> None:
    rule = parse(case.rule)
    again = parse(str(rule))
    assert (again, str(again)) == (rule, str(rule))


@pytest.mark.parametrize("case", of("normal"), ids=str)
def test_a_rule_has_its_normal_form(case: Case) -> None:
    assert [str(parse(case.rule))] == case.told


@pytest.mark.parametrize("case", of("refuse"), ids=str)
def test_a_mistake_is_refused_where_it_stands_with_what_would_be_right(case: Case) -> None:
    with pytest.raises(RuleError) as refused:
        parse(case.rule)
    [told] = case.told
    place, _, text = told.partition(": ")
    error = refused.value
    assert (f"{error.kind} {error.column}", error.line) == (place, 1)
    assert f"{error.text}; {error.hint}".startswith(text)
    assert error.hint
    assert str(error) == f"line 1, column {error.column}: {error.text}; {error.hint}"


@pytest.mark.parametrize("case", of("finding"), ids=str)
def test_what_should_be_known_is_found(case: Case) -> None:
    rule = parse(case.rule)
    assert [f"{each.item} {column}" for each, (_, column) in rule.located_findings()] == case.told


@pytest.mark.parametrize("case", [*of("same"), *of("differ"), *of("unproved")], ids=str)
def test_two_rules_are_compared_as_it_says(case: Case) -> None:
    one, other = (parse(text, semantics=case.semantics) for text in (case.rule, case.told[0]))
    outcome = compare(one, other)
    match outcome:
        case Equivalent():
            assert case.kind.split()[0] == "same"
        case Different(witness, now):
            assert case.kind.split()[0] == "differ"
            assert {one.matches(witness, now=now), other.matches(witness, now=now)} == {True, False}
        case Unproved(items=items):
            assert (case.kind.split()[0], list(items)) == ("unproved", case.told[1:])


def test_the_page_for_users_has_the_register_as_it_is() -> None:
    page = (PAGE.parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    apart = {"malformed", "timeout", "memberOf", "pattern"}
    rows = [
        f"| {each.id} | {f'`{each.key}`' if each.key else ''} | "
        f"{', '.join(f'`{reading}`' for reading in each.readings)} | {each.point} |"
        for each in REGISTER.values()
        if each.id not in apart
    ]
    assert [line for line in page.splitlines() if line.startswith("| ")][2:] == rows


def test_a_device_rule_is_not_asked_about_people() -> None:
    rule = parse('device.displayName -eq "x"')
    assert rule.subject == "device"
    with pytest.raises(XtcheckError, match="the rule selects devices, not users"):
        rule.matches({"displayName": "x"})


def test_a_rule_at_its_longest_still_prints_as_a_rule() -> None:
    text = "user.city eq 'a'" + "or user.city eq'a'" * 160
    rule = parse(text + "or user.mail ne null")
    assert parse(str(rule)) == rule


def test_rules_and_mistakes_travel_between_processes() -> None:
    rule = parse('user.city -eq "a"', semantics={"null_negative": "false"})
    assert rule.matches({"city": "A"}) is True
    again = pickle.loads(pickle.dumps(rule))  # noqa: S301  # our own
    assert (again, again.matches({"city": "A"})) == (rule, True)
    with pytest.raises(RuleError) as refused:
        parse('user.city -eq "a')
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301  # our own


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_no_rule(text: str) -> None:
    with pytest.raises(RuleError, match="line 1, column 1: the rule is empty; write for example"):
        parse(text)


def test_an_open_answer_has_no_truth_value() -> None:
    answer = parse('user.mail -ne "x"').matches({"mail": None})
    assert answer == Inconclusive(("A-08",))
    with pytest.raises(TypeError, match=r"inconclusive \(A-08\) is neither true nor false"):
        bool(answer)


def test_a_rule_with_the_time_is_open_without_one() -> None:
    rule = parse("user.employeeHireDate -le system.now")
    assert rule.matches({"employeeHireDate": "2020-01-01T00:00:00Z"}) == Inconclusive(("now",))


def test_properties_name_what_graph_must_be_asked_for() -> None:
    rule = parse('user.mobile -eq "1" -or (user.otherMails -any (_ -eq "x")) -or user.extensionAttribute3 -eq "y"')
    assert [(use.name, use.select) for use in rule.properties] == [
        ("user.extensionAttribute3", "onPremisesExtensionAttributes"),
        ("user.mobile", "mobilePhone"),
        ("user.otherMails", "otherMails"),
    ]
    [manager, own] = parse('Direct Reports for "a"').properties
    assert (manager.select, manager.expanded, own.select, own.expanded) == ("manager", True, "id", False)


@pytest.mark.parametrize("use", [use for each in USER for use in uses(Empty(each))], ids=lambda use: use.name)
def test_who_decides_rests_on_a_page_or_says_that_none_tells(use: Use) -> None:
    assert bool(use.basis) is (use.source is not Source.UNKNOWN or use.own is Own.YES)


def test_an_extension_that_no_column_holds_was_not_read() -> None:
    rule = parse("user.extension_0123456789abcdef0123456789abcdef_cost -eq null")
    users = pl.DataFrame({"id": ["1"]})
    assert {items: list(ids) for items, ids in rule.select(users).inconclusive.items()} == {("unselected",): ["1"]}
    assert list(rule.under({"absent_extension": "null"}).select(users).ids) == ["1"]


def test_a_catastrophic_pattern_is_cut_off() -> None:
    rule = parse('user.city -match "(a|aa)+$"')
    assert rule.matches({"city": "a" * 200 + "!"}) == Inconclusive(("timeout",))
