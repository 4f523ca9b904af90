"""What others have configured in an object since a run made it: then it is left, and what they did with it; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.kinds import BY_NAME, KINDS
from xtcheck.model import Absent, Evidence, Kind, Present, Ref, Unread
from xtcheck.remediation.changes import Change, Place, Verb
from xtcheck.remediation.compose import shape_of, standing
from xtcheck.remediation.likeness import digest
from xtcheck.remediation.places import at, has_after, is_foreign, key_of
from xtcheck.shapes import Members, Pairs, Unit, Upsert, Value
from xtcheck.world import World
from xtcheck.writing import Write

Json = Any
Written = Iterable[tuple[Change, Place]]
"""What a run has written, in its order."""

EMPTY: tuple[Json, ...] = (None, "", [], {})


def users(ref: Ref) -> Iterator[Ref]:
    """The lists that say who or what needs an object by now."""
    shape = ref.kind.write
    for name in shape.used_by if isinstance(shape, Upsert) else ():
        yield Ref(BY_NAME[name], ref.place, ref.key, ref, ref.label)


def within(ref: Ref, opted_in: Collection[str] = ()) -> Iterator[Ref]:
    """The objects that are written by themselves and stand in another one, which had none of them when it was made.

    What the service makes with it, such as a schema, is none of them: of that nobody knows what is whose.

    :param opted_in: the tenants of which secrets are read.
    """
    shape = ref.kind.write
    listed = shape.used_by if isinstance(shape, Upsert) else ()
    for kind in KINDS:
        own = isinstance(kind.write, Members | Value | Upsert | Pairs) and (kind.source is not None or kind.pick)
        if own and _written_above(kind) is ref.kind and kind.name not in listed:
            if kind.opt_in and ref.place not in opted_in:
                continue
            yield _below(kind, ref)


def inside(change: Change) -> Iterator[Ref]:
    """Of a deletion, the objects that stand in what is deleted, as far as was looked at them."""
    if change.inside:
        yield from (ref for ref in within(change.ref, {change.ref.place}) if ref.kind.name in change.inside)


def contents(ref: Ref, world: World) -> dict[str, Json]:
    """What stands in an object, by the names of kinds, as far as somebody asked for it.

    :raises Unwritable: something of it cannot be seen.
    """
    found: dict[str, Json] = {}
    for below in within(ref, {ref.place}):
        with suppress(LookupError):
            found[below.kind.name] = looked_at(below, world.evidence(below))
    return found


def _written_above(kind: Kind) -> Kind | None:
    above = kind.parent
    while above is not None and above.write is None:
        above = above.parent
    return above


def _below(kind: Kind, ref: Ref) -> Ref:
    """The object of a kind that stands in another one: of its key, where it has none of its own."""
    if kind.parent is None:
        raise LookupError(f"{kind.name} stands in nothing of {ref}")
    above = ref if kind.parent is ref.kind else _below(kind.parent, ref)
    same = "{" in kind.key
    return Ref(kind, ref.place, ref.key if same else kind.key, above, ref.label if same else "")


# --- in the object itself -------------------------------------------------------------------------------------------


def moved(change: Change, document: Json, written: Written, seen: Sequence[Mapping[str, str]] = ()) -> list[str]:
    """The places of an object that a run made which have neither what it wrote, first or last, nor nothing; and what
    else in it is by now as it never was.

    :param seen: the digests of its properties, each time that the run has read it back; where it never has, that is
        told by all that is ever written in one of its kind.
    """
    later = [(other, place) for other, place in written if other.ref == change.ref and other is not change]
    ours = {place.path for other, place in later if has_after(other, document, place)}
    found = [place.path for place in change.places if place.path not in ours and is_foreign(change, document, place)]
    sent = {place.path.partition(".")[0] for place in (*change.places, *(place for _, place in later))}
    found += _started(change.ref, document, ours)
    known = {path.partition(".")[0] for path in found}
    besides = _unlike(change.ref, document, seen) if seen else _besides(change.ref, document, sent)
    return [*found, *(name for name in besides if name not in known)]


def _unlike(ref: Ref, document: Json, seen: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The properties that have none of the values with which they were seen, nor any other that nobody may know."""
    here = standing(shape_of(ref.kind), document)
    itself = ref.kind.write.by_itself if isinstance(ref.kind.write, Upsert) else frozenset[str]()
    for name in dict.fromkeys([*here, *(name for each in seen for name in each if name.isidentifier())]):
        known = {each.get(name, digest(None)) for each in seen}
        if name not in itself and not {digest(here.get(name)), ""} & known:
            yield name


