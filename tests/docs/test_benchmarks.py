"""What is measured can still be measured: each part runs to its end, at a hundredth of its size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"


def lines(*parts: str) -> list[str]:
    """What is printed; a part that fails ends in a traceback."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *parts],
        env={**os.environ, "XT_BENCH_SHARE": "0.01", "XT_BENCH_RUNS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("part, figure", [("synced", "10,000 on each end"), ("expressions", "for 10,000 users")])
def test_a_quick_part_runs(part: str, figure: str) -> None:
    assert any(figure in line for line in lines(part))


@pytest.mark.soak
def test_all_parts_run() -> None:
    assert len(lines()) > 50
