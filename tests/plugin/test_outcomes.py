"""What is not simply passed or failed: waivers, attestations, what is unknown and what does not apply; in one run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.plugin import golden, running
from tests.plugin.running import IDS, Json, Ran
from xtcheck.plugin import outcomes

TODAY = datetime.now(UTC).date()
PARTNERS = "/tenants/shared/crossTenantAccessPolicy/partners"
SYNC = "/tenants/shared/crossTenantAccessPolicy/identitySynchronization"
ACTIVE = f"{{reason: pilot, owner: ann, until: {TODAY + timedelta(days=1)}}}"
LAST_DAY = f"{{reason: pilot, owner: ann, until: {TODAY}}}"
ENDED = "{reason: pilot, owner: ann, until: 2026-01-31}"

TARGET = f"""
applies-to: {{role: target}}
cross-tenant-access:
  partners:
    two:
      trust-mfa: {{expect: true, waiver: {LAST_DAY}}}
      trust-compliant-device: {{expect: false, waiver: {ACTIVE}}}
      user-sync-inbound: {{expect: true, waiver: {ENDED}}}
"""
SOURCES = f"""
applies-to: {{tenant: one}}
cross-tenant-access:
  partners:
    each-target:
      trust-mfa: {{expect: inherit, waiver: {ACTIVE}, severity: blocker}}
"""
LINKS = """
applies-to: link
synchronization:
  scope: {expect: assigned, attested: {by: ann, on: 2026-01-01, until: 2099-12-31}}
  target-tenant: {expect: "${target.id}", attested: {by: ann, on: 2026-01-01, until: 2026-01-31}}
  assigned: {groups: [AWS Users]}
