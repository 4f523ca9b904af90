"""The words in braces in what is sent: what they are in a world, and whether all are filled; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xtcheck.model import Present, Ref, fill
from xtcheck.world import World
from xtcheck.writing import Write

Json = Any


def document_of(ref: Ref, world: World) -> Json:
    """The object's document; None where it is not there, or was not read: a plan adds what no check asked for."""
    try:
        evidence = world.evidence(ref)
    except LookupError:
        return None
    return evidence.document if isinstance(evidence, Present) else None


def words_of(ref: Ref, world: World) -> dict[str, str]:
    """What ``{word}`` stands for in an operation: the key, and the fields of the object and of all that leads to it."""
    words: dict[str, str] = {}
    for here in ref.lineage():
        found = document_of(here, world)
        if isinstance(found, dict):
            for field, value in found.items():
                if isinstance(value, str):
                    words[f"{here.kind.name}.{field}"] = value
    return words | {"key": ref.key, "key.nickname": nickname(ref.key)}


def nickname(name: str) -> str:
    """A mail nickname for a name: at most 64 characters of ASCII, none of those that Graph refuses (group)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64] or "group"


def filled(write: Write, words: Mapping[str, str]) -> Write:
    """The call with what has become known since it was planned."""
    body = write.body
    if isinstance(body, dict):
        body = {name: put_in(value, words) if is_open(value) else value for name, value in body.items()}
    return replace(write, operation=put_in(write.operation, words), body=body)


def is_open(value: Json) -> bool:
    """Whether a parameter is a word that is not known yet, and nothing else: texts of people are left as they are."""
    return isinstance(value, str) and re.fullmatch(r"\{[a-z][a-z-]*\.\w+\}", value) is not None


def lacks(write: Write) -> bool:
    """Whether something in the call is not known yet."""
    values = write.body.values() if isinstance(write.body, dict) else ()
    return "{" in write.operation or any(map(is_open, values))


def put_in(value: Json, words: Mapping[str, str]) -> Json:
    """A text with its words; those that are not known yet stay."""
    if not isinstance(value, str):
        return value
    known = {word: words.get(word, f"{{{word}}}") for word in re.findall(r"\{([a-zA-Z][\w.@-]*)\}", value)}
    return fill(value, known)
