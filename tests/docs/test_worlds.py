"""The guide to saved worlds runs from its first command to its last, and the matrix of shards is whole."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, Block, blocks, read, run
from xtcheck.snapshot import open_world

ENDS = re.compile(r"\s+# ends with (\d)$")
EXAMPLE = "examples/github-actions-matrix.yml"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a user has it; the tenants are the sandbox's."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copy(ROOT / "sandbox.yml", folder / "config.yml")
    return folder


@pytest.mark.parametrize("block", blocks("sh in-order"), ids=str)
def test_commands_run_in_their_order(block: Block, home: Path) -> None:
    """On Tuesday the world has drifted."""
    for line in block.text.splitlines():
        ends = ENDS.search(line)
        program, *arguments = shlex.split(ENDS.sub("", line))
        module = ["-m", "pytest"] if program == "pytest" else []
        world = "drifted" if "save-world=worlds/tuesday" in line else "blog"
        done = run([*module, *arguments], home, cwd=home, more={"XT_SANDBOX_WORLD": world})
        assert done.code == int(ends[1] if ends else 0), f"{line}\n{done.output}"


def workflow() -> dict[Any, Any]:
    document = yaml.safe_load(read(EXAMPLE))
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("block", blocks("yaml matrix"), ids=str)
def test_an_excerpt_of_the_matrix_stands_in_it(block: Block) -> None:
    assert block.text in read(EXAMPLE)


def test_the_shards_of_the_example_are_one_whole(home: Path, tmp_path: Path) -> None:
    """Judged on one saved world: what matters is what each selects, and that ``merge`` finds nothing lacking."""
    world = "worlds/monday"  # as the guide left it, when this process has run the guide
    if not (home / world).exists():
        options = ["--tenants=config.yml", "-q", f"--xt-save-world={world}"]
        saved = run(["-m", "pytest", *options], home, cwd=home)
        assert saved.code == 0, saved.output
    jobs = workflow()["jobs"]
    [check] = [step["run"] for step in jobs["check"]["steps"] if step.get("name") == "Check"]
    for shard in jobs["check"]["strategy"]["matrix"]["include"]:
        line = check.replace("${{ matrix.select }}", shard["select"]).replace("results", str(tmp_path / shard["shard"]))
        done = run([*shlex.split(line)[1:], f"--xt-world={world}"], home, cwd=home)
        assert done.code == 0, done.output
    [merge] = [step["run"] for step in jobs["merge"]["steps"] if step.get("name") == "Merge"]
    reports = [str(path) for path in sorted(tmp_path.glob("*/xtcheck.json"))]
    arguments = [word for part in shlex.split(merge)[1:] for word in (reports if "*" in part else [part])]
    done = run(arguments, home, cwd=home)
    assert done.code == 0, done.output
    report = json.loads((home / "results" / "xtcheck.json").read_text(encoding="utf-8"))
    assert len(report["checks"]) == report["run"]["selection"]["declared"]
    assert len(open_world(home / world).answers) > 0


def test_the_matrix_asks_for_no_more_than_a_token_and_the_checkout() -> None:
    jobs = workflow()["jobs"]
    assert workflow()["permissions"] == {}
    assert jobs["check"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["merge"]["permissions"] == {"contents": "read"}
    assert "secrets." not in read(EXAMPLE)
    actions = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []


def test_the_matrix_signs_in_as_the_example_without_one() -> None:
    (plain,) = yaml.safe_load(read("examples/github-actions.yml"))["jobs"].values()
    steps = workflow()["jobs"]["check"]["steps"]
    until = [step.get("name") for step in plain["steps"]].index("Check")
    assert steps[:until] == plain["steps"][:until]
