"""Whole runs that put right: as a person starts them, what they print and report, what they send, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.forked import may_write
from tests.gates.living import Living
from tests.plugin.running import Ran, measured, python, unmeasured, write
from tests.plugin.running import pytest as run_pytest
from xtcheck.report.schema import schema

Json = Any

POLICY = """
applies-to: {role: target}
cross-tenant-access:
  partners:
    one: {state: present, trust-mfa: true, b2b-direct-connect-inbound: inherit, trust-compliant-device: false}
"""
PARTNER = "/tenants/shared/crossTenantAccessPolicy/partners/{one}"


SPY = """
import json, sys
from pathlib import Path

def pytest_sessionfinish(session):
    loaded = {name: module for name, module in sys.modules.items() if name.startswith("xtcheck.")}
    classes = {each for module in loaded.values() for each in vars(module).values() if isinstance(each, type)}
    own = [each for each in classes if each.__module__.startswith("xtcheck.clients")]
    able = [each for each in own if hasattr(each, "write")]
    Path("seen.json").write_text(json.dumps({
        "classes": sorted(f"{each.__module__}.{each.__name__}" for each in own),
        "able": sorted(f"{each.__module__}.{each.__name__}" for each in able),
        "writers": sorted(name for name in loaded if "writer" in name or name.startswith("xtcheck.remediation")),
    }))
