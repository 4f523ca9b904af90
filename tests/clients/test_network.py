"""Faults below HTTP are told apart, for the API and for the sign-in."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clients.scripted import HASTE, TENANT, TOKEN, Say, Scripted, ask, get, scripted
from xtcheck.clients import Clients, Patience
from xtcheck.clients.exchange import retry_after
from xtcheck.clients.outcome import one_line
from xtcheck.connection import EntraCredential
from xtcheck.model import Answered, Failed, Nothing, Request


def refused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def rude(first: bytes) -> Iterator[int]:
    """A port where every connection gets these bytes and is closed, by a reset when there are none."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                if first:
                    peer.recv(4096)
                    peer.sendall(first)
                else:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def fails(server: Scripted, graph: str, **changes: object) -> Failed:
    connection = server.tenant(endpoints={"login": server.url, "graph": graph}, **changes)
    [answer] = ask(connection, get("/organization"))
    assert isinstance(answer, Failed)
    return answer


def test_a_port_where_nothing_listens_refuses(server: Scripted) -> None:
    port = refused_port()
    answer = fails(server, f"https://127.0.0.1:{port}")
    assert answer.cause == f"127.0.0.1:{port} refused the connection (tried 3 times)"
    assert "endpoints of one" in answer.remedy


def test_a_name_that_does_not_exist_cannot_be_resolved(server: Scripted) -> None:
    assert fails(server, "https://nowhere.invalid").cause == "the name nowhere.invalid cannot be resolved"


def test_an_unknown_authority_is_not_trusted(server: Scripted) -> None:
    with scripted() as other:
        answer = fails(server, f"{other.url}/graph")
    assert "is not trusted" in answer.cause
    assert answer.remedy.startswith("set ca-bundle of one")


def test_a_certificate_for_another_name_is_told_apart(server: Scripted) -> None:
    answer = fails(server, server.url.replace("127.0.0.1", "localhost") + "/graph")
    assert "made out to another name" in answer.cause


def test_a_host_that_speaks_no_tls_is_told_apart(server: Scripted) -> None:
    with rude(b"HTTP/1.0 400 Bad Request\r\n\r\n") as port:
        assert "TLS handshake" in fails(server, f"https://127.0.0.1:{port}").cause


def test_a_connection_that_is_reset_is_told_apart(server: Scripted) -> None:
    with rude(b"") as port:
        assert "reset the connection (tried 3 times)" in fails(server, f"https://127.0.0.1:{port}").cause