def _besides(ref: Ref, document: Json, sent: Collection[str]) -> Iterator[str]:
    """The properties that a run has never sent, and that are not as the service gives them to a new object."""
    shape = ref.kind.write
    if not isinstance(shape, Upsert):
        return
    for name in (*shape.units, *shape.replaces):
        value = _known(document.get(name), shape.units[name]) if name in shape.units else document.get(name)
        if name not in sent and value not in EMPTY and value != shape.assumed.get(name):
            yield name


def _known(value: Json, unit: Unit) -> Json:
    """What a property has of what is ever sent in it."""
    return {key: value[key] for key in unit.keys if value.get(key) is not None} if isinstance(value, dict) else value


def _started(ref: Ref, document: Json, ours: Collection[str]) -> Iterator[str]:
    """What a new object is not by itself: in the state into which it is put last."""
    states = ref.kind.write.states if isinstance(ref.kind.write, Upsert) else None
    if states and states.by not in ours and at(document, states.by) == states.last:
        yield states.by


# --- and in what stands in it ---------------------------------------------------------------------------------------


def configured(ref: Ref, world: World, taken: Iterable[Change], written: Written) -> list[str]:
    """What stands in an object that a run made, without what is taken back besides; as a person calls it.

    :raises Unwritable: something of it cannot be seen.
    """
    back, kept = list(taken), list(written)
    found = []
    for below in within(ref, {ref.place}):
        try:
            evidence = world.evidence(below)
        except LookupError:  # nobody opted in to reading it
            continue
        if isinstance(evidence, Absent):
            continue
        own = [change for change in back if change.ref == below]
        if _is_foreign(below, looked_at(below, evidence), own, [each for each in kept if each[0].ref == below]):
            found.append(below.kind.title)
    return found


def looked_at(ref: Ref, evidence: Evidence) -> Json:
    """What stands there, None where nothing does.

    :raises Unwritable: it cannot be seen.
    """
    match evidence:
        case Present(document):
            return document
        case Absent():
            return None
        case _:
            cause = f": {evidence.cause}" if isinstance(evidence, Unread) else ""
            takes = f", which takes {ref.kind.permission}" if ref.kind.permission else ""
            raise Unwritable(f"the {ref.kind.title} cannot be seen{takes}{cause}")


def _is_foreign(ref: Ref, document: Json, own: list[Change], written: Written) -> bool:
    """Whether something there is not taken back by one of its own changes."""
    match ref.kind.write:
        case Members():
            gone = [key_of(place.path) for change in own for place in change.places if place.after is None]
            return any(not any(key.items() <= item.items() for key in gone) for item in document or ())
        case Value():
            return at(document, "") is not None and not own
        case Pairs():
            ours = {place.path for change, place in written if has_after(change, document, place)}
            there = {f"#{pair['key']}" for pair in document["value"] if pair["value"]}
            return bool(there - ours - {place.path for change in own for place in change.places})
        case _:
            return not any(change.verb is Verb.DELETE for change in own)


ARN = "PermissionSetArn"


def named_by(item: Mapping[str, Json], document: Json) -> bool:
    """Whether an item of a list elsewhere is about an object: has its id, or its ARN."""
    return named_by_any(item, {document.get(name) for name in ("id", ARN)} - {None})


def named_by_any(item: Json, ids: Collection[str]) -> bool:
    """Whether something is an item that has one of these ids, or ARNs."""
    return isinstance(item, dict) and any(value in ids for value in item.values() if isinstance(value, str))


def ids_in(write: Write) -> set[str]:
    """The id, or the ARN, of the object that a call is about."""
    body = write.body if isinstance(write.body, dict) else {}
    return {str(body[ARN])} if ARN in body else {write.operation.rpartition("/")[2]} - {""}
