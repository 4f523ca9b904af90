"""Worlds as they would be after a change, in which checks are judged before anything is sent; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xtcheck.judge import judge
from xtcheck.model import Absent, Check, Columns, Evidence, Judgement, Present, Ref, Unread
from xtcheck.remediation.compose import owner
from xtcheck.shapes import Members
from xtcheck.world import World

Json = Any


class Foreseen(World):
    """A world in which some objects are as they should come to be."""

    def __init__(self, world: World, objects: Mapping[Ref, Evidence]) -> None:
        super().__init__(world.answers, world.now)
        self._world, self._objects = world, objects

    def evidence(self, ref: Ref) -> Evidence:
        found = self._objects.get(owner(ref))
        if found is None and isinstance(ref.kind.source, Columns) and self._objects.keys() & set(ref.lineage()):
            return Unread("which columns it takes is told by what is changed", "run again", ())
        return self._world.evidence(ref) if found is None else found


def without(world: World, gone: Iterable[Ref]) -> Foreseen:
    """A world without some objects, of which the collections that they were picked from know nothing either."""
    objects: dict[Ref, Evidence] = {}
    for ref in gone:
        evidence = world.evidence(ref)
        objects[ref] = Absent(f"there is no {ref}", evidence.requests)
        if ref.parent is None or not ref.kind.pick or not isinstance(evidence, Present):
            continue
        above = objects.get(ref.parent) or world.evidence(ref.parent)
        if isinstance(above, Present):
            rest = [item for item in above.document if item is not evidence.document]
            objects[ref.parent] = Present(rest, above.requests)
    return Foreseen(world, objects)


def becoming(ref: Ref, document: Json) -> Evidence:
    """What should be found of an object that comes to be as ``document``; None: it is gone."""
    return Absent(f"there is no {ref}", ()) if document is None else Present(document, ())


def judged_after(
    checks: Iterable[Check], ref: Ref, document: Json, world: World
) -> Iterator[tuple[Check, tuple[Judgement, Judgement] | None]]:
    """Checks that look at an object, each with what is judged of it now, and once the object is as ``document``.

    Those about something that a service makes later of the object are left out. None as a document: the object is gone;
    None as what is judged: it is not selected, and nothing that is had it read.
    """
    foreseen = Foreseen(world, {ref: becoming(ref, document)})
    for check in checks:
        if _only_looks(check, ref):
            continue
        try:
            yield check, (judge(check, world), judge(check, foreseen))
        except LookupError:
            yield check, None


def _only_looks(check: Check, ref: Ref) -> bool:
    """Whether a check is about something that a service makes later of the object."""
    shape = ref.kind.write
    return isinstance(shape, Members) and shape.later and owner(check.kind.ref(check.scope)) != ref


def looking_at(ref: Ref, checks: Iterable[Check]) -> list[Check]:
    """The checks that look at an object."""
    return [check for check in checks if ref in map(owner, check.refs.values())]


def is_waived(check: Check, world: World) -> bool:
    """Whether an exception holds on the day on which the world was read."""
    return check.waiver is not None and check.waiver.holds(world.now.date())


def is_disturbed(check: Check, judged: tuple[Judgement, Judgement] | None, world: World) -> bool:
    """Whether a check is to stay as it is for a while, and would see something else, or might."""
    if judged is None:
        return is_waived(check, world)
    before, then = judged
    return is_waived(check, world) and (then.verdict, then.observed) != (before.verdict, before.observed)
