"""``python -m xtcheck sandbox``: serves until it is told to stop, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from xtcheck import config
from xtcheck.commands.line import main

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@contextmanager
def serving(folder: Path, ending: signal.Signals, *options: str) -> Iterator[IO[str]]:
    """The command's output while it serves; afterwards it has ended well and left nothing in its temporary folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xtcheck", "sandbox", *options],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout
        finally:
            process.send_signal(ending)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")
    assert list(folder.iterdir()) == []


@POSIX
def test_it_serves_prints_the_way_in_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, signal.SIGINT, "--json") as output:
        printed = json.loads(output.readline())
        assert Path(printed["ca"]).is_relative_to(tmp_path)
        assert len(read_partners(printed)) == 1


@POSIX
def test_without_json_a_person_can_read_it(tmp_path: Path) -> None:
    with serving(tmp_path, signal.SIGTERM, "--world", "empty") as output:
        lines = list(iter(output.readline, "serving until Ctrl-C\n"))
        assert "tenants:\n" in lines
        assert any(line.startswith("    client-secret: ") for line in lines)


def read_partners(printed: dict[str, dict[str, dict[str, dict[str, str]]]]) -> list[object]:
    """A token and one page, as any client gets them with what was printed."""
    one = printed["tenants"]["one"]
    trust = ssl.create_default_context(cafile=str(printed["ca"]))
    with httpx.Client(verify=trust) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": one["client-id"],
            "client_secret": one["client-secret"],
            "scope": one["endpoints"]["graph"] + "/.default",
        }
        token = client.post(f"{one['endpoints']['login']}/{one['id']}/oauth2/v2.0/token", data=form).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        page = client.get(
            f"{one['endpoints']['graph']}/v1.0/policies/crossTenantAccessPolicy/partners", headers=headers
        )
        found: list[object] = page.json()["value"]
        return found


def test_a_world_that_does_not_exist_is_named_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--world", "blgo"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("xtcheck: ")
    assert {"blgo", "blog", "drifted"} <= {word.strip("',.;:") for word in told.split()}


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(signal, "signal", print)  # this process keeps its own handlers
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["sandbox", "--port", str(port)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"xtcheck: cannot listen on port {port}")
    assert "choose another --port" in told


def test_a_sandbox_that_is_not_installed_is_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "xtcheck.sandbox", None)
    assert main(["sandbox"]) == 2
    assert "pip install 'xtcheck[sandbox]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "world, links", [("blog", {"one--shared", "two--shared"}), ("mesh", {"north--south", "south--north"})]
)
def test_it_prints_a_config_for_a_world(
    world: str, links: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sandbox", "--world", world, "--config"]) == 0
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.yml").touch()
    (tmp_path / "config.yml").write_text(capsys.readouterr().out, encoding="utf-8")
    found = config.load(tmp_path / "config.yml")
    assert {str(link) for link in found.estate.links} == links
    assert found.sandbox
    assert found.sandbox.world == world
