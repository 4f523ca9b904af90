"""Carries a plan out: of each change a line in the journal, a look, one write, and looking until it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.model import Absent, Ambiguous, Evidence, Present, Ref, Unread
from xtcheck.reader import Ask, read
from xtcheck.remediation.changes import Change, Outcome, Plan, Result, Verb, has_after, has_before, unseen
from xtcheck.remediation.compose import document_of, filled, lacks, shape_of, whole, words_of
from xtcheck.remediation.effects import is_idle
from xtcheck.remediation.journal import Journal
from xtcheck.shapes import AsyncCall, Command, Upsert, Value
from xtcheck.world import World
from xtcheck.writing import Done, Lost, Refused, Told, Write

Json = Any

SENDS = 3
"""So often the creation of one object is sent at most; before each, it is looked whether it is there."""

SAID = "the service says that it was done; nothing else shows it"

NOT_FOUND = frozenset({"Request_ResourceNotFound", "ResourceNotFound", "Directory_ObjectNotFound"})
"""Graph's codes for an object that is not there, or that a server does not know yet: it replicates what is new."""

Send = Callable[[Write], Awaitable[Told]]


class Applying:
    """Applies the changes of a plan one after the other.

    ``windows`` replaces how often is looked and how long, by the name of the window; ``new`` are the objects that this
    run has created before, of which not every server of the service may know yet.
    """

    def __init__(
        self,
        ask: Ask,
        send: Send,
        journal: Journal,
        windows: Mapping[str, tuple[float, float]],
        new: Iterable[Ref] = (),
    ) -> None:
        self._ask, self._send, self._journal, self._windows = ask, send, journal, windows
        self._new = set(new)

    async def apply(self, plan: Plan, tell: Callable[[Result], None] = lambda _: None) -> list[Result]:
        """Every change of the plan with what came of it; those that are held back are left."""
        results: list[Result] = []
        made: set[str] = set()
        for change in plan.changes:
            lacking = [name for name in change.needs if name not in made]
            if lacking:
                result = Result(change, Outcome.DROPPED, f"it needs what was not made: {', '.join(lacking)}")
            else:
                self._journal.begin(change)
                result = await self._one(change)
                self._journal.end(change, str(result.outcome), result.said, result.requests)
            if result.outcome is Outcome.APPLIED:
                made.add(change.name)
                self._new |= {change.ref} if change.verb is Verb.CREATE else set()
            results.append(result)
            tell(result)
        return results

    async def _one(self, change: Change) -> Result:
        world = await self._look_first(change)
        idle = is_idle(change.ref, world)
        if idle:
            return Result(change, Outcome.APPLIED, f"nothing was sent: {idle}")
        if isinstance(shape_of(change.ref.kind), AsyncCall) and not lacking(change, world.evidence(change.ref)):
            return Result(change, Outcome.APPLIED, "nothing was left to do")
        moved = stale(change, world.evidence(change.ref))
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
        """A write that may be repeated is repeated by the client; here only what the service had no time for."""
        told, requests = await self._sent(change, write)
        if isinstance(change.ref.kind.write, Command):
            outcome = Outcome.APPLIED if isinstance(told, Done) else Outcome.FAILED
            return Result(change, outcome, f"{told}" if outcome is Outcome.FAILED else SAID, requests)
        lag = await self._seen(change, once=isinstance(told, Refused))
        for _ in range(1, SENDS):
            if not lag or write.idempotent or not isinstance(told, Lost) or not told.busy:
                break
            told, more = await self._sent(change, write)
            requests += more
            lag = await self._seen(change, once=isinstance(told, Refused))
        return _result(change, told, lag, requests)

    async def _sent(self, change: Change, write: Write) -> tuple[Told, tuple[str, ...]]:
        """What was said to a write at last, and the ids of all requests.

        A refusal that says no more than that what this run has created is not everywhere yet is waited for.
        """
        every, most = self._window(change)
        end = time.monotonic() + most
        requests: tuple[str, ...] = ()
        while True:
            told = await self._send(write)
            requests += told.requests
            unknown = isinstance(told, Refused) and told.code in NOT_FOUND
            if not unknown or not self._new & set(change.ref.lineage()) or time.monotonic() + every > end:
                return told, requests
            await asyncio.sleep(every)

    async def _create(self, change: Change, write: Write) -> Result:
        shape = shape_of(change.ref.kind)
        unique = isinstance(shape, Upsert) and shape.unique
        every, most = self._window(change)
        sends = max(SENDS, int(most / every)) if _is_fresh(change) else SENDS
        requests: tuple[str, ...] = ()
        ours = False
        for attempt in range(1, sends + 1):
            told = await self._send(write)
            requests += told.requests
            if isinstance(told, Refused) and not ours and told.passing:
                world = await self._look(change)
                if isinstance(world.evidence(change.ref), Present):
                    return Result(change, Outcome.STALE, "somebody created it meanwhile", requests)
            # After a lost answer it may be there, and not be shown yet: then another one must not be made.
            lag = await self._seen(change, once=isinstance(told, Refused) or (unique and isinstance(told, Lost)))
            ours = ours or isinstance(told, Lost)
            again = (isinstance(told, Lost) and (unique or told.busy)) or (
                isinstance(told, Refused) and (told.passing or _is_fresh(change))
            )
            if not lag or not again or attempt == sends:
                return _result(change, told, lag, requests)
            await asyncio.sleep(every)
        raise AssertionError("the last attempt returns")

    async def _seen(self, change: Change, *, once: bool) -> str:
        """What is not to be seen of a change, to the end of its window; empty once all of it is."""
        every, most = self._window(change)
        end = time.monotonic() + most
        while True:
            world = await self._look(change)
            lag = lacking(change, world.evidence(change.ref))
            if not lag or once or time.monotonic() + every > end:
                return lag
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
        return await read([change.ref], self._ask)

    def _window(self, change: Change) -> tuple[float, float]:
        shape = shape_of(change.ref.kind)
        return self._windows.get(shape.window.name, (shape.window.every, shape.window.most))


