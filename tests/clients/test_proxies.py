"""Where the environment names a proxy, all requests take it; passwords of .netrc are never sent."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.scripted import Say, Scripted, ask, get
from tests.clients.test_aws import INSTANCES, caller, says
from xtcheck.model import Answered, Request

COLUMNS = Request("one", "graph", "/users?$top=999", many=True, columns=("department", "id"))


def say_all(server: Scripted) -> None:
    server.on("/graph/v1.0/organization", Say(body={"value": []}))
    server.on("/graph/v1.0/users", Say(body={"value": [{"id": "1", "department": None}]}))


def test_signing_in_and_every_kind_of_read_take_the_proxy(server: Scripted, proxy: list[str], tmp_path: Path) -> None:
    say_all(server)
    answers = ask(server.tenant(), get("/organization", many=True), COLUMNS, folder=lambda: tmp_path)
    assert all(isinstance(answer, Answered) for answer in answers), answers
    # Signing in, small answers, and columns have a connection each.
    assert proxy == [urlsplit(server.url).netloc] * 3


def test_aws_takes_the_proxy(server: Scripted, proxy: list[str]) -> None:
    server.on("/sts", caller())
    server.on("/sso-admin", says({"Instances": []}))
    [answer] = ask(server.aws(), INSTANCES)
    assert isinstance(answer, Answered), answer
    assert set(proxy) == {urlsplit(server.url).netloc}


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_a_host_that_the_environment_excepts_does_without(
    server: Scripted, proxy: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "127.0.0.1")
    say_all(server)
    answers = ask(server.tenant(), get("/organization", many=True), COLUMNS, folder=lambda: tmp_path)
    assert all(isinstance(answer, Answered) for answer in answers), answers
    assert proxy == []


def test_passwords_of_netrc_are_no_business_of_ours(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    say_all(server)
    answers = ask(server.tenant(), get("/organization", many=True), COLUMNS, folder=lambda: tmp_path)
    assert all(isinstance(answer, Answered) for answer in answers), answers
    sent = {path: headers.get("authorization", "") for _, path, headers in server.seen if path.startswith("/graph")}
    assert len(sent) == 2
    assert all(header.startswith("Bearer ") for header in sent.values())
    assert not any(headers.get("authorization", "").startswith("Basic ") for _, _, headers in server.seen)
