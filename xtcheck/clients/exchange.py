"""GET over HTTP with patience: what may pass is asked again, a bounded number of times, as the service wishes."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from xtcheck.clients import network
from xtcheck.clients.outcome import NoAnswer

if TYPE_CHECKING:
    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.pace import Pace
    from xtcheck.clients.statistics import Statistics

PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a GET is repeated: learn.microsoft.com/graph/best-practices-concept."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response, read whole. Header names are in lower case.

    An answer out of a batch has no bytes of its own: ``item`` is its body as JSON, None when it has none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    item: Any = ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent at most, and how long is waited in between (seconds).

    A fault that may pass has ``attempts``, a 429 ``throttles`` besides: a busy service only takes longer, and what ends
    that is the deadline of the run, unless the service says so again at once each time. The wait doubles from
    ``first``, or from ``throttled`` after a 429 without Retry-After, up to ``most``; a Retry-After over ``longest``
    ends the read. ``silence`` is how long a service may say nothing.
    """

    attempts: int = 4
    throttles: int = 60
    first: float = 0.25
    throttled: float = 2.0
    most: float = 30.0
    longest: float = 300.0
    silence: float = 30.0

    def backoff(self, attempt: int, first: float) -> float:
        """The seconds to wait after so many attempts: doubled each time, with jitter."""
        grown = min(self.most, first * float(2 ** (attempt - 1)))
        return grown * random.uniform(0.75, 1.25)  # noqa: S311  # jitter, not a secret


class Exchange:
    """The GETs of one place, repeated where that may help."""

    def __init__(self, place: str, *, patience: Patience, deadline: Deadline, statistics: Statistics) -> None:
        self.place = place
        self.statistics = statistics
        self._patience = patience
        self._deadline = deadline

    async def get(self, send: Callable[[], Awaitable[Reply]], url: str, pace: Pace) -> Reply:
        """The reply to ``send``, whatever its status, once it is not one that may pass or patience has ended.

        ``send`` keeps to the pace, which everybody who shares it is held to when one of them gets a 429.

        :raises NoAnswer: there was no reply.
        """
        import httpx

        faults = throttles = 0
        while True:
            self.statistics.requests += 1
            self.statistics.retries += faults + throttles > 0
            try:
                reply = await send()
            except httpx.RequestError as error:
                faults += 1
                fault = network.explain(error, url, self.place)
                if faults == self._patience.attempts or not fault.passing:
                    raise NoAnswer(fault.cause + _tries(faults + throttles), fault.remedy) from error
                seconds = self._patience.backoff(faults, self._patience.first)
                await asyncio.sleep(self._affordable(seconds, fault.cause))
                continue
            if reply.status == 429:
                throttles += 1
                self.statistics.throttled += 1
                if throttles == self._patience.throttles:
                    return reply
                pace.hold(self._pause(reply, throttles, self._patience.throttled))
            elif reply.status in PASSING:
                faults += 1
                if faults == self._patience.attempts:
                    return reply
                await asyncio.sleep(self._pause(reply, faults, self._patience.first))
            else:
                return reply

    def _pause(self, reply: Reply, attempt: int, first: float) -> float:
        """The seconds to wait: what the service says, or else longer each time.

        :raises NoAnswer: it is too long.
        """
        told = retry_after(reply.headers.get("retry-after", ""), datetime.now(UTC))
        if told is not None and told > self._patience.longest:
            text = f"status {reply.status} with the wish to wait {told:.0f} s"
            raise NoAnswer(text, "run again later, and not more often than needed")
        seconds = self._patience.backoff(attempt, first) if told is None else told
        return self._affordable(seconds, f"status {reply.status}")

    def _affordable(self, seconds: float, cause: str) -> float:
        """The same seconds, when the deadline leaves them.

        :raises NoAnswer: it does not.
        """
        if seconds >= self._deadline.left():
            text = f"{cause}, and the deadline of {self._deadline.seconds:g} s leaves no time to try again"
            raise NoAnswer(text, "run again later, or with a longer deadline")
        return seconds


def retry_after(text: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header means (RFC 9110 §10.2.3), or None when it means nothing.

    Microsoft Graph may send a fraction (learn.microsoft.com/graph/throttling shows 2.128).
    """
    if re.fullmatch(r"\d+(\.\d+)?", text.strip(), re.ASCII):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _tries(attempt: int) -> str:
    return f" (tried {attempt} times)" if attempt > 1 else ""
