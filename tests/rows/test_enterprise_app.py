"""The AWS enterprise app: addresses, certificates, metadata, names, and its provisioning."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import pytest

from tests.documents.estates import SCIM, checks, estate
from tests.model.evidence import failed, judged, verdict
from xtcheck.kinds.saml import NAME_ID
from xtcheck.kinds.saml_addresses import reply_url_gaps
from xtcheck.model import Grade, Json, Judgement, Verdict
from xtcheck.sandbox.graph.templates import synchronization_template

AWS = "applies-to: aws\nenterprise-app: {%s}"
OLD, NEW = b"the active certificate", b"another certificate"
ACS = "0a1b2c3d-0000-4000-8000-000000000001"
LEGACY = f"https://us-east-1.signin.aws.amazon.com/platform/saml/acs/{ACS}"
IPV4 = f"https://us-east-1.signin.aws/platform/saml/acs/{ACS}"
DUAL = f"https://us-east-1.sso.signin.aws/platform/saml/acs/{ACS}"
INSTANCE = {"InstanceArn": "arn:i", "IdentityStoreId": "d-9067f1a2b3", "PrimaryRegion": "us-east-1"}
CENTER = {"list_instances": [INSTANCE], "describe_instance": INSTANCE}


def thumbprint(der: bytes) -> str:
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


ACTIVE = thumbprint(OLD)


def key(der: bytes, *, usage: str = "Verify", begins: str = "2025-01-01", ends: str = "2028-01-01") -> Json:
    return {
        "customKeyIdentifier": base64.b64encode(bytes.fromhex(thumbprint(der))).decode(),
        "usage": usage,
        "startDateTime": f"{begins}T00:00:00Z",
        "endDateTime": f"{ends}T00:00:00Z",
    }


def app(*keys: Json, preferred: Json = ACTIVE, **changes: Json) -> Json:
    document = {
        "id": "sp", "appId": "app", "loginUrl": None, "preferredTokenSigningKeyThumbprint": preferred,
        "keyCredentials": list(keys) or [key(OLD, usage="Sign"), key(OLD)], **changes,
    }  # fmt: skip
    return {"servicePrincipals?": [document]}


# --- addresses -------------------------------------------------------------------------------------------------------


def addressed(*urls: str) -> Json:
    return {**CENTER, **app(), "applications?": [{"id": "a", "web": {"redirectUris": list(urls)}}]}


@pytest.mark.parametrize(
    "stated, expected",
    [
        (f"['{IPV4}', '{LEGACY}']", Verdict.COMPLIANT),
        (f"['{LEGACY}']", Verdict.DRIFT),
        (f"{{includes: ['{LEGACY}']}}", Verdict.COMPLIANT),
        (f"['{LEGACY.upper()}', '{IPV4}']", Verdict.DRIFT),
    ],
)
def test_reply_urls_are_exactly_or_at_least_these(stated: str, expected: Verdict) -> None:
    assert verdict(AWS % f"reply-urls: {stated}", addressed(LEGACY, IPV4)).verdict is expected


ELSEWHERE = "https://us-east-1.signin.aws.example.com/platform/saml/acs/1"
WEST = [url.replace("us-east-1", "eu-west-1") for url in (IPV4, DUAL)]


@pytest.mark.parametrize(
    "urls, gaps",
    [
        ([LEGACY], []),
        ([IPV4, DUAL], []),
        ([LEGACY, IPV4, DUAL, *WEST], []),
        ([DUAL], ["us-east-1 has the dual-stack address without the IPv4 one"]),
        ([LEGACY, IPV4], ["us-east-1 has the IPv4 address without the dual-stack one"]),
        ([LEGACY, WEST[0]], ["eu-west-1 has the IPv4 address without the dual-stack one"]),
        (WEST, ["no address is of us-east-1, the instance's primary region"]),
        ([], ["no address is of us-east-1, the instance's primary region"]),
        ([LEGACY, LEGACY[:-1] + "2"], [f"the addresses are of 2 Identity Centers: {ACS}, {ACS[:-1]}2"]),
        (
            [LEGACY, ELSEWHERE],
            [f"{ELSEWHERE} is no address of Identity Center's assertion consumer service"],
        ),
    ],
)  # fmt: skip
def test_every_form_of_an_address_is_known(urls: list[str], gaps: list[str]) -> None:
    assert reply_url_gaps(urls, "us-east-1") == gaps
    found = verdict(AWS % "reply-url-forms: complete", addressed(*urls))
    assert list(found.differences) == gaps
    assert found.verdict is (Verdict.DRIFT if gaps else Verdict.COMPLIANT)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
@pytest.mark.parametrize("statement", ["reply-url-forms: complete", "saml-identifier: of-identity-center"])
def test_addresses_outside_the_usual_partition_are_not_guessed(region: str, statement: str) -> None:
    documents = {**addressed(LEGACY), **CENTER, "describe_instance": {**INSTANCE, "PrimaryRegion": region}}
    documents["applications?"][0]["identifierUris"] = [
        f"https://{region}.signin.aws.amazon.com/platform/saml/d-9067f1a2b3"
    ]
    found = verdict(AWS % statement, documents)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        f"which addresses Identity Center has in {region} is not documented; see its console",
    )


@pytest.mark.parametrize(
    "stated, url, expected",
    [
        ("absent", None, Verdict.COMPLIANT),
        ("absent", "", Verdict.COMPLIANT),
        ("absent", "https://d-1.awsapps.com/start", Verdict.DRIFT),
        ("https://d-1.awsapps.com/start", "https://d-1.awsapps.com/start", Verdict.COMPLIANT),
        ("https://d-1.awsapps.com/start", None, Verdict.DRIFT),
    ],
)
def test_a_sign_on_url_may_be_absent(stated: str, url: Json, expected: Verdict) -> None:
    assert verdict(AWS % f"sign-on-url: {stated}", app(loginUrl=url)).verdict is expected


@pytest.mark.parametrize(
    "stated, observed, expected",
    [
        ("[admin@one.com]", ["Admin@one.com"], Verdict.COMPLIANT),
        ("[admin@one.com]", [], Verdict.DRIFT),
        ("{includes: [admin@one.com]}", ["admin@one.com", "other@one.com"], Verdict.COMPLIANT),
        ("[]", ["admin@one.com"], Verdict.DRIFT),
        ("[]", None, Verdict.UNKNOWN),
    ],
)
def test_who_is_told_before_the_certificate_ends(stated: str, observed: Json, expected: Verdict) -> None:
    found = verdict(AWS % f"expiry-notifications: {stated}", app(notificationEmailAddresses=observed))
    assert found.verdict is expected


@pytest.mark.parametrize(
    "stated, observed, expected",
    [
        ("true", True, Verdict.COMPLIANT),
        ("true", False, Verdict.DRIFT),
        ("false", False, Verdict.COMPLIANT),
        ("false", True, Verdict.DRIFT),
        ("true", None, Verdict.UNKNOWN),
    ],
)
def test_a_disabled_app_lets_nobody_in(stated: str, observed: Json, expected: Verdict) -> None:
    assert verdict(AWS % f"sign-in-enabled: {stated}", app(accountEnabled=observed)).verdict is expected
    link = f"applies-to: {{link: {{from: one}}}}\nsynchronization: {{sign-in-enabled: {stated}}}"
    assert verdict(link, app(accountEnabled=observed)).verdict is expected


# --- certificates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document, stated, expected",
    [
        (app(), "one", Verdict.COMPLIANT),
        (app(key(OLD), key(NEW)), "one", Verdict.DRIFT),
        (app(key(OLD), key(NEW)), f"{{one: {{except: ['{thumbprint(NEW)}']}}}}", Verdict.COMPLIANT),
        (app(key(OLD, ends="2026-01-01")), "one", Verdict.DRIFT),
        (app(key(OLD, begins="2027-01-01")), "one", Verdict.DRIFT),
        (app(key(OLD), key(OLD)), "one", Verdict.UNKNOWN),
        (app(key(NEW)), "one", Verdict.UNKNOWN),
        (app(preferred=None), "one", Verdict.UNKNOWN),
    ],
)
def test_one_certificate_signs_and_others_are_named(document: Json, stated: str, expected: Verdict) -> None:
    assert verdict(AWS % f"signing-certificates: {stated}", document).verdict is expected


def test_a_certificate_that_begins_later_is_not_valid_yet() -> None:
    for days in (1, 30):
        found = verdict(AWS % f"signing-certificate: {{at-least: {days}}}", app(key(OLD, begins="2027-01-01")))
        assert (found.verdict, found.observed) == (Verdict.DRIFT, "absent")
        assert found.reason == f"the active certificate {ACTIVE} is valid only from 2027-01-01 00:00 UTC"


@pytest.mark.parametrize(
    "stated, expected",
    [
        (thumbprint(OLD), Verdict.COMPLIANT),
        (" ".join(thumbprint(OLD)[i : i + 2] for i in range(0, 40, 2)).lower().replace(" ", ":"), Verdict.COMPLIANT),
        (thumbprint(NEW), Verdict.DRIFT),
    ],
)
def test_a_thumbprint_is_the_same_however_it_is_written(stated: str, expected: Verdict) -> None:
    assert verdict(AWS % f"signing-thumbprint: '{stated}'", app()).verdict is expected
    # Nobody has chosen one: whichever signs then, it is not because it was meant to.
    assert verdict(AWS % f"signing-thumbprint: '{stated}'", app(preferred=None)).verdict is Verdict.DRIFT


def metadata(*ders: bytes, use: str = ' use="signing"', before: str = "") -> str:
    keys = "".join(
        f'<KeyDescriptor{use}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>\n'
        f"{base64.b64encode(der).decode()}\n</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        for der in ders
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}'
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">'
        f"<IDPSSODescriptor>{keys}</IDPSSODescriptor></EntityDescriptor>"
    )


LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    "document, text, expected",
    [
        (app(), metadata(OLD), Verdict.COMPLIANT),
        (app(), "\ufeff" + metadata(OLD, use=""), Verdict.COMPLIANT),
        (app(key(OLD), key(NEW)), metadata(OLD, NEW), Verdict.COMPLIANT),
        (app(), metadata(OLD, NEW), Verdict.DRIFT),
        (app(), metadata(NEW), Verdict.DRIFT),
        (app(), metadata(OLD, use=' use="encryption"'), Verdict.DRIFT),
        (app(), metadata(), Verdict.UNKNOWN),
        (app(), metadata(OLD, before=LAUGHS), Verdict.UNKNOWN),
        (app(), metadata(OLD)[:-9], Verdict.UNKNOWN),
        (app(), "<html/>", Verdict.UNKNOWN),
        (app(), failed(), Verdict.UNKNOWN),
        (app(preferred=None), metadata(OLD), Verdict.UNKNOWN),
    ],
)
def test_the_public_metadata_agrees_with_the_app(document: Json, text: Json, expected: Verdict) -> None:
    found = verdict(AWS % "federation-metadata: agrees", {**document, "federationmetadata": text})
    assert found.verdict is expected


def test_what_the_metadata_has_besides_is_named() -> None:
    found = verdict(AWS % "federation-metadata: agrees", {**app(), "federationmetadata": metadata(OLD, NEW)})
    assert list(found.differences) == [f"it also has {thumbprint(NEW)}, which is no certificate of the app"]


# --- whose name ------------------------------------------------------------------------------------------------------


def claims(attribute: str, source: str = "user", *, default: bool = False) -> Json:
    schema = [{"Source": source, "ID": attribute, "SamlClaimType": NAME_ID}]
    definition = json.dumps({"ClaimsMappingPolicy": {"ClaimsSchema": schema}})
    return {"id": f"of {attribute}", "definition": [definition], "isOrganizationDefault": default}


def named(user_name: str, *policies: Json, applied: bool = True) -> Json:
    schema = synchronization_template("aWSSingleSignon")["schema"]
    users = next(
        item for item in schema["synchronizationRules"][0]["objectMappings"] if item["sourceObjectName"] == "User"
    )
    users["attributeMappings"][0]["source"] = {"type": "Attribute", "expression": f"[{user_name}]"}
    return {
        **app(),
        "/jobs/job/schema": schema,
        "jobs": [{"id": "job", "templateId": "aWSSingleSignon"}],
        "appliesTo": [{"id": "sp" if applied else "other"}],
        "claimsMappingPolicies": list(policies),
    }


@pytest.mark.parametrize(
    "documents, expected",
    [
        (named("userPrincipalName"), Verdict.COMPLIANT),
        (named("mail"), Verdict.DRIFT),
        (named("mail", claims("mail")), Verdict.COMPLIANT),
        (named("userPrincipalName", claims("mail")), Verdict.DRIFT),
        (named("userPrincipalName", claims("mail"), applied=False), Verdict.COMPLIANT),
        (named("mail", claims("mail", default=True), applied=False), Verdict.COMPLIANT),
        (named("mail", claims("mail"), claims("MAIL")), Verdict.COMPLIANT),
        (named("mail", claims("mail"), claims("employeeid")), Verdict.UNKNOWN),
        (named("mail", claims("x", "transformation")), Verdict.UNKNOWN),
        (
            named("userPrincipalName", {"id": "p", "definition": ["{}"], "isOrganizationDefault": False}),
            Verdict.UNKNOWN,
        ),
    ],
)
def test_name_id_and_user_name_are_made_of_the_same_attribute(documents: Json, expected: Verdict) -> None:
    found = verdict(AWS % "name-id: same-as-user-name", documents)
    assert found.verdict is expected
    assert found.verdict is Verdict.UNKNOWN or found.grade is Grade.INFERRED


# --- provisioning ----------------------------------------------------------------------------------------------------

OPEN = estate()
OPEN = replace(OPEN, tenants={**OPEN.tenants, "shared": replace(OPEN.tenants["shared"], secrets=True)})


def secrets(**told: str) -> Json:
    return {**app(), "secrets": {"value": [{"key": name, "value": value} for name, value in told.items()]}}


@pytest.mark.parametrize(
    "statement, documents, expected",
    [
        ("scim-endpoint: '${aws.scim-endpoint}'", secrets(BaseAddress=SCIM), Verdict.COMPLIANT),
        ("scim-endpoint: '${aws.scim-endpoint}'", secrets(BaseAddress=SCIM + "/"), Verdict.COMPLIANT),
        (
            "scim-endpoint: '${aws.scim-endpoint}'",
            secrets(BaseAddress="https://evil.example.com/scim/v2"),
            Verdict.DRIFT,
        ),
        ("scim-endpoint: '${aws.scim-endpoint}'", secrets(SecretToken="*"), Verdict.DRIFT),
        ("scim-token: present", secrets(SecretToken="*"), Verdict.COMPLIANT),
        ("scim-token: present", secrets(BaseAddress=SCIM), Verdict.DRIFT),
        ("scim-token: present", secrets(SecretToken=""), Verdict.DRIFT),
    ],
)
def test_the_scim_connection_is_compared_when_it_may_be_read(
    statement: str, documents: Json, expected: Verdict
) -> None:
    assert verdict(AWS % statement, documents, OPEN).verdict is expected
    assert verdict(AWS % statement, documents).verdict is Verdict.UNKNOWN


def test_a_token_that_were_shown_is_not() -> None:
    found = verdict(AWS % "scim-token: absent", secrets(SecretToken="a-very-secret-token"), OPEN)
    assert found.verdict is Verdict.DRIFT
    assert "secret" not in found.observed + str(found.differences)


def scim(enabled: bool, object_: str) -> Json:  # noqa: FBT001
    schema = synchronization_template("aWSSingleSignon")["schema"]
    for item in schema["synchronizationRules"][0]["objectMappings"]:
        if item["sourceObjectName"] == object_:
            item["enabled"] = enabled
    return {**app(), "templates/": synchronization_template("aWSSingleSignon")["schema"], "/schema": schema,
            "jobs": [{"id": "job", "templateId": "aWSSingleSignon"}]}  # fmt: skip


def test_users_and_groups_are_mapped_each_on_its_own() -> None:
    for key_, object_ in (("mapping-enabled", "User"), ("group-mapping-enabled", "Group")):
        assert verdict(AWS % f"{key_}: true", scim(True, object_)).verdict is Verdict.COMPLIANT
        assert verdict(AWS % f"{key_}: true", scim(False, object_)).verdict is Verdict.DRIFT


@pytest.mark.parametrize(
    "statement",
    [
        "mappings: {userName: {direct: userPrincipalName, matching: 1}}",
        "mappings: {externalId: {direct: mailNickname}}",
        "mappings: {'emails[type eq \"work\"].value': {direct: mail}}",
        "undeclared-mappings: forbidden",
        "undeclared-group-mappings: forbidden",
        "mapping-actions: [create, update, delete]",
        "group-mapping-actions: [create, update, delete]",
        "scoping-filters: []",
        "built-in-filter: kept",
    ],
)
def test_the_gallerys_mappings_are_as_they_come(statement: str) -> None:
    assert verdict(AWS % statement, scim(True, "User")).verdict is Verdict.COMPLIANT


def groups(documents: Json) -> Json:
    """The mapping of groups."""
    found = documents["/schema"]["synchronizationRules"][0]["objectMappings"]
    return next(item for item in found if item["sourceObjectName"] == "Group")


def test_what_is_done_to_groups_is_stated_apart_from_users() -> None:
    documents = scim(True, "User")
    groups(documents)["flowTypes"] = "Add, Update"
    every = "[create, update, delete]"
    assert verdict(AWS % f"mapping-actions: {every}", documents).verdict is Verdict.COMPLIANT
    found = verdict(AWS % f"group-mapping-actions: {every}", documents)
    assert (found.verdict, found.differences) == (Verdict.DRIFT, ("missing: delete",))


def undeclared_groups(documents: Json, *texts: str) -> Judgement:
    statement = AWS % "undeclared-group-mappings: forbidden"
    check = next(check for check in checks(statement, *texts) if check.setting.key == "undeclared-group-mappings")
    return judged(check, documents)


def test_a_mapping_of_groups_without_members_is_not_the_templates() -> None:
    documents = scim(True, "User")
    mappings = groups(documents)["attributeMappings"]
    mappings.remove(next(item for item in mappings if item["targetAttributeName"] == "members"))
    assert verdict(AWS % "undeclared-mappings: forbidden", documents).verdict is Verdict.COMPLIANT
    found = undeclared_groups(documents)
    assert (found.verdict, found.differences) == (
        Verdict.DRIFT, ("members: not mapped; the template maps direct members",),
    )  # fmt: skip
    excepted = AWS % "undeclared-group-mappings: {forbidden: {except: [members]}}"
    assert verdict(excepted, documents).verdict is Verdict.COMPLIANT


def test_what_is_stated_of_users_declares_nothing_of_groups() -> None:
    documents = scim(True, "User")
    for item in groups(documents)["attributeMappings"]:
        if item["targetAttributeName"] == "displayName":
            item["flowType"] = "ObjectAddOnly"
    groups(documents)["flowTypes"] = "Add"
    users = AWS % "mappings: {displayName: {direct: displayName}}, mapping-actions: [create]"
    found = undeclared_groups(documents, users)
    assert [line.partition(":")[0] for line in found.differences] == ["group-mapping-actions", "displayName"]
    own = undeclared_groups(documents, AWS % "group-mapping-actions: [create]")
    assert [line.partition(":")[0] for line in own.differences] == ["displayName"]
