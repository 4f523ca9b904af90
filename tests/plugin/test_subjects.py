"""``--xt-tenant``: only matching tenants, links and AWS entries are checked, and nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Drifted, Inside
from xtcheck.snapshot import open_world

pytest_plugins = ["pytester"]

POLICY = """
applies-to: {role: source}
cross-tenant-access: {undeclared-partners: forbidden}
---
applies-to: {role: target}
cross-tenant-access: {undeclared-partners: forbidden}
---
applies-to: link
cross-tenant-access: {handshake: complete}
---
applies-to: aws
identity-center: {status: active}
"""
CODE = """
import pytest

@pytest.mark.reads("partners", tenant="shared")
def test_of_shared(evidence): pass

@pytest.mark.reads("instance", aws="main")
def test_of_aws(evidence): pass

def test_of_nobody(): pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return running.write(tmp_path / "home", running.config(), {"p.yml": POLICY, "test_own.py": CODE})


@pytest.mark.parametrize(
    "globs, chosen",
    [
        (["one"], ["one"]),
        (["one*"], ["one", "one--shared"]),
        (["*--shared"], ["one--shared", "two--shared"]),
        (["shared", "aws-*"], ["shared", "aws-main", "test_of_shared", "test_of_aws"]),
        (["t*", "two"], ["two", "two--shared"]),
    ],
    ids=str,
)
def test_only_matching_subjects_are_selected(inside: Inside, folder: Path, globs: list[str], chosen: list[str]) -> None:
    options = [f"--xt-tenant={glob}" for glob in globs]
    result = inside(folder, "--tenants=config.yml", "--collect-only", "-q", *options)
    ids = [line.split("::")[1] for line in result.outlines if "::" in line]
    assert sorted(ids) == sorted(chosen)
    result.stdout.fnmatch_lines([f"*{len(chosen)}/9 tests collected ({9 - len(chosen)} deselected)*"])


@pytest.mark.parametrize(
    "glob, hint",
    [("oen", "did you mean 'one'?"), ("x*", "valid here: aws-main, one, one--shared,"), ("ONE", "one")],
)
def test_a_glob_that_matches_nothing_is_a_usage_error(inside: Inside, folder: Path, glob: str, hint: str) -> None:
    result = inside(folder, "--tenants=config.yml", "--xt-tenant=one", f"--xt-tenant={glob}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"--xt-tenant={glob} matches nothing in config.yml; *"])
    assert hint in result.stderr.str()


def test_of_a_thousand_names_a_few_are_told(inside: Inside, folder: Path) -> None:
    sources = {f"s{number}": {"id": f"00000000-0000-4000-8000-{number:012}", "role": "source"} for number in range(99)}
    document = running.config(tenants={**sources, "shared": running.tenant("shared")})
    running.write(folder, document, {})
    result = inside(folder, "--tenants=config.yml", "--xt-tenant=nobody")
    result.stderr.fnmatch_lines(["*valid here: aws-main, s0, s0--shared, * and 170 more"])


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.soak)], ids=["alone", "two workers"])
def test_nothing_else_is_read(folder: Path, workers: tuple[str, ...]) -> None:
    ran = running.pytest(folder, "--tenants=config.yml", "--xt-tenant=two", "--xt-save-world=world", *workers)
    assert (ran.code, ran.results()["passed"]) == (0, 1)
    assert {request.place for request in open_world(folder / "world").answers} == {"two"}


def test_shards_are_joined_to_what_one_run_reports(inside: Inside, drifted: Drifted, tmp_path: Path) -> None:
    import json

    from tests.plugin.test_workers import timeless
    from xtcheck.commands.line import main

    reports = []
    for number, globs in enumerate((["one*"], ["two*", "shared"], ["aws-*"])):
        reports.append(str(tmp_path / f"{number}.json"))
        options = [*(f"--xt-tenant={glob}" for glob in globs), f"--xt-report=json:{reports[-1]}"]
        inside(drifted.folder, "--tenants=sandbox.yml", "--xt-world=out/world", "-q", *options)
    assert main(["merge", *reports, "--output", str(tmp_path / "all.json")]) == 1
    whole = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    found, alone = (timeless(report, drifted.folder) for report in (whole, drifted.report))
    assert found["checks"] == alone["checks"]
    assert (whole["run"]["exit"], whole["run"]["shards"]) == (1, 3)
