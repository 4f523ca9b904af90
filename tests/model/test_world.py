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
from xtcheck.world import World

WORLD: dict[Request, Answer] = {
    Request("one", "graph", "/groups", many=True): answered([{"id": "1", "name": "Ä – “x”", "none": None}]),
    Request("one", "graph", "/x", absent=frozenset({"404", "410"})): nothing(),
    Request("aws-main", "sso-admin", "list", (("A", "1"), ("B", "2")), many=True, items="Things"): failed("cause"),
}


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
    (tmp_path / "w").write_text(json.dumps({**json.loads(saved(tmp_path)), "format": 99}), encoding="utf-8")
    with pytest.raises(XtcheckError, match="has format 99; this version reads 1"):
        World.load(tmp_path / "w")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path: Path, share: float) -> None:
    text = saved(tmp_path)
    (tmp_path / "w").write_text(text[: int(len(text) * share)], encoding="utf-8")
    with pytest.raises(XtcheckError, match="cannot read the saved world"):
        World.load(tmp_path / "w")


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
    for document in (answers, {"format": 1, "now": NOW.isoformat(), "answers": [answers]}):
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(XtcheckError):
            World.load(path)
