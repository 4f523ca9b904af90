"""Services that cannot be read as config.yml declares them: every check on them is an error, and says what to do.

Each run goes wrong in as many ways as there are tenants, because a run costs seconds.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.running import Json, Ran
from xtcheck.sandbox import Sandbox

TENANTS = "applies-to: {tenant: [one, two, shared]}\ncross-tenant-access: {undeclared-partners: forbidden}\n"
AWS = "applies-to: aws\nidentity-center: {status: active}\n"
PLACES = {"one": "one", "two": "two", "shared": "shared", "main": "aws-main"}


@dataclass(frozen=True)
class Told:
    """A run and the text of the error at each place."""

    ran: Ran
    checks: list[Json]

    def at(self, place: str) -> str:
        (block,) = re.findall(rf"(?ms)^_+ ERROR at setup of {place}: \S+ _+\n(.*?)(?=^[_=]{{3}})", self.ran.text)
        return str(block)


def live_config(sandbox: Sandbox) -> tuple[Json, dict[str, str]]:
    """A config that reaches a running sandbox as it would reach any service, and the secrets that it names."""
    made = sandbox.connection
    tenants = {}
    secrets = {}
    for alias, known in made["tenants"].items():
        credential = {
            "type": "client-secret",
            "client-id": known["client-id"],
            "secret": {"env": f"XT_{alias.upper()}"},
        }
        secrets[f"XT_{alias.upper()}"] = known["client-secret"]
        tenants[alias] = running.tenant(
            alias, credential=credential, endpoints=known["endpoints"], **{"ca-bundle": made["ca"]}
        )
    [entry] = made["aws"].values()
    keys = {"access-key-id": {"env": "XT_KEY"}, "secret-access-key": {"env": "XT_KEY_SECRET"}}
    secrets |= {"XT_KEY": entry["access-key-id"], "XT_KEY_SECRET": entry["secret-access-key"]}
    document = running.config(tenants=tenants)
    document["aws"]["main"] |= {"credential": keys, "endpoints": entry["endpoints"], "ca-bundle": made["ca"]}
    del document["sandbox"]
    return document, secrets


def told(folder: Path, document: Json, secrets: Mapping[str, str]) -> None:
    running.write(folder, document, {"tenants.yml": TENANTS, "aws.yml": AWS})
    ran = running.pytest(folder, "--tenants=config.yml", "--xt-report=json:report.json", **secrets)
    (folder / "ran.json").write_text(json.dumps([ran.code, ran.text]), encoding="utf-8")


def deny(sandbox: Sandbox, folder: Path) -> None:
    """Tenant one: a wrong secret; two: an expired one; shared: a token of another tenant; AWS: another account."""
    document, secrets = live_config(sandbox)
    client = next(iter(sandbox.state.tree["tenants"]["two"]["clients"].values()))
    client["expired-secrets"] = ["expired-secret"]
    sandbox.state.faults.put([{"match": {"service": "login", "tenant": "shared"}, "do": {"tid": "one"}}])
    document["aws"]["main"]["account"] = "999988887777"
    secrets |= {"XT_ONE": "wrong-secret", "XT_TWO": "expired-secret"}
    told(folder, document, secrets)


def lose(sandbox: Sandbox, folder: Path) -> None:
    """Tenant one: an unknown CA; two: nobody listens; shared: answers in HTML; AWS: a secret that is not set."""
    document, secrets = live_config(sandbox)
    del document["tenants"]["one"]["ca-bundle"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    document["tenants"]["two"]["endpoints"]["graph"] = f"https://127.0.0.1:{port}"
    page = {"body": "<html>sign in</html>", "content-type": "text/html"}
    sandbox.state.faults.put([{"match": {"service": "graph", "tenant": "shared"}, "do": page}])
    del secrets["XT_KEY_SECRET"]
    told(folder, document, secrets)


RUNS = {"denied": deny, "lost": lose}


@pytest.fixture
def found(run: str, common: Path, request: pytest.FixtureRequest) -> Told:
    """The run of this name, made once for all workers; only its maker starts a sandbox."""

    def make(folder: Path) -> None:
        RUNS[run](request.getfixturevalue("live"), folder)

    folder = running.once(common / run, make)
    ran = Ran(*json.loads((folder / "ran.json").read_text(encoding="utf-8")))
    return Told(ran, json.loads((folder / "report.json").read_text(encoding="utf-8"))["checks"])


@pytest.mark.parametrize("run", RUNS)
def test_nothing_passes_and_there_is_no_traceback(found: Told) -> None:
    assert found.ran.code == 1
    assert found.ran.results() == {"error": 4}
    assert {check["verdict"] for check in found.checks} == {"unknown"}
    assert "Traceback" not in found.ran.text


@pytest.mark.parametrize(
    "run, place, cause, remedy",
    [
        ("denied", "one", "AADSTS7000215", "secret"),
        ("denied", "two", "AADSTS7000222", "secret"),
        ("denied", "shared", "instead of 0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ff", "correct the id of shared"),
        ("denied", "aws-main", "instead of 999988887777", "correct the account of aws-main"),
        ("lost", "one", "certificate", "ca-bundle"),
        ("lost", "two", "refused the connection", "look whether the service runs"),
        ("lost", "shared", "JSON", "proxy"),
        ("lost", "aws-main", "XT_KEY_SECRET is not set", "complete the keys"),
    ],
)
def test_each_fault_is_told_with_its_cause_and_the_next_step(found: Told, place: str, cause: str, remedy: str) -> None:
    block = found.at(place)
    (because,) = re.findall(r"(?m)^  because    (.*)$", block)
    (what_to_do,) = re.findall(r"(?m)^  what to do (.*)$", block)
    assert cause in because, block
    assert remedy in what_to_do, block


@pytest.mark.parametrize("run", RUNS)
def test_no_secret_is_printed(found: Told) -> None:
    assert not re.search(r"wrong-secret|expired-secret|Q~|eyJ", found.ran.text + json.dumps(found.checks))
