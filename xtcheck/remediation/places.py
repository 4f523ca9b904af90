"""What stands at the places of a change, and whether it is what stood there before or what was to be written; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from xtcheck.kinds import KINDS
from xtcheck.kinds.writes import pair_of
from xtcheck.model import Folding, Kind, Setting, Shape
from xtcheck.remediation.changes import Change, Place
from xtcheck.remediation.likeness import alike, shows
from xtcheck.shapes import Action, Members, Pairs, ReplaceDocument, Upsert, Value, as_shown

Json = Any


def key_of(path: str) -> Json:
    """The fields by which a path names an item of a list, without what tells more of it (``@``, ``@also``)."""
    return {name: value for name, value in json.loads(path[1:-1]).items() if not name.startswith("@")}


def also_called(path: str) -> tuple[str, ...]:
    """The other names of the item that a path names, as they were found."""
    names = json.loads(path[1:-1]).get("@also") if path.startswith("[") else None
    return tuple(names) if isinstance(names, list) else ()


def named(path: str) -> str:
    """The item that a path names, as a person reads it."""
    fields = json.loads(path[1:-1])
    return str(fields.get("@") or " ".join(map(str, fields.values())))


def has_before(change: Change, document: Json, place: Place) -> bool:
    """Whether a document still has, at a place of a change, what stood there before."""
    return alike(meant(change, place, seen(change, document, place)), meant(change, place, place.before))


def has_after(change: Change, document: Json, place: Place) -> bool:
    """Whether a document has, at a place of a change, what was to be written."""
    return shows(meant(change, place, seen(change, document, place)), meant(change, place, place.after))


def seen(change: Change, document: Json, place: Place) -> Json:
    """What stands at a place of a change."""
    shape = change.ref.kind.write
    if isinstance(shape, ReplaceDocument):
        return shape.places.at(document, place.path)
    return at(document, place.path, shape.meaning if isinstance(shape, Members) else as_shown)


def rows_of(shape: Shape | None) -> Iterator[Setting]:
    """The rows of what is written in this way."""
    return (row for kind in KINDS if kind.write is shape for row in kind.settings)


def written_of(kind: Kind) -> frozenset[str]:
    """The properties of an object that are ever written, by rows or with them; none where no row names one."""
    shape = kind.write
    if not isinstance(shape, Upsert):
        return frozenset()
    rows = {row.path for row in rows_of(shape) if row.path} | ({shape.states.by} if shape.states else set())
    return frozenset(path.partition(".")[0] for path in (*rows, *shape.units, *shape.replaces))


def meant(change: Change, place: Place, value: Json) -> Json:
    """A value of a place as it is compared: the service may write it otherwise, as far as its row understands it."""
    shape = change.ref.kind.write
    match shape:
        case ReplaceDocument(places=places):
            return places.meaning(place.path, value)
        case Members() | Value():
            return shape.meaning(value)
        case Upsert(states=Action(by=by) as states) if place.path == by:
            return states.meaning(value)
        case Pairs():
            value = shape.meaning(place.path, value)
    rows = (row for row in rows_of(shape) if row.path and row.view is None)
    row = next((row for row in rows if place.path in (row.path, pair_of(row.path))), None)
    return row.type.meaning(value) if row and isinstance(row.type, Folding) else value


def came_back(change: Change, document: Json, place: Place) -> bool:
    """Whether a document has, at a place of a change, again what stood there before, be it with more.

    An item of a list that was removed has when all that somebody decides of it is there: with another id, or time.
    """
    shape = change.ref.kind.write
    if isinstance(shape, Members) and place.after is None:
        here = seen(change, document, place)
        return here is not None and shows(meant(change, place, here), meant(change, place, shape.part(place.before)))
    here, before = (meant(change, place, value) for value in (seen(change, document, place), place.before))
    return alike(here, before) or (shows(here, before) and not has_after(change, document, place))


def is_foreign(change: Change, document: Json, place: Place) -> bool:
    """Whether a document shows a place, and has there neither what stood before nor what was to be written."""
    return not (unseen(document, place) or has_before(change, document, place) or has_after(change, document, place))


def unseen(document: Json, place: Place) -> bool:
    """Whether a place was only sent along, and what is read of the object does not show such a thing at all."""
    return not place.stated and isinstance(document, dict) and place.path.partition(".")[0] not in document


def answers(item: Json, path: str, meant_as: Callable[[Json], Json]) -> bool:
    """Whether a path names an item of a list, of which the service may show more, and write it otherwise."""
    return shows(meant_as(item), meant_as(key_of(path)))


def at(document: Json, path: str, meant_as: Callable[[Json], Json] = as_shown) -> Json:
    """What stands at a path of one or two names; None where that, or what leads to it, is null or not there.

    An empty path is the document itself, ``[{"Arn": "…"}]`` the item with these values (as it is meant), ``#Key`` the
    value of a pair; an empty text is none.
    """
    if not path:
        return document or None if isinstance(document, str) else document
    if path.startswith("#"):
        pairs = document.get("value") or () if isinstance(document, dict) else ()
        return next((pair["value"] for pair in pairs if pair["key"] == path[1:]), None) or None
    if path.startswith("["):
        return next((item for item in document or () if answers(item, path, meant_as)), None)
    here = document
    for name in path.split("."):
        here = here.get(name) if isinstance(here, dict) else None
    return here
