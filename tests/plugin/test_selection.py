"""pytest's own options choose checks as they choose tests, and what is not chosen is not read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Inside
from tests.plugin.test_unreadable import live_config
from xtcheck.sandbox import Sandbox

HEAVY = (
    "msgraph",
    "kiota_http",
    "azure",
    "boto3",
    "botocore",
    "httpx",
    "aiohttp",
    "xtcheck.sandbox",
    "xtcheck.clients",
)
SPY = f"""
import sys

def pytest_unconfigure():
    print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
pytest_plugins = ["pytester"]

ODD = "a[b]::c > %5B – d"
POLICIES = {
    "one.yml": """
applies-to: {tenant: one}
cross-tenant-access:
  partners:
    each-target:
      automatic-redemption-outbound: true
      trust-mfa: inherit
      automatic-redemption-inbound: {expect: true, severity: minor}
      b2b-collaboration-inbound: inherit
""",
    "two.yaml": f"""
applies-to: {{tenant: shared}}
groups:
  DevOps – Shared Tenant: {{state: present, processing: on}}
  "{ODD}": {{state: present}}
""",
}
CODE = """
import pytest

@pytest.fixture
def group(evidence):
    print("the group is", evidence("group", tenant="shared", group="DevOps – Shared Tenant")["displayName"])

@pytest.mark.reads("group", tenant="shared", group="DevOps – Shared Tenant")
def test_a_group(group):
    raise NotImplementedError
"""
"""Two statements of seven are not true: automatic-redemption-inbound, and the odd group."""
FALSE = "policies/one.yml::one::partner.shared.automatic-redemption-inbound"
GROUP = "policies/two.yaml::shared::group.DevOps – Shared Tenant"
PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Against a sandbox that cannot be started: nothing here may try."""
    (tmp_path / "spy.py").write_text(SPY, encoding="utf-8")
    return running.write(tmp_path, running.config(sandbox={"world": "no such world"}), POLICIES)


def collected(text: str) -> list[str]:
    return re.findall(r"(?m)^(policies/\S+?::.*)$", text)


def test_collecting_reads_nothing_and_loads_no_sdk(project: Path) -> None:
    ran = running.pytest(project, "--tenants=config.yml", "--co", "-q", "-p", "spy", PYTHONPATH=str(project))
    assert ran.code == 0, ran.text
    assert "LOADED []" in ran.text
    assert len(collected(ran.text)) == 7


@pytest.mark.parametrize("option", ["--setup-plan", "--fixtures", "--fixtures-per-test"])
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "worker"])
def test_showing_what_would_run_reads_nothing_and_tells_of_no_check(
    project: Path, option: str, workers: tuple[str, ...]
) -> None:
    (project / "policies" / "test_code.py").write_text(CODE, encoding="utf-8")
    ran = running.pytest(project, "--tenants=config.yml", option, *workers, "--xt-report=json:out.json")
    assert ran.code == 0, ran.text
    assert "to read:" not in ran.text
    assert not (project / "out.json").exists()


def test_fixtures_that_are_set_up_alone_may_look_at_what_is_there(live: Sandbox, tmp_path: Path) -> None:
    document, secrets = live_config(live)
    folder = running.write(tmp_path, document, {"one.yml": POLICIES["one.yml"], "test_code.py": CODE})
    ran = running.pytest(folder, "--tenants=config.yml", "--setup-only", "-s", **secrets)
    assert ran.code == 0, ran.text
    assert "the group is DevOps" in ran.text


def test_help_loads_no_sdk_and_tells_the_options(project: Path) -> None:
    ran = running.pytest(project, "--tenants=config.yml", "--help", "-p", "spy", PYTHONPATH=str(project))
    assert ran.code == 0
    assert "LOADED []" in ran.text
    assert {"--tenants=CONFIG", "--xt-report=FORMAT:PATH"} <= set(ran.text.split())


@pytest.mark.parametrize(
    "arguments, count",
    [
        (("-k", "redemption"), 2),
        (("-k", "partner and not redemption"), 2),
        (("-m", 'check(severity="minor")'), 1),
        (("-m", 'check(tenant="shared", area="groups")'), 3),
        (("-k", "DevOps"), 2),
        (("policies/two.yaml",), 3),
        (("policies/two.yaml::shared",), 3),
        ((f"{GROUP}.processing", "policies/one.yml::one::partner.shared.trust-mfa"), 2),
        (("--deselect", FALSE), 6),
        (("--ignore=policies/one.yml",), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_checks_are_chosen_like_tests(project: Path, inside: Inside, arguments: tuple[str, ...], count: int) -> None:
    ran = inside(project, "--tenants=config.yml", "--co", "-q", *arguments)
    assert ran.ret == 0
    assert len(collected(ran.stdout.str())) == count


def test_a_run_remembers_what_failed_whatever_its_name(live: Sandbox, tmp_path: Path) -> None:
    document, secrets = live_config(live)
    running.write(tmp_path, document, POLICIES)
    whole = running.pytest(tmp_path, "--tenants=config.yml", **secrets)
    assert whole.results() == {"failed": 2, "passed": 5}, whole.text
    live.state.log.clear()
    again = running.pytest(tmp_path, "--tenants=config.yml", "--lf", "-v", **secrets)
    assert again.results() == {"failed": 2, "deselected": 5}, again.text
    assert "policies/two.yaml::shared::group.a%5Bb%5D%3A%3Ac %3E %255B – d.state FAILED" in again.text
    assert len([entry for entry in live.state.log.entries if entry.service == "graph"]) == 2


def test_a_run_can_stop_at_a_failure_and_go_on_from_there(live: Sandbox, tmp_path: Path) -> None:
    document, secrets = live_config(live)
    running.write(tmp_path, document, POLICIES)
    stepped = running.pytest(tmp_path, "--tenants=config.yml", "--sw", **secrets)
    assert stepped.results() == {"failed": 1, "passed": 2}, stepped.text
    went_on = running.pytest(tmp_path, "--tenants=config.yml", "--sw-skip", "-x", **secrets)
    assert went_on.results() == {"failed": 1, "deselected": 2}, went_on.text


def test_only_what_is_chosen_is_read(live: Sandbox, tmp_path: Path) -> None:
    document, secrets = live_config(live)
    running.write(tmp_path, document, POLICIES)
    ran = running.pytest(tmp_path, "--tenants=config.yml", f"{GROUP}.state", "-p", "no:cacheprovider", **secrets)
    assert ran.results() == {"passed": 1}, ran.text
    assert ran.code == 0
    assert "(live tenants)" in ran.text
    assert {entry.tenant for entry in live.state.log.entries} <= {"shared", None}
    assert not (tmp_path / ".pytest_cache").exists()


@pytest.mark.parametrize("absent", ["xdist", "allure_pytest", "cacheprovider"])
def test_the_plugin_works_without_its_neighbours(project: Path, inside: Inside, absent: str) -> None:
    ran = inside(project, "--tenants=config.yml", "--co", "-q", "-p", f"no:{absent}")
    assert ran.ret == 0
    assert len(collected(ran.stdout.str())) == 7
