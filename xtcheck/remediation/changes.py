"""What would be changed: one operation on one object, with what stood there and what shall; and a plan of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from xtcheck.kinds import BY_NAME, KINDS
from xtcheck.kinds.writes import pair_of
from xtcheck.model import Check, Folding, Ref, Safety, Setting, Shape
from xtcheck.shapes import Action, Members, Pairs, ReplaceDocument, Upsert, Value, as_shown
from xtcheck.writing import Write

Json = Any

FORMAT = 2
"""Version of plans and journals; a reader refuses another."""


class Verb(StrEnum):
    """What becomes of the object."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Place:
    """One place in an object's document that is sent, before and after; null and not there are the same.

    ``stated``: a policy says so. Else it is sent along, for the property is only sent whole.
    """

    path: str
    before: Json
    after: Json
    stated: bool = True

    @property
    def changes(self) -> bool:
        """Whether it becomes another; what is only sent along mostly stays as it is."""
        return not alike(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on one object.

    ``mends`` are the names of the checks that ask for it, ``needs`` the changes that must have been made before,
    ``forgets`` what undoing it cannot bring back (empty: nothing), ``undoable`` whether it can be undone at all,
    ``spoils`` the checks that are well and would not be after it, ``waived`` those that are to stay as they are for a
    while, and that it would change.
    """

    verb: Verb
    ref: Ref
    write: Write
    places: tuple[Place, ...]
    mends: tuple[str, ...]
    safety: Safety
    why: str = ""
    needs: tuple[str, ...] = ()
    forgets: str = ""
    undoable: bool = True
    spoils: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    item: str = ""
    """The item of a list that is added or removed, as a person names it."""
    inside: Mapping[str, Json] = field(default_factory=dict)
    """Of a deletion, what stands in the object and goes with it, by the names of kinds; None where nothing does."""
    concealed: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By path, what is shown in the place of a value: of one that came from the environment in another form."""
    rests: Mapping[Ref, tuple[Place, ...]] = field(default_factory=dict, compare=False)
    """By other object, the places there whose values it rests on: looked at again just before it is sent. Neither a
    kept plan nor a journal has them, for the values themselves are among what is sent."""
    first: tuple[Check, ...] = field(default=(), compare=False)
    """The checks that must be well when it is sent, for it lets something run: judged again just before."""

    @property
    def name(self) -> str:
        """Its name in a plan, where no two have the same."""
        return f"{self.verb} {self.target}" + (f" {self.item}" if self.item else "")

    @property
    def target(self) -> str:
        """The object, as policies call it: ``shared/partner.one``."""
        return target(self.ref)


def target(ref: Ref) -> str:
    """An object by the alias of its place, its kind and its key as a person wrote it."""
    return targets(ref)[0]


def targets(ref: Ref) -> tuple[str, ...]:
    """Every way to name an object: by its key as a person wrote it, and as the service has it."""
    names = [name for name in (ref.label, ref.key) if name]
    return tuple(f"{ref.place}/{ref.kind.name}.{name}" for name in names) or (f"{ref.place}/{ref.kind.name}",)


@dataclass(frozen=True, slots=True)
class Later:
    """What a later round of the same run would do for a check that waits, as far as it can be said by now."""

    verb: Verb
    ref: Ref
    safety: Safety
    why: str = ""

    @property
    def name(self) -> str:
        """As that of a :class:`Change`."""
        return f"{self.verb} {target(self.ref)}"


@dataclass(frozen=True, slots=True)
class ByHand:
    """A check that drifts and that no change mends: why not, and what a person does.

    ``waits``: nobody does anything now, for it comes of something else that is being put right; ``later`` is what
    would be written for it then.
    """

    check: str
    why: str
    step: str
    waits: bool = False
    later: tuple[Later, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in this order; ``held`` is what a further option would allow besides, ``by_hand`` the rest.

    ``objects`` counts by place the objects that are there and could be written at all, and by the name of a list its
    items. ``own`` are those that a run has made which is being taken back.
    """

    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    objects: Mapping[str, int] = field(default_factory=dict)
    own: frozenset[Ref] = frozenset()

    def all(self) -> Iterator[Change]:
        """The changes, and those that are held back."""
        yield from self.changes
        yield from self.held


class Outcome(StrEnum):
    """What came of a change."""

    APPLIED = "applied"
    """It was written, and read back."""
    FAILED = "failed"
    """It was tried, and is not to be seen."""
    STALE = "stale"
    """The object was no longer as planned, so that nothing was sent."""
    DROPPED = "dropped"
    """Nothing was sent, because a change that it needs was not made."""
    REFUSED = "refused"
    """Nothing of the plan was sent, because the guard refused it."""
    CUT_SHORT = "cut short"
    """The run was ended before it was known what came of it: the journal tells how far it got."""
    PLANNED = "planned"
    """Nothing was sent, because it was only to be shown."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a change, in words, and the ids of the requests that were sent.

    ``at`` is when it was sent last (UTC, ISO 8601; None: nothing was). ``ours``: what is there may come of it. It
    cannot when the service has refused every attempt, and nothing of it was to be seen; then, whatever is there later
    was made by somebody else.
    """

    change: Change
    outcome: Outcome
    said: str
    requests: tuple[str, ...] = ()
    ours: bool = True
    at: str | None = None


# --- as JSON --------------------------------------------------------------------------------------------------------


def ref_json(ref: Ref) -> Json:
    """A reference as plain JSON."""
    return {
        "kind": ref.kind.name,
        "place": ref.place,
        "key": ref.key,
        "label": ref.label,
        "others": list(ref.others),
        "parent": ref_json(ref.parent) if ref.parent else None,
    }


def ref_of(document: Json) -> Ref:
    """The reference of its plain JSON.

    :raises KeyError: this version has no such kind.
    """
    parent = ref_of(document["parent"]) if document["parent"] else None
    kind = BY_NAME[document["kind"]]
    return Ref(kind, document["place"], document["key"], parent, document["label"], tuple(document["others"]))


def change_json(change: Change) -> Json:
    """A change as plain JSON."""
    return {
        "name": change.name,
        "verb": str(change.verb),
        "object": ref_json(change.ref),
        "write": {
            "place": change.write.place,
            "service": change.write.service,
            "verb": change.write.verb,
            "operation": change.write.operation,
            "body": change.write.body,
            "idempotent": change.write.idempotent,
            "follow": change.write.follow,
            "secrets": list(change.write.secrets),
        },
        "places": [
            {"path": place.path, "before": place.before, "after": place.after, "stated": place.stated}
            for place in change.places
        ],
        "mends": list(change.mends),
        "safety": str(change.safety),
        "why": change.why,
        "needs": list(change.needs),
        "forgets": change.forgets,
        "undoable": change.undoable,
        "spoils": list(change.spoils),
        "waived": list(change.waived),
        "item": change.item,
        **({"inside": dict(change.inside)} if change.inside else {}),
    }


def change_of(document: Json) -> Change:
    """The change of its plain JSON.

    :raises KeyError, TypeError, ValueError: it is none of this version.
    """
    return Change(
        verb=Verb(document["verb"]),
        ref=ref_of(document["object"]),
        write=Write(**{**document["write"], "secrets": tuple(document["write"]["secrets"])}),
        places=tuple(Place(**place) for place in document["places"]),
        mends=tuple(document["mends"]),
        safety=Safety(document["safety"]),
        why=document["why"],
        needs=tuple(document["needs"]),
        forgets=document["forgets"],
        undoable=document["undoable"],
        spoils=tuple(document["spoils"]),
        waived=tuple(document["waived"]),
        item=document["item"],
        inside=document.get("inside", {}),
    )


# --- when two values are the same -----------------------------------------------------------------------------------


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


def _parsed(text: str) -> Json:
    """A text that is a document, such as a policy, as that document."""
    try:
        return json.loads(text)
    except ValueError:
        return f" {text}"


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
