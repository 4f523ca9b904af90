"""From an object, and the values that it shall have, to the one call that writes them: pure."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xtcheck.connection import Secret
from xtcheck.errors import Unwritable
from xtcheck.model import Kind, Ref, Shape
from xtcheck.remediation.changes import Change, Place, Verb
from xtcheck.remediation.filling import put_in
from xtcheck.remediation.places import answers, at, key_of, named
from xtcheck.remediation.units import properties
from xtcheck.shapes import (
    Action,
    AsyncCall,
    Command,
    Growth,
    Members,
    Merge,
    Pairs,
    ReplaceDocument,
    Send,
    Unit,
    Upsert,
    Value,
)
from xtcheck.writing import Write

Json = Any


MASK = "*"
"""What the service shows in the place of what is secret (azure-docs#55184): that it is there, and nothing else."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A call, the places that it changes, and the document that should come of it (None: none)."""

    verb: Verb
    write: Write
    places: tuple[Place, ...]
    document: Json
    item: str = ""
    lasting: str = ""
    """Of what nothing takes back: what a person does."""
    same: frozenset[str] = frozenset()
    """The paths of what nobody states, and what is inherited decides: sent along as it is in effect until now, or left
    to what is inherited from now on."""


def shape_of(kind: Kind) -> Shape:
    """How objects of a kind are written.

    :raises LookupError: they are not; that is a fault of ours.
    """
    if kind.write is None:
        raise LookupError(f"{kind.name} is not written")
    return kind.write


def calls(
    ref: Ref,
    shape: Shape,
    document: Json,
    wanted: Mapping[str, Json],
    words: Mapping[str, str],
    inherited: Mapping[str, Json] | None = None,
) -> list[Composed]:
    """The calls after which the object has the wanted values: one, but of a list one for each item; none for nothing.

    :param inherited: by property, what is in effect while it is null; None where what is wanted once was all of it.
    :raises Unwritable: these values cannot be written.
    """
    match shape:
        case Value():
            made = _put_whole(ref, shape, document, wanted[""], words)
            return [made] if made.places[0].changes else []
        case Pairs():
            return [_paired(ref, shape, document, wanted, words)]
        case ReplaceDocument():
            return [_replaced(ref, shape, document, wanted, words)]
        case Command():
            return [Composed(Verb.CHANGE, _write(ref, shape.call, dict(shape.call.fixed), words), (), document)]
        case AsyncCall():
            place = Place("", document, [])
            return [Composed(Verb.CHANGE, _write(ref, shape.call, {}, words), (place,), [])]
        case Members():
            return list(_each(ref, shape, document, wanted, words))
        case Upsert():
            return list(_of_object(ref, shape, document, wanted, words, inherited))
        case Merge():
            return [written(ref, shape, document, wanted, words, inherited)]


def _of_object(
    ref: Ref,
    shape: Upsert,
    document: Json,
    wanted: Mapping[str, Json],
    words: Mapping[str, str],
    inherited: Mapping[str, Json] | None,
) -> Iterator[Composed]:
    """What has operations of its own comes after the rest."""
    if shape.states and wanted:
        yield _put_into(ref, shape.states, document, wanted, words)
        return
    rest = {path: value for path, value in wanted.items() if path not in shape.grows}
    if rest or not wanted:
        made = written(ref, shape, document, rest, words, inherited)
        document = made.document
        yield made
    for path, growth in shape.grows.items():
        if path in wanted:
            yield _grown(ref, growth, path, document, wanted[path], words)


def _grown(
    ref: Ref, growth: Growth, path: str, document: Json, after: list[Json], words: Mapping[str, str]
) -> Composed:
    """The operation that makes a list longer."""
    before = document[path]
    if len(after) <= len(before):
        raise Unwritable(f"no API takes it away again: {growth.remains}")
    new = after[-1]
    write = _write(ref, growth.send, {name: new[name] for name in growth.parameters}, words)
    item, document = str(new[growth.label]), {**document, path: after}
    return Composed(Verb.CHANGE, write, (Place(path, before, after),), document, item, lasting=growth.remains)


def _put_whole(ref: Ref, shape: Value, document: Json, value: Json, words: Mapping[str, str]) -> Composed:
    send, body = (shape.remove, {}) if value is None else (shape.put, {shape.parameter: value})
    after = shape.none if value is None else value
    return Composed(Verb.CHANGE, _write(ref, send, body, words), (Place("", at(document, ""), value),), after)


def _paired(ref: Ref, shape: Pairs, document: Json, wanted: Mapping[str, Json], words: Mapping[str, str]) -> Composed:
    """Only the pairs that change: what is secret is shown as an asterisk, and must never be sent back."""
    if document is None:
        raise Unwritable("it is not there, and this version does not make it")
    texts: dict[str, Json] = {}
    parts: dict[str, dict[str, Json]] = {}
    for path, value in wanted.items():
        name, _, part = path.removeprefix("#").partition(".")
        if part:
            parts.setdefault(name, {})[part] = value
        else:
            texts[name] = value
    for name, changed in parts.items():
        there = at(document, f"#{name}")
        texts[name] = json.dumps({**(json.loads(there) if there else shape.parts.get(name, {})), **changed})
    # A text that is JSON is never taken away again (msgraph-metadata#347): it says nothing then.
    texts = {name: text or (json.dumps(shape.parts[name]) if name in shape.parts else text)
             for name, text in texts.items()}  # fmt: skip
    if MASK in texts.values():
        raise Unwritable("what is shown as an asterisk is secret, and never sent back")
    kept = [pair for pair in document["value"] if pair["key"] not in texts]
    sent = [{"key": name, "value": str(text or "")} for name, text in texts.items()]
    shown = {name: MASK if isinstance(text, Secret) else text or None for name, text in texts.items()}
    after = {**document, "value": [*kept, *({"key": name, "value": text} for name, text in shown.items() if text)]}
    places = tuple(Place(f"#{name}", at(document, f"#{name}"), text) for name, text in shown.items())
    named = tuple(sorted(text.env for text in texts.values() if isinstance(text, Secret)))
    write = replace(_write(ref, shape.put, {"value": sent}, words), secrets=named)
    return Composed(Verb.CHANGE, write, places, after)


def _replaced(
    ref: Ref, shape: ReplaceDocument, document: Json, wanted: Mapping[str, Json], words: Mapping[str, str]
) -> Composed:
    """What changes; the whole is made of what is there when it is sent, so that nobody's change is lost."""
    if document is None:
        raise Unwritable("it is not there, and this version does not make it")
    places = tuple(Place(path, shape.places.at(document, path), value) for path, value in wanted.items())
    if not any(place.changes for place in places):
        raise Unwritable("what is declared stands in it, and has no effect")
    after = shape.places.changed(document, wanted)
    body = {CHANGED: {place.path: place.after for place in places}}
    return Composed(Verb.CHANGE, _write(ref, shape.put, body, words), places, after)


CHANGED = "only these places are changed"
"""Under which a plan has them, in place of a body."""


def whole(change: Change, write: Write, document: Json) -> Write:
    """The call with its body, of the document as it is at this moment.

    :raises Unwritable: a place is no longer there.
    """
    shape = change.ref.kind.write
    if not isinstance(shape, ReplaceDocument):
        return write
    after = shape.places.changed(document, {place.path: place.after for place in change.places})
    return replace(write, body={name: value for name, value in after.items() if name not in shape.dropped})


def _each(
    ref: Ref, shape: Members, document: Json, wanted: Mapping[str, Json], words: Mapping[str, str]
) -> Iterator[Composed]:
    kept = [item for item in document or () if not any(answers(item, path, shape.meaning) for path in wanted)]
    after = kept + [item for item in wanted.values() if item is not None]
    names = Counter(map(named, wanted))
    for path, whole in wanted.items():
        item = shape.part(whole)
        was = at(document, path, shape.meaning)
        body = shape.removed(was) if item is None else shape.added(item)
        send = shape.remove if item is None else shape.add
        fields = {f"item.{name}": text for name, text in (was or item).items() if isinstance(text, str)}
        write = _write(ref, send, body or None, {**words, **fields})
        yield Composed(Verb.CHANGE, write, (Place(path, was, item),), after, _told_apart(path, names))


def _told_apart(path: str, names: Mapping[str, int]) -> str:
    """An item as a person reads it; with what tells it from the others where several are called so."""
    name = named(path)
    return name if names[name] == 1 else f"{name} ({' '.join(map(str, key_of(path).values()))})"


def written(
    ref: Ref,
    shape: Merge | Upsert,
    document: Json,
    wanted: Mapping[str, Json],
    words: Mapping[str, str],
    inherited: Mapping[str, Json] | None,
) -> Composed:
    """The call after which the object has the wanted values (by path); it is created where ``document`` is None.

    :raises Unwritable: these values cannot be written.
    """
    new = document is None
    if new and not isinstance(shape, Upsert):
        raise Unwritable("it is not there, and this version does not make it")
    before: Json = document or {}
    body = properties(ref.kind, before, wanted, inherited)
    send: Send | None = shape.update
    if new and isinstance(shape, Upsert):
        send = shape.create
        fixed = {name: put_in(value, words) for name, value in send.fixed.items() if send.service == "graph"}
        body = {**fixed, **shape.otherwise(body), **body}
    elif isinstance(shape, Upsert) and shape.replaces:
        body = {**{name: before.get(name) for name in shape.replaces}, **body}
    if isinstance(shape, Upsert):
        body = {**_going_along(body, before, shape), **body}
        if why := shape.unsound({**before, **body}, new):
            raise Unwritable(why)
    if send is None:
        raise Unwritable("nothing in it is written")
    places = tuple(_places(before, body, wanted, shape.units))
    write, given = _write(ref, send, body, words), shape.assumed if new and isinstance(shape, Upsert) else {}
    verb, after = Verb.CREATE if new else Verb.CHANGE, {**given, **before, **body}
    return Composed(verb, write, places, after, same=frozenset(_same(before, body, wanted, shape.units)))


def _put_into(
    ref: Ref, shape: Action, document: Json, wanted: Mapping[str, Json], words: Mapping[str, str]
) -> Composed:
    """The operation that puts an object into a state."""
    if document is None:
        raise Unwritable("it is not there yet")
    state = shape.meaning(wanted[shape.by])
    if state not in shape.sends:
        raise Unwritable(f"nothing puts it into the state {state}")
    after = copy.deepcopy(document)
    for path, value in {**shape.assumed[state], shape.by: state}.items():
        name, _, key = path.partition(".")
        after[name] = {**(after.get(name) or {}), key: value} if key else value
    place = Place(shape.by, at(document, shape.by), state)
    return Composed(Verb.CHANGE, _write(ref, shape.sends[state], None, words), (place,), after)


def owner(ref: Ref) -> Ref:
    """The object itself: what only stands in another one's document is written with that."""
    while ref.kind.source is None and not ref.kind.pick and ref.parent is not None:
        ref = ref.parent
    return ref


def _going_along(body: Json, before: Json, shape: Upsert) -> dict[str, Json]:
    return {name: before[name] for name in shape.together(body) if before.get(name) is not None}


def deleted(ref: Ref, shape: Shape, document: Json, words: Mapping[str, str]) -> Composed:
    """The call that deletes the object; its places are all that it has: to be looked at again, told, and undone.

    :raises Unwritable: nothing deletes it.
    """
    if not isinstance(shape, Upsert) or shape.delete is None:
        raise Unwritable((shape.kept if isinstance(shape, Upsert) else "") or "nothing deletes one of its kind")
    had = tuple(Place(name, value, None, stated=False) for name, value in standing(shape, document).items())
    return Composed(Verb.DELETE, _write(ref, shape.delete, None, words), had, None)


def standing(shape: Shape, document: Json) -> dict[str, Json]:
    """What an object has, by property: without what is nothing, what the service changes by itself, and annotations
    (``@odata…``), which are no part of it.
    """
    itself = shape.by_itself if isinstance(shape, Upsert) else frozenset[str]()
    shown = {name: value for name, value in document.items() if name.isidentifier() and name not in itself}
    return {name: value for name, value in _without_nulls(shown).items() if value not in NOTHING}


NOTHING: tuple[Json, ...] = ("", [], {})


def _places(before: Json, body: Json, wanted: Mapping[str, Json], units: Mapping[str, Unit]) -> list[Place]:
    """What is sent, changed or not: by key, in a property of which keys are stated; else by property."""
    keyed = {path.partition(".")[0] for path in wanted if "." in path}
    found = []
    for name, value in body.items():
        paths = [f"{name}.{key}" for key in value or units[name].keys] if name in keyed else [name]
        found += [Place(path, at(before, path), at({name: value}, path), stated=path in wanted) for path in paths]
    return found


def _same(
    before: Json, body: Mapping[str, Json], wanted: Mapping[str, Json], units: Mapping[str, Unit]
) -> Iterator[str]:
    """What nobody states of a property that was null, or becomes it."""
    for name, value in body.items():
        unit, own = units.get(name), before.get(name)
        if unit is None or not unit.inherits or (own is None) is (value is None):
            continue
        stated = wanted.get(name, {})
        for key in unit.keys if stated is not None else ():
            path = f"{name}.{key}"
            if path not in wanted and key not in stated and (own or {}).get(key) is None:
                yield path


def _write(ref: Ref, send: Send, body: Json, words: Mapping[str, str]) -> Write:
    operation = put_in(send.operation, words)
    if send.service != "graph":  # of AWS there is no null: what is not sent is none
        fixed = {name: put_in(value, words) for name, value in send.fixed.items()}
        body = {**fixed, **_without_nulls(body or {})}
    return Write(ref.place, send.service, send.verb, operation, body, idempotent=send.idempotent, follow=send.follow)


def _without_nulls(body: Mapping[str, Json]) -> dict[str, Json]:
    given = ((name, _without_nulls(value) if isinstance(value, dict) else value) for name, value in body.items())
    return {name: value for name, value in given if value is not None}
