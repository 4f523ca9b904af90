"""People as a mapping makes them: who lacks in the target, who is there besides, and whose values are others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, Unsettled, choices
from xtcheck.languages.expressions.letters import folded
from xtcheck.languages.expressions.register import ITEMS
from xtcheck.nodes import Mapping, Node, mapping, scalar, sequence
from xtcheck.values.names import listed
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, shape

Json = Any

AS_MAPPED, SEMANTICS, EXCEPT = "as-mapped", "semantics", "except"
EXPLAINED = 12
"""How many people of a kind a verdict explains; the record has all."""

APART = {
    "missing": "in scope, and not in the target",
    "different": "with another value than the mapping yields",
    "disabled": "disabled in the target, enabled in the source",
    "enabled": "enabled in the target, disabled in the source",
    "orphans": "made by this job, and nobody's of the source",
    "leftovers": "out of scope, and still in the target",
}
"""In what ways people differ."""
ASIDE = (*APART, "pending", "inconclusive")
"""The same, and two of whom it is not known: not yet, or not at all."""
SETTLED_BY = {item.name.replace("_", "-"): item for item in ITEMS if item.readings}
"""The open points of the language that a policy may settle, as it calls them."""
AGAIN = "look at these people yourself, or state what holds: {as-mapped: {semantics: {…}}}"


@dataclass(frozen=True, slots=True)
class AsMapped:
    """``as-mapped``, or ``{as-mapped: {except: [people], semantics: {null-argument: propagate}}}``.

    The expected value is ``{"except": [...], "semantics": {...}}``, the observed one ``{"people", "basis", "grade",
    "notes", "mark"}``, how many people, on what evidence, what else is to be said, what time may still change, and for
    each word of ``ASIDE`` a list of ``{"id", "name", "why"}``.
    """

    def parse(self, node: Node) -> Json:
        if not isinstance(node, Mapping):
            word = scalar(node, AS_MAPPED)
            if word.text != AS_MAPPED:
                raise Mistake(word.mark, f"{word.shown!r} is not a value of this setting", f"write {AS_MAPPED}")
            return {EXCEPT: [], SEMANTICS: {}}
        _known(node, (AS_MAPPED,))
        options = mapping(node.get(AS_MAPPED) or node, f"what beside {AS_MAPPED} holds")
        _known(options, (EXCEPT, SEMANTICS))
        names, semantics = options.get(EXCEPT), options.get(SEMANTICS)
        if names is None and semantics is None:
            raise Mistake(
                node.mark, "nothing is stated here", f"write {AS_MAPPED}, or {EXCEPT} or {SEMANTICS} below it"
            )
        people = sequence(names, "a list of people").items if names else ()
        return {
            EXCEPT: [scalar(item, "somebody").text for item in people],
            SEMANTICS: read_semantics(semantics) if semantics else {},
        }

    def read(self, observed: Json) -> Json:
        match observed:
            case {"people": int(), "basis": str(), "grade": str(), "notes": list(), "mark": str(), **aside} if set(
                aside
            ) == set(ASIDE) and all(map(_are_people, aside.values())):
                return observed
        raise Uninterpretable(f"the evidence yields {shape(observed)} where people and their values are meant")

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        free = {folded(str(name)) for name in expected[EXCEPT]}
        left = {
            part: [one for one in observed[part] if not free & {folded(one["name"]), folded(one["id"])}]
            for part in ASIDE
        }
        apart = [line for part in APART for line in _lines(part, left[part])]
        doubts = [*_doubts("pending", left["pending"]), *_doubts("not known", left["inconclusive"])]
        if apart:
            return (*apart, *([observed["mark"]] * bool(observed["mark"])), *observed["notes"], *doubts)
        if left["inconclusive"]:
            raise Uninterpretable("; ".join(doubts), AGAIN)
        if left["pending"]:
            raise Unsettled("; ".join(doubts), "run again then")
        return None

    def show(self, value: Json) -> str:
        if "people" not in value:
            parts = [f"{EXCEPT} {listed(value[EXCEPT])}"] if value[EXCEPT] else []
            parts += [f"{name}: {reading}" for name, reading in value.get(SEMANTICS, {}).items()]
            return f"{AS_MAPPED} ({', '.join(parts)})" if parts else AS_MAPPED
        aside = [f"{len(value[part])} {part}" for part in ASIDE if value[part]]
        people = f"{value['people']} {'person' if value['people'] == 1 else 'people'}"
        notes = [] if any(value[part] for part in APART) else value["notes"]
        return "; ".join([f"{people}, {value['basis']}: {', '.join(aside) or AS_MAPPED}", *notes])

    def schema(self) -> Json:
        inner = {
            "type": "object",
            "properties": {
                EXCEPT: {"type": "array", "items": TEXT_SCHEMA},
                SEMANTICS: semantics_schema(),
            },
            "minProperties": 1,
            "additionalProperties": False,
        }
        outer = {
            "type": "object",
            "properties": {AS_MAPPED: inner},
            "required": [AS_MAPPED],
            "additionalProperties": False,
        }
        return {"anyOf": [{"const": AS_MAPPED}, VARIABLE_SCHEMA, outer]}

    def other(self, observed: Json) -> Json:
        somebody = {"id": "0", "name": "somebody", "why": "the gates say so"}
        return {**observed, "missing": [*observed["missing"], somebody]}


def _are_people(several: Json) -> bool:
    return isinstance(several, list) and all(
        isinstance(one, dict) and all(isinstance(one.get(key), str) for key in ("id", "name", "why")) for one in several
    )


def aside(observed: Json) -> dict[str, list[Json]]:
    """Whom an observed value is about, for the record."""
    return {part: observed[part] for part in ASIDE}


def settled(stated: Json) -> dict[str, str]:
    """What a policy settles, by the register's ids."""
    return {SETTLED_BY[name].id: reading for name, reading in stated.items()}


