"""The worlds of the sandbox, read in this process by the policies of the project, whatever the world's topology."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.clients import Clients
from xtcheck.config import Config
from xtcheck.estate import Scope
from xtcheck.judge import judge
from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Ref
from xtcheck.reader import read
from xtcheck.report.records import evidence
from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.worlds.topologies import AWS
from xtcheck.snapshot import Origin, declared
from xtcheck.world import World

Json = Any

ROOT = Path(__file__).resolve().parents[2]
ROLES = {
    "mesh": {"north": "both", "south": "both"},
    "one-to-many": {"hub": "source", "emea": "target", "apac": "target"},
}


@dataclass(frozen=True)
class Read:
    """A world as it was read, with everything by which it is judged; ``state`` is the sandbox's own."""

    config: Config
    checks: tuple[Check, ...]
    world: World
    origin: Origin
    state: Json


def policies_of(name: str) -> list[Path]:
    """The project's policies, as far as they are about a world: in a mesh no tenant is a source alone."""
    left_out = {"empty": ["aws.yml"], "mesh": ["sources.yml", "tenants.yml"]}.get(name, [])
    return [file for file in sorted((ROOT / "policies").glob("*.yml")) if file.name not in left_out]


def judged(checks: tuple[Check, ...], world: World) -> list[Json]:
    """What a report says of each check: everything but where it stands."""
    found = []
    for check in checks:
        judgement = judge(check, world)
        found.append((check.name, judgement, evidence(judgement, world)))
    return found


@cache
def read_world(name: str) -> Read:
    """One world, read once for all tests of a process."""
    with Sandbox(name) as sandbox:
        connection = sandbox.connection
        with TemporaryDirectory() as folder:
            config = config_documents.load(_config(name, connection, Path(folder) / "config.yml"))
        checks = checks_of(config, {path: path.name for path in policies_of(name)})
        reached = config_documents.overlay(config, connection)
        world = asyncio.run(
            _read(reached, [*(ref for check in checks for ref in check.wanted), *_besides(name, config)])
        )
        assert sandbox.state.log.counters["writes"] == 0, "whoever reads has written"
        state = json.loads(json.dumps(sandbox.state.tree))
    origin = Origin("0.1.0", datetime.now(UTC), name, declared(config.estate), [])
    return Read(config, checks, world, origin, state)


def _besides(name: str, config: Config) -> list[Ref]:
    """Of a crowd everybody, whom no policy reads."""
    if not name.startswith("crowd-"):
        return []
    return [BY_NAME["tenant-users"].ref(Scope(config.estate, tenant=config.estate.tenants["shared"]))]


async def _read(config: Config, refs: list[Ref]) -> World:
    async with Clients(config.connections) as clients:
        return await read(refs, clients.answer)


def checks_of(config: Config, files: dict[Path, str]) -> tuple[Check, ...]:
    """Every check of policies, in their order."""
    policies = policy.load(files.items(), config.estate)
    assert policies.mistakes == {}
    return tuple(check for several in policies.checks.values() for check in several)


def _config(name: str, connection: Json, path: Path) -> Path:
    if name == "empty":
        text = (ROOT / "sandbox.yml").read_text(encoding="utf-8").partition("\naws:")[0]
        path.write_text(text.replace("policies: policies/", f"policies: {ROOT / 'policies'}"), encoding="utf-8")
        return path
    if name not in ROLES:
        return ROOT / "sandbox.yml"
    tenants = {
        alias: {"id": connection["tenants"][alias]["id"], "role": role, "label": alias.capitalize()}
        for alias, role in ROLES[name].items()
    }
    aws = {
        entry.alias.removeprefix("aws-"): {
            "federated-from": entry.tenant,
            "account": entry.management,
            "region": entry.region,
            "scim": {"endpoint": f"https://scim.{entry.region}.amazonaws.com/{entry.scim_tenant}/scim/v2"},
        }
        for entry in AWS[name]
    }
    hub = next((alias for alias, role in ROLES[name].items() if role == "source"), "")
    links = [{"from": hub, "to": alias, "app": app} for alias, app in APPS.items()] if hub else []
    document = {
        "policies": str(ROOT / "policies"),
        "tenants": tenants,
        "aws": aws,
        **({"links": links} if links else {"topology": "mesh"}),
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


APPS = {"emea": "Sync to AnyOrganizationEMEA", "apac": "Sync to AnyOrganizationAPAC"}
