"""What changed between two worlds is told, whatever it is; so is what could not be compared: that is no equality."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.evidence import NOW, answered, failed, nothing
from tests.snapshots.test_folder import ORIGIN
from tests.snapshots.worlds import Json, read_world
from xtcheck.commands.line import main
from xtcheck.model import Answer, Request
from xtcheck.snapshot import save
from xtcheck.snapshot.difference import Change, differences
from xtcheck.world import World

ASKED = Request("one", "graph", "/things", many=True)


def told(
    before: Answer | None, after: Answer | None, *, everything: bool = False
) -> list[tuple[Change, str, Json, Json]]:
    one, other = (World({ASKED: answer} if answer else {}, NOW) for answer in (before, after))
    return [
        (each.change, each.path, each.before, each.after) for each in differences(one, other, everything=everything)
    ]


def of(before: Json, after: Json, *, everything: bool = False) -> list[tuple[Change, str, Json, Json]]:
    return told(answered(before), answered(after), everything=everything)


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [(Change.CHANGED, "a.b", 1, 2)]),
        ({"a": 1}, {"a": 1, "b": None}, [(Change.ADDED, "b", None, None)]),
        ({"a": 1, "b": 2}, {"a": 1}, [(Change.REMOVED, "b", 2, None)]),
        ({"a": 1}, {"a": True}, [(Change.CHANGED, "a", 1, True)]),
        ({"a": None}, {"a": []}, [(Change.CHANGED, "a", None, [])]),
        ([{"id": "1"}, {"id": "2"}], [{"id": "2"}, {"id": "1"}], []),
        ([{"id": "1", "x": 1}], [{"id": "1", "x": 2}], [(Change.CHANGED, "[id=1].x", 1, 2)]),
        ([], [{"id": "1"}], [(Change.ADDED, "[id=1]", None, {"id": "1"})]),
        (["a", "b"], ["b", "c"], [(Change.REMOVED, "[]", "a", None), (Change.ADDED, "[]", None, "c")]),
        (["a", "b"], ["b", "a"], []),
        (["a"], ["a", "a"], [(Change.ADDED, "[]", None, "a")]),
        ([{"x": [{"y": 1}]}], [{"x": [{"y": 2}]}], [(Change.CHANGED, "[0].x[0].y", 1, 2)]),
        ([{"id": "1"}, {"id": "1"}], [{"id": "1"}], [(Change.REMOVED, "[]", {"id": "1"}, None)]),
    ],
    ids=str,
)
def test_a_difference_has_its_path_and_both_values(before: Json, after: Json, expected: Json) -> None:
    assert of(before, after) == expected


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (nothing(), answered({"a": 1}), [(Change.ADDED, "", None, {"a": 1})]),
        (answered({"a": 1}), nothing(), [(Change.REMOVED, "", {"a": 1}, None)]),
        (nothing(), nothing(), []),
        (answered(1), failed("403"), [(Change.UNREADABLE, "", "read", "403")]),
        (failed("403"), failed("403"), [(Change.UNREADABLE, "", "403", "403")]),
        (failed("403"), nothing(), [(Change.UNREADABLE, "", "403", "there is none")]),
        (None, answered(1), [(Change.UNREAD, "", "not asked for", "read")]),
        (nothing(), None, [(Change.UNREAD, "", "there is none", "not asked for")]),
        (None, failed("403"), [(Change.UNREADABLE, "", "not asked for", "403")]),
    ],
    ids=[
        "made",
        "gone",
        "never there",
        "refused",
        "refused twice",
        "refused before",
        "new",
        "left out",
        "new, refused",
    ],
)
def test_what_cannot_be_compared_is_told(before: Answer | None, after: Answer | None, expected: Json) -> None:
    assert told(before, after) == expected


def test_what_changes_by_itself_is_told_only_on_request() -> None:
    before = [{"name": "x", "version": "1", "more": [{"timeEnded": "1", "is": 1}]}]
    after = [{"name": "x", "version": "2", "more": [{"timeEnded": "2", "is": 1}]}]
    assert of(before, after) == []
    assert [path for _, path, _, _ in of(before, after, everything=True)] == [
        "[name=x].version",
        "[name=x].more[0].timeEnded",
    ]


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)


def unordered(value: Json) -> str:
    """One text for all documents that differ in the order of lists alone."""
    match value:
        case list():
            return f"[{','.join(sorted(map(unordered, value)))}]"
        case dict():
            return f"{{{','.join(f'{name}:{unordered(below)}' for name, below in sorted(value.items()))}}}"
    return json.dumps(value)


@given(JSON, JSON)
def test_there_is_no_difference_exactly_when_the_documents_are_the_same_but_for_order(one: Json, other: Json) -> None:
    assert (of(one, other) == []) == (unordered(one) == unordered(other))


# --- the command ----------------------------------------------------------------------------------------------------


def kept(folder: Path, answers: Mapping[Request, Answer]) -> str:
    save(folder, World(answers, NOW), ORIGIN)
    return str(folder)


def test_it_ends_with_0_for_the_same_and_1_for_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = kept(tmp_path / "1", {ASKED: answered([1])}), kept(tmp_path / "2", {ASKED: answered([2])})
    assert main(["diff", one, one]) == 0
    assert "no difference in 1 requests" in capsys.readouterr().out
    assert main(["diff", one, other]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "", "one:", "  GET /things", "    - []: 1", "    + []: 2", "", "1 added, 1 removed",
    ]  # fmt: skip


def test_what_was_refused_on_both_sides_is_not_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = kept(tmp_path / "1", {ASKED: failed("403 Forbidden")})
    assert main(["diff", one, one]) == 1
    assert "? cannot be compared: 403 Forbidden → 403 Forbidden" in capsys.readouterr().out


def test_it_ends_with_2_for_what_is_no_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path), str(tmp_path)]) == 2
    assert "is no saved world" in capsys.readouterr().err


def test_what_a_terminal_obeys_and_what_looks_secret_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRw.c2lnbmF0dXJl"
    after = {"\x1b[2J": "\x1b[31mred", "apiKey": "abc", "text": f"see {token}", "long": "x y" * 99}
    one, other = kept(tmp_path / "1", {ASKED: answered({})}), kept(tmp_path / "2", {ASKED: answered(after)})
    main(["diff", one, other])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "apiKey: <3 characters>" in out
    assert token[10:] not in out
    assert max(map(len, out.splitlines())) < 250


def test_as_json_it_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = kept(tmp_path / "1", {ASKED: answered({})}), kept(tmp_path / "2", {ASKED: answered({"a": "x" * 500})})
    assert main(["diff", "--json", one, other]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["differences"] == [
        {"place": "one", "request": "GET /things", "change": "added", "path": "a", "name": "", "before": None,
         "after": "x" * 500}
    ]  # fmt: skip


DRIFTED = (
    "automaticUserConsentSettings.outboundAllowed", "inboundTrust.isMfaAccepted", "userSyncInbound.isSyncAllowed",
    r"\+ \[tenantId=0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ee\]", 'allowInvitesFrom.*"everyone" → "none"',
    r'value\[key=SyncAll\].value.*"false" → "true"', r"\(Contractors\)", 'status.code: "Active" → "Quarantine"',
    r"attributeMappings\[targetAttributeName=displayName\].source.expression", "membershipRule .*Finance",
    'membershipRuleProcessingState.*"On" → "Paused"', r"\(Carlos Salazar\|AnyOrganizationTwo\)", "identifierUris",
    "keyCredentials.*endDateTime", 'schedule.state: "Active" → "Disabled"', 'SessionDuration.*"PT1H" → "PT12H"',
    r"list_permission_sets\(", "list_accounts_for_provisioned_permission_set", r"- \[MembershipId=", "ExternalIds",
)  # fmt: skip
"""A line for each change of docs/drifted.md that a request of the policies sees."""


def test_it_names_each_change_of_the_drifted_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for name in ("blog", "drifted"):
        paths.append(str(tmp_path / name))
        save(tmp_path / name, read_world(name).world, read_world(name).origin)
    assert main(["diff", *paths]) == 1
    out = capsys.readouterr().out
    assert [line for line in DRIFTED if not re.search(line, out)] == []


def test_redacted_worlds_have_nothing_in_common(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    save(tmp_path / "r", World({}, NOW), replace(ORIGIN, redacted=True))
    assert main(["diff", str(tmp_path / "r"), kept(tmp_path / "1", {})]) == 2
    assert main(["diff", str(tmp_path / "r"), str(tmp_path / "r")]) == 2
    assert "redacted" in capsys.readouterr().err
