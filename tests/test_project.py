"""The project's own promises: what is locked, what is packaged, what its files may look like."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "xtcheck"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400


def locked() -> dict[str, tuple[Requirement, list[str]]]:
    """Each entry of the lock by canonical name, with the sha256 digests of its files."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    entries = [
        (Requirement(line.partition(" --hash")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line))
        for line in lines
    ]
    return {canonicalize_name(requirement.name): (requirement, digests) for requirement, digests in entries}


def declared() -> list[Requirement]:
    """What pyproject.toml asks for: at run time, and by every extra."""
    texts = PROJECT["project"]["dependencies"] + [text for extra in EXTRAS.values() for text in extra]
    requirements = [Requirement(text) for text in texts]
    return [requirement for requirement in requirements if requirement.name != PROJECT["project"]["name"]]


def test_the_lock_pins_every_package_with_hashes() -> None:
    loose = [
        name
        for name, (requirement, digests) in locked().items()
        if not digests or [specifier.operator for specifier in requirement.specifier] != ["=="]
    ]
    assert not loose


def test_the_lock_names_no_index_and_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.findall(r"(?m)://|^\s*-[^-]|--(?!hash=)[a-z-]+|\bfile:|(?<![\w.=+/])/\w|\s@\s", text)


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_the_lock_satisfies_what_is_declared(requirement: Requirement) -> None:
    pinned, _ = locked()[canonicalize_name(requirement.name)]
    (pin,) = pinned.specifier
    assert requirement.specifier.contains(pin.version)


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_a_dependency_has_a_lower_bound_and_no_upper_one(requirement: Requirement) -> None:
    assert [specifier.operator for specifier in requirement.specifier] == [">="]


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_an_entry_point_bears_its_modules_name() -> None:
    """Then pytest takes the entry point and a conftest's pytest_plugins for one plugin."""
    plugins: dict[str, str] = PROJECT["project"]["entry-points"]["pytest11"]
    assert plugins
    assert {name: target for name, target in plugins.items() if name != target} == {}


def test_a_checkout_registers_its_plugins_without_being_installed() -> None:
    plugins = pytest.PytestPluginManager()
    run_path(str(ROOT / "conftest.py"))["pytest_addoption"](plugins)
    assert all(plugins.hasplugin(name) for name in PROJECT["project"]["entry-points"]["pytest11"])


def test_every_rule_that_is_switched_off_has_a_reason_beside_it() -> None:
    lint = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.ruff.lint]")[2]
    rules = re.findall(r'(?m)^ {4}"[A-Z]+[0-9]*",.*$', lint)
    assert rules
    assert [rule for rule in rules if not re.search(r"#\s+\S", rule)] == []


def test_a_wheel_carries_the_types_marker_and_all_json(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(PACKAGE, checkout / "xtcheck", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=checkout, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    about = f"xtcheck-{PROJECT['project']['version']}.dist-info"
    sources = [*MODULES, *PACKAGE.rglob("*.json"), PACKAGE / "py.typed"]
    assert {path.relative_to(ROOT).as_posix() for path in sources} - packed == set()
    assert {name.partition("/")[0] for name in packed} == {"xtcheck", about}
    assert f"{about}/entry_points.txt" in packed


def test_ci_runs_exactly_make_test() -> None:
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."', "make test"]


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    assert re.search(r"(?m)^## \[Unreleased\]$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def workflow() -> dict[Any, Any]:
    """The example of a scheduled workflow."""
    document = yaml.safe_load((ROOT / "examples" / "github-actions.yml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_example_workflow_asks_for_no_more_than_a_token_and_the_checkout() -> None:
    (job,) = workflow()["jobs"].values()
    assert workflow()["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_the_example_workflow_pins_its_actions_and_keeps_every_report() -> None:
    (job,) = workflow()["jobs"].values()
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []
    (check,) = [step["run"] for step in job["steps"] if "pytest" in step.get("run", "")]
    (kept,) = [step["with"]["path"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    reports = re.findall(r"--(?:xt-report=json:|junitxml=|alluredir=)(\S+)", check)
    assert len(reports) == 3
    assert all(report.startswith(kept) for report in reports)


def test_the_example_workflow_stores_no_secret() -> None:
    assert "secrets." not in (ROOT / "examples" / "github-actions.yml").read_text(encoding="utf-8")
