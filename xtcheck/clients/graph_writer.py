"""Writes to Microsoft Graph in one tenant: one call at a time, each sent once.

Only remediation builds it; nothing that reads can.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xtcheck.clients import limits, network
from xtcheck.clients.entra_credentials import scope
from xtcheck.clients.exchange import PASSING, Patience, Reply, retry_after
from xtcheck.clients.graph_adapter import adapter_of
from xtcheck.clients.graph_document import error_of
from xtcheck.clients.graph_failures import lacks_permission, refusal
from xtcheck.clients.outcome import NoAnswer
from xtcheck.clients.sign_in import SignIn
from xtcheck.connection import Secret
from xtcheck.errors import XtcheckError
from xtcheck.hiding import discreet, hiding
from xtcheck.writing import Done, Lost, Refused, Told, Write

if TYPE_CHECKING:
    from xtcheck.answers import Entrance
    from xtcheck.clients.pace import Paces
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection

Json = Any

VERBS = frozenset({"POST", "PATCH", "PUT", "DELETE"})
BUSY = frozenset({409, 423})
"""Statuses of an object that is just being changed, or that is still new."""
UNSENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")
"""httpx's classes for a request of which nothing has left: a proxy that opens no tunnel lets nothing through."""
LOOK = "it is looked at again"


class GraphWriter:
    """The writes of one tenant."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        paces: Paces,
        told: Callable[[Entrance], None],
    ) -> None:
        self._connection, self._transport, self._patience = connection, transport, patience
        self._sign_in = SignIn(connection, transport, told)
        self._pace = paces.of(connection.place, limits.GRAPH_WRITES, "", limited=connection.limited)
        self._lazy: Any = None

    async def enter(self) -> None:
        """Get the token.

        :raises NoAnswer: there is none, or it is another tenant's.
        """
        await self._sign_in.get_token(scope(self._connection))

    async def write(self, write: Write) -> Told:
        """Send it once, and say what came of it. Who asks decides whether to send it again: that takes a look first.

        :raises ValueError: it is no write of Graph, or something in it is not known yet: a fault of ours.
        """
        import httpx

        if write.verb not in VERBS or not write.operation.startswith("/") or "{" in write.operation:
            raise ValueError(f"{write} cannot be sent")
        try:
            texts = {str(secret): secret.reveal() for secret in map(Secret, write.secrets)}
        except XtcheckError as error:
            return Refused(str(error), "set it before the run", (), "unsent")
        generation = self._sign_in.generation
        await self._pace.free()
        await self._pace.turn()
        named = write.request or str(uuid.uuid4())
        try:
            reply = await self._send(write, named, texts)
        except NoAnswer as error:  # signing in, before anything has left
            return Refused(error.cause, error.remedy, (), "sign-in")
        except httpx.RequestError as error:
            fault = network.explain(error, self._connection.graph, self._connection.place)
            if type(error).__name__ in UNSENT:
                return Refused(fault.cause, fault.remedy, (), "unsent", passing=fault.passing)
            return Lost(fault.cause, LOOK, (named,), passing=fault.passing)
        with hiding({text: name for name, text in texts.items()}):
            return _without(await self._understood(write, reply, (named,), generation), texts)

    async def close(self) -> None:
        """Nothing is held that the transport does not hold."""

    async def _understood(self, write: Write, reply: Reply, sent: tuple[str, ...], generation: int) -> Told:
        error = error_of(reply)
        if reply.status in (200, 201, 202, 204) or (write.verb == "DELETE" and reply.status == 404 and error.code):
            return Done(sent)
        said = refusal(reply, self._url(write), self._connection.place)
        if reply.status == 401 and not lacks_permission(self._url(write), error):
            # Whoever is not known has nothing done for him (RFC 9110 §15.5.2); with a new token he may be.
            renewed = await self._sign_in.renew(generation)
            return Refused(said.cause, said.remedy, sent, error.code, passing=renewed)
        told = retry_after(reply.headers.get("retry-after", ""), datetime.now(UTC)) or 0.0
        after = min(told, self._patience.longest)
        if reply.status in PASSING:
            if reply.status == 429:
                self._pace.hold(after or self._patience.backoff(1, self._patience.first))
            return Lost(f"{error}", LOOK, sent, busy=reply.status in (429, 503), after=after)
        return Refused(
            said.cause, said.remedy, sent, error.code, passing=reply.status in BUSY, after=after, denied=said.denied
        )

    def _url(self, write: Write) -> str:
        return f"{self._connection.graph}/v1.0{write.operation}"

    def _referring(self, body: Json) -> Json:
        """A body whose references to objects are addresses in the tenant's own cloud, as Graph wants them."""
        reference = body.get("@odata.id") if isinstance(body, dict) else None
        if not isinstance(reference, str) or not reference.startswith("/"):
            return body
        return {**body, "@odata.id": f"{self._connection.graph}/v1.0{reference}"}

    async def _send(self, write: Write, request_id: str, texts: Mapping[str, str]) -> Reply:
        from kiota_abstractions.method import Method
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_abstractions.request_information import RequestInformation
        from kiota_http.middleware.options import ResponseHandlerOption

        information = RequestInformation()
        information.http_method = Method[write.verb]
        information.url = self._url(write)
        headers = {"Accept": "application/json", "client-request-id": request_id}
        if write.body is not None:
            information.content = json.dumps(_revealed(self._referring(write.body), texts)).encode()
            headers["Content-Type"] = "application/json"
        for name, value in headers.items():
            information.headers.add(name, value)
        information.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        if self._lazy is None:
            self._lazy = adapter_of(self._connection, self._transport, self._sign_in)
        response = await self._lazy.send_primitive_async(information, "bytes", {})
        lower = {name.lower(): text for name, text in response.headers.items()}
        return Reply(response.status_code, lower, response.content)


def _revealed(body: Json, texts: Mapping[str, str]) -> Json:
    """The body with the secrets themselves in the place of their names; a text that only contains one is left."""
    match body:
        case dict() if texts:
            return {name: _revealed(value, texts) for name, value in body.items()}
        case list() if texts:
            return [_revealed(value, texts) for value in body]
        case str():
            return texts.get(body, body)
    return body


def _without(told: Told, texts: Mapping[str, str]) -> Told:
    """What was said, with the names of secrets in their place, however short, should a service repeat one."""
    if isinstance(told, Done):
        return told
    for name, text in texts.items():
        told = replace(told, cause=told.cause.replace(text, name), remedy=told.remedy.replace(text, name))
    return replace(told, cause=discreet(told.cause), remedy=discreet(told.remedy))
