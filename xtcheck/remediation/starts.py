"""What would start something, and what must be well before: all that is stated of it, selected or not; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xtcheck.judge import judge
from xtcheck.model import Check, Ref, Verdict
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


def too_early(check: Check, first: frozenset[str], stated: Iterable[Check], world: World) -> Early | None:
    """Whether it would run with something that is not as declared, or not known to be."""
    bad, unseen = [], []
    for each in stated:
        if each.scope.subject == check.scope.subject and each.kind.name in first:
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
