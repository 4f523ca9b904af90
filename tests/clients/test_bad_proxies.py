"""A proxy that cannot be used, or that does not answer, is blamed itself: by its variable, never with a password."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.scripted import TENANT, Say, Scripted, ask, get, scripted
from tests.clients.test_aws import INSTANCES, caller, says
from tests.clients.test_network import refused_port
from tests.clients.test_proxies import COLUMNS, say_all
from xtcheck.clients.outcome import NoAnswer
from xtcheck.clients.proxies import SYSTEM, proxy_of
from xtcheck.connection import AwsCredential, Connection, EntraCredential, Secret
from xtcheck.model import Answered, Failed, Request

SECRETS = ("pa55", "w0rd", "sesame")
DEFAULT = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


@pytest.fixture(autouse=True)
def none_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def web(server: Scripted) -> Request:
    return Request("one", "web", f"{server.url}/metadata")


@pytest.fixture
def ways(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Connection, Request]]:
    """Every client that we have: azure-identity in two ways, httpx, aiohttp, and botocore in two ways."""
    for name in DEFAULT:
        monkeypatch.setenv(name, TENANT)
    keys = AwsCredential(access_key_id=Secret(env="XT_TEST_KEY"), secret_access_key=Secret(env="XT_TEST_SECRET"),
                         role_arn="arn:aws:iam::111122223333:role/audit")  # fmt: skip
    server.on("/sts", caller())
    return {
        "sign-in": (server.tenant(), get("/organization")),
        "default": (server.tenant(credential=EntraCredential("default")), get("/organization")),
        "web": (server.tenant(), web(server)),
        "aws": (server.aws(), INSTANCES),
        "aws-role": (server.aws(credential=keys), INSTANCES),
    }


def failures(ways: dict[str, tuple[Connection, Request]]) -> dict[str, Failed]:
    found = {}
    for name, (connection, request) in ways.items():
        [answer] = ask(connection, request)
        assert isinstance(answer, Failed), (name, answer)
        said = f"{answer.cause}; {answer.remedy}"
        assert not [secret for secret in SECRETS if secret in said], said
        found[name] = answer
    return found


UNUSABLE = {
    "socks5://user:pa55@127.0.0.1:9": "names a SOCKS proxy, and only an HTTP proxy can be used",
    "socks5h://127.0.0.1:9": "names a SOCKS proxy, and only an HTTP proxy can be used",
    "nonsense://user:pa55@127.0.0.1:9": "names no proxy in a form that can be read",
    "http://user:pa55@proxy:80a80": "names no proxy in a form that can be read",
    "http://user:pa55:w0rd/x@proxy:8080": "names no proxy in a form that can be read",
    "http://user:80/pa55@proxy:8080": "names no proxy in a form that can be read",
    "http://user:80#pa55@proxy:8080": "names no proxy in a form that can be read",
    "http://": "names no proxy in a form that can be read",
    "http://pro xy:80": "names no proxy in a form that can be read",
    "http://proxy:0": "names no proxy in a form that can be read",
    "http://a..b:80": "names no proxy in a form that can be read",
    "http://[::pa55]:80": "names no proxy in a form that can be read",
    "http://[proxy:80": "names no proxy in a form that can be read",
    "http://us%3Aer:pa55@proxy:80": "names no proxy in a form that can be read",
    "http://user:pa55é@proxy:80": "names no proxy in a form that can be read",
    "http://user:pa55@proxy:99999": "names no proxy in a form that can be read",
}


@pytest.mark.parametrize("value", UNUSABLE)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_alone(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(NoAnswer) as raised:
        proxy_of("login.example")
    assert raised.value.cause == f"HTTPS_PROXY {UNUSABLE[value]}"
    assert raised.value.remedy.startswith("write http://HOST:PORT into HTTPS_PROXY")
    assert raised.value.remedy.endswith(", or except login.example by NO_PROXY")
    assert (raised.value.__cause__, raised.value.__context__) == (None, None), "whose text may quote it"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_every_way_fails_by_a_proxy_that_cannot_be_used(
    ways: dict[str, tuple[Connection, Request]], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "socks5://user:pa55@127.0.0.1:9")
    causes = {name: answer.cause for name, answer in failures(ways).items()}
    assert causes == dict.fromkeys(ways, f"{variable} names a SOCKS proxy, and only an HTTP proxy can be used")


def test_a_read_of_columns_fails_by_it_too(server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another host than the one that signs in has a proxy."""
    graph = server.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pa55:w0rd/x@proxy:8080")
    connection = server.tenant(endpoints={"login": server.url, "graph": graph})
    for request in (get("/organization"), COLUMNS):
        [answer] = ask(connection, request, folder=lambda: tmp_path)
        assert isinstance(answer, Failed)
        assert answer.cause == "HTTPS_PROXY names no proxy in a form that can be read"


