"""Microsoft Graph's errors: one exception, one body."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from xtcheck.sandbox.wire import Json, Response


class GraphError(Exception):
    """A refusal. ``details`` are the further codes that some refusals carry."""

    def __init__(self, status: int, code: str, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details


def body(error: GraphError, client_request_id: str | None) -> Json:
    """The error document (https://learn.microsoft.com/graph/errors); ``date`` has no zone, as on the wire."""
    request_id = str(uuid.uuid4())
    document: dict[str, Json] = {"code": error.code, "message": error.message}
    if error.details:
        document["details"] = [{"code": code, "message": error.message} for code in error.details]
    document["innerError"] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    return {"error": document}


def answer(error: GraphError, client_request_id: str | None) -> Response:
    """The error as an answer."""
    return Response.of_json(body(error, client_request_id), error.status)


def bad(message: str, code: str = "Request_BadRequest") -> GraphError:
    """A request that is wrong in itself."""
    return GraphError(400, code, message)


def missing(identifier: str) -> GraphError:
    """An object that is not in the directory."""
    message = (
        f"Resource '{identifier}' does not exist or one of its queried reference-property objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def denied() -> GraphError:
    """A token without the application role that the call needs."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def denied_synchronization() -> GraphError:
    """The same, as the synchronization endpoints say it (microsoft-graph-docs-contrib#8800)."""
    return GraphError(401, "UnknownError", "")


def unauthenticated(message: str) -> GraphError:
    """No token, or one that is not valid."""
    return GraphError(401, "InvalidAuthenticationToken", message)
