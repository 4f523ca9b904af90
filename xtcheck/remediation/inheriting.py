"""What may be written of properties that inherit as a whole, so that nothing else than what is stated changes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Kind, Ref, Safety
from xtcheck.remediation.changes import Change, Place
from xtcheck.remediation.compose import Composed, owner
from xtcheck.remediation.filling import document_of
from xtcheck.remediation.places import at
from xtcheck.remediation.units import alone, properties, units_of
from xtcheck.remediation.wishes import Wish, together
from xtcheck.shapes import Unit
from xtcheck.world import World

Json = Any

COMING = "what it inherits besides is to be changed, and that comes first"


@dataclass(frozen=True, slots=True)
class Left:
    """A wish that is not granted, and why; ``first`` is what may be changed before, and then it is."""

    wish: Wish
    why: str
    first: Ref | None = None


def _origins(ref: Ref) -> dict[str, Ref]:
    """By property that inherits: the object that it inherits from."""
    return {name: Ref(BY_NAME[unit.inherits], ref.place) for name, unit in _inheriting(ref.kind).items()}


def _inheriting(kind: Kind) -> Mapping[str, Unit]:
    return {name: unit for name, unit in units_of(kind).items() if unit.inherits}


def origins(check: Check, world: World) -> Iterator[Ref]:
    """What must be read to say what is in effect where a check's object does not say it itself."""
    ref, (name, *_) = owner(check.kind.ref(check.scope)), check.setting.path.split(".")
    unit = _inheriting(ref.kind).get(name)
    if unit and any(at(document_of(ref, world), f"{name}.{key}") is None for key in unit.keys):
        yield _origins(ref)[name]


def in_effect(ref: Ref, world: World) -> dict[str, Json]:
    """By property: what is in effect while the object has none of its own; only of what was read."""
    found = {name: at(document_of(origin, world), name) for name, origin in _origins(ref).items()}
    return {name: value for name, value in found.items() if isinstance(value, dict)}


def rests(ref: Ref, composed: Composed, world: World) -> dict[Ref, tuple[Place, ...]]:
    """By object that is inherited from: the places there by which a call changes nothing that nobody states."""
    found: dict[Ref, tuple[Place, ...]] = {}
    for name, origin in _origins(ref).items():
        paths = [path for path in sorted(composed.same) if path.partition(".")[0] == name]
        values = [(path, at(document_of(origin, world), path)) for path in paths]
        if values:
            places = tuple(Place(path, value, value, stated=False) for path, value in values)
            found[origin] = (*found.get(origin, ()), *places)
    return found


def granted(
    ref: Ref, wishes: list[Wish], world: World, all_: Mapping[Ref, list[Wish]]
) -> tuple[list[Wish], list[Left]]:
    """The wishes about an object that change nothing but what they name, and the others; ``all_`` are those of a plan.

    Those that are only granted together are as safe as the least safe of them.

    :raises Unwritable: two of them ask for different values of one place.
    """
    if any(wish.gone for wish in wishes):
        return wishes, []
    document, inherited = document_of(ref, world) or {}, in_effect(ref, world)
    left: list[Left] = []
    for name, origin in _origins(ref).items():
        coming = bool(_about(name, all_.get(origin, ())))
        stays = {} if coming else inherited
        group = _about(name, wishes)
        bad = _refused(ref.kind, name, group, document, stays)
        if coming and bad and not _refused(ref.kind, name, group, document, inherited):
            bad = [Left(each.wish, COMING, origin) for each in bad]
        left += bad
        refused = [each.wish for each in bad]
        group = [wish for wish in group if wish not in refused]
        safety = max((wish.safety for wish in group), default=Safety.SAFE)
        if _nulls(group) or (document.get(name) is None and name not in stays):
            wishes = [replace(wish, safety=safety) if wish in group else wish for wish in wishes]
        wishes = [wish for wish in wishes if wish not in refused]
    return wishes, left


def _about(name: str, wishes: Iterable[Wish]) -> list[Wish]:
    return [wish for wish in wishes if any(path.partition(".")[0] == name for path in wish.values)]


def _refused(kind: Kind, name: str, group: list[Wish], document: Json, inherited: Mapping[str, Json]) -> list[Left]:
    """The wishes about a property that cannot be granted."""
    nulls, left = _nulls(group), []
    if nulls and len(nulls) < len(group):
        keys = {path.partition(".")[2] for wish in nulls for path in wish.values}
        why = alone(kind, name, [key for key in units_of(kind)[name].keys if key not in keys])
        left = [Left(wish, why) for wish in nulls]
        group = [wish for wish in group if wish not in nulls]
    try:
        properties(kind, document, together(group), inherited)
    except Unwritable as error:
        left += [Left(wish, str(error)) for wish in group]
    return left


def _nulls(wishes: list[Wish]) -> list[Wish]:
    """Those by which a part of a property is to inherit."""
    return [wish for wish in wishes if all("." in path and value is None for path, value in wish.values.items())]


def returning(change: Change, document: Json, values: Mapping[str, Json]) -> tuple[dict[str, Json], list[str]]:
    """The values by which a change is taken back; and the properties that stay, for some of it was changed since."""
    found, stay = dict(values), []
    for name in _inheriting(change.ref.kind):
        part = {path: value for path, value in values.items() if path.partition(".")[0] == name}
        if any(value is not None for value in part.values()):  # it did not inherit, nor what it said nothing of
            silent = [
                place.path for place in change.places if place.path.startswith(f"{name}.") and place.before is None
            ]
            part = {path: None for path in silent if at(document, path) is None} | part
        try:
            properties(change.ref.kind, document, part, None)
            found |= part
        except Unwritable:
            stay.append(name)
            found = {path: value for path, value in found.items() if path not in part}
    return found, stay
