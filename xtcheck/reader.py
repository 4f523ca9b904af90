"""One reader: asks what references need, level by level, every request once, until all evidence is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from xtcheck.model import Answer, Ref, Request
from xtcheck.resolution import Pending, Resolver
from xtcheck.world import World

Ask = Callable[[Request], Awaitable[Answer]]


async def read(refs: Iterable[Ref], ask: Ask) -> World:
    """The world in which every reference is told.

    A reference's next request is sent as soon as the one before it is answered; others do not wait for it.

    :param ask: sends one request; it never raises for a fault of the service (that is a Failed answer).
    """
    reading = _Reading(ask)
    for ref in dict.fromkeys(refs):
        reading.advance(ref)
    while reading.running:
        await reading.turn()
    return World(reading.answers, datetime.now(UTC))


class _Reading:
    """What is asked, what is answered, and which references wait for which request."""

    def __init__(self, ask: Ask) -> None:
        self.answers: dict[Request, Answer] = {}
        self.waiting: dict[Request, list[Ref]] = {}
        self.running: dict[asyncio.Future[Answer], Request] = {}
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
                task = asyncio.ensure_future(self._ask(request))
                task.add_done_callback(self._note)
                self.running[task] = request
        self.waiting[found.requests[0]].append(ref)

    def _note(self, task: asyncio.Future[Answer]) -> None:
        self._done.append(task)
        self._any.set()

    async def turn(self) -> None:
        """Take the next answers in, and advance whoever waited for them."""
        # Not asyncio.wait: it looks at every request under way, each time.
        await self._any.wait()
        self._any.clear()
        done, self._done = self._done, []
        requests = [self.running.pop(task) for task in done]
        self.answers.update(zip(requests, (task.result() for task in done), strict=True))
        for request in requests:
            for ref in self.waiting[request]:
                self.advance(ref)
