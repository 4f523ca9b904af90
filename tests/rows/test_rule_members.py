"""Members of a dynamic group as its own rule selects them: who differs, who may yet, and of whom nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.model.evidence import NOW, failed, verdict
from xtcheck.model import Json, Judgement, Verdict
from xtcheck.tables import Table

HOUR = timedelta(hours=1)
STATED = "applies-to: {role: target}\ngroups: {DevOps: {members: %s}}"
RULE = 'user.department -eq "DevOps"'
COLUMNS = ("accountEnabled", "createdDateTime", "department", "displayName", "employeeHireDate", "userPrincipalName")
SUCCEEDED: Json = {"membershipRuleProcessingStatus": {"status": "Succeeded", "errorMessage": None}}


def group(rule: str | None = RULE, **changes: Json) -> Json:
    return {
        "id": "g", "displayName": "DevOps", "groupTypes": ["DynamicMembership"], "membershipRule": rule,
        "membershipRuleProcessingState": "On", "createdDateTime": "2025-01-15T09:00:00Z", **changes,
    }  # fmt: skip


def user(name: str, department: str | None = "DevOps", **changes: Json) -> Json:
    return {
        "id": name.lower(), "displayName": name, "userPrincipalName": f"{name}@x", "accountEnabled": True,
        "department": department, "createdDateTime": "2025-01-15T09:00:00Z", "employeeHireDate": None, **changes,
    }  # fmt: skip


def member(name: str, kind: str = "user") -> Json:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": name.lower(), "displayName": name}


SOFIA, NIKKI, PAT = user("Sofia"), user("Nikki"), user("Pat", "Finance")
EVERYBODY = [SOFIA, NIKKI, PAT]


def judged(
    folder: Path,
    members: list[Json],
    *,
    stated: str = "as-rule",
    of: Json = None,
    users: list[Json] | None = None,
    reports: Sequence[Json] = (),
    answers: Mapping[str, Json] | None = None,
) -> Judgement:
    """The verdict in a tenant of these users, on a group of these members; further answers by a part of their URL."""
    everybody = Table.of(EVERYBODY if users is None else users, COLUMNS, folder / "table")
    documents = {
        "beta:": SUCCEEDED, "/members": members, "/directReports": list(reports), "/groups?": [of or group()],
        "/users?": everybody, **(answers or {}),
    }  # fmt: skip
    return verdict(STATED % stated, documents)


def test_a_group_of_exactly_those_whom_the_rule_selects_is_compliant(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Nikki")])
    assert (found.verdict, found.observed) == (Verdict.COMPLIANT, "2 members: all as the rule selects")
    assert found.people == {}


def test_who_is_missing_and_who_is_extra_is_named_with_how_that_comes(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Pat")])
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "2 members: 1 missing, 1 extra")
    assert found.differences[:4] == (
        "missing: Nikki",
        'Nikki is selected: ✓ user.department -eq "DevOps"    (user.department is "DevOps")',
        "extra: Pat",
        'Pat is not selected: ✗ user.department -eq "DevOps"    (user.department is "Finance")',
    )
    missing, extra = found.people["missing"], found.people["extra"]
    assert [(each["id"], each["name"]) for each in (*missing, *extra)] == [("nikki", "Nikki"), ("pat", "Pat")]


def test_a_verdict_names_the_first_and_the_record_everybody(tmp_path: Path) -> None:
    many = [user(f"P{number:03d}") for number in range(150)]
    found = judged(tmp_path, [], users=many)
    assert found.differences[0].endswith("P010, P011 and 138 more")
    assert len(found.people["missing"]) == 150
    assert [bool(each["why"]) for each in found.people["missing"]] == [True] * 100 + [False] * 50
    assert sum("is selected" in line for line in found.differences) == 3


def test_guests_and_the_disabled_are_selected_as_well(tmp_path: Path) -> None:
    off = user("Off", accountEnabled=False)
    assert judged(tmp_path, [member("Off")], users=[off]).verdict is Verdict.COMPLIANT


def test_a_rule_of_several_parts_is_explained_part_by_part(tmp_path: Path) -> None:
    rule = f'{RULE} -and user.displayName -ne "Sofia"'
    found = judged(tmp_path, [member("Sofia"), member("Nikki")], of=group(rule))
    assert found.differences[:4] == (
        "extra: Sofia",
        "Sofia is not selected: ✗ -and",
        '    ✓ user.department -eq "DevOps"    (user.department is "DevOps")',
        '    ✗ user.displayName -ne "Sofia"    (user.displayName is "Sofia")',
    )


def test_what_is_no_user_is_extra_and_called_what_it_is(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Nikki"), member("Inner", "group")])
    assert found.differences[:2] == ("extra: Inner", "Inner is not selected: a group, which no rule of users selects")


def test_an_agent_s_account_is_a_user_like_any_other(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Nikki", "agentUser")])
    assert found.verdict is Verdict.COMPLIANT


def test_where_only_agents_accounts_are_extra_it_is_said(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Nikki"), member("Pat", "agentUser")])
    assert "only agents' accounts are extra (A-20)" in found.differences
    (tmp_path / "again").mkdir()
    found = judged(tmp_path / "again", [member("Sofia"), member("Pat", "agentUser")])
    assert "only agents' accounts are extra (A-20)" not in found.differences


# --- time -----------------------------------------------------------------------------------------------------------


def test_where_nobody_can_tell_since_when_it_is_a_drift_that_may_be_settling(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia")])
    assert found.differences[-1].startswith("may be settling: a dynamic group follows")
    assert "within 1 day" in found.differences[-1]


def just(name: str, ago: timedelta = HOUR) -> Json:
    return user(name, createdDateTime=(NOW - ago).isoformat().replace("+00:00", "Z"))


def test_about_somebody_who_came_within_the_window_it_is_pending_with_the_time_left(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia")], users=[SOFIA, just("Nikki")])
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "23 h of that are left (Nikki)" in found.reason
    assert [each["name"] for each in found.people["pending"]] == ["Nikki"]


def test_a_declared_time_caps_the_window(tmp_path: Path) -> None:
    stated = "{expect: as-rule, settle: PT30M}"
    found = judged(tmp_path, [member("Sofia")], users=[SOFIA, just("Nikki")], stated=stated)
    assert found.verdict is Verdict.DRIFT
    assert "within 30 min" in found.differences[-1]
    (tmp_path / "again").mkdir()
    stated = "{expect: as-rule, settle: PT2H}"
    found = judged(tmp_path / "again", [member("Sofia")], users=[SOFIA, just("Nikki")], stated=stated)
    assert "1 h of that are left" in found.reason


def test_no_time_at_all_excuses_nothing(tmp_path: Path) -> None:
    stated = "{expect: as-rule, settle: PT0S}"
    found = judged(tmp_path, [member("Sofia")], users=[SOFIA, just("Nikki")], stated=stated)
    assert (found.verdict, len(found.differences)) == (Verdict.DRIFT, 2)


def test_one_whom_time_does_not_excuse_makes_it_a_drift_that_names_the_others(tmp_path: Path) -> None:
    found = judged(tmp_path, [], users=[SOFIA, just("Nikki")])
    assert found.verdict is Verdict.DRIFT
    assert found.differences[0] == "missing: Sofia"
    assert found.differences[-1].endswith("left (Nikki)")


def test_in_a_group_that_was_just_made_everything_is_pending(tmp_path: Path) -> None:
    made = group(createdDateTime=(NOW - HOUR).isoformat())
    assert judged(tmp_path, [], of=made).pending


@pytest.mark.parametrize("status", ["NotStarted", "Running"])
def test_while_the_service_says_that_it_is_at_it_everything_is_pending(tmp_path: Path, status: str) -> None:
    at_it = {"membershipRuleProcessingStatus": {"status": status}}
    found = judged(tmp_path, [member("Sofia")], answers={"beta:": at_it})
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "it is at it now" in found.reason


def test_a_status_that_may_not_be_read_is_just_not_known(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia")], answers={"beta:": failed()})
    assert (found.verdict, found.differences[0]) == (Verdict.DRIFT, "missing: Nikki")
    (tmp_path / "again").mkdir()
    both = [member("Sofia"), member("Nikki")]
    assert judged(tmp_path / "again", both, answers={"beta:": failed()}).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("status", ["no object", ["Running"], {"membershipRuleProcessingStatus": "Running"}])
def test_a_status_of_another_shape_is_not_known_either(tmp_path: Path, status: Json) -> None:
    assert judged(tmp_path, [member("Sofia")], answers={"beta:": status}).verdict is Verdict.DRIFT


def test_a_service_that_gave_up_will_not_settle(tmp_path: Path) -> None:
    gave_up = {"membershipRuleProcessingStatus": {"status": "Failed", "errorMessage": "too many"}}
    found = judged(tmp_path, [], users=[just("Nikki")], answers={"beta:": gave_up})
    assert (found.verdict, found.differences[-1]) == (Verdict.DRIFT, "the service could not process the rule: too many")


def test_a_paused_group_will_not_settle(tmp_path: Path) -> None:
    found = judged(tmp_path, [], users=[just("Nikki")], of=group(membershipRuleProcessingState="Paused"))
    assert (found.verdict, found.differences[-1]) == (
        Verdict.DRIFT, "processing is paused: the service does not follow the rule",
    )  # fmt: skip


# --- what nobody knows ----------------------------------------------------------------------------------------------

NEGATIVE = 'user.department -ne "Finance"'


def test_of_whom_the_documentation_does_not_tell_is_unknown_by_name_and_point(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia")], of=group(NEGATIVE), users=[SOFIA, PAT, user("Nobody", None)])
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, False)
    assert found.reason == (
        "it is not known whether the rule selects Nobody (A-08, whether a negative operator holds for a user without "
        "the value)"
    )
    assert "members: {as-rule: {semantics: {null-negative: complement or false}}}" in found.remedy
    assert [each["name"] for each in found.people["inconclusive"]] == ["Nobody"]


@pytest.mark.parametrize("reading, expected", [("complement", Verdict.DRIFT), ("false", Verdict.COMPLIANT)])
def test_a_policy_settles_it(tmp_path: Path, reading: str, expected: Verdict) -> None:
    stated = f"{{as-rule: {{semantics: {{null-negative: {reading}}}}}}}"
    found = judged(tmp_path, [member("Sofia")], of=group(NEGATIVE), users=[SOFIA, user("Nobody", None)], stated=stated)
    assert found.verdict is expected
    assert found.expected == f"exactly whom the group's rule selects (null-negative: {reading})"


def test_a_doubt_does_not_hide_a_difference(tmp_path: Path) -> None:
    found = judged(tmp_path, [], of=group(NEGATIVE), users=[SOFIA, user("Nobody", None)])
    assert (found.verdict, found.differences[0]) == (Verdict.DRIFT, "missing: Sofia")
    assert "it is not known whether the rule selects Nobody" in found.differences[-1]


def test_who_turns_with_the_hour_is_not_known_within_the_lag(tmp_path: Path) -> None:
    rule = "user.employeeHireDate -le system.now"
    hired = [
        user(name, employeeHireDate=(NOW - timedelta(hours=ago)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        for name, ago in (("Old", 48), ("Fresh", 3), ("Coming", -48))
    ]
    found = judged(tmp_path, [member("Old")], of=group(rule), users=hired)
    assert found.verdict is Verdict.UNKNOWN
    assert "the rule selects Fresh (now, " in found.reason


def test_a_member_among_no_users_means_that_the_reads_do_not_fit_together(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia"), member("Nikki"), member("Gone")])
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN, "a member, and not among the tenant's users: Gone",
    )  # fmt: skip
    assert found.remedy.startswith("run again")


@pytest.mark.parametrize(
    "rule, said",
    [
        ("user.memberof -any (group.objectId -in ['1'])", "has not evaluated since 3 November 2026"),
        ('device.deviceOSType -eq "Windows"', "selects devices"),
        ("(user.department -eq “DevOps”)", "cannot be read: line 1, column 22: the typographic quotation mark"),
        (None, "its rule is not shown"),
    ],
)
def test_a_rule_that_is_not_evaluated_over_users_is_unknown(tmp_path: Path, rule: str | None, said: str) -> None:
    found = judged(tmp_path, [member("Sofia")], of=group(rule), answers={"/users?": failed("nobody may be asked")})
    assert found.verdict is Verdict.UNKNOWN
    assert said in found.reason


def test_a_group_whose_members_no_rule_makes_is_a_drift(tmp_path: Path) -> None:
    found = judged(tmp_path, [member("Sofia")], of=group(groupTypes=[]))
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "assigned one by one")


@pytest.mark.parametrize("part", ["/users?", "/members", "/groups?"])
def test_what_cannot_be_read_is_unknown(tmp_path: Path, part: str) -> None:
    assert judged(tmp_path, [member("Sofia"), member("Nikki")], answers={part: failed()}).verdict is Verdict.UNKNOWN


def test_a_group_that_is_not_there_is_a_drift(tmp_path: Path) -> None:
    assert judged(tmp_path, [], answers={"/groups?": []}).verdict is Verdict.DRIFT


# --- direct reports -------------------------------------------------------------------------------------------------

REPORTS = group('Direct Reports for "sofia"')
BOTH = [member("Nikki"), member("Pat")]


@pytest.mark.parametrize(
    "stated, members, expected",
    [
        ("as-rule", [*BOTH, member("Sofia")], Verdict.COMPLIANT),
        ("as-rule", BOTH, Verdict.COMPLIANT),
        ("as-rule", [member("Pat"), member("Sofia")], Verdict.DRIFT),
        ("as-rule", [*BOTH, member("Li")], Verdict.DRIFT),
        ("{as-rule: {semantics: {direct-manager: included}}}", BOTH, Verdict.DRIFT),
        ("{as-rule: {semantics: {direct-manager: included}}}", [*BOTH, member("Sofia")], Verdict.COMPLIANT),
        ("{as-rule: {semantics: {direct-manager: excluded}}}", [*BOTH, member("Sofia")], Verdict.DRIFT),
    ],
)
def test_direct_reports_are_asked_of_their_manager(
    tmp_path: Path, stated: str, members: list[Json], expected: Verdict
) -> None:
    answers = {"/users?": failed("not all users")}
    found = judged(tmp_path, members, of=REPORTS, stated=stated, reports=BOTH, answers=answers)
    assert found.verdict is expected


def test_a_member_who_does_not_report_is_told_so(tmp_path: Path) -> None:
    found = judged(tmp_path, [*BOTH, member("Li")], of=REPORTS, reports=BOTH)
    assert found.differences[:2] == ("extra: Li", "Li is not selected: does not report to sofia")
