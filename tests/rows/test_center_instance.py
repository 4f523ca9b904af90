"""The instance of Identity Center: what is under way there is not known yet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.evidence import verdict
from tests.rows.trail import INSTANCE
from xtcheck.model import Judgement, Verdict

Json = Any

HERE = {"RegionName": "us-east-1", "Status": "ACTIVE", "IsPrimaryRegion": True}
COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN


def of_instance(statement: str, *, regions: Json = (), **more: Json) -> Judgement:
    documents = {
        "list_regions": list(regions),
        "describe_instance": {**INSTANCE, **more},
        "list_instances": [INSTANCE],
    }
    return verdict(f"applies-to: aws\nidentity-center: {{{statement}}}", documents)


@pytest.mark.parametrize(
    "stated, status, expected",
    [
        ("us-east-1, eu-west-1", "ACTIVE", COMPLIANT),
        ("us-east-1, eu-west-1", "ADDING", COMPLIANT),
        ("us-east-1, eu-west-1", "REMOVING", UNKNOWN),
        ("us-east-1, eu-west-1", "RESTING", UNKNOWN),
        ("us-east-1, eu-west-1", None, UNKNOWN),
        ("us-east-1", "ACTIVE", DRIFT),
        ("us-east-1", "ADDING", DRIFT),
        ("us-east-1", "REMOVING", UNKNOWN),
    ],
)
def test_a_region_that_is_being_removed_is_neither_there_nor_gone(stated: str, status: Json, expected: Verdict) -> None:
    regions = [HERE, {"RegionName": "eu-west-1", "Status": status, "IsPrimaryRegion": False}]
    assert of_instance(f"regions: [{stated}]", regions=regions).verdict is expected


def test_which_region_is_being_removed_is_said() -> None:
    regions = [HERE, {"RegionName": "eu-west-1", "Status": "REMOVING"}]
    found = of_instance("regions: [us-east-1]", regions=regions)
    assert (found.reason, found.remedy) == (
        "the Region eu-west-1 is being removed", "look again when that has ended",
    )  # fmt: skip


@pytest.mark.parametrize(
    "status, expected, reason",
    [
        ("ENABLED", COMPLIANT, ""),
        ("UPDATING", UNKNOWN, "EncryptionStatus is UPDATING"),
        ("UPDATE_FAILED", UNKNOWN, "EncryptionStatus is UPDATE_FAILED: the key is disabled"),
        (None, UNKNOWN, "EncryptionStatus is not shown"),
    ],
)
def test_a_key_that_is_being_changed_is_not_known(status: Json, expected: Verdict, reason: str) -> None:
    why = {"EncryptionStatusReason": "the key is disabled"} if status == "UPDATE_FAILED" else {}
    details = {"KeyType": "CUSTOMER_MANAGED_KEY", "EncryptionStatus": status, **why}
    found = of_instance("encryption: customer-managed-key", EncryptionConfigurationDetails=details)
    assert (found.verdict, found.reason) == (expected, reason)


def test_another_key_is_a_drift_and_none_that_is_shown_is_unknown() -> None:
    details = {"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"}
    stated = "encryption: customer-managed-key"
    assert of_instance(stated, EncryptionConfigurationDetails=details).verdict is DRIFT
    assert of_instance(stated, EncryptionConfigurationDetails={"EncryptionStatus": "ENABLED"}).verdict is UNKNOWN
    assert of_instance(stated).reason == "EncryptionConfigurationDetails is not shown"
