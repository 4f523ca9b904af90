"""Microsoft Graph of one tenant, read through msgraph-sdk's request adapter: raw JSON, complete or not at all."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from xtcheck.clients.entra_credentials import scope
from xtcheck.clients.exchange import Exchange, Patience, Reply
from xtcheck.clients.graph_document import document_of, error_of
from xtcheck.clients.graph_failures import lacks_permission, refusal
from xtcheck.clients.outcome import Gone, Whole
from xtcheck.clients.paging import Pages, refuse_rest
from xtcheck.clients.sign_in import SignIn

if TYPE_CHECKING:
    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.statistics import Statistics
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection
    from xtcheck.model import Request

AT_ONCE = 4
"""Requests of one tenant side by side: a whole read is some dozens, and the budget is per app and tenant."""

BETA = "beta:"


class Graph:
    """The reads of one tenant. Nothing here can send anything but GET."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        deadline: Deadline,
        statistics: Statistics,
    ) -> None:
        self.sign_in = SignIn(connection)
        self._connection = connection
        self._transport = transport
        self._exchange = Exchange(
            connection.place, at_once=AT_ONCE, patience=patience, deadline=deadline, statistics=statistics
        )
        self._lazy: Any = None

    async def read(self, request: Request) -> Whole | Gone:
        """The document, or all items of the collection.

        :raises NoAnswer: it could not be read whole.
        """
        url = self._url(request.operation)
        headers = {"ConsistencyLevel": "eventual"} if "$count=true" in request.operation else {}
        reply = await self._get(url, headers)
        if request.absent and reply.status >= 400 and _is_absence(reply, request.absent):
            return Gone()
        document = document_of(self._granted(reply, url))
        if not request.many:
            refuse_rest(document)
            return Whole(document)
        pages = Pages(url)
        while link := pages.add(document):
            document = document_of(self._granted(await self._get(link, headers), link))
        return pages.whole()

    async def close(self) -> None:
        """Close what only this tenant uses."""
        await self.sign_in.close()

    def _url(self, operation: str) -> str:
        version, path = ("beta", operation.removeprefix(BETA)) if operation.startswith(BETA) else ("v1.0", operation)
        if not path.startswith("/"):
            raise ValueError(f"a Graph operation begins with / or {BETA}/, not {operation!r}")
        return f"{self._connection.graph}/{version}{path}"

    async def _get(self, url: str, headers: dict[str, str]) -> Reply:
        """The reply; a token that is refused is replaced by a fresh one, once."""
        generation = self.sign_in.generation
        reply = await self._exchange.get(lambda: self._send(url, headers), url)
        if reply.status == 401 and not lacks_permission(url, error_of(reply)) and await self.sign_in.renew(generation):
            reply = await self._exchange.get(lambda: self._send(url, headers), url)
        return reply

    async def _send(self, url: str, headers: dict[str, str]) -> Reply:
        from kiota_abstractions.method import Method
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_abstractions.request_information import RequestInformation
        from kiota_http.middleware.options import ResponseHandlerOption

        information = RequestInformation()
        information.http_method = Method.GET
        information.url = url
        own = {"Accept": "application/json", "client-request-id": str(uuid.uuid4()), "x-ms-throttle-priority": "low"}
        for name, value in {**own, **headers}.items():
            information.headers.add(name, value)
        information.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        response = await self._adapter().send_primitive_async(information, "bytes", {})
        lower = {name.lower(): text for name, text in response.headers.items()}
        return Reply(response.status_code, lower, response.content)

    def _adapter(self) -> Any:
        """msgraph-sdk's adapter on our pool, so without its middleware: that follows other hosts, and paces badly."""
        if self._lazy is None:
            from kiota_authentication_azure.azure_identity_authentication_provider import (
                AzureIdentityAuthenticationProvider,
            )
            from msgraph import GraphRequestAdapter

            root = self._connection.graph
            pool = self._transport.pool(root, self._connection.ca_bundle, self._connection.place)
            provider = AzureIdentityAuthenticationProvider(
                self.sign_in,
                scopes=[scope(self._connection)],
                allowed_hosts=[urlsplit(root).hostname or ""],
                is_cae_enabled=False,
            )
            self._lazy = GraphRequestAdapter(provider, client=pool)
            self._lazy.base_url = f"{root}/v1.0"
        return self._lazy

    def _granted(self, reply: Reply, url: str) -> Reply:
        """The reply, when it is a success with content.

        :raises NoAnswer: it is anything else.
        """
        if reply.status == 200:
            return reply
        raise refusal(reply, url, self._connection.place)


def _is_absence(reply: Reply, absent: frozenset[str]) -> bool:
    """Only the service's own error says that there is nothing; a proxy's page with the same status does not."""
    error = error_of(reply)
    return bool(error.code) and (str(reply.status) in absent or error.code in absent)
