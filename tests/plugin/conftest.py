"""Runs that several tests look at, each made once, and one live sandbox for configs that name their endpoints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.plugin import running
from tests.plugin.running import ROOT, Json, Ran
from xtcheck.sandbox import Sandbox

KEPT = (yaml,)
"""Loaded before pytester looks: what its runs load it forgets, but the C half of YAML cannot be loaded again."""

Inside = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def lasting() -> None:
    """What a run inside would import is forgotten after it; polars, imported twice, no longer knows its own types."""
    import_module("polars")


@pytest.fixture
def inside(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, lasting: None) -> Inside:
    """Runs pytest in a folder, in this process: for what loads no SDK. A process would cost a second."""

    def run(folder: Path, *arguments: str) -> pytest.RunResult:
        monkeypatch.chdir(folder)
        return pytester.runpytest_inprocess(*arguments)

    return run


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@dataclass(frozen=True)
class Drifted:
    """The run of the project's own policies against the world ``drifted``, with every report, and the world."""

    folder: Path
    ran: Ran

    @property
    def report(self) -> Json:
        return json.loads((self.folder / "out" / "report.json").read_text(encoding="utf-8"))

    @property
    def world(self) -> Path:
        return self.folder / "out" / "world"

    @property
    def checks(self) -> dict[str, Json]:
        return {check["check"]: check for check in self.report["checks"]}

    @property
    def cases(self) -> dict[str, ET.Element]:
        tree = ET.parse(self.folder / "out" / "junit.xml")  # noqa: S314  # written by the run itself
        return {f"{case.get('classname')}::{case.get('name')}": case for case in tree.iter("testcase")}

    @property
    def allure(self) -> dict[str, Json]:
        paths = (self.folder / "allure").glob("*-result.json")
        return {found["name"]: found for found in (json.loads(path.read_text(encoding="utf-8")) for path in paths)}


@pytest.fixture(scope="session")
def drifted(common: Path) -> Drifted:
    def make(folder: Path) -> None:
        shutil.copytree(ROOT / "policies", folder / "policies")
        shutil.copy(ROOT / "sandbox.yml", folder)
        ran = running.measured(
            folder,
            "--tenants=sandbox.yml",
            "--xt-report=json:out/report.json",
            "--junitxml=out/junit.xml",
            "--alluredir=allure",
            "--xt-save-world=out/world",
            XT_SANDBOX_WORLD="drifted",
        )
        (folder / "code").write_text(str(ran.code), encoding="utf-8")
        (folder / "text").write_text(ran.text, encoding="utf-8")

    folder = running.once(common / "drifted", make)
    code, text = (folder / name for name in ("code", "text"))
    return Drifted(folder, Ran(int(code.read_text(encoding="utf-8")), text.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def _live() -> Iterator[Sandbox]:
    with Sandbox("blog") as sandbox:
        sandbox.state.snapshot()
        yield sandbox


@pytest.fixture
def live(_live: Sandbox) -> Iterator[Sandbox]:
    """A running sandbox, as it was, with an empty log; no run of these tests may write, for none is asked to."""
    _live.state.log.clear()
    yield _live
    assert _live.state.log.counters["writes"] == 0, "a run without --remediate has written"
    _live.state.faults.put([])
    _live.state.restore()
