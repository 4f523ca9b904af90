"""What AWS refuses in a request that the SCIM RFCs would allow (developer guide, constraints of each operation)."""

from __future__ import annotations

from collections import Counter

from xtcheck.sandbox.scim.failure import ScimError
from xtcheck.sandbox.wire import Json

_SINGLE = ("emails", "addresses", "phoneNumbers")
_MOST_MEMBERS = 100


def check_resource(endpoint: str, resource: Json) -> None:
    """Raise for a body of POST or PUT that AWS does not take."""
    if not isinstance(resource, dict):
        raise ScimError(400, "Invalid JSON from RequestBody")
    for name in _SINGLE:
        if len(resource.get(name) or []) > 1:
            raise ScimError(400, f"List attribute {name} exceeds allowed limit of 1")
    if any(each.get("primary") is not True for each in resource.get("emails") or []):
        raise ScimError(400, "The email must be the primary one")
    if endpoint == "Groups" and len(resource.get("members") or []) > _MOST_MEMBERS:
        raise ScimError(400, f"A group cannot be created with more than {_MOST_MEMBERS} members")


def check_patch(endpoint: str, patch: Json) -> None:
    """Raise for a PATCH that AWS does not take."""
    operations = patch.get("Operations") if isinstance(patch, dict) else None
    if not isinstance(operations, list) or not operations:
        raise ScimError(400, "Invalid JSON from RequestBody")
    for operation in operations:
        _check_operation(operation)
    if endpoint == "Groups":
        _check_group(operations)
    else:
        _check_user(operations)


def _check_operation(operation: Json) -> None:
    verb, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if path:
        return
    if verb == "remove":
        raise ScimError(400, "Missing path in PATCH request")
    if not isinstance(value, dict) or len(value) != 1:
        raise ScimError(400, "A PATCH operation without path may set one attribute only")


def _check_group(operations: list[Json]) -> None:
    changes = 0
    for operation in operations:
        verb, path, value = str(operation.get("op", "")).lower(), operation.get("path") or "", operation.get("value")
        if not path and isinstance(value, dict):
            path, value = next(iter(value.items()))
        if path.split("[")[0] != "members":
            continue
        if verb == "replace" or (verb == "remove" and path == "members" and not value):
            raise ScimError(400, f"{verb} of all members is not supported")
        changes += len(value) if isinstance(value, list) else 1
    if changes > _MOST_MEMBERS:
        raise ScimError(400, f"A request may change {_MOST_MEMBERS} members at most")


def _check_user(operations: list[Json]) -> None:
    single = Counter(str(each.get("path")) for each in operations if each.get("path") in ("userName", "active"))
    for operation in operations:
        if operation.get("path") in single and str(operation.get("op", "")).lower() == "remove":
            raise ScimError(400, f"{operation['path']} cannot be removed")
    for path, times in single.items():
        if times > 1:
            raise ScimError(400, f"{path} occurs {times} times in one request")
