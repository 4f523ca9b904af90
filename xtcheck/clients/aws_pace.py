"""How often calls of a service may begin, where AWS documents so few that a run would be throttled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from xtcheck.connection import Connection

PER_SECOND = {"cloudtrail": 2.0}
"""LookupEvents: two requests a second, per account and Region (CloudTrail API reference, LookupEvents)."""
OWN_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


class Pace:
    """Turns that come one after the other, so many a second."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn; whoever came first has it first."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            await asyncio.sleep(mine - now)


def paces_of(connection: Connection) -> dict[str, Pace]:
    """A pace for each service that needs one; the budget is AWS's, so none for a host that is not."""
    return {
        service: Pace(per_second)
        for service, per_second in PER_SECOND.items()
        if (urlsplit(connection.endpoints.get(service, "")).hostname or OWN_HOSTS[0]).endswith(OWN_HOSTS)
    }
