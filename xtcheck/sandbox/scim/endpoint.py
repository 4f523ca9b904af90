"""One request to ``/scim/<tenant>/scim/v2/…``: token, route, page, answer."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import datetime
from typing import Any

from xtcheck.sandbox.scim import filters, rules
from xtcheck.sandbox.scim.documents import to_scim
from xtcheck.sandbox.scim.failure import CONTENT_TYPE, ScimError, error
from xtcheck.sandbox.scim.store import Store
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

_METHODS = {
    "Users": {"POST": "Create", "GET": "Get", "PATCH": "Patch", "PUT": "Put", "DELETE": "Delete"},
    "Groups": {"POST": "Create", "GET": "Get", "PATCH": "Patch", "DELETE": "Delete"},
}
_DISCOVERY = {
    "ServiceProviderConfig": "GetServiceProviderConfig",
    "Schemas": "GetSchema",
    "ResourceTypes": "ListResourceTypes",
}
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_MOST = 100

_PROVIDER_CONFIG = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html",
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "Authentication scheme using the OAuth Bearer Token Standard",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/provision-automatically.html",
            "primary": True,
        }
    ],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 1, "maxPayloadSize": 1048576},
    "filter": {"supported": True, "maxResults": 50},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
}
"""As the developer guide prints it; maxResults lags behind the pages of 100."""


def split(path: str) -> tuple[str, list[str]]:
    """The SCIM tenant of a path, and the segments after ``scim/v2``; ("", []) when it has no such form."""
    parts = path.removeprefix("/scim/").split("/")
    return (parts[0], parts[3:]) if parts[1:3] == ["scim", "v2"] else ("", [])


def operation(method: str, segments: list[str]) -> str:
    """The operation as CloudTrail names it; empty when the endpoint has none such."""
    if method == "GET" and segments[:1] and segments[0] in _DISCOVERY:
        return _DISCOVERY[segments[0]]
    match segments:
        case [("Users" | "Groups") as endpoint] if method == "GET":
            return f"List{endpoint}"
        case [("Users" | "Groups") as endpoint] if method == "POST":
            return f"Create{endpoint[:-1]}"
        case [("Users" | "Groups") as endpoint, _] if method != "POST" and method in _METHODS[endpoint]:
            return f"{_METHODS[endpoint][method]}{endpoint[:-1]}"
    return ""


def answer(request: Request, state: State) -> Response:
    """The endpoint's reply. Every path wants the token, and an unknown tenant is answered like a wrong token."""
    tenant, segments = split(request.path)
    try:
        with state.lock:
            store = _authenticated(tenant, request, state)
            size = state.page_sizes.get(segments[0] if segments else "", state.page_size)
            return _served(request, segments, store, min(_MOST, size))
    except ScimError as refused:
        return error("scim", refused.status, "", refused.detail)


def _authenticated(tenant: str, request: Request, state: State) -> Store:
    sent = request.headers.get("authorization", "")
    for aws in state.tree.get("aws", {}).values():
        scim = aws.get("scim")
        if scim and not scim.get("enabled", True):
            continue
        if scim and scim["tenant"] == tenant and hmac.compare_digest(sent.encode(), f"Bearer {scim['token']}".encode()):
            expires = scim.get("expires")
            if not expires or state.clock.now() < datetime.fromisoformat(expires):
                identifier = scim.get("identityStoreId") or next(iter(aws["identityStores"]))
                return Store(identifier, aws["identityStores"][identifier], scim, state.clock.now())
    raise ScimError(401, "UnauthorizedException")


def _served(request: Request, segments: list[str], store: Store, most: int) -> Response:
    if not operation(request.method, segments):
        raise ScimError(404, f"No resource for {request.method} /{'/'.join(segments)}")
    match request.method, segments:
        case "GET", ["ServiceProviderConfig"]:
            return _reply(_PROVIDER_CONFIG)
        case "GET", [("Users" | "Groups") as endpoint]:
            return _reply(_listed(request, endpoint, store, most))
        case "GET", [("Users" | "Groups") as endpoint, identifier]:
            return _reply(to_scim(store.get(endpoint, identifier), store.scim))
        case "GET", _:
            return _reply(_bare(_protocol(request, segments, store)))
        case _:
            return _written(request, segments, store)


def _written(request: Request, segments: list[str], store: Store) -> Response:
    method, endpoint = request.method, segments[0]
    _check(method, endpoint, request)
    document = _protocol(request, segments, store)
    if method == "DELETE" or (method, endpoint) == ("PATCH", "Groups"):
        return Response(204)
    return _reply(to_scim(document, store.scim), 201 if method == "POST" else 200)


def _check(method: str, endpoint: str, request: Request) -> None:
    if method == "DELETE":
        return
    try:
        body = request.json()
    except ValueError as broken:
        raise ScimError(400, "Invalid JSON from RequestBody") from broken
    if method == "PATCH":
        rules.check_patch(endpoint, body)
    else:
        rules.check_resource(endpoint, body)


def _protocol(request: Request, segments: list[str], store: Store) -> Json:
    from xtcheck.sandbox.scim import protocol  # half a second, which only writes and schemas need

    base = f"{request.base}{request.path.partition('/scim/v2')[0]}/scim/v2"
    content_type = request.headers.get("content-type", "")
    return protocol.serve(request.method, "/" + "/".join(segments), base, content_type, request.body, store)


def _bare(document: Json) -> Json:
    """A discovery document without locations, which AWS does not give."""
    if isinstance(document, dict):
        return {
            name: {key: each for key, each in value.items() if key != "location"} if name == "meta" else _bare(value)
            for name, value in document.items()
        }
    return [_bare(each) for each in document] if isinstance(document, list) else document


def _listed(request: Request, endpoint: str, store: Store, most: int) -> Json:
    """A page of users or groups: by cursor (RFC 9865, no total) when asked for, else the first in the old shape."""
    text = request.parameter("filter")
    terms = filters.parse(endpoint, text) if text else {}
    found = filters.select(endpoint, terms, store.tree, store.scim)
    size = min(_count(request), most)
    cursor = request.parameter("cursor")
    start = _opened(cursor, endpoint, text) if cursor else 0
    page = [to_scim(each, store.scim) for each in found[start : start + size]]
    listed: dict[str, Any] = {"schemas": [_LIST], "itemsPerPage": len(page), "Resources": page}
    if cursor is None:
        return {"totalResults": len(found), "startIndex": 1, **listed}
    if start + size < len(found):
        sealed = json.dumps([endpoint, text, start + size]).encode()
        listed["nextCursor"] = base64.urlsafe_b64encode(sealed).decode()
    return listed


def _count(request: Request) -> int:
    text = request.parameter("count")
    if text is None:
        return _MOST
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise ScimError(400, f"count must be between 1 and {_MOST}")
    return int(text)


def _opened(cursor: str, endpoint: str, text: str | None) -> int:
    try:
        made_for, filtered, start = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as broken:
        raise ScimError(400, "Invalid cursor") from broken
    if (made_for, filtered) != (endpoint, text):
        raise ScimError(400, "The filter of a cursor cannot change")
    return int(start)


def _reply(document: Json, status: int = 200) -> Response:
    return Response.of_json(document, status, CONTENT_TYPE)
