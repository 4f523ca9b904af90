"""What tenants supply, made fit for a terminal: no character that it obeys, no secret, no endless line."""

from __future__ import annotations

import json
import re
from typing import Any

Json = Any

LONGEST = 120
"""Characters of one value; terminals are about as wide."""
_SECRET = re.compile(r"secret|password|token|private.?key|credential|api.?key", re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|[A-Za-z0-9+_~]{40,}={0,2}")
"""A JSON web token, or what looks like a key."""


def printable(line: str) -> str:
    """A line without characters that a terminal obeys; what tenants supply may hold any."""
    return "".join(glyph if glyph.isprintable() else f"\\x{ord(glyph):02x}" for glyph in line)


def shortened(value: Json, path: str = "") -> str:
    """A JSON value on one line; what looks like a secret, by the field's name or by itself, shows only its length."""
    last = path[path.rfind("[") :] if "[" in path else path.rpartition(".")[2]
    if isinstance(value, str) and value and value != "*" and _SECRET.search(last):
        return f"<{len(value)} characters>"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _TOKEN.sub(lambda found: f"{found[0][:4]}<{len(found[0])} characters>", text)
    text = json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text
    return printable(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
