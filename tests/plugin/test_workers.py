"""With ``-n 2`` the controller reads once, workers judge, and everything comes out as without."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.plugin import golden, running
from tests.plugin.conftest import Drifted
from tests.plugin.running import ROOT, Json, Ran

SPY = """
import json, os, stat, sys
from pathlib import Path

WORLDS = []

def mode(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))

def pytest_runtest_setup(item):
    given = getattr(item.config, "workerinput", None)
    if given and not WORLDS:
        world = Path(given["xtcheck_world"])
        WORLDS.append([str(world), mode(world.parent), mode(world)])

def pytest_sessionfinish(session):
    sdk = "msgraph_core" in sys.modules or "boto3" in sys.modules
    seen = {"worker": hasattr(session.config, "workerinput"), "sdk": sdk, "worlds": WORLDS}
    Path(os.environ["SEEN"], f"{os.getpid()}.json").write_text(json.dumps(seen))
"""


@dataclass(frozen=True)
class Parallel:
    """The drifted run again, by two workers; and what a spy saw in each process."""

    ran: Ran
    report: Json
    spied: list[Json]
    left: list[Path]


@pytest.fixture(scope="module")
def parallel(tmp_path_factory: pytest.TempPathFactory) -> Parallel:
    folder = tmp_path_factory.mktemp("parallel")
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copy(ROOT / "sandbox.yml", folder)
    (folder / "spy.py").write_text(SPY, encoding="utf-8")
    for name in ("seen", "tmp"):
        (folder / name).mkdir()
    places = {"PYTHONPATH": str(folder), "SEEN": str(folder / "seen"), "TMPDIR": str(folder / "tmp")}
    options = ("--tenants=sandbox.yml", "--xt-report=json:report.json", "-p", "spy", "-n", "2")
    ran = running.pytest(folder, *options, XT_SANDBOX_WORLD="drifted", **places)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    spied = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "seen").iterdir()]
    return Parallel(ran, report, spied, list((folder / "tmp").glob("xtcheck*")))


def timeless(report: Json, folder: Path) -> Json:
    """A report without what differs between two runs of one thing, as the drifted world's yesterday does."""
    for name in ("began", "ended"):
        del report["run"][name]
    for cost in report["tenants"]:
        del cost["seconds"]
    for check in report["checks"]:
        for request in check["evidence"]:
            del request["at"], request["seconds"]
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "WHEN", json.dumps(report))  # of the sandbox's own sign-ins
    return json.loads(golden.normal(text, folder))


def test_the_results_are_those_of_a_run_without_workers(parallel: Parallel, drifted: Drifted) -> None:
    assert parallel.ran.code == drifted.ran.code
    assert parallel.ran.results() == drifted.ran.results()
    found, alone = (timeless(report, drifted.folder) for report in (parallel.report, drifted.report))
    for check, other in zip(found.pop("checks"), alone.pop("checks"), strict=True):
        assert check == other
    assert found == alone


def test_the_summary_is_that_of_a_run_without_workers(parallel: Parallel, drifted: Drifted) -> None:
    def table(ran: Ran) -> str:
        return ran.text.partition("\ntenant ")[2].partition("\nread ")[0]  # what reading took is never the same

    assert table(parallel.ran)
    assert table(parallel.ran) == table(drifted.ran)


def test_only_the_controller_reads(parallel: Parallel) -> None:
    assert [seen["worker"] for seen in parallel.spied if seen["sdk"]] == [False]
    assert len(parallel.spied) == 3


def test_the_world_is_private_and_gone_afterwards(parallel: Parallel) -> None:
    worlds = [seen["worlds"][0] for seen in parallel.spied if seen["worker"]]
    assert {tuple(modes) for _, *modes in worlds} == {("0o700", "0o600")}
    assert len({path for path, *_ in worlds}) == 1
    assert parallel.left == []
