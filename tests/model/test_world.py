"""A world on disk is the world in memory, private, and refused when it is not whole."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.evidence import NOW, answered, failed, nothing
from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Json, Request
from xtcheck.world import FORMAT, SEVERAL, World

WORLD: dict[Request, Answer] = {
    Request("one", "graph", "/groups", many=True): answered([{"id": "1", "name": "Ä – “x”", "none": None}]),
    Request("one", "graph", "/x", absent=frozenset({"404", "410"})): nothing(),
    Request("aws-main", "sso-admin", "list", (("A", "1"), ("B", "2")), many=True, items="Things"): failed("cause"),
}

LARGE = Request("one", "graph", "/users", many=True)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    World(WORLD, NOW).save(tmp_path / "w")
    loaded = World.load(tmp_path / "w")
    assert (loaded.answers, loaded.now) == (WORLD, NOW)


@pytest.mark.skipif(os.name == "nt", reason="this system has no modes")
def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    World(WORLD, NOW).save(tmp_path / "w")
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == 0o600


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        World(WORLD, NOW).save(tmp_path / "w")
    assert (tmp_path / "w").read_text(encoding="utf-8") == "mine"


def saved(tmp_path: Path) -> str:
    World(WORLD, NOW).save(tmp_path / "good")
    return (tmp_path / "good").read_text(encoding="utf-8")


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w").write_text(saved(tmp_path).replace('"format": 3', '"format": 99', 1), encoding="utf-8")
    with pytest.raises(XtcheckError, match="has format 99; this version reads 3"):
        World.load(tmp_path / "w")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path: Path, share: float) -> None:
    text = saved(tmp_path)
    (tmp_path / "w").write_text(text[: int(len(text) * share)], encoding="utf-8")
    with pytest.raises(XtcheckError, match="cannot read the saved world"):
        World.load(tmp_path / "w")


def test_a_file_that_goes_on_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w").write_text(saved(tmp_path) + "[]\n", encoding="utf-8")
    with pytest.raises(XtcheckError, match="something follows the last answer"):
        World.load(tmp_path / "w")


def test_a_large_collection_stands_in_several_lines_and_comes_back_whole(tmp_path: Path) -> None:
    users = [{"id": f"{number}", "half of a pair": "\ud800"} for number in range(2 * SEVERAL + 1)]
    world: dict[Request, Answer] = {LARGE: answered(users), **WORLD}
    World(world, NOW).save(tmp_path / "w")
    assert len((tmp_path / "w").read_text(encoding="utf-8").splitlines()) == 1 + (1 + 3) + 2 + 1 + 1
    assert World.load(tmp_path / "w").answers == world


def test_a_document_is_read_when_it_is_asked_for_and_no_other(tmp_path: Path) -> None:
    """A worker whose checks do not need a million users does not hold them."""
    World({LARGE: answered([{"id": "1"}]), **WORLD}, NOW).save(tmp_path / "w")
    text = (tmp_path / "w").read_text(encoding="utf-8")
    (tmp_path / "w").write_text(text.replace('[{"id": "1"}]', '[{"id": "1"}['), encoding="utf-8")
    answers = World.load(tmp_path / "w").answers
    assert {request: answers[request] for request in WORLD} == WORLD
    with pytest.raises(XtcheckError, match="cannot read the saved world"):
        answers[LARGE]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XtcheckError, match="cannot read the saved world"):
        World.load(tmp_path / "nowhere")


ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["is", "at", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(ANY)
def test_no_other_document_is_a_world(tmp_path_factory: pytest.TempPathFactory, answers: Json) -> None:
    path = tmp_path_factory.mktemp("w") / "w"
    for document in (answers, {"format": FORMAT, "now": NOW.isoformat(), "answers": 1}):
        path.write_text(f"{json.dumps(document)}\n{json.dumps(answers)}\n", encoding="utf-8")
        with pytest.raises(XtcheckError):
            World.load(path)
