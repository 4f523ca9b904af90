"""From a journal and the world to the plan that takes back what is still as it was written; pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.hiding import NAMED
from xtcheck.kinds.mending import mending
from xtcheck.model import Absent, Check, Kind, Present, Ref, Safety, Setting
from xtcheck.remediation.changes import Change, Outcome, Place, Plan, Verb
from xtcheck.remediation.compose import MASK, Composed, calls, deleted, shape_of
from xtcheck.remediation.effects import effect, follower, following, undoable
from xtcheck.remediation.filling import words_of
from xtcheck.remediation.foreseen import is_disturbed, is_waived, judged_after, looking_at
from xtcheck.remediation.identity import Missed, missed, sought
from xtcheck.remediation.inheriting import returning
from xtcheck.remediation.journal import Account, Entry
from xtcheck.remediation.masking import concealed, kept_masked, stated_of
from xtcheck.remediation.order import after_needs
from xtcheck.remediation.places import came_back, is_foreign
from xtcheck.remediation.since import (
    configured,
    contents,
    ids_in,
    looked_at,
    moved,
    named_by,
    named_by_any,
    users,
    within,
)
from xtcheck.remediation.starts import before
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
    written: Sequence[tuple[Change, Place]]
    checks: Sequence[Check]
    seen: Mapping[Ref, Sequence[Mapping[str, str]]]
    """The digests of objects as the run has read them back, each time."""
    made: Collection[Ref]
    """What the run has created."""
    changes: list[Change] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    documents: dict[Ref, Json] = field(default_factory=dict)
    """What will stand in objects after these changes."""
    lost_ids: set[str] = field(default_factory=set)
    """What was deleted, and nothing makes again: by the ids that others name it by."""
    settled: list[Change] = field(default_factory=list)
    """What is back already: of each change those places, which take effect by a call that may yet be missing."""


def undoing(account: Account, world: World, checks: Sequence[Check] = ()) -> Undoing:
    """What takes back the changes of a journal, the last first.

    A change of which the journal does not tell the end, or to which the service has not answered, counts by what is
    there: the service may have obeyed or not. What was not sent, and what the service has refused, is left: whatever is
    there was made by others.

    :param checks: all that policies state by now: what of it is waived, and what came from the environment.
    """
    entries = list(filter(_is_ours, account.entries))
    seen: dict[Ref, list[Mapping[str, str]]] = {}
    for entry in entries:
        if entry.seen:
            seen.setdefault(entry.change.ref, []).append(entry.seen)
    own = frozenset(entry.change.ref for entry in entries if entry.change.verb is Verb.CREATE)
    written = [(entry.change, place) for entry in entries for place in entry.change.places]
    found = _Found(written, checks, seen, own)
    for entry in reversed(entries):
        _take_back(entry, world, found)
    changes = after_needs(_after(change, found.changes) for change in found.changes)
    gone = {change.ref for change in changes if change.verb is Verb.DELETE}
    again = list(_again(found, changes, world))
    called = {call.ref for call in again} | {target for change in found.settled if (target := effect(change, world))}
    found.lost += [why for entry in account.entries if (why := _provisioned(entry, called, gone))]
    changes += again
    plan = Plan(tuple(changes), objects=account.objects, own=own)
    return Undoing(plan, tuple(found.lost), tuple(found.back))


def _is_ours(entry: Entry) -> bool:
    return entry.ours and entry.outcome not in NOTHING_SENT


def refs(account: Account, opted_in: Collection[str] = (), checks: Sequence[Check] = ()) -> Iterator[Ref]:
    """The objects that must be read for it; of those that were made, what stands in them and who needs them by now;
    what shows whether the call has been made by which something takes effect; and what waived checks of them look at.

    :param opted_in: the tenants of which secrets are read.
    """
    wanted: dict[Ref, None] = {}
    for entry in account.entries:
        change = entry.change
        wanted |= dict.fromkeys([change.ref, *sought(change.ref, entry.ids)])
        if change.verb is Verb.CREATE:
            wanted |= dict.fromkeys([*users(change.ref), *within(change.ref, opted_in)])
        elif call := follower(change.ref, [place.path for place in change.places]):
            wanted[call] = None
        for check in looking_at(change.ref, (check for check in checks if check.waiver)):
            wanted |= dict.fromkeys(check.wanted)
    yield from wanted


def _again(found: _Found, changes: list[Change], world: World) -> Iterator[Change]:
    """The calls without which what is taken back, now or by an undo before, has no effect.

    Where something can be read that shows whether one is missing, that decides; else it is made again.
    """
    gone = {change.ref for change in changes if change.verb is Verb.DELETE}
    for target in dict.fromkeys(target for change in [*changes, *found.settled] if (target := effect(change, world))):
        before = [change for change in changes if effect(change, world) == target]
        if not gone & set(target.lineage()) and (before or not _is_done(target, world)):
            yield following(target, before, world)


def _is_done(target: Ref, world: World) -> bool:
    """Whether it is seen that nothing is left for a call to do."""
    if not isinstance(target.kind.write, AsyncCall):
        return False
    evidence = world.evidence(target)
    return isinstance(evidence, Present) and not evidence.document


def _provisioned(entry: Entry, called: Collection[Ref], gone: set[Ref]) -> str:
    """What of a provisioning does not come back: an older state of a permission set is nowhere but in the accounts."""
    change = entry.change
    if not isinstance(change.ref.kind.write, AsyncCall) or not _is_ours(entry):
        return ""
    older = [account for place in change.places for account in place.before or ()]
    if older:
        return f"{change.target}: what {', '.join(older)} held of it before, nobody knows"
    if change.ref in called or gone & set(change.ref.lineage()):
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
    if (other := _missed(entry, world)) and not isinstance(change.ref.kind.write, Command | AsyncCall):
        _let_go(change, other, found)
        return
    try:
        match change.verb:
            case Verb.CREATE:
                _remove(entry, document, world, found)
            case Verb.CHANGE:
                _restore(entry, document, world, found)
            case Verb.DELETE:
                _make_again(change, document, world, found)
    except Unwritable as error:
        found.lost.append(f"{change.name} is not taken back: {error}")


def _missed(entry: Entry, world: World) -> Missed | None:
    """What the run wrote to, or in, and is not there any more; what it deleted is not to be there."""
    own, *above = entry.change.ref.lineage()
    return missed(above if entry.change.verb is Verb.DELETE else (own, *above), entry.ids, world)


def _let_go(change: Change, other: Missed, found: _Found) -> None:
    """It is gone, with what the run made or with what others had; or it is somewhere, and nothing is touched."""
    if other.gone and (change.verb is Verb.CREATE or other.ref in found.made):
        found.back.append(f"{change.target} is not there")
    elif other.gone and not other.other:
        found.lost.append(f"{change.target} is gone, and its settings with it")
    else:
        found.lost.append(f"{change.target}: {other}")


def _is_masked(change: Change) -> bool:
    """Whether a text of the environment would have to be known: to write it again, or to know it again."""
    places = _again_given(change) if change.verb is Verb.DELETE else change.places
    texts = json.dumps([[place.before, place.after] for place in places if place.changes])
    return NAMED.search(texts) is not None


def _remove(entry: Entry, document: Json, world: World, found: _Found) -> None:
    change, shape = entry.change, entry.change.ref.kind.write
    if document is None:
        found.back.append(f"{change.target} is not there")
    elif since := moved(change, document, found.written, found.seen.get(change.ref, ())):
        found.lost.append(f"{change.target} is left: {', '.join(since)} changed since")
    elif not isinstance(shape, Upsert) or not undoable(Verb.CREATE, change.ref):
        found.lost.append(f"{change.target} stays: nothing deletes one of its kind; do it by hand")
    else:
        lists, waits = _used(change, document, world, found)
        if why := shape.in_use(document, lists):
            raise Unwritable(why)
        if since := configured(change.ref, world, found.changes, found.written):
            found.lost.append(f"{change.target} is left: {', '.join(since)} changed since")
            return
        inside = [other.name for other in found.changes if change.ref in other.ref.lineage()]
        whole = replace(shape, delete=shape.delete or shape.takes_back)
        after = found.documents.get(change.ref, document)
        composed = deleted(change.ref, whole, after, words_of(change.ref, world))
        needs = tuple(dict.fromkeys((*waits, *inside)))
        going = replace(_inverse(change, composed, world, found), needs=needs, inside=contents(change.ref, world))
        found.changes.append(going)


def _used(change: Change, document: Json, world: World, found: _Found) -> tuple[dict[str, list[Json]], tuple[str, ...]]:
    """Who or what needs an object, without what is taken back besides; and the names of those changes.

    :raises Unwritable: it cannot be seen.
    """
    lists: dict[str, list[Json]] = {}
    waits: dict[str, None] = {}
    for ref in users(change.ref):
        there = looked_at(ref, world.evidence(ref))
        taken = {item: other.name for other in found.changes for item in _taken(other, ref, document)}
        lists[ref.kind.name] = [item for item in there or () if _id(item) not in taken]
        waits |= dict.fromkeys(taken.values())
    return lists, tuple(waits)


def _id(item: Json) -> str:
    """An item of such a list: an object by its id, an account, which is its id."""
    return str(item["id"] if isinstance(item, dict) else item)


def _taken(other: Change, ref: Ref, document: Json) -> Iterator[str]:
    """The ids of the items of a list that another change takes away: of the list itself, of the app they are of, or the
    account in which nobody has it then.
    """
    for place in other.places:
        was = place.before if place.after is None else None
        if isinstance(was, dict) and (other.ref == ref or named_by(was, document)):
            yield str(was.get("id") or other.ref.key)


def _restore(entry: Entry, document: Json, world: World, found: _Found) -> None:
    change = entry.change
    if isinstance(change.ref.kind.write, Command | AsyncCall):
        return  # it follows what is taken back, and what it did to people is told of that
    if document is None and not isinstance(change.ref.kind.write, Value | Members):
        found.lost.append(f"{change.target} is gone, and its settings with it")
        return
    if not change.undoable:
        item = f" {change.item}" if change.item else ""
        found.lost.append(f"{change.target}{item}: the service never takes this back{_also(change.forgets)}")
        return
    changed = [place for place in change.places if place.changes]
    open_ = [place for place in changed if not came_back(change, document, place)]
    others = [place.path for place in open_ if is_foreign(change, document, place)]
    if others:
        found.lost.append(f"{change.target}: {', '.join(others)} changed since, and is left as it is")
    kept = tuple(place for place in changed if place.path not in others)
    if entry.requests and kept:
        found.settled.append(replace(change, places=kept))
    values = {place.path: place.before for place in open_ if place.path not in others and place.before != MASK}
    values, stay = returning(change, document, _without_the_lost(change, values, found))
    if stay:
        found.lost.append(f"{change.target}: {', '.join(stay)} is left as it is, for it comes back only as a whole")
    if values:
        words = words_of(change.ref, world)
        there = found.documents.get(change.ref, document)
        several = calls(change.ref, shape_of(change.ref.kind), there, values, words)
        found.changes += [_inverse(change, composed, world, found) for composed in several]
        found.documents.update((change.ref, composed.document) for composed in several)
    elif not open_:
        found.back.append(f"{change.target} is as it was{_unseen(entry, world)}")
    if (values or len(others) < len(open_)) and change.forgets:
        found.lost.append(f"{change.target}: {change.forgets}")


def _without_the_lost(change: Change, values: dict[str, Json], found: _Found) -> dict[str, Json]:
    """The values but those items that name what is deleted and does not come back; of these it is told."""
    kept = {path: value for path, value in values.items() if not named_by_any(value, found.lost_ids)}
    if len(kept) < len(values):
        found.lost.append(f"{change.target} {change.item}: what it names is gone for good")
    return kept


def _unseen(entry: Entry, world: World) -> str:
    """What is told of what is back and takes effect by a call of which nothing shows whether it was made."""
    target = effect(entry.change, world) if entry.requests else None
    if target is None or not isinstance(target.kind.write, Command):
        return ""
    return f"; nothing shows whether {target.kind.title} followed, and so it is made again"


def _also(remains: str) -> str:
    return f"; {remains}" if remains else ""


def _make_again(change: Change, document: Json, world: World, found: _Found) -> None:
    if document is not None:
        found.back.append(f"{change.target} is there")
    elif not change.undoable:
        found.lost.append(f"{change.target} is gone: this version does not make it again")
        found.lost_ids |= ids_in(change.write)
    else:
        values = {place.path: place.before for place in _again_given(change)}
        words = words_of(change.ref, world)
        several = calls(change.ref, shape_of(change.ref.kind), None, values, words)
        found.changes += [_inverse(change, composed, world, found) for composed in several]
        found.lost.append(f"{change.target}: {change.forgets}")


def _again_given(change: Change) -> list[Place]:
    """The places of what was deleted that are written when it is made again."""
    shape = change.ref.kind.write
    units = shape.units if isinstance(shape, Upsert) and change.undoable else {}
    return [place for place in change.places if place.path in units]


def _inverse(change: Change, composed: Composed, world: World, found: _Found) -> Change:
    shape = shape_of(change.ref.kind)
    excused = looking_at(change.ref, (check for check in found.checks if is_waived(check, world)))
    seen = judged_after(excused, change.ref, composed.document, world)
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
        waived=tuple(check.name for check, judged in seen if is_disturbed(check, judged, world)),
        item=composed.item and (change.item or composed.item),
        concealed={**kept_masked(change), **concealed(stated_of(found.checks, change.ref))},
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
    """The change with what it needs: what it stands in is made before it, what stands in it is deleted before it; what
    runs with it is stopped before it, and started after it.
    """
    others = [other for other in all_ if other.verb is change.verb and other.ref != change.ref]
    needs: list[str] = []
    match change.verb:
        case Verb.CREATE:
            needs = [other.name for other in others if other.ref in change.ref.lineage()]
        case Verb.DELETE:
            needs = [other.name for other in others if change.ref in other.ref.lineage()]
        case Verb.CHANGE:
            needs = list(before(change, others))
    return replace(change, needs=tuple(dict.fromkeys((*change.needs, *needs))))


def differing(account: Account, identities: Mapping[str, str]) -> list[str]:
    """The places in which something was begun, and that config.yml declares to be others."""
    places = dict.fromkeys(entry.change.ref.place for entry in account.entries)
    return [
        f"{place} was {account.tenants[place]}, and config.yml says {identities.get(place, 'nothing')}"
        for place in places
        if identities.get(place) != account.tenants[place]
    ]
