"""JSON batches of Microsoft Graph: up to twenty requests in one, each answered, faulted and logged by itself.

https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, unquote_plus

from xtcheck.sandbox import effects, faults
from xtcheck.sandbox.graph import errors
from xtcheck.sandbox.graph.router import CONTENT_TYPE
from xtcheck.sandbox.log import Entry, current, said
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

LIMIT = 20
SHOWN = ("content-type", "retry-after", "location")
"""Headers of an item's answer that the batch hands on."""

Handle = Callable[[Request, State], Awaitable[Response | None]]


def only_reads(request: Request) -> bool:
    """Whether a POST is a batch that only reads."""
    if request.method != "POST" or not request.path.endswith("/$batch"):
        return False
    try:
        items = request.json()["requests"]
        return all(str(item["method"]).upper() == "GET" for item in items)
    except (ValueError, TypeError, KeyError):
        return False


async def run(request: Request, state: State, alias: str, handle: Handle) -> Response:
    """Answer every item; the answers come in another order, each with its own status."""
    statuses: dict[str, int] = {}
    answers = []
    log: list[Json] = []
    outer = current.get()
    for item in _items(request):
        identifier = str(item["id"])
        failed = [name for name in item.get("dependsOn", ()) if statuses.get(str(name), 424) >= 400]
        entry = _entry(item, request, state, alias)
        response = _failed_dependency() if failed else await _answered(item, entry, request, state, handle)
        outer.wire |= entry.wire
        entry.status = statuses[identifier] = response.status
        log.append(entry.document())
        answers.append(_shown(identifier, response))
    current.set(outer)
    outer.facts["items"] = log
    return Response.of_json({"responses": answers[::-1]}, content_type=CONTENT_TYPE)


def _items(request: Request) -> list[Json]:
    try:
        items: list[Json] = request.json()["requests"]
        ids = [str(item["id"]).lower() for item in items]
        complete = all(isinstance(item["url"], str) and isinstance(item["method"], str) for item in items)
    except (ValueError, TypeError, KeyError) as error:
        raise errors.bad("Invalid batch payload format.", "BadRequest") from error
    if len(items) > LIMIT:
        message = f"Number of batch request steps exceeds the maximum value of {LIMIT}."
        raise errors.bad(message, "MaximumValueExceeded")
    if not items or not complete or len(set(ids)) != len(ids):
        raise errors.bad("Invalid batch payload format.", "BadRequest")
    if any("://" in item["url"] for item in items):
        raise errors.bad("Invalid batch url.", "BadRequest")
    return items


def _failed_dependency() -> Response:
    return errors.answer(errors.GraphError(424, "FailedDependency", "A request this one depends on has failed."), None)


def _inner(item: Json, outer: Request) -> Request:
    """The request that an item stands for, under the batch's own version."""
    root = outer.path.removesuffix("/$batch")
    path, _, query = item["url"].partition("?")
    own = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers = {"authorization": outer.headers["authorization"]} | own
    body = json.dumps(item["body"]).encode() if "body" in item else b""
    return Request(item["method"].upper(), f"{root}/{unquote(path.lstrip('/'))}", query, headers, body, outer.base)


def _entry(item: Json, outer: Request, state: State, alias: str) -> Entry:
    """What the log has of an item: the same as if it had come alone."""
    request = _inner(item, outer)
    path = request.path.removeprefix("/graph") + (f"?{unquote_plus(request.query)}" if request.query else "")
    entry = Entry(current.get().n, "graph", alias, request.method, path, write=request.method != "GET")
    if entry.write:
        entry.facts |= said(request)
    if "skiptoken=" in request.query:
        entry.page = state.log.page_of(f"{request.base}{request.path}?{request.query}")
    return entry


async def _answered(item: Json, entry: Entry, outer: Request, state: State, handle: Handle) -> Response:
    """One item's answer, after the faults that match it as if it had come alone.

    What only a connection can suffer befalls the whole batch.
    """
    request = _inner(item, outer)
    do = state.faults.take(entry)
    entry.wire = {kind: do[kind] for kind in faults.TRANSPORT if kind in do}
    current.set(entry)

    async def serve() -> Response:
        unknown = Response.of_json({"error": {"code": "NotImplemented", "message": "not emulated"}}, 501)
        return await handle(request, state) or unknown

    response = await effects.answered(do, entry, state, serve)
    link = f"{request.base}{request.path}" + (f"?{request.query}" if request.query else "")
    response = faults.spoil(do, response, link=link)
    state.log.leads_on(entry, response)
    return response


def _shown(identifier: str, response: Response) -> Json:
    """An item's answer; a body that is not JSON comes in base64."""
    headers = {name.title(): value for name, value in response.headers.items() if name in SHOWN}
    shown: Json = {"id": identifier, "status": response.status, "headers": headers}
    if response.body:
        try:
            shown["body"] = json.loads(response.body)
        except ValueError:
            shown["body"] = base64.b64encode(response.body).decode()
    return shown