"""
DRIFT = [
    {"op": "replace", "path": f"{PARTNERS}/{IDS['two']}/inboundTrust/isMfaAccepted", "value": False},
    {"op": "replace", "path": f"{SYNC}/{IDS['two']}/userSyncInbound/isSyncAllowed", "value": False},
    {
        "op": "replace",
        "path": "/tenants/one/appRoleAssignments/principalDisplayName=AWS Users/principalDisplayName",
        "value": "AWS \x1b[31mUsers\x1b[0m\u202e",
    },
]
FORBIDDEN = {
    "match": {"service": "graph", "tenant": "one", "path": "*/crossTenantAccessPolicy/*"},
    "do": {"status": 403},
}


@dataclass(frozen=True)
class Odd:
    """The run."""

    ran: Ran
    checks: dict[str, Json]

    def line(self, check: str) -> str:
        """The word that -v prints for a check."""
        node = self.checks[check]["id"]
        (word,) = re.findall(rf"(?m)^{re.escape(node)} (\w+)", self.ran.text)
        return str(word)

    def block(self, check: str) -> str:
        """The text of a failure or error."""
        title = check.replace("/", ": ")
        (found,) = re.findall(
            rf"(?ms)^_+ (?:ERROR at setup of )?{re.escape(title)} _+\n(.*?)(?=^[_=]{{3}})", self.ran.text
        )
        return str(found)


@pytest.fixture(scope="session")
def odd(common: Path) -> Odd:
    def make(folder: Path) -> None:
        tenants = {alias: running.tenant(alias) for alias in IDS}
        tenants["two"]["cloud"] = "china"
        document = running.config(tenants=tenants, sandbox={"drift": DRIFT, "faults": [FORBIDDEN]})
        running.write(folder, document, {"links.yml": LINKS, "sources.yml": SOURCES, "target.yml": TARGET})
        options = ("-v", "-rxs", "--tenants=config.yml", "--xt-report=json:report.json", "-p", "no:cacheprovider")
        ran = running.pytest(folder, *options, "--alluredir=allure")
        (folder / "ran.json").write_text(json.dumps([ran.code, ran.text]), encoding="utf-8")

    folder = running.once(common / "odd", make)
    ran = Ran(*json.loads((folder / "ran.json").read_text(encoding="utf-8")))
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return Odd(ran, {check["check"]: check for check in report["checks"]})


def test_each_outcome_has_its_word_and_the_run_fails(odd: Odd) -> None:
    assert {check: odd.line(check) for check in odd.checks} == {
        "shared/partner.two.trust-mfa": "XFAIL",
        "shared/partner.two.trust-compliant-device": "FAILED",
        "shared/partner.two.user-sync-inbound": "FAILED",
        "one/partner.shared.trust-mfa": "ERROR",
        "one--shared/synchronization.scope": "ATTESTED",
        "one--shared/synchronization.target-tenant": "ERROR",
        "one--shared/synchronization.assigned": "FAILED",
        "two--shared/synchronization.scope": "SKIPPED",
        "two--shared/synchronization.target-tenant": "SKIPPED",
        "two--shared/synchronization.assigned": "SKIPPED",
    }
    assert odd.ran.code == 1
    counted = {"failed": 3, "skipped": 3, "xfailed": 1, "attested": 1, "error": 2}
    assert odd.ran.results() == counted


# --- waivers --------------------------------------------------------------------------------------------------------


def test_a_waiver_excuses_a_drift_until_the_end_of_its_last_day(odd: Odd) -> None:
    record = odd.checks["shared/partner.two.trust-mfa"]
    assert (record["verdict"], record["outcome"]) == ("drift", "waived")
    assert record["waiver"] == {"reason": "pilot", "owner": "ann", "until": str(TODAY)}
    assert f"waived until {TODAY} by ann: pilot" in odd.ran.text


def test_a_waiver_that_excuses_nothing_fails_and_says_that_it_is_no_longer_needed(odd: Odd) -> None:
    check = "shared/partner.two.trust-compliant-device"
    assert (odd.checks[check]["verdict"], odd.checks[check]["outcome"]) == ("compliant", "failed")
    block = odd.block(check)
    assert block.startswith("NEEDLESS WAIVER (normal): the waiver is no longer needed")
    assert "(ann: pilot)" in block
    assert "what to do remove the waiver" in block


def test_a_waiver_that_has_ended_excuses_nothing_and_is_named(odd: Odd) -> None:
    assert odd.checks["shared/partner.two.user-sync-inbound"]["outcome"] == "failed"
    assert "waiver     ended on 2026-01-31 (ann: pilot)" in odd.block("shared/partner.two.user-sync-inbound")


def test_a_waiver_never_hides_what_is_not_known(odd: Odd) -> None:
    record = odd.checks["one/partner.shared.trust-mfa"]
    assert (record["verdict"], record["outcome"]) == ("unknown", "error")


# --- attestations ---------------------------------------------------------------------------------------------------


def test_a_valid_attestation_is_a_success_of_its_own_kind(odd: Odd) -> None:
    record = odd.checks["one--shared/synchronization.scope"]
    assert (record["grade"], record["outcome"]) == ("attested", "passed")
    assert record["observed"] == "assigned, attested by ann on 2026-01-01, until 2099-12-31"


def test_an_attestation_that_has_ended_is_unknown(odd: Odd) -> None:
    block = odd.block("one--shared/synchronization.target-tenant")
    assert block.startswith("UNKNOWN (blocker): ")
    assert "the attestation of ann ended on 2026-01-31" in block


# --- not applicable, unknown ----------------------------------------------------------------------------------------


def test_what_a_cloud_does_not_have_is_skipped_where_the_statement_stands(odd: Odd) -> None:
    assert odd.checks["two--shared/synchronization.assigned"]["verdict"] == "not applicable"
    reason = r"two is in the cloud china, which has no assignments"
    assert re.search(rf"SKIPPED \[1\] policies.links\.yml:6: {reason}", odd.ran.text)


def test_an_error_says_what_could_not_be_read_and_what_to_do(odd: Odd) -> None:
    block = odd.block("one/partner.shared.trust-mfa").replace(str(TODAY + timedelta(days=1)), "TOMORROW")
    golden.compare("forbidden.txt", block)


def test_an_error_names_the_permission(odd: Odd) -> None:
    assert "Policy.Read.All" in odd.block("one/partner.shared.trust-mfa")


def test_the_summary_has_a_column_for_each_outcome(odd: Odd) -> None:
    (head,) = re.findall(r"(?m)^tenant +area +(.*)$", odd.ran.text)
    assert head.split() == ["attested", "drift", "unknown", "needless", "waived", "n/a"]
    (shared,) = re.findall(r"(?m)^shared +cross-tenant access +(.*)$", odd.ran.text)
    assert shared.split() == [".", "1", ".", "1", "1", "."]


# --- what is printed ------------------------------------------------------------------------------------------------


def test_names_from_a_tenant_cannot_speak_to_the_terminal(odd: Odd) -> None:
    assert r"AWS \x1b[31mUsers\x1b[0m\x202e" in odd.block("one--shared/synchronization.assigned")
    assert [glyph for glyph in odd.ran.text if not glyph.isprintable() and glyph != "\n"] == []


def test_nothing_is_printed_as_a_traceback(odd: Odd) -> None:
    assert "Traceback" not in odd.ran.text
    assert "xtcheck/plugin" not in odd.ran.text


@pytest.mark.parametrize(
    "check, status, message",
    [
        ("shared/partner.two.trust-compliant-device", "failed", "the waiver is no longer needed"),
        ("one/partner.shared.trust-mfa", "broken", "Unknown: permission is missing: status 403"),
        ("shared/partner.two.trust-mfa", "skipped", "XFAIL waived until"),
        ("two--shared/synchronization.assigned", "skipped", "in the cloud china"),
        ("one--shared/synchronization.scope", "passed", ""),
    ],
)
def test_allure_knows_each_outcome(odd: Odd, common: Path, check: str, status: str, message: str) -> None:
    paths = (common / "odd" / "allure").glob("*-result.json")
    results = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    (result,) = [result for result in results if result["name"] == check]
    assert result["status"] == status
    assert message in result.get("statusDetails", {}).get("message", "")


@pytest.mark.parametrize(
    "grade, told",
    [
        ("exact", None),
        ("inferred", ("inferred", "i", ("INFERRED", {"cyan": True}))),
        ("attested", ("attested", "a", ("ATTESTED", {"cyan": True}))),
    ],
)
def test_a_success_that_was_not_seen_is_counted_apart(grade: str, told: object) -> None:
    report = pytest.TestReport("x", ("x", 1, "x"), {}, "passed", None, "call")
    report.__dict__["xtcheck"] = {"grade": grade}
    assert outcomes.status(report) == told
