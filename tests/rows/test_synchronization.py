"""Synchronization per source: its settings, what is assigned, and what nobody declared."""

from __future__ import annotations

import json

import pytest

from tests.documents.estates import SHARED, estate
from tests.model.evidence import verdict
from xtcheck.estate import Link
from xtcheck.kinds.jobs import job_rows
from xtcheck.model import Grade, Json, Verdict

LINK = "applies-to: {link: {from: one}}\nsynchronization: {%s}"
TENANT = "applies-to: {tenant: one}\nsynchronization: {undeclared-configurations: %s}"
APP = {"servicePrincipals?": [{"id": "sp", "displayName": "Sync", "appId": "a"}]}
OPEN = estate(secrets=True)
SECRETS = {
    "AuthenticationType": "SyncPolicy",
    "CompanyId": SHARED.upper(),
    "SyncAll": "False",
    "SyncNotificationSettings": '{"Enabled":false,"DeleteThresholdEnabled":false}',
}


def secrets(**changes: str) -> Json:
    told = {**SECRETS, **changes}
    return {**APP, "secrets": {"value": [{"key": key, "value": value} for key, value in told.items()]}}


def told(**settings: Json) -> Json:
    usual = {"Enabled": False, "DeleteThresholdEnabled": False}
    return secrets(SyncNotificationSettings=json.dumps({**usual, **settings}))


# --- settings of the app ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement, documents, expected",
    [
        ("authentication: SyncPolicy", secrets(), Verdict.COMPLIANT),
        ("authentication: SyncPolicy", secrets(AuthenticationType="Basic"), Verdict.DRIFT),
        ("target-tenant: '${target.id}'", secrets(), Verdict.COMPLIANT),
        ("scope: assigned", secrets(), Verdict.COMPLIANT),
        ("scope: assigned", secrets(SyncAll="true"), Verdict.DRIFT),
        ("scope: assigned", secrets(SyncAll="perhaps"), Verdict.UNKNOWN),
        ("notifications: []", told(), Verdict.COMPLIANT),
        ("notifications: []", told(Enabled=True, Recipients="a@b.c"), Verdict.DRIFT),
        ("notifications: [A@b.c, d@e.f]", told(Enabled=True, Recipients="a@b.c; d@e.f"), Verdict.COMPLIANT),
        ("notifications: [a@b.c]", told(Enabled=False, Recipients="a@b.c"), Verdict.DRIFT),
        ("notifications: []", secrets(SyncNotificationSettings="{}"), Verdict.UNKNOWN),
        ("notifications: []", secrets(SyncNotificationSettings="{"), Verdict.UNKNOWN),
        ("notifications: []", secrets(SyncNotificationSettings="[]"), Verdict.UNKNOWN),
        ("accidental-deletion-threshold: off", told(), Verdict.COMPLIANT),
        ("accidental-deletion-threshold: 500", told(), Verdict.DRIFT),
        (
            "accidental-deletion-threshold: 500",
            told(DeleteThresholdEnabled=True, DeleteThresholdValue=500),
            Verdict.COMPLIANT,
        ),
        (
            "accidental-deletion-threshold: 500",
            told(DeleteThresholdEnabled=True, DeleteThresholdValue="500"),
            Verdict.COMPLIANT,
        ),
        ("accidental-deletion-threshold: 500", told(DeleteThresholdEnabled=True), Verdict.UNKNOWN),
    ],
)
def test_settings_are_read_from_what_the_app_keeps_as_secrets(
    statement: str, documents: Json, expected: Verdict
) -> None:
    assert verdict(LINK % statement, documents, OPEN).verdict is expected


@pytest.mark.parametrize("key", ["authentication", "notifications", "accidental-deletion-threshold"])
def test_without_the_opt_in_a_dated_word_stands_in(key: str) -> None:
    value = {"authentication": "SyncPolicy", "notifications": "[]"}.get(key, "off")
    word = "attested: {by: me, on: 2026-01-01, until: 2027-01-01}"
    found = verdict(LINK % f"{key}: {{expect: {value}, {word}}}", secrets())
    assert (found.verdict, found.grade) == (Verdict.COMPLIANT, Grade.ATTESTED)
    assert verdict(LINK % f"{key}: {value}", secrets()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "statement",
    [
        "authentication: SyncPolicy",
        "target-tenant: '${target.id}'",
        "scope: assigned",
        "notifications: []",
        "accidental-deletion-threshold: off",
    ],
)
def test_of_a_new_app_nothing_is_set_yet(statement: str) -> None:
    """It is read completely, and what it means when a key is not there is not documented: it is never a pass."""
    found = verdict(LINK % statement, {**APP, "secrets": {"value": []}}, OPEN)
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "absent")


