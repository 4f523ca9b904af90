"""A lens: one place in a JSON document, written as ``a.b[field=value].c``.

``[field=value,other=value]`` picks the one item of a list whose fields have these values: no item and several items are
different answers, and neither is the first one. ``a[].b`` joins the lists ``b`` of all items of ``a``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any


@dataclass(frozen=True, slots=True)
class Key:
    """Step into an object's property."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True, slots=True)
class Spread:
    """Step into the same property of every item of a list, and join what is there."""

    name: str

    def __str__(self) -> str:
        return f"[].{self.name}"


@dataclass(frozen=True, slots=True)
class Pick:
    """Step into the one item of a list that has these values."""

    conditions: tuple[tuple[str, Json], ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"{name}={value}" for name, value in self.conditions) + "]"


Step = Key | Spread | Pick
Steps = tuple[Step, ...]


class Lack(StrEnum):
    """Why there is no value at a path."""

    MISSING = "is not in the answer"
    NULL = "is null"
    NONE = "is not among the items"
    MANY = "is there several times"
    SHAPE = "has another shape than documented"


@dataclass(frozen=True, slots=True)
class Found:
    """The value at the path (None when the service says null there), and its JSON Pointer in this very document."""

    value: Json
    pointer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """No value: what lacks, and the path up to where it lacks."""

    lack: Lack
    at: str


_STEP = re.compile(r"(?P<key>[^.\[\]]+)|\[\]\.(?P<spread>[^.\[\]]+)|\[(?P<pick>[^\]]+)\]|\.")


def parse(text: str, slots: Mapping[str, str] | None = None) -> Steps:
    """The steps of a path; ``{slot}`` in a condition stands for the slot's value, taken literally."""
    steps: list[Step] = []
    for found in _STEP.finditer(text):
        if found["key"]:
            steps.append(Key(found["key"]))
        elif found["spread"]:
            steps.append(Spread(found["spread"]))
        elif found["pick"]:
            conditions = (condition.partition("=") for condition in found["pick"].split(","))
            steps.append(Pick(tuple((name, _literal(value, slots or {})) for name, _, value in conditions)))
    return tuple(steps)


def _literal(text: str, slots: Mapping[str, str]) -> Json:
    if text.startswith("{"):
        return slots[text[1:-1]]
    try:
        return json.loads(text)
    except ValueError:
        return text


def get(document: Json, steps: Steps) -> Found | Gone:
    """The value at the path, or what lacks on the way."""
    here = Found(document)
    for index, step in enumerate(steps):
        if here.value is None:
            return Gone(Lack.NULL, _shown(steps[:index]))
        there = _step(here, step)
        if isinstance(there, Lack):
            return Gone(there, _shown(steps[: index + 1]))
        here = there
    # What a spread joined has no place of its own: its items have.
    return Found([item for _, item in here.value]) if isinstance(here.value, _Joined) else here


class _Joined(list[tuple[tuple[str, ...], Json]]):
    """Items of several lists, each with its own pointer."""


def _step(here: Found, step: Step) -> Found | Lack:
    match step:
        case Key(name):
            if not isinstance(here.value, dict):
                return Lack.SHAPE
            return Found(here.value[name], (*here.pointer, name)) if name in here.value else Lack.MISSING
        case Spread(name):
            return _spread(here, name)
        case Pick(conditions):
            if not isinstance(here.value, list):
                return Lack.SHAPE
            items = here.value
            if not isinstance(items, _Joined):
                items = _Joined(((*here.pointer, str(index)), item) for index, item in enumerate(items))
            hits = [(pointer, item) for pointer, item in items if _meets(item, conditions)]
            if len(hits) != 1:
                return Lack.MANY if hits else Lack.NONE
            return Found(hits[0][1], hits[0][0])


def _spread(here: Found, name: str) -> Found | Lack:
    if not isinstance(here.value, list):
        return Lack.SHAPE
    joined = _Joined()
    for index, item in enumerate(here.value):
        inner = item.get(name, []) if isinstance(item, dict) else None
        if inner is None:
            return Lack.SHAPE
        at = (*here.pointer, str(index), name)
        if isinstance(inner, list):
            joined.extend(((*at, str(place)), value) for place, value in enumerate(inner))
        else:
            joined.append((at, inner))
    return Found(joined, here.pointer)


def _meets(item: Json, conditions: tuple[tuple[str, Json], ...]) -> bool:
    return isinstance(item, dict) and all(name in item and _same(item[name], value) for name, value in conditions)


def _same(observed: Json, wanted: Json) -> bool:
    # To Python True is 1; to a service it is not.
    return bool(observed == wanted) and isinstance(observed, bool) == isinstance(wanted, bool)


def _shown(steps: Steps) -> str:
    return "".join(map(str, steps)).lstrip(".") or "the document"
