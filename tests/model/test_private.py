"""What is written for this user alone is closed to others, also where a file was there for all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from xtcheck import private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_to_all(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("what was there\n", encoding="utf-8")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("opened", [private.created, private.emptied])
def test_a_new_file_is_closed_to_others_whatever_the_umask(tmp_path: Path, opened: Callable[[Path], int]) -> None:
    before = os.umask(0)
    try:
        os.close(opened(tmp_path / "new"))
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o600


def test_a_file_that_was_open_to_all_is_emptied_and_closed_to_others(open_to_all: Path) -> None:
    with private.text(private.emptied(open_to_all)) as stream:
        stream.write("é\n")
    assert (mode(open_to_all), open_to_all.read_bytes()) == (0o600, "é\n".encode())


def test_a_file_that_is_continued_is_closed_to_others(open_to_all: Path) -> None:
    with private.text(private.appended(open_to_all)) as stream:
        stream.write("more\n")
    assert (mode(open_to_all), open_to_all.read_text(encoding="utf-8")) == (0o600, "what was there\nmore\n")


def test_a_new_file_replaces_none(open_to_all: Path) -> None:
    with pytest.raises(FileExistsError):
        private.created(open_to_all)
    assert mode(open_to_all) == 0o644


def test_what_is_no_file_keeps_its_mode(tmp_path: Path) -> None:
    """Such as /dev/null, which is everybody's."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    pipe.chmod(0o644)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.close(private.emptied(pipe))
    finally:
        os.close(reading)
    assert mode(pipe) == 0o644


def refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_file_of_somebody_else_that_cannot_be_closed_is_left_as_it_is(
    open_to_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(os, "geteuid", lambda: open_to_all.stat().st_uid + 1)
    with pytest.raises(PermissionError):
        private.emptied(open_to_all)
    assert open_to_all.read_text(encoding="utf-8") == "what was there\n"


def test_a_file_system_without_modes_is_written_all_the_same(
    open_to_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", refuse)
    os.close(private.emptied(open_to_all))
    assert open_to_all.read_text(encoding="utf-8") == ""
