"""Rows judged on what the real service is known to answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.documents.estates import ONE
from tests.model.evidence import verdict
from xtcheck.model import Json, Verdict

DATA = Path(__file__).resolve().parents[1] / "data"
APP = {"servicePrincipals?": [{"id": "sp"}]}
LINK = "applies-to: link\nsynchronization: {%s}"
PARTNER = "applies-to: {role: target}\ncross-tenant-access: {partners: {one: {%s}}}"


def sample(name: str) -> Json:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name, statement, expected, observed",
    [
        ("job_created", "provisioning: on", Verdict.DRIFT, "off"),
        ("job_created", "provisioning: off", Verdict.COMPLIANT, "off"),
        ("job_created", "health: healthy", Verdict.DRIFT, "it has never run"),
        ("job_not_run", "provisioning: on", Verdict.COMPLIANT, "on"),
        ("job_not_run", "health: healthy", Verdict.DRIFT, "it has never run"),
    ],
)
def test_a_documented_job_is_understood(name: str, statement: str, expected: Verdict, observed: str) -> None:
    found = verdict(LINK % statement, {**APP, "jobs": [sample(name)]})
    assert (found.verdict, found.observed) == (expected, observed)


@pytest.mark.parametrize(
    "key",
    ["automatic-redemption-inbound", "automatic-redemption-outbound", "trust-mfa", "trust-compliant-device",
     "trust-hybrid-joined-device", "b2b-collaboration-inbound", "b2b-collaboration-outbound"],
)  # fmt: skip
def test_a_partner_that_was_just_created_inherits_everything(key: str) -> None:
    created = {**sample("partner_created"), "tenantId": ONE}
    assert verdict(PARTNER % f"{key}: inherit", {"partners": [created]}).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("stated", ["true", "false"])
def test_what_a_partner_inherits_is_neither_on_nor_off(stated: str) -> None:
    created = {**sample("partner_created"), "tenantId": ONE}
    found = verdict(PARTNER % f"trust-mfa: {stated}", {"partners": [created]})
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "inherit")


def test_user_synchronization_is_read_from_its_own_document() -> None:
    partner = {**sample("partner_created"), "tenantId": ONE}
    documents = {"identitySynchronization": sample("identity_synchronization"), "partners": [partner]}
    assert verdict(PARTNER % "user-sync-inbound: true", documents).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize(
    "attribute, source, expected, observed",
    [
        ("displayName", "{direct: displayName}", Verdict.COMPLIANT, "direct displayName"),
        ("displayName", "{direct: '[displayName]'}", Verdict.COMPLIANT, "direct displayName"),
        (
            "displayName", """{expression: 'Append([displayName], "|One")'}""", Verdict.DRIFT, "direct displayName"
        ),
        ("showInAddressList", '{constant: "true"}', Verdict.COMPLIANT, 'constant "true"'),
        ("showInAddressList", "{constant: true}", Verdict.COMPLIANT, 'constant "true"'),
        ("showInAddressList", "{direct: 'true'}", Verdict.DRIFT, 'constant "true"'),
        ("userType", "{constant: Guest}", Verdict.DRIFT, 'constant "Member", apply on-create'),
        (
            "alternativeSecurityIds", "{expression: 'AltSecIdFromNetId( [netId] )'}", Verdict.COMPLIANT,
            "expression AltSecIdFromNetId([netId]), apply on-create, matching 1",
        ),
        ("employeeType", "{direct: employeeType}", Verdict.DRIFT, "absent"),
        ("objectId", "{direct: objectId}", Verdict.DRIFT, "absent"),
    ],
)  # fmt: skip
def test_the_mapping_that_is_meant_is_the_enabled_one_from_user_to_user(
    attribute: str, source: str, expected: Verdict, observed: str
) -> None:
    documents = {**APP, "/schema": sample("schema_azure2azure"), "jobs": [{**sample("job_created"), "id": "job"}]}
    found = verdict(LINK % f"mappings: {{{attribute}: {source}}}", documents)
    assert (found.verdict, found.observed) == (expected, observed)


def test_a_mapping_without_a_source_writes_nothing_and_is_a_drift() -> None:
    schema = sample("schema_azure2azure")
    for mapping in schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]:
        mapping["source"] = None
    documents = {**APP, "/schema": schema, "jobs": [{**sample("job_created"), "id": "job"}]}
    assert verdict(LINK % "mappings: {mail: {direct: mail}}", documents).verdict is Verdict.DRIFT


@pytest.mark.parametrize("times", [0, 2])
def test_two_enabled_mappings_from_user_to_user_are_ambiguous_and_none_is_a_drift(times: int) -> None:
    schema = sample("schema_azure2azure")
    objects = schema["synchronizationRules"][0]["objectMappings"]
    schema["synchronizationRules"][0]["objectMappings"] = objects[:1] * times + objects[1:]
    documents = {**APP, "/schema": schema, "jobs": [{**sample("job_created"), "id": "job"}]}
    found = verdict(LINK % "mappings: {mail: {direct: mail}}", documents)
    assert found.verdict is (Verdict.UNKNOWN if times else Verdict.DRIFT)
