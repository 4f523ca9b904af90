"""One reader: asks what references need, level by level, every request once, until all evidence is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from xtcheck.model import Answer, Ref, Request
from xtcheck.resolution import Pending, Resolver
from xtcheck.world import World

Ask = Callable[[Request], Awaitable[Answer]]


async def read(refs: Iterable[Ref], ask: Ask, progress: Callable[[int, int], None] | None = None) -> World:
    """The world in which every reference is told.

    A reference's next request is sent as soon as the one before it is answered; others do not wait for it.

    :param ask: sends one request; it never raises for a fault of the service (that is a Failed answer).
    :param progress: is told how many requests are answered and how many were sent.
    """
    answers: dict[Request, Answer] = {}
    resolver = Resolver(answers)
    waiting: dict[Request, list[Ref]] = {}
    running: dict[asyncio.Task[Answer], Request] = {}

    def advance(ref: Ref) -> None:
        """Send what the reference needs next, and wait with it for one of these requests."""
        found = resolver.resolve(ref)
        if not isinstance(found, Pending):
            return
        for request in found.requests:
            if request not in waiting:
                waiting[request] = []
                running[asyncio.ensure_future(ask(request))] = request
        waiting[found.requests[0]].append(ref)

    for ref in dict.fromkeys(refs):
        advance(ref)
    while running:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            answers[running[task]] = task.result()
        for task in done:
            for ref in waiting[running.pop(task)]:
                advance(ref)
        if progress:
            progress(len(answers), len(waiting))
    return World(answers, datetime.now(UTC))
