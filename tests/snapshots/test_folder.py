"""The folder of a saved world: private, whole or refused, readable, and replaced only by another world."""

from __future__ import annotations

import gzip
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.estates import estate
from tests.model.evidence import NOW, answered, failed, nothing
from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Json, Request
from xtcheck.snapshot import Origin, conflicts, declared, may_hold, open_world, save
from xtcheck.snapshot.documents import MANY
from xtcheck.world import World

USERS = Request("one", "graph", "/users?$select=id", many=True)
GROUPS = Request("one", "graph", "/groups?$filter=startswith(displayName,'Ä')", many=True)
SETS = Request("aws-main", "sso-admin", "list", (("A", "1"), ("B", "2")), many=True, items="Things")
GONE = Request("one", "graph", "/x", absent=frozenset({"404", "410"}))
WORLD: dict[Request, Answer] = {
    USERS: answered([{"id": str(number), "none": None} for number in range(MANY + 1)]),
    GROUPS: answered([{"id": "1", "name": "Ä – “x”", "half": "\ud800"}]),
    GONE: nothing(),
    SETS: failed("cause"),
}
ORIGIN = Origin("0.1.0", datetime(2026, 11, 24, 11, tzinfo=UTC), None, declared(estate()), [{"tenant": "one"}])


def kept(folder: Path, answers: dict[Request, Answer] | None = None) -> Path:
    save(folder, World(WORLD if answers is None else answers, NOW), ORIGIN)
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kept(tmp_path / "world")


def test_it_comes_back_as_it_was(folder: Path) -> None:
    world = open_world(folder)
    assert (dict(world.answers), world.now, world.manifest.origin) == (WORLD, NOW, ORIGIN)


def test_equal_worlds_are_equal_files(folder: Path, tmp_path: Path) -> None:
    again = kept(tmp_path / "again", dict(reversed(WORLD.items())))
    one, other = ([path.read_bytes() for path in files(each)] for each in (folder, again))
    assert one == other


@pytest.mark.skipif(os.name == "nt", reason="this system has no modes")
def test_only_this_user_may_read_it(folder: Path) -> None:
    modes = {oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*")) if path.is_dir()}
    assert modes == {"0o700"}
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files(folder)} == {"0o600"}


def test_a_person_finds_the_documents_by_place_and_service(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix().split(".")[0] for path in files(folder)]
    assert names == ["answers/one/graph/groups", "answers/one/graph/users", "manifest"]
    [groups] = folder.glob("answers/one/graph/groups.*.json")
    assert '"name": "Ä' in groups.read_text(encoding="utf-8") or "\\u00c4" in groups.read_text(encoding="utf-8")


def test_the_manifest_says_of_each_request_what_came_of_it(folder: Path) -> None:
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["answers"]
    assert {entry["asked"]: entry["is"] for entry in entries} == {
        str(USERS): "Answered", str(GROUPS): "Answered", str(GONE): "Nothing", str(SETS): "Failed",
    }  # fmt: skip
    [users] = [entry for entry in entries if entry["asked"] == str(USERS)]
    assert (users["count"], users["pages"], users["at"]) == (MANY + 1, 1, NOW.isoformat())


