"""A secret that is written is only in the request: not in what is planned, kept, journalled, reported, printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gates.living import Living
from tests.plugin.running import Ran, python, write
from tests.plugin.running import pytest as run_pytest
from tests.remediation.acting import Acting
from xtcheck.connection import Secret
from xtcheck.errors import Unwritable
from xtcheck.estate import Aws, Estate, Scope
from xtcheck.kinds import BY_NAME
from xtcheck.model import Seen
from xtcheck.writing import Refused, Write

Json = Any

POLICY = """
applies-to: aws
enterprise-app:
  scim-token: present
  scim-endpoint: ${aws.scim-endpoint}
"""
NOW = datetime(2026, 11, 27, tzinfo=UTC)
MAIN = Aws("main", "111122223333", "us-east-1", "shared")
TOKEN, ENDPOINT = "SecretToken", "BaseAddress"
LOUD = ("-vv", "-rA", "--showlocals", "-o", "log_cli=true", "-o", "log_cli_level=DEBUG", "--log-file=all.log",
        "--log-file-level=DEBUG", "--xt-report=json:out.json", "--junitxml=out.xml", "--alluredir=allure")  # fmt: skip


@pytest.fixture
def living(running: Living) -> Iterator[Living]:
    yield running
    running.put_right()


@pytest.fixture
def home(living: Living, tmp_path: Path) -> Path:
    """The shared tenant by its addresses, with a client that may read the settings, and write them."""
    served = living.connection["tenants"]["shared"]
    client = {"type": "client-secret", "client-id": served["write"]["client-id"], "secret": {"env": "XT_WRITES"}}
    shared = {"id": served["id"], "role": "target", "endpoints": served["endpoints"], "read-secrets": True,
              "ca-bundle": living.connection["ca"], "credential": client}  # fmt: skip
    scim = {"endpoint": kept(living)[ENDPOINT], "token": {"env": "XT_SCIM_TOKEN"}}
    main = {"federated-from": "shared", "account": "111122223333", "region": "us-east-1", "scim": scim}
    windows = {"provisioning-secrets": {"every": 0.1, "for": 0.2}}
    one = {"id": living.connection["tenants"]["one"]["id"], "role": "source"}
    document = {
        "policies": "policies",
        "tenants": {"one": one, "shared": shared},
        "topology": "many-to-one",
        "aws": {"main": main},
        "remediation": {"windows": windows},
    }
    return write(tmp_path, document, {"aws.yml": POLICY})


def kept(living: Living) -> dict[str, str]:
    """What the shared tenant's app has, as the sandbox keeps it."""
    [found] = living.state()["tenants"]["shared"]["synchronization"].values()
    secrets: dict[str, str] = found["secrets"]
    return secrets


def forget(living: Living, *keys: str) -> None:
    [app] = living.state()["tenants"]["shared"]["synchronization"]
    path = f"/tenants/shared/synchronization/{app}/secrets"
    living.drift(*({"op": "remove", "path": f"{path}/{key}"} for key in keys))


def run(living: Living, home: Path, *arguments: str, **more: str) -> Ran:
    client = living.connection["tenants"]["shared"]["write"]["client-secret"]
    return run_pytest(home, "--tenants=config.yml", *arguments, XT_WRITES=client, **more)


def everything(home: Path) -> str:
    """All that a run has left on disk."""
    return "\n".join(path.read_text(encoding="utf-8") for path in home.rglob("*") if path.is_file()
                     and path.suffix != ".pyc")  # fmt: skip


