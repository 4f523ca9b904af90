"""A run that is ended by SIGTERM, as a cancelled CI job is, leaves nothing of the tenants behind."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.running import ROOT, Ran

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

SPY = """
import json, os, signal, stat, tempfile
from pathlib import Path

def pytest_runtest_setup(item):
    worker = hasattr(item.config, "workerinput")
    found = {
        str(path.relative_to(tempfile.gettempdir())): oct(stat.S_IMODE(path.stat().st_mode))
        for folder in Path(tempfile.gettempdir()).glob("xtcheck-*")
        for path in folder.rglob("*") if path.is_file()
    }
    seen = Path(os.environ["SEEN"])
    seen.with_suffix(".part").write_text(json.dumps(found))
    seen.with_suffix(".part").rename(seen)
    if os.environ["AT"] == "setup":
        os.kill(os.getppid() if worker else os.getpid(), signal.SIGTERM)

def pytest_sessionfinish(session):
    if os.environ["AT"] == "finish":
        os.kill(os.getpid(), signal.SIGTERM)

def pytest_unconfigure():
    if os.environ["AT"] == "unconfigure":
        os.kill(os.getpid(), signal.SIGTERM)
"""


def run(folder: Path, at: str, *options: str) -> Ran:
    """A run that gets a SIGTERM, and wrote down before what temporary files there were."""
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copy(ROOT / "sandbox.yml", folder)
    (folder / "spy.py").write_text(SPY, encoding="utf-8")
    (folder / "tmp").mkdir()
    places = {"PYTHONPATH": str(folder), "SEEN": str(folder / "seen.json"), "TMPDIR": str(folder / "tmp"), "AT": at}
    options = ("--tenants=sandbox.yml", "-p", "spy", "-k", "as-rule", "--xt-report=json:report.json", *options)
    ran = running.pytest(folder, *options, **places)
    assert [path.name for path in (folder / "tmp").glob("xtcheck-*")] == []
    return ran


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "1"), marks=pytest.mark.soak)], ids=["alone", "worker"])
def test_sigterm_ends_a_run_as_ctrl_c_does_and_nothing_stays(tmp_path: Path, workers: tuple[str, ...]) -> None:
    ran = run(tmp_path, "setup", *workers)
    assert ran.code == pytest.ExitCode.INTERRUPTED, ran.text
    assert "KeyboardInterrupt" in ran.text
    assert "never retrieved" not in ran.text

    seen: dict[str, str] = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert {Path(name).suffix for name in seen} == {".parquet", *([".json"] if workers else [])}
    assert set(seen.values()) == {"0o600"}
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["run"]["exit"] == 2


@pytest.mark.parametrize("at", ["finish", pytest.param("unconfigure", marks=pytest.mark.soak)])
def test_sigterm_at_the_end_of_a_run_interrupts_it_no_more(tmp_path: Path, at: str) -> None:
    ran = run(tmp_path, at)
    assert ran.code == pytest.ExitCode.OK, ran.text
    assert "Traceback" not in ran.text
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["run"]["exit"] == 0
