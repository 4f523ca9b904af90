"""A mistaken config.yml or option: pytest ends with exit code 4 and says what is wrong, and nothing is read."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Inside
from tests.plugin.running import Ran

pytest_plugins = ["pytester"]

POLICY = "applies-to: {role: source}\ncross-tenant-access: {undeclared-partners: forbidden}\n"
SECRET = "abc8Q~" + "x" * 34
MISTAKEN = f"""
policies: nowhere/
polices: policies/
tenants:
  one:
    id: contoso.com
    role: source
  two:
    id: 0e1d0a10-7c5f-4b6e-9a51-a1c0de000002
    role: sourse
  three:
    id: 0e1d0a10-7c5f-4b6e-9a51-a1c0de000003
    role: source
    credential: {{type: client-secret, client-id: [x], secret: {SECRET}}}
  shared:
    id: 0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ff
    role: target
    ca-bundle: no.pem
    endpoints: {{graph: "http://localhost"}}
links: [{{from: nobody, to: shared}}]
aws:
  main: {{federated-from: sharde, account: 111122223333, region: us-east-1}}
"""


def refused(ran: Ran, *parts: str) -> None:
    """The run was refused for what config.yml or an option says, without a traceback and without a result."""
    assert ran.code == 4, ran.text
    assert "Traceback" not in ran.text
    assert not re.search(r"passed|failed", ran.text)
    for part in parts:
        assert part in ran.text


def refused_inside(ran: pytest.RunResult, *parts: str) -> None:
    """The same of a run in this process."""
    refused(Ran(int(ran.ret), ran.stdout.str() + ran.stderr.str()), *parts)


def test_a_config_that_is_not_there_is_named(tmp_path: Path, inside: Inside) -> None:
    refused_inside(inside(tmp_path, "--tenants=nix.yml"), "nix.yml", "No such file", "check the path")


def test_a_config_that_cannot_be_read_is_named(tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "config.yml").mkdir()
    refused_inside(inside(tmp_path, "--tenants=config.yml"), "config.yml", "cannot read", "permissions")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whom permissions do not bind")
def test_a_config_that_may_not_be_read_is_named(tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "config.yml").touch(mode=0o000)
    refused_inside(inside(tmp_path, "--tenants=config.yml"), "config.yml", "Permission denied", "permissions")


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("mistaken")
    (folder / "config.yml").write_text(MISTAKEN, encoding="utf-8")
    return running.pytest(folder, "--tenants=config.yml")


@pytest.mark.parametrize(
    "line, what, hint",
    [
        (2, "there is no 'nowhere/'", "relative to this file"),
        (3, "unknown key 'polices'", "did you mean 'policies'?"),
        (6, "'contoso.com' is a domain name", "a GUID"),
        (10, "'sourse' is no role", "did you mean 'source'?"),
        (14, "an Entra client secret stands in config.yml", "replace the secret"),
        (18, "there is no file 'no.pem'", "relative to this file"),
        (19, "is no https URL", "https://"),
        (20, "there is no tenant 'nobody'", "declared: "),
        (22, "there is no tenant 'sharde'", "did you mean 'shared'?"),
    ],
)
def test_every_mistake_is_told_at_once_with_its_place_and_a_hint(
    mistaken: Ran, line: int, what: str, hint: str
) -> None:
    refused(mistaken)
    told = [text for text in mistaken.text.splitlines() if re.match(rf"config\.yml:{line}:\d+: ", text)]
    assert any(what in text and hint in text for text in told), mistaken.text


def test_a_pasted_secret_is_not_repeated(mistaken: Ran) -> None:
    assert SECRET not in mistaken.text
    assert "8Q~" not in mistaken.text


def test_a_world_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    running.write(tmp_path, running.config(sandbox={"world": "blgo"}), {"p.yml": POLICY})
    refused(running.pytest(tmp_path, "--tenants=config.yml"), "blgo", "blog", "drifted")


def test_a_world_that_does_not_exist_is_named_under_workers_too(tmp_path: Path) -> None:
    running.write(tmp_path, running.config(sandbox={"world": "blgo"}), {"p.yml": POLICY})
    refused(running.pytest(tmp_path, "--tenants=config.yml", "-n", "1"), "blgo", "drifted")


def test_a_report_of_an_unknown_format_is_refused(tmp_path: Path, inside: Inside) -> None:
    running.write(tmp_path, running.config(), {"p.yml": POLICY})
    refused_inside(inside(tmp_path, "--tenants=config.yml", "--xt-report=jsn:x"), "jsn", "did you mean 'json'?")


def test_a_policy_that_is_not_there_is_named(tmp_path: Path, inside: Inside) -> None:
    running.write(tmp_path, running.config(), {"p.yml": POLICY})
    refused_inside(inside(tmp_path, "--tenants=config.yml", "policies/q.yml"), "policies/q.yml")
