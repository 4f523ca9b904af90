"""How much there is that could be written, so that a guard can say of what share a plan is; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from xtcheck.model import Check, Ref
from xtcheck.remediation.changes import target
from xtcheck.remediation.compose import owner
from xtcheck.remediation.effects import is_absent
from xtcheck.remediation.filling import document_of
from xtcheck.shapes import Members, Upsert
from xtcheck.world import World


def population(stated: Iterable[Check], asked: Collection[Ref], world: World) -> dict[str, int]:
    """By place, how many objects are there that could be written; and by the name of a list, how many items it has.

    :param stated: all that policies state, selected or not, so that choosing less makes no share of it larger.
    :param asked: the objects of which something is asked, with those that nobody declared and that are to go.
    """
    of_checks = (owner(check.kind.ref(check.scope)) for check in stated if check.refs)
    known = [ref for ref in dict.fromkeys([*of_checks, *asked]) if ref.kind.write]
    there = (ref for ref in known if not (isinstance(ref.kind.write, Upsert) and is_absent(ref, world)))
    lists = (ref for ref in asked if isinstance(ref.kind.write, Members))
    return {**Counter(ref.place for ref in there), **{target(ref): len(document_of(ref, world) or ()) for ref in lists}}
