"""Checks in code: what they declare is read once, what they do not is refused, and unknown is never a pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.plugin import running
from tests.plugin.running import ROOT

GROUP = '"group", tenant="shared", group="DevOps – Shared Tenant"'

OWN = f"""
import pytest

@pytest.mark.reads({GROUP})
def test_declared(evidence):
    assert "DynamicMembership" in evidence({GROUP})["groupTypes"]

@pytest.mark.reads({GROUP})
def test_drifted(evidence):
    assert evidence({GROUP})["groupTypes"] == []

def test_undeclared(evidence):
    evidence("partner", tenant="shared", partner="one")

@pytest.mark.reads("permision-set", aws="main", permission_set="ReadOnlyAccess")
def test_misspelt(evidence):
    pass

@pytest.mark.reads("sync-secrets", link="two--shared")
def test_closed(evidence):
    pass

@pytest.mark.reads("group", tenant="shared", group="Nobody")
def test_absent(evidence):
    assert evidence("group", tenant="shared", group="Nobody") is None

@pytest.mark.reads("partners", tenant="shared")
def test_unreadable(evidence):
    pass

@pytest.mark.reads({GROUP})
def test_a_copy(evidence):
    evidence({GROUP}).clear()
    assert evidence({GROUP})

@pytest.mark.reads("tenant-users", tenant="shared")
def test_columns(evidence):
    users = evidence("tenant-users", tenant="shared")
    assert len(users) == len({{user["userPrincipalName"] for user in users}}) == users.scan().collect().height > 3

@pytest.mark.reads("tenant-users", tenant="one")
def test_no_columns(evidence):
    pass
"""

POLICY = """
applies-to: {role: target}
groups:
  DevOps – Shared Tenant:
    membership: dynamic
"""

FAULTS = """
  faults:
    - {match: {tenant: shared, path: "*partners*"}, do: {status: 403, code: Authorization_RequestDenied}}
    - {match: {tenant: one, path: "/v1.0/users?*"}, do: {cut: true}}
"""


def run(folder: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """What pytest printed, and the records of the JSON report by the test's name."""
    options = ("--tenants=config.yml", "--xt-report=json:report.json", *arguments)
    surroundings = {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "TMPDIR": str(folder / "tmp")}
    start = running.measured if arguments else running.pytest  # what two workers run is what one process does, and more
    ran = start(folder, *options, **surroundings)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return ran.text, {check["key"]: check for check in report["checks"]}


@pytest.fixture(scope="module", params=["", "-n2"], ids=["one process", "two workers"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("own")
    config = (ROOT / "sandbox.yml").read_text(encoding="utf-8").replace("policies: policies/", "policies: mine/")
    (folder / "config.yml").write_text(config + FAULTS, encoding="utf-8")
    for name in ("mine", "tmp"):
        (folder / name).mkdir()
    (folder / "mine" / "test_own.py").write_text(OWN, encoding="utf-8")
    (folder / "mine" / "policy.yml").write_text(POLICY, encoding="utf-8")
    told, records = run(folder, *filter(None, [request.param]))
    assert list((folder / "tmp").glob("xtcheck-*")) == []  # columns, too, end with the run
    return told, records


@pytest.mark.parametrize(
    "test,verdict",
    [
        ("test_declared", "compliant"),
        ("test_drifted", "drift"),
        ("test_undeclared", "drift"),
        ("test_misspelt", "unknown"),
        ("test_closed", "unknown"),
        ("test_absent", "compliant"),
        ("test_unreadable", "unknown"),
        ("test_a_copy", "compliant"),
        ("test_columns", "compliant"),
        ("test_no_columns", "unknown"),
    ],
)
def test_each_way_has_its_verdict(outcome: tuple[str, dict[str, Any]], test: str, verdict: str) -> None:
    assert outcome[1][test]["verdict"] == verdict


def test_undeclared_evidence_is_refused_with_the_line_to_add(outcome: tuple[str, dict[str, Any]]) -> None:
    assert "add the line @pytest.mark.reads('partner', tenant='shared', partner='one')" in outcome[0]


def test_a_misspelt_kind_is_answered_with_the_nearest(outcome: tuple[str, dict[str, Any]]) -> None:
    assert "did you mean 'permission-set'?" in outcome[0]


def test_an_opt_in_binds_code_too(outcome: tuple[str, dict[str, Any]]) -> None:
    assert "read only by opt-in" in outcome[1]["test_closed"]["reason"]


def test_an_unknown_has_no_traceback(outcome: tuple[str, dict[str, Any]]) -> None:
    section = re.search(r"ERROR at setup of test_unreadable.*?\n(?=_{5,}|={5,})", outcome[0], re.DOTALL)
    assert section
    assert "UNKNOWN: " in section[0]
    assert "code.py" not in section[0]


def test_code_and_statements_share_their_requests(outcome: tuple[str, dict[str, Any]]) -> None:
    own, stated = (outcome[1][key]["evidence"] for key in ("test_declared", "membership"))
    assert own == stated
