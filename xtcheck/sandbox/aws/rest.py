"""The REST-JSON protocol: which operation a method and a path name, and where its parameters stand.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.aws.shapes import service_model
from xtcheck.sandbox.wire import Json, Request


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of every operation of a service. A part of a path may hold encoded slashes."""
    model = service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        text = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(http["requestUri"].partition("?")[0]))
        found.append((http["method"], re.compile(text), name))
    return found


def _match(request: Request, service: str) -> tuple[str, dict[str, str]]:
    path = request.sent.removeprefix(f"/aws/{service}")
    for method, pattern, name in _routes(service):
        found = pattern.fullmatch(path) if method == request.method else None
        if found:
            return name, {part: unquote(value) for part, value in found.groupdict().items()}
    return "", {}


def operation(request: Request, service: str) -> str:
    """The operation that a request names; empty when the service has none such."""
    return _match(request, service)[0]


def parameters(request: Request, service: str) -> Json:
    """The parameters of an operation from path, query and body; raises ServiceError for a body that is not JSON."""
    name, parts = _match(request, service)
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        found: dict[str, Any] = json.loads(request.body or b"{}")
    except ValueError as broken:
        raise ServiceError("SerializationException", "The request body is not JSON.") from broken
    for member, shape in service_model(service).operation_model(name).input_shape.members.items():
        named = shape.serialization.get("name", member)
        match shape.serialization.get("location"):
            case "uri":
                found[member] = parts[named]
            case "querystring" if named in query:
                found[member] = query[named]
    return found


def status(service: str, code: str) -> int:
    """The HTTP status of an error of the service; 403 for those of authentication, which its model does not know."""
    for shape in service_model(service).error_shapes:
        if shape.name == code:
            return int(shape.metadata["error"]["httpStatusCode"])
    return 403