def test_many_items_are_compressed_lines(folder: Path) -> None:
    [path] = folder.glob("answers/one/graph/users.*.jsonl.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(number) for number in range(MANY + 1)]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    pairs = [{"key": "SecretToken", "value": "the-token"}, {"key": "BaseAddress", "value": "https://scim"}]
    document = {"value": pairs, "passwordCredentials": [{"secretText": "the-password"}]}
    world = open_world(kept(tmp_path / "w", {GONE: answered(document)}))
    text = "".join(path.read_text(encoding="utf-8") for path in files(tmp_path / "w"))
    assert "the-" not in text
    assert world.answers[GONE] == answered(
        {"value": [{"key": "SecretToken", "value": "*"}, pairs[1]], "passwordCredentials": [{"secretText": "*"}]}
    )


# --- what is not whole ----------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def change(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])


@pytest.mark.parametrize("spoil", [cut, grow, change, Path.unlink])
@pytest.mark.parametrize("index", range(3))
def test_a_file_that_is_not_as_it_was_is_named(folder: Path, spoil: Callable[[Path], None], index: int) -> None:
    path = files(folder)[index]
    spoil(path)
    with pytest.raises(XtcheckError, match=path.name):
        open_world(folder)


@pytest.mark.parametrize("name", ["more.json", "answers/one/graph/x.json", "answers/new/x", ".hidden"])
def test_an_additional_file_is_named(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    with pytest.raises(XtcheckError, match=rf"{Path(name).name} is no part of the saved world"):
        open_world(folder)


@pytest.mark.skipif(os.name == "nt", reason="links take a privilege there")
def test_a_link_is_an_additional_file(folder: Path) -> None:
    (folder / "link").symlink_to("/")
    with pytest.raises(XtcheckError, match="link is no part of the saved world"):
        open_world(folder)


def test_pytest_s_cache_is_no_part_of_it_and_no_mistake(folder: Path) -> None:
    (folder / ".pytest_cache").mkdir()
    (folder / ".pytest_cache" / "README.md").touch()
    assert open_world(folder).answers[USERS] == WORLD[USERS]


@settings(max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_manifest_is_refused(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    folder = kept(tmp_path_factory.mktemp("w") / "world", {GONE: nothing()})
    path = folder / "manifest.json"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(XtcheckError, match=r"manifest\.json"):
        open_world(folder)


def edited(folder: Path, edit: Callable[[Json], object], *, signed: bool = True) -> None:
    """Change the manifest as somebody who knows its digest would, or would not."""
    from xtcheck.snapshot.manifest import _digest

    path = folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    if signed:
        del document["sha256"]
        document["sha256"] = _digest(document)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def test_another_format_is_refused(folder: Path) -> None:
    edited(folder, lambda manifest: manifest.update(format=99), signed=False)
    with pytest.raises(XtcheckError, match=r"has the format 99, written by 0\.1\.0; this version \(xtcheck\) reads 1"):
        open_world(folder)


def test_an_edited_manifest_is_refused(folder: Path) -> None:
    edited(folder, lambda manifest: manifest["answers"][0].update(pages=9), signed=False)
    with pytest.raises(XtcheckError, match=r"manifest\.json was changed"):
        open_world(folder)


@pytest.mark.parametrize("file", ["../elsewhere", "/etc/passwd", "answers/../../x", "C:\\x", ""])
def test_a_file_outside_of_the_folder_is_not_read(folder: Path, file: str) -> None:
    edited(folder, lambda manifest: manifest["attached"].append({"file": file, "sha256": "", "size": 0}))
    with pytest.raises(XtcheckError, match="is no file below the folder"):
        open_world(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest: manifest["answers"][0].pop("is"),
        lambda manifest: manifest["answers"][0].pop("operation"),
        lambda manifest: next(answer for answer in manifest["answers"] if "file" in answer).pop("file"),
        lambda manifest: manifest.update(answers=7),
        lambda manifest: manifest.update(now="yesterday"),
    ],
    ids=["no answer", "no request", "no file", "no answers", "no time"],
)
def test_a_manifest_of_another_shape_is_refused(folder: Path, edit: Callable[[Json], object]) -> None:
    edited(folder, edit)
    with pytest.raises(XtcheckError, match=r"manifest\.json is no manifest of a saved world, or not whole"):
        open_world(folder)


def test_what_is_no_world_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(XtcheckError, match=r"is no saved world: it has no manifest\.json"):
        open_world(tmp_path)


# --- where it may be saved ------------------------------------------------------------------------------------------


def test_a_world_is_replaced_by_another(folder: Path) -> None:
    kept(folder, {GONE: nothing()})
    assert dict(open_world(folder).answers) == {GONE: nothing()}


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert open_world(kept(tmp_path / "empty")).now == NOW


def test_somebody_else_s_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(XtcheckError, match=r"it holds mine\.txt, and is no saved world"):
        kept(tmp_path)
    assert [path.name for path in files(tmp_path)] == ["mine.txt"]


def test_a_world_with_something_else_in_it_is_left_alone(folder: Path) -> None:
    (folder / "notes.txt").touch()
    with pytest.raises(XtcheckError, match=r"notes\.txt is no part of the saved world there"):
        may_hold(folder)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "w").touch()
    with pytest.raises(XtcheckError, match="it is no folder"):
        may_hold(tmp_path / "w")


def test_what_cannot_be_saved_leaves_the_old_world_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xtcheck.snapshot.manifest.text_of", full)
    with pytest.raises(XtcheckError, match="No space left on device"):
        kept(folder, {GONE: nothing()})
    assert dict(open_world(folder).answers) == WORLD
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


# --- whose world it is ----------------------------------------------------------------------------------------------


def test_the_same_tenants_are_no_conflict() -> None:
    assert conflicts(declared(estate()), estate()) == []


def test_other_ids_are_told() -> None:
    saved = declared(estate())
    saved["tenants"]["one"]["id"] = "another"
    saved["aws"]["main"]["account"] = "000000000000"
    told = conflicts(saved, estate())
    assert [line.split(" in config")[0].rpartition(" ")[0] for line in told] == [
        "one has the id",
        "main has the account",
    ]


def test_what_only_one_of_them_declares_is_no_conflict() -> None:
    saved = declared(estate())
    saved["tenants"]["third"] = saved["tenants"].pop("one")
    assert conflicts(saved, estate()) == []
