"""``python -m xtcheck expression``: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xtcheck.commands.line import main

Json = Any


class Ran(NamedTuple):
    code: int
    lines: list[str]
    mistake: str

    @property
    def document(self) -> Json:
        return json.loads("\n".join(self.lines))


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> Ran:
        code = main(["expression", *arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out.splitlines(), captured.err.rstrip("\n"))

    return run


@pytest.fixture
def user(tmp_path: Path) -> Path:
    path = tmp_path / "user.json"
    document = {"displayName": "Ana", "userPrincipalName": "ana_one.com#EXT#@shared.onmicrosoft.com", "mail": None}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_good_expression_is_printed_with_what_it_reads(ran: Any) -> None:
    assert ran("check", 'Append( [displayName],"x" )') == Ran(
        0, ['Append([displayName], "x")', "  reads displayName"], ""
    )
    assert ran("check", "--json", "Now( )").document == {
        "schema": 1,
        "valid": True,
        "expression": "Now()",
        "attributes": [],
        "findings": [
            {
                "level": "note",
                "text": "the value depends on the time of the cycle: it cannot be checked later",
                "item": "now",
            }
        ],
    }


def test_what_is_none_ends_with_2_and_what_cannot_work_with_1(ran: Any) -> None:
    wrong = "unknown function 'append'; names are case-sensitive: Append"
    assert ran("check", "append([a], 1)") == Ran(2, [], f"xtcheck: EXPR:1:1: {wrong}")
    assert ran("check", 'Append([userType], "x")').code == 1
    found = ran("check", "--json", "append([a], 1)")
    text, _, hint = wrong.partition("; ")
    mistake = {"line": 1, "column": 1, "text": text, "hint": hint}
    assert (found.code, found.document) == (2, {"schema": 1, "valid": False, "error": mistake})


def test_a_guest_is_evaluated_by_the_name_that_flows(ran: Any, user: Path) -> None:
    assert ran("evaluate", "ToLower([userPrincipalName])", "--source", str(user)).lines == ['"ana@one.com"']


def test_what_hangs_on_the_register_is_named_with_what_would_settle_it(ran: Any, user: Path) -> None:
    open_ = ran("evaluate", 'Append([mail], "x")', "--source", str(user))
    assert open_.code == 1
    assert open_.lines[0] == "undetermined"
    assert open_.lines[1].startswith("  hangs on B-02: ")
    assert open_.lines[1].endswith("; --semantics null_argument=propagate|empty")
    for key in ("null_argument", "null-argument", "B-02"):
        settled = ran("evaluate", 'Append([mail], "x")', "--source", str(user), "--semantics", f"{key}=propagate")
        assert settled == Ran(0, ["nothing flows: null"], "")


@pytest.mark.parametrize(
    "text, code, line",
    [
        ('"x"', 0, '"x"'),
        ('Split("a,b", ",")', 0, '["a", "b"]'),
        ('Error("no")', 1, "error of the service: no"),
        ("IgnoreFlowIfNullOrEmpty([mail])", 0, "nothing flows: ignored"),
        ("Now()", 0, '"1/31/2026 12:00:00 PM"'),
    ],
)
def test_each_outcome_is_told_apart(ran: Any, user: Path, text: str, code: int, line: str) -> None:
    found = ran("evaluate", text, "--source", str(user), "--now", "2026-01-31T14:00:00+02:00")
    assert (found.code, found.lines[0]) == (code, line)


def test_an_attribute_that_the_file_lacks_and_an_assumption_are_said(ran: Any, user: Path) -> None:
    found = ran("evaluate", 'Join("-", [displayName], [department])', "--source", str(user))
    assert found.lines[:2] == ['"Ana"', "  department is not in the source: taken for null"]
    assert found.lines[2].startswith("  assumes B-07: ")
    document = ran("evaluate", "--json", 'Join("-", [displayName], [department])', "--source", str(user)).document
    assert document == {
        "schema": 1,
        "expression": 'Join("-", [displayName], [department])',
        "outcome": "value",
        "value": "Ana",
        "reason": "",
        "items": [],
        "assumed": ["B-07"],
        "missing": ["department"],
    }


def test_an_attribute_that_is_spelled_otherwise_is_named(ran: Any, user: Path) -> None:
    found = ran("evaluate", "[displayname]", "--source", str(user))
    assert (found.code, found.lines[:2]) == (
        1,
        ["undetermined", "  displayname is not in the source, displayName is"],
    )


def test_comparing_ends_with_0_only_when_they_are_the_same(ran: Any, tmp_path: Path) -> None:
    assert ran("compare", "Mid([a], 1, 2)", 'Mid([a],"1","2")') == Ran(0, ["same: they are one tree"], "")
    assert ran("compare", 'Append([a], "b")', 'Append([a], "c")') == Ran(
        1, ['different, for {"a": "Ana"}', '  A yields "Anab"', '  B yields "Anac"'], ""
    )
    assert ran("compare", "Coalesce([a])", "[a]").lines[0] == "not proved: they are different trees"
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"value": [{"displayName": "Zq"}]}), encoding="utf-8")
    found = ran("compare", "--json", "[displayName]", 'Replace([displayName], "Zq", , , "x")', "--source", str(users))
    assert found.document["witness"] == {"displayName": "Zq"}
    assert [found.document["yield"][name]["value"] for name in ("one", "other")] == ["Zq", "x"]
    assert ran("compare", "--json", "[a]", " [a]").document == {
        "schema": 1, "one": "[a]", "other": "[a]", "outcome": "same"
    }  # fmt: skip
    assert ran("compare", "--json", "Coalesce([a])", "[a]").document["outcome"] == "unproved"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["evaluate", "Append([a])"], "EXPR:1:1: Append has 1 of at least 2 arguments; write Append(source, suffix)"),
        (
            ["compare", "[a]", "b"],
            "B:1:1: 'b' is neither an attribute nor a text; write [b] for the attribute, \"b\" for the text",
        ),
        (["evaluate", "[a]", "--semantics", "x"], "--semantics x: write KEY=READING, as null_argument=propagate"),
        (["evaluate", "[a]", "--semantics", "B-03=x"],
         "semantics: 'x' is no reading of month_end (B-03); valid here: clamped, open"),
        (["evaluate", "[a]", "--now", "9999-12-31T23:00:00-05:00"],
         "--now 9999-12-31T23:00:00-05:00: beyond the calendar in UTC; write 2026-11-26T12:00:00Z"),
        (["evaluate", "[a]", "--now", "x"], "--now x: no time; write 2026-11-26T12:00:00Z"),
        (["compare", "[a]", "[a]", "--now", "2026-01-31T12:00:00"],
         "--now 2026-01-31T12:00:00: without a time zone; write 2026-11-26T12:00:00Z"),
    ],
)  # fmt: skip
def test_a_mistake_ends_with_2(ran: Any, arguments: list[str], said: str) -> None:
    assert ran(*arguments) == Ran(2, [], f"xtcheck: {said}")


@pytest.mark.parametrize("text", ["", "[1]", '{"value": []}', '"x"'])
def test_a_file_that_holds_no_user_is_a_mistake(ran: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "user.json"
    path.write_text(text, encoding="utf-8")
    found = ran("evaluate", "[mail]", "--source", str(path))
    assert found.code == 2
    assert "user.json" in found.mistake


def test_a_user_that_graph_cannot_send_is_a_mistake(ran: Any, tmp_path: Path) -> None:
    path = tmp_path / "user.json"
    path.write_text('{"businessPhones": 5}', encoding="utf-8")
    said = "xtcheck: businessPhones: Microsoft Graph has a list there, not 5"
    assert ran("evaluate", "[mail]", "--source", str(path)) == Ran(2, [], said)


def test_control_characters_do_not_reach_the_terminal(ran: Any) -> None:
    assert "\x1b" not in "".join(ran("check", 'Append("\x1b[31m", [a])').lines)
