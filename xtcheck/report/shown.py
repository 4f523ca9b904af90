"""What tenants supply, made fit for a terminal: no character that it obeys, no secret, no endless line."""

from __future__ import annotations

import json
import re
from typing import Any

Json = Any

LONGEST = 120
"""Characters of one value; terminals are about as wide."""
BEFORE = 24
"""So many characters of what two values have alike are shown before that in which they differ."""
_SECRET = re.compile(r"secret|password|token|private.?key|credential|api.?key", re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|[A-Za-z0-9+_~]{40,}={0,2}")
"""A JSON web token, or what looks like a key."""


def printable(line: str) -> str:
    """A line without characters that a terminal obeys; what tenants supply may hold any."""
    return "".join(glyph if glyph.isprintable() else f"\\x{ord(glyph):02x}" for glyph in line)


def shortened(value: Json, path: str = "") -> str:
    """A JSON value on one line; what looks like a secret, by the field's name or by itself, shows only its length."""
    return _cut(_line(value, path))


def apart(one: Json, other: Json, path: str = "") -> tuple[str, str]:
    """Two different JSON values, each on one line: of what is too long that in which they differ, so that they look
    different. The order of lists means nothing.
    """
    left, right = _line(one, path), _line(other, path)
    if max(len(left), len(right)) > LONGEST:
        left, right = _window(*_parts(one, other, path))
    return left, right if right != left else f"{right} (another)"


def _window(left: str, right: str) -> tuple[str, str]:
    """Two texts from a little before where they begin to differ, unless that is near their beginning."""
    same = next((at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), None)
    begin = (min(len(left), len(right)) if same is None else same) - BEFORE
    if begin < LONGEST // 2 or max(len(left), len(right)) <= LONGEST:
        return _cut(left), _cut(right)
    return _cut(f"…{left[begin:]}"), _cut(f"…{right[begin:]}")


def _parts(one: Json, other: Json, path: str) -> tuple[str, str]:
    """Two values without what both have, of which an ellipsis tells."""
    texts = _line(one, path), _line(other, path)
    match _parsed(one, path), _parsed(other, path):
        case dict() as left, dict() as right:
            parts = _rest(left, _besides(left, right), path), _rest(right, _besides(right, left), path)
        case list() as left, list() as right:
            new, old = [each for each in right if each not in left], [each for each in left if each not in right]
            parts = _rest(left, old, path), _rest(right, new, path)
        case _:
            parts = texts
    return parts if parts[0] != parts[1] else texts


def _besides(here: dict[str, Json], there: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in here.items() if there.get(name, ...) != value}


def _rest(whole: Json, kept: Json, path: str) -> str:
    text = _line(kept, path)
    if len(kept) == len(whole):
        return text
    return f"{text[0]}…{', ' if kept else ''}{text[1:]}"


def _parsed(value: Json, path: str) -> Json:
    """A text that is a document, such as a policy, as that document, unless it is secret."""
    if not isinstance(value, str) or not value.startswith(("{", "[")) or _is_secret(path):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _line(value: Json, path: str) -> str:
    if isinstance(value, str) and value and value != "*" and _is_secret(path):
        return f"<{len(value)} characters>"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _TOKEN.sub(lambda found: f"{found[0][:4]}<{len(found[0])} characters>", text)
    text = json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text
    return printable(text)


def _is_secret(path: str) -> bool:
    """Whether what is there looks like a secret by the name of its field."""
    return _SECRET.search(path[path.rfind("[") :] if "[" in path else path.rpartition(".")[2]) is not None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
