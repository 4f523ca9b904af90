"""The product's side of a remediation in process: plans, makes changes in a running sandbox, and takes them back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.gates import scenario
from tests.gates.living import HASTE, Living
from xtcheck.clients import Clients
from xtcheck.clients.writers import Writers
from xtcheck.kinds import windows
from xtcheck.model import Check, Ref, Safety
from xtcheck.reader import read
from xtcheck.remediation import journal
from xtcheck.remediation.apply import Applying, Send
from xtcheck.remediation.changes import Plan, Result
from xtcheck.remediation.journal import Journal
from xtcheck.remediation.plan import plan
from xtcheck.remediation.undo import Undoing, refs, undoing
from xtcheck.remediation.wishes import needed
from xtcheck.world import World
from xtcheck.writing import Told, Write

Json = Any

SOON = (0.01, 0.05)
"""A window for a sandbox, which shows at once what was written."""


class Acting:
    """Acts on the sandbox that all gates share; its writers stay signed in."""

    def __init__(self, living: Living, runner: asyncio.Runner, writers: Writers, clients: Clients) -> None:
        self.living, self._runner, self._writers, self._clients = living, runner, writers, clients
        self.windows = dict.fromkeys(windows(), SOON)
        self._journals = 0

    def world(self, checks: Iterable[Check]) -> World:
        """The good world, in which what these checks need is as it is now."""
        return self.living.read_again_for(check.name for check in checks)

    def plan(self, world: World, allowed: Safety = Safety.UNSAFE, checks: Iterable[Check] | None = None) -> Plan:
        """What puts all that drifts right, or only what some checks ask for."""
        known = scenario.checks() if checks is None else tuple(checks)
        return plan(known, self.read_besides(known, world), allowed)

    def read_besides(self, checks: Iterable[Check], world: World) -> World:
        """The world with what a plan needs besides."""
        more = self._runner.run(read(needed(checks, world), self._clients.answer))
        return World({**more.answers, **world.answers}, world.now)

    async def send(self, write: Write) -> Told:
        """Send one write, as the product does."""
        return await self._writers.write(write)

    def apply(
        self, made: Plan, folder: Path, send: Send | None = None, new: Iterable[Ref] = ()
    ) -> tuple[list[Result], Path]:
        """Carry a plan out; ``send`` stands between it and the service, ``new`` was created before."""
        self._journals += 1
        path = folder / f"journal-{self._journals}.jsonl"
        identities = {place: found.identity for place, found in self.living.config.connections.items()}
        with Journal(path, identities, hidden={}) as kept:
            applying = Applying(self._clients.answer, send or self.send, kept, self.windows, new)
            results = self._runner.run(applying.apply(made))
            kept.finish()
        return results, path

    def undoing(self, path: Path) -> Undoing:
        """The plan that takes back what a journal tells of."""
        account = journal.read(path)
        return undoing(account, self._runner.run(read(refs(account), self._clients.answer)))


@contextmanager
def acting(living: Living) -> Iterator[Acting]:
    """The writers of a running sandbox's tenants."""
    with asyncio.Runner() as runner:
        writers = Writers(living.config.writing, patience=HASTE)
        clients = Clients(living.config.connections, patience=HASTE)
        yield Acting(living, runner, writers, clients)
        runner.run(writers.__aexit__(None, None, None))
        runner.run(clients.__aexit__(None, None, None))


def differences(one: Json, other: Json, path: str = "") -> Iterator[str]:
    """The paths at which two states differ; null is as not there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            yield from differences(one.get(name), other.get(name), f"{path}/{name}")
    elif one != other:
        yield path
