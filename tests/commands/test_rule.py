"""The command about membership rules: what it prints, and how it says no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.running import ROOT
from xtcheck.commands.line import main

Json = Any
USERS = ROOT / "examples" / "rules" / "users.json"
USER = ROOT / "examples" / "rules" / "user.json"
RULE = 'user.department -eq "DevOps"'
OPEN = 'user.companyName -ne "AnyOrganizationTwo"'
MEMBERS = 'user.memberOf -any (group.objectId -in ["a"])'


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code, and the first line of what is printed or complained."""
    code = main(["rule", *arguments])
    told = capsys.readouterr()
    return code, (told.out + told.err).partition("\n")[0]


@pytest.mark.parametrize(
    "arguments, code, begins",
    [
        (["check", RULE], 0, RULE),
        (["check", MEMBERS], 1, MEMBERS),
        (["check", "user.mail -not null"], 2, "xtcheck: line 1, column 11: -not compares nothing"),
        (["explain", RULE, "--user", str(USER)], 0, "selected"),
        (["explain", 'user.department -eq "x"', "--user", str(USER)], 1, "not selected"),
        (["explain", OPEN, "--user", str(USER)], 1, "open: hangs on A-08"),
        (["explain", RULE, "--user", str(USERS)], 2, f"xtcheck: {USERS}: one user was expected"),
        (["select", RULE, "--users", str(USERS)], 0, "✓ 11111111-0000-4000-8000-000000000001"),
        (["select", OPEN, "--users", str(USERS)], 1, "✓ 11111111-0000-4000-8000-000000000001"),
        (["select", MEMBERS, "--users", str(USERS)], 1, "? 11111111-0000-4000-8000-000000000001"),
        (["select", 'device.displayName -eq "x"', "--users", str(USERS)], 2, "xtcheck: the rule selects devices"),
        (["select", RULE, "--users", "nowhere.json"], 2, "xtcheck: nowhere.json: "),
        (["compare", RULE, 'user.department -in ["devops"]'], 0, "the same people"),
        (["compare", RULE, 'user.department -startsWith "devops"'], 1, "different people"),
        (["compare", 'user.city -ne "a"', '-not (user.city -eq "a")'], 1, "not proved: "),
        (["compare", RULE, "user.x"], 2, "xtcheck: line 1, column 1: user.x is no property"),
        (["check", RULE, "--semantics", "null_negative"], 2, "xtcheck: --semantics null_negative: write KEY=READING"),
        (["check", RULE, "--semantics", "nul=x"], 2, "xtcheck: semantics: nothing is called 'nul'"),
        (["check", RULE, "--semantics", "absent=x"], 2, "xtcheck: semantics: absent cannot be 'x'; "),
        (["explain", RULE, "--user", str(USER), "--now", "0001-01-01T00:00:00+14:00"], 2,
         "xtcheck: --now 0001-01-01T00:00:00+14:00: beyond the calendar in UTC"),
        (["explain", RULE, "--user", str(USER), "--now", "soon"], 2, "xtcheck: --now soon: no time"),
        (["explain", RULE, "--user", str(USER), "--now", "2026-11-26"], 2, "xtcheck: --now 2026-11-26: without a time"),
    ],
)  # fmt: skip
def test_it_answers_yes_no_or_mistake(
    arguments: list[str], code: int, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, told = ran(capsys, *arguments)
    assert (found, told[: len(begins)]) == (code, begins)


@pytest.mark.parametrize(
    "content, wrong",
    [
        ('{"value": [], "@odata.nextLink": "https://x"}', "only one page"),
        ('{"id": "1"}', "a list of users was expected"),
        ("[1]", "user 1 is no object"),
        ("[", "no JSON"),
    ],
)
def test_users_that_are_none_or_not_all_are_refused(
    content: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "users.json"
    file.write_text(content, encoding="utf-8")
    code, told = ran(capsys, "select", RULE, "--users", str(file))
    assert code == 2
    assert told.startswith(f"xtcheck: {file}: {wrong}")


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Json:
    main(["rule", *arguments, "--json"])
    return json.loads(capsys.readouterr().out)


def test_json_of_check_holds_what_the_rule_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "check", 'user.mobile –ne "1"')
    assert (told["valid"], told["rule"], told["selects"]) == (True, 'user.mobile -ne "1"', "users")
    assert told["findings"] == [
        {
            "item": "A-01",
            "line": 1,
            "column": 13,
            "text": "an en dash (U+2013) before an operator; write a plain -",
        }
    ]
    assert list(told["open"]) == ["A-08"]
    [use] = told["properties"]
    assert {key: use[key] for key in ("select", "source", "own")} == {
        "select": "mobilePhone",
        "source": "if mapped",
        "own": "yes",
    }


def test_json_of_a_mistake_holds_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "check", "user.city -eq x") == {
        "schema": 1,
        "valid": False,
        "error": {
            "kind": "syntax",
            "line": 1,
            "column": 15,
            "text": "x is a text without quotation marks",
            "hint": 'write "x"',
        },
    }


def test_json_of_select_names_the_selected_and_the_open(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "select", OPEN, "--users", str(USERS))
    numbers = [user["id"] for user in json.loads(USERS.read_text(encoding="utf-8"))["value"]]
    assert told["selected"] == numbers[:1]
    assert told["inconclusive"] == {numbers[1]: ["A-08"]}
    assert list(told["points"]) == ["A-08"]


def test_json_of_explain_is_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "explain", f"-not ({RULE})", "--user", str(USER))["explanation"]
    assert (told["text"], told["answer"]) == ("-not", False)
    [part] = told["parts"]
    assert part == {
        "text": RULE,
        "answer": True,
        "items": [],
        "observed": [{"property": "user.department", "known": True, "value": "devops"}],
        "parts": [],
    }


def test_json_of_compare_holds_the_witness(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "compare", RULE, 'user.department -eq "x"')
    assert told["outcome"] == "different"
    selected = told["witness"]["department"] == "devops"
    assert told["selected"] == {"one": selected, "other": not selected}
    unproved = document(capsys, "compare", 'user.city -ne "a"', '-not (user.city -eq "a")')
    assert (unproved["outcome"], unproved["items"]) == ("unproved", ["A-08"])
    assert document(capsys, "compare", RULE, RULE)["outcome"] == "equivalent"


def test_what_a_terminal_would_obey_is_shown_and_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rule", "check", 'user.city -eq "\x1b[31m"'])
    assert "\x1b" not in capsys.readouterr().out


EXTENSION = "extension_0123456789abcdef0123456789abcdef_cost"


@pytest.mark.parametrize(
    "users, code, begins",
    [
        ([{"id": "1", EXTENSION: "x"}, {"id": "2"}], 0, "✓ 2"),
        ([{"id": "1"}, {"id": "2"}], 1, "? 1: hangs on unselected"),
    ],
    ids=["somebody-has-it", "nobody-has-it"],
)
def test_an_extension_is_null_where_others_have_it_and_else_open(
    users: Json, code: int, begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "users.json"
    file.write_text(json.dumps(users), encoding="utf-8")
    assert ran(capsys, "select", f"user.{EXTENSION} -eq null", "--users", str(file)) == (code, begins)
