"""The calls without which changes have no effect: provisioning a permission set, restarting a job."""

from __future__ import annotations

from collections.abc import Iterable

from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Kind, Ref, Safety
from xtcheck.remediation.changes import Change, Verb, at
from xtcheck.remediation.compose import calls, document_of, shape_of, words_of
from xtcheck.shapes import AsyncCall, Command, Members, Pairs, Upsert, Value
from xtcheck.world import World


def effect(change: Change, world: World) -> Ref | None:
    """The object whose call must follow a change; None where none must: what is new is nowhere yet."""
    ref, shape = change.ref, change.ref.kind.write
    if isinstance(shape, Pairs):
        late = any(place.path in shape.late and place.changes for place in change.places)
        target = called_after(ref, shape, world) if late else None
        return None if target is None or _is_needless(target, world) else target
    then = shape.then if isinstance(shape, Upsert | Value | Members) else ""
    above = ref if isinstance(shape, Upsert) else ref.parent
    if not then or above is None or isinstance(world.evidence(above), Absent):
        return None
    return Ref(BY_NAME[then], ref.place, ref.key, above, ref.label)


def called_after(ref: Ref, shape: Pairs, world: World) -> Ref | None:
    """What is called after late pairs were written: of what stands beside them; None where that is known not to be."""
    target = _below(BY_NAME[shape.then], ref)
    try:
        return None if isinstance(world.evidence(target), Absent) else target
    except LookupError:  # no check had it read
        return target


def _is_needless(target: Ref, world: World) -> bool:
    document, shape = document_of(target, world), target.kind.write
    return isinstance(shape, Command) and document is not None and shape.needless(document)


def is_idle(target: Ref, world: World) -> str:
    """Why a call would not be sent, its object being in another state; empty where it would, or that is not known."""
    document, shape = document_of(target, world), target.kind.write
    if document is None or not isinstance(shape, Command):
        return ""
    return shape.otherwise if any(at(document, path) != value for path, value in shape.only.items()) else ""


def _below(kind: Kind, beside: Ref) -> Ref:
    """The one object of a kind below what another one stands in."""
    if kind.parent is None:
        raise LookupError(f"{kind.name} stands in nothing of {beside}")
    above = beside.parent if beside.parent and kind.parent is beside.parent.kind else _below(kind.parent, beside)
    return Ref(kind, beside.place, kind.key, above)


def following(target: Ref, changes: Iterable[Change], world: World) -> Change:
    """The call that follows some changes; never a safe one: what others changed goes with it."""
    words = words_of(target.parent, world) if target.parent else {}
    shape = shape_of(target.kind)
    [composed] = calls(target, shape, None, {}, words)
    names = tuple(change.name for change in changes)
    why = shape.why if isinstance(shape, AsyncCall | Command) else ""
    return Change(Verb.CHANGE, target, composed.write, composed.places, (), Safety.UNSAFE, why, names, undoable=False)


def undoable(verb: Verb, ref: Ref) -> bool:
    """Whether what becomes of an object can be taken back at all."""
    shape = ref.kind.write
    match verb:
        case Verb.CREATE:
            return isinstance(shape, Upsert) and (shape.delete or shape.takes_back) is not None
        case Verb.DELETE:
            return isinstance(shape, Upsert) and bool(shape.back)
        case Verb.CHANGE:
            return not isinstance(shape, AsyncCall | Command)
