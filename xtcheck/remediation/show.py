"""A plan, and what came of it, as lines for a person: nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.model import Safety
from xtcheck.remediation.changes import ByHand, Change, Place, Plan, Verb
from xtcheck.remediation.compose import MASK
from xtcheck.remediation.masking import is_masked
from xtcheck.remediation.places import rows_of, written_of
from xtcheck.remediation.steps import some
from xtcheck.report.shown import apart, printable, shortened
from xtcheck.report.words import counted
from xtcheck.shapes import Pairs, ReplaceDocument

Json = Any

OPTION = {Safety.SAFE: "--remediate", Safety.UNSAFE: "--remediate-unsafe"}
"""What allows a change."""


def head(plan: Plan) -> str:
    """The plan in one line."""
    parts = [counted(len(plan.changes), "change")]
    if plan.held:
        parts.append(f"{len(plan.held)} held back")
    for waits, word in ((True, "that follow"), (False, "by hand")):
        if count := sum(each.waits is waits for each in plan.by_hand):
            parts.append(f"{count} {word}")
    return f"plan: {', '.join(parts)}"


def lines(plan: Plan) -> Iterator[str]:
    """The whole plan: each change as a difference, then what is held back, what follows, and what a person does."""
    yield head(plan)
    for change in plan.changes:
        yield from difference(change)
    for change in plan.held:
        yield from difference(change, held=OPTION[change.safety])
    yield from following(plan)
    yield from steps(plan)


def difference(change: Change, held: str = "") -> Iterator[str]:
    """One change: what stands there and what shall, for which checks, how safe it is, and what undoing brings back."""
    yield printable(f"  {change.name}: {change.safety}" + (f" ({change.why})" if change.why else ""))
    yield printable(f"    {change.write.place}: {change.write}")
    yield from (_place(place, change) for place in told(change))
    yield from (f"    - {name}: {shortened(document, name)}" for name, document in change.inside.items() if document)
    yield from (printable(f"    mends      {name}") for name in change.mends)
    yield from (printable(f"    needs      {name}") for name in change.needs)
    yield from (printable(f"    spoils     {name}") for name in change.spoils)
    yield from (printable(f"    waived     {name}") for name in change.waived)
    yield printable(f"    undo       {undo(change)}")
    if held:
        yield f"    held back  {held} would allow it"


def told(change: Change) -> list[Place]:
    """The places of a change that a person is shown: of what is deleted, those that are ever written."""
    kept = written_of(change.ref.kind) if change.verb is Verb.DELETE else frozenset[str]()
    return [each for each in change.places if each.changes and (not kept or each.path.partition(".")[0] in kept)]


def _place(place: Place, change: Change) -> str:
    """One place as a line of a difference."""
    along = "" if place.stated else "   (sent along)"
    if place.path.startswith("[") or change.item:
        return printable(f"    {'-' if place.after is None else '+'} {change.item}")
    before, after = values(place, change)
    match change.verb:
        case Verb.DELETE:
            return f"    - {place.path}: {before}"
        case Verb.CREATE:
            return f"    + {place.path}: {after}{along}"
        case Verb.CHANGE:
            return f"    {place.path or change.ref.kind.title}: {before} -> {after}{along}"


def undo(change: Change) -> str:
    """What undoing a change brings back."""
    if not change.undoable:
        return f"not by xtcheck: {change.forgets}" if change.forgets else "not by xtcheck"
    match change.verb:
        case Verb.CREATE:
            return "deletes it"
        case Verb.DELETE:
            return f"creates it again, without {change.forgets}"
        case Verb.CHANGE:
            return f"brings all back but {change.forgets}" if change.forgets else "brings all back"


FOLLOWING = "following, under the same options and guard, as later rounds of the run find what is needed then:"


def following(plan: Plan) -> Iterator[str]:
    """What waits for what is done first, and what would be done for it then; what waits for the same is told once."""
    by_why: dict[str, list[ByHand]] = {}
    for each in plan.by_hand:
        if each.waits:
            by_why.setdefault(each.why, []).append(each)
    if by_why:
        yield FOLLOWING
    for why, several in by_why.items():
        yield printable(f"  {why}: {some(each.check for each in several)}")
        later = dict.fromkeys(what for each in several for what in each.later)
        yield from (printable(f"    {what.name}: {what.safety}" + (f" ({what.why})" if what.why else ""))
                    for what in later)  # fmt: skip


def steps(plan: Plan) -> Iterator[str]:
    """What only a person does, numbered; what is done at one place is told once."""
    at: dict[tuple[str, str], list[str]] = {}
    for each in plan.by_hand:
        if each.waits:
            continue
        at.setdefault((each.step, each.why), []).append(each.check)
    if at:
        yield "by hand:"
    for number, ((step, why), checks) in enumerate(at.items(), 1):
        yield printable(f"  {number}. {step}")
        yield printable(f"     because {why}: {some(checks)}")


def values(place: Place, change: Change) -> tuple[str, str]:
    """What stood at a place and what shall, each as a policy would write it, where a row is about this very place, else
    as the service has it: of long ones what differs, for they never look the same.
    """
    shape = change.ref.kind.write
    before, after = (_said(value, change, place) for value in (place.before, place.after))
    if before is not None and after is not None and before != after:
        return before, after
    was, shall = (shape.places.meaning(place.path, value) if isinstance(shape, ReplaceDocument) else value
                  for value in (place.before, place.after))  # fmt: skip
    left, right = apart(was, shall, place.path)
    return (left, right) if before == after else (before or left, after or right)


def _said(value: Json, change: Change, place: Place) -> str | None:
    """A value in words of its own; None where it is shown as the service has it."""
    shape = change.ref.kind.write
    if is_masked(value):
        return None
    if isinstance(shape, Pairs) and value == MASK:
        return "a secret" if value is place.before else f"the value of ${{env.{change.write.secrets[0]}}}"
    for setting in rows_of(shape):
        if setting.path == place.path:
            with suppress(Uninterpretable):
                return printable(setting.type.show(setting.type.read(value)))
    return None
