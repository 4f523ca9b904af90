"""The access portal: its page, and whose it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.documents.estates import checks, mistakes
from tests.model.evidence import failed
from tests.rows.trail import STORE, of_center, sign_in
from xtcheck.connection import AwsCredential, Connection
from xtcheck.model import Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
REGION = "portals: {corp: {region: us-east-1}}"


def page(head: str) -> Json:
    return {"portal:/corp": f"<!DOCTYPE html><html><head>{head}</head><body></body></html>"}


@pytest.mark.parametrize(
    "head, expected",
    [
        ('<meta charset="utf-8"><meta name="region" content="us-east-1">', COMPLIANT),
        ("<META content='us-east-1' name=region>", COMPLIANT),
        ('<meta name="region" content="eu-west-1">', DRIFT),
        ('<meta name="region" content="us-east-1"><meta name="region" content="eu-west-1">', UNKNOWN),
        ('<meta name="regions" content="us-east-1">', UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_the_page_of_a_portal_tells_its_region(head: str, expected: Verdict) -> None:
    assert of_center(REGION, **page(head)).verdict is expected


def test_a_portal_that_does_not_answer_is_not_known() -> None:
    assert of_center(REGION, **{"portal:/corp": failed("status 404")}).verdict is UNKNOWN


def going_to(address: str, days: float = 1) -> Json:
    return sign_in(days, additionalEventData={"CredentialType": "EXTERNAL_IDP", "LoginTo": address})


@pytest.mark.parametrize(
    "name, events, expected",
    [
        ("corp", [sign_in(1)], COMPLIANT),
        ("corp", [going_to("https://corp.awsapps.com/start/?state=x&organization=d-1")], COMPLIANT),
        ("corp", [going_to(f"https://{STORE}.awsapps.com/start"), sign_in(2)], COMPLIANT),
        ("corp", [going_to("https://other.awsapps.com/start")], DRIFT),
        ("corp", [going_to(f"https://{STORE}.awsapps.com/start")], UNKNOWN),
        ("corp", [going_to("https://corp.awsapps.com.example.org/start")], UNKNOWN),
        ("corp", [], UNKNOWN),
        (STORE, [], COMPLIANT),
        ("d-0000000000", [], DRIFT),
    ],
)
def test_whose_portal_it_is(name: str, events: list[Json], expected: Verdict) -> None:
    assert of_center(f"portals: {{{name}: {{instance: this}}}}", *events).verdict is expected


@pytest.mark.parametrize(
    "key", ["corp", "https://corp.awsapps.com/start", "https://corp.awsapps.com/start/#/", "corp.awsapps.com"]
)
def test_a_portal_is_named_by_its_alias_or_its_address(key: str) -> None:
    (check,) = checks(f"applies-to: aws\nidentity-center: {{portals: {{'{key}': {{region: us-east-1}}}}}}")
    assert check.statement == "portal.corp.region"


@pytest.mark.parametrize("key", ["corp.example.com", "https://corp/other", "Corp_1", "-corp", "../corp"])
def test_what_is_no_portal_is_refused(key: str) -> None:
    (said,) = mistakes(f"applies-to: aws\nidentity-center: {{portals: {{'{key}': {{region: us-east-1}}}}}}")
    assert "is no access portal; write its alias" in said


@pytest.mark.parametrize(
    "region, endpoints, address",
    [
        ("us-east-1", {}, "https://corp.awsapps.com/start"),
        ("us-gov-west-1", {}, "https://start.us-gov-home.awsapps.com/directory/corp"),
        ("cn-north-1", {}, ""),
        ("cn-north-1", {"portal": "https://portal.example.cn/"}, "https://portal.example.cn/corp/start"),
    ],
)
def test_the_address_of_a_portal_follows_the_partition(region: str, endpoints: Json, address: str) -> None:
    there = Connection("aws-main", "111122223333", AwsCredential(), endpoints, region=region)
    assert there.portal("corp") == address
