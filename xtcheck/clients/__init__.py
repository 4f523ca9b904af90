"""The only code that speaks to a network: reads from Microsoft Graph, AWS and the web, and nothing that writes.

Importing it loads no SDK; each is loaded by the first request that needs it.
"""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Self

from xtcheck.clients.aws import Aws
from xtcheck.clients.deadline import Deadline
from xtcheck.clients.exchange import Patience
from xtcheck.clients.graph import Graph
from xtcheck.clients.outcome import Gone, NoAnswer, Whole
from xtcheck.clients.pace import Paces
from xtcheck.clients.sharing import Shared
from xtcheck.clients.statistics import Statistics
from xtcheck.clients.transport import Transport
from xtcheck.clients.web import Web
from xtcheck.model import Answer, Answered, Entrance, Failed, Nothing
from xtcheck.tables import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from xtcheck.connection import Connection
    from xtcheck.model import Request

__all__ = ["Clients", "Patience", "Statistics"]


class Reader(Protocol):
    """One place's way to one kind of service."""

    async def read(self, request: Request) -> Whole | Gone:
        """What the request asks for.

        :raises NoAnswer: it could not be read whole.
        """

    async def enter(self) -> None:
        """Sign in, unless it has happened.

        :raises NoAnswer: nobody gets in.
        """

    async def close(self) -> None:
        """Release what the reader holds."""


class Clients:
    """The ways into all places, opened when they are first needed: an async context manager.

    ``deadline`` is in seconds from the creation, over all answers together; ``patience`` says how often and how long a
    request is repeated. ``folder`` is where large collections are kept, and stay: whoever reads on removes it.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        *,
        deadline: float | None = None,
        patience: Patience | None = None,
        told: Callable[[Entrance], None] = lambda _: None,
        folder: Callable[[], Path] = scratch,
    ) -> None:
        self.statistics: dict[str, Statistics] = {place: Statistics() for place in connections}
        self._connections = connections
        self._deadline = Deadline(deadline)
        self._patience = patience or Patience()
        self._transport = Transport(self._patience.silence)
        self._paces = Paces()
        self._shared = Shared()
        self._readers: dict[tuple[str, str], Reader] = {}
        self._told, self._folder = told, folder
        self.entrances: dict[str, Entrance] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadline.stop()
        for reader in self._readers.values():
            await reader.close()
        await self._transport.close()

    async def answer(self, request: Request) -> Answer:
        """What the service says. A fault of the network, the service or the credential is an answer too: Failed.

        :raises LookupError: no connection has the request's place; and other exceptions for other faults of ours.
        """
        reader = self._reader(request)
        at, began = datetime.now(UTC), time.monotonic()
        self.statistics[request.place].begin()
        left = self._deadline.left()
        outcome: Whole | Gone | NoAnswer
        limit = asyncio.timeout(None if math.isinf(left) else left)
        try:
            async with limit:
                outcome = await reader.read(request)
        except NoAnswer as error:
            outcome = error
        except TimeoutError:
            if not limit.expired() or self._deadline.seconds is None:
                raise
            text = f"the deadline of {self._deadline.seconds:g} s passed"
            if self.statistics[request.place].throttled:
                text += ", while the service refused requests for haste"
            outcome = NoAnswer(text, "run again later, or with a longer deadline")
        seconds = time.monotonic() - began
        self.statistics[request.place].end()
        match outcome:
            case Whole():
                return Answered(self._shared.share(outcome.document), outcome.pages, at, seconds)
            case Gone():
                return Nothing(at, seconds)
            case NoAnswer():
                return Failed(outcome.cause, outcome.remedy, at, seconds, outcome.refused, outcome.denied)

    async def enter(self, place: str) -> Entrance:
        """Sign in to a place, without reading anything there, and say how it ended.

        :raises LookupError: no connection has this place.
        """
        family = "aws" if self._connections[place].region else "graph"
        reader = self._open_once(place, family)
        left = self._deadline.left()
        try:
            async with asyncio.timeout(None if math.isinf(left) else left):
                await reader.enter()
        except NoAnswer as error:
            self.entrances.setdefault(place, Entrance(place, refused=error.cause, remedy=error.remedy))
        except TimeoutError:
            text = f"the deadline of {self._deadline.seconds:g} s passed"
            self.entrances.setdefault(place, Entrance(place, refused=text, remedy="run again later"))
        return self.entrances[place]

    def _entered(self, entrance: Entrance) -> None:
        first = entrance.place not in self.entrances
        self.entrances[entrance.place] = entrance
        if first:
            self._told(entrance)

    def _reader(self, request: Request) -> Reader:
        family = request.service if request.service in {"graph", "web"} else "aws"
        return self._open_once(request.place, family)

    def _open_once(self, place: str, family: str) -> Reader:
        key = (place, family)
        if key not in self._readers:
            self._readers[key] = self._open(self._connections[place], family)
        return self._readers[key]

    def _open(self, connection: Connection, family: str) -> Reader:
        transport, statistics = self._transport, self.statistics[connection.place]
        patience, deadline, paces = self._patience, self._deadline, self._paces
        match family:
            case "graph":
                return Graph(
                    connection,
                    transport,
                    patience=patience,
                    deadline=deadline,
                    statistics=statistics,
                    paces=paces,
                    told=self._entered,
                    folder=self._folder,
                )
            case "web":
                return Web(connection, transport, patience=patience, deadline=deadline, statistics=statistics)
            case _:
                return Aws(
                    connection,
                    transport,
                    patience=patience,
                    deadline=deadline,
                    statistics=statistics,
                    paces=paces,
                    told=self._entered,
                )