def test_an_endpoint_without_tls_gets_no_token(server: Scripted) -> None:
    assert "not an https URL" in fails(server, "http://127.0.0.1:1").cause


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_named(server: Scripted, tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    answer = fails(server, server.url, ca_bundle=str(bundle))
    assert f"the ca-bundle {bundle} cannot be used" in answer.cause


def test_a_login_host_that_refuses_is_told_apart(server: Scripted) -> None:
    port = refused_port()
    connection = server.tenant(endpoints={"login": f"https://127.0.0.1:{port}", "graph": f"{server.url}/graph"})
    [answer] = ask(connection, get("/organization"))
    assert isinstance(answer, Failed)
    assert answer.cause == f"cannot sign in to one: 127.0.0.1:{port} refused the connection"


def test_a_login_host_of_an_unknown_authority_is_told_apart(server: Scripted) -> None:
    with scripted() as other:
        connection = server.tenant(endpoints={"login": other.url, "graph": f"{server.url}/graph"})
        [answer] = ask(connection, get("/organization"))
    assert isinstance(answer, Failed)
    assert "is not trusted" in answer.cause
    assert answer.remedy.startswith("set ca-bundle of one")


def test_a_service_that_says_nothing_is_told_apart(server: Scripted) -> None:
    server.on("/graph/v1.0/organization", Say(delay=0.5))
    [answer] = ask(server.tenant(), get("/organization"), patience=Patience(attempts=2, first=0.01, silence=0.1))
    assert isinstance(answer, Failed)
    assert answer.cause.endswith("did not answer in time (tried 2 times)")


def test_default_says_that_the_login_host_refuses(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, TENANT)
    endpoints = {"login": f"https://127.0.0.1:{refused_port()}", "graph": f"{server.url}/graph"}
    [answer] = ask(server.tenant(endpoints=endpoints, credential=EntraCredential("default")), get("/organization"))
    assert isinstance(answer, Failed)
    assert "with EnvironmentCredential: Cannot connect to host 127.0.0.1" in answer.cause
    assert "login endpoint of one" in answer.remedy


def test_the_deadline_ends_everything(server: Scripted) -> None:
    server.on("/graph/v1.0/organization", Say(429, headers={"Retry-After": "60"}))
    began = time.monotonic()
    # Long enough that on any machine it ends the waiting, not a TLS handshake: httpcore leaves such a socket open.
    answers = ask(
        server.tenant(),
        *(get(f"/organization?$top={number}") for number in range(6)),
        deadline=2.0,
        patience=Patience(longest=90),
    )
    assert time.monotonic() - began < 30
    assert all(isinstance(answer, Failed) and "deadline" in answer.cause for answer in answers)


def test_one_told_to_wait_makes_the_others_wait(server: Scripted) -> None:
    server.on("/graph/v1.0/organization", Say(429, headers={"Retry-After": "1"}), Say())
    began = time.monotonic()
    answers = ask(server.tenant(), *(get(f"/organization?$top={number}") for number in range(9)))
    assert all(isinstance(answer, Answered) for answer in answers)
    assert time.monotonic() - began > 0.9


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("7", 7.0),
        ("Tue, 24 Nov 2026 02:00:10 GMT", 10.0),
        ("Tue, 24 Nov 2026 01:00:00 GMT", 0.0),
        ("", None),
        ("x", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after(text, datetime(2026, 11, 24, 2, tzinfo=UTC)) == seconds


def test_foreign_text_becomes_one_harmless_line() -> None:
    assert one_line("a\r\n\x1b[31mb\u202ec" + "d" * 300, 12) == "a [31mb cdd…"


def test_a_place_without_connection_is_a_fault_of_ours(server: Scripted) -> None:
    with pytest.raises(LookupError):
        ask(server.tenant(), Request("two", "graph", "/organization"))


def test_the_web_is_read_without_any_credential(server: Scripted) -> None:
    server.on("/metadata", Say(body=b"<EntityDescriptor>\xc3\xa9", headers={"Set-Cookie": "a=b"}))
    [answer, again] = ask(
        server.tenant(), Request("one", "web", f"{server.url}/metadata?a"), Request("one", "web", "login:/metadata")
    )
    assert isinstance(answer, Answered)
    assert answer.document == "<EntityDescriptor>é"
    assert isinstance(again, Answered)
    assert server.count(TOKEN) == 0
    assert not [headers for _, _, headers in server.seen if {"authorization", "cookie"} & set(headers)]


def test_a_redirect_within_the_host_is_followed_and_no_further(server: Scripted) -> None:
    server.on("/corp/start", Say(301, headers={"Location": "/corp/start/"}))
    server.on("/corp/start/", Say(body=b"<html>"))
    server.on("/around/start", Say(302, headers={"Location": "start"}))
    portal = server.aws(endpoints={"portal": server.url})
    answer, around = ask(
        portal, Request("aws-main", "web", "portal:/corp"), Request("aws-main", "web", "portal:/around")
    )
    assert isinstance(answer, Answered)
    assert answer.document == "<html>"
    assert isinstance(around, Failed)
    assert "a redirect" in around.cause
    assert server.count("/around/start") == 3


def test_a_portal_whose_address_nobody_knows_is_not_looked_for(server: Scripted) -> None:
    [answer] = ask(server.aws(region="cn-north-1"), Request("aws-main", "web", "portal:/corp"))
    assert isinstance(answer, Failed)
    assert "endpoints: {portal: …} of aws-main" in answer.remedy


@pytest.mark.parametrize(
    "say, cause",
    [
        pytest.param(Say(302, headers={"Location": "https://elsewhere.example"}), "a redirect", id="redirect"),
        pytest.param(Say(500), "status 500", id="500"),
        pytest.param(Say(body=b"\xff"), "not UTF-8", id="latin-1"),
        pytest.param(Say(body=b"x" * (8 * 2**20 + 1)), "larger than", id="large"),
    ],
)
def test_what_is_no_whole_text_fails(server: Scripted, say: Say, cause: str) -> None:
    server.on("/metadata", say)
    [answer] = ask(server.tenant(), Request("one", "web", f"{server.url}/metadata"))
    assert isinstance(answer, Failed)
    assert cause in answer.cause


def test_a_page_that_is_documented_to_be_absent_is_nothing(server: Scripted) -> None:
    server.on("/metadata", Say(404))
    [answer] = ask(server.tenant(), Request("one", "web", f"{server.url}/metadata", absent=frozenset({"404"})))
    assert isinstance(answer, Nothing)


def test_what_reading_costs_is_counted(server: Scripted) -> None:
    server.on("/graph/v1.0/organization", Say(503), Say(body={"id": TENANT}))

    async def run() -> None:
        async with Clients({"one": server.tenant()}, patience=HASTE) as clients:
            await clients.answer(get("/organization"))
            spent = clients.statistics["one"]
            assert (spent.requests, spent.retries) == (2, 1)
            assert spent.bytes > len(TENANT)
            assert spent.seconds > 0

    asyncio.run(run())


def test_importing_the_clients_loads_no_sdk() -> None:
    program = "import sys, xtcheck.clients; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) & {
        "azure",
        "msal",
        "msgraph",
        "kiota_http",
        "boto3",
        "botocore",
        "httpx",
        "aiohttp",
    }
