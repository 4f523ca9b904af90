"""The calls without which changes have no effect: provisioning a permission set, restarting a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from xtcheck.judge import judge
from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Check, Grade, Kind, Ref, Safety, Verdict
from xtcheck.remediation.changes import Change, Verb
from xtcheck.remediation.compose import calls, owner, shape_of
from xtcheck.remediation.filling import document_of, words_of
from xtcheck.remediation.places import at
from xtcheck.shapes import AsyncCall, Command, Members, Pairs, Upsert, Value
from xtcheck.world import World

Json = Any


def effect(change: Change, world: World) -> Ref | None:
    """The object whose call must follow a change; None where none must: what is new is nowhere yet."""
    target = follower(change.ref, [place.path for place in change.places if place.changes])
    if target is None or is_absent(target.parent, world) or _is_needless(target, world):
        return None
    return target


def follower(ref: Ref, paths: Iterable[str]) -> Ref | None:
    """The object whose call makes changes of these places take effect, should something be there to be called."""
    shape = ref.kind.write
    if isinstance(shape, Pairs):
        return _below(BY_NAME[shape.then], ref) if shape.late & set(paths) else None
    then = shape.then if isinstance(shape, Upsert | Value | Members) else ""
    above = ref if isinstance(shape, Upsert) else ref.parent
    return Ref(BY_NAME[then], ref.place, ref.key, above, ref.label) if then and above else None


def called_after(ref: Ref, shape: Pairs, world: World) -> Ref | None:
    """What is called after late pairs were written: of what stands beside them; None where that is known not to be."""
    target = _below(BY_NAME[shape.then], ref)
    return None if is_absent(target, world) else target


def is_absent(ref: Ref | None, world: World) -> bool:
    """Whether an object is known not to be there; what nobody had read is not."""
    try:
        return ref is not None and isinstance(world.evidence(ref), Absent)
    except LookupError:
        return False


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


def following(target: Ref, changes: Sequence[Change], world: World) -> Change:
    """The call that follows some changes, for the checks that ask for these; never a safe one: what others changed
    goes with it.
    """
    words = words_of(target.parent, world) if target.parent else {}
    shape = shape_of(target.kind)
    [composed] = calls(target, shape, None, {}, words)
    why = shape.why if isinstance(shape, AsyncCall | Command) else ""
    call = Change(Verb.CHANGE, target, composed.write, composed.places, (), Safety.UNSAFE, why, undoable=False)
    return after(call, changes)


def called(target: Ref, world: World) -> Json:
    """The document of what is called, as it should be afterwards."""
    [composed] = calls(target, shape_of(target.kind), document_of(target, world), {}, words_of(target, world))
    return composed.document


def after(call: Change, changes: Sequence[Change]) -> Change:
    """A call that follows some changes: it needs them, waits for what they wait for, and without it their checks are
    not put right.
    """
    needs = (*call.needs, *(change.name for change in changes))
    mends = (*call.mends, *(name for change in changes for name in change.mends))
    first = {check.name: check for change in (call, *changes) for check in change.first}
    return replace(
        call, needs=tuple(dict.fromkeys(needs)), mends=tuple(dict.fromkeys(mends)), first=tuple(first.values())
    )


def shown(check: Check) -> Ref | None:
    """The call by which what is stated takes effect, where what is left of it can be seen later."""
    if check.setting.presence:
        return None  # a new one is nowhere yet
    ref = owner(check.kind.ref(check.scope))
    target = None if isinstance(ref.kind.write, Pairs) else follower(ref, ())
    return target if target and isinstance(target.kind.write, AsyncCall) else None


def overdue(checks: Iterable[Check], stated: Iterable[Check], world: World) -> list[Ref]:
    """The calls that were not made after an earlier change, as is seen, though all that is stated is as declared.

    Where anything about the object is not, or is not known, its call waits for that; where a policy states the call's
    own row, it is that row's.
    """
    due = dict.fromkeys(target for check in checks if (target := shown(check)))
    for check in stated:
        target = owner(check.kind.ref(check.scope)) if isinstance(check.kind.write, AsyncCall) else shown(check)
        if target in due and (isinstance(check.kind.write, AsyncCall) or not _is_well(check, world)):
            del due[target]
    return [target for target in due if document_of(target, world)]


def _is_well(check: Check, world: World) -> bool:
    try:
        judged = judge(check, world)
    except LookupError:  # it is not selected, and nothing that is had it read
        return False
    return judged.verdict is Verdict.COMPLIANT and judged.grade is Grade.EXACT


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
