"""One run against the world ``drifted``, and everything that it leaves: text, summary, JSON, JUnit, Allure."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter

import jsonschema
import pytest

from tests.gates import scenario
from tests.plugin import golden
from tests.plugin.conftest import Drifted
from tests.plugin.running import ROOT

TOTAL = len(scenario.checks())
"""How many statements policies/ makes, each of them one test."""
SETTING = "shared/partner.two.trust-mfa"
NODE = "policies/target.yml::shared::partner.two.trust-mfa"


def test_the_whole_output_is_as_reviewed(drifted: Drifted) -> None:
    golden.compare("drifted.txt", golden.normal(drifted.ran.text, drifted.folder))


def test_a_drift_fails_the_run(drifted: Drifted) -> None:
    assert drifted.ran.code == 1
    results = drifted.ran.results()
    assert results["failed"] >= 20
    assert sum(results.values()) == TOTAL


def test_no_traceback_and_no_character_that_a_terminal_obeys_is_printed(drifted: Drifted) -> None:
    assert "Traceback" not in drifted.ran.text
    assert ".py:" not in drifted.ran.text
    assert [glyph for glyph in drifted.ran.text if not glyph.isprintable() and glyph != "\n"] == []


def test_a_failure_says_everything_that_a_person_needs_in_a_few_lines(drifted: Drifted) -> None:
    _, _, after = drifted.ran.text.partition("_ shared: partner.two.trust-mfa _")
    block = re.split(r"\n_+ ", after.partition("\n")[2])[0].splitlines()
    assert [line[:13].strip() for line in block[1:]] == [
        "expected", "observed", "object", "policy", "evidence", "what to do",
    ]  # fmt: skip
    assert block[0] == "DRIFT (critical): expected true, observed false"
    assert "policies/target.yml:13:18" in block[4]
    assert "exact, 1 request" in block[5]


def test_the_summary_line_of_a_failure_says_what_is_wrong(drifted: Drifted) -> None:
    assert f"FAILED {NODE} - DRIFT (critical): expected true, observed false" in drifted.ran.text


def test_the_summary_counts_every_check_once(drifted: Drifted) -> None:
    table = re.findall(r"(?m)^(?:aws-main|one|two|shared)  .*?((?: +(?:\d+|\.))+)$", drifted.ran.text)
    assert sum(int(cell) for row in table for cell in row.split() if cell != ".") == TOTAL


# --- JSON -----------------------------------------------------------------------------------------------------------


def test_the_json_report_is_what_its_schema_says(drifted: Drifted) -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(drifted.report, schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("part", ["run", "tenants", "checks"])
def test_the_schema_of_the_report_allows_no_field_that_it_does_not_describe(drifted: Drifted, part: str) -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    report = drifted.report
    (report[part] if part == "run" else report[part][0])["undescribed"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, schema)


def test_the_json_report_names_every_check_once_with_its_node_id(drifted: Drifted) -> None:
    checks = drifted.report["checks"]
    assert len(checks) == TOTAL
    assert {Counter(check[key] for check in checks).most_common(1)[0][1] for key in ("check", "id")} == {1}
    assert drifted.checks[SETTING]["id"] == NODE


def test_the_json_report_belongs_to_its_user_alone(drifted: Drifted) -> None:
    assert stat.S_IMODE((drifted.folder / "out" / "report.json").stat().st_mode) == 0o600


def test_a_record_says_who_what_where_and_on_what_evidence(drifted: Drifted) -> None:
    record = drifted.checks[SETTING]
    told = {key: record[key] for key in ("tenant", "verdict", "grade", "outcome", "expected", "observed", "line")}
    assert told == {
        "tenant": "shared", "verdict": "drift", "grade": "exact", "outcome": "failed",
        "expected": "true", "observed": "false", "line": 13,
    }  # fmt: skip
    [request] = record["evidence"]
    assert request["request"].startswith("GET /policies/crossTenantAccessPolicy/partners")
    assert (request["place"], request["complete"], request["pages"]) == ("shared", True, 1)


def test_the_run_is_described(drifted: Drifted) -> None:
    run = drifted.report["run"]
    assert (run["tool"], run["config"], run["world"], run["exit"]) == ("xtcheck", "sandbox.yml", "drifted", 1)
    assert [cost["tenant"] for cost in drifted.report["tenants"]] == ["one", "two", "shared", "aws-main"]


def test_no_secret_stands_in_any_report(drifted: Drifted) -> None:
    paths = [drifted.folder / "out" / "report.json", drifted.folder / "out" / "junit.xml", drifted.folder / "text"]
    paths += (drifted.folder / "allure").iterdir()
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert not re.search(r"Q~|eyJ[\w-]{10,}\.|AKIA|BEGIN|xtcheck-sandbox-|127\.0\.0\.1", text)


# --- JUnit ----------------------------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_check_with_its_message(drifted: Drifted) -> None:
    assert len(drifted.cases) == TOTAL
    case = drifted.cases["policies.target.yml.shared::partner.two.trust-mfa"]
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("DRIFT (critical): expected true, observed false")
    assert "what to do" in (failure.text or "")


def test_junit_names_nobody_outside_of_failures(drifted: Drifted) -> None:
    assert not any(list(case.iter("property")) or list(case.iter("system-out")) for case in drifted.cases.values())


# --- Allure ---------------------------------------------------------------------------------------------------------


def labels(result: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def test_allure_has_a_result_for_each_check_under_its_whole_name(drifted: Drifted) -> None:
    assert set(drifted.allure) == set(drifted.checks)


def test_allure_groups_by_tenant_and_knows_the_severity(drifted: Drifted) -> None:
    found = labels(drifted.allure[SETTING])
    assert (found["suite"], found["subSuite"], found["severity"]) == ("shared", "cross-tenant access", "critical")


def test_allure_shows_tenant_and_link_as_parameters(drifted: Drifted) -> None:
    found = {item["name"]: item["value"] for item in drifted.allure["one--shared/handshake"]["parameters"]}
    assert found == {"tenant": "'shared'", "link": "'one--shared'"}


def test_allure_shows_a_drift_as_failed_with_what_is_wrong(drifted: Drifted) -> None:
    result = drifted.allure[SETTING]
    assert result["status"] == "failed"
    assert "expected true, observed false" in result["statusDetails"]["message"]
    assert result["description"].startswith("Multifactor authentication")


@pytest.mark.parametrize(
    "name, content",
    [("expected", "true"), ("observed", "false"), ("remedy", "Entra admin center"), ("evidence", '"complete": true')],
)
def test_allure_attaches_what_was_expected_and_seen(drifted: Drifted, name: str, content: str) -> None:
    sources = {item["name"]: item["source"] for item in drifted.allure[SETTING]["attachments"]}
    assert content in (drifted.folder / "allure" / sources[name]).read_text(encoding="utf-8")
