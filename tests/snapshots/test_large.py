"""A tenant with many users is saved, opened and redacted with little more memory than the run holds anyway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.snapshots.worlds import ROOT, Json

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system does not tell what a process has held")

MARGIN = 30
"""Megabytes that saving may take besides; a million users are 400."""


def step(name: str, count: int, folder: Path) -> Json:
    command = [sys.executable, "-m", "tests.snapshots.large", str(count), str(folder), name]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, check=True, timeout=1500
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_saving_holds_little_more_and_opening_no_more_than_the_run(tmp_path: Path, count: int) -> None:
    saved = step("save", count, tmp_path / "world")
    assert saved["most"] - saved["held"] < MARGIN
    assert len([path for path in (tmp_path / "world").rglob("*") if path.is_file()]) == 2
    assert step("open", count, tmp_path / "world")["most"] < saved["held"] + MARGIN


@pytest.mark.parametrize("count", [2_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_redacting_holds_the_words_besides_and_no_second_world(tmp_path: Path, count: int) -> None:
    redacted = step("redact", count, tmp_path / "world")
    assert redacted["most"] - redacted["held"] < MARGIN + 200 * count / 1_000_000
    assert step("open", count, tmp_path / "world")["users"] == count
