"""The SCIM token's remaining time and the last request that succeeded: dates where they are told, else bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows.trail import attested, event, of_center, request
from xtcheck.model import Grade, Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
ON, OFF = "CreateProvisioningTenant", "DeleteProvisioningTenant"
MADE, DELETED = "CreateBearerToken", "DeleteBearerToken"
TOKEN = "scim-token-validity: {at-least: 30}"


@pytest.mark.parametrize(
    "events, expected, observed",
    [
        ([event(ON, 30), event(MADE, 30)], COMPLIANT, "335 days"),
        ([event(ON, 30), event(MADE, 30), event(MADE, 10)], COMPLIANT, "335 days or 355 days"),
        ([event(MADE, 10), event(DELETED, 9), request(1)], COMPLIANT, "355 days"),
        ([event(OFF, 1), event(ON, 30), event(MADE, 30)], DRIFT, "0 days"),
        ([event(OFF, 1)], DRIFT, "0 days"),
        ([event(OFF, 40), event(ON, 30), event(MADE, 30)], COMPLIANT, "335 days"),
        ([], UNKNOWN, "not seen"),
        ([request(1)], UNKNOWN, "not seen"),
        ([event(ON, 30)], UNKNOWN, "not seen"),
        ([event(ON, 30), event(MADE, 40)], UNKNOWN, "not seen"),
        ([event(MADE, 10)], UNKNOWN, "not seen"),
        ([event(MADE, 10), event(DELETED, 9)], UNKNOWN, "not seen"),
        ([event(MADE, 10), event(DELETED, 11), request(1)], UNKNOWN, "not seen"),
        ([event(MADE, 10), event(DELETED, 9), request(9.5)], UNKNOWN, "not seen"),
        ([event(MADE, 10), event(DELETED, 9), request(1, errorCode="ValidationException")], UNKNOWN, "not seen"),
        ([event(MADE, 10), event(DELETED, 9), request(1, tenant="other")], UNKNOWN, "not seen"),
        ([event(MADE, 10, errorCode="AccessDenied")], UNKNOWN, "not seen"),
    ],
)
def test_how_long_the_token_is_valid(events: list[Json], expected: Verdict, observed: str) -> None:
    found = of_center(TOKEN, *events)
    assert found.verdict is expected
    assert found.observed.partition(" (")[0] == observed


def test_more_days_than_are_possible_are_drift_whatever_a_person_says() -> None:
    assert of_center("scim-token-validity: 275").verdict is UNKNOWN
    assert of_center("scim-token-validity: 276").verdict is DRIFT
    assert of_center(f"scim-token-validity: {attested('276')}").verdict is DRIFT
    assert of_center(f"scim-token-validity: {attested('30')}").grade is Grade.ATTESTED


def test_a_bound_is_told_with_its_reason() -> None:
    found = of_center(TOKEN)
    assert found.reason == (
        "it can be 0 days or 275 days: no token was made since 2026-08-26, as far as CloudTrail tells"
    )


def test_a_word_must_be_later_than_the_newest_token() -> None:
    assert of_center(f"scim-token-validity: {attested('30')}", event(MADE, 10)).verdict is UNKNOWN
    later = attested("30", on="2026-11-15")
    assert of_center(f"scim-token-validity: {later}", event(MADE, 10)).grade is Grade.ATTESTED


REFUSED = {"errorCode": "ValidationException", "errorMessage": "Missing path in PATCH request"}


@pytest.mark.parametrize(
    "requests, expected",
    [
        ([request(1)], COMPLIANT),
        ([request(7.5)], COMPLIANT),
        ([request(0.1, **REFUSED), request(1)], COMPLIANT),
        ([request(8)], DRIFT),
        ([request(1, **REFUSED), request(8)], DRIFT),
        ([request(1, **REFUSED)], DRIFT),
        ([request(8 + number / 100, **REFUSED) for number in range(50)], DRIFT),
        ([request(1 + number / 100, **REFUSED) for number in range(50)], UNKNOWN),
        ([], UNKNOWN),
        ([request(1, tenant="other")], UNKNOWN),
        ([event("PatchUser", 1)], UNKNOWN),
    ],
)
def test_when_a_request_last_succeeded(requests: list[Json], expected: Verdict) -> None:
    assert of_center("scim-last-success: {at-most: 7}", *requests).verdict is expected


def test_a_refusal_is_told_with_its_code() -> None:
    found = of_center("scim-last-success: 7", request(1, **REFUSED))
    assert "the last PatchUser at 2026-11-23 12:00 UTC with ValidationException" in found.observed
