"""A running sandbox of the world blog, read in process as often as a test likes, and put right after each."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.gates import scenario
from tests.gates.places import ACCESS, ACCESS_APPLICATION, owner, text_of
from xtcheck.clients import Clients, Patience
from xtcheck.config import Config, overlay
from xtcheck.connection import Connection
from xtcheck.model import Answer, Ref, Request
from xtcheck.permissions import operation_name
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox
from xtcheck.world import World

Json = Any

HASTE = Patience(attempts=2, throttles=2, first=0.01, throttled=0.02, longest=5, silence=60)
"""Enough to see that something is tried again, and soon at its end."""


class Living:
    """The sandbox by its admin endpoint, and clients of the product that stay open from read to read."""

    def __init__(self, sandbox: Sandbox, admin: httpx.Client, runner: asyncio.Runner) -> None:
        self.sandbox = sandbox
        self.connection: dict[str, Json] = sandbox.connection
        self.config: Config = overlay(scenario.config(), sandbox.connection)
        self._admin, self._runner = admin, runner
        self._forgotten = 0
        self._clients = Clients(self.config.connections, patience=HASTE)
        self._let_engines_plan()
        self.good = self.read()
        self.verdicts = scenario.verdicts(self.good)
        self.tree = self.state()
        """The good state, to look up what is kept where; not to be changed."""

    def read(self, refs: Iterable[Ref] | None = None) -> World:
        """The world as it is now, with tokens and connections that are already there."""
        return self._runner.run(read(scenario.wanted() if refs is None else refs, self._clients.answer))

    def read_again_for(self, names: Iterable[str]) -> World:
        """The good world, in which what the checks of these names need is as it is now."""
        wanted = set(names)
        now = self.read(ref for check in scenario.checks() if check.name in wanted for ref in check.wanted)
        return World({**self.good.answers, **now.answers}, now.now)

    def answer(self, request: Request) -> Answer:
        """What one request is answered."""
        return self._runner.run(self._clients.answer(request))

    def read_anew(
        self,
        patience: Patience = HASTE,
        *,
        deadline: float | None = None,
        connections: Mapping[str, Connection] | None = None,
        refs: Iterable[Ref] | None = None,
    ) -> World:
        """The world as a new run sees it: signed in anew."""

        async def run() -> World:
            over = connections or self.config.connections
            async with Clients(over, patience=patience, deadline=deadline) as clients:
                return await read(scenario.wanted() if refs is None else refs, clients.answer)

        return self._runner.run(run())

    def behind(self, doors: Mapping[tuple[str, str], str]) -> dict[str, Connection]:
        """The connections, some endpoints (by place and service) of which are doors of the sandbox that do not open."""
        made = dict(self.config.connections)
        for (place, service), kind in doors.items():
            endpoints = dict(made[place].endpoints)
            path = endpoints[service].partition("://")[2].partition("/")[2]
            endpoints[service] = f"{self.sandbox.door(kind)}/{path}".rstrip("/")
            made[place] = replace(made[place], endpoints=endpoints)
        return made

    def close(self) -> None:
        self._runner.run(self._clients.__aexit__(None, None, None))

    def state(self) -> Json:
        return self._admin.get("/state").raise_for_status().json()

    def fault(self, *faults: Json) -> None:
        """Make these the faults in force."""
        self._admin.put("/faults", json=list(faults)).raise_for_status()

    def page_size(self, size: int) -> None:
        # The secrets of a job are one document, for all that they look like a collection.
        self._admin.put("/page-sizes", json={"*": size, "secrets": 100}).raise_for_status()

    def drift(self, *operations: Json) -> None:
        """Change the world; a drift that the sandbox refuses is a fault of the gate."""
        reply = self._admin.post("/drift", json=list(operations))
        assert reply.status_code == 200, f"{operations}: {reply.text}"

    def forget_log(self) -> None:
        self._forgotten += self._counted
        self._admin.delete("/log").raise_for_status()

    @property
    def _counted(self) -> int:
        return self.sandbox.state.log.counters["writes"]

    @property
    def wrote(self) -> int:
        """How many writes were asked of it since it is up, whatever of the log has been forgotten."""
        return self._forgotten + self._counted

    def log(self) -> list[Json]:
        """What was asked, with the items of a batch in its place; each as if it had come alone."""
        return [item for entry in self.wire() for item in entry.get("items", [entry])]

    def wire(self) -> list[Json]:
        """What was asked, as it came over the wire."""
        entries: list[Json] = self._admin.get("/log").raise_for_status().json()["entries"]
        return entries

    def put_right(self) -> None:
        self._admin.put("/faults", json=[]).raise_for_status()
        self._admin.put("/page-sizes", json={}).raise_for_status()
        self._admin.post("/restore").raise_for_status()
        self._let_engines_plan()

    def _let_engines_plan(self) -> None:
        """Any request lets the engines look up when they run next; else they would run at once to mend a drift."""
        login = self.connection["tenants"]["one"]
        self._admin.get(f"{login['endpoints']['login']}/{login['id']}/v2.0/.well-known/openid-configuration")


@contextmanager
def living() -> Iterator[Living]:
    """The sandbox, up, read once, and with that state as the one that it is put back to."""
    with pytest.MonkeyPatch.context() as patch, Sandbox("blog") as sandbox, asyncio.Runner() as runner:
        # botocore has a patience of its own. A second attempt it must have: a connection kept open may have been cut.
        patch.setattr("xtcheck.clients.aws.ATTEMPTS", HASTE.attempts)
        patch.setattr("xtcheck.clients.aws.IDENTITY_ATTEMPTS", HASTE.attempts)
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: HASTE.first)
        admin = sandbox.connection["admin"]
        trust = ssl.create_default_context(cafile=sandbox.connection["ca"])
        headers = {"authorization": f"Bearer {admin['token']}"}
        with httpx.Client(verify=trust, base_url=admin["url"], headers=headers, timeout=60) as http:
            # Without an application of account access manager nothing below it would be read, and nothing be held.
            path = text_of((*owner("aws-main"), "accountAccess", "applications", ACCESS_APPLICATION))
            drift = [{"op": "add", "path": path, "value": ACCESS}]
            http.post("/drift", json=drift).raise_for_status()
            http.post("/snapshot").raise_for_status()
            alive = Living(sandbox, http, runner)
            yield alive
            alive.close()


def where(request: Request) -> tuple[str, str, str]:
    """A request as the sandbox's log has it: service, tenant or AWS entry, path or operation.

    Requests for columns of one collection, which are sent as one, have a pattern in common.
    """
    if request.service == "graph":
        version, path = "v1.0", unquote(request.operation)
        if request.columns:
            path += "&$select=*" if "?" in path else "?$select=*"
        if path.startswith("beta:"):
            version, path = "beta", path.removeprefix("beta:")
        return "graph", request.place, f"/{version}{path}"
    if request.operation.startswith("portal:"):
        place = request.place.removeprefix("aws-")
        return "portal", place, f"/portal/{unquote(request.operation).removeprefix('portal:/')}/start"
    if request.service == "web":
        return "login", request.place, unquote(request.operation).removeprefix("login:")
    operation = operation_name(request.operation)
    return request.service, request.place.removeprefix("aws-"), operation


def matching(request: Request, suffix: str = "", **more: Json) -> Json:
    """The ``match`` of a fault that acts on one request (for AWS: on one operation)."""
    service, tenant, path = where(request)
    return {"service": service, "tenant": tenant, "path": path + suffix, **more}


def alike(world: World, requests: Iterable[Request]) -> set[Request]:
    """The requests that a fault on these acts on: for AWS all of the same operation."""
    hit = {where(request) for request in requests}
    return {request for request in world.answers if where(request) in hit}


def exactly(request: Request) -> tuple[str, str, str]:
    """Where a request is that was sent just like that."""
    return where(replace(request, operation=request.address, columns=()))


def counted(entries: Iterable[Json]) -> Counter[tuple[str, str, str]]:
    """How often the log has each request; later pages of a collection count for its first."""
    return Counter((entry["service"], entry["tenant"], _first_page(entry["path"])) for entry in entries)


def _first_page(path: str) -> str:
    base, mark, query = path.partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("$skiptoken="))
    return f"{base}?{kept}" if mark and kept else base
