"""Groups: what they are for, who is in them, and rules that the service no longer follows."""

from __future__ import annotations

import pytest

from tests.model.evidence import failed, verdict
from xtcheck.kinds.groups import uses_member_of
from xtcheck.model import Json, Verdict

GROUP: Json = {
    "id": "g", "displayName": "DevOps", "groupTypes": [], "description": "for DevOps", "securityEnabled": True,
    "mailEnabled": False, "isAssignableToRole": None, "membershipRule": None, "membershipRuleProcessingState": None,
}  # fmt: skip
ONE = "applies-to: {role: target}\ngroups: {DevOps: {%s}}"
RULES = "applies-to: {role: target}\ndynamic-groups: {member-of-rules: %s}"


@pytest.mark.parametrize(
    "statement, changes, expected",
    [
        ("description: for DevOps", {}, Verdict.COMPLIANT),
        ("description: absent", {}, Verdict.DRIFT),
        ("description: absent", {"description": None}, Verdict.COMPLIANT),
        ("security-enabled: true", {}, Verdict.COMPLIANT),
        ("security-enabled: true", {"securityEnabled": False}, Verdict.DRIFT),
        ("security-enabled: true", {"securityEnabled": None}, Verdict.UNKNOWN),
        ("mail-enabled: true", {}, Verdict.DRIFT),
        ("assignable-to-role: false", {}, Verdict.COMPLIANT),
        ("assignable-to-role: false", {"isAssignableToRole": True}, Verdict.DRIFT),
        ("assignable-to-role: false", {"isAssignableToRole": "no"}, Verdict.UNKNOWN),
    ],
)
def test_each_property_is_compared(statement: str, changes: Json, expected: Verdict) -> None:
    assert verdict(ONE % statement, {"/groups?": [{**GROUP, **changes}]}).verdict is expected


USER: Json = {"@odata.type": "#microsoft.graph.user"}
SOFIA = {
    **USER, "id": "u1", "displayName": "Sofia", "userPrincipalName": "sofia_one.com#EXT#@x", "mail": "sofia@one.com",
}  # fmt: skip
DEVICE = {"@odata.type": "#microsoft.graph.device", "id": "d1", "displayName": "Laptop"}


@pytest.mark.parametrize(
    "stated, members, expected",
    [
        ("[Sofia]", [SOFIA], Verdict.COMPLIANT),
        ("[SOFIA@one.com]", [SOFIA], Verdict.COMPLIANT),
        ("['sofia_one.com#EXT#@x']", [SOFIA], Verdict.COMPLIANT),
        ("[u1, Laptop]", [SOFIA, DEVICE], Verdict.COMPLIANT),
        ("[Sofia]", [SOFIA, DEVICE], Verdict.DRIFT),
        ("{includes: [Sofia]}", [SOFIA, DEVICE], Verdict.COMPLIANT),
        ("[]", [], Verdict.COMPLIANT),
        ("[Sofia]", [], Verdict.DRIFT),
        ("[u1]", [{**USER, "id": "u1", "displayName": None}], Verdict.UNKNOWN),
    ],
)
def test_members_are_named_by_any_of_their_names(stated: str, members: Json, expected: Verdict) -> None:
    documents = {"/groups?": [GROUP], "/members": members}
    assert verdict(ONE % f"members: {stated}", documents).verdict is expected


@pytest.mark.parametrize("stated", ["processing: on", "processing: paused", "membership-rule: user.city -eq 'Oslo'"])
def test_without_a_dynamic_group_no_rule_is_followed(stated: str) -> None:
    rule = {"membershipRule": 'user.city -eq "Oslo"', "membershipRuleProcessingState": "On"}
    found = verdict(ONE % stated, {"/groups?": [{**GROUP, **rule}]})
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "without effect")
    assert "assigned one by one" in found.reason
    untold = verdict(ONE % stated, {"/groups?": [{**GROUP, **rule, "groupTypes": None}]})
    assert (untold.verdict, untold.reason) == (Verdict.UNKNOWN, "groupTypes is not a list")


@pytest.mark.parametrize("types", [["DynamicMembership"], ["Unified", "DynamicMembership"]])
def test_in_a_dynamic_group_it_is(types: list[str]) -> None:
    group = {**GROUP, "groupTypes": types, "membershipRule": "user.x", "membershipRuleProcessingState": "On"}
    assert verdict(ONE % "processing: on", {"/groups?": [group]}).verdict is Verdict.COMPLIANT


def test_members_of_no_group_are_a_drift_even_when_none_are_expected() -> None:
    assert verdict(ONE % "members: []", {"/groups?": []}).verdict is Verdict.DRIFT


def test_members_that_cannot_be_read_are_unknown() -> None:
    documents = {"/groups?": [GROUP], "/members": failed()}
    assert verdict(ONE % "members: []", documents).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "rule, uses",
    [
        ("user.memberof -any (group.objectId -in ['1'])", True),
        ("user.memberOf -any (group.objectId -in ['1'])", True),
        ("device.memberof -any (group.objectId -in ['1'])", True),
        ('(user.department -eq "user.memberof")', False),
        ("(user.department -eq 'user.memberof')", False),
        ('(user.department -eq "a`" user.memberof")', False),
        ('(user.department -eq "it\'s") -or (user.city -eq "user.memberof isn\'t")', False),
        ('(user.department -eq "it\'s") or user.memberof -any (group.objectId -in ["1"])', True),
    ],
)
def test_a_rule_uses_member_of_outside_of_texts_only(rule: str, uses: bool) -> None:  # noqa: FBT001
    assert uses_member_of(rule) is uses


def test_groups_that_are_frozen_are_named() -> None:
    frozen = {**GROUP, "displayName": "Old", "membershipRule": "user.memberof -any (group.objectId -in ['1'])"}
    fine = {**GROUP, "membershipRule": '(user.department -eq "DevOps")'}
    found = verdict(RULES % "forbidden", {"/groups?": [fine, frozen]})
    assert [line.partition(":")[0] for line in found.differences] == ["Old"]
    excepted = verdict(RULES % "{forbidden: {except: [Old]}}", {"/groups?": [fine, frozen]})
    assert excepted.verdict is Verdict.COMPLIANT


def test_a_rule_that_is_not_shown_is_unknown() -> None:
    assert verdict(RULES % "forbidden", {"/groups?": [GROUP]}).verdict is Verdict.UNKNOWN
