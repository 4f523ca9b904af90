"""Whether an object is still as it was planned to be found, and whether it is as it was written; pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.model import Absent, Ambiguous, Evidence, Present, Ref, Unread
from xtcheck.remediation.changes import Change, Place, Verb, target
from xtcheck.remediation.compose import shape_of, standing
from xtcheck.remediation.likeness import alike
from xtcheck.remediation.places import at, has_after, has_before, is_foreign, unseen
from xtcheck.remediation.since import inside, looked_at
from xtcheck.shapes import AsyncCall, Pairs, Value
from xtcheck.world import World

Json = Any


def not_as_planned(change: Change, world: World) -> str:
    """Why a change must not be sent any more; empty when all is as it was planned to be found."""
    return stale(change, world.evidence(change.ref)) or rests_no_more(change, world)


def rests_no_more(change: Change, world: World) -> str:
    """What is another at the objects that a change rests on; empty when nothing is."""
    for ref, places in change.rests.items():
        match world.evidence(ref):
            case Present(document):
                moved = [place.path for place in places if not alike(at(document, place.path), place.before)]
                if moved:
                    return f"{', '.join(moved)} of {target(ref)} changed meanwhile"
            case other:
                return f"{target(ref)} could not be read again: {_why(other)}"
    return ""


def _why(evidence: Unread | Ambiguous | Absent) -> str:
    return evidence.cause if isinstance(evidence, Unread) else evidence.what


def stale(change: Change, evidence: Evidence) -> str:
    """Why an object is no longer as it was planned to be found; empty when it is."""
    evidence = _held(change, evidence)
    if isinstance(shape_of(change.ref.kind), AsyncCall) and isinstance(evidence, Present):
        return ""  # it does what is left, whatever that is by now
    match evidence, change.verb:
        case ((Unread() | Ambiguous()), _):
            return f"it could not be read again: {_why(evidence)}"
        case Absent(), Verb.CREATE:
            return f"{', '.join(evidence.near)} is there meanwhile" if evidence.near else ""
        case Absent(), _:
            return "it is gone meanwhile"
        case Present(), Verb.CREATE:
            return "it is there meanwhile"
        case Present(document), _:
            places = all_of(change, document) if change.verb is Verb.DELETE else change.places
            moved = [place.path or "it" for place in places if not has_before(change, document, place)]
            return f"{', '.join(moved)} changed meanwhile" if moved else ""
    raise AssertionError("evidence is one of four")


def all_of(change: Change, document: Json) -> tuple[Place, ...]:
    """The places of an object that is to be deleted, also those that had nothing and have something by now."""
    known = {place.path for place in change.places}
    new = (name for name in standing(shape_of(change.ref.kind), document) if name not in known)
    return (*change.places, *(Place(name, None, None, stated=False) for name in new))


def filled_since(change: Change, world: World, touched: Collection[Ref]) -> str:
    """What stands in an object that is to be deleted, and is not as it was; empty when all is.

    :param touched: the objects that the same plan changes or takes away: where one is among them, nothing is left.
    """
    for ref in inside(change):
        try:
            document = looked_at(ref, world.evidence(ref))
        except Unwritable as error:
            return f"{error}"
        was = None if ref in touched else change.inside[ref.kind.name]
        if not alike(was or None, document or None) and not (ref in touched and isinstance(ref.kind.write, Pairs)):
            return f"{ref.kind.title} changed meanwhile"
    return ""


def foreign(change: Change, evidence: Evidence) -> str:
    """Why an object is neither as it was found nor as it was sent: somebody else was there; empty when it is."""
    evidence = _held(change, evidence)
    match evidence, change.verb:
        case Absent(), Verb.DELETE:
            return ""
        case Present(document), Verb.CHANGE if not isinstance(shape_of(change.ref.kind), AsyncCall):
            moved = [place.path or "it" for place in change.places if is_foreign(change, document, place)]
            return f"{', '.join(moved)} changed meanwhile" if moved else ""
        case _:
            return stale(change, evidence)


def _held(change: Change, evidence: Evidence) -> Evidence:
    """The evidence, in which a value that may well be none is there, and is none."""
    if isinstance(evidence, Absent) and isinstance(shape_of(change.ref.kind), Value):
        return Present(None, evidence.requests)
    return evidence


def lacking(change: Change, evidence: Evidence) -> str:
    """What of a change is not to be seen in the object as it is now; empty when all of it is."""
    evidence = _held(change, evidence)
    match evidence, change.verb:
        case ((Unread() | Ambiguous()), _):
            return f"it could not be read back: {_why(evidence)}"
        case Absent(), Verb.DELETE:
            return ""
        case Absent(), _:
            return "it is not there"
        case Present(), Verb.DELETE:
            return "it is still there"
        case Present(document), _:
            seen = [place for place in change.places if not unseen(document, place)]
            places = [place.path or "it" for place in seen if not has_after(change, document, place)]
            return f"{', '.join(places)} does not have the value that was written" if places else ""
    raise AssertionError("evidence is one of four")


def partly(change: Change, evidence: Evidence) -> bool:
    """Whether an object has some of the values that were to be written, and did not have them before."""
    evidence = _held(change, evidence)
    if change.verb is not Verb.CHANGE or not isinstance(evidence, Present):
        return False
    document = evidence.document
    seen = [place for place in change.places if not unseen(document, place)]
    return any(has_after(change, document, place) and not has_before(change, document, place) for place in seen)
