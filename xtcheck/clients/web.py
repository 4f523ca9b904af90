"""Public documents of the web, read by anyone: no credential, no cookie, no redirect to another host."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from xtcheck.clients.exchange import Exchange, Patience, Reply
from xtcheck.clients.outcome import Gone, NoAnswer, Whole, one_line
from xtcheck.clients.pace import Pace

if TYPE_CHECKING:
    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.statistics import Statistics
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection
    from xtcheck.model import Request

AT_ONCE = 4
HOPS = 2
"""How often a redirect within the host is followed: the access portal may only add a slash."""
REDIRECTS = frozenset({301, 302, 307, 308})
LIMIT = 8 * 2**20
"""Bytes of the largest document that is taken; a federation metadata document has some dozens of thousands."""


class Web:
    """The anonymous reads that one place needs."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        deadline: Deadline,
        statistics: Statistics,
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._exchange = Exchange(connection.place, patience=patience, deadline=deadline, statistics=statistics)
        self._statistics = statistics
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._pace = Pace()

    async def read(self, request: Request) -> Whole | Gone:
        """The text of the document.

        :raises NoAnswer: it could not be read whole.
        """
        url = self._url(request.operation)
        reply = await self._exchange.get(lambda: self._send(url), url, self._pace)
        for _ in range(HOPS):
            there = urljoin(url, reply.headers.get("location", ""))
            if reply.status not in REDIRECTS or urlsplit(there)[:2] != urlsplit(url)[:2]:
                break
            reply = await self._exchange.get(partial(self._send, there), there, self._pace)
        if str(reply.status) in request.absent:
            return Gone()
        if reply.status != 200:
            hint = ": a redirect, which is not followed" if 300 <= reply.status < 400 else ""
            raise NoAnswer(f"status {reply.status}{hint}", f"check the address {url}")
        try:
            return Whole(reply.body.decode())
        except UnicodeDecodeError as error:
            raise NoAnswer(f"the document is not UTF-8 (byte {error.start})", f"check the address {url}") from error

    async def enter(self) -> None:
        """Nobody signs in to read what is public."""

    async def close(self) -> None:
        """Nothing is this place's own: the connections are shared."""

    def _url(self, operation: str) -> str:
        """A URL as it is; ``login:/path`` is the path at that endpoint of the connection, which may be replaced.

        ``portal:/name`` is the start page of the access portal of that name.
        """
        found = re.match(r"([a-z-]+):(/(?!/).*)", operation)
        if found is None:
            return operation
        name, path = found.groups()
        match name:
            case "login":
                return f"{self._connection.login}{path}"
            case "portal":
                return self._portal(path.removeprefix("/"))
            case _:
                return f"{self._connection.endpoints[name].rstrip('/')}{path}"

    def _portal(self, name: str) -> str:
        url = self._connection.portal(name)
        if not url:
            place, region = self._connection.place, self._connection.region
            hint = f"declare what stands before its name: endpoints: {{portal: …}} of {place}"
            raise NoAnswer(f"the address of access portals in {region} is not known", hint)
        return url

    async def _send(self, url: str) -> Reply:
        pool = self._transport.pool(url, self._connection.ca_bundle, self._connection.place)
        parts: list[bytes] = []
        async with self._turns:
            await self._pace.free()
            async with pool.stream("GET", url) as response:
                async for part in response.aiter_bytes():
                    parts.append(part)
                    if sum(map(len, parts)) > LIMIT:
                        text = f"the document is larger than {LIMIT} bytes"
                        raise NoAnswer(text, f"check the address {one_line(url)}")
        self._statistics.bytes += sum(map(len, parts))
        headers = {name.lower(): text for name, text in response.headers.items()}
        return Reply(response.status_code, headers, b"".join(parts))
