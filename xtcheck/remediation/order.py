"""In which order the changes of a plan are made: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xtcheck.model import Ref
from xtcheck.remediation.changes import Change, Verb
from xtcheck.remediation.starts import starts
from xtcheck.shapes import Upsert


def depth(ref: Ref) -> int:
    """How many objects lead to one, with itself."""
    return sum(1 for _ in ref.lineage())


def ordered(changes: Mapping[Ref, list[Change]]) -> list[Change]:
    """What needs nothing first; deletions from the innermost outwards."""
    open_ = [change for several in changes.values() for change in several]
    open_.sort(
        key=lambda change: (
            change.verb is Verb.DELETE,
            _order(change),
            depth(change.ref),
            change.ref.place,
            not change.ref.key,  # the one of several that config.yml does not name is told by the others' names
        )
    )
    return after_needs(open_)


def after_needs(changes: Iterable[Change]) -> list[Change]:
    """The changes as they are ordered, but each after what it needs."""
    open_, done = list(changes), list[Change]()
    names = {change.name for change in open_}
    while open_:
        made = {change.name for change in done}
        ready = next((change for change in open_ if not (set(change.needs) & names) - made), open_[0])
        open_.remove(ready)
        done.append(ready)
    return done


def _order(change: Change) -> int:
    shape = change.ref.kind.write
    found = shape.order if shape else 0
    if starts(change) and isinstance(shape, Upsert) and shape.states:
        found = shape.states.order
    return -found if change.verb is Verb.DELETE else found


def without(changes: list[Change], held: set[str]) -> tuple[list[Change], list[Change]]:
    """The changes that need none of those that are held back, and the others."""
    kept: list[Change] = []
    waiting: list[Change] = []
    for change in changes:
        if set(change.needs) & held:
            held = held | {change.name}
            waiting.append(change)
        else:
            kept.append(change)
    return kept, waiting
