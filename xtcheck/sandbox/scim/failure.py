"""Errors of the SCIM endpoint, in the body that AWS really sends."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from xtcheck.sandbox.wire import Response

CONTENT_TYPE = "application/scim+json"
_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A request the endpoint refuses: HTTP status and detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def error(_service: str, status: int, _code: str, message: str) -> Response:
    """An error reply. Beside the keys of RFC 7644 it has ``schema``, ``exceptionRequestId`` and ``timeStamp``.

    Seen in the field, in several independent reports; strict SCIM clients choke on it. It has no place for a service or
    a code; they are taken so that all services make errors alike.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    body = {
        "schema": [_SCHEMA],
        "schemas": [_SCHEMA],
        "detail": message,
        "status": str(status),
        "exceptionRequestId": str(uuid.uuid4()),
        "timeStamp": now,
    }
    return Response.of_json(body, status, CONTENT_TYPE)
