"""GET over HTTP with patience: what may pass is asked again, a bounded number of times, as the service wishes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from xtcheck.clients import network
from xtcheck.clients.outcome import NoAnswer

if TYPE_CHECKING:
    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.statistics import Statistics

PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a GET is repeated: learn.microsoft.com/graph/best-practices-concept."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response, read whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent at most, and how long is waited in between (seconds).

    ``silence`` is how long a service may say nothing. The wait doubles from ``first``, or from ``throttled`` after a
    429 without Retry-After; a Retry-After over ``longest`` ends the read.
    """

    attempts: int = 4
    first: float = 0.25
    throttled: float = 2.0
    longest: float = 120.0
    silence: float = 30.0


class Exchange:
    """The GETs of one place: so many at a time, all of them waiting when one was told to."""

    def __init__(
        self, place: str, *, at_once: int, patience: Patience, deadline: Deadline, statistics: Statistics
    ) -> None:
        self.place = place
        self.statistics = statistics
        self._patience = patience
        self._deadline = deadline
        self._turns = asyncio.Semaphore(at_once)
        self._resume = 0.0

    async def get(self, send: Callable[[], Awaitable[Reply]], url: str) -> Reply:
        """The reply to ``send``, whatever its status, once it is not one that may pass or patience has ended.

        :raises NoAnswer: there was no reply.
        """
        import httpx

        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            try:
                reply = await self._once(send, again=attempt > 1)
            except httpx.RequestError as error:
                fault = network.explain(error, url, self.place)
                if last or not fault.passing:
                    raise NoAnswer(fault.cause + _tries(attempt), fault.remedy) from error
                await self._wait(self._backoff(attempt, self._patience.first), fault.cause)
                continue
            if reply.status not in PASSING or last:
                return reply
            await self._wait(self._pause(reply, attempt), f"status {reply.status}")
        raise AssertionError("patience has at least one attempt")

    async def _once(self, send: Callable[[], Awaitable[Reply]], *, again: bool) -> Reply:
        async with self._turns:
            pause = self._resume - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            self.statistics.requests += 1
            self.statistics.retries += again
            reply = await send()
        self.statistics.bytes += len(reply.body)
        return reply

    def _pause(self, reply: Reply, attempt: int) -> float:
        told = retry_after(reply.headers.get("retry-after", ""), datetime.now(UTC))
        if told is None:
            first = self._patience.throttled if reply.status == 429 else self._patience.first
            return self._backoff(attempt, first)
        if told > self._patience.longest:
            text = f"status {reply.status} with the wish to wait {told:.0f} s"
            raise NoAnswer(text, "run again later, and not more often than needed")
        if reply.status == 429:
            self._resume = max(self._resume, time.monotonic() + told)
        return told

    def _backoff(self, attempt: int, first: float) -> float:
        return first * float(2 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311  # jitter, not a secret

    async def _wait(self, seconds: float, cause: str) -> None:
        if seconds >= self._deadline.left():
            text = f"{cause}, and the deadline of {self._deadline.seconds:g} s leaves no time to try again"
            raise NoAnswer(text, "run again later, or with a longer deadline")
        await asyncio.sleep(seconds)


def retry_after(text: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header means (RFC 9110 §10.2.3), or None when it means nothing."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _tries(attempt: int) -> str:
    return f" (tried {attempt} times)" if attempt > 1 else ""
