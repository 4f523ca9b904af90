"""The command line: what it prints, and how it says no."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.running import ROOT
from xtcheck import __version__
from xtcheck.commands.line import main

POLICY = "applies-to: {role: source}\ncross-tenant-access: {undeclared-partners: forbidden}\n"


def test_python_m_xtcheck_is_the_command_line(tmp_path: Path) -> None:
    ran = running.python(tmp_path, "-m", "xtcheck", "--version")
    assert (ran.code, ran.text) == (0, f"xtcheck {__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["sandbx"], ["docs", "--chek"], ["sandbox", "--port=x"]])
def test_a_mistaken_command_line_is_refused_with_what_would_be_right(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m xtcheck" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "sandbox", "docs", "permissions"])
def test_help_is_for_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert f"usage: python -m xtcheck {command}".strip() in capsys.readouterr().out


# --- docs -----------------------------------------------------------------------------------------------------------


def test_the_generated_files_of_the_checkout_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check", "--root", str(ROOT)]) == 0
    assert capsys.readouterr().out == ""


def test_stale_and_missing_files_are_named_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("docs", "policies"):
        shutil.copytree(ROOT / name, tmp_path / name)
    stale = tmp_path / "docs" / "settings.md"
    stale.write_text("old", encoding="utf-8")
    (tmp_path / "policies" / "schema.json").unlink()
    assert main(["docs", "--check", "--root", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["docs/settings.md", "policies/schema.json"]
    assert all("run python -m xtcheck docs" in line for line in told)
    assert stale.read_text(encoding="utf-8") == "old"


def test_docs_writes_what_lacks_and_then_all_is_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = shutil.copytree(ROOT / "docs" / "areas", tmp_path / "docs" / "areas")
    assert main(["docs", "--root", str(tmp_path)]) == 0
    assert main(["docs", "--check", "--root", str(tmp_path)]) == 0
    files = (path for path in tmp_path.rglob("*") if path.is_file() and path.parent != pages)
    written = {path.relative_to(tmp_path).as_posix() for path in files}
    assert {line.removesuffix(": written") for line in capsys.readouterr().out.splitlines()} == written


# --- permissions ----------------------------------------------------------------------------------------------------


def test_permissions_are_the_least_that_the_policies_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["permissions", "--tenants", "sandbox.yml"]) == 0
    told = capsys.readouterr().out
    tenants = {
        place: set(lines.split()) for place, lines in re.findall(r"(?m)^(one|two|shared):\n((?:  \S+\n)+)", told)
    }
    assert set(tenants) == {"one", "two", "shared"}
    assert tenants["one"] - tenants["two"] == {"Synchronization.ReadWrite.All"}, "only where read-secrets opts in"
    assert "Policy.Read.All" in tenants["shared"]
    policy = json.loads(told[told.index("{") : told.rindex("}") + 1])
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Allow"
    verbs = {action.partition(":")[2] for action in statement["Action"]}
    assert all(re.match(r"(Get|List|Describe|Is|Lookup)", verb) for verb in verbs)
    assert "sts:GetCallerIdentity" in statement["Action"]


@pytest.mark.parametrize(
    "config, policy, told",
    [
        (None, POLICY, "config.yml:1:1: cannot read the file"),
        ({"topology": "mesh"}, POLICY, "in a mesh every tenant has the role both"),
        ({}, POLICY.replace("undeclared", "undclared"), "p.yml:2:"),
    ],
    ids=["no config", "mistaken config", "mistaken policy"],
)
def test_a_mistake_is_told_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: running.Json,
    policy: str,
    told: str,
) -> None:
    if config is not None:
        running.write(tmp_path, running.config(**config), {"p.yml": policy})
    monkeypatch.chdir(tmp_path)
    assert main(["permissions", "--tenants", "config.yml"]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.startswith("xtcheck: ")
    assert printed.out == ""
