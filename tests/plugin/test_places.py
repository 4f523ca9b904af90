"""Where things lie: config and policies anywhere, a project with tests of its own, a folder outside of the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Inside

pytest_plugins = ["pytester"]

POLICY = "applies-to: {role: source}\ncross-tenant-access: {undeclared-partners: forbidden}\n"
OTHER = "applies-to: {role: target}\ncross-tenant-access: {undeclared-partners: forbidden}\n"
NODES = ["one::undeclared-partners", "two::undeclared-partners"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with tests of its own; the config lies in a folder beside it."""
    (tmp_path / "work" / "tests").mkdir(parents=True)
    (tmp_path / "work" / "pyproject.toml").touch()
    (tmp_path / "work" / "tests" / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    (tmp_path / "work" / "test_top.py").write_text("def test_top():\n    pass\n", encoding="utf-8")
    running.write(tmp_path / "else where", running.config(), {"p.yml": POLICY, "build/q.yml": OTHER})
    return tmp_path / "work"


def statements(ran: pytest.RunResult) -> list[str]:
    """What ``--co -q`` printed, without the files."""
    return [line.partition("::")[2] for line in ran.stdout.lines if re.match(r"\S.*::", line)]


@pytest.mark.parametrize("form", [("--tenants=../else where/config.yml",), ("--tenants", "../else where/config.yml")])
def test_the_config_may_lie_in_another_folder(project: Path, inside: Inside, form: tuple[str, ...]) -> None:
    stated = statements(inside(project, "--co", "-q", *form))
    assert sorted(stated) == ["one::undeclared-partners", "shared::undeclared-partners", "two::undeclared-partners"]


def test_policies_named_on_the_command_line_count_instead(project: Path, inside: Inside) -> None:
    arguments = ("--tenants=../else where/config.yml", "../work/../else where/policies/p.yml")
    assert statements(inside(project, "--co", "-q", *arguments)) == NODES


def test_a_folder_named_like_a_build_is_not_forgotten(project: Path, inside: Inside) -> None:
    folder = project.parent / "else where"
    assert "shared::undeclared-partners" in statements(inside(folder, "--co", "-q", "--tenants=config.yml"))


def test_with_tenants_a_projects_own_tests_are_not_collected(project: Path, inside: Inside) -> None:
    running.write(project, running.config(), {"p.yml": POLICY})
    assert statements(inside(project, "--co", "-q", "--tenants=config.yml", ".")) == NODES
    assert statements(inside(project, "--co", "-q", "--tenants=config.yml", "tests")) == []


def test_what_stands_beside_the_policies_is_a_check_in_code(project: Path, inside: Inside) -> None:
    running.write(project, running.config(), {"p.yml": POLICY, "test_code.py": "def test_code():\n    pass\n"})
    assert statements(inside(project, "--co", "-q", "--tenants=config.yml", ".")) == [*NODES, "test_code"]
    named = "policies/test_code.py::test_code"
    assert statements(inside(project, "--co", "-q", "--tenants=config.yml", named)) == ["test_code"]


def test_without_tenants_a_projects_own_tests_run_and_no_policy(project: Path, inside: Inside) -> None:
    running.write(project, running.config(), {"p.yml": POLICY})
    ran = inside(project, "-v")
    ran.assert_outcomes(passed=2)
    assert "xtcheck" not in ran.stdout.str().partition("collected")[2]


def test_outside_of_the_checkout_a_run_is_complete_and_a_report_that_cannot_be_written_fails_it(project: Path) -> None:
    folder = running.write(project / "own", running.config(), {"p.yml": POLICY})
    (folder / "taken").touch()
    reports = ("--xt-report=json:no/r.json", "--xt-report=json:taken/r.json")
    ran = running.pytest(folder, "--tenants", "config.yml", "-q", "-p", "no:cacheprovider", *reports)
    assert ran.results() == {"passed": 2}, ran.text
    assert (folder / "no" / "r.json").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["config.yml", "no", "policies", "taken"]
    assert "ERROR: cannot write the report" in ran.text
    assert "Traceback" not in ran.text
    assert ran.code == 4
