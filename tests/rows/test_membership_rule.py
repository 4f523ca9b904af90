"""The rule of a dynamic group by meaning: the same however it is written, and otherwise with somebody who tells."""

from __future__ import annotations

import json

import pytest

from tests.documents.estates import checks
from tests.model.evidence import verdict
from xtcheck.model import Json, Judgement, Verdict
from xtcheck.values.membership import spaced

RULE = 'user.department -eq "DevOps"'


def judged(rule: str, observed: str | None, **semantics: str) -> Judgement:
    """The verdict on a group's rule; ``semantics`` with underscores for dashes."""
    group: Json = {"id": "g", "displayName": "DevOps", "groupTypes": ["DynamicMembership"], "membershipRule": observed}
    settled = {point.replace("_", "-"): reading for point, reading in semantics.items()}
    stated = json.dumps({"rule": rule, "semantics": settled} if settled else rule, ensure_ascii=False)
    text = f"applies-to: {{role: target}}\ngroups: {{DevOps: {{membership-rule: {stated}}}}}"
    return verdict(text, {"/groups?": [group]})


@pytest.mark.parametrize(
    "stated, observed",
    [
        (f"({RULE})", f"  ( {RULE} )\n"),
        (f"({RULE})", 'user.Department eq "devops"'),
        ("user.city -in ['A', 'B']", 'user.city -eq "b" -or user.city -eq "a"'),
        ("-not (user.city -eq 'a' -or user.state -eq 'b')", "(-not user.city -eq 'A') -and (-not user.state -eq 'B')"),
        ('user.city -match "^B.*"', 'user.city -startsWith "B"'),
        ("user.memberof -any (group.objectId -in ['1'])", "user.memberof -any  (group.objectId -in ['1'])"),
        ('Direct Reports for "sofia"', 'Direct  Reports for "sofia"'),
        ('device.deviceOSType -eq "Windows"', '(device.deviceOSType -eq "Windows")'),
    ],
)
def test_rules_that_select_the_same_people_are_the_same(stated: str, observed: str) -> None:
    assert judged(stated, observed).verdict is Verdict.COMPLIANT


def test_a_pattern_and_a_literal_may_part_at_a_letter_that_folds_to_several() -> None:
    # Folded fully, U+1E9A begins with a; no pattern without regard to case finds an a in it.
    stated, observed = 'user.city -match "^A.*"', 'user.city -startsWith "A"'
    assert judged(stated, observed).verdict is Verdict.UNKNOWN
    assert judged(stated, observed, case_folding="simple").verdict is Verdict.COMPLIANT


def test_white_space_in_a_text_counts_in_either_kind_of_quotation_marks() -> None:
    assert judged("user.city -eq 'New  York'", "user.city -eq 'New York'").verdict is Verdict.DRIFT
    assert judged('user.city -eq "New  York"', 'user.city -eq "New York"').verdict is Verdict.DRIFT


