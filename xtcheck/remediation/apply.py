"""Carries a plan out: of each change a line in the journal, a look, one write, and looking until it is there."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from xtcheck.clients.exchange import Patience
from xtcheck.errors import Unwritable
from xtcheck.kinds.writes import permissions_to_write
from xtcheck.model import Evidence, Present, Ref, Unread
from xtcheck.reader import Ask, read
from xtcheck.remediation.changes import Change, Outcome, Plan, Result, Verb
from xtcheck.remediation.compose import shape_of, whole
from xtcheck.remediation.effects import is_idle
from xtcheck.remediation.filling import document_of, filled, lacks, words_of
from xtcheck.remediation.identity import ids_of
from xtcheck.remediation.journal import Journal
from xtcheck.remediation.readback import filled_since, foreign, lacking, not_as_planned, partly, rests_no_more
from xtcheck.remediation.since import inside
from xtcheck.remediation.starts import too_early
from xtcheck.shapes import AsyncCall, Command, Upsert
from xtcheck.world import World
from xtcheck.writing import Done, Lost, Refused, Told, Write

Json = Any

SENDS = 3
"""So often the creation of one object is sent at most; before each, it is looked whether it is there."""

SAID = "the service says that it was done; nothing else shows it"

SHORTEST = 0.001
"""Seconds between two looks, at least: config.yml takes no less, and nothing is counted by what may be 0."""

NOT_FOUND = frozenset({"Request_ResourceNotFound", "ResourceNotFound", "Directory_ObjectNotFound"})
"""Graph's codes for an object that is not there, or that a server does not know yet: it replicates what is new."""

Send = Callable[[Write], Awaitable[Told]]


