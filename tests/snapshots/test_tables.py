"""Tables in a saved world: portable lines, each table once, made again where the run keeps what ends with it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.model.evidence import NOW, answered, failed, nothing
from tests.snapshots.test_folder import ORIGIN, files
from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Answered, Json, Request
from xtcheck.snapshot import SavedWorld, documents, open_world, save
from xtcheck.snapshot.difference import Change, differences
from xtcheck.snapshot.redaction import redaction
from xtcheck.tables import Table
from xtcheck.world import World

COLUMNS = ("accountEnabled", "displayName", "extension_a_team", "id", "proxyAddresses", "userPrincipalName")
NARROW = ("displayName", "id")


def users(*columns: str) -> Request:
    return Request("one", "graph", "/users?$top=999", many=True, columns=columns or COLUMNS)


def user(number: int, **changes: Json) -> Json:
    name = f"sofia{number}@anyorganizationone.example"
    return {
        "accountEnabled": number % 2 == 0,
        "displayName": None if number == 1 else f"Sofia Ä “{number}”",
        **({"extension_a_team": "Blue"} if number == 2 else {}),
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "proxyAddresses": [] if number == 0 else [f"SMTP:{name}"],
        "userPrincipalName": name,
        **changes,
    }


def table(folder: Path, *rows: Json) -> Answered:
    return answered(Table.of(rows, COLUMNS, folder))


def world(answer: Answer) -> World:
    return World({users(): answer, users(*NARROW): answer, Request("one", "graph", "/gone"): nothing()}, NOW)


def opened(folder: Path, scratch: Path) -> SavedWorld:
    scratch.mkdir(exist_ok=True)
    return open_world(folder, lambda: scratch)


def rows_of(found: World, request: Request) -> list[Json]:
    answer = found.answers[request]
    assert isinstance(answer, Answered)
    return list(answer.document.documents())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are large from two items on, and parts of a table have two rows."""
    monkeypatch.setattr(documents, "MANY", 2)
    monkeypatch.setattr(documents, "PART", 2)
    monkeypatch.setattr("xtcheck.tables.PART", 2)


@pytest.mark.parametrize("count", [0, 2, 5])
@pytest.mark.usefixtures("small")
def test_a_table_is_one_file_and_comes_back_as_it_was(tmp_path: Path, count: int) -> None:
    rows = [user(number) for number in range(count)]
    save(tmp_path / "world", world(table(tmp_path / "t", *rows)), ORIGIN)
    assert len(files(tmp_path / "world")) == 2
    found = opened(tmp_path / "world", tmp_path / "scratch")
    assert rows_of(found, users()) == rows_of(found, users(*NARROW)) == rows
    assert len(list((tmp_path / "scratch").iterdir())) == 1


@pytest.mark.usefixtures("small")
def test_equal_worlds_are_equal_files_whichever_request_comes_first(tmp_path: Path) -> None:
    answer = table(tmp_path / "t", *map(user, range(5)))
    one, other = world(answer), World(dict(reversed([*world(answer).answers.items()])), NOW)
    save(tmp_path / "one", one, ORIGIN)
    save(tmp_path / "other", other, ORIGIN)
    assert [path.read_bytes() for path in files(tmp_path / "one")] == [
        path.read_bytes() for path in files(tmp_path / "other")
    ]
    assert list(differences(opened(tmp_path / "one", tmp_path / "s"), opened(tmp_path / "other", tmp_path / "s"))) == []


def test_a_document_that_is_no_such_table_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lines.json"
    path.write_text(json.dumps([{"id": "1", "mail": 5}]), encoding="utf-8")
    with pytest.raises(XtcheckError, match=r"cannot read .*lines\.json of the saved world"):
        documents.read_table(tmp_path, "lines.json", ("id", "mail"), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_a_redacted_table_names_nobody_and_is_still_one(tmp_path: Path) -> None:
    made = world(table(tmp_path / "t", *map(user, range(3))))
    save(tmp_path / "world", made, ORIGIN, keep=redaction(made, ORIGIN, {}))
    assert b"Sofia" not in b"".join(path.read_bytes() for path in files(tmp_path / "world"))
    kept = rows_of(opened(tmp_path / "world", tmp_path / "s"), users())
    assert [row["displayName"] is None for row in kept] == [False, True, False]
    assert [row["accountEnabled"] for row in kept] == [True, False, True]
    assert kept[2]["proxyAddresses"] == [f"SMTP:{kept[2]['userPrincipalName']}"]


def test_what_changed_in_a_table_is_told_user_by_user(tmp_path: Path) -> None:
    before = world(table(tmp_path / "1", user(0), user(1), user(2)))
    after = world(table(tmp_path / "2", user(1, displayName="Mary"), user(3), user(2, proxyAddresses=["x"])))
    told = [(each.change, each.path) for each in differences(before, after) if each.request == str(users(*NARROW))]
    ids = [user(number)["id"] for number in range(4)]
    assert told == [
        (Change.REMOVED, f"[id={ids[0]}]"),
        (Change.CHANGED, f"[id={ids[1]}].displayName"),
        (Change.ADDED, f"[id={ids[3]}]"),
    ]
    everything = [each.path for each in differences(before, after) if each.request == str(users())]
    assert f"[id={ids[2]}].proxyAddresses[]" in everything


def test_a_table_that_could_not_be_read_is_told(tmp_path: Path) -> None:
    before, after = World({users(): failed()}, NOW), World({users(): table(tmp_path / "t", user(0))}, NOW)
    assert [each.change for each in differences(before, after)] == [Change.UNREADABLE]
    assert [each.change for each in differences(World({}, NOW), after)] == [Change.UNREAD]


@pytest.mark.skipif(os.name == "nt", reason="this system has no modes")
def test_only_this_user_may_read_a_table(tmp_path: Path) -> None:
    path = Table.of([user(1)], COLUMNS, tmp_path / "t").path
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert [stat.S_IMODE(part.stat().st_mode) for part in path.iterdir()] == [0o600]
