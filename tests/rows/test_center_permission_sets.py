"""Permission sets: what no policy, no boundary and another spelling of the same policy mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rows.center import view
from xtcheck import nodes
from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.kinds.permission_set_writes import sets_inline
from xtcheck.values import Labels, PolicyDocument

Json = Any
TYPE = PolicyDocument()
POLICY = """
Version: "2012-10-17"
Statement:
  - {Effect: Allow, Action: [s3:GetObject, s3:ListBucket], Resource: "*"}
"""


def parsed(text: str) -> Json:
    [node] = nodes.parse(text, "policy.yml")
    return TYPE.parse(node)


def observed(**statement: Json) -> Json:
    return TYPE.read(json.dumps({"Version": "2012-10-17", "Statement": statement}))


def test_an_empty_text_is_no_policy() -> None:
    assert TYPE.differences(parsed("none"), TYPE.read("")) is None


def test_no_policy_is_not_some_policy() -> None:
    assert TYPE.differences(parsed("none"), observed(Effect="Allow", Action="*", Resource="*")) is not None


def test_one_value_and_a_list_of_it_order_and_the_case_of_actions_mean_the_same() -> None:
    there = observed(Effect="Allow", Action=["s3:listbucket", "S3:GetObject"], Resource=["*"])
    assert TYPE.differences(parsed(POLICY), there) is None


def test_the_same_policy_may_be_written_as_json() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    there = observed(Effect="Allow", Action="*", Resource="*")
    assert TYPE.differences(parsed(f"'{text}'"), there) is None


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::A"},
        {"Effect": "Allow", "NotAction": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"},
    ],
)
def test_another_effect_action_or_resource_is_another_policy(statement: Json) -> None:
    assert TYPE.differences(parsed(POLICY), observed(**statement)) is not None


@pytest.mark.parametrize("text", ["{", "[]", "1"])
def test_what_is_no_policy_is_not_understood(text: str) -> None:
    with pytest.raises(Uninterpretable):
        TYPE.read(text)


def test_what_is_no_json_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="no JSON"):
        parsed("nothing")


def test_no_boundary_is_none() -> None:
    assert view("permissions-boundary", "permissions-boundary", permissions_boundary=None) == "none"


def test_a_customer_managed_boundary_has_path_and_name() -> None:
    boundary = {"CustomerManagedPolicyReference": {"Name": "Edge", "Path": "/team/"}}
    assert view("permissions-boundary", "permissions-boundary", permissions_boundary=boundary) == "/team/Edge"


def test_tags_that_lack_are_others_or_have_another_value_are_named() -> None:
    type_ = Labels("tags")
    there = type_.read([{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}])
    assert type_.differences({"a": "1", "b": "1"}, there) == (
        "missing: a", "undeclared: c", "b: expected 1, observed 2",
    )  # fmt: skip


def test_an_inline_policy_is_sent_without_blanks_and_in_letters_that_aws_takes() -> None:
    policy = parsed(POLICY.replace('"*"', '"arn:aws:s3:::łódź/*"'))
    [sent] = sets_inline(policy, None).values()
    assert sent.isascii()
    assert json.loads(sent) == policy
    assert len(sent) == len(json.dumps(policy, separators=(",", ":")))
