"""Whole runs of pytest, in a process of their own, against a sandbox that is already there or a host that is not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.gates import scenario

Json = Any


@dataclass(frozen=True)
class Run:
    """How a run ended: its exit code, what it printed, its records, and how long it took."""

    code: int
    output: str
    records: list[Json]
    seconds: float


def config_of(connection: Json, folder: Path) -> tuple[Path, dict[str, str]]:
    """A config.yml as one for live tenants, that names a served sandbox by addresses and CA; and its secrets."""
    document = yaml.safe_load(scenario.CONFIG.read_text(encoding="utf-8"))
    del document["sandbox"]
    document["policies"] = str(scenario.ROOT / "policies")
    secrets = {"XT_KEY_ID": "", "XT_KEY": ""}
    for alias, tenant in document["tenants"].items():
        served, name = connection["tenants"][alias], f"XT_SECRET_{alias.upper()}"
        secrets[name] = served["client-secret"]
        credential = {"type": "client-secret", "client-id": served["client-id"], "secret": {"env": name}}
        tenant |= {"endpoints": served["endpoints"], "ca-bundle": connection["ca"], "credential": credential}
    for alias, entry in document["aws"].items():
        served = connection["aws"][alias]
        secrets |= {"XT_KEY_ID": served["access-key-id"], "XT_KEY": served["secret-access-key"]}
        credential = {"access-key-id": {"env": "XT_KEY_ID"}, "secret-access-key": {"env": "XT_KEY"}}
        entry |= {"endpoints": served["endpoints"], "ca-bundle": connection["ca"], "credential": credential}
    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path, secrets


def pytest_run(config: Path, environment: dict[str, str], *arguments: str) -> Run:
    """Run the policies of a config."""
    report = config.with_name("report.json")
    command = [sys.executable, "-m", "pytest", f"--tenants={config}", f"--xt-report=json:{report}", *arguments]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=scenario.ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    seconds = time.monotonic() - began
    records = json.loads(report.read_text(encoding="utf-8"))["checks"] if report.exists() else []
    return Run(done.returncode, done.stdout + done.stderr, records, seconds)


def closed_port() -> int:
    """A port of this computer on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def moved_to(port: int, document: Json, own: str) -> Json:
    """A connection with all its addresses at another port."""
    return json.loads(json.dumps(document).replace(own, f"https://127.0.0.1:{port}"))