@pytest.mark.parametrize(
    "rule, other, same",
    [
        ("( user.city\n-eq   'a  b' )", "(user.city -eq 'a  b')", True),
        ("(user.city -eq 'a b')", "(user.city -eq 'a  b')", False),
        ('user.city -in [ "a" , "b" ]', 'user.city -in ["a","b"]', True),
        ('user.city -eq "a`" ( b"', 'user.city  -eq "a`" ( b"', True),
        ('user.city -eq "a`" ( b"', 'user.city -eq "a`" (b"', False),
        ("user.city -eq 'it''s ( so'", "user.city -eq 'it''s (so'", False),
    ],
)
def test_white_space_is_left_out_outside_of_texts_alone(rule: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert (spaced(rule) == spaced(other)) is same


def test_where_rules_differ_somebody_tells_and_the_parts_are_named() -> None:
    found = judged(f"({RULE})", f'{RULE} -or user.department -eq "Finance"')
    assert found.verdict is Verdict.DRIFT
    assert found.differences == (
        'a user with department "finance" is selected by the group\'s rule alone',
        'by the policy\'s rule: ✗ user.department -eq "DevOps"    (user.department is "finance")',
        "by the group's rule: ✓ -or",
        '    ✗ user.department -eq "DevOps"    (user.department is "finance")',
        '    ✓ user.department -eq "Finance"    (user.department is "finance")',
        'only in the group\'s rule: -or user.department -eq "Finance"',
    )


@pytest.mark.parametrize(
    "stated, observed, parts",
    [
        ("user.city -eq 'a' -and user.state -eq 'b'", 'user.city -eq "a" -and user.state -eq "c"',
         ["only in the policy's rule: user.state -eq \"b\"", "only in the group's rule: user.state -eq \"c\""]),
        ("user.city -eq 'a' -and user.state -eq 'b'", 'user.city -eq "a"',
         ["only in the policy's rule: -and user.state -eq \"b\""]),
        ("user.city -eq 'a'", 'user.state -eq "a"',
         ["only in the policy's rule: user.city -eq \"a\"", "only in the group's rule: user.state -eq \"a\""]),
        ("user.city -eq 'a' -or (user.state -eq 'b' -and user.country -eq 'c')",
         'user.city -eq "a" -or (user.state -eq "b" -and user.country -eq "d")',
         ["only in the policy's rule: user.country -eq \"c\"", "only in the group's rule: user.country -eq \"d\""]),
    ],
)  # fmt: skip
def test_where_two_trees_differ_the_smallest_parts_are_named(stated: str, observed: str, parts: list[str]) -> None:
    found = judged(stated, observed)
    assert [line for line in found.differences if line.startswith("only")] == parts


def test_a_group_without_a_rule_is_a_drift() -> None:
    for observed in (None, "", " "):
        found = judged(f"({RULE})", observed)
        assert (found.verdict, found.differences) == (Verdict.DRIFT, ("the group has no rule",))


@pytest.mark.parametrize("observed", ["(user.department -eq “DevOps”)", "user.departmen -eq 'x'", "("])
def test_a_rule_that_nobody_can_read_is_unknown_with_what_is_wrong(observed: str) -> None:
    found = judged(f"({RULE})", observed)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason.startswith("the group's rule cannot be read: line 1, column ")


NEGATIVE, EXPLICIT = "user.city -ne 'a'", "user.city -ne 'a' -and user.city -ne null"


def test_what_hangs_on_an_open_point_is_unknown_and_names_how_to_settle_it() -> None:
    found = judged(NEGATIVE, EXPLICIT)
    assert found.verdict is Verdict.UNKNOWN
    assert "(A-08)" in found.reason
    assert "membership-rule: {rule: …, semantics: {null-negative: complement or false}}" in found.remedy


@pytest.mark.parametrize("reading, expected", [("false", Verdict.COMPLIANT), ("complement", Verdict.DRIFT)])
def test_a_policy_settles_what_is_open(reading: str, expected: Verdict) -> None:
    found = judged(NEGATIVE, EXPLICIT, null_negative=reading)
    assert found.verdict is expected
    assert found.expected == f"{NEGATIVE} (null-negative: {reading})"


@pytest.mark.parametrize(
    "stated, observed",
    [
        ("user.memberof -any (group.objectId -in ['1'])", RULE),
        ('device.displayName -eq "DevOps"', RULE),
        ('device.displayName -eq "a"', 'device.displayName -eq "b"'),
    ],
)
def test_what_is_not_compared_is_never_taken_for_the_same(stated: str, observed: str) -> None:
    assert judged(stated, observed).verdict is Verdict.UNKNOWN


def test_a_list_and_the_rule_of_one_group_are_two_checks() -> None:
    text = "applies-to: {role: target}\ngroups: {DevOps: {members: %s}}"
    found = checks(text % "[a]", text % "as-rule")
    assert [check.name for check in found] == ["shared/group.DevOps.members", "shared/group.DevOps.members.as-rule"]
