"""The world blog in the sandbox, changed and read as often as a test likes, for rows about people on both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from xtcheck import config, policy
from xtcheck.clients import Clients, Patience
from xtcheck.judge import judge
from xtcheck.model import Check, Judgement
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox, drift
from xtcheck.sandbox.worlds import blog, names
from xtcheck.world import World

Json = Any

ONE, TWO, SHARED = (names.TENANTS[alias] for alias in ("one", "two", "shared"))
HASTE = Patience(attempts=2, throttles=2, first=0.01, throttled=0.02, longest=5, silence=60)


def at(*parts: str) -> str:
    """A path of the sandbox's tree."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def person(tenant: str, name: str) -> str:
    """The id of somebody in his own tenant."""
    return names.object_id(tenant, "user", name)


def synced(tenant: str, name: str) -> str:
    """The id of the same person in the shared tenant."""
    return names.synced_id(SHARED, tenant, person(tenant, name))


def changed(tenant: str, kind: str, identifier: str, field: str, value: Json) -> Json:
    return {"op": "replace", "path": at("tenants", tenant, kind, identifier, field), "value": value}


def removed(*parts: str) -> Json:
    return {"op": "remove", "path": at(*parts)}


def added(value: Json, *parts: str) -> Json:
    return {"op": "add", "path": at(*parts), "value": value}


def mapped(alias: str, tenant: str, app: str, attribute: str, **fields: Json) -> list[Json]:
    """Changes to the mapping of a user attribute in a job's schema; ``app`` is blog's sync app or AWS app."""
    version = {blog.SYNC_APP: "version=1.0", blog.AWS_APP: "version=6.0"}[app]
    mapping = ("schemas", version, "synchronizationRules", "0", "objectMappings", "sourceObjectName=User")
    where = ("tenants", alias, "synchronization", names.object_id(tenant, "principal", app), *mapping)
    target = (*where, "attributeMappings", f"targetAttributeName={attribute}")
    return [{"op": "replace", "path": at(*target, name), "value": value} for name, value in fields.items()]


def of_users(alias: str, tenant: str, app: str, field: str, value: Json) -> Json:
    """A change to the mapping of users as a whole."""
    version = {blog.SYNC_APP: "version=1.0", blog.AWS_APP: "version=6.0"}[app]
    mapping = ("schemas", version, "synchronizationRules", "0", "objectMappings", "sourceObjectName=User", field)
    path = at("tenants", alias, "synchronization", names.object_id(tenant, "principal", app), *mapping)
    return {"op": "replace", "path": path, "value": value}


def filtered(alias: str, tenant: str, app: str, scope: Json) -> Json:
    """A scope of filters for the mapping of users."""
    return of_users(alias, tenant, app, "scope", scope)


def attribute(name: str) -> Json:
    return {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}


def function(expression: str) -> Json:
    return {"type": "Function", "name": expression.partition("(")[0], "expression": expression, "parameters": []}


def constant(text: str) -> Json:
    return {"type": "Constant", "name": text, "expression": f'"{text}"', "parameters": []}


class Chain:
    """The sandbox and clients that stay open."""

    def __init__(self, sandbox: Sandbox, runner: asyncio.Runner) -> None:
        self.sandbox, self.state, self._runner = sandbox, sandbox.state, runner
        self.config = config.overlay(config.load(ROOT / "sandbox.yml"), sandbox.connection)
        self.clients = Clients(self.config.connections, patience=HASTE)
        self.state.snapshot()

    def checks(self, text: str, folder: Path) -> list[Check]:
        """The checks that a policy states."""
        file = folder / "policy.yml"
        file.write_text(text, encoding="utf-8")
        policies = policy.load([(file, file.name)], self.config.estate)
        assert not policies.mistakes, policies.mistakes
        return [check for several in policies.checks.values() for check in several]

    def run(self, reading: Coroutine[Any, Any, World]) -> World:
        """What a reading ends in."""
        return self._runner.run(reading)

    def judged(self, text: str, folder: Path, *operations: Json) -> Mapping[str, Judgement]:
        """What a policy comes to after some changes, by the checks' names; afterwards the world is as it was."""
        checks = self.checks(text, folder)
        drift.apply(self.state, list(operations))
        try:
            world = self._runner.run(read([ref for check in checks for ref in check.wanted], self.clients.answer))
        finally:
            self.state.restore()
        return {check.name: judge(check, world) for check in checks}


@contextmanager
def chain() -> Iterator[Chain]:
    """The world blog, up."""
    with Sandbox("blog") as sandbox, asyncio.Runner() as runner:
        made = Chain(sandbox, runner)
        yield made
        runner.run(made.clients.__aexit__(None, None, None))
