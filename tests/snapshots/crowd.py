"""A crowd of users read, saved and judged again as a user does it: whole runs, the sandbox in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.gates.runs import config_of
from tests.snapshots.worlds import ROOT, Json

SECONDS = 590
"""No run may take longer."""
CHECK = """
import pytest


@pytest.mark.reads("tenant-users", tenant="shared")
def test_every_user_name_is_there_once(evidence):
    users = evidence("tenant-users", tenant="shared")
    names = {user["userPrincipalName"].casefold() for user in users}
    assert len(names) == len(users)
"""
"""No row of the tables needs everybody of a tenant; a check in code may."""


@dataclass(frozen=True)
class Measured:
    """What a run said of each check, and what it took; the peak of memory is that of its largest process."""

    checks: Json
    tenants: Json
    wall: float
    user: float
    peak: int

    def __str__(self) -> str:
        return f"{self.wall:.0f} s, {self.user:.0f} s of a processor, {self.peak} MB"


@contextmanager
def served(world: str) -> Iterator[Json]:
    """The sandbox of its own, and how to get in."""
    command = [sys.executable, "-m", "xtcheck", "sandbox", "--world", world, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            assert sandbox.stdout
            yield json.loads(sandbox.stdout.readline())
        finally:
            sandbox.terminate()


GROUP = "5f0e3f1c-8f0c-4a51-9f62-0d6d1b0f7a11"
EVERYBODY = "applies-to: {role: target}\ngroups: {Everybody: {members: as-rule}}\n"
"""What is asked of a group that everybody is in."""


def gather(connection: Json) -> None:
    """A dynamic group in the shared tenant, of which everybody there becomes a member."""
    trust = ssl.create_default_context(cafile=connection["ca"])
    headers = {"authorization": f"Bearer {connection['admin']['token']}"}
    with httpx.Client(verify=trust, base_url=connection["admin"]["url"], headers=headers, timeout=300) as admin:
        groups = admin.get("/state").raise_for_status().json()["tenants"]["shared"]["groups"]
        like = next(each for each in groups.values() if "DynamicMembership" in each["groupTypes"])
        rule = "user.accountEnabled -eq true -or user.accountEnabled -eq false"
        made = {**like, "id": GROUP, "displayName": "Everybody", "membershipRule": rule}
        operation = {"op": "add", "path": f"/tenants/shared/groups/{GROUP}", "value": made}
        admin.post("/drift?settle=true", json=[operation]).raise_for_status()


def home(connection: Json, folder: Path, policy: str = "") -> tuple[Path, dict[str, str]]:
    """A config as for live tenants, with one policy, or else the project's and the check in code; and its secrets."""
    if policy:
        (folder / "policies").mkdir()
        (folder / "policies" / "policy.yml").write_text(policy, encoding="utf-8")
    else:
        shutil.copytree(ROOT / "policies", folder / "policies")
        (folder / "policies" / "test_everybody.py").write_text(CHECK, encoding="utf-8")
    # The sandbox takes its own with it when it goes.
    shutil.copy(connection["ca"], folder / "ca.pem")
    config, secrets = config_of({**connection, "ca": str(folder / "ca.pem")}, folder)
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(str(ROOT / "policies"), "policies"), encoding="utf-8")
    return config, secrets


def run(config: Path, secrets: Mapping[str, str], *options: str) -> Measured:
    """One whole run, which must end well."""
    report = config.with_name("report.json")
    command = [sys.executable, "-m", "pytest", f"--tenants={config}", "-q", f"--xt-report=json:{report}", *options]
    began = time.monotonic()
    with (config.with_name("output").open("w+", encoding="utf-8") as output,
          subprocess.Popen([*command, "-p", "no:cacheprovider"], cwd=config.parent, env={**os.environ, **secrets},
                           stdout=output, stderr=output) as process):  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        assert process.returncode == 0, output.read()[-3000:]
    assert time.monotonic() - began < SECONDS
    document = json.loads(report.read_text(encoding="utf-8"))
    megabyte = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Measured(
        [{**check, "seconds": None} for check in document["checks"]],
        document["tenants"],
        time.monotonic() - began,
        used.ru_utime,
        used.ru_maxrss // megabyte,
    )


if __name__ == "__main__":
    with served(f"crowd-{sys.argv[1]}") as told:
        if "everybody" in sys.argv:
            gather(told)
        made, keys = home(told, Path(sys.argv[2]), EVERYBODY if "everybody" in sys.argv else "")
        for wish in (["--xt-save-world=world"], ["--xt-world=world"]):
            sys.stdout.write(f"{' '.join(wish)}: {run(made, keys, *wish)}\n")
            sys.stdout.flush()
