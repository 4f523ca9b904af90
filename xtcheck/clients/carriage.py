"""HTTP/1.1 by aiohttp under the interface of httpx: for the large pages of one collection, one after the other.

httpx looks at every 16 kB that TLS unwraps, through several layers, and over HTTP/2 at every frame besides. Of reading
100,000 users that is half of the processor's time (measured). Many small answers at once are better off with HTTP/2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import httpx
import yarl

if TYPE_CHECKING:
    from aiohttp.connector import Connection


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


class Carriage(httpx.AsyncBaseTransport):
    """Carries requests over a session, which is closed with it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response, read whole.

        :raises httpx.TransportError: there is none; its cause says why.
        """
        # A next link is opaque: nothing in it is encoded anew.
        url = yarl.URL(str(request.url), encoded=True)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        body = await request.aread()
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=body or None, allow_redirects=False
            ) as response:
                with _aborted(response.connection):
                    content = await response.read()
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise httpx.TransportError(str(error), request=request) from error
        return httpx.Response(response.status, headers=list(response.raw_headers), content=content, request=request)

    async def aclose(self) -> None:
        await self._session.close()