class Applying:
    """Applies the changes of a plan one after the other.

    ``windows`` replaces how often is looked and how long, by the name of the window; ``patience`` says how often what
    may be repeated is sent; ``new`` are the objects that this run has created before, of which not every server of the
    service may know yet. ``results`` are what has come of changes so far, whatever becomes of the rest.
    """

    def __init__(
        self,
        ask: Ask,
        send: Send,
        journal: Journal,
        windows: Mapping[str, tuple[float, float]],
        patience: Patience | None = None,
        new: Iterable[Ref] = (),
        held: Mapping[str, str] | None = None,
    ) -> None:
        self._ask, self._deliver, self._journal, self._windows = ask, send, journal, windows
        self._patience = patience or Patience()
        self._new = set(new)
        self._held = held or {}
        self._at: str | None = None
        self._there: World | None = None
        self.results: list[Result] = []

    async def apply(self, plan: Plan, tell: Callable[[Result], None] = lambda _: None) -> list[Result]:
        """Every change of the plan with what came of it; those that are held back are left.

        :raises XtcheckError: the journal cannot be written any more; nothing is sent from then on.
        """
        made: set[str] = set()
        touched = {change.ref for change in plan.changes}
        for change in plan.changes:
            lacking = [name for name in change.needs if name not in made]
            left = None
            if lacking:
                left = Result(change, Outcome.DROPPED, f"it needs what was not made: {', '.join(lacking)}")
            elif change.name in self._held:
                left = Result(change, Outcome.STALE, self._held[change.name])
            if left:
                self.results.append(left)
                tell(left)
                continue
            self._journal.begin(change)
            self._at = None
            result = replace(await self._one(change, touched), at=self._at)
            self.results.append(result)
            try:  # before it is told: whoever listens may be gone, and the journal stays
                self._journal.end(result, *self._shown(change, result))
            finally:
                tell(result)
            if result.outcome is Outcome.APPLIED:
                made.add(change.name)
                self._new |= {change.ref} if change.verb is Verb.CREATE else set()
        return self.results

    def _shown(self, change: Change, result: Result) -> tuple[dict[str, str], Json]:
        """The ids, and the document, of what was read back."""
        if result.outcome is not Outcome.APPLIED or self._there is None:
            return {}, None
        is_whole = isinstance(change.ref.kind.write, Upsert)
        return ids_of(change.ref, self._there), document_of(change.ref, self._there) if is_whole else None

    async def _one(self, change: Change, touched: Collection[Ref]) -> Result:
        world = await self._look_first(change)
        idle = is_idle(change.ref, world)
        if idle:
            return Result(change, Outcome.APPLIED, f"nothing was sent: {idle}")
        if isinstance(shape_of(change.ref.kind), AsyncCall) and not lacking(change, world.evidence(change.ref)):
            return Result(change, Outcome.APPLIED, "nothing was left to do")
        moved = not_as_planned(change, world) or filled_since(change, world, touched) or await self._too_early(change)
        if moved:
            return Result(change, Outcome.STALE, moved)
        write = filled(change.write, words_of(change.ref, world))
        if lacks(write):
            return Result(change, Outcome.STALE, "what leads to it is not there")
        try:
            write = whole(change, write, document_of(change.ref, world))
        except Unwritable as error:
            return Result(change, Outcome.STALE, f"it changed meanwhile: {error}")
        return await (self._create(change, write) if change.verb is Verb.CREATE else self._write(change, write))

    async def _write(self, change: Change, write: Write) -> Result:
        """What leaves the same when it is sent again is, as long as nobody else has changed what is sent.

        What would be done twice is sent again only when the service had no time for it and it is not to be seen.
        """
        requests: tuple[str, ...] = ()
        ours = False
        for attempt in range(1, self._patience.attempts + 1):
            told, more = await self._sent(change, write)
            requests += more
            ours = ours or _may_be_done(change, told)
            passing = not isinstance(told, Done) and told.passing
            safe = write.idempotent or (isinstance(told, Lost) and told.busy)
            again = safe and passing and attempt < self._patience.attempts
            if isinstance(change.ref.kind.write, Command) and (isinstance(told, Done) or not again):
                outcome = Outcome.APPLIED if isinstance(told, Done) else Outcome.FAILED
                return Result(change, outcome, SAID if outcome is Outcome.APPLIED else f"{told}", requests, ours)
            once = isinstance(told, Refused) or (again and write.idempotent)
            lag, evidence = await self._seen(change, once=once)
            ours = ours or partly(change, evidence)
            if isinstance(told, Done) or not lag or not again:
                return _result(change, told, lag, requests, ours=ours)
            await self._rest(told, attempt)
            world = await self._look(change)
            moved = foreign(change, world.evidence(change.ref)) or rests_no_more(change, world)
            moved = moved or await self._too_early(change)
            if moved:
                said = f"{told}; then {moved}, and it was not sent again"
                return Result(change, Outcome.FAILED, said, requests, ours)
        raise AssertionError("the last attempt returns")

    async def _sent(self, change: Change, write: Write) -> tuple[Told, tuple[str, ...]]:
        """What was said to a write at last, and the ids of all requests.

        A refusal that says no more than that what this run has created is not everywhere yet is waited for.
        """
        every, most = self._window(change)
        is_new = bool(self._new & set(change.ref.lineage()))
        told = await self._send(change, write)
        requests = told.requests
        for _ in range(int(most / every)):
            if not is_new or not isinstance(told, Refused) or told.code not in NOT_FOUND:
                break
            await asyncio.sleep(every)
            told = await self._send(change, write)
            requests += told.requests
        return told, requests

    async def _create(self, change: Change, write: Write) -> Result:
        shape = shape_of(change.ref.kind)
        unique = isinstance(shape, Upsert) and shape.unique
        every, most = self._window(change)
        sends = max(SENDS, int(most / every)) if _is_fresh(change) else SENDS
        requests: tuple[str, ...] = ()
        ours = False  # until an answer is lost
        for attempt in range(1, sends + 1):
            told = await self._send(change, write)
            requests += told.requests
            taken = isinstance(told, Refused) and told.passing
            if taken and not ours:
                world = await self._look(change)
                if isinstance(world.evidence(change.ref), Present):
                    said = f"{told}; it is there, and need not be ours"
                    return Result(change, Outcome.FAILED, said, requests, ours)
            # After a lost answer it may be there, and not be shown yet: then another one must not be made.
            once = (isinstance(told, Refused) and not (taken and ours)) or (unique and isinstance(told, Lost))
            lag, _ = await self._seen(change, once=once)
            ours = ours or _may_be_done(change, told)
            fresh = isinstance(told, Refused) and _is_fresh(change)
            again = (isinstance(told, Lost) and told.passing and (unique or told.busy)) or taken or fresh
            if not lag or not again or isinstance(told, Done) or attempt == sends:
                return _result(change, told, lag, requests, ours=ours)
            await (asyncio.sleep(every) if fresh and not taken else self._rest(told, attempt))
            world = await self._look_first(change)
            if ours and isinstance(world.evidence(change.ref), Present):
                lag, _ = await self._seen(change, once=False)
                return _result(change, told, lag, requests, ours=ours)
            if moved := not_as_planned(change, world):
                said = f"{told}; then {moved}, and it was not sent again"
                return Result(change, Outcome.FAILED, said, requests, ours)
        raise AssertionError("the last attempt returns")

    async def _send(self, change: Change, write: Write) -> Told:
        """Send it, once the journal has the id by which the service's own log will know it."""
        named = replace(write, request=str(uuid.uuid4()))
        ids = ids_of(change.ref, self._there) if self._there else {}
        self._at = self._journal.send(change, named.request, ids)
        told = await self._deliver(named)
        if not told.requests and not isinstance(told, Lost):
            return told  # nothing has left
        return replace(told, requests=tuple(dict.fromkeys([named.request, *told.requests])))

    async def _rest(self, told: Refused | Lost, attempt: int) -> None:
        """Wait before it is sent again: as long as the service wishes, and longer each time."""
        slow = isinstance(told, Refused) or told.busy
        first = self._patience.throttled if slow else self._patience.first
        await asyncio.sleep(max(told.after, self._patience.backoff(attempt, first)))

    async def _seen(self, change: Change, *, once: bool) -> tuple[str, Evidence]:
        """What is not to be seen of a change, to the end of its window, empty once all of it is; and what is there."""
        every, most = self._window(change)
        end = time.monotonic() + most
        while True:
            evidence = (await self._look(change)).evidence(change.ref)
            lag = lacking(change, evidence)
            if not lag or once or time.monotonic() + every > end:
                return lag, evidence
            await asyncio.sleep(every)

    async def _look_first(self, change: Change) -> World:
        """What is there before the write; where it stands in something new, to the end of its window."""
        every, most = self._window(change)
        end = time.monotonic() + most
        while True:
            world = await self._look(change)
            known = not isinstance(world.evidence(change.ref), Unread)
            if known or not _is_fresh(change) or time.monotonic() + every > end:
                return world
            await asyncio.sleep(every)

    async def _look(self, change: Change) -> World:
        self._there = await read([change.ref, *change.rests, *inside(change)], self._ask)
        return self._there

    async def _too_early(self, change: Change) -> str:
        """Why what it lets run would run with something else than declared; empty when it would not."""
        if not change.first:
            return ""
        world = await read([ref for check in change.first for ref in check.wanted], self._ask)
        early = too_early(change.first, world)
        return early.why if early else ""

    def _window(self, change: Change) -> tuple[float, float]:
        shape = shape_of(change.ref.kind)
        every, most = self._windows.get(shape.window.name, (shape.window.every, shape.window.most))
        return max(every, SHORTEST), most


def _is_fresh(change: Change) -> bool:
    """Whether it is created in what this very plan has created before, of which the service may not know yet."""
    shape = change.ref.kind.write
    return change.verb is Verb.CREATE and isinstance(shape, Upsert) and shape.fresh and bool(change.needs)


def _may_be_done(change: Change, told: Told) -> bool:
    """Whether something of a change may be done by what was said to it.

    Of many accounts some may have been provisioned before it failed.
    """
    return not isinstance(told, Refused) or (told.begun and isinstance(change.ref.kind.write, AsyncCall))


def _result(change: Change, told: Told, lag: str, requests: tuple[str, ...], *, ours: bool) -> Result:
    if isinstance(told, Done):
        said = f"the service said done, and then {lag}" if lag else "read back"
    else:
        said = f"{told}" + (f"; {lag}" if lag and isinstance(told, Lost) else "" if lag else "; and yet it is there")
        if isinstance(told, Refused) and told.denied:
            needed = permissions_to_write(change.ref.kind)
            if not any(name in said for name in needed):  # AWS names the action itself
                said += f"; who writes in {change.write.place} needs {' or '.join(needed)}"
    return Result(change, Outcome.FAILED if lag else Outcome.APPLIED, said, requests, ours or not lag)
