"""When the next request of an API family may go: within its bucket, and not before a service that is busy wished."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping

from xtcheck.clients import limits
from xtcheck.clients.bucket import Bucket, Limit


class Pace:
    """The turns of one family at one place; asked by coroutines and by threads alike."""

    def __init__(self, *own: Flow) -> None:
        self._flows = own
        self._resume = 0.0

    def reserve(self, cost: float = 1) -> float:
        """Take a turn; the seconds to wait until it comes."""
        now = time.monotonic()
        waits = [flow.take(cost, now) for flow in self._flows]
        return max(0.0, self._resume - now, *waits)

    def hold(self, seconds: float) -> None:
        """Let nothing go for so long: the service said so."""
        self._resume = max(self._resume, time.monotonic() + seconds)

    async def free(self) -> None:
        """Wait until nothing is held back."""
        while True:  # meanwhile it may be told to wait longer
            left = self._resume - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def turn(self, cost: float = 1) -> None:
        """Take a turn, and wait until it comes."""
        wait = self.reserve(cost)
        if wait:
            await asyncio.sleep(wait)


class Flow:
    """A bucket that several may take from, in any thread."""

    def __init__(self, limit: Limit) -> None:
        self._turn = threading.Lock()
        self._bucket = Bucket.full(limit, time.monotonic())

    def take(self, cost: float, now: float) -> float:
        """Spend it; the seconds to wait."""
        with self._turn:
            self._bucket, wait = self._bucket.take(cost, now)
            return wait


class Paces:
    """The paces of all places, each made when it is first asked for."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._paces: dict[tuple[str, str], Pace] = {}
        self._shared: Mapping[str, Flow] = {service: Flow(limit) for service, limit in limits.EVERYWHERE.items()}

    def of(self, place: str, service: str, operation: str, *, limited: bool = True) -> Pace:
        """The pace of a request. A place that is not ``limited`` (a sandbox) only waits when it is told to."""
        family = limits.family_of(service, operation)
        name = limits.bucket_of(family, operation) if family else service
        with self._turn:
            if (place, name) not in self._paces:
                flows = [Flow(family.limit)] if family and limited else []
                if service in self._shared and limited:
                    flows.append(self._shared[service])
                self._paces[place, name] = Pace(*flows)
            return self._paces[place, name]
