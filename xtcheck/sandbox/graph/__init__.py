"""Microsoft Graph as the sandbox emulates it: authentication, routing, batches."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace

from xtcheck.sandbox import faults
from xtcheck.sandbox.graph import errors
from xtcheck.sandbox.graph.query import Query
from xtcheck.sandbox.graph.reads import ROUTES
from xtcheck.sandbox.graph.router import CONTENT_TYPE, Call, find, respond
from xtcheck.sandbox.log import Entry, current
from xtcheck.sandbox.state import State
from xtcheck.sandbox.tokens import graph_audiences
from xtcheck.sandbox.wire import Json, Request, Response

VERSIONS = ("v1.0", "beta")
BATCH_LIMIT = 20


async def handle(request: Request, state: State) -> Response | None:
    """Answer one call; None for a route that the sandbox does not know."""
    found = re.fullmatch(r"/graph/(v1\.0|beta)(/.*)", request.path)
    if found is None:
        return None
    version, path = found.groups()
    client_request_id = request.headers.get("client-request-id")
    try:
        response = (
            await _batch(request, state, version) if path == "/$batch" else _single(request, state, version, path)
        )
    except errors.GraphError as error:
        response = errors.answer(error, client_request_id)
    if response is None:
        return None
    request_id = str(uuid.uuid4())
    ids = {"request-id": request_id, "client-request-id": client_request_id or request_id}
    return replace(response, headers=response.headers | ids)


def _single(request: Request, state: State, version: str, path: str) -> Response | None:
    path = path.rstrip("/")
    alias, tenant, roles = _caller(request, state)
    path = _by_application(path, tenant)
    found = find(ROUTES, request.method, path)
    if found is None:
        return None
    route, parts = found
    if not route.collection and "keycredentials" in (request.parameter("$select") or "").lower():
        route = replace(route, hidden=frozenset())
    return respond(route, Call(request, state, alias, tenant, roles, version, parts, Query()))


def _caller(request: Request, state: State) -> tuple[str, dict[str, Json], frozenset[str]]:
    """Whose token it is: tenant and roles; raises GraphError 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise errors.unauthenticated("Access token is empty.")
    claims = _claims(token.strip(), request, state)
    found = state.tenant(claims.get("tid", ""))
    if found is None:
        raise errors.unauthenticated("Access token validation failure. Invalid tenant.")
    return found[0], found[1], frozenset(claims.get("roles", ()))


def _claims(token: str, request: Request, state: State) -> dict[str, Json]:
    import time

    known = state.tokens.get(token)
    if known is None:
        import jwt  # heavy, and only needed once a token comes

        from xtcheck.sandbox.tokens import verify

        try:
            known = verify(token, graph_audiences(request.base))
        except jwt.ExpiredSignatureError as error:
            raise errors.unauthenticated("Lifetime validation failed, the token is expired.") from error
        except jwt.ImmatureSignatureError as error:
            raise errors.unauthenticated("Access token has expired or is not yet valid.") from error
        except jwt.InvalidAudienceError as error:
            raise errors.unauthenticated("Access token validation failure. Invalid audience.") from error
        except jwt.PyJWTError as error:
            raise errors.unauthenticated("CompactToken validation failed.") from error
        state.tokens[token] = known
    if known["exp"] < time.time():
        raise errors.unauthenticated("Lifetime validation failed, the token is expired.")
    return known


def _by_application(path: str, tenant: dict[str, Json]) -> str:
    """A path that addresses an application by its appId, as the path that addresses it by its object id."""
    found = re.match(r"/(servicePrincipals|applications)\(appId='([^']+)'\)", path, re.IGNORECASE)
    if found is None:
        return path
    name = "applications" if found[1].lower() == "applications" else "servicePrincipals"
    for identifier, document in tenant[name].items():
        if document["appId"].lower() == found[2].lower():
            return f"/{name}/{identifier}{path[found.end() :]}"
    raise errors.missing(found[2])


