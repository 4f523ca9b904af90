"""GETs over HTTP/1.1 by aiohttp: for the large pages of one collection, one after the other.

httpx looks at every 16 kB that TLS unwraps, through several layers, and over HTTP/2 at every frame besides; and it
takes every address apart, letter by letter. Of reading 100,000 users that is half of the processor's time (measured).
Many small answers at once are better off with HTTP/2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import httpx
import yarl

from xtcheck.clients.batch import UNCHANGED
from xtcheck.clients.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.connector import Connection

PLAIN = re.compile(UNCHANGED, re.ASCII)


class Response(aiohttp.ClientResponse):
    """A response whose connection ends at once where the response does not come whole.

    aiohttp would say goodbye over TLS and wait for an answer, longer than the event loop runs.
    """

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        with _aborted(connection):
            return await super().start(connection)


@contextmanager
def _aborted(connection: Connection | None) -> Iterator[None]:
    transport = connection.transport if connection else None
    try:
        yield
    except BaseException:
        if transport:
            transport.abort()
        raise


class Carriage:
    """Carries GETs over a session, which is closed with it; ``proxy`` tells a host's proxy, if it has one."""

    def __init__(self, session: aiohttp.ClientSession, proxy: Callable[[str], str | None]) -> None:
        self._session = session
        self._proxy = proxy

    async def get(self, url: str, headers: Mapping[str, str]) -> Reply:
        """The reply, read whole.

        :raises httpx.RequestError: there is none; its cause says why.
        :raises NoAnswer: the proxy cannot be used.
        """
        # A next link is opaque: nothing in it is encoded anew.
        address = yarl.URL(url if PLAIN.fullmatch(url) else str(httpx.URL(url)), encoded=True)
        try:
            proxy = self._proxy(address.host or "")
            async with self._session.get(address, headers=headers, allow_redirects=False, proxy=proxy) as response:
                with _aborted(response.connection):
                    body = await response.read()
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise httpx.TransportError(str(error)) from error
        lower = {name.lower(): text for name, text in response.headers.items()}
        if "content-encoding" in lower:
            body = httpx.Response(response.status, headers=list(response.raw_headers), content=body).content
        return Reply(response.status, lower, body)

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()