@pytest.mark.parametrize(
    "value, url, shown",
    [
        ("proxy:8080", "http://proxy:8080", "proxy:8080"),
        ("//proxy:8080", "http://proxy:8080", "proxy:8080"),
        (" http://proxy:8080/\n", "http://proxy:8080", "proxy:8080"),
        ("HTTPS://Proxy", "https://proxy:443", "proxy:443"),
        ("http://[::1]:80", "http://[::1]:80", "[::1]:80"),
        ("http://user:p@ss%2Fword@proxy", "http://user:p%40ss%2Fword@proxy:80", "proxy:80"),
        ("http://user@proxy", "http://user:@proxy:80", "proxy:80"),
        ("http://bücher.example:1", "http://bücher.example:1", "bücher.example:1"),
    ],
)
def test_what_can_be_used_is_written_in_one_form(
    value: str, url: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", value)
    found = proxy_of("login.example")
    assert found is not None
    assert (found.url, str(found)) == (url, f"the proxy of https_proxy, {shown}")
    assert "user" not in repr(found)


def test_a_proxy_of_the_system_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows and macOS have them, where no variable names one."""
    monkeypatch.setattr("xtcheck.clients.proxies.getproxies", lambda: {"https": "http://proxy:3128"})
    assert str(proxy_of("login.example")) == f"the proxy of {SYSTEM}, proxy:3128"


@pytest.mark.parametrize("variable, excepted", [("HTTPS_PROXY", "no_proxy"), ("all_proxy", "NO_PROXY")])
def test_a_host_that_is_excepted_needs_no_proxy_that_can_be_used(
    variable: str, excepted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "socks5://127.0.0.1:9")
    monkeypatch.setenv(excepted, ".example")
    assert proxy_of("login.example") is None


def test_https_comes_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:8080")
    assert str(proxy_of("login.example")) == "the proxy of HTTPS_PROXY, proxy:8080"


def test_a_proxy_that_is_down_is_blamed_itself(
    server: Scripted, ways: dict[str, tuple[Connection, Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"127.0.0.1:{refused_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:sesame@{address}")
    told = failures(ways)
    host = urlsplit(server.url).netloc
    said = f"{host} is not reached through the proxy of HTTPS_PROXY, {address}: it refused the connection"
    default = told.pop("default")
    assert f"through the proxy of HTTPS_PROXY, {address}: " in default.cause
    for name, answer in told.items():
        assert said in answer.cause, name
        assert "endpoints" not in answer.remedy
        assert (
            "look whether the proxy runs there; correct HTTPS_PROXY, or except 127.0.0.1 by NO_PROXY" in answer.remedy
        )
    assert "HTTPS_PROXY" in default.remedy


def test_a_proxy_whose_name_is_misspelt_is_blamed_itself(
    server: Scripted, ways: dict[str, tuple[Connection, Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:sesame@no-such-proxy.invalid:8080")
    told = failures(ways)
    host = urlsplit(server.url).netloc
    way = "the proxy of HTTPS_PROXY, no-such-proxy.invalid:8080"
    said = f"{host} is not reached through {way}: the name no-such-proxy.invalid cannot be resolved"
    assert f"through {way}: " in told.pop("default").cause
    for name, answer in told.items():
        assert said in answer.cause, name
        assert answer.remedy == "correct HTTPS_PROXY, or except 127.0.0.1 by NO_PROXY"


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """A proxy that opens no tunnel, and says so."""

    class Refusing(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    "user, status, said, remedy",
    [
        ("", 407, "it wants to know who asks (status 407)", "put user name and password in HTTPS_PROXY"),
        (
            "user:sesame@",
            407,
            "it wants to know who asks (status 407)",
            "correct user name and password in HTTPS_PROXY",
        ),
        ("", 403, "it opens no way there (status 403)", "let that proxy admit 127.0.0.1"),
        ("", 502, "it opens no way there (status 502)", "let that proxy admit 127.0.0.1"),
    ],
)
def test_a_proxy_that_opens_no_way_is_told_with_its_status(
    ways: dict[str, tuple[Connection, Request]],
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    status: int,
    said: str,
    remedy: str,
) -> None:
    with refusing(status) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user}{address}")
        told = failures(ways)
    for name, answer in told.items():
        assert f"through the proxy of HTTPS_PROXY, {address}: {said}" in answer.cause, name
        assert remedy in answer.remedy, name


def test_a_host_that_is_not_trusted_is_told_with_the_proxy_that_leads_there(
    server: Scripted, proxy: list[str], ways: dict[str, tuple[Connection, Request]]
) -> None:
    """A proxy that looks into TLS shows a certificate of its own."""
    del ways["default"]
    with scripted() as other:
        told = failures({name: (replace(way, ca_bundle=other.ca), asked) for name, (way, asked) in ways.items()})
    assert proxy
    for name, answer in told.items():
        assert "is not trusted" in answer.cause, name
        assert ", through the proxy of HTTPS_PROXY, 127.0.0.1:" in answer.cause, name
        assert answer.remedy.startswith("set ca-bundle of "), name
        assert answer.remedy.endswith("; look at that proxy"), name


def test_a_proxy_that_speaks_no_tls_although_its_address_says_so_is_told(
    ways: dict[str, tuple[Connection, Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing(403) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{address}")
        told = failures(ways)
    del told["default"]
    for name, answer in told.items():
        assert f"through the proxy of HTTPS_PROXY, {address}" in answer.cause, name
        assert "look at HTTPS_PROXY: whether that proxy speaks TLS itself" in answer.remedy, name


def test_all_proxy_leads_aws_too(server: Scripted, proxy: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore by itself does not know that variable."""
    monkeypatch.setenv("ALL_PROXY", os.environ["HTTPS_PROXY"])
    monkeypatch.delenv("HTTPS_PROXY")
    server.on("/sts", caller())
    server.on("/sso-admin", says({"Instances": []}))
    [answer] = ask(server.aws(), INSTANCES)
    assert isinstance(answer, Answered), answer
    assert set(proxy) == {urlsplit(server.url).netloc}


@pytest.mark.parametrize("through", [False, True], ids=["directly", "by a proxy"])
def test_the_authorities_of_openssl_s_variable_are_trusted(
    server: Scripted, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, through: bool
) -> None:
    asked = request.getfixturevalue("proxy") if through else []
    monkeypatch.setenv("SSL_CERT_FILE", server.ca)
    say_all(server)
    server.on("/metadata", Say(body=b"<EntityDescriptor>"))
    reads = (get("/organization", many=True), COLUMNS, web(server))
    answers = ask(server.tenant(ca_bundle=""), *reads, folder=lambda: tmp_path)
    assert all(isinstance(answer, Answered) for answer in answers), answers
    assert bool(asked) is through


def test_aws_is_named_by_its_host(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{refused_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    [answer] = ask(server.aws(endpoints={}, ca_bundle=""), INSTANCES)
    assert isinstance(answer, Failed)
    said = f"is not reached through the proxy of HTTPS_PROXY, {address}: it refused the connection"
    assert answer.cause == f"sts.us-east-1.amazonaws.com {said}"
    assert "except sts.us-east-1.amazonaws.com by NO_PROXY" in answer.remedy
