"""From a check and a world to a verdict."""

from __future__ import annotations

from datetime import date

import pytest

from tests.documents.estates import ONE, checks, estate
from tests.model.evidence import NOW, answered, failed, judged, nothing, told, verdict
from xtcheck.judge import judge
from xtcheck.model import Grade, Json, Judgement, Verdict
from xtcheck.world import World

GROUP = "applies-to: {role: target}\ngroups: {A – B: {%s}}"
PARTNER = "applies-to: {role: target}\ncross-tenant-access: {partners: {one: {%s}}}"
SCOPE = "applies-to: link\nsynchronization: {scope: %s}"
THE_GROUP: Json = {"id": "1", "displayName": "A – B", "groupTypes": ["DynamicMembership"], "description": "r"}
STATED = GROUP % "description: r"


def test_what_agrees_is_compliant_and_names_its_evidence() -> None:
    found = verdict(STATED, {"/groups": [THE_GROUP]})
    assert (found.verdict, found.grade, found.expected, found.observed) == (Verdict.COMPLIANT, Grade.EXACT, "r", "r")
    assert [request.place for request in found.evidence] == ["shared"]


def test_what_differs_is_a_drift_with_both_sides_and_what_to_do() -> None:
    found = verdict(STATED, {"/groups": [{**THE_GROUP, "description": "R"}]})
    assert (found.verdict, found.expected, found.observed) == (Verdict.DRIFT, "r", "R")
    assert found.differences == ("they differ at character 1: U+0072 is expected, U+0052 is there",)
    assert "Group description" in found.remedy


@pytest.mark.parametrize(
    "document",
    [{"id": "1", "displayName": "A – B"}, {**THE_GROUP, "description": 3}, {**THE_GROUP, "description": ["r"]}],
)
def test_what_is_not_shown_or_not_understood_is_unknown(document: Json) -> None:
    assert verdict(STATED, {"/groups": [document]}).verdict is Verdict.UNKNOWN


def test_what_is_absent_is_a_drift_that_names_what_is_nearly_it() -> None:
    found = verdict(STATED, {"/groups": [{**THE_GROUP, "displayName": "A - B"}]})
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "absent")
    assert found.reason == (
        "there is no group A – B of shared; 'A - B' exists, which differs only in dashes, quotes, case or blanks"
    )


def test_what_a_relation_does_not_find_in_a_document_is_named() -> None:
    text = "applies-to: {tenant: shared}\ncross-tenant-access: {undeclared-partners: forbidden}"
    found = verdict(text, {"/partners": [{"id": "1"}]})
    assert found.reason == "the evidence has another shape than documented: tenantId is not shown"


@pytest.mark.parametrize("stated, groups, expected", [
    ("present", [THE_GROUP], Verdict.COMPLIANT),
    ("present", [], Verdict.DRIFT),
    ("absent", [], Verdict.COMPLIANT),
    ("absent", [THE_GROUP], Verdict.DRIFT),
    ("absent", [THE_GROUP, THE_GROUP], Verdict.UNKNOWN),
    ("absent", None, Verdict.UNKNOWN),
    ("absent", [None], Verdict.UNKNOWN),
])  # fmt: skip
def test_presence_is_judged_on_a_complete_collection(stated: str, groups: Json, expected: Verdict) -> None:
    assert verdict(GROUP % f"state: {stated}", {"/groups": groups}).verdict is expected


