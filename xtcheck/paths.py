"""A lens: one place in a JSON document, written as ``a.b[field=value].c``.

``[field=value,other=value]`` picks the one item of a list whose fields have these values: no item and several items are
different answers, and neither is the first one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Key:
    """Step into an object's property."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Pick:
    """Step into the one item of a list that has these values."""

    conditions: tuple[tuple[str, Json], ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"{name}={value}" for name, value in self.conditions) + "]"


Step = Key | Pick


class Lack(StrEnum):
    """Why there is no value at a path."""

    MISSING = "is not in the answer"
    NULL = "is null"
    NONE = "has no such item"
    MANY = "has several such items"
    SHAPE = "has another shape than documented"


@dataclass(frozen=True, slots=True)
class Found:
    """The value at the path; None when the service says null there."""

    value: Json


@dataclass(frozen=True, slots=True)
class Gone:
    """No value: what lacks, and the path up to where it lacks."""

    lack: Lack
    at: str


_STEP = re.compile(r"(?P<key>[^.\[\]]+)|\[(?P<pick>[^\]]*)\]|\.")


def parse(text: str, slots: dict[str, str] | None = None) -> tuple[Step, ...]:
    """The steps of a path; ``{slot}`` in a condition stands for the slot's value, taken literally."""
    steps: list[Step] = []
    for found in _STEP.finditer(text):
        if found["key"]:
            steps.append(Key(found["key"]))
        elif found["pick"] is not None:
            conditions = (condition.partition("=") for condition in found["pick"].split(","))
            steps.append(Pick(tuple((name, _literal(value, slots or {})) for name, _, value in conditions)))
    return tuple(steps)


def _literal(text: str, slots: dict[str, str]) -> Json:
    if text.startswith("{"):
        return slots[text[1:-1]]
    try:
        return json.loads(text)
    except ValueError:
        return text


def get(document: Json, steps: tuple[Step, ...]) -> Found | Gone:
    """The value at the path, or what lacks on the way."""
    for index, step in enumerate(steps):
        at = "".join(f".{step}" if isinstance(step, Key) else str(step) for step in steps[: index + 1]).lstrip(".")
        if document is None:
            return Gone(Lack.NULL, at)
        match step:
            case Key(name):
                if not isinstance(document, dict):
                    return Gone(Lack.SHAPE, at)
                if name not in document:
                    return Gone(Lack.MISSING, at)
                document = document[name]
            case Pick(conditions):
                if not isinstance(document, list):
                    return Gone(Lack.SHAPE, at)
                items = [item for item in document if _meets(item, conditions)]
                if len(items) != 1:
                    return Gone(Lack.MANY if items else Lack.NONE, at)
                document = items[0]
    return Found(document)


def _meets(item: Json, conditions: tuple[tuple[str, Json], ...]) -> bool:
    return isinstance(item, dict) and all(name in item and item[name] == value for name, value in conditions)


def pointer(document: Json, steps: tuple[Step, ...]) -> list[str]:
    """The path as the segments of a JSON Pointer (RFC 6901) into this very document.

    :raises KeyError: the document has no such place.
    """
    segments = []
    for step in steps:
        match step:
            case Key(name):
                segments.append(name)
                document = document[name] if name in document else None
            case Pick(conditions):
                index = next((i for i, item in enumerate(document) if _meets(item, conditions)), None)
                if index is None:
                    raise KeyError(str(step))
                segments.append(str(index))
                document = document[index]
    return segments
