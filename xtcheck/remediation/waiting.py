"""What is left to people, or waits, because of what else a plan makes or does not make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xtcheck.judge import judge
from xtcheck.kinds import mending
from xtcheck.kinds.writes import NOT_YET
from xtcheck.model import Check, Evidence, Obstacle, Ref, Safety, Verdict
from xtcheck.remediation.changes import Change, Later, Verb
from xtcheck.remediation.compose import owner
from xtcheck.remediation.effects import is_absent
from xtcheck.remediation.filling import document_of
from xtcheck.remediation.foreseen import Foreseen
from xtcheck.remediation.steps import some
from xtcheck.remediation.wishes import DOUBT, Asked, Blocked
from xtcheck.world import World

Json = Any

LATER = "it follows from {}"
NOWHERE = "there is no {}, and nothing of this plan makes it"

Coming = Mapping[Ref, list[Change]]


def orphans(asked: Asked, coming: Coming, world: World) -> None:
    """What is drift only because something above it is not there: it waits for that, or is not written."""
    for check in asked.orphans:
        lineage = [*check.kind.ref(check.scope).lineage(), *asked.awaited.get(check.name, ())]
        above = next((coming[ref][0] for ref in lineage if ref in coming), None)
        if above:
            asked.leave(check, LATER.format(above.name), waits=True, later=asked.later(check))
            asked.first[check.name] = (above.name,)
        else:
            gone = [ref for ref in lineage if is_absent(ref, world)]
            asked.leave(check, NOWHERE.format(gone[-1]) if gone else NOT_YET)


def blocked(asked: Asked, made: Iterable[Change], world: World) -> None:
    """What cannot go before something else has: it waits where these changes take all of that away."""
    changes = tuple(made)
    for each in asked.blocked:
        found = [_taken_away(obstacle, each, changes, world) for obstacle in each.obstacles]
        names = dict.fromkeys(change.name for several in found for change in several)
        if all(found):
            row = mending.mending(each.check.kind, each.check.setting)
            safety = row.safety("present", "absent")
            later = tuple(Later(Verb.DELETE, ref, safety, row.reason(safety)) for ref in each.gone)
            asked.leave(each.check, LATER.format(some(names)), waits=True, later=later)
        else:
            asked.leave(each.check, "; ".join(dict.fromkeys(obstacle.why for obstacle in each.obstacles)))


def _taken_away(obstacle: Obstacle, each: Blocked, changes: Sequence[Change], world: World) -> list[Change]:
    """The changes after which an obstacle is none; none of them where some of it stays, comes, or was not read."""

    def is_meant(item: Json) -> bool:
        return isinstance(item, dict) and all(item.get(name) == value for name, value in obstacle.fields.items())

    here = [change for change in changes if change.ref.place == each.gone[0].place
            and change.ref.kind.name in obstacle.kinds and obstacle.key in ("", change.ref.key)]  # fmt: skip
    lists = [document_of(ref, world) or () for ref in dict.fromkeys(change.ref for change in here)]
    there = [item for items in lists for item in items if is_meant(item)]
    touching = [(change, spot) for change in here for spot in change.places if is_meant(spot.before or spot.after)]
    gone = [spot.before for _, spot in touching if spot.after is None]
    if any(spot.after is not None for _, spot in touching) or any(item not in gone for item in there):
        return []
    return [change for change, _ in touching]


def wait(asked: Asked, coming: Coming, checks: Iterable[Check]) -> None:
    """What is left to people, and comes of a change that is to be made: nobody needs to do anything for it."""
    known = {check.name: check for check in checks}
    waiting = (known[each.check].kind for each in asked.by_hand if each.waits)
    goes_on = any(kind.write and kind.write.window.then for kind in (*(ref.kind for ref in coming), *waiting))
    for number, each in enumerate(asked.by_hand):
        check = known[each.check]
        follows = mending.mending(check.kind, check.setting).follows
        through = _through(check, coming, changed=follows)
        if through and not each.waits and each.why != DOUBT:
            why = LATER.format(through.name)
            asked.by_hand[number] = replace(each, why=why, waits=True, later=asked.later(check))
            asked.first[check.name] = (through.name,)
        elif follows and goes_on:
            asked.by_hand[number] = replace(each, waits=True)


def settled(
    asked: Asked, made: Iterable[Change], become: Mapping[Ref, Evidence], world: World, checks: Iterable[Check]
) -> None:
    """What is left to people, and would be well once these changes are made: nobody needs to do anything for it.

    :param become: what the objects are to become of which nothing is held back.
    """
    known = {check.name: check for check in checks}
    changes = tuple(made)
    for number, each in enumerate(asked.by_hand):
        check = known[each.check]
        touched = [ref for ref in dict.fromkeys(map(owner, check.refs.values())) if ref in become]
        if each.waits or each.why == DOUBT or not touched:
            continue
        # By one of them alone, too: what stands in one that is changed cannot always be foreseen.
        for refs in (touched, *([ref] for ref in touched)):
            if judge(check, Foreseen(world, {ref: become[ref] for ref in refs})).verdict is Verdict.COMPLIANT:
                names = [change.name for change in changes if change.ref in refs]
                asked.by_hand[number] = replace(each, why=LATER.format(some(names)), waits=True)
                break


def in_time(asked: Asked, made: Iterable[Change], allowed: Safety) -> None:
    """Of what waits, only what later rounds would do: what is allowed, and waits for nothing that does not come."""
    coming = {name for change in made for name in (change.name, *change.mends)}
    waiting = [each.check for each in asked.by_hand if each.waits]
    for _ in waiting:  # one may wait for another
        coming |= {name for name in waiting if coming.issuperset(asked.first.get(name, ()))}
    for number, each in enumerate(asked.by_hand):
        later = tuple(what for what in each.later if each.check in coming and what.safety <= allowed)
        asked.by_hand[number] = replace(each, later=later)


def _through(check: Check, coming: Coming, *, changed: bool) -> Change | None:
    """The first change by which what the check looks at, or what leads to it, comes to be; or, where ``changed``, that
    changes what it looks at.
    """
    for ref in check.refs.values():
        for above in ref.lineage():
            for change in coming.get(above, ()):
                if change.verb is Verb.CREATE or (changed and above == owner(ref)):
                    return change
    return None
