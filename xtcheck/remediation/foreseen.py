"""Worlds as they would be after a change, in which checks are judged before anything is sent; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xtcheck.model import Absent, Columns, Evidence, Present, Ref, Unread
from xtcheck.remediation.compose import owner
from xtcheck.world import World


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