def tenant_alias(request: Request, state: State) -> str | None:
    """The tenant that a request's token names, whether or not the token is valid; for the log."""
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    claims = state.tokens.get(token)
    if claims is None and token.count(".") == 2:
        import jwt

        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return None
    found = state.tenant(str(claims.get("tid", ""))) if claims else None
    return found[0] if found else None


def only_reads(request: Request) -> bool:
    """Whether a POST is a batch that only reads."""
    if request.method != "POST" or not request.path.endswith("/$batch"):
        return False
    try:
        items = request.json()["requests"]
        return all(str(item["method"]).upper() == "GET" for item in items)
    except (ValueError, TypeError, KeyError):
        return False


async def _batch(request: Request, state: State, version: str) -> Response:
    """Run up to 20 requests; the answers come in another order, each with its own status.

    https://learn.microsoft.com/graph/json-batching
    """
    alias, _, _ = _caller(request, state)
    items = _items(request)
    statuses: dict[str, int] = {}
    answers = []
    log: list[Json] = []
    for item in items:
        identifier = str(item["id"])
        failed = [name for name in item.get("dependsOn", ()) if statuses.get(str(name), 424) >= 400]
        answer = _failed_dependency(identifier) if failed else await _item(item, request, state, version, alias)
        statuses[identifier] = answer["status"]
        log.append({"method": item["method"], "path": item["url"], "status": answer["status"]})
        answers.append(answer)
    current.get().facts["items"] = log
    return Response.of_json({"responses": answers[::-1]}, content_type=CONTENT_TYPE)


def _items(request: Request) -> list[Json]:
    try:
        items: list[Json] = request.json()["requests"]
        ids = [str(item["id"]).lower() for item in items]
        complete = all(isinstance(item["url"], str) and isinstance(item["method"], str) for item in items)
    except (ValueError, TypeError, KeyError) as error:
        raise errors.bad("Invalid batch payload format.", "BadRequest") from error
    if len(items) > BATCH_LIMIT:
        message = f"Number of batch request steps exceeds the maximum value of {BATCH_LIMIT}."
        raise errors.bad(message, "MaximumValueExceeded")
    if not items or not complete or len(set(ids)) != len(ids):
        raise errors.bad("Invalid batch payload format.", "BadRequest")
    return items


def _failed_dependency(identifier: str) -> Json:
    error = errors.GraphError(424, "FailedDependency", "A request that this one depends on has failed.")
    return {"id": identifier, "status": 424, "headers": {}, "body": errors.body(error, None)}


async def _item(item: Json, outer: Request, state: State, version: str, alias: str) -> Json:
    path, _, query = item["url"].partition("?")
    own = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers = {"authorization": outer.headers["authorization"]} | own
    body = json.dumps(item["body"]).encode() if "body" in item else b""
    path = f"/graph/{version}/{path.lstrip('/')}"
    request = Request(item["method"].upper(), path, query, headers, body, outer.base)
    response = await _faulted(request, item["url"], state, version, alias)
    status, text = response.status, response.body
    shown = {name.title(): value for name, value in response.headers.items() if name in ("content-type", "retry-after")}
    document = json.loads(text) if text else None
    return {"id": str(item["id"]), "status": status, "headers": shown, "body": document}


async def _faulted(request: Request, url: str, state: State, version: str, alias: str) -> Response:
    """One item's answer, after the faults that match it as if it had come alone. The connection's faults do not."""
    entry = Entry(0, "graph", alias, request.method, f"/{version}/{url.lstrip('/')}")
    if "skiptoken=" in url:
        entry.page = state.log.page_of(request.base + request.path + "?" + request.query)
    do = state.faults.take(entry)
    response = faults.instead(do, "graph") or await handle(request, state)
    if response is None:
        return Response.of_json({"error": {"code": "NotImplemented", "message": "not emulated"}}, 501)
    link = f"{request.base}{request.path}" + (f"?{request.query}" if request.query else "")
    return faults.spoil(do, response, link=link)
