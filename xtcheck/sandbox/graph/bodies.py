"""What a write brings: its body, held against the fields of a document that may be written; and what answers it."""

from __future__ import annotations

from collections.abc import Collection

from xtcheck.sandbox.graph.errors import GraphError, bad
from xtcheck.sandbox.graph.fields import Field, fields, wrong
from xtcheck.sandbox.graph.router import CONTENT_TYPE, Call, shown_part
from xtcheck.sandbox.wire import Json, Response


def body(call: Call) -> dict[str, Json]:
    """The body as a JSON object; raises GraphError 400. Annotations of the object itself are dropped."""
    if not call.request.headers.get("content-type", "").lower().startswith("application/json"):
        message = "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        raise bad(message, "BadRequest")
    try:
        document = call.request.json()
    except ValueError as error:
        raise bad("Unable to read JSON request payload.", "BadRequest") from error
    if not isinstance(document, dict):
        raise bad("Unable to read JSON request payload: expected an object.", "BadRequest")
    return {name: value for name, value in document.items() if not name.startswith("@odata.")}


def writable(
    call: Call, document: str, names: Collection[str], *, beside: frozenset[str] = frozenset()
) -> dict[str, Json]:
    """The body, when it has only these fields of a document and each has its type; raises GraphError 400.

    What it may have ``beside`` them is left out.
    """
    found = {name: value for name, value in body(call).items() if name not in beside}
    known = fields(document)
    for name, value in found.items():
        if name not in known or (known[name].beta and not call.beta):
            raise bad(f"Invalid property '{name}'.")
        if name not in names:
            raise bad(f"Property '{name}' is read-only and cannot be set.")
        reason = wrong(known[name], value, name) or _unknown(known[name], value, name, beta=call.beta)
        if reason:
            raise bad(f"Invalid value specified for property '{name}': {reason}.")
    return found


def _unknown(field: Field, value: Json, where: str, *, beta: bool) -> str | None:
    """The first field of a part that this version does not have."""
    if value is None or len(field.of) == 1:
        return None
    known = fields(field.of)
    for part in value if field.many else [value]:
        for name, inner in part.items():
            if known[name].beta and not beta:
                return f"{where} has no field '{name}'"
            reason = _unknown(known[name], inner, f"{where}/{name}", beta=beta)
            if reason:
                return reason
    return None


def required(found: dict[str, Json], *names: str) -> None:
    """Raise GraphError 400 for the first of the names that a body does not have."""
    for name in names:
        if found.get(name) is None:
            raise bad(f"A value is required for property '{name}' of resource.")


def created(call: Call, document: str, made: Json, context: str, status: int = 201) -> Response:
    """The answer that shows what was made."""
    shown = shown_part(document, made, beta=call.beta)
    return Response.of_json({"@odata.context": f"{call.root}/$metadata#{context}", **shown}, status, CONTENT_TYPE)


def conflict(message: str, status: int = 409) -> GraphError:
    """An object that is there already (docs: ``Request_MultipleObjectsWithSameKeyValue``, ``ConflictingObjects``)."""
    return GraphError(status, "Request_MultipleObjectsWithSameKeyValue", message, ("ConflictingObjects",))


def done() -> Response:
    """204: it is so now, and there is nothing to show."""
    return Response(204)
