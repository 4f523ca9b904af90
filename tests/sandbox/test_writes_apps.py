"""Writing enterprise applications at the wire: from the gallery, SAML, certificates, assignments, claims."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer, code
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import TENANTS, object_id

PRINCIPAL = f"/servicePrincipals/{object_id(TENANTS['shared'], 'principal', scenario.AWS_APP)}"
APPLICATION = f"/applications/{object_id(TENANTS['shared'], 'application', scenario.AWS_APP)}"
DEVOPS = object_id(TENANTS["shared"], "group", scenario.DEVOPS)
INSTANTIATE = f"/applicationTemplates/{templates.AWS}/instantiate"
OTHER = "https://us-east-1.signin.aws.amazon.com/platform/saml/d-0000000000"


@pytest.fixture
def shared(blog: Client) -> Writer:
    return Writer(blog, "shared")


def made_by(writer: Writer, name: str = "Another") -> tuple[str, str]:
    """The paths of a new application and its service principal."""
    answer = writer("POST", INSTANTIATE, {"displayName": name})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return f"/applications/{made['application']['id']}", f"/servicePrincipals/{made['servicePrincipal']['id']}"


def test_every_instantiation_makes_another_application_of_the_name(shared: Writer) -> None:
    pairs = [made_by(shared) for _ in range(2)]
    assert len({path for pair in pairs for path in pair}) == 4
    found = shared.get(f"/servicePrincipals?$filter=applicationTemplateId eq '{templates.AWS}'")["value"]
    assert [each["displayName"] for each in found] == [scenario.AWS_APP, "Another", "Another"]
    principal, application = shared.get(pairs[0][1]), shared.get(pairs[0][0])
    assert principal["appId"] == application["appId"]
    assert principal["appRoleAssignmentRequired"] is True
    assert {role["displayName"] for role in principal["appRoles"]} == {"User", "msiam_access"}
    assert (principal["preferredSingleSignOnMode"], principal["keyCredentials"]) == (None, [])
    assert shared.get(f"{pairs[0][1]}/synchronization/jobs")["value"] == []


def test_a_template_that_is_none_and_a_name_that_is_missing_are_refused(shared: Writer) -> None:
    missing = f"/applicationTemplates/{TENANTS['one']}/instantiate"
    assert shared("POST", missing, {"displayName": "x"}).status_code == 404
    assert shared("POST", INSTANTIATE, {}).status_code == 400


def test_saml_is_set_up_in_the_documented_order(shared: Writer) -> None:
    application, principal = made_by(shared)
    addresses = {"identifierUris": [OTHER], "web": {"redirectUris": [f"{OTHER}/acs"]}}
    assert code(shared("PATCH", application, addresses)) == (400, "HostNameNotOnVerifiedDomain")
    assert shared("PATCH", principal, {"preferredSingleSignOnMode": "saml"}).status_code == 204
    before = shared.get(application)["web"]
    assert shared("PATCH", application, addresses).status_code == 204
    found = shared.get(principal)
    assert (found["replyUrls"], found["servicePrincipalNames"]) == ([f"{OTHER}/acs"], [OTHER, found["appId"]])
    # Lists are replaced, what is not named is kept.
    assert shared.get(application)["web"] == before | {"redirectUris": [f"{OTHER}/acs"]}
    assert shared("PATCH", application, {"web": {"redirectUris": []}}).status_code == 204
    assert shared.get(principal)["replyUrls"] == []


def test_an_identifier_is_one_applications(shared: Writer) -> None:
    application, principal = made_by(shared)
    shared("PATCH", principal, {"preferredSingleSignOnMode": "saml"})
    taken = shared.get(APPLICATION)["identifierUris"]
    answer = shared("PATCH", application, {"identifierUris": taken})
    assert code(answer) == (400, "Request_MultipleObjectsWithSameKeyValue")


def test_what_a_principal_says_of_sign_in_is_written_on_it(shared: Writer) -> None:
    said = {
        "loginUrl": "https://example.com/login", "notificationEmailAddresses": ["a@example.com"],
        "appRoleAssignmentRequired": False, "samlSingleSignOnSettings": {"relayState": "https://example.com"},
        "notes": "x",
    }  # fmt: skip
    assert shared("PATCH", PRINCIPAL, said).status_code == 204
    assert said.items() <= shared.get(PRINCIPAL).items()


@pytest.mark.parametrize(
    "body",
    [
        {"replyUrls": []}, {"servicePrincipalNames": []}, {"appRoles": []}, {"preferredSingleSignOnMode": "saml2"},
        {"preferredTokenSigningKeyThumbprint": "A" * 40}, {"appRoleAssignmentRequired": None}, {"colour": "blue"},
        {"keyCredentials": [{"keyId": "x", "type": "AsymmetricX509Cert", "usage": "Verify"}]},
    ],
)  # fmt: skip
def test_what_a_principal_does_not_take_is_refused(shared: Writer, body: dict[str, Any]) -> None:
    before = shared.get(PRINCIPAL)
    assert shared("PATCH", PRINCIPAL, body).status_code == 400
    assert shared.get(PRINCIPAL) == before


def test_each_certificate_is_one_more_and_signs_only_when_preferred(blog: Client, shared: Writer) -> None:
    before = shared.get(PRINCIPAL)
    made = [
        shared("POST", f"{PRINCIPAL}/addTokenSigningCertificate", {"displayName": "CN=AWS"}).json() for _ in range(2)
    ]
    first, second = (each["thumbprint"] for each in made)
    assert first != second
    assert (made[0]["usage"], made[0]["displayName"]) == ("Verify", "CN=AWS")
    assert base64.b64decode(made[0]["customKeyIdentifier"]).hex().upper() == first
    found = shared.get(PRINCIPAL)
    assert len(found["keyCredentials"]) == len(before["keyCredentials"]) + 4
    assert found["preferredTokenSigningKeyThumbprint"] == before["preferredTokenSigningKeyThumbprint"]
    assert all(each["key"] is None for each in found["keyCredentials"])
    login = blog.connection["tenants"]["shared"]["endpoints"]["login"]
    metadata = f"{login}/{TENANTS['shared']}/federationmetadata/2007-06/federationmetadata.xml?appid={found['appId']}"
    assert made[0]["key"] not in blog.http.get(metadata).text
    assert shared("PATCH", PRINCIPAL, {"preferredTokenSigningKeyThumbprint": first}).status_code == 204
    assert made[0]["key"] in blog.http.get(metadata).text
    kept = [each for each in found["keyCredentials"] if each["displayName"] == "CN=AWS"][:2]
    assert shared("PATCH", PRINCIPAL, {"keyCredentials": kept}).status_code == 204
    assert [each["keyId"] for each in shared.get(PRINCIPAL)["keyCredentials"]] == [each["keyId"] for each in kept]


@pytest.mark.parametrize(
    "body", [{}, {"displayName": "AWS"}, {"displayName": "CN=x", "endDateTime": "2099-01-01T00:00:00Z"},
             {"displayName": "CN=x", "endDateTime": "2000-01-01T00:00:00Z"}]
)  # fmt: skip
def test_a_certificate_has_a_name_and_lives_three_years_at_most(shared: Writer, body: dict[str, Any]) -> None:
    assert shared("POST", f"{PRINCIPAL}/addTokenSigningCertificate", body).status_code == 400


def assigned(writer: Writer, path: str) -> list[dict[str, Any]]:
    return list(writer.get(f"{path}/appRoleAssignedTo")["value"])


def test_a_group_is_assigned_once_and_taken_back(shared: Writer) -> None:
    _, principal = made_by(shared)
    resource = principal.rpartition("/")[2]
    wanted = {"principalId": DEVOPS, "resourceId": resource, "appRoleId": templates.ROLE_USER}
    answer = shared("POST", f"{principal}/appRoleAssignedTo", wanted)
    assert answer.status_code == 201
    (given,) = assigned(shared, principal)
    assert (given["principalType"], given["principalDisplayName"]) == ("Group", scenario.DEVOPS)
    assert wanted.items() <= given.items()
    again = shared("POST", f"{principal}/appRoleAssignedTo", wanted)
    assert code(again) == (400, "Request_BadRequest")
    assert "already exists" in again.json()["error"]["message"]
    assert shared("DELETE", f"{principal}/appRoleAssignedTo/{given['id']}").status_code == 204
    assert assigned(shared, principal) == []
    assert shared("DELETE", f"{principal}/appRoleAssignedTo/{given['id']}").status_code == 404


@pytest.mark.parametrize(
    "change, status",
    [
        ({"appRoleId": "00000000-0000-0000-0000-000000000000"}, 400),
        ({"resourceId": TENANTS["one"]}, 400),
        ({"principalId": TENANTS["one"]}, 404),
        ({"principalId": None}, 400),
        ({"principalType": "Group"}, 400),
    ],
)
def test_an_assignment_that_cannot_be_is_refused(shared: Writer, change: dict[str, Any], status: int) -> None:
    wanted = {"principalId": DEVOPS, "resourceId": PRINCIPAL[19:], "appRoleId": templates.ROLE_MSIAM_ACCESS} | change
    assert shared("POST", f"{PRINCIPAL}/appRoleAssignedTo", wanted).status_code == status
    assert len(assigned(shared, PRINCIPAL)) == 2


def test_assigning_wants_to_write_assignments_and_to_see_applications(blog: Client) -> None:
    half = Writer(blog, "shared", "AppRoleAssignment.ReadWrite.All")
    wanted = {"principalId": DEVOPS, "resourceId": PRINCIPAL[19:], "appRoleId": templates.ROLE_MSIAM_ACCESS}
    assert half("POST", f"{PRINCIPAL}/appRoleAssignedTo", wanted).status_code == 403


def test_who_owns_an_application_may_change_that_one_alone(blog: Client) -> None:
    owner = Writer(blog, "shared", "Application.ReadWrite.OwnedBy")
    application, principal = made_by(owner)
    assert owner("PATCH", principal, {"notes": "x"}).status_code == 204
    assert owner("PATCH", application, {"notes": "x"}).status_code == 204
    assert owner("POST", f"{principal}/synchronization/jobs", {"templateId": "aWSSingleSignon"}).status_code == 201
    assert code(owner("PATCH", PRINCIPAL, {"notes": "x"})) == (403, "Authorization_RequestDenied")
    assert code(owner("POST", f"{PRINCIPAL}/synchronization/jobs", {})) == (401, "UnknownError")


def test_a_deleted_application_leaves_nothing_behind(blog: Client, shared: Writer) -> None:
    assert shared("DELETE", APPLICATION).status_code == 204
    assert shared("GET", PRINCIPAL).status_code == 404
    tenant = blog.state.tree["tenants"]["shared"]
    assert (tenant["synchronization"], tenant["appRoleAssignments"], tenant["signingCertificates"]) == ({}, {}, {})


def test_claims_are_a_policy_that_is_given_to_the_principal(shared: Writer) -> None:
    policies = "/policies/claimsMappingPolicies"
    _, principal = made_by(shared)
    definition = ['{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true","ClaimsSchema":[]}}']
    body = {"displayName": "Names", "definition": definition}
    assert shared("POST", policies, body | {"definition": ["x"]}).status_code == 400
    made = shared("POST", policies, body)
    assert made.status_code == 201
    own = f"{policies}/{made.json()['id']}"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0{own}"}
    assert shared("POST", f"{principal}/claimsMappingPolicies/$ref", reference).status_code == 204
    assert shared("POST", f"{principal}/claimsMappingPolicies/$ref", reference).status_code == 400
    assert [each["displayName"] for each in shared.get(f"{principal}/claimsMappingPolicies")["value"]] == ["Names"]
    assert shared("PATCH", own, {"displayName": "Other"}).status_code == 204
    assert shared("DELETE", own).status_code == 400
    given = f"{principal}/claimsMappingPolicies/{made.json()['id']}/$ref"
    assert [shared("DELETE", path).status_code for path in (given, given, own)] == [204, 404, 204]
