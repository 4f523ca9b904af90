"""Microsoft Graph of one tenant, read through msgraph-sdk's request adapter: raw JSON, complete or not at all."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from xtcheck.clients import columns
from xtcheck.clients.batch import Batches, Get
from xtcheck.clients.entra_credentials import scope
from xtcheck.clients.exchange import Exchange, Patience, Reply
from xtcheck.clients.graph_adapter import adapter_of
from xtcheck.clients.graph_document import document_of, error_of
from xtcheck.clients.graph_failures import lacks_permission, refusal
from xtcheck.clients.limits import units
from xtcheck.clients.outcome import Gone, Whole
from xtcheck.clients.pace import Pace, Paces
from xtcheck.clients.paging import Pages, refuse_rest
from xtcheck.clients.sign_in import SignIn

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.answers import Entrance
    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.statistics import Statistics
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection
    from xtcheck.model import Request

AT_ONCE = 4
"""Requests or batches of one tenant side by side: a whole read is some dozens of GETs."""

BETA = "beta:"


class Graph:
    """The reads of one tenant. Nothing here can send anything but GETs, singly or in batches."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        deadline: Deadline,
        statistics: Statistics,
        paces: Paces,
        told: Callable[[Entrance], None],
        folder: Callable[[], Path],
    ) -> None:
        """``folder`` is where tables are kept."""
        self._folder = folder
        self.sign_in = SignIn(connection, transport, told)
        self._connection = connection
        self._transport = transport
        self._exchange = Exchange(connection.place, patience=patience, deadline=deadline, statistics=statistics)
        self._statistics = statistics
        self._paces = paces
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._batches: dict[tuple[str, Pace, bool], Batches] = {}
        self._lazy: Any = None
        self._signed: tuple[str, Mapping[str, str]] = ("", {})
        """A token, and the headers of a request that the adapter has signed with it."""

    async def read(self, request: Request) -> Whole | Gone:
        """The document, or all items of the collection.

        :raises NoAnswer: it could not be read whole.
        """
        operation = request.address
        headers = {"ConsistencyLevel": "eventual"} if "$count=true" in operation else {}
        if request.columns:
            return await self._columns(request, operation, headers)
        get = Get(self._url(operation), headers, units(operation))
        reply = await self._get(get, operation)
        if request.absent and reply.status >= 400 and _is_absence(reply, request.absent):
            return Gone()
        document = document_of(self._granted(reply, get.url))
        if not request.many:
            refuse_rest(document)
            return Whole(document)
        pages = Pages(get.url)
        while link := pages.add(document):
            get = Get(link, headers, units(operation), alone=True)
            document = document_of(self._granted(await self._get(get, operation), link))
        return pages.whole()

    async def _columns(self, request: Request, operation: str, headers: Mapping[str, str]) -> Whole:
        """All items of the collection on disk; every page of it goes alone, but for the first of what may be small."""
        first, known = self._url(operation), dict[str, Reply]()

        async def fetch(url: str) -> Reply:
            if url in known:
                return known.pop(url)
            get = Get(url, headers, units(operation), alone=True)
            return self._granted(await self._get(get, operation, large=True), url)

        if _is_of_one(operation):
            get = Get(first, headers, units(operation))
            known[first] = self._granted(await self._get(get, operation), first)
        path = self._folder() / f"{request.place}.{uuid.uuid4().hex}"
        async with self._transport.tables:
            return await columns.read(request.columns, first, fetch, path)

    async def enter(self) -> None:
        """Get the token.

        :raises NoAnswer: there is none.
        """
        await self.sign_in.get_token(scope(self._connection))

    async def close(self) -> None:
        """Close what only this tenant uses."""
        for batches in self._batches.values():
            await batches.close()

    def _url(self, operation: str) -> str:
        path = operation.removeprefix(BETA)
        if not path.startswith("/"):
            raise ValueError(f"a Graph operation begins with / or {BETA}/, not {operation!r}")
        return f"{self._root(operation)}{path}"

    def _root(self, operation: str) -> str:
        """The address of the version that an operation belongs to."""
        return f"{self._connection.graph}/{'beta' if operation.startswith(BETA) else 'v1.0'}"

    async def _get(self, get: Get, operation: str, *, large: bool = False) -> Reply:
        """The reply; a token that is refused is replaced by a fresh one, once."""
        generation = self.sign_in.generation
        pace = self._paces.of(self._connection.place, "graph", operation, limited=self._connection.limited)
        batches = self._carrier(self._root(operation), pace, large=large)
        reply = await self._exchange.get(lambda: batches.get(get), get.url, pace)
        if reply.status != 401 or lacks_permission(get.url, error_of(reply)):
            return reply
        if await self.sign_in.renew(generation):
            reply = await self._exchange.get(lambda: batches.get(get), get.url, pace)
        return reply

    def _carrier(self, root: str, pace: Pace, *, large: bool) -> Batches:
        """What carries the GETs of one version and one pace: batches mix neither."""
        key = (root, pace, large)
        if key not in self._batches:
            send = self._send_page if large else self._send
            self._batches[key] = Batches(root, send, self._slots, pace, self._statistics)
        return self._batches[key]

    async def _send(self, url: str, headers: Mapping[str, str], batch: bytes | None = None) -> Reply:
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_http.middleware.options import ResponseHandlerOption

        information = _information(url, headers, batch)
        information.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        response = await self._adapter().send_primitive_async(information, "bytes", {})
        lower = {name.lower(): text for name, text in response.headers.items()}
        self._statistics.bytes += len(response.content)
        return Reply(response.status_code, lower, response.content)

    async def _send_page(self, url: str, headers: Mapping[str, str], batch: bytes | None = None) -> Reply:
        """One page of a large collection.

        The adapter makes and signs one request for each token, whose headers all pages are asked for with: to make one
        for each page is a fifth of what reading takes (measured).
        """
        if batch is not None:
            raise ValueError("a page is no batch")
        token = (await self.sign_in.get_token(scope(self._connection))).token
        if self._signed[0] != token:
            request = await self._adapter().convert_to_native_async(_information(url, {}))
            self._signed = (token, dict(request.headers))
        carriage = self._transport.carriage(self._connection.ca_bundle, self._connection.place)
        reply = await carriage.get(url, {**self._signed[1], "client-request-id": str(uuid.uuid4()), **headers})
        self._statistics.bytes += len(reply.body)
        return reply

    def _adapter(self) -> Any:
        if self._lazy is None:
            self._lazy = adapter_of(self._connection, self._transport, self.sign_in)
        return self._lazy

    def _granted(self, reply: Reply, url: str) -> Reply:
        """The reply, when it is a success with content.

        :raises NoAnswer: it is anything else.
        """
        if reply.status == 200:
            return reply
        raise refusal(reply, url, self._connection.place)


def _is_of_one(operation: str) -> bool:
    """Whether a collection is one object's, as the members of a group: most of these are small, and there are many."""
    return operation.partition("?")[0].count("/") > 1


def _information(url: str, headers: Mapping[str, str], batch: bytes | None = None) -> Any:
    """A GET, or with a body the batch that the body is, for the adapter."""
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation

    information = RequestInformation()
    information.http_method = Method.GET if batch is None else Method.POST
    information.url = url
    own = {"Accept": "application/json", "client-request-id": str(uuid.uuid4()), "x-ms-throttle-priority": "low"}
    if batch is not None:
        information.content = batch
        own["Content-Type"] = "application/json"
    for name, value in {**own, **headers}.items():
        information.headers.add(name, value)
    return information


def _is_absence(reply: Reply, absent: frozenset[str]) -> bool:
    """Only the service's own error says that there is nothing; a proxy's page with the same status does not."""
    error = error_of(reply)
    return bool(error.code) and (str(reply.status) in absent or error.code in absent)
