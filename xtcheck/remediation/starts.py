"""What starts or stops something, and what must be well, or changed, before: all that it runs with; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xtcheck.judge import judge
from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Kind, Ref, Verdict
from xtcheck.remediation.changes import Change, Verb
from xtcheck.remediation.effects import called_after, is_idle
from xtcheck.remediation.steps import some
from xtcheck.remediation.wishes import Wish
from xtcheck.shapes import Action, Pairs, Upsert
from xtcheck.world import World


@dataclass(frozen=True, slots=True)
class Early:
    """Why it would be too early, and the checks that must be well before."""

    why: str
    first: tuple[str, ...]


def first_of(ref: Ref, wish: Wish, world: World) -> frozenset[str]:
    """The kinds whose checks must be well before a wish is granted."""
    match ref.kind.write:
        case Upsert(states=Action(by=by, last=last, first=first)) if wish.values.get(by) == last:
            return first
        case Pairs(late=late, first=first) if late & wish.values.keys():
            target = called_after(ref, ref.kind.write, world)
            return frozenset() if target is None or is_idle(target, world) else first
    return frozenset()


def due_first(check: Check, first: frozenset[str], stated: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of these kinds, and of the same subject as another one."""
    return tuple(each for each in stated if each.scope.subject == check.scope.subject and each.kind.name in first)


def too_early(checks: Iterable[Check], world: World) -> Early | None:
    """Whether it would run with something that is not as declared, or not known to be."""
    bad, unseen = [], []
    for each in checks:
        try:
            verdict = judge(each, world).verdict
        except LookupError:  # it is not selected, and nothing that is had it read
            unseen.append(each.name)
            continue
        if verdict in (Verdict.DRIFT, Verdict.UNKNOWN):
            bad.append(each.name)
    why = ""
    if bad:
        why = f"it would run with what is not as declared: {some(bad)}; that comes first"
    elif unseen:
        why = f"it would run with what was not looked at: {some(unseen)}; select that too"
    return Early(why, (*bad, *unseen)) if why else None


def starts(change: Change) -> bool:
    """Whether a change puts its object into the state in which it runs."""
    states = _states(change)
    return states is not None and any(place.after == states.last for place in change.places)


def before(change: Change, others: Iterable[Change]) -> Iterator[str]:
    """The names of the others that come before a change: what stops what runs with it, and what it starts with."""
    for other in others:
        if (_stops(other) and _runs_with(other, change)) or (starts(change) and _runs_with(change, other)):
            yield other.name


def _stops(change: Change) -> bool:
    return _states(change) is not None and not starts(change)


def _states(change: Change) -> Action | None:
    """How the object of a change is put into a state, where the change does that."""
    shape = change.ref.kind.write
    states = shape.states if isinstance(shape, Upsert) and change.verb is Verb.CHANGE else None
    return states if states and any(place.path == states.by for place in change.places) else None


def _runs_with(running: Change, other: Change) -> bool:
    """Whether what a change starts or stops runs with what another one writes."""
    states = _states(running)
    if states is None or other.ref.kind not in {_written(BY_NAME[name]) for name in states.first}:
        return False
    app = next((here for here in running.ref.lineage() if here != running.ref and here.kind.write), None)
    return app in set(other.ref.lineage())


def _written(kind: Kind) -> Kind:
    """The kind of the object that is written where something of a kind is: what stands in another one's document is
    written with that.
    """
    while kind.source is None and not kind.pick and kind.parent is not None:
        kind = kind.parent
    return kind
