"""From a config and references to a world: opens the ways in, reads, and closes them again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from xtcheck.clients import Clients
from xtcheck.embedded import reachable
from xtcheck.reader import read
from xtcheck.tables import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.config import Config
    from xtcheck.model import Answer, Entrance, Ref, Request
    from xtcheck.world import World

Json = Any


class Progress(Protocol):
    """What is told ``every`` so many seconds how far reading is."""

    every: float

    def show(self, seconds: float, answered: int, waiting: Mapping[str, int], throttled: int) -> None:
        """``waiting`` counts by place the requests that have no answer yet."""


async def read_world(
    config: Config,
    refs: Iterable[Ref],
    deadline: float,
    *,
    progress: Progress | None = None,
    entered: Callable[[Entrance], None] = lambda _: None,
    folder: Callable[[], Path] = scratch,
) -> tuple[World, list[Json]]:
    """The world, and what reading it cost for each tenant and AWS entry.

    :param deadline: seconds after which everything not yet read is unknown.
    :param folder: where large collections are kept on disk, as long as the world is used.
    :param entered: is told how signing in ended, once for each place that needs it, while others are being read.
    :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
    """
    with reachable(config) as reached:
        async with Clients(reached.connections, deadline=deadline, told=entered, folder=folder) as clients:
            asking = _Asking(clients)
            async with _told(progress, asking):
                world = await read(refs, asking.answer)
        costs = [{"tenant": place, **statistics.document()} for place, statistics in clients.statistics.items()]
    return world, costs


async def enter(config: Config, places: Iterable[str], deadline: float) -> dict[str, Entrance]:
    """How signing in ends at some places; nothing is read.

    :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
    """
    with reachable(config) as reached:
        async with Clients(reached.connections, deadline=deadline) as clients, asyncio.TaskGroup() as entering:
            tasks = [entering.create_task(clients.enter(place)) for place in places]
    return {task.result().place: task.result() for task in tasks}


class _Asking:
    """Asks, and knows how many requests of which places are under way."""

    def __init__(self, clients: Clients) -> None:
        self.answered = 0
        self.waiting: Counter[str] = Counter()
        self._clients = clients

    async def answer(self, request: Request) -> Answer:
        self.waiting[request.place] += 1
        answer = await self._clients.answer(request)
        self.waiting[request.place] -= 1
        self.answered += 1
        return answer

    @property
    def throttled(self) -> int:
        return sum(statistics.throttled for statistics in self._clients.statistics.values())


@asynccontextmanager
async def _told(progress: Progress | None, asking: _Asking) -> AsyncIterator[None]:
    """Tell how far reading is, as long as it runs."""
    if progress is None:
        yield
        return
    began = time.monotonic()

    async def tell() -> None:
        while True:
            await asyncio.sleep(progress.every)
            progress.show(time.monotonic() - began, asking.answered, +asking.waiting, asking.throttled)

    telling = asyncio.ensure_future(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
