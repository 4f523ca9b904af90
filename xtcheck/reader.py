"""One reader: asks what references need, level by level, every request once, until all evidence is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from xtcheck.model import Answer, Columns, Each, Ref, Request, Source
from xtcheck.resolution import Pending, Resolver
from xtcheck.world import World

Ask = Callable[[Request], Awaitable[Answer]]


async def read(refs: Iterable[Ref], ask: Ask) -> World:
    """The world in which every reference is told.

    A reference's next request is sent as soon as the one before it is answered; others do not wait for it. Only a
    request for columns waits until nothing else can want columns of its tenant: those of one collection are read
    together. Should one come later all the same, for columns that were not read, the collection is read again.

    :param ask: sends one request; it never raises for a fault of the service (that is a Failed answer).
    """
    reading = _Reading(ask)
    try:
        for ref in dict.fromkeys(refs):
            reading.advance(ref)
        reading.release()
        while reading.running:
            await reading.turn()
            reading.release()
    finally:
        await reading.end()
    return World(reading.answers, datetime.now(UTC))


class _Reading:
    """What is asked, what is answered, and which references wait for which request."""

    def __init__(self, ask: Ask) -> None:
        self.answers: dict[Request, Answer] = {}
        self.waiting: dict[Request, list[Ref]] = {}
        self.running: dict[asyncio.Future[Answer], tuple[Request, ...]] = {}
        self._held: list[Request] = []
        self._undecided: Counter[str] = Counter()
        """How many references may yet want columns of a place, and do not wait for columns themselves."""
        self._done: list[asyncio.Future[Answer]] = []
        self._any = asyncio.Event()
        self._ask = ask
        self._resolver = Resolver(self.answers)

    def advance(self, ref: Ref) -> None:
        """Send what the reference needs next, and wait with it for one of these requests."""
        found = self._resolver.resolve(ref)
        if not isinstance(found, Pending):
            return
        for request in found.requests:
            if request not in self.waiting:
                self.waiting[request] = []
                if request.columns:
                    self._held.append(request)
                else:
                    self._send(request, (request,))
        self.waiting[found.requests[0]].append(ref)
        if not found.requests[0].columns:
            self._undecided.update(_places(ref))

    def _send(self, request: Request, answered: tuple[Request, ...]) -> None:
        """Ask, on behalf of the requests that the answer is to."""
        task = asyncio.ensure_future(self._ask(request))
        task.add_done_callback(self._note)
        self.running[task] = answered

    def release(self) -> None:
        """Send the requests for columns that nothing can join any more, as one for each collection."""
        together: dict[Request, list[Request]] = {}
        for request in self._held:
            if not self._undecided[request.place]:
                together.setdefault(replace(request, columns=()), []).append(request)
        for collection, requests in together.items():
            columns = sorted({name for request in requests for name in request.columns})
            self._send(replace(collection, columns=tuple(columns)), tuple(requests))
            self._held = [request for request in self._held if request not in requests]

    async def end(self) -> None:
        """Leave nothing under way: whoever answers may be closed next."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)

    def _note(self, task: asyncio.Future[Answer]) -> None:
        self._done.append(task)
        self._any.set()

    async def turn(self) -> None:
        """Take the next answers in, and advance whoever waited for them."""
        # Not asyncio.wait: it looks at every request under way, each time.
        await self._any.wait()
        self._any.clear()
        done, self._done = self._done, []
        several = [(self.running.pop(task), task.result()) for task in done]
        requests = [request for answered, _ in several for request in answered]
        self.answers.update((request, answer) for answered, answer in several for request in answered)
        for request in requests:
            self._resolver.note(request)
            for ref in self.waiting[request]:
                if not request.columns:
                    self._undecided.subtract(_places(ref))
                self.advance(ref)


def _places(ref: Ref) -> Mapping[str, int]:
    """The places of whose collections a reference, or what leads to it, wants columns; each once."""
    return dict.fromkeys((above.place for above in ref.lineage() if _has_columns(above.kind.source)), 1)


def _has_columns(source: Source | None) -> bool:
    return isinstance(source.call if isinstance(source, Each) else source, Columns)
