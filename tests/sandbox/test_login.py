"""The login endpoints, with the real azure-identity and at the wire."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.sandbox.conftest import Client

IN_SAML = "{urn:oasis:names:tc:SAML:2.0:metadata}"


def settings(blog: Client, tenant: str = "one") -> dict[str, Any]:
    known = blog.connection["tenants"][tenant]
    return {
        "tenant_id": known["id"],
        "client_id": known["client-id"],
        "authority": known["endpoints"]["login"],
        "disable_instance_discovery": True,
        "connection_verify": blog.connection["ca"],
    }


def scope(blog: Client) -> str:
    return str(blog.connection["tenants"]["one"]["endpoints"]["graph"]) + "/.default"


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_client_secret_gives_a_token_for_its_tenant(blog: Client) -> None:
    secret = blog.connection["tenants"]["one"]["client-secret"]
    with ClientSecretCredential(client_secret=secret, **settings(blog)) as credential:
        found = claims(credential.get_token(scope(blog)).token)
    assert found["tid"] == blog.connection["tenants"]["one"]["id"]
    assert found["aud"] + "/.default" == scope(blog)
    assert "Policy.Read.All" in found["roles"]


def test_a_certificate_gives_a_token(blog: Client) -> None:
    path = blog.connection["tenants"]["one"]["certificate"]
    with CertificateCredential(certificate_path=path, **settings(blog)) as credential:
        assert claims(credential.get_token(scope(blog)).token)["idtyp"] == "app"


def test_a_workload_token_gives_a_token(blog: Client) -> None:
    path = blog.connection["tenants"]["one"]["federated-token"]
    with WorkloadIdentityCredential(token_file_path=path, **settings(blog)) as credential:
        assert claims(credential.get_token(scope(blog)).token)["ver"] == "1.0"


def test_a_token_is_signed_with_the_published_key(blog: Client) -> None:
    known = blog.connection["tenants"]["shared"]
    keys = blog.http.get(f"{known['endpoints']['login']}/{known['id']}/discovery/v2.0/keys").json()
    public = jwt.PyJWKSet.from_dict(keys).keys[0]
    assert jwt.decode(blog.token("shared"), public, algorithms=["RS256"], audience=known["endpoints"]["graph"])


def test_a_wrong_secret_is_told_to_azure_identity(blog: Client) -> None:
    with (
        ClientSecretCredential(client_secret="wrong", **settings(blog)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(scope(blog))


@pytest.mark.parametrize(
    "changes, status, code",
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "0e1d0a10-0000-0000-0000-000000000000"}, 400, 700016),
        ({"tenant_id": "0e1d0a10-0000-0000-0000-000000000000"}, 400, 90002),
        ({"scope": "https://elsewhere.example/.default"}, 400, 500011),
        ({"scope": "User.Read"}, 400, 1002012),
        ({"grant_type": "password"}, 400, 70003),
        ({"client_assertion": "a.b.c"}, 400, 50027),
    ],
    ids=str,
)
def test_a_refusal_names_its_code(blog: Client, changes: dict[str, str], status: int, code: int) -> None:
    answer = blog.ask_token("one", **changes)
    assert answer.status_code == status
    assert answer.json()["error_codes"] == [code]
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")


def test_an_expired_secret_is_another_refusal(blog: Client) -> None:
    client = next(iter(blog.state.tree["tenants"]["one"]["clients"].values()))
    client["expired-secrets"] = ["old"]
    assert blog.ask_token("one", client_secret="old").json()["error_codes"] == [7000222]


def test_an_assertion_by_a_stranger_is_refused(blog: Client) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    known = blog.connection["tenants"]["one"]
    public = x509.load_pem_x509_certificates(Path(known["certificate"]).read_bytes())[0]
    thumbprint = base64.urlsafe_b64encode(public.fingerprint(hashes.SHA256())).decode().rstrip("=")
    own = {"iss": known["client-id"], "sub": known["client-id"], "exp": 4102444800, "aud": "x"}
    forged = jwt.encode(own, stranger, algorithm="RS256", headers={"x5t#S256": thumbprint})
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    answer = blog.ask_token("one", client_assertion=forged, client_assertion_type=kind)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700027])


def test_a_workload_with_another_subject_is_refused(blog: Client) -> None:
    clients = blog.state.tree["tenants"]["one"]["clients"]
    next(iter(clients.values()))["federated"][0]["subject"] = "somebody else"
    token = Path(blog.connection["tenants"]["one"]["federated-token"]).read_text("ascii")
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    answer = blog.ask_token("one", client_assertion=token, client_assertion_type=kind)
    assert answer.json()["error_codes"] == [700213]


def test_instance_discovery_names_the_sandbox_itself(blog: Client) -> None:
    login = blog.connection["tenants"]["one"]["endpoints"]["login"]
    found = blog.http.get(f"{login}/common/discovery/instance").json()
    assert found["metadata"][0]["preferred_network"] == login.removeprefix("https://")


@pytest.fixture
def aws_app(blog: Client) -> Iterator[dict[str, Any]]:
    principals = blog.state.tree["tenants"]["shared"]["servicePrincipals"].values()
    return next(one for one in principals if one["preferredSingleSignOnMode"] == "saml")


def test_federation_metadata_carries_the_active_certificate(blog: Client, aws_app: dict[str, Any]) -> None:
    known = blog.connection["tenants"]["shared"]
    url = f"{known['endpoints']['login']}/{known['id']}/federationmetadata/2007-06/federationmetadata.xml"
    answer = blog.http.get(url, params={"appid": aws_app["appId"]})
    root = ET.fromstring(answer.content)  # noqa: S314 - our own text
    text = next(root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate")).text or ""
    shown = x509.load_der_x509_certificate(base64.b64decode(text))
    thumbprint = shown.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - what the service prints
    assert thumbprint == aws_app["preferredTokenSigningKeyThumbprint"]
    assert root.attrib["entityID"] == f"https://sts.windows.net/{known['id']}/"
    assert len(list(root.iter(f"{IN_SAML}SingleSignOnService"))) == 2


def test_federation_metadata_of_an_unknown_application_is_refused(blog: Client) -> None:
    known = blog.connection["tenants"]["shared"]
    url = f"{known['endpoints']['login']}/{known['id']}/federationmetadata/2007-06/federationmetadata.xml"
    assert blog.http.get(url, params={"appid": known["id"]}).json()["error_codes"] == [700016]


def test_token_requests_are_logged_and_are_no_writes(blog: Client) -> None:
    blog.ask_token("two")
    entry = blog.admin.get("/log").json()["entries"][-1]
    assert (entry["service"], entry["tenant"], entry["write"]) == ("login", "two", False)
