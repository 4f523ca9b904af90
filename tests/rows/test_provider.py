"""The identity source, its certificate and MFA: what signs of them lead to, and that their absence leads nowhere."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.model.evidence import failed
from tests.rows.trail import INSTANCE, ago, attested, event, of_center, sign_in
from xtcheck.model import Grade, Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
ENABLE, DISABLE = "EnableExternalIdPConfigurationForDirectory", "DisableExternalIdPConfigurationForDirectory"
EXTERNAL = "identity-source: external-provider"


@pytest.mark.parametrize(
    "events, expected",
    [
        ([sign_in(1)], COMPLIANT),
        ([event(ENABLE, 30)], COMPLIANT),
        ([event(ENABLE, 30), sign_in(31, "PASSWORD")], COMPLIANT),
        ([sign_in(1), sign_in(2, "PASSWORD")], COMPLIANT),
        ([sign_in(1), event("AssociateDirectory", 20)], COMPLIANT),
        ([sign_in(3), event(DISABLE, 1, errorCode="AccessDenied")], COMPLIANT),
        ([sign_in(3), event("DisassociateDirectory", 1, eventSource="ds.amazonaws.com")], COMPLIANT),
        ([sign_in(3), event(DISABLE, 1)], DRIFT),
        ([event(DISABLE, 1), event(ENABLE, 2)], DRIFT),
        ([sign_in(1, "PASSWORD"), sign_in(2), event(ENABLE, 30)], DRIFT),
        ([sign_in(1, "PASSWORD,TOTP")], DRIFT),
        ([sign_in(1, "EMAIL_OTP")], DRIFT),
        ([], UNKNOWN),
        ([sign_in(3), event("AssociateDirectory", 1)], UNKNOWN),
        ([sign_in(3), event("DisassociateDirectory", 1)], UNKNOWN),
        ([sign_in(1, "PALM"), event(ENABLE, 30)], UNKNOWN),
        ([sign_in(1, "PASSWORD,EXTERNAL_IDP")], UNKNOWN),
        ([sign_in(1, serviceEventDetails={"UserAuthentication": "Failure"})], UNKNOWN),
        ([event(ENABLE, 30, eventTime="soon")], UNKNOWN),
        ([{"EventName": ENABLE, "CloudTrailEvent": "{"}], UNKNOWN),
        ([{"EventName": ENABLE}], UNKNOWN),
        (["not an event"], UNKNOWN),
    ],
)
def test_the_newest_sign_of_the_identity_source_counts(events: list[Json], expected: Verdict) -> None:
    events = [each if isinstance(each, dict) else {"EventName": "UserAuthentication"} for each in events]
    assert of_center(EXTERNAL, *events).verdict is expected


def test_a_drift_of_the_identity_source_names_the_event_and_its_time() -> None:
    judged = of_center(EXTERNAL, sign_in(3), event(DISABLE, 1))
    assert judged.grade is Grade.INFERRED
    assert judged.differences == (f"the last change was {DISABLE} at 2026-11-23 12:00 UTC",)


def test_a_sign_in_does_not_tell_one_directory_from_the_other() -> None:
    assert of_center("identity-source: active-directory", sign_in(1, "PASSWORD")).verdict is UNKNOWN
    assert of_center("identity-source: identity-center-directory", sign_in(1, "PASSWORD")).verdict is UNKNOWN
    assert of_center("identity-source: identity-center-directory", sign_in(1, "EMAIL_OTP")).verdict is COMPLIANT
    assert of_center("identity-source: active-directory", sign_in(1)).verdict is DRIFT


def test_a_sign_in_to_another_identity_store_says_nothing() -> None:
    def into(store: str) -> Json:
        arn = f"arn:aws:identitystore::111122223333:identitystore/{store}"
        return {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "1", "identityStoreArn": arn}}

    assert of_center(EXTERNAL, sign_in(1, userIdentity=into("d-9067f1a2b3"))).verdict is COMPLIANT
    assert of_center(EXTERNAL, sign_in(1, userIdentity=into("d-0000000000"))).verdict is UNKNOWN


@pytest.mark.parametrize("changed", [{"OwnerAccountId": "999988887777"}, {"PrimaryRegion": "eu-west-1"}])
def test_where_the_events_are_kept_elsewhere_nothing_is_known(changed: Json) -> None:
    found = of_center(EXTERNAL, sign_in(1), describe_instance={**INSTANCE, **changed})
    assert found.verdict is UNKNOWN
    assert "CloudTrail keeps these events in account" in found.reason


def test_what_lacks_says_how_to_go_on() -> None:
    found = of_center(EXTERNAL)
    assert found.reason == "within 90 days nobody signed in, and nobody changed the identity source"
    assert found.remedy.startswith("look yourself, and attest what you see")


WORD = f"identity-source: {attested('external-provider')}"


@pytest.mark.parametrize(
    "events, verdict, grade",
    [
        ([], COMPLIANT, Grade.ATTESTED),
        ([sign_in(1)], COMPLIANT, Grade.INFERRED),
        ([sign_in(1, "PASSWORD")], DRIFT, Grade.INFERRED),
        ([event("AssociateDirectory", 40)], COMPLIANT, Grade.ATTESTED),
        ([event("AssociateDirectory", 23.6)], COMPLIANT, Grade.ATTESTED),
        ([event("AssociateDirectory", 23.4)], UNKNOWN, Grade.EXACT),
        ([event("AssociateDirectory", 23)], UNKNOWN, Grade.EXACT),
        ([event("AssociateDirectory", 22)], UNKNOWN, Grade.EXACT),
    ],
)
def test_a_word_stands_in_where_nothing_is_seen_unless_something_changed_since(
    events: list[Json], verdict: Verdict, grade: Grade
) -> None:
    found = of_center(WORD, *events)
    assert (found.verdict, found.grade) == (verdict, grade)


def test_an_older_word_is_named_as_that() -> None:
    found = of_center(WORD, event("AssociateDirectory", 1))
    assert "the attestation of ops is of 2026-11-01, and not of a later day than that" in found.reason
    assert found.remedy.startswith("look again, and attest what you see from 2026-11-24 on: ")


def test_a_word_of_the_day_of_a_change_is_given_again_from_the_next_day_on() -> None:
    changed = event("AssociateDirectory", 23)
    assert "from 2026-11-02 on" in of_center(WORD, changed).remedy
    again = f"identity-source: {attested('external-provider', on='2026-11-02')}"
    assert of_center(again, changed).grade is Grade.ATTESTED


def test_a_word_stands_in_for_what_may_not_be_read() -> None:
    assert of_center(WORD, lookup_events=failed()).grade is Grade.ATTESTED
    assert of_center(EXTERNAL, UserAuthentication=failed()).verdict is UNKNOWN


# --- certificate -----------------------------------------------------------------------------------------------------

IMPORT, CREATE, DELETE = (
    "ImportExternalIdPCertificate",
    "CreateExternalIdPConfigurationForDirectory",
    "DeleteExternalIdPCertificate",
)
CURRENT = "identity-provider-certificate: imported"


def certificate(letter: str, begins: float, ends: float = -1000) -> Json:
    """The public half of a certificate that is valid between so many days ago and so many days from now."""
    return {
        "customKeyIdentifier": base64.b64encode(letter.encode() * 20).decode(),
        "usage": "Verify",
        "startDateTime": ago(begins).isoformat(),
        "endDateTime": ago(ends).isoformat(),
    }


def app(*certificates: Json, preferred: str = "A") -> Json:
    thumbprint = (preferred.encode() * 20).hex().upper()
    return [{"id": "1", "appId": "2", "applicationTemplateId": "t", "displayName": "AWS",
             "preferredTokenSigningKeyThumbprint": thumbprint, "keyCredentials": list(certificates)}]  # fmt: skip


OLD, NEW = certificate("A", 400), certificate("A", 20)


@pytest.mark.parametrize(
    "certificates, events, expected",
    [
        ([OLD], [event(IMPORT, 30)], COMPLIANT),
        ([NEW], [event(IMPORT, 20)], COMPLIANT),
        ([NEW], [event(CREATE, 10)], COMPLIANT),
        ([NEW], [event(IMPORT, 10), event(DELETE, 9), sign_in(8)], COMPLIANT),
        ([OLD], [sign_in(1)], COMPLIANT),
        ([OLD, certificate("B", 5)], [sign_in(6)], COMPLIANT),
        ([NEW], [event(IMPORT, 30)], DRIFT),
        ([NEW], [event(IMPORT, 30), sign_in(1)], DRIFT),
        ([NEW], [event(IMPORT, 10, errorCode="AccessDenied"), event(IMPORT, 30)], DRIFT),
        ([NEW], [event(IMPORT, 10), event(DELETE, 9)], UNKNOWN),
        ([NEW], [event(IMPORT, 10), event(DELETE, 9), sign_in(8, "PASSWORD")], UNKNOWN),
        ([NEW], [], UNKNOWN),
        ([NEW], [sign_in(1)], UNKNOWN),
        ([OLD], [], UNKNOWN),
        ([OLD], [sign_in(1, "PASSWORD")], UNKNOWN),
        ([OLD], [sign_in(3), event(DELETE, 2)], UNKNOWN),
        ([OLD, certificate("B", 300)], [sign_in(1)], UNKNOWN),
        ([OLD], [{"EventName": IMPORT, "CloudTrailEvent": "[]"}], UNKNOWN),
        ([certificate("B", 20)], [event(IMPORT, 10)], UNKNOWN),
    ],
)
def test_the_certificate_that_signs_is_imported_or_used(
    certificates: list[Json], events: list[Json], expected: Verdict
) -> None:
    assert of_center(CURRENT, *events, **{"/servicePrincipals?": app(*certificates)}).verdict is expected


def test_a_word_older_than_the_certificate_is_about_another_one() -> None:
    said = f"identity-provider-certificate: {attested('imported', on='2026-11-03')}"
    documents = {"/servicePrincipals?": app(NEW)}
    assert of_center(said, **documents).verdict is UNKNOWN
    later = f"identity-provider-certificate: {attested('imported', on='2026-11-05')}"
    assert of_center(later, **documents).grade is Grade.ATTESTED


# --- MFA -------------------------------------------------------------------------------------------------------------

PUT = "PutMfaDeviceManagementForDirectory"


@pytest.mark.parametrize(
    "stated, events, expected",
    [
        ("by-identity-provider", [sign_in(1)], COMPLIANT),
        ("by-identity-provider", [sign_in(1), event(PUT, 0.5, eventSource="sso.amazonaws.com")], COMPLIANT),
        ("by-identity-provider", [sign_in(1, "PASSWORD")], DRIFT),
        ("always-on", [sign_in(1)], DRIFT),
        ("always-on", [sign_in(1, "PASSWORD")], DRIFT),
        ("always-on", [sign_in(1, "PASSWORD,TOTP")], UNKNOWN),
        ("disabled", [sign_in(1, "PASSWORD,WEBAUTHN")], DRIFT),
        ("disabled", [sign_in(1, "PASSWORD")], UNKNOWN),
        ("context-aware", [sign_in(1, "PASSWORD"), sign_in(2, "PASSWORD,TOTP")], COMPLIANT),
        ("always-on", [sign_in(2, "PASSWORD"), event(PUT, 1)], UNKNOWN),
        ("by-identity-provider", [], UNKNOWN),
        ("by-identity-provider", [sign_in(2), event("AssociateDirectory", 1)], UNKNOWN),
    ],
)
def test_who_asks_for_a_second_factor(stated: str, events: list[Json], expected: Verdict) -> None:
    assert of_center(f"mfa: {stated}", *events).verdict is expected


def test_a_word_on_mfa_must_be_later_than_the_last_change_of_the_setting() -> None:
    said = f"mfa: {attested('always-on')}"
    asked = sign_in(0.5, "PASSWORD,TOTP")
    assert of_center(said, asked).grade is Grade.ATTESTED
    assert of_center(said, asked, event(PUT, 1)).verdict is UNKNOWN
    assert of_center(said, sign_in(0.5, "PASSWORD")).verdict is DRIFT
