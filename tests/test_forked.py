"""Runs that are forked are as those that are started, and are held to write nothing that nobody asked them for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import forked
from tests.plugin import running

ALIAS = "applies-to: {tenant: shared}\ngroups: {DevOps – Shared Tenant: {state: present}}\n"
WRITER = """
import httpx
from xtcheck.sandbox import Sandbox

start = Sandbox.start

def begun(sandbox):
    start(sandbox)
    graph = sandbox.connection["tenants"]["shared"]["endpoints"]["graph"]
    httpx.patch(f"{graph}/v1.0/groups/x", json={}, verify=False)
    return sandbox

Sandbox.start = begun
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return running.write(tmp_path, running.config(), {"shared.yml": ALIAS})


@pytest.mark.skipif(not forked.FORKS, reason="nothing is forked here")
@pytest.mark.parametrize("asked", [(), ("--remediate",)], ids=["reads", "writes"])
def test_a_run_that_writes_unasked_to_a_sandbox_of_its_own_fails(folder: Path, asked: tuple[str, ...]) -> None:
    (folder / "conftest.py").write_text(WRITER, encoding="utf-8")
    ran = running.pytest(folder, "--tenants=config.yml", "-p", "no:cacheprovider", *asked)
    told = "a run without --remediate or --remediate-unsafe has written: ['PATCH /v1.0/groups/x']"
    assert (ran.code == forked.HAS_WRITTEN, told in ran.text) == (not asked, not asked), ran.text


def test_a_forked_run_says_what_a_started_one_says(folder: Path) -> None:
    def said(**environment: str) -> tuple[int, list[str]]:
        ran = running.pytest(folder, "--tenants=config.yml", "-p", "no:cacheprovider", **environment)
        return ran.code, [line for line in ran.text.splitlines() if not any(sign.isdigit() for sign in line)]

    assert said() == said(PYTHONHASHSEED="1")
