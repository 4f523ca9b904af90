"""When two values are the same to a service, and when one shows the other; pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

Json = Any


def alike(one: Json, other: Json) -> bool:
    """Whether a service means the same by two values: the order of a list means nothing, null is as not there."""
    return bool(_plain(one) == _plain(other))


def digest(value: Json) -> str:
    """The same text for values that are :func:`alike`, and for all that are nothing."""
    plain = _plain(value)
    text = json.dumps(None if plain in ("", [], {}) else plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shows(seen: Json, wanted: Json) -> bool:
    """Whether what was sent is there; the service may show more of it than was sent."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(shows(seen.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(seen, list):
        found = [[shows(there, each) for there in seen] for each in wanted]
        return len(wanted) == len(seen) and all(map(any, (*found, *zip(*found, strict=True))))
    return alike(seen, wanted)


def _plain(value: Json) -> Json:
    match value:
        case dict():
            return {name: _plain(item) for name, item in sorted(value.items()) if item is not None}
        case list():
            return sorted((_plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case bool():
            return f"{value}"  # to Python True is 1
        case str() if value.startswith("{"):
            return _plain(_parsed(value))
        case _:
            return value


def _parsed(text: str) -> Json:
    """A text that is a document, such as a policy, as that document."""
    try:
        return json.loads(text)
    except ValueError:
        return f" {text}"
