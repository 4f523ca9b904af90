"""From a journal and the world to the plan that takes back what is still as it was written; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.kinds import BY_NAME
from xtcheck.kinds.mending import mending
from xtcheck.model import Absent, Kind, Present, Ref, Safety, Setting, Unread
from xtcheck.remediation.changes import Change, Outcome, Place, Plan, Verb, came_back, has_after, has_before, unseen
from xtcheck.remediation.compose import MASK, Composed, calls, deleted, shape_of, words_of
from xtcheck.remediation.effects import effect, following, undoable
from xtcheck.remediation.inheriting import returning
from xtcheck.remediation.journal import Account, Entry
from xtcheck.remediation.masking import NAMED
from xtcheck.shapes import AsyncCall, Command, Members, Upsert, Value
from xtcheck.world import World

Json = Any

NOTHING_SENT = frozenset({Outcome.STALE, Outcome.DROPPED})


@dataclass(frozen=True, slots=True)
class Undoing:
    """The plan, what does not come back and why, and what is back already; each in words."""

    plan: Plan
    lost: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    changes: list[Change] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def undoing(account: Account, world: World) -> Undoing:
    """What takes back the changes of a journal, the last first.

    A change of which the journal does not tell the end, or to which the service has not answered, counts by what is
    there: the service may have obeyed or not. What was not sent, and what the service has refused, is left: whatever is
    there was made by others.
    """
    found = _Found()
    for entry in reversed(account.entries):
        if _is_ours(entry):
            _take_back(entry, world, found)
    changes = [_after(change, found.changes) for change in found.changes]
    gone = {change.ref for change in changes if change.verb is Verb.DELETE}
    targets = dict.fromkeys(effect(change, world) for change in changes)
    again = [target for target in targets if target and not gone & set(target.lineage())]
    for target in again:
        before = [change for change in changes if effect(change, world) == target]
        changes.append(following(target, before, world))
    found.lost += [why for entry in account.entries if (why := _provisioned(entry, again, gone))]
    made = (entry for entry in account.entries if entry.change.verb is Verb.CREATE and _is_ours(entry))
    own = frozenset(entry.change.ref for entry in made)
    plan = Plan(tuple(changes), objects=account.objects, own=own)
    return Undoing(plan, tuple(found.lost), tuple(found.back))


def _is_ours(entry: Entry) -> bool:
    return entry.ours and entry.outcome not in NOTHING_SENT


def refs(account: Account) -> Iterator[Ref]:
    """The objects that must be read for it, and of those that were made who needs them by now."""
    for ref in dict.fromkeys(entry.change.ref for entry in account.entries):
        yield ref
        if any(entry.change.verb is Verb.CREATE and entry.change.ref == ref for entry in account.entries):
            yield from _users(ref)


def _users(ref: Ref) -> Iterator[Ref]:
    shape = ref.kind.write
    for name in shape.used_by if isinstance(shape, Upsert) else ():
        yield Ref(BY_NAME[name], ref.place, ref.key, ref, ref.label)


def _provisioned(entry: Entry, again: list[Ref], gone: set[Ref]) -> str:
    """What of a provisioning does not come back: an older state of a permission set is nowhere but in the accounts."""
    change = entry.change
    if not isinstance(change.ref.kind.write, AsyncCall) or not _is_ours(entry):
        return ""
    older = [account for place in change.places for account in place.before or ()]
    if older:
        return f"{change.target}: what {', '.join(older)} held of it before, nobody knows"
    if change.ref in again or gone & set(change.ref.lineage()):
        return ""
    return f"{change.target}: accounts keep what they were given, for nothing of it is taken back"


def _take_back(entry: Entry, world: World, found: _Found) -> None:
    change, evidence = entry.change, world.evidence(entry.change.ref)
    if not isinstance(evidence, Present | Absent):
        found.lost.append(f"{change.target} cannot be read, so that nothing is taken back")
        return
    if _is_masked(change):
        text = f"{change.target}: what came from the environment is in no journal, so that nothing is taken back"
        found.lost.append(text)
        return
    document = evidence.document if isinstance(evidence, Present) else None
    try:
        match change.verb:
            case Verb.CREATE:
                _remove(change, document, world, found)
            case Verb.CHANGE:
                _restore(change, document, world, found)
            case Verb.DELETE:
                _make_again(change, document, world, found)
    except Unwritable as error:
        found.lost.append(f"{change.name} is not taken back: {error}")


def _is_masked(change: Change) -> bool:
    """Whether a text of the environment would have to be known: to write it again, or to know it again."""
    texts = json.dumps([[place.before, place.after] for place in change.places if place.changes])
    return NAMED.search(texts) is not None


def _remove(change: Change, document: Json, world: World, found: _Found) -> None:
    shape = change.ref.kind.write
    if document is None:
        found.back.append(f"{change.target} is not there")
    elif moved := _moved(change, change.places, document):
        found.lost.append(f"{change.target} is left: {', '.join(moved)} changed since")
    elif not isinstance(shape, Upsert) or not undoable(Verb.CREATE, change.ref):
        found.lost.append(f"{change.target} stays: nothing deletes one of its kind; do it by hand")
    else:
        lists, waits = _used(change, document, world, found)
        if why := shape.in_use(document, lists):
            raise Unwritable(why)
        whole = replace(shape, delete=shape.delete or shape.takes_back)
        composed = deleted(change.ref, whole, document, words_of(change.ref, world))
        found.changes.append(replace(_inverse(change, composed), needs=waits))


def _used(change: Change, document: Json, world: World, found: _Found) -> tuple[dict[str, list[Json]], tuple[str, ...]]:
    """Who or what needs an object, without what is taken back besides; and the names of those changes.

    :raises Unwritable: it cannot be seen.
    """
    lists: dict[str, list[Json]] = {}
    waits: dict[str, None] = {}
    for ref in _users(change.ref):
        evidence = world.evidence(ref)
        if not isinstance(evidence, Present):
            cause = f": {evidence.cause}" if isinstance(evidence, Unread) else ""
            raise Unwritable(f"the {ref.kind.title} cannot be seen, which takes {ref.kind.permission}{cause}")
        taken = {item: other.name for other in found.changes for item in _taken(other, ref, document)}
        lists[ref.kind.name] = [item for item in evidence.document if item["id"] not in taken]
        waits |= dict.fromkeys(taken.values())
    return lists, tuple(waits)


def _taken(other: Change, ref: Ref, document: Json) -> Iterator[str]:
    """The ids of the items of a list that another change takes away: of the list itself, or of the app they are of."""
    for place in other.places:
        was = place.before if place.after is None else None
        if isinstance(was, dict) and (other.ref == ref or was.get("principalId") == document["id"]):
            yield str(was.get("id"))


def _restore(change: Change, document: Json, world: World, found: _Found) -> None:
    if isinstance(change.ref.kind.write, Command):
        return  # what it did to people is told of the change that it followed
    if isinstance(change.ref.kind.write, AsyncCall):
        return  # it follows what is taken back of the permission set
    if document is None and not isinstance(change.ref.kind.write, Value | Members):
        found.lost.append(f"{change.target} is gone, and its settings with it")
        return
    if not change.undoable:
        item = f" {change.item}" if change.item else ""
        found.lost.append(f"{change.target}{item}: the service never takes this back{_also(change.forgets)}")
        return
    changed = [place for place in change.places if place.changes]
    open_ = [place for place in changed if not _is_back(change, document, place)]
    moved = _moved(change, tuple(open_), document)
    if moved:
        found.lost.append(f"{change.target}: {', '.join(moved)} changed since, and is left as it is")
    values = {place.path: place.before for place in open_ if place.path not in moved and place.before != MASK}
    values, stay = returning(change, document, values)
    if stay:
        found.lost.append(f"{change.target}: {', '.join(stay)} is left as it is, for it comes back only as a whole")
    if values:
        words = words_of(change.ref, world)
        several = calls(change.ref, shape_of(change.ref.kind), document, values, words)
        found.changes += [_inverse(change, composed) for composed in several]
    elif not open_:
        found.back.append(f"{change.target} is as it was")
    if (values or len(moved) < len(open_)) and change.forgets:
        found.lost.append(f"{change.target}: {change.forgets}")


def _also(remains: str) -> str:
    return f"; {remains}" if remains else ""


def _make_again(change: Change, document: Json, world: World, found: _Found) -> None:
    if document is not None:
        found.back.append(f"{change.target} is there")
    elif not change.undoable:
        found.lost.append(f"{change.target} is gone: this version does not make it again")
    else:
        values = {place.path: place.before for place in change.places}
        words = words_of(change.ref, world)
        several = calls(change.ref, shape_of(change.ref.kind), None, values, words)
        found.changes += [_inverse(change, composed) for composed in several]
        found.lost.append(f"{change.target}: {change.forgets}")


def _is_back(change: Change, document: Json, place: Place) -> bool:
    """Whether a place is as before: exactly, or with what the service shows besides."""
    return came_back(change, document, place)


def _moved(change: Change, places: tuple[Place, ...], document: Json) -> list[str]:
    """The places that have neither the value of before nor that which was written."""
    return [place.path for place in places if not unseen(document, place)
            and not has_after(change, document, place) and not has_before(change, document, place)]  # fmt: skip


def _inverse(change: Change, composed: Composed) -> Change:
    shape = shape_of(change.ref.kind)
    return Change(
        verb=composed.verb,
        ref=change.ref,
        write=composed.write,
        places=composed.places,
        mends=(),
        safety=_safety(change, composed),
        why=f"takes back: {change.name}",
        forgets=shape.back if isinstance(shape, Upsert) and composed.verb is Verb.DELETE else "",
        undoable=undoable(composed.verb, change.ref),
        item=composed.item,
    )


def _safety(change: Change, composed: Composed) -> Safety:
    """How safe it is to go back: by the rows of what changes; deleting, and what no row tells of, is not."""
    rows = {setting.path: setting for setting in change.ref.kind.settings if setting.path}
    found = [Safety.UNSAFE] if composed.verb is Verb.DELETE else [Safety.SAFE]
    for place in composed.places:
        if place.changes and place.stated:
            setting = rows.get(place.path)
            found.append(_direction(change.ref.kind, setting, place) if setting else Safety.UNSAFE)
    return max(found)


def _direction(kind: Kind, setting: Setting, place: Place) -> Safety:
    try:
        was, becomes = setting.type.read(place.before), setting.type.read(place.after)
    except Uninterpretable:
        return Safety.UNSAFE
    return min(mending(kind, setting).safety(was, becomes), Safety.UNSAFE)


def _after(change: Change, all_: list[Change]) -> Change:
    """The change with what it needs: what it stands in is made before it, what stands in it is deleted before it."""
    others = [other for other in all_ if other.verb is change.verb and other.ref != change.ref]
    needs: list[str] = []
    match change.verb:
        case Verb.CREATE:
            needs = [other.name for other in others if other.ref in change.ref.lineage()]
        case Verb.DELETE:
            needs = [other.name for other in others if change.ref in other.ref.lineage()]
        case Verb.CHANGE:
            pass
    return replace(change, needs=tuple(dict.fromkeys((*change.needs, *needs))))


def differing(account: Account, identities: Mapping[str, str]) -> list[str]:
    """The places in which something was begun, and that config.yml declares to be others."""
    places = dict.fromkeys(entry.change.ref.place for entry in account.entries)
    return [
        f"{place} was {account.tenants[place]}, and config.yml says {identities.get(place, 'nothing')}"
        for place in places
        if identities.get(place) != account.tenants[place]
    ]
