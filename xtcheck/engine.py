"""From a config and references to a world: opens the ways in, reads, and closes them again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from xtcheck.clients import Clients
from xtcheck.embedded import reachable
from xtcheck.reader import read

if TYPE_CHECKING:
    from xtcheck.config import Config
    from xtcheck.model import Entrance, Ref
    from xtcheck.world import World

Json = Any


async def read_world(
    config: Config, refs: Iterable[Ref], deadline: float, told: Callable[[Entrance], None] = lambda _: None
) -> tuple[World, list[Json]]:
    """The world, and what reading it cost for each tenant and AWS entry.

    :param deadline: seconds after which everything not yet read is unknown.
    :param told: is told how signing in ended, once for each place that needs it, while others are being read.
    :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
    """
    with reachable(config) as reached:
        async with Clients(reached.connections, deadline=deadline, told=told) as clients:
            world = await read(refs, clients.answer)
        costs = [{"tenant": place, **asdict(statistics)} for place, statistics in clients.statistics.items()]
    return world, costs


async def enter(config: Config, places: Iterable[str], deadline: float) -> dict[str, Entrance]:
    """How signing in ends at some places; nothing is read.

    :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
    """
    with reachable(config) as reached:
        async with Clients(reached.connections, deadline=deadline) as clients:
            found = await asyncio.gather(*(clients.enter(place) for place in places))
    return {entrance.place: entrance for entrance in found}