@pytest.mark.parametrize(
    "stated, partner, expected",
    [
        ("trust-mfa: inherit", {}, Verdict.COMPLIANT),
        ("trust-mfa: inherit", {"inboundTrust": None}, Verdict.COMPLIANT),
        ("trust-mfa: inherit", {"inboundTrust": {"isMfaAccepted": None}}, Verdict.DRIFT),
        ("trust-mfa: false", {"inboundTrust": {"isMfaAccepted": None}}, Verdict.COMPLIANT),
        ("automatic-redemption-inbound: inherit", {"automaticUserConsentSettings": {}}, Verdict.COMPLIANT),
        ("trust-mfa: inherit", {"inboundTrust": {"isMfaAccepted": False}}, Verdict.DRIFT),
        ("trust-mfa: false", {"inboundTrust": None}, Verdict.DRIFT),
        ("trust-mfa: true", {"inboundTrust": {"isMfaAccepted": True}}, Verdict.COMPLIANT),
        ("trust-mfa: true", {"inboundTrust": "yes"}, Verdict.UNKNOWN),
        ("trust-mfa: inherit", {"inboundTrust": []}, Verdict.UNKNOWN),
        ("trust-mfa: inherit", None, Verdict.COMPLIANT),
        ("trust-mfa: true", None, Verdict.DRIFT),
    ],
)
def test_null_missing_and_false_are_three_answers(stated: str, partner: Json, expected: Verdict) -> None:
    partners = [] if partner is None else [{"tenantId": ONE, **partner}]
    assert verdict(PARTNER % stated, {"/partners": partners}).verdict is expected


@pytest.mark.parametrize(
    "answer, stated, expected",
    [
        (nothing(), "false", Verdict.COMPLIANT),
        (nothing(), "true", Verdict.DRIFT),
        (failed(), "false", Verdict.UNKNOWN),
        (answered({}), "false", Verdict.UNKNOWN),
        (answered({"userSyncInbound": {"isSyncAllowed": False}}), "false", Verdict.COMPLIANT),
    ],
)
def test_a_documented_404_has_the_meaning_that_its_row_says(answer: Json, stated: str, expected: Verdict) -> None:
    documents = {"identitySynchronization": answer, "/partners": [{"tenantId": ONE}]}
    assert verdict(PARTNER % f"user-sync-inbound: {stated}", documents).verdict is expected


def test_an_unread_request_is_unknown_with_cause_remedy_and_permission() -> None:
    found = verdict(STATED, {"/groups": failed("403 Forbidden", "grant it")})
    assert (found.verdict, found.observed) == (Verdict.UNKNOWN, "not seen")
    assert found.reason.startswith("403 Forbidden (GET /groups?")
    assert found.remedy.startswith("grant it")
    assert "GroupMember.Read.All" in found.remedy


def test_an_answer_that_breaks_a_relation_is_unknown_and_not_a_crash() -> None:
    text = "applies-to: {role: target}\ncross-tenant-access: {undeclared-partners: forbidden}"
    shapes: list[Json] = [None, 3, ["x"], [None], [{}], {"a": 1}]
    for partners in shapes:
        assert verdict(text, {"/partners": partners}).verdict is Verdict.UNKNOWN


def test_a_moot_statement_is_not_applicable_without_any_evidence() -> None:
    china = estate()
    object.__setattr__(china.tenants["one"], "cloud", "china")
    check, _ = checks("applies-to: link\nsynchronization: {provisioning: on}", of=china)
    found = judge(check, World({}, NOW))
    assert (found.verdict, found.reason) == (Verdict.NOT_APPLICABLE, check.moot)


# --- a person's word -------------------------------------------------------------------------------------------------

DATED = "{expect: assigned, attested: {by: me, on: %s, until: %s}}"
BEFORE, TODAY, AFTER = date(2026, 11, 23), NOW.date(), date(2026, 11, 25)


@pytest.mark.parametrize(
    "on, until, counts",
    [
        (BEFORE, AFTER, True),
        (BEFORE, TODAY, True),
        (TODAY, AFTER, True),
        (BEFORE, BEFORE, False),
        (AFTER, AFTER, False),
    ],
)
def test_a_word_counts_from_its_first_to_its_last_day(on: date, until: date, counts: bool) -> None:  # noqa: FBT001
    found = verdict(SCOPE % DATED % (on, until), {})
    assert (found.verdict is Verdict.COMPLIANT) == counts
    assert found.verdict is not Verdict.DRIFT


