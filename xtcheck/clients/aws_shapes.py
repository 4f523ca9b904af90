"""Between our plain texts and the shapes of an AWS operation: parameters in, plain JSON out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xtcheck.clients.outcome import shape as kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xtcheck.model import Json

READING = ("list_", "describe_", "get_", "is_", "lookup_")
"""How boto3's names of operations begin that change nothing; no other is ever called."""

NUMBERS = {"integer": int, "long": int, "float": float, "double": float}
SECRET_READS = frozenset({"get_role_credentials", "get_session_token", "get_federation_token"})


def operation_of(client: Any, name: str) -> Any:
    """The model of an operation by boto3's name.

    :raises ValueError: it does not exist, or is not one that only reads: a fault of ours.
    """
    if not name.startswith(READING) or name in SECRET_READS:
        raise ValueError(f"{name} is not an operation that only reads")
    if name not in client.meta.method_to_api_mapping:
        raise ValueError(f"{client.meta.service_model.service_name} has no operation {name}")
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])


def arguments(operation: Any, parameters: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """The parameters in the types of the operation's input.

    :raises ValueError: the operation has no such parameter, or not this type: a fault of ours.
    """
    members = operation.input_shape.members if operation.input_shape else {}
    typed = {}
    for name, text in parameters:
        if name not in members:
            raise ValueError(f"{operation.name} has no parameter {name}")
        typed[name] = _typed(members[name].type_name, text)
    return typed


def _typed(type_name: str, text: str) -> Json:
    if type_name in NUMBERS:
        return NUMBERS[type_name](text)
    match type_name:
        case "boolean":
            return {"true": True, "false": False}[text]
        case "list" | "structure" | "map":
            return json.loads(text)
        case _:
            return text


def misfit(shape: Any, node: Json, at: str = "the answer") -> str:
    """Where a JSON document is of another type than the operation's output; empty when it fits.

    botocore looks at none of it: it takes an object, or a text, for a list of its parts, and an empty one for no items.
    """
    expected = JSON_TYPES.get(shape.type_name)
    if node is None or expected is None:
        return ""
    if not isinstance(node, expected) or (isinstance(node, bool) and expected is not bool):
        return f"{at} is {kind(node)} where a {shape.type_name} is documented"
    match shape.type_name:
        case "structure":
            below = ((shape.members[name], node.get(_wire(shape, name)), name) for name in shape.members)
        case "list":
            below = ((shape.member, item, f"{at}[{number}]") for number, item in enumerate(node))
        case "map":
            below = ((shape.value, item, name) for name, item in node.items())
        case _:
            return ""
    return next((found for inner, item, name in below if (found := misfit(inner, item, name))), "")


JSON_TYPES: Mapping[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


def _wire(shape: Any, name: str) -> str:
    return str(shape.members[name].serialization.get("name", name))


def plain(value: Any) -> Json:
    """An output of botocore as JSON: points in time as ISO texts in UTC, bytes as text."""
    match value:
        case dict():
            return {name: plain(item) for name, item in value.items() if name != "ResponseMetadata"}
        case list():
            return [plain(item) for item in value]
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return value
