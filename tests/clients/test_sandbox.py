"""Every credential and every kind of fault, with the SDKs as they are, against the sandbox over TLS.

client-secret, certificate, workload-identity and default (by its environment variables) sign in at the sandbox's login
endpoint. Two types have hosts of their own, which no configuration moves: azure-cli runs a program ``az`` that the test
puts on PATH, and managed-identity asks an App Service endpoint (IDENTITY_ENDPOINT) that the test serves on loopback;
both hand out a token of the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.clients.scripted import HASTE, ask
from xtcheck.clients import Clients, Patience
from xtcheck.connection import AwsCredential, Connection, EntraCredential, Secret
from xtcheck.model import Answer, Answered, Failed, Nothing, Request
from xtcheck.sandbox import Sandbox

ORGANIZATION = Request("one", "graph", "/organization", many=True)
USERS = Request("one", "graph", "/users?$select=id,displayName", many=True)
INSTANCES = Request("aws-main", "sso-admin", "list_instances", many=True, items="Instances")


@pytest.fixture(scope="module")
def blog() -> Iterator[Sandbox]:
    with Sandbox("blog") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(blog: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox without faults, and an environment that names no credential but the secret of tenant one."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "MSI_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XT_ONE_SECRET", blog.connection["tenants"]["one"]["client-secret"])
    yield blog
    blog.state.faults.put([])
    blog.state.page_size = 100


def tenant(sandbox: Sandbox, alias: str = "one", **changes: Any) -> Connection:
    made = sandbox.connection["tenants"][alias]
    plain: dict[str, Any] = {
        "place": alias,
        "identity": made["id"],
        "credential": EntraCredential("client-secret", made["client-id"], Secret(env="XT_ONE_SECRET")),
        "endpoints": made["endpoints"],
        "ca_bundle": sandbox.connection["ca"],
    }
    return Connection(**{**plain, **changes})


def aws(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Connection:
    [made] = sandbox.connection["aws"].values()
    monkeypatch.setenv("XT_KEY", made["access-key-id"])
    monkeypatch.setenv("XT_KEY_SECRET", made["secret-access-key"])
    plain: dict[str, Any] = {
        "place": "aws-main",
        "identity": made["account"],
        "credential": AwsCredential(access_key_id=Secret(env="XT_KEY"), secret_access_key=Secret(env="XT_KEY_SECRET")),
        "endpoints": made["endpoints"],
        "ca_bundle": sandbox.connection["ca"],
        "region": made["region"],
    }
    return Connection(**{**plain, **changes})


def reads_its_organization(connection: Connection) -> bool:
    [answer] = ask(connection, replace(ORGANIZATION, place=connection.place))
    assert isinstance(answer, Answered), answer
    return [item["id"] for item in answer.document] == [connection.identity]


def cause(answer: Answer) -> str:
    assert isinstance(answer, Failed), answer
    return answer.cause


def issued(sandbox: Sandbox, alias: str = "one") -> str:
    """A token of the sandbox, as some other program would be handed it."""
    import httpx

    made = sandbox.connection["tenants"][alias]
    form = {
        "grant_type": "client_credentials",
        "client_id": made["client-id"],
        "client_secret": made["client-secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    context = ssl.create_default_context(cafile=sandbox.connection["ca"])
    reply = httpx.post(f"{made['endpoints']['login']}/{made['id']}/oauth2/v2.0/token", data=form, verify=context)
    token: str = reply.json()["access_token"]
    return token


# --- credentials ----------------------------------------------------------------------------------------------------


def test_a_client_secret_signs_in(sandbox: Sandbox) -> None:
    assert reads_its_organization(tenant(sandbox))


def test_a_certificate_signs_in(sandbox: Sandbox) -> None:
    made = sandbox.connection["tenants"]["one"]
    credential = EntraCredential("certificate", made["client-id"], certificate=made["certificate"])
    assert reads_its_organization(tenant(sandbox, credential=credential))


def test_a_workload_identity_signs_in(sandbox: Sandbox) -> None:
    made = sandbox.connection["tenants"]["one"]
    credential = EntraCredential("workload-identity", made["client-id"], token_file=made["federated-token"])
    assert reads_its_organization(tenant(sandbox, credential=credential))


def test_a_workload_identity_may_be_named_by_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sandbox.connection["tenants"]["one"]
    monkeypatch.setenv("AZURE_CLIENT_ID", made["client-id"])
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", made["federated-token"])
    assert reads_its_organization(tenant(sandbox, credential=EntraCredential("workload-identity")))


def test_a_workload_identity_without_its_file_says_what_is_missing(sandbox: Sandbox) -> None:
    [answer] = ask(tenant(sandbox, credential=EntraCredential("workload-identity", "x")), ORGANIZATION)
    assert "token_file_path" in cause(answer)


def test_default_signs_in_to_the_declared_tenant_whatever_the_environment_names(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sandbox.connection["tenants"]["one"]
    monkeypatch.setenv("AZURE_TENANT_ID", sandbox.connection["tenants"]["shared"]["id"])
    monkeypatch.setenv("AZURE_CLIENT_ID", made["client-id"])
    monkeypatch.setenv("AZURE_CLIENT_SECRET", made["client-secret"])
    assert reads_its_organization(tenant(sandbox, credential=EntraCredential("default")))


def test_default_without_any_credential_says_what_to_do(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "environmentcredential")  # spares the search for a cloud's metadata
    [answer] = ask(tenant(sandbox, credential=EntraCredential("default")), ORGANIZATION)
    assert "no credential was found" in cause(answer)
    assert isinstance(answer, Failed)
    assert "az login" in answer.remedy


def put_az(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    program = folder / "az"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return program


def test_azure_cli_is_asked_for_a_token_of_the_tenant(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = {"accessToken": issued(sandbox), "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"}
    put_az(tmp_path, monkeypatch, f"echo \"$@\" > {tmp_path}/asked\ncat <<'E'\n{json.dumps(reply)}\nE")
    connection = tenant(sandbox, credential=EntraCredential("azure-cli"))
    assert reads_its_organization(connection)
    assert connection.identity in (tmp_path / "asked").read_text()


def test_azure_cli_signed_in_elsewhere_reads_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = {"accessToken": issued(sandbox, "shared"), "expires_on": int(time.time()) + 3600}
    put_az(tmp_path, monkeypatch, f"cat <<'E'\n{json.dumps(reply)}\nE")
    [answer] = ask(tenant(sandbox, credential=EntraCredential("azure-cli")), ORGANIZATION)
    assert "signed in to tenant" in cause(answer)


def test_azure_cli_that_is_not_signed_in_says_so(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_az(tmp_path, monkeypatch, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
    [answer] = ask(tenant(sandbox, credential=EntraCredential("azure-cli")), ORGANIZATION)
    assert "az login" in cause(answer)


@pytest.mark.parametrize("alias", ["one", "shared"])
def test_a_managed_identity_is_asked_for_a_token(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, alias: str) -> None:
    """It knows only its home tenant: for another one its token is refused by us, not by Graph."""
    body = {
        "access_token": issued(sandbox, alias),
        "expires_on": str(int(time.time()) + 3600),
        "resource": "https://graph.microsoft.com",
        "token_type": "Bearer",
    }

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(body).encode()
            self.send_response(200 if self.headers["X-IDENTITY-HEADER"] == "code" else 403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "code")
        connection = tenant(sandbox, credential=EntraCredential("managed-identity"))
        [answer] = ask(connection, ORGANIZATION)
        server.shutdown()
        thread.join()
    if alias == "one":
        assert isinstance(answer, Answered), answer
    else:
        assert "signed in to tenant" in cause(answer)


def test_a_wrong_secret_is_told_apart(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_ONE_SECRET", "wrong")
    [answer] = ask(tenant(sandbox), ORGANIZATION)
    assert cause(answer) == "cannot sign in to one: the client secret is wrong (AADSTS7000215)"


def test_an_unknown_application_is_told_apart(sandbox: Sandbox) -> None:
    credential = EntraCredential("client-secret", "00000000-0000-4000-8000-000000000000", Secret(env="XT_ONE_SECRET"))
    [answer] = ask(tenant(sandbox, credential=credential), ORGANIZATION)
    assert "the tenant does not know the application (AADSTS700016)" in cause(answer)


def test_an_unknown_tenant_is_told_apart(sandbox: Sandbox) -> None:
    [answer] = ask(tenant(sandbox, identity="00000000-0000-4000-8000-000000000000"), ORGANIZATION)
    assert "there is no tenant with this id in the cloud public (AADSTS90002)" in cause(answer)


def test_another_tenant_s_token_reads_nothing(sandbox: Sandbox) -> None:
    sandbox.state.faults.put([{"match": {"service": "login", "tenant": "one"}, "do": {"tid": "shared"}}])
    [answer] = ask(tenant(sandbox), ORGANIZATION)
    assert "signed in to tenant" in cause(answer)


# --- Microsoft Graph ------------------------------------------------------------------------------------------------


def test_all_pages_of_a_collection_are_read(sandbox: Sandbox) -> None:
    sandbox.state.page_size = 1
    [answer] = ask(tenant(sandbox), USERS)
    assert isinstance(answer, Answered), answer
    assert answer.pages >= len(answer.document) == len(sandbox.state.tree["tenants"]["one"]["users"])


def test_a_partner_that_is_not_there_is_absent(sandbox: Sandbox) -> None:
    nobody = "/policies/crossTenantAccessPolicy/partners/00000000-0000-4000-8000-000000000000"
    [answer, strict] = ask(
        tenant(sandbox), Request("one", "graph", nobody, absent=frozenset({"404"})), Request("one", "graph", nobody)
    )
    assert isinstance(answer, Nothing), answer
    assert "status 404" in cause(strict)


@pytest.mark.parametrize(
    "do, said",
    [
        ({"status": 403}, "permission is missing: status 403"),
        ({"status": 401}, "the token is refused: status 401"),
        ({"status": 500}, "status 500"),
        ({"body": "<html>", "content-type": "text/html"}, "not JSON"),
        ({"body": '{"value": ['}, "not whole JSON"),
        ({"cut": True}, "cut the answer short"),
        ({"reset": True}, "127.0.0.1"),
        ({"redirect": "https://elsewhere.example/"}, "a redirect"),
        ({"empty-page-with-next": True}, "empty pages in a row"),
        ({"repeat-next": True}, "leads back"),
        ({"foreign-next": True}, "another host (graph.example.com)"),
        ({"drop-value": True}, "has no value"),
    ],
    ids=str,
)
def test_no_fault_lets_a_collection_pass_for_whole(sandbox: Sandbox, do: Mapping[str, Any], said: str) -> None:
    sandbox.state.faults.put([{"match": {"service": "graph", "path": "/v1.0/users*"}, "do": do}])
    [answer] = ask(tenant(sandbox), USERS)
    assert said in cause(answer)


def test_an_empty_page_with_a_link_is_followed(sandbox: Sandbox) -> None:
    fault = {"match": {"service": "graph", "path": "/v1.0/users*"}, "do": {"empty-page-with-next": True}, "times": 2}
    sandbox.state.faults.put([fault])
    [answer] = ask(tenant(sandbox), USERS)
    assert isinstance(answer, Answered), answer
    assert answer.pages == 3
    assert len(answer.document) == len(sandbox.state.tree["tenants"]["one"]["users"])


def test_a_throttled_request_is_repeated(sandbox: Sandbox) -> None:
    fault = {"match": {"service": "graph"}, "do": {"status": 429, "retry-after": 0}, "times": 2}
    sandbox.state.faults.put([fault])
    assert reads_its_organization(tenant(sandbox))


def test_a_token_that_has_expired_is_replaced(sandbox: Sandbox) -> None:
    fault = {"match": {"service": "login", "tenant": "one"}, "do": {"expired": True}, "times": 1}
    sandbox.state.faults.put([fault])
    assert reads_its_organization(tenant(sandbox))


def test_the_federation_metadata_is_read_anonymously(sandbox: Sandbox) -> None:
    shared = sandbox.state.tree["tenants"]["shared"]
    [app] = [
        item["appId"] for item in shared["servicePrincipals"].values() if item["appId"] in shared["signingCertificates"]
    ]
    metadata = f"login:/{shared['id']}/federationmetadata/2007-06/federationmetadata.xml?appid={app}"
    [answer] = ask(tenant(sandbox, "shared"), Request("shared", "web", metadata))
    assert isinstance(answer, Answered), answer
    assert f"https://sts.windows.net/{shared['id']}/" in answer.document


# --- AWS ------------------------------------------------------------------------------------------------------------


def test_the_instance_and_its_users_are_read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[Answer, Answer]:
        connection = aws(sandbox, monkeypatch)
        async with Clients({"aws-main": connection}, patience=HASTE) as clients:
            instances = await clients.answer(INSTANCES)
            assert isinstance(instances, Answered), instances
            store = (("IdentityStoreId", instances.document[0]["IdentityStoreId"]), ("MaxResults", "1"))
            users = Request("aws-main", "identitystore", "list_users", store, many=True, items="Users")
            return instances, await clients.answer(users)

    instances, users = asyncio.run(run())
    assert isinstance(users, Answered), users
    assert users.document
    json.dumps([users.document])
    assert isinstance(instances, Answered)


def test_another_aws_account_reads_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    [answer] = ask(aws(sandbox, monkeypatch, identity="000000000000"), INSTANCES)
    assert "instead of 000000000000" in cause(answer)


def test_a_wrong_key_is_told_apart(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = aws(sandbox, monkeypatch)
    monkeypatch.setenv("XT_KEY_SECRET", "wrong")
    [answer] = ask(connection, INSTANCES)
    assert "the AWS keys of aws-main are wrong" in cause(answer)


@pytest.mark.parametrize(
    "do, said",
    [
        ({"status": 400, "code": "AccessDeniedException"}, "sso:ListInstances is denied"),
        ({"body": "<html>", "content-type": "text/html"}, "not JSON"),
        ({"cut": True}, "cut short"),
        ({"repeat-next": True}, "a second time"),
        ({"empty-page-with-next": True}, "empty pages in a row"),
        ({"drop-value": True}, "has no list Instances"),
        ({"redirect": "https://elsewhere.example/"}, "302"),
    ],
    ids=str,
)
def test_no_fault_lets_a_list_pass_for_whole(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, do: Mapping[str, Any], said: str
) -> None:
    sandbox.state.faults.put([{"match": {"service": "sso-admin"}, "do": do}])
    [answer] = ask(aws(sandbox, monkeypatch), INSTANCES)
    assert said in cause(answer)


def test_a_storm_of_429_ends_correct_and_later(sandbox: Sandbox) -> None:
    """Every request of Graph is refused thirty times over all, batches and their items alike."""
    requests = [
        Request("one", "graph", f"/groups?$filter=startswith(displayName,'{name}')", many=True) for name in "ABCDE"
    ]
    calm = [answer.document for answer in ask(tenant(sandbox), *requests) if isinstance(answer, Answered)]
    sandbox.state.faults.put([{"match": {"service": "graph"}, "do": {"status": 429, "retry-after": 0}, "times": 30}])
    answers = ask(tenant(sandbox), *requests, patience=Patience())
    assert [answer.document for answer in answers if isinstance(answer, Answered)] == calm
    assert len(calm) == 5
