"""What is left to people, or waits, because of what else a plan makes or does not make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from xtcheck.kinds import mending
from xtcheck.kinds.writes import NOT_YET
from xtcheck.model import Check, Ref
from xtcheck.remediation.changes import Change, Verb
from xtcheck.remediation.compose import owner
from xtcheck.remediation.effects import is_absent
from xtcheck.remediation.wishes import DOUBT, Asked
from xtcheck.world import World

LATER = "it follows from {}"
NOWHERE = "there is no {}, and nothing of this plan makes it"

Coming = Mapping[Ref, list[Change]]


def orphans(asked: Asked, coming: Coming, world: World) -> None:
    """What is drift only because something above it is not there: it waits for that, or is not written."""
    for check in asked.orphans:
        lineage = [*check.kind.ref(check.scope).lineage(), *asked.awaited.get(check.name, ())]
        above = next((coming[ref][0] for ref in lineage if ref in coming), None)
        gone = [ref for ref in lineage if is_absent(ref, world)]
        why = NOWHERE.format(gone[-1]) if gone else NOT_YET
        asked.leave(check, LATER.format(above.name) if above else why, waits=above is not None)


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
            asked.by_hand[number] = replace(each, why=LATER.format(through.name), waits=True)
        elif follows and goes_on:
            asked.by_hand[number] = replace(each, waits=True)


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
