"""Cross-tenant access: by default, per partner, in effect, and between both ends; on documents made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.documents.estates import ONE, SHARED, TWO, checks, estate, mistakes
from tests.model.evidence import failed, judged, nothing, told, verdict
from xtcheck.errors import Uninterpretable
from xtcheck.estate import Tenant
from xtcheck.judge import judge
from xtcheck.kinds.effective_access import consent, effective
from xtcheck.model import Absent, Present, Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN, MOOT = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
STRANGER = "44444444-4444-4444-8444-444444444444"
EVERYBODY = "{users-and-groups: {%s: [AllUsers]}, applications: {%s: [AllApplications]}}"
TRUST = {"isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}


CONSENT = "automaticUserConsentSettings"
TRUSTING = {"inboundTrust": dict.fromkeys(TRUST, True)}


def b2b(access: str) -> Json:
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def default(**changes: Json) -> Json:
    return {
        "id": "default",
        "inboundTrust": TRUST,
        "b2bCollaborationInbound": b2b("allowed"),
        "b2bCollaborationOutbound": b2b("allowed"),
        "b2bDirectConnectInbound": b2b("blocked"),
        "b2bDirectConnectOutbound": b2b("blocked"),
        "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
        "tenantRestrictions": {"devices": None, **b2b("blocked")},
        **changes,
    }


def partner(tenant_id: str = ONE, **changes: Json) -> Json:
    """One that inherits everything."""
    names = (
        "inboundTrust", "b2bCollaborationInbound", "b2bCollaborationOutbound", "b2bDirectConnectInbound",
        "b2bDirectConnectOutbound", "tenantRestrictions", "isServiceProvider",
    )  # fmt: skip
    return {
        "tenantId": tenant_id,
        **dict.fromkeys(names),
        "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
        "isInMultiTenantOrganization": False,
        **changes,
    }


# --- the default -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement, changes, expected",
    [
        ("b2b-collaboration-inbound: " + EVERYBODY % ("allowed", "allowed"), {}, COMPLIANT),
        ("b2b-collaboration-outbound: " + EVERYBODY % ("blocked", "blocked"), {}, DRIFT),
        ("b2b-direct-connect-inbound: " + EVERYBODY % ("blocked", "blocked"), {}, COMPLIANT),
        (
            "b2b-direct-connect-outbound: " + EVERYBODY % ("blocked", "blocked"),
            {"b2bDirectConnectOutbound": None},
            UNKNOWN,
        ),
        ("tenant-restrictions: " + EVERYBODY % ("blocked", "blocked"), {}, COMPLIANT),
        ("tenant-restrictions: " + EVERYBODY % ("blocked", "blocked"), {"tenantRestrictions": None}, UNKNOWN),
        ("trust-mfa: false", {}, COMPLIANT),
        ("trust-mfa: true", {}, DRIFT),
        ("trust-compliant-device: false", {"inboundTrust": None}, UNKNOWN),
        ("trust-hybrid-joined-device: false", {"inboundTrust": {}}, UNKNOWN),
        ("trust-mfa: false", {"inboundTrust": {"isMfaAccepted": None}}, UNKNOWN),
        ("trust-mfa: false", {"inboundTrust": []}, UNKNOWN),
    ],
)
def test_the_default(statement: str, changes: Json, expected: Verdict) -> None:
    text = f"applies-to: {{tenant: shared}}\ncross-tenant-access: {{default: {{{statement}}}}}"
    assert verdict(text, {"/default": default(**changes)}).verdict is expected


def test_inherit_is_no_value_of_the_default() -> None:
    text = "applies-to: {tenant: shared}\ncross-tenant-access: {default: {trust-mfa: inherit}}"
    [mistake] = mistakes(text)
    assert "true or false was expected, not 'inherit'" in mistake


@pytest.mark.parametrize(
    "stated, observed, expected",
    [
        ("[]", [], COMPLIANT),
        ("[]", ["microsoftonline.us"], DRIFT),
        ("[MicrosoftOnline.us]", ["microsoftonline.us"], COMPLIANT),
        ("[microsoftonline.us]", [], DRIFT),
        ("[]", None, UNKNOWN),
    ],
)
def test_other_clouds(stated: str, observed: Json, expected: Verdict) -> None:
    text = f"applies-to: {{tenant: shared}}\ncross-tenant-access: {{other-clouds: {stated}}}"
    assert verdict(text, {"/crossTenantAccessPolicy": {"allowedCloudEndpoints": observed}}).verdict is expected


def test_a_cloud_that_does_not_exist_is_a_mistake() -> None:
    text = "applies-to: {tenant: shared}\ncross-tenant-access: {other-clouds: [microsoftonline.de]}"
    [mistake] = mistakes(text)
    assert "'microsoftonline.de' is none of the clouds" in mistake


# --- a partner's own settings ----------------------------------------------------------------------------------------


def of_partner(statement: str, documents: Json) -> Verdict:
    text = f"applies-to: {{tenant: shared}}\ncross-tenant-access: {{partners: {{one: {{{statement}}}}}}}"
    return verdict(text, documents).verdict


@pytest.mark.parametrize(
    "statement, changes, expected",
    [
        ("trust-mfa: inherit", {}, COMPLIANT),
        ("trust-mfa: inherit", {"inboundTrust": TRUST}, DRIFT),
        # A trust inherits as a whole: one that is there distrusts where it says nothing.
        ("trust-mfa: inherit", {"inboundTrust": {"isCompliantDeviceAccepted": True}}, DRIFT),
        ("trust-mfa: false", {"inboundTrust": {"isCompliantDeviceAccepted": True}}, COMPLIANT),
        ("trust-mfa: inherit", {"inboundTrust": dict.fromkeys(TRUST)}, DRIFT),
        ("trust-mfa: inherit", {"inboundTrust": {}}, DRIFT),
        ("trust-mfa: inherit", {"inboundTrust": []}, UNKNOWN),
        ("trust-mfa: inherit", {"inboundTrust": {"isMfaAccepted": 0}}, UNKNOWN),
        (
            "automatic-redemption-inbound: inherit",
            {"automaticUserConsentSettings": {"outboundAllowed": True}},
            COMPLIANT,
        ),
        ("b2b-direct-connect-inbound: inherit", {}, COMPLIANT),
        ("b2b-direct-connect-inbound: inherit", {"b2bDirectConnectInbound": b2b("blocked")}, DRIFT),
        (
            "b2b-direct-connect-outbound: " + EVERYBODY % ("blocked", "blocked"),
            {"b2bDirectConnectOutbound": b2b(" blocked")},
            COMPLIANT,
        ),
        ("b2b-direct-connect-outbound: " + EVERYBODY % ("blocked", "blocked"), {}, DRIFT),
        ("b2b-direct-connect-outbound: inherit", {"b2bDirectConnectOutbound": "blocked"}, UNKNOWN),
        ("tenant-restrictions: inherit", {}, COMPLIANT),
        (
            "tenant-restrictions: " + EVERYBODY % ("blocked", "blocked"),
            {"tenantRestrictions": {"devices": {"mode": "allowed", "rule": "x"}, **b2b("blocked")}},
            COMPLIANT,
        ),
        ("service-provider: false", {}, COMPLIANT),
        ("service-provider: false", {"isServiceProvider": True}, DRIFT),
        ("service-provider: true", {"isServiceProvider": True}, COMPLIANT),
        ("service-provider: false", {"isServiceProvider": "no"}, UNKNOWN),
        ("in-multitenant-organization: false", {}, COMPLIANT),
        ("in-multitenant-organization: false", {"isInMultiTenantOrganization": None}, COMPLIANT),
        ("in-multitenant-organization: false", {"isInMultiTenantOrganization": True}, DRIFT),
    ],
)
def test_a_partners_own_settings(statement: str, changes: Json, expected: Verdict) -> None:
    assert of_partner(statement, {"/partners": [partner(**changes)]}) is expected


@pytest.mark.parametrize("statement", ["service-provider: false", "in-multitenant-organization: false"])
def test_a_property_that_is_not_in_the_answer_is_not_judged(statement: str) -> None:
    lacking = {"tenantId": ONE}
    assert of_partner(statement, {"/partners": [lacking]}) is UNKNOWN
    # A partner without settings of its own is none of it.
    assert of_partner(statement, {"/partners": []}) is COMPLIANT


@pytest.mark.parametrize(
    "document, expected",
    [
        ({"groupSyncInbound": {"isSyncAllowed": False}}, COMPLIANT),
        ({"groupSyncInbound": {"isSyncAllowed": True}}, DRIFT),
        ({"groupSyncInbound": {"isSyncAllowed": None}}, UNKNOWN),
        ({"groupSyncInbound": None}, UNKNOWN),
        ({"userSyncInbound": {"isSyncAllowed": True}}, UNKNOWN),
        (nothing(), COMPLIANT),
        (failed(), UNKNOWN),
    ],
)
def test_group_synchronization_as_the_beta_shows_it(document: Json, expected: Verdict) -> None:
    documents = {"beta:/policies": document, "/partners": [partner()]}
    assert of_partner("group-sync-inbound: false", documents) is expected


# --- the multitenant organization ------------------------------------------------------------------------------------

MTO = "applies-to: {tenant: shared}\ncross-tenant-access: {multitenant-organization: %s}"


@pytest.mark.parametrize(
    "state, word, expected",
    [
        ("inactive", "none", COMPLIANT),
        ("active", "none", DRIFT),
        ("active", "member", COMPLIANT),
        ("unknownFutureValue", "none", UNKNOWN),
        (None, "none", UNKNOWN),
    ],
)
def test_the_multitenant_organization(state: Json, word: str, expected: Verdict) -> None:
    document = {"id": None, "displayName": None, "state": state}
    assert verdict(MTO % word, {"multiTenantOrganization": document}).verdict is expected


@pytest.mark.parametrize("cloud", ["us-gov", "us-gov-dod", "china"])
def test_clouds_without_multitenant_organizations(cloud: Any) -> None:
    declared = estate()
    tenants = {**declared.tenants, "shared": Tenant("shared", SHARED, "target", "Shared", cloud=cloud)}
    of = type(declared)(tenants, declared.links, declared.aws)
    assert verdict(MTO % "none", {}, of).verdict is MOOT
    text = "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {in-multitenant-organization: false}}}"
    assert verdict(text, {}, of).verdict is MOOT


# --- undeclared partners ---------------------------------------------------------------------------------------------

UNDECLARED = "applies-to: {tenant: shared}\ncross-tenant-access: {undeclared-partners: %s}"
PARTNERS = [partner(ONE), partner(TWO.upper()), partner(STRANGER)]


def named(tenant_id: str, name: Json, domain: Json) -> Json:
    return {"tenantId": tenant_id, "displayName": name, "defaultDomainName": domain}


@pytest.mark.parametrize(
    "known, text",
    [
        (named(STRANGER, "Fabrikam", "fabrikam.com"), f"{STRANGER} (Fabrikam, fabrikam.com)"),
        (named(STRANGER, "Fabrikam", None), f"{STRANGER} (Fabrikam)"),
        (named(STRANGER, None, None), STRANGER),
        (nothing(), STRANGER),
        (failed(), STRANGER),
        ({}, STRANGER),
        ("Fabrikam", STRANGER),
        (None, STRANGER),
        (named(STRANGER, ["Fabrikam"], 7), STRANGER),
    ],
)
def test_an_undeclared_partner_is_named_when_it_can_be(known: Json, text: str) -> None:
    documents = {
        f"tenantId='{STRANGER}'": known,
        "findTenantInformation": named(ONE, "One", "one.com"),
        "/partners": PARTNERS,
    }
    found = verdict(UNDECLARED % "forbidden", documents)
    assert (found.verdict, found.differences) == (DRIFT, (text,))
    assert [request.operation for request in found.evidence] == ["/policies/crossTenantAccessPolicy/partners"]


def test_an_exception_names_the_tenant_id_whatever_its_name_is() -> None:
    documents = {"findTenantInformation": named(STRANGER, "Fabrikam", "fabrikam.com"), "/partners": PARTNERS}
    text = UNDECLARED % f"{{forbidden: {{except: [{STRANGER}]}}}}"
    assert verdict(text, documents).verdict is COMPLIANT


@pytest.mark.parametrize("item", [{}, {"tenantId": None}, "x"])
def test_a_partner_without_a_tenant_id_is_never_overlooked(item: Json) -> None:
    found = verdict(UNDECLARED % "forbidden", {"/partners": [item]})
    assert found.verdict in (DRIFT, UNKNOWN)


def test_an_object_that_is_gone_leaves_a_sparse_result_and_no_other() -> None:
    [check] = checks(UNDECLARED % "forbidden")
    documents = {"findTenantInformation": nothing(), "/partners": PARTNERS}
    names = told(documents, {**check.refs, **check.context}).evidence(check.context["names"])
    assert isinstance(names, Present)
    assert names.document == []
    assert not isinstance(names, Absent)


# --- in effect -------------------------------------------------------------------------------------------------------

NAME = "b2bCollaborationInbound"


@pytest.mark.parametrize(
    "own, expected",
    [
        (None, "default"),
        ({}, "default"),
        ({NAME: None}, "default"),
        ({NAME: "own"}, "own"),
        # A property of a partner is taken whole: an empty one does not inherit.
        ({NAME: {}}, {}),
    ],
)
def test_a_partners_property_takes_effect_unless_it_is_null(own: Json, expected: Json) -> None:
    assert effective(own, {NAME: "default"}, NAME) == expected


@pytest.mark.parametrize("other", [{}, {NAME: None}])
def test_when_nobody_says_it_nothing_is_concluded(other: Json) -> None:
    with pytest.raises(Uninterpretable):
        effective(None, other, NAME)


@pytest.mark.parametrize(
    "own, other, expected",
    [
        (None, False, False),
        ({}, False, False),
        ({"automaticUserConsentSettings": None}, False, False),
        ({"automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}}, False, False),
        ({"automaticUserConsentSettings": {"inboundAllowed": True}}, False, True),
        ({"automaticUserConsentSettings": {"inboundAllowed": False}}, True, False),
        (None, True, True),
    ],
)
def test_automatic_redemption_inherits_flag_by_flag(own: Json, other: bool, expected: bool) -> None:  # noqa: FBT001
    defaults = {"automaticUserConsentSettings": {"inboundAllowed": other, "outboundAllowed": False}}
    assert consent(own, defaults, "inboundAllowed") is expected


@pytest.mark.parametrize(
    "statement, own, changes, expected",
    [
        ("b2b-collaboration-inbound: everyone", {}, {}, COMPLIANT),
        ("b2b-collaboration-inbound: everyone", {}, {NAME: b2b("blocked")}, DRIFT),
        ("b2b-collaboration-inbound: nobody", {}, {NAME: b2b("blocked")}, COMPLIANT),
        ("b2b-collaboration-inbound: everyone", {NAME: b2b("allowed")}, {NAME: b2b("blocked")}, COMPLIANT),
        ("b2b-collaboration-inbound: everyone", {NAME: b2b("blocked")}, {}, DRIFT),
        ("b2b-collaboration-inbound: everyone", {NAME: b2b("unknownFutureValue")}, {}, UNKNOWN),
        ("b2b-collaboration-inbound: everyone", {}, {NAME: None}, UNKNOWN),
        ("b2b-collaboration-outbound: everyone", {}, {}, COMPLIANT),
        ("b2b-direct-connect-inbound: nobody", {}, {}, COMPLIANT),
        ("b2b-direct-connect-outbound: nobody", {"b2bDirectConnectOutbound": b2b("allowed")}, {}, DRIFT),
        ("trust-mfa: true", {"inboundTrust": {**TRUST, "isMfaAccepted": True}}, {}, COMPLIANT),
        ("trust-mfa: false", {}, {}, COMPLIANT),
        ("trust-mfa: false", {}, {"inboundTrust": {**TRUST, "isMfaAccepted": True}}, DRIFT),
        # An object of its own is an explicit distrust, even where the default trusts.
        ("trust-mfa: false", {"inboundTrust": TRUST}, {"inboundTrust": {**TRUST, "isMfaAccepted": True}}, COMPLIANT),
        # It distrusts also where it says nothing.
        ("trust-compliant-device: false", {"inboundTrust": {"isMfaAccepted": True}}, {}, COMPLIANT),
        ("trust-compliant-device: true", {"inboundTrust": {"isMfaAccepted": True}}, TRUSTING, DRIFT),
        ("trust-hybrid-joined-device: true", {"inboundTrust": dict.fromkeys(TRUST)}, TRUSTING, DRIFT),
        ("trust-mfa: true", {"inboundTrust": {}}, TRUSTING, DRIFT),
        ("trust-mfa: false", {"inboundTrust": {"isMfaAccepted": "no"}}, {}, UNKNOWN),
        ("trust-mfa: false", {"inboundTrust": []}, {}, UNKNOWN),
        ("trust-mfa: false", {}, {"inboundTrust": {"isMfaAccepted": None}}, UNKNOWN),
        ("trust-mfa: false", {}, {"inboundTrust": {}}, UNKNOWN),
        ("trust-mfa: false", {}, {"inboundTrust": []}, UNKNOWN),
        ("automatic-redemption-inbound: false", {"automaticUserConsentSettings": []}, {}, UNKNOWN),
        ("automatic-redemption-inbound: false", {}, {"automaticUserConsentSettings": {}}, UNKNOWN),
        ("automatic-redemption-inbound: false", {}, {}, COMPLIANT),
        ("automatic-redemption-outbound: true", {}, {}, DRIFT),
        ("automatic-redemption-outbound: false", {}, {"automaticUserConsentSettings": None}, UNKNOWN),
        ("automatic-redemption-inbound: true", {"automaticUserConsentSettings": {"inboundAllowed": 1}}, {}, UNKNOWN),
    ],
)
def test_what_takes_effect(statement: str, own: Json, changes: Json, expected: Verdict) -> None:
    documents = {"/default": default(**changes), "/partners": [partner(**own)]}
    assert of_partner(f"effective-{statement}", documents) is expected


def test_a_partner_without_settings_has_the_default_and_what_is_unread_is_unknown() -> None:
    statement = "effective-b2b-collaboration-inbound: everyone"
    assert of_partner(statement, {"/default": default(), "/partners": []}) is COMPLIANT
    assert of_partner(statement, {"/default": default(), "/partners": failed()}) is UNKNOWN
    assert of_partner(statement, {"/default": failed(), "/partners": [partner(**{NAME: b2b("allowed")})]}) is UNKNOWN


# --- the handshake ---------------------------------------------------------------------------------------------------

HANDSHAKE = "applies-to: {link: {from: one}}\ncross-tenant-access: {handshake: complete}"
ON: Json = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": True}}
SYNC: Json = {"userSyncInbound": {"isSyncAllowed": True}}


def handshake(
    source: Json, target: Json, *, source_default: Json = None, target_default: Json = None, sync: Json = SYNC
) -> Json:
    """The findings, or the verdict when there are none to tell."""
    [check] = checks(HANDSHAKE)
    answers = {
        "one": {"/partners": source, "/default": source_default or default()},
        "shared": {"identitySynchronization": sync, "/partners": target, "/default": target_default or default()},
    }
    world = told({}, {})
    for alias, documents in answers.items():
        refs = {name: ref for name, ref in check.refs.items() if ref.place == alias}
        world.answers.update(told(documents, refs).answers)  # type: ignore[attr-defined]
    found = judge(check, world)
    return found.differences or found.verdict


def test_both_sides_agree() -> None:
    assert handshake([partner(SHARED, **ON)], [partner(ONE, **ON)]) is COMPLIANT


@pytest.mark.parametrize(
    "changes, finding",
    [
        ({"source": [partner(SHARED)]}, "automatic redemption outbound is off in one"),
        ({"source": []}, "automatic redemption outbound is off in one"),
        ({"target": [partner(ONE)]}, "automatic redemption inbound is off in shared"),
        ({"sync": {"userSyncInbound": {"isSyncAllowed": False}}}, "user synchronization inbound is off in shared"),
        ({"sync": {"userSyncInbound": None}}, "user synchronization inbound is off in shared"),
        ({"sync": nothing()}, "user synchronization inbound is off in shared"),
        (
            {"source": [partner(SHARED, **ON, b2bCollaborationOutbound=b2b("blocked"))]},
            "B2B collaboration outbound of one lets nobody go to shared",
        ),
        (
            {"source_default": default(b2bCollaborationOutbound=b2b("blocked"))},
            "B2B collaboration outbound of one lets nobody go to shared",
        ),
        (
            {"target_default": default(b2bCollaborationInbound=b2b("blocked"))},
            "B2B collaboration inbound of shared lets nobody in from one",
        ),
    ],
)
def test_the_side_that_breaks_it_is_named(changes: Json, finding: str) -> None:
    good: Json = {"source": [partner(SHARED, **ON)], "target": [partner(ONE, **ON)]}
    assert handshake(**{**good, **changes}) == (finding,)


def test_the_default_of_the_other_direction_is_no_matter() -> None:
    closed = {"b2bCollaborationInbound": b2b("blocked")}
    assert handshake([partner(SHARED, **ON)], [partner(ONE, **ON)], source_default=default(**closed)) is COMPLIANT


@pytest.mark.parametrize(
    "changes",
    [
        {"source": failed()},
        {"target": failed()},
        {"sync": failed()},
        {"source_default": failed()},
        {"target_default": failed()},
        {"source_default": default(b2bCollaborationOutbound=b2b("unknownFutureValue"))},
        {"target": [{**partner(ONE), "automaticUserConsentSettings": {"inboundAllowed": "yes"}}]},
        {"target": 2 * [partner(ONE, **ON)]},
    ],
)
def test_what_is_not_read_or_not_understood_is_never_an_agreement(changes: Json) -> None:
    good: Json = {"source": [partner(SHARED, **ON)], "target": [partner(ONE, **ON)]}
    assert handshake(**{**good, **changes}) is UNKNOWN


def test_what_to_do_names_the_errors_that_an_admin_has_seen() -> None:
    [check] = checks(HANDSHAKE)
    for code in (
        "AzureDirectoryB2BManagementPolicyCheckFailure",
        "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
    ):
        assert code in check.setting.remedy
    assert judged(check, {}).verdict is UNKNOWN


@pytest.mark.parametrize(
    "statement, documents, word",
    [
        ("trust-mfa", {"/default": default(inboundTrust={})}, "isMfaAccepted is not shown"),
        ("trust-mfa", {"/default": {"id": "default"}}, "neither the partner nor the default says inboundTrust"),
        ("automatic-redemption-inbound", {"/default": {"id": "default"}}, "inboundAllowed is not shown"),
    ],
)
def test_what_is_not_shown_is_named(statement: str, documents: Json, word: str) -> None:
    text = (
        f"applies-to: {{tenant: shared}}\ncross-tenant-access: {{partners: {{one: {{effective-{statement}: false}}}}}}"
    )
    found = verdict(text, {"/partners": [partner()], **documents})
    assert (found.verdict, found.reason) == (UNKNOWN, word)