"""


@pytest.fixture
def home(running: Living, tmp_path: Path) -> Path:
    """A folder as a person has it: tenants by their addresses, a client that reads and another that writes."""
    known = running.connection
    tenants: Json = {}
    for alias in ("one", "shared"):
        served = known["tenants"][alias]
        tenants[alias] = {
            "id": served["id"],
            "role": "target" if alias == "shared" else "source",
            "endpoints": served["endpoints"],
            "ca-bundle": known["ca"],
            "credential": {"type": "client-secret", "client-id": served["client-id"], "secret": {"env": f"XT_{alias}"}},
            "write-credential": {
                "type": "client-secret", "client-id": served["write"]["client-id"], "secret": {"env": f"XT_W_{alias}"},
            },
        }  # fmt: skip
    document = {
        "policies": "policies",
        "tenants": tenants,
        "topology": "many-to-one",
        "remediation": {"windows": {"cross-tenant-access": {"every": 0.1, "for": 0.2}}},
    }
    return write(tmp_path, document, {"target.yml": POLICY})


def secrets(living: Living) -> dict[str, str]:
    found: dict[str, str] = {}
    for alias in ("one", "shared"):
        served = living.connection["tenants"][alias]
        found |= {f"XT_{alias}": served["client-secret"], f"XT_W_{alias}": served["write"]["client-secret"]}
    return found


def drift(living: Living) -> None:
    """One change that only loosening puts right, and one that tightening does."""
    partner = PARTNER.format(one=living.connection["tenants"]["one"]["id"])
    living.drift(
        {"op": "replace", "path": f"{partner}/inboundTrust/isMfaAccepted", "value": False},
        {"op": "replace", "path": f"{partner}/inboundTrust/isCompliantDeviceAccepted", "value": True},
    )
    living.forget_log()


def run(living: Living, home: Path, *arguments: str) -> Ran:
    """A run as a person starts it; without an option that allows it, it writes nothing."""
    before = living.wrote
    ran = run_pytest(home, "--tenants=config.yml", *arguments, **secrets(living))
    assert may_write(arguments) or living.wrote == before, "a run without --remediate has written"
    return ran


def writes(living: Living) -> list[str]:
    return [f"{entry['method']} {entry['path']}" for entry in living.log() if entry["write"]]


def test_a_run_makes_the_safe_changes_and_says_what_it_held_back(living: Living, home: Path) -> None:
    drift(living)
    reports = ["--xt-report=json:out.json", "--junitxml=out.xml", "--alluredir=allure", "-rA"]
    ran = measured(home, "--tenants=config.yml", "--remediate", *reports, **secrets(living))
    assert ran.code == 1, ran.text
    assert ran.results() == {"failed": 1, "passed": 2, "remediated": 1}
    assert len(writes(living)) == 1
    assert "applied: 1 change\n" in ran.text
    assert "held back: 1 change, which --remediate-unsafe would allow\n" in ran.text
    assert "  mending    change shared/partner.one: held back, --remediate-unsafe would allow it\n" in ran.text

    report = json.loads((home / "out.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema()).validate(report)
    outcomes = {
        check["check"]: (check["outcome"], (check["change"] or {}).get("outcome")) for check in report["checks"]
    }
    assert outcomes == {
        "shared/partner.one.state": ("passed", None),
        "shared/partner.one.trust-mfa": ("failed", "held back"),
        "shared/partner.one.trust-compliant-device": ("remediated", "applied"),
        "shared/partner.one.b2b-direct-connect-inbound": ("passed", None),
    }
    told = report["run"]["remediation"]
    assert (told["mode"], told["allowed"], told["refused"]) == ("apply", "safe", [])
    applied, held = told["changes"]
    assert (applied["outcome"], held["outcome"]) == ("applied", "held back")
    assert applied["places"] == [{"path": "inboundTrust.isCompliantDeviceAccepted", "before": "true", "after": "false"}]
    shared = living.connection["tenants"]["shared"]
    assert told["who"] == {"shared": {"as": shared["write"]["client-id"], "in": shared["id"]}}
    lines = [json.loads(line) for line in (home / told["journal"]).read_text(encoding="utf-8").splitlines()]
    [sent] = [line["at"] for line in lines if line["line"] == "send"]
    assert (applied["at"], held["at"]) == (sent, None)

    tree = ET.parse(home / "out.xml")  # noqa: S314  # written by the run itself
    marked = [
        case.get("name")
        for case in tree.iter("testcase")
        if case.find("properties/property[@name='remediated']") is not None
    ]
    assert marked == ["partner.one.trust-compliant-device"]
    results = [json.loads(path.read_text(encoding="utf-8")) for path in (home / "allure").glob("*-result.json")]
    tagged = [found["name"] for found in results if {"name": "tag", "value": "remediated"} in found["labels"]]
    assert tagged == ["shared/partner.one.trust-compliant-device"]


@pytest.mark.soak
def test_a_plan_is_shown_kept_made_and_taken_back(living: Living, home: Path) -> None:
    drift(living)
    before = living.state()
    planned = run(living, home, "--remediate-plan", "--remediate-unsafe", "--xt-save-plan=plan.json")
    assert planned.code == 1
    assert writes(living) == []
    assert "    inboundTrust.isMfaAccepted: false -> true\n" in planned.text
    assert "planned: 1 change\n" in planned.text

    refused = run(living, home, "--xt-apply-plan=plan.json")
    assert (refused.code, "add --remediate-unsafe to make them" in refused.text) == (4, True)

    one = living.connection["tenants"]["one"]["id"]
    consent = f"{PARTNER.format(one=one)}/automaticUserConsentSettings"
    was = before["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"][one]["automaticUserConsentSettings"]
    living.drift({"op": "replace", "path": consent, "value": {"inboundAllowed": False}})
    besides = run(living, home, "--xt-apply-plan=plan.json", "--remediate-unsafe")
    assert (besides.code, writes(living)) == (1, [])
    told = "change shared/partner.one is of an object that changed: automaticUserConsentSettings; make a"
    assert f"refused: something moved since the plan was made: {told}" in besides.text
    living.drift({"op": "replace", "path": consent, "value": was})

    made = run(living, home, "--xt-apply-plan=plan.json", "--remediate-unsafe")
    assert made.code == 0, made.text
    assert made.results() == {"passed": 2, "remediated": 2}
    assert len(writes(living)) == 1

    moved = run(living, home, "--xt-apply-plan=plan.json", "--remediate-unsafe")
    assert moved.code == 1
    assert "something moved since the plan was made: change shared/partner.one is no longer to be made" in moved.text
    assert len(writes(living)) == 1

    [journal] = (home / "xtcheck-journals").iterdir()
    undone = python(home, "-m", "xtcheck", "undo", str(journal), "--tenants=config.yml", **secrets(living))
    assert undone.code == 0, undone.text
    assert "applied: change shared/partner.one (read back)" in undone.text
    assert living.state() == before


def protect(home: Path) -> None:
    config = json.loads((home / "config.yml").read_text(encoding="utf-8"))
    config["remediation"]["protected"] = ["shared/partner.one"]
    (home / "config.yml").write_text(json.dumps(config), encoding="utf-8")


def test_a_plan_says_that_the_guard_would_refuse_it(living: Living, home: Path) -> None:
    drift(living)
    protect(home)
    ran = run(living, home, "--remediate-plan", "--remediate-unsafe", "--xt-report=json:out.json")
    assert (ran.code, writes(living)) == (1, [])
    why = "config.yml protects shared/partner.one"
    assert f"would be refused: change shared/partner.one: {why}; " in ran.text
    remediation = json.loads((home / "out.json").read_text(encoding="utf-8"))["run"]["remediation"]
    [change] = remediation["changes"]
    assert (change["outcome"], change["said"]) == ("planned", f"the plan would be refused: {why}")
    assert [refusal.partition(";")[0] for refusal in remediation["refused"]] == [f"change shared/partner.one: {why}"]


@pytest.mark.soak
def test_nothing_is_written_when_the_guard_refuses(living: Living, home: Path) -> None:
    drift(living)
    protect(home)
    ran = run(living, home, "--remediate-unsafe")
    assert ran.code == 1
    assert writes(living) == []
    assert not (home / "xtcheck-journals").exists()
    assert "refused: change shared/partner.one: config.yml protects shared/partner.one; " in ran.text
    assert ran.results() == {"failed": 2, "passed": 2}


def test_without_an_option_and_without_the_plugin_nothing_is_written(living: Living, home: Path) -> None:
    drift(living)
    assert run(living, home).code == 1
    away = ("-p", "no:xtcheck.remediation.plugin")
    refused = run(living, home, *away, "--remediate")
    assert (refused.code, "unrecognized arguments: --remediate" in refused.text) == (4, True)
    (home / "spy.py").write_text(SPY, encoding="utf-8")
    known = {"PYTHONPATH": str(home), **secrets(living)}
    assert run_pytest(home, "--tenants=config.yml", *away, "-p", "spy", **known).code == 1
    seen = json.loads((home / "seen.json").read_text(encoding="utf-8"))
    assert "xtcheck.clients.graph.Graph" in seen["classes"], "it has read, by clients"
    assert seen["able"] == [], "no client that was loaded can write"
    assert seen["writers"] == [], "what writes, and what decides to, was not even loaded"
    assert writes(living) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next(living: Living, home: Path) -> None:
    drift(living)
    partner = f"/v1.0/policies/crossTenantAccessPolicy/partners/{living.connection['tenants']['one']['id']}"
    living.fault({"match": {"path": partner}, "do": {"stall": True}})
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "--tenants=config.yml", "--remediate-unsafe", "-q"],
        cwd=home, env={**unmeasured(), **secrets(living)}, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        end = time.monotonic() + 60
        while not writes(living) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    living.fault()
    [journal] = (home / "xtcheck-journals").iterdir()
    lines = [json.loads(line)["line"] for line in journal.read_text(encoding="utf-8").splitlines()]
    assert lines == ["run", "who", "begin", "send"]
    finished = run(living, home, "--remediate-unsafe")
    assert finished.code == 0, finished.text
