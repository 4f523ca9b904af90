"""What must be gone: when its absence is proven, when something above it is gone, and when nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.documents.estates import ONE, checks, estate
from tests.model.evidence import failed, judged, nothing, verdict
from tests.rows.center import ROLE
from xtcheck.estate import Link
from xtcheck.kinds import rows
from xtcheck.model import Json, Verdict

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
LINK = "applies-to: {link: {from: one, to: shared}}\nsynchronization: {%s}"
AWS = "applies-to: aws\n%s"
APP: Json = {"id": "sp", "appId": "a", "displayName": "Sync", "appRoles": [ROLE]}
JOB: Json = {"id": "j", "templateId": "Azure2Azure"}

# --- a job of an app -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "apps, jobs, absent, present",
    [
        ([APP], [JOB], DRIFT, COMPLIANT),
        ([APP], [], COMPLIANT, DRIFT),
        ([APP], [{**JOB, "templateId": "Other"}], COMPLIANT, DRIFT),
        ([APP], [JOB, JOB], UNKNOWN, UNKNOWN),
        ([APP], failed(), UNKNOWN, UNKNOWN),
        ([APP], None, UNKNOWN, UNKNOWN),
        # A job is a part of its app: without the app there is none. The app must have been looked for, completely.
        ([], failed("nobody asks for it"), COMPLIANT, DRIFT),
        ([APP, {**APP, "id": "other"}], [], UNKNOWN, UNKNOWN),
        (failed(), [], UNKNOWN, UNKNOWN),
        (None, [], UNKNOWN, UNKNOWN),
    ],
)
def test_a_job_is_gone_when_it_is_not_there_or_its_app_is_gone(
    apps: Json, jobs: Json, absent: Verdict, present: Verdict
) -> None:
    documents = {"servicePrincipals?": apps, "/jobs": jobs}
    for text in (LINK % "job: {state: %s}", AWS % "enterprise-app: {job: {state: %s}}"):
        of_aws = {**documents, "/jobs": _of_aws(jobs)} if text.startswith("applies-to: aws") else documents
        assert verdict(text % "absent", of_aws).verdict is absent
        assert verdict(text % "present", of_aws).verdict is present


def _of_aws(jobs: Json) -> Json:
    named = {"Azure2Azure": "aWSSingleSignon"}
    return (
        [{**job, "templateId": named.get(job["templateId"], "x")} for job in jobs] if isinstance(jobs, list) else jobs
    )


def test_what_says_that_nothing_is_there_names_what_is_gone_above_it() -> None:
    found = verdict(LINK % "job: {state: present}", {"servicePrincipals?": []})
    assert found.reason == "there is no cross-tenant synchronization app of one"


# --- settings of a partner -------------------------------------------------------------------------------------------

PARTNER = (
    "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {identity-synchronization: {state: %s}}}}"
)


@pytest.mark.parametrize(
    "partners, settings, absent, present",
    [
        ([{"tenantId": ONE}], {"userSyncInbound": {"isSyncAllowed": False}}, DRIFT, COMPLIANT),
        ([{"tenantId": ONE}], nothing(), COMPLIANT, DRIFT),
        ([{"tenantId": ONE}], failed(), UNKNOWN, UNKNOWN),
        # The service refuses to delete an organization that still has them.
        ([], failed("nobody asks for it"), COMPLIANT, DRIFT),
        (failed(), nothing(), UNKNOWN, UNKNOWN),
    ],
)
def test_synchronization_settings_are_gone_when_they_or_the_organization_are(
    partners: Json, settings: Json, absent: Verdict, present: Verdict
) -> None:
    documents = {"identitySynchronization": settings, "/partners": partners}
    assert verdict(PARTNER % "absent", documents).verdict is absent
    assert verdict(PARTNER % "present", documents).verdict is present


# --- assignments -----------------------------------------------------------------------------------------------------

SOMEBODY: Json = {"principalType": "User", "principalId": "u", "principalDisplayName": "Sofia", "appRoleId": "r"}
NOBODY = "assigned: {groups: [], users: []}"


@pytest.mark.parametrize(
    "apps, assigned, expected",
    [
        ([APP], [SOMEBODY], DRIFT),
        ([APP], [], COMPLIANT),
        ([], failed("nobody asks for it"), COMPLIANT),
        ([APP], failed(), UNKNOWN),
        ([APP], {}, UNKNOWN),
        ([APP, {**APP, "id": "other"}], [], UNKNOWN),
        (failed(), [], UNKNOWN),
    ],
)
def test_nobody_is_assigned_to_an_app_that_is_gone(apps: Json, assigned: Json, expected: Verdict) -> None:
    documents = {"servicePrincipals?": apps, "appRoleAssignedTo": assigned}
    assert verdict(LINK % NOBODY, documents).verdict is expected
    assert verdict(AWS % f"enterprise-app: {{{NOBODY}}}", documents).verdict is expected


def test_somebody_who_should_be_assigned_to_an_app_that_is_gone_is_missing() -> None:
    found = verdict(LINK % "assigned: {groups: [AWS Users]}", {"servicePrincipals?": []})
    assert (found.verdict, found.differences) == (DRIFT, ("groups missing: AWS Users",))
    assert found.reason == "there is no cross-tenant synchronization app of one"


# --- the people behind an app ----------------------------------------------------------------------------------------

ISSUED = {"ExternalIds": [{"Issuer": "https://scim.aws.com/1", "Id": "1"}]}
CENTER = {
    "list_instances": [{"InstanceArn": "arn"}],
    "describe_instance": {"InstanceArn": "arn", "IdentityStoreId": "d-1"},
    "list_group_memberships": [],
    "/users?": [],
}


@pytest.mark.parametrize(
    "apps, users, groups, found",
    [
        ([], [("sofia", "DISABLED")], [], {}),
        ([], [], [], {}),
        ([], [("sofia", "ENABLED")], [], {"users": ("not assigned: sofia",)}),
        ([], [], ["DevOps"], {"groups": ("not assigned: DevOps",)}),
        ([APP, {**APP, "id": "other"}], [], [], {"users": UNKNOWN, "groups": UNKNOWN, "memberships": UNKNOWN}),
        (failed(), [], [], {"users": UNKNOWN, "groups": UNKNOWN, "memberships": UNKNOWN}),
    ],
)
def test_behind_an_app_that_is_gone_nobody_may_be_left(
    apps: Json, users: list[tuple[str, str]], groups: list[str], found: Json
) -> None:
    documents = {
        **CENTER,
        "servicePrincipals?": apps,
        "list_users": [{"UserId": name, "UserName": name, "UserStatus": status, **ISSUED} for name, status in users],
        "list_groups": [{"GroupId": name, "DisplayName": name, **ISSUED} for name in groups],
    }
    for key in ("users", "groups", "memberships"):
        judgement = verdict(AWS % f"identity-center: {{people: {{{key}: as-assigned}}}}", documents)
        expected = found.get(key, COMPLIANT)
        assert expected in (judgement.verdict, judgement.differences), f"{key}: {judgement}"


# --- what is a part of what ------------------------------------------------------------------------------------------


def test_these_objects_are_gone_with_what_they_are_found_through() -> None:
    """Each of them by the documentation of its service, named in its row."""
    owned = {f"{kind.name} {setting.key}" for kind, setting in rows() if setting.owned}
    assert owned == {
        "sync-job job.state",
        "scim-job job.state",
        "identity-sync identity-synchronization.state",
    }


def test_of_any_other_object_an_absence_above_it_proves_nothing() -> None:
    check, *_ = checks(LINK % "job: {state: absent}", of=estate())
    other = replace(check, setting=replace(check.setting, owned=False))
    found = judged(other, {"servicePrincipals?": []})
    assert (found.verdict, found.reason) == (
        UNKNOWN,
        "there is no cross-tenant synchronization app of one; whether synchronization job went with it is not known",
    )
    assert judged(other, {"servicePrincipals?": [APP], "/jobs": []}).verdict is COMPLIANT


# --- which configuration a link means --------------------------------------------------------------------------------


def apps(*names: str) -> Json:
    return {"servicePrincipals?": [{"id": f"id of {name}", "displayName": name, "appId": "a"} for name in names]}


@pytest.mark.parametrize(
    "own, other, found, present",
    [
        # One link alone means whatever is there.
        ("", None, ["A"], COMPLIANT),
        ("", None, [], DRIFT),
        ("", None, ["A", "B"], UNKNOWN),
        # Two that pin theirs.
        ("A", "B", ["A", "B"], COMPLIANT),
        ("A", "B", ["A"], COMPLIANT),
        ("A", "B", ["B"], DRIFT),
        ("A", "B", [], DRIFT),
        ("id of A", "B", ["A", "B"], COMPLIANT),
        ("A", "id of B", ["B"], DRIFT),
        # Under another name it may be there yet: nothing is said, neither that it is there nor that it is gone.
        ("A", "B", ["B", "C"], UNKNOWN),
        ("A", None, ["C"], UNKNOWN),
        ("A", "", ["C"], UNKNOWN),
        # Who gives no name means what is left, when everybody else found theirs.
        ("", "B", ["A", "B"], COMPLIANT),
        ("", "B", ["B"], DRIFT),
        ("", "B", ["A"], UNKNOWN),
        ("", "B", ["A", "C", "B"], UNKNOWN),
        # Two that give none: whose it is was never said. Not even the last one left belongs to either.
        ("", "", ["A"], UNKNOWN),
        ("", "", ["A", "B"], UNKNOWN),
        ("", "", [], DRIFT),
    ],
)
def test_a_link_means_what_it_pins_or_what_is_left(
    own: str, other: str | None, found: list[str], present: Verdict
) -> None:
    links = (Link("one", "shared", own), *((Link("one", "two", other),) if other is not None else ()))
    absent = {COMPLIANT: DRIFT, DRIFT: COMPLIANT, UNKNOWN: UNKNOWN}[present]
    of = estate(links=links)
    assert verdict(LINK % "state: present", apps(*found), of).verdict is present
    assert verdict(LINK % "state: absent", apps(*found), of).verdict is absent


@pytest.mark.parametrize(
    "own, other, found, present",
    [
        ("A", "B", ["A", "B"], COMPLIANT),
        ("A", "B", ["B"], DRIFT),
        ("A", "B", ["B", "C"], UNKNOWN),
        ("", "", ["A"], UNKNOWN),
        ("", "", [], DRIFT),
        ("", None, ["A"], COMPLIANT),
        ("", None, ["A", "B"], UNKNOWN),
    ],
)
def test_an_aws_entry_means_the_app_that_it_pins_when_one_tenant_has_several(
    own: str, other: str | None, found: list[str], present: Verdict
) -> None:
    main = replace(estate().aws["main"], app=own)
    west = {} if other is None else {"west": replace(main, alias="west", region="us-west-2", app=other)}
    of = replace(estate(), aws={"main": main, **west})
    assert verdict("applies-to: {aws: main}\nenterprise-app: {state: present}", apps(*found), of).verdict is present


def test_what_is_left_may_be_without_a_name() -> None:
    links = (Link("one", "shared", "A"), Link("one", "two", "B"))
    found = verdict(LINK % "state: absent", {"servicePrincipals?": [{}]}, estate(links=links))
    assert found.verdict is UNKNOWN
    assert found.reason.endswith("so it is not known whose something without a name is")


def test_the_links_of_another_source_are_no_rivals() -> None:
    of = estate(links=(Link("one", "shared"), Link("two", "shared")))
    assert verdict(LINK % "state: present", apps("A"), of).verdict is COMPLIANT