def _is_fresh(change: Change) -> bool:
    """Whether it is created in what this very plan has created before, of which the service may not know yet."""
    shape = change.ref.kind.write
    return change.verb is Verb.CREATE and isinstance(shape, Upsert) and shape.fresh and bool(change.needs)


def stale(change: Change, evidence: Evidence) -> str:
    """Why an object is no longer as it was planned to be found; empty when it is."""
    evidence = _held(change, evidence)
    if isinstance(shape_of(change.ref.kind), AsyncCall) and isinstance(evidence, Present):
        return ""  # it does what is left, whatever that is by now
    match evidence, change.verb:
        case ((Unread() | Ambiguous()), _):
            return f"it could not be read again: {evidence.cause if isinstance(evidence, Unread) else evidence.what}"
        case Absent(), Verb.CREATE:
            return f"{', '.join(evidence.near)} is there meanwhile" if evidence.near else ""
        case Absent(), _:
            return "it is gone meanwhile"
        case Present(), Verb.CREATE:
            return "it is there meanwhile"
        case Present(document), _:
            moved = [place.path or "it" for place in change.places if not has_before(change, document, place)]
            return f"{', '.join(moved)} changed meanwhile" if moved else ""
    raise AssertionError("evidence is one of four")


def _held(change: Change, evidence: Evidence) -> Evidence:
    """The evidence, in which a value that may well be none is there, and is none."""
    if isinstance(evidence, Absent) and isinstance(shape_of(change.ref.kind), Value):
        return Present(None, evidence.requests)
    return evidence


def lacking(change: Change, evidence: Evidence) -> str:
    """What of a change is not to be seen in the object as it is now; empty when all of it is."""
    evidence = _held(change, evidence)
    match evidence, change.verb:
        case ((Unread() | Ambiguous()), _):
            return f"it could not be read back: {evidence.cause if isinstance(evidence, Unread) else evidence.what}"
        case Absent(), Verb.DELETE:
            return ""
        case Absent(), _:
            return "it is not there"
        case Present(), Verb.DELETE:
            return "it is still there"
        case Present(document), _:
            seen = [place for place in change.places if not unseen(document, place)]
            places = [place.path or "it" for place in seen if not has_after(change, document, place)]
            return f"{', '.join(places)} does not have the value that was written" if places else ""
    raise AssertionError("evidence is one of four")


def _result(change: Change, told: Told, lag: str, requests: tuple[str, ...]) -> Result:
    if isinstance(told, Done):
        said = f"the service said done, and then {lag}" if lag else "read back"
    else:
        said = f"{told}" + (f"; {lag}" if lag and isinstance(told, Lost) else "" if lag else "; and yet it is there")
    return Result(change, Outcome.FAILED if lag else Outcome.APPLIED, said, requests)
