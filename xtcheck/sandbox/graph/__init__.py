"""Microsoft Graph as the sandbox emulates it: authentication, routing, batches."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from xtcheck.sandbox import engines
from xtcheck.sandbox.graph import (
    access_writes,
    app_writes,
    audits,
    batch,
    claims_writes,
    errors,
    group_writes,
    provisioning_writes,
    reads,
)
from xtcheck.sandbox.graph.query import Query
from xtcheck.sandbox.graph.router import Call, find, respond
from xtcheck.sandbox.state import State
from xtcheck.sandbox.tokens import graph_audiences
from xtcheck.sandbox.wire import Json, Request, Response

ROUTES = (
    *reads.ROUTES,
    *access_writes.ROUTES,
    *group_writes.ROUTES,
    *app_writes.ROUTES,
    *claims_writes.ROUTES,
    *provisioning_writes.ROUTES,
)
"""Every route of Microsoft Graph that the sandbox knows."""


async def handle(request: Request, state: State) -> Response | None:
    """Answer one call; None for a route that the sandbox does not know."""
    found = re.fullmatch(r"/graph/(v1\.0|beta)(/.*)", request.path)
    if found is None:
        return None
    version, path = found.groups()
    client_request_id = request.headers.get("client-request-id")
    try:
        response = await _batch(request, state) if path == "/$batch" else _single(request, state, version, path)
    except errors.GraphError as error:
        response = errors.answer(error, client_request_id)
    if response is None:
        return None
    request_id = str(uuid.uuid4())
    ids = {"request-id": request_id, "client-request-id": client_request_id or request_id}
    return replace(response, headers=response.headers | ids)


async def _batch(request: Request, state: State) -> Response:
    alias, _, _ = _caller(request, state)
    return await batch.run(request, state, alias, handle)


def _single(request: Request, state: State, version: str, path: str) -> Response | None:
    path = path.rstrip("/")
    alias, tenant, claims = _caller(request, state)
    path = _by_application(path, tenant)
    found = find(ROUTES, request.method, path)
    if found is None:
        return None
    route, parts = found
    if not route.collection and "keycredentials" in (request.parameter("$select") or "").lower():
        route = replace(route, hidden=frozenset())
    roles, app_id = frozenset(claims.get("roles", ())), claims.get("appid", "")
    call = Call(request, state, alias, tenant, roles, version, parts, Query(), app_id)
    if route.method == "GET":
        return respond(route, call)
    before = audits.taken(tenant)
    response = respond(route, call)
    audits.record(tenant, before, state.clock.now(), audits.by_app(app_id, app_id))
    engines.soon(state)
    return response


def _caller(request: Request, state: State) -> tuple[str, dict[str, Json], dict[str, Json]]:
    """Whose token it is: tenant and claims; raises GraphError 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise errors.unauthenticated("Access token is empty.")
    claims = _claims(token.strip(), request, state)
    found = state.tenant(claims.get("tid", ""))
    if found is None:
        raise errors.unauthenticated("Access token validation failure. Invalid tenant.")
    return found[0], found[1], claims


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
