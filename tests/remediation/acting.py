"""The product's side of a remediation in process: plans, makes changes in a running sandbox, and takes them back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import HASTE, Living
from xtcheck.clients import Clients
from xtcheck.clients.writers import Writers
from xtcheck.kinds import windows
from xtcheck.model import Answer, Answered, Check, Evidence, Nothing, Ref, Request, Safety
from xtcheck.reader import read
from xtcheck.remediation import journal
from xtcheck.remediation.apply import Applying, Send
from xtcheck.remediation.changes import Outcome, Plan, Result
from xtcheck.remediation.guard import looks
from xtcheck.remediation.journal import Journal
from xtcheck.remediation.lookups import joined, lookups
from xtcheck.remediation.plan import plan
from xtcheck.remediation.undo import Undoing, refs, undoing
from xtcheck.tables import Table
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
        """The good world, in which what these checks need is as it is now.

        What rests on the same answers as in the good world is judged as there, and not again.
        """
        good, found = self.living.good, self.living.read_again_for(check.name for check in checks)
        other = {request for request, answer in found.answers.items() if not _same(answer, good.answers.get(request))}
        known = (check for check in scenario.checks() if other.isdisjoint(_rests_on(good)[check.name]))
        found.judged = {id(check): (check, scenario.judged(check, good)) for check in known}
        return found

    def reading(self, checks: Iterable[Check]) -> World:
        """What these checks need, as it is now."""
        return self.living.read(ref for check in checks for ref in check.wanted)

    def plan(
        self,
        world: World,
        allowed: Safety = Safety.UNSAFE,
        checks: Iterable[Check] | None = None,
        stated: Iterable[Check] | None = None,
    ) -> Plan:
        """What puts all that drifts right, or only what some checks ask for, of those that are stated."""
        known = tuple(scenario.checks() if checks is None else checks)
        everything = known if stated is None else tuple(stated)
        return plan(known, self.read_besides(known, world, everything), allowed, everything)

    def read_besides(self, checks: Iterable[Check], world: World, stated: Iterable[Check] = ()) -> World:
        """The world with what a plan must look at besides."""
        more = lookups(checks, world, stated)
        return joined(world, self.living.read(more)) if more else world

    def managed(self, made: Plan, world: World) -> dict[Ref, Evidence]:
        """What the guard looks at besides, as it is now."""
        asked = looks(made, world).values()
        seen = self._runner.run(read(asked, self._clients.answer))
        return {ref: seen.evidence(ref) for ref in asked}

    async def send(self, write: Write) -> Told:
        """Send one write, as the product does."""
        return await self._writers.write(write)

    def apply(
        self,
        made: Plan,
        folder: Path,
        send: Send | None = None,
        tell: Callable[[Result], None] = lambda _: None,
        new: Iterable[Ref] = (),
        onto: Path | None = None,
    ) -> tuple[list[Result], Path]:
        """Carry a plan out; ``send`` stands between it and the service, ``new`` was created before.

        ``onto`` is the journal of a run of which this is one more round.
        """
        self._journals += 1
        path = onto or folder / f"journal-{self._journals}.jsonl"
        identities = {place: found.identity for place, found in self.living.config.connections.items()}
        with Journal(path, identities, hidden={}, objects=made.objects, goes_on=bool(onto)) as kept:
            applying = Applying(self._clients.answer, send or self.send, kept, self.windows, HASTE, new)
            results = self._runner.run(applying.apply(made, tell))
            kept.finish()
        return results, path

    def run(self, told: Awaitable[Told]) -> Told:
        """What a service says, waited for as the product does."""
        return self._runner.run(_waited(told))

    def taken_back(self, path: Path, folder: Path) -> Undoing:
        """Take back what a journal tells of; what was to be done for that."""
        found = self.undoing(path)
        results, _ = self.apply(found.plan, folder)
        assert {result.outcome for result in results} <= {Outcome.APPLIED}, results
        return found

    def undoing(self, path: Path) -> Undoing:
        """The plan that takes back what a journal tells of."""
        account = journal.read(path)
        return undoing(account, self._runner.run(read(refs(account), self._clients.answer)))


def _same(one: Answer, other: Answer | None) -> bool:
    """Whether two answers say the same; of large collections, which are in files, only one answer is the same."""
    match one, other:
        case Answered(document), Answered(same):
            return one is other or (not isinstance(document, Table) and bool(document == same))
        case _:
            return isinstance(one, Nothing) and isinstance(other, Nothing)


@cache
def _rests_on(good: World) -> dict[str, frozenset[Request]]:
    """All that was asked for what a check looks at, context too, by the names of checks."""
    return {
        check.name: frozenset(request for ref in check.wanted for request in good.evidence(ref).requests)
        for check in scenario.checks()
    }


async def _waited(told: Awaitable[Told]) -> Told:
    return await told


@contextmanager
def acting(living: Living) -> Iterator[Acting]:
    """The writers of a running sandbox's tenants."""
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        for name, value in (("STEPS", (0.01,)), ("STEP", 0.02), ("LONGEST", 1.0)):
            patch.setattr(f"xtcheck.clients.aws_writer.{name}", value)
        writers = Writers(living.config.writing, patience=HASTE)
        clients = Clients(living.config.connections, patience=HASTE)
        yield Acting(living, runner, writers, clients)
        runner.run(writers.__aexit__(None, None, None))
        runner.run(clients.__aexit__(None, None, None))


def differences(one: Json, other: Json, path: str = "") -> Iterator[str]:
    """The paths at which two states differ; null is as not there, and the log of what was done is no state."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in (one.keys() | other.keys()) - {"directoryAudits"}:
            yield from differences(one.get(name), other.get(name), f"{path}/{name}")
    elif one != other:
        yield path
