"""A secret in config.yml is a mistake, and nothing that is said about it repeats it."""

from __future__ import annotations

import pytest

from tests.config.conftest import BASE, Told, with_aws, with_line, with_tenant

PASTED = {
    "entra-secret": "abc8Q~" + "0aB-_.~xyz" * 3 + "1234",
    "access-key": "AKIAIOSFODNN7EXAMPLE",
    "session-key": "ASIAIOSFODNN7EXAMPLE",
    "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl",
    "private-key": "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
}
PLACES = {
    "policies": with_line(1, "policies: '@'"),
    "top-key": with_line(5, "'@': many-to-one"),
    "topology": with_line(5, "topology: '@'"),
    "link": with_line(5, "links: [{from: '@', to: shared}]"),
    "alias": with_line(3, "  '@': {id: 1, role: source, unknown: 1}"),
    "tenant": with_line(3, "  one: '@'"),
    "id": with_line(3, "  one: {id: '@', role: source}"),
    "label": with_tenant("label: 'One @'"),
    "credential": with_tenant("credential: '@'"),
    "type": with_tenant("credential: {type: '@'}"),
    "client-id": with_tenant("credential: {type: client-secret, client-id: '@', secret: {env: S}}"),
    "secret": with_tenant("credential: {type: client-secret, client-id: <client>, secret: '@'}"),
    "secret-env": with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: '@'}}"),
    "secret-key": with_tenant("credential: {type: client-secret, client-id: <client>, secret: {'@'}}"),
    "certificate": with_tenant("credential: {type: certificate, client-id: <client>, certificate: '@'}"),
    "write-credential": with_tenant("write-credential: {type: client-secret, client-id: <client>, secret: '@'}"),
    "endpoint": with_tenant("endpoints: {graph: 'https://localhost/@'}"),
    "profile": with_aws("credential: {profile: '@'}"),
    "access-key-id": with_aws("credential: {access-key-id: '@', secret-access-key: {env: S}}"),
    "scim": with_aws("scim: '@'"),
    "scim-token": with_aws("scim: {endpoint: 'https://localhost', token: '@'}"),
    "drift": BASE + "sandbox: {drift: [{value: ['@']}]}\n",
    "default-of-a-variable": with_tenant("label: '${env.XT_UNSET:-@}'"),
}


@pytest.mark.parametrize("secret", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_what_looks_like_a_secret_is_refused_wherever_it_stands(text: str, secret: str, told: Told) -> None:
    said = told(text.replace("@", secret))
    assert [line for line in said if "stands in config.yml itself" in line]
    assert secret not in "\n".join(said)
    assert secret[-12:] not in "\n".join(said)


FIELDS = [
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: @}"),
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: '@ @'}}"),
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: {@}}"),
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: [@]}"),
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: X, or: @}}"),
    with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: {@}}}"),
    with_tenant("credential: {type: client-secret, client-id: @, secret: {env: S}}"),
    with_tenant("credential: {type: certificate, client-id: <client>, certificate: ca.pem, password: @}"),
    with_tenant("credential: {type: certificate, client-id: <client>, certificate: ca.pem, password: !@ x}"),
    with_tenant("credential: {type: certificate, client-id: <client>, certificate: ca.pem, password: *@}"),
    with_tenant("credential: @"),
    with_tenant("endpoints: {graph: 'https://me:@@localhost'}"),
    with_tenant("endpoints: {graph: 'https://localhost/?key=@'}"),
    with_aws("credential: {access-key-id: @, secret-access-key: {env: S}}"),
    with_aws("credential: {access-key-id: {env: S}, secret-access-key: @}"),
    with_aws("credential: {role-arn: 'arn:aws:iam::111122223333:role/A', external-id: @}"),
    with_aws("credential: @"),
    with_aws("scim: @"),
    with_aws("scim: {endpoint: 'https://localhost', token: @}"),
]


@pytest.mark.parametrize("number", range(len(FIELDS)))
def test_a_secret_of_any_shape_is_refused_where_a_name_belongs(number: int, told: Told) -> None:
    said = "\n".join(
        told(FIELDS[number].replace("@", "hunter2", 1).replace("@@", "hunter2@").replace(" @", " hunter2"))
    )
    assert "hunter2" not in said


def test_the_hint_says_what_to_write_instead(told: Told) -> None:
    text = with_tenant("credential: {type: client-secret, client-id: <client>, secret: hunter2}")
    (said,) = told(text)
    assert said.endswith(
        "a secret cannot stand in config.yml itself; write {env: NAME} and put the secret into that variable"
    )


def test_a_secret_by_a_variable_of_values_is_told_the_form_of_secrets(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XT_SECRET", "hunter2")
    (said,) = told(with_tenant("credential: {type: client-secret, client-id: <client>, secret: '${env.XT_SECRET}'}"))
    assert said.endswith("a secret cannot stand in config.yml itself; write {env: XT_SECRET}")


def test_a_variable_cannot_name_the_variable_of_a_secret(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text could be the secret, which would be printed as the name of a variable that is not set."""
    monkeypatch.setenv("XT_SECRET", "hunter2")
    text = with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: '${env.XT_SECRET}'}}")
    (said,) = told(text)
    assert said.endswith("this is no name of an environment variable; letters, digits and _, not the secret")


@pytest.mark.parametrize("form", ["secret-access-key: '@'", "secret-access-key: {env: '@'}"])
def test_an_aws_secret_access_key_is_known_under_its_key(form: str, told: Told) -> None:
    secret = "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY"
    (said,) = told(with_aws(f"credential: {{access-key-id: {{env: A}}, {form.replace('@', secret)}}}"))
    assert "what looks like an AWS secret access key stands in config.yml itself" in said
    assert secret not in said


def test_a_key_that_stands_twice_is_not_repeated_when_it_is_a_secret(told: Told) -> None:
    secret = PASTED["access-key"]
    (said,) = told(with_line(5, f"? {secret}\n: 1\n? {secret}\n: 2"))
    assert secret not in said


@pytest.mark.parametrize("label", ["Key rotation", "eyJ", "AKIA", "d8Q~", "2f1d8a" * 7])
def test_what_only_resembles_a_secret_is_none(label: str, told: Told) -> None:
    assert not [said for said in told(with_tenant(f"label: '{label}', role-: x")) if "itself" in said]
