"""Tenants and licences: judgements on documents made by hand, whole, empty-handed and misshapen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.documents.estates import ONE, SHARED, estate, mistakes
from tests.model.evidence import failed, verdict
from tests.rows.center import ROLE
from xtcheck.estate import Tenant
from xtcheck.kinds.app_roles import NO_ROLE
from xtcheck.model import Grade, Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
P1, P2, OTHER = (
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "eec0eb4f-6444-4f95-aba0-50c24d67f998",
    "113feb6c-3fe4-4440-bddc-54d774bf0318",
)


def stated(statement: str) -> str:
    return f"applies-to: {{tenant: shared}}\ntenant: {{{statement}}}"


# --- organization ----------------------------------------------------------------------------------------------------


def organization(**changes: Json) -> Json:
    domains = [
        {"name": "example.com", "isInitial": False, "isDefault": True},
        {"name": "Shared.onmicrosoft.com", "isInitial": True, "isDefault": False},
    ]
    whole = {"id": SHARED, "displayName": "Shared", "countryLetterCode": "US", "verifiedDomains": domains}
    return {**whole, **changes}


@pytest.mark.parametrize(
    "statement, changes, expected",
    [
        ("display-name: Shared", {}, COMPLIANT),
        ("display-name: shared", {}, DRIFT),
        ("display-name: Shared", {"displayName": None}, UNKNOWN),
        ("display-name: Shared", {"displayName": ["Shared"]}, UNKNOWN),
        ("country: US", {}, COMPLIANT),
        ("country: us", {}, COMPLIANT),
        ("country: NO", {"countryLetterCode": "NO"}, COMPLIANT),
        ("country: SE", {}, DRIFT),
        ("country: US", {"countryLetterCode": None}, UNKNOWN),
        ("initial-domain: SHARED.onmicrosoft.com", {}, COMPLIANT),
        ("initial-domain: example.com", {}, DRIFT),
        ("initial-domain: shared.onmicrosoft.com", {"verifiedDomains": None}, UNKNOWN),
        ("initial-domain: shared.onmicrosoft.com", {"verifiedDomains": []}, UNKNOWN),
        ("initial-domain: example.com", {"verifiedDomains": [{"name": "example.com", "isInitial": None}]}, UNKNOWN),
        ("initial-domain: a.b", {"verifiedDomains": 2 * [{"name": "a.b", "isInitial": True}]}, UNKNOWN),
    ],
)
def test_what_a_tenant_is(statement: str, changes: Json, expected: Verdict) -> None:
    assert verdict(stated(statement), {"/organization": [organization(**changes)]}).verdict is expected


@pytest.mark.parametrize("items", [[], [organization(id=ONE)], 2 * [organization()], [organization(id=None)]])
def test_an_organization_that_is_not_exactly_the_declared_tenant_is_not_judged(items: Json) -> None:
    assert verdict(stated("display-name: Shared"), {"/organization": items}).verdict is UNKNOWN


def test_a_country_is_two_letters() -> None:
    [mistake] = mistakes(stated("country: United States"))
    assert "write two letters (ISO 3166-1), e.g. US" in mistake


def test_guest_billing_rests_on_a_persons_word() -> None:
    [mistake] = mistakes(stated("guest-billing: linked"))
    assert "a person must attest it" in mistake
    said = "guest-billing: {expect: linked, attested: {by: finance, on: 2026-11-01, until: 2027-11-01}}"
    judged = verdict(stated(said), {})
    assert (judged.verdict, judged.grade) == (COMPLIANT, Grade.ATTESTED)


@pytest.mark.parametrize(
    "statement, invites, expected",
    [
        ("everyone", "everyone", COMPLIANT),
        ("[everyone, admins-and-guest-inviters]", "adminsAndGuestInviters", COMPLIANT),
        ("[everyone, admins-and-guest-inviters]", "adminsGuestInvitersAndAllMembers", DRIFT),
        ("everyone", "none", DRIFT),
        ("everyone", "unknownFutureValue", UNKNOWN),
        ("everyone", None, UNKNOWN),
    ],
)
def test_who_may_invite(statement: str, invites: Json, expected: Verdict) -> None:
    documents = {"authorizationPolicy": {"allowInvitesFrom": invites}}
    assert verdict(stated(f"guest-invitations: {statement}"), documents).verdict is expected


def test_an_authorization_policy_that_does_not_say_it_is_not_judged() -> None:
    assert verdict(stated("guest-invitations: everyone"), {"authorizationPolicy": {}}).verdict is UNKNOWN


# --- licences --------------------------------------------------------------------------------------------------------


def sku(
    plan: str = P1, *, status: str = "Enabled", plan_status: str = "Success", enabled: Json = 3, warning: Json = 0
) -> Json:
    return {
        "capabilityStatus": status,
        "prepaidUnits": {"enabled": enabled, "warning": warning, "suspended": 99, "lockedOut": 99},
        "servicePlans": [
            {"servicePlanId": OTHER, "provisioningStatus": "Success"},
            {"servicePlanId": plan.upper(), "provisioningStatus": plan_status},
        ],
    }


@pytest.mark.parametrize(
    "skus, observed",
    [
        ([sku()], "P1"),
        ([sku(P2)], "P2"),
        ([sku(), sku(P2)], "P2"),
        ([sku(status="Warning")], "P1"),
        ([sku(plan_status="PendingProvisioning")], "P1"),
        ([sku(plan_status="Disabled")], "none"),
        ([sku(status="Suspended")], "none"),
        ([sku(status="LockedOut")], "none"),
        ([sku(P2, status="Deleted"), sku()], "P1"),
        ([sku(OTHER)], "none"),
        ([sku(OTHER, status="NewStatus")], "none"),
        ([], "none"),
        ([sku(status="NewStatus")], "not seen"),
        ([sku(plan_status="NewStatus")], "not seen"),
        ([{**sku(), "servicePlans": None}], "not seen"),
        ([{"servicePlans": [{"servicePlanId": P1, "provisioningStatus": "Success"}]}], "not seen"),
        (["P1"], "not seen"),
    ],
)
def test_the_highest_licence(skus: Json, observed: str) -> None:
    judged = verdict(stated("entra-id-licence: [P1, P2]"), {"subscribedSkus": skus})
    assert judged.observed == observed
    assert judged.verdict is {"none": DRIFT, "not seen": UNKNOWN}.get(observed, COMPLIANT)


@pytest.mark.parametrize(
    "skus, expected",
    [
        ([sku(enabled=5)], COMPLIANT),
        ([sku(enabled=4)], DRIFT),
        ([sku(enabled=4, warning=1)], COMPLIANT),
        ([sku(enabled=4), sku(P2, enabled=1)], COMPLIANT),
        ([sku(enabled=4), sku(OTHER, enabled=100)], DRIFT),
        ([sku(enabled=100, status="Suspended")], DRIFT),
        ([], DRIFT),
        ([sku(enabled=None)], UNKNOWN),
        ([sku(enabled="5")], UNKNOWN),
        ([{**sku(), "prepaidUnits": None}], UNKNOWN),
    ],
)
def test_units(skus: Json, expected: Verdict) -> None:
    assert verdict(stated("licensed-units: {at-least: 5}"), {"subscribedSkus": skus}).verdict is expected


# --- licences of a link ----------------------------------------------------------------------------------------------

ENOUGH = "applies-to: {link: {from: one}}\nsynchronization: {licences: enough}"
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"


def assigned(kind: str, identifier: str, role: str = "r") -> Json:
    return {"principalType": kind, "principalId": identifier, "appRoleId": role}


SYNC_APP = {"id": "sp", "displayName": "Sync", "applicationTemplateId": "t", "appRoles": [ROLE]}


def member(identifier: str, kind: Json = USER) -> Json:
    return {"@odata.type": kind, "id": identifier}


def scenario(units: int, **changes: Json) -> Json:
    """Four users in scope: one by herself, and three of two groups that share one of them; a nested group is none."""
    return {
        "/servicePrincipals?": [SYNC_APP],
        "appRoleAssignedTo": [
            assigned("User", "u1"),
            assigned("Group", "g1"),
            assigned("Group", "g2"),
            assigned("ServicePrincipal", "s"),
        ],
        "/groups/g1/members": [member("u1"), member("u2"), member("u3"), member("g9", GROUP)],
        "/groups/g2/members": [member("u3"), member("u4")],
        "subscribedSkus": [sku(enabled=units)],
        **changes,
    }


@pytest.mark.parametrize(
    "documents, expected",
    [
        (scenario(4), COMPLIANT),
        (scenario(3), DRIFT),
        (scenario(3, subscribedSkus=[sku(enabled=1, warning=3)]), COMPLIANT),
        (scenario(0, appRoleAssignedTo=[]), COMPLIANT),
        (scenario(0, appRoleAssignedTo=[assigned("User", "u1", NO_ROLE)]), COMPLIANT),
        (scenario(0, appRoleAssignedTo=[assigned("User", "u1", NO_ROLE), assigned("User", "u1")]), DRIFT),
        (scenario(9, **{"/servicePrincipals?": [{**SYNC_APP, "appRoles": None}]}), UNKNOWN),
        (scenario(9, **{"/servicePrincipals?": [{"id": "sp", "displayName": "Sync"}]}), UNKNOWN),
        (scenario(9, **{"/groups/g2/members": failed()}), UNKNOWN),
        (scenario(9, subscribedSkus=failed()), UNKNOWN),
        (scenario(9, **{"/groups/g2/members": [member("u4", None)]}), UNKNOWN),
        (scenario(9, **{"/groups/g2/members": ["u4"]}), UNKNOWN),
        (scenario(9, appRoleAssignedTo=[{"principalId": "u1"}]), UNKNOWN),
    ],
)
def test_enough_licences_for_the_users_in_scope(documents: Json, expected: Verdict) -> None:
    assert verdict(ENOUGH, documents).verdict is expected


def test_a_shortage_is_told_in_numbers_and_is_inferred() -> None:
    judged = verdict(ENOUGH, scenario(3))
    assert judged.differences == ("4 users are in scope, 3 units of Microsoft Entra ID P1 or P2 are there",)
    assert judged.grade is Grade.INFERRED


@pytest.mark.parametrize(
    "pairs, expected",
    [
        ([{"key": "SyncAll", "value": "false"}], COMPLIANT),
        ([{"key": "SyncAll", "value": "true"}], UNKNOWN),
        ([{"key": "CompanyId", "value": SHARED}], UNKNOWN),
        ([{"key": "SyncAll", "value": None}], UNKNOWN),
    ],
)
def test_where_the_scope_is_read_it_must_be_the_assigned(pairs: Json, expected: Verdict) -> None:
    documents = scenario(9, secrets={"value": pairs})
    assert verdict(ENOUGH, documents, estate(secrets=True)).verdict is expected


def test_the_settings_that_say_the_scope_are_read_only_with_the_opt_in() -> None:
    assert verdict(ENOUGH, scenario(9, secrets=failed())).verdict is COMPLIANT
    assert verdict(ENOUGH, scenario(9, secrets=failed()), estate(secrets=True)).verdict is UNKNOWN


def test_a_tenant_of_a_cloud_without_synchronization_needs_no_licences_for_it() -> None:
    declared = estate()
    china = {**declared.tenants, "one": Tenant("one", ONE, "source", "One", cloud="china")}
    of = type(declared)(china, declared.links, declared.aws)
    assert verdict(ENOUGH, scenario(0), of).verdict is Verdict.NOT_APPLICABLE