def test_a_word_is_graded_as_such_and_names_who_gave_it() -> None:
    found = verdict(SCOPE % DATED % (BEFORE, AFTER), {})
    assert (found.grade, found.evidence) == (Grade.ATTESTED, ())
    assert found.observed == "assigned, attested by me on 2026-11-23, until 2026-11-25"


def test_without_a_word_what_is_not_read_is_unknown_and_says_how_to_read_it() -> None:
    found = verdict(SCOPE % "assigned", {})
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, "its evidence is not read without an opt-in")
    assert found.remedy.startswith("set read-secrets: true")


def secrets(value: str) -> Json:
    return {"/secrets": {"value": [{"key": "SyncAll", "value": value}]}, "servicePrincipals?": [{"id": "sp"}]}


@pytest.mark.parametrize("value, expected", [("false", Verdict.COMPLIANT), ("true", Verdict.DRIFT)])
def test_where_it_is_read_nobodys_word_counts(value: str, expected: Verdict) -> None:
    found = verdict(SCOPE % DATED % (BEFORE, AFTER), secrets(value), of=estate(secrets=True))
    assert (found.verdict, found.grade) == (expected, Grade.EXACT)


# --- what came from the environment -----------------------------------------------------------------------------------

HIDDEN = 'hunt"er\\2'


def texts(found: Judgement) -> str:
    return "\n".join([found.expected, found.observed, found.reason, *found.differences, found.remedy])


@pytest.mark.parametrize(
    "text, documents",
    [
        (GROUP % "description: '${env.XT_PRIVATE}'", {"/groups": [{**THE_GROUP, "description": HIDDEN}]}),
        (GROUP % "description: '${env.XT_PRIVATE}'", {"/groups": [THE_GROUP]}),
        (GROUP % "description: '${env.XT_PRIVATE}'", {"/groups": failed(f"no {HIDDEN}")}),
        (
            "applies-to: link\nsynchronization: {assigned: {groups: ['${env.XT_PRIVATE}']}}",
            {"appRoleAssignedTo": [], "servicePrincipals": [{"id": "sp"}]},
        ),
        (
            "applies-to: link\nsynchronization: {assigned: {groups: ['${env.XT_PRIVATE}']}}",
            {
                "appRoleAssignedTo": [
                    {"principalType": "Group", "principalId": id_, "principalDisplayName": HIDDEN} for id_ in "12"
                ],
                "servicePrincipals": [{"id": "sp"}],
            },
        ),
        (
            "applies-to: link\nsynchronization: {mappings: {a: {constant: '${env.XT_PRIVATE}'}}}",
            {
                "/schema": {"synchronizationRules": []},
                "jobs": [{"templateId": "Azure2Azure", "id": "1"}],
                "servicePrincipals": [{"id": "sp"}],
            },
        ),
    ],
)
def test_a_verdict_shows_what_came_from_the_environment_by_its_name(
    monkeypatch: pytest.MonkeyPatch, text: str, documents: Json
) -> None:
    monkeypatch.setenv("XT_PRIVATE", HIDDEN)
    found = verdict(text, documents)
    assert "${env.XT_PRIVATE}" in found.expected
    assert not [form for form in (HIDDEN, repr(HIDDEN)[1:-1], 'hunt\\"er\\\\2') if form in texts(found)]


def test_hiding_one_text_does_not_uncover_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_SHORT", "abc")
    monkeypatch.setenv("XT_LONG", "abcdef")
    (check,) = checks(GROUP % "description: '${env.XT_SHORT} ${env.XT_LONG}'")
    found = judged(check, {"/groups": [THE_GROUP]})
    assert found.expected == "${env.XT_SHORT} ${env.XT_LONG}"


def test_evidence_that_was_never_asked_for_is_a_fault_of_ours() -> None:
    (check,) = checks(STATED)
    with pytest.raises(LookupError, match="was not read"):
        judge(check, told({}, {}))
