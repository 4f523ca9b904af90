"""The sandbox's one port: routes each request to its service, logs it, and lets faults act on it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, Protocol
from urllib.parse import unquote, unquote_plus

from xtcheck.sandbox import admin, effects, engines, faults, graph, login
from xtcheck.sandbox.graph import batch
from xtcheck.sandbox.log import Entry, said
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Handler(Protocol):
    """One emulated service; None means that it does not know the route."""

    async def __call__(self, request: Request, state: State) -> Response | None: ...


class Dispatcher:
    """The ASGI application over one state."""

    def __init__(self, state: State, admin_token: str) -> None:
        self.state = state
        self.admin_token = admin_token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3, HTTP only)."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request.path.startswith("/_admin/"):
            await _send(send, admin.handle(request, self.state, self.admin_token))
            return
        with self.state.lock:
            engines.run_due(self.state)
        service = service_of(request.path)
        entry = _open(request, self.state, service)
        do = self.state.faults.take(entry)
        if await self._suffers(do, entry, receive, send):
            return
        response = await self._answer(request, service, entry, do)
        if await self._suffers(entry.wire, entry, receive, send):
            return
        self.state.log.close(entry, response.status)
        deeds = {**entry.wire, **do}
        await _send(send, response, cut=bool(deeds.get("cut") or deeds.get("stall-in-body")))
        if deeds.get("stall-in-body"):
            await receive()

    async def _suffers(self, do: dict[str, Json], entry: Entry, receive: Receive, send: Send) -> bool:
        """Delay the answer; True when there will be none, because the connection is reset or falls silent.

        What is lost is carried out first, and suffers what is left of it afterwards.
        """
        if do.get("delay"):
            await asyncio.sleep(do["delay"])
        if do.get("lost") or not (do.get("reset") or do.get("stall")):
            return False
        self.state.log.close(entry, 0)
        await _abandon(receive, send, at_once=bool(do.get("reset")))
        return True

    async def _answer(self, request: Request, service: str, entry: Entry, do: faults.Deed) -> Response:
        if set(do) & faults.BY_SERVICE:
            entry.facts["by-service"] = {kind: do[kind] for kind in faults.BY_SERVICE if kind in do}
        response = await effects.answered(do, entry, self.state, lambda: _serve(request, self.state, service))
        link = f"{request.base}{request.path}" + (f"?{request.query}" if request.query else "")
        response = faults.spoil(do, response, link=link if service == "graph" else _aws_token(request))
        if "skew" in do:
            response.headers["date"] = formatdate(time.time() + do["skew"], usegmt=True)
        self.state.log.leads_on(entry, response)
        return response


def service_of(path: str) -> str:
    """The service that a path belongs to; for AWS the name of the service itself."""
    first, _, rest = path.lstrip("/").partition("/")
    match first:
        case "graph" | "scim" | "portal":
            return first
        case "aws":
            return rest.partition("/")[0]
    return "login"


async def _serve(request: Request, state: State, service: str) -> Response:
    handler: Handler
    match service:
        case "graph":
            handler = graph.handle
        case "login":
            handler = login.handle
        case "scim":
            from xtcheck.sandbox import scim

            handler = scim.handle
        case _:
            from xtcheck.sandbox import aws

            handler = aws.handle
    response = await handler(request, state)
    if response is None:
        text = f"the sandbox does not emulate {request.method} {request.path}"
        return Response.of_json({"error": {"code": "NotImplemented", "message": text}}, 501)
    return response


async def _read(scope: Message, receive: Receive) -> Request:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    raw = (scope.get("raw_path") or scope["path"].encode()).split(b"?")[0].decode("latin-1")
    # Repeated slashes are folded before decoding: an encoded slash is part of a name.
    path = unquote(re.sub(r"/{2,}", "/", raw))
    host = headers.get("host") or "{}:{}".format(*scope["server"])
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers, b"".join(parts), f"{scope['scheme']}://{host}", raw)


def _open(request: Request, state: State, service: str) -> Entry:
    """The log's entry of a request, as far as it can be known without asking the service."""
    path = request.path + (f"?{unquote_plus(request.query)}" if request.query else "")
    tenant: str | None = None
    write = request.method not in ("GET", "HEAD", "OPTIONS")
    token: str | None = None
    match service:
        case "graph":
            path = path.removeprefix("/graph")
            tenant = graph.tenant_alias(request, state)
            write = write and not batch.only_reads(request)
            token = request.base + request.path + "?" + request.query
        case "login":
            found = state.tenant(request.path.lstrip("/").partition("/")[0])
            tenant, write = found[0] if found else None, False
        case "scim":
            from xtcheck.sandbox import scim

            identifier, _, write = scim.describe(request, state)
            tenant = _of_scim(state, identifier)
        case _:
            from xtcheck.sandbox import aws

            tenant, operation, write = aws.describe(request, state)
            path = operation if service != "portal" else path
            token = _aws_token(request)
    entry = state.log.open(service, tenant, request.method, path)
    if write:
        entry.facts |= said(request)
    entry.write, entry.page = write, state.log.page_of(token) if token and _continues(request, service) else 1
    start, count = request.parameter("startIndex"), request.parameter("count")
    if service == "scim" and start and start.isdigit() and count and count.isdigit():
        entry.page = 1 + (int(start) - 1) // max(int(count), 1)
    return entry


def _continues(request: Request, service: str) -> bool:
    return service != "graph" or "skiptoken=" in request.query


def _aws_token(request: Request) -> str | None:
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return None
    token = (document.get("NextToken") or document.get("nextToken")) if isinstance(document, dict) else None
    return token if isinstance(token, str) else None


def _of_scim(state: State, identifier: str | None) -> str | None:
    """The AWS entry that has a SCIM tenant."""
    return next((alias for alias, entry in state.tree["aws"].items() if entry["scim"]["tenant"] == identifier), None)


async def _send(send: Send, response: Response, *, cut: bool = False) -> None:
    """Send an answer; ``cut`` announces all of it and sends half: the server closes the connection when we return."""
    stamped = {"date": formatdate(usegmt=True)} | response.headers
    headers = [(name.encode(), value.encode("latin-1")) for name, value in stamped.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    if response.status in (204, 304):
        headers = headers[:-1]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if cut:
        await send({"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": response.body})


async def _abandon(receive: Receive, send: Send, *, at_once: bool) -> None:
    """Never answer: close the connection now, or hold it until the client gives up."""
    if at_once:
        # ASGI knows no way to close without an answer: uvicorn's cycle, whose method ``send`` is, has the transport.
        cycle: Any = getattr(send, "__self__")  # noqa: B009
        cycle.transport.abort()
    await receive()