def ways(items: Iterable[str]) -> str:
    """How a policy would settle some points; empty where it can settle none of them."""
    named = [(name, item) for name, item in SETTLED_BY.items() if item.id in set(items)]
    return ", ".join(f"{name}: {' or '.join(item.readings)}" for name, item in named)


def semantics_schema() -> Json:
    """The JSON Schema of what a policy settles."""
    readings = {
        name: {"description": item.point, "anyOf": [{"enum": list(item.readings)}, VARIABLE_SCHEMA]}
        for name, item in SETTLED_BY.items()
    }
    return {"type": "object", "properties": readings, "additionalProperties": False}


def _known(node: Mapping, known: tuple[str, ...]) -> None:
    for key, _ in node.entries:
        if key.text not in known:
            raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, known))


def read_semantics(node: Node) -> dict[str, str]:
    """What a policy settles of the open points of mappings: ``{null-argument: propagate}``.

    :raises Mistake: there is no such point, or it has no such reading.
    """
    found = {}
    for key, below in mapping(node, "what is settled").entries:
        item = SETTLED_BY.get(key.text)
        if item is None:
            raise Mistake(key.mark, f"unknown point {key.shown!r}", choices(key.text, SETTLED_BY))
        word = scalar(below, "a reading")
        if word.text not in item.readings:
            text = f"{word.shown!r} is no reading of {item.id} ({item.point})"
            raise Mistake(word.mark, text, choices(word.text, item.readings))
        found[key.text] = word.text
    return found


def _lines(part: str, people: list[Json]) -> Iterator[str]:
    """Who differs: all by name where that is all there is to say, else the first few with their reasons."""
    if not people:
        return
    plain = [one["name"] for one in people if not one["why"]]
    if plain:
        yield f"{part} ({len(plain)}, {APART[part]}): {listed(plain)}"
    told = [one for one in people if one["why"]]
    yield from (f"{one['name']}: {one['why']}" for one in told[:EXPLAINED])
    if len(told) > EXPLAINED:
        yield f"… and {len(told) - EXPLAINED} more {APART[part]}"


def _doubts(word: str, people: list[Json]) -> list[str]:
    """Of whom it is not known, by the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for one in people:
        by_reason.setdefault(one["why"], []).append(one["name"])
    return [f"{word}: {listed(names)}: {why}" for why, names in by_reason.items()]
