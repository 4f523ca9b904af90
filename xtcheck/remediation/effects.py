"""The calls without which changes have no effect: accounts hold a permission set as it was until it is provisioned."""

from __future__ import annotations

from collections.abc import Iterable

from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Ref, Safety
from xtcheck.remediation.changes import Change, Verb
from xtcheck.remediation.compose import calls, shape_of, words_of
from xtcheck.shapes import Members, Upsert, Value
from xtcheck.world import World

WHY = "accounts hold it as it was until then, and what others changed comes with it"


def effect(ref: Ref, world: World) -> Ref | None:
    """The object whose call must follow a change of this one; None where none must: what is new is nowhere yet."""
    shape = ref.kind.write
    then = shape.then if isinstance(shape, Upsert | Value | Members) else ""
    above = ref if isinstance(shape, Upsert) else ref.parent
    if not then or above is None or isinstance(world.evidence(above), Absent):
        return None
    return Ref(BY_NAME[then], ref.place, ref.key, above, ref.label)


def following(target: Ref, changes: Iterable[Change], world: World) -> Change:
    """The call that follows some changes; never a safe one: what others changed goes with it."""
    words = words_of(target.parent, world) if target.parent else {}
    [composed] = calls(target, shape_of(target.kind), None, {}, words)
    names = tuple(change.name for change in changes)
    return Change(Verb.CHANGE, target, composed.write, composed.places, (), Safety.UNSAFE, WHY, names, undoable=False)