def test_a_key_that_is_there_twice_is_not_understood() -> None:
    documents = {**APP, "secrets": {"value": [{"key": "SyncNotificationSettings", "value": "{}"}] * 2}}
    assert verdict(LINK % "notifications: []", documents, OPEN).verdict is Verdict.UNKNOWN


# --- jobs ------------------------------------------------------------------------------------------------------------


def job(**changes: Json) -> Json:
    return {"id": "j", "templateId": "Azure2Azure", "schedule": {"interval": "PT40M", "state": "Active"}, **changes}


@pytest.mark.parametrize(
    "jobs, expected",
    [
        ([job()], Verdict.COMPLIANT),
        ([], Verdict.COMPLIANT),
        ([job(), job(id="k", templateId="other")], Verdict.DRIFT),
        ([job(), job(id="k")], Verdict.DRIFT),
        ([{"id": "j"}], Verdict.UNKNOWN),
    ],
)
def test_only_one_job_of_the_template_is_declared(jobs: Json, expected: Verdict) -> None:
    assert verdict(LINK % "undeclared-jobs: forbidden", {**APP, "jobs": jobs}).verdict is expected


@pytest.mark.parametrize("interval, expected", [("PT40M", Verdict.COMPLIANT), ("PT20M", Verdict.DRIFT)])
def test_the_interval_is_the_jobs_own(interval: str, expected: Verdict) -> None:
    jobs = [job(schedule={"interval": interval, "state": "Active"})]
    assert verdict(LINK % "interval: PT40M", {**APP, "jobs": jobs}).verdict is expected


def test_every_job_has_the_same_rows() -> None:
    assert [row.key for row in job_rows("x", "y")] == ["provisioning", "interval", "health"]


# --- assignments -----------------------------------------------------------------------------------------------------

ASSIGNED = [{"principalType": "Group", "principalId": "g1"}, {"principalType": "User", "principalId": "u1"}]
USER = {"@odata.type": "#microsoft.graph.user", "id": "u", "displayName": "Sofia"}
GROUP = {"@odata.type": "#microsoft.graph.group", "id": "g2", "displayName": "Inner"}


@pytest.mark.parametrize(
    "members, stated, expected",
    [
        ([USER], "forbidden", Verdict.COMPLIANT),
        ([], "forbidden", Verdict.COMPLIANT),
        ([USER, GROUP], "forbidden", Verdict.DRIFT),
        ([GROUP], "{forbidden: {except: [Inner]}}", Verdict.COMPLIANT),
        ([{**GROUP, "displayName": None}], "forbidden", Verdict.DRIFT),
        ([{"id": "g2"}], "forbidden", Verdict.UNKNOWN),
    ],
)
def test_groups_inside_assigned_groups_are_found(members: Json, stated: str, expected: Verdict) -> None:
    documents = {**APP, "appRoleAssignedTo": ASSIGNED, "/groups/g1/members": members}
    assert verdict(LINK % f"nested-groups: {stated}", documents).verdict is expected


def test_only_groups_are_asked_for_members() -> None:
    documents = {**APP, "appRoleAssignedTo": ASSIGNED[1:]}
    assert verdict(LINK % "nested-groups: forbidden", documents).verdict is Verdict.COMPLIANT


# --- configurations --------------------------------------------------------------------------------------------------


def apps(*names: str) -> Json:
    return {"servicePrincipals?": [{"id": f"id of {name}", "displayName": name, "appId": "a"} for name in names]}


def pinned(*pins: str) -> tuple[Link, ...]:
    return tuple(Link("one", "shared", pin) for pin in pins)


@pytest.mark.parametrize(
    "links, found, differences",
    [
        (pinned(""), ["A"], []),
        (pinned(""), [], []),
        (pinned(""), ["B", "A"], ["2 configurations for 1 links that pin none (app: in config.yml): A, B"]),
        (pinned("A"), ["A"], []),
        (pinned("id of A"), ["A", "B"], ["B (id of B)"]),
        (pinned("A", ""), ["A", "B"], []),
        ((), ["A"], ["A (id of A)"]),
    ],
)
def test_a_configuration_that_no_link_means_is_named(
    links: tuple[Link, ...], found: list[str], differences: list[str]
) -> None:
    judged = verdict(TENANT % "forbidden", apps(*found), estate(links=links))
    assert list(judged.differences) == differences
    assert judged.verdict is (Verdict.DRIFT if differences else Verdict.COMPLIANT)


def test_a_configuration_beside_pinned_ones_may_be_excepted_by_name() -> None:
    text = TENANT % "{forbidden: {except: [B]}}"
    assert verdict(text, apps("A", "B"), estate(links=pinned("A"))).verdict is Verdict.COMPLIANT
