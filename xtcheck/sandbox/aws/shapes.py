"""The service models that botocore carries, and the check that a document has the shape one of them says.

Requests and replies go through the same check: a request that fails it is the client's mistake (ValidationException), a
reply that fails it is ours, and is never sent.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from xtcheck.sandbox.wire import Json

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),  # JSON 1.1 sends seconds since the epoch
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
}


@functools.cache
def service_model(name: str) -> Any:
    """The botocore ServiceModel of a service, by botocore's name for it."""
    import botocore.loaders  # imported late: 0.1 s that a sandbox without AWS need not pay
    import botocore.model

    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), name)


def problems(shape: Any, document: Any, at: str = "", *, reply: bool = False) -> Iterator[str]:
    """Everything wrong with ``document`` as an instance of ``shape``: unknown and missing members, types, ranges.

    A reply may hold an empty string below a documented minimum, because the services do that themselves
    (GetInlinePolicyForPermissionSet without a policy). A request may hold members that the model does not know.
    """
    if getattr(shape, "is_document_type", False):
        return
    kind: str = shape.type_name
    expected = str if _is_text_time(shape) else _TYPES.get(kind)
    if expected is None:
        yield f"{at or shape.name}: shapes of type {kind} are not served"
    elif not _is_a(document, expected):
        yield f"{at or shape.name}: {type(document).__name__} where a {kind} belongs"
    else:
        yield from _range(shape, document, at, reply=reply)
        if kind == "structure":
            yield from _members(shape, document, at, reply=reply)
        elif kind == "list":
            yield from _parts(shape.member, enumerate(document), at, reply=reply)
        elif kind == "map":
            yield from _parts(shape.value, document.items(), at, reply=reply)


def _is_text_time(shape: Any) -> bool:
    """Whether a timestamp is sent as text: REST services may ask for ISO 8601."""
    return shape.type_name == "timestamp" and bool(shape.serialization.get("timestampFormat") == "iso8601")


def _is_a(document: Any, expected: type | tuple[type, ...]) -> bool:
    # True and False are integers to Python, but not to a service.
    return isinstance(document, expected) and (isinstance(document, bool) == (expected is bool))


def _parts(shape: Any, parts: Iterable[tuple[Any, Json]], at: str, *, reply: bool) -> Iterator[str]:
    for key, part in parts:
        yield from problems(shape, part, f"{at}[{key}]", reply=reply)


def _members(shape: Any, document: Json, at: str, *, reply: bool) -> Iterator[str]:
    for name in shape.required_members:
        if name not in document:
            yield f"{at}.{name} is missing"
    if getattr(shape, "is_tagged_union", False) and len(document) != 1:
        yield f"{at}: exactly one of {', '.join(shape.members)} belongs here"
    for name, value in document.items():
        member = shape.members.get(name)
        if member is not None:
            yield from problems(member, value, f"{at}.{name}", reply=reply)
        elif reply:
            yield f"{at}.{name} is not in the model of {shape.name}"


def _range(shape: Any, document: Json, at: str, *, reply: bool) -> Iterator[str]:
    metadata = shape.metadata
    if isinstance(document, str | list):
        size = len(document)
    elif isinstance(document, int) and not isinstance(document, bool) and shape.type_name == "integer":
        size = document
    else:
        return
    if size < metadata.get("min", size) and not (reply and document == ""):
        yield f"{at}: {size} is less than {metadata['min']}"
    if size > metadata.get("max", size):
        yield f"{at}: {size} is more than {metadata['max']}"
    if isinstance(document, str) and not (reply and document == ""):
        if metadata.get("enum") and document not in metadata["enum"]:
            yield f"{at}: '{document}' is not one of {', '.join(metadata['enum'])}"
        pattern = _compiled(metadata.get("pattern", ""))
        if pattern is not None and not pattern.fullmatch(document):
            yield f"{at}: '{document}' does not match {metadata['pattern']}"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    # \p{…} is Java's; Python's re has no such classes, so those patterns are not checked.
    return re.compile(pattern) if pattern and "\\p{" not in pattern else None