def test_a_token_is_sent_and_seen_nowhere_and_taken_away_again(living: Living, home: Path) -> None:
    before = kept(living)
    secret = before[TOKEN]
    forget(living, TOKEN, ENDPOINT)
    living.forget_log()
    planned = run(living, home, "--remediate-unsafe", "--xt-save-plan=plan.json", "--remediate-plan", *LOUD,
                  XT_SCIM_TOKEN=secret)  # fmt: skip
    assert "#SecretToken: null -> the value of ${env.XT_SCIM_TOKEN}\n" in planned.text
    [change] = json.loads((home / "plan.json").read_text(encoding="utf-8"))["changes"]
    assert {"key": TOKEN, "value": "${env.XT_SCIM_TOKEN}"} in change["write"]["body"]["value"]
    assert not any(entry["write"] for entry in living.log())

    applied = run(living, home, "--remediate-unsafe", "--xt-apply-plan=plan.json", *LOUD, XT_SCIM_TOKEN=secret)
    assert applied.results() == {"remediated": 2}, applied.text
    assert kept(living) == before
    [sent] = [entry for entry in living.log() if entry["write"]]
    assert {"key": TOKEN, "value": secret} in sent["body"]["value"], "only there"
    [journal] = (home / "xtcheck-journals").glob("*.jsonl")

    client = living.connection["tenants"]["shared"]["write"]["client-secret"]
    undone = python(home, "-m", "xtcheck", "undo", str(journal), "--tenants=config.yml", XT_WRITES=client)
    assert TOKEN not in kept(living)
    for said in (planned.text, applied.text, undone.text, everything(home)):
        assert secret not in said


def test_a_service_that_repeats_a_long_token_is_quoted_without_it(living: Living, home: Path) -> None:
    forget(living, TOKEN)
    token = "".join(f"{number:04d}-secret." for number in range(100))
    message = f"The value '{token}' of SecretToken is not a valid token."
    living.fault({"match": {"service": "graph", "path": "*/secrets", "write": True},
                  "do": {"status": 400, "code": "BadRequest", "message": message}})  # fmt: skip
    refused = run(living, home, "--remediate-unsafe", *LOUD, XT_SCIM_TOKEN=token)
    assert "The value '${env.XT_SCIM_TOKEN}' of SecretToken is not a valid token." in refused.text
    for said in (refused.text, everything(home)):
        assert token[:6] not in said


def test_without_the_variable_it_is_a_step_for_a_person_that_names_it() -> None:
    [row] = [setting for setting in BY_NAME["scim-secrets"].settings if setting.key == "scim-token"]
    assert row.sends is not None

    def seen(aws: Aws) -> Seen:
        return Seen({}, Scope(Estate({}, (), {"main": aws}), aws=aws), NOW)

    named = replace(MAIN, token="XT_SCIM_TOKEN")
    for aws, why in (
        (MAIN, "config.yml does not say where the token is"),
        (named, "the environment variable XT_SCIM_TOKEN, which .* is not set"),
    ):
        with pytest.raises(Unwritable, match=why):
            row.sends("present", seen(aws))
    found = row.sends("present", seen(replace(named, token_is_set=True)))
    assert found == {"#SecretToken": Secret(env="XT_SCIM_TOKEN")}
    assert row.sends("absent", seen(MAIN)) == {"#SecretToken": None}


WRITE = Write("shared", "graph", "PUT", "/servicePrincipals/{}/synchronization/secrets", secrets=("XT_SCIM_TOKEN",),
              idempotent=True)  # fmt: skip


def test_a_service_that_repeats_a_token_is_not_repeated(act: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = kept(act.living)[TOKEN]
    monkeypatch.setenv("XT_SCIM_TOKEN", secret)
    refuse = {"status": 400, "code": "BadRequest", "message": f"the value '{secret}' is not valid"}
    act.living.fault({"match": {"service": "graph", "path": "*/secrets", "write": True}, "do": refuse})
    [app] = act.living.state()["tenants"]["shared"]["synchronization"]
    body = {
        "value": [{"key": TOKEN, "value": "${env.XT_SCIM_TOKEN}"}, {"key": "a", "value": "as ${env.XT_SCIM_TOKEN}"}]
    }
    write = replace(WRITE, operation=WRITE.operation.format(app), body=body)
    act.living.forget_log()
    told = act.run(act.send(write))
    assert isinstance(told, Refused)
    assert "the value '${env.XT_SCIM_TOKEN}' is not valid" in told.cause
    assert secret not in repr(told)
    [sent] = [entry["body"]["value"] for entry in act.living.log() if entry["write"]]
    assert sent == [{"key": TOKEN, "value": secret}, {"key": "a", "value": "as ${env.XT_SCIM_TOKEN}"}]
    monkeypatch.delenv("XT_SCIM_TOKEN")
    act.living.forget_log()
    told = act.run(act.send(write))
    assert isinstance(told, Refused)
    assert "XT_SCIM_TOKEN is not set" in told.cause
    assert act.living.log() == []
