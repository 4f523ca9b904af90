"""The ways of writing into all places, opened when they are first needed. Only remediation may import this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from xtcheck.answers import Entrance
from xtcheck.clients.aws_writer import AwsWriter
from xtcheck.clients.exchange import Patience
from xtcheck.clients.graph_writer import GraphWriter
from xtcheck.clients.outcome import NoAnswer
from xtcheck.clients.pace import Paces
from xtcheck.clients.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from xtcheck.connection import Connection
    from xtcheck.writing import Told, Write


class Writer(Protocol):
    """One place's way to write."""

    async def enter(self) -> None:
        """Sign in, unless it has happened.

        :raises NoAnswer: nobody gets in, or somebody of another tenant or account.
        """

    async def write(self, write: Write) -> Told:
        """Send one write, and say what came of it."""

    async def close(self) -> None:
        """Release what it holds."""


class Writers:
    """An async context manager. ``connections`` are those of config.yml with the credentials that write."""

    def __init__(self, connections: Mapping[str, Connection], *, patience: Patience | None = None) -> None:
        self._connections = connections
        self._patience = patience or Patience()
        self._transport = Transport(self._patience.silence)
        self._paces = Paces()
        self._writers: dict[str, Writer] = {}
        self._entrances: dict[str, Entrance] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            await writer.close()
        await self._transport.close()

    async def enter(self, place: str) -> Entrance:
        """Sign in to a place, without writing anything, and say how it ended.

        :raises LookupError: no connection has this place.
        """
        try:
            await self._writer(place).enter()
        except NoAnswer as error:
            return Entrance(place, refused=error.cause, remedy=error.remedy)
        return self._entrances[place]

    async def write(self, write: Write) -> Told:
        """Send one write, and say what came of it.

        :raises LookupError: no connection has its place; and ValueError for other faults of ours.
        """
        return await self._writer(write.place).write(write)

    def _told(self, entrance: Entrance) -> None:
        self._entrances[entrance.place] = entrance

    def _writer(self, place: str) -> Writer:
        if place not in self._writers:
            self._writers[place] = self._open(self._connections[place])
        return self._writers[place]

    def _open(self, connection: Connection) -> Writer:
        if connection.region:
            return AwsWriter(connection, self._transport, patience=self._patience, paces=self._paces, told=self._told)
        return GraphWriter(connection, self._transport, patience=self._patience, paces=self._paces, told=self._told)
