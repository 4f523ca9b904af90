"""What was changed and has no effect, for the call that must follow was not made: a step that is left; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtcheck.model import Check
from xtcheck.remediation.changes import ByHand, Outcome, Result
from xtcheck.remediation.readback import lacking
from xtcheck.shapes import AsyncCall, Command
from xtcheck.world import World


def not_called(results: Iterable[Result], checks: Iterable[Check], world: World) -> Iterator[ByHand]:
    """For each check that a change was made for, what is left where the call that follows it was not made.

    The checks of the call's own row see for themselves whether it is.

    :param world: as it was read last: of what AWS carries out later it may show that it has been done by now.
    """
    known, told = {check.name: check for check in checks}, list(results)
    made = set(map(_name, filter(_may_be_done, told)))
    made |= set(map(_name, [each for each in told if each.outcome is Outcome.CUT_SHORT][:1]))  # it was under way
    for each in told:
        shape = each.change.ref.kind.write
        if not isinstance(shape, AsyncCall | Command) or each.outcome is Outcome.APPLIED:
            continue
        if not made & set(each.change.needs) or (isinstance(shape, AsyncCall) and _is_done(each, world)):
            continue
        for name in each.change.mends:
            if known[name].kind is not each.change.ref.kind:
                yield ByHand(name, f"{each.change.name} was not made ({each.outcome}: {each.said})", shape.by_hand)


def _name(result: Result) -> str:
    return result.change.name


def _may_be_done(result: Result) -> bool:
    return result.outcome is Outcome.APPLIED or (result.outcome is Outcome.FAILED and result.ours)


def _is_done(result: Result, world: World) -> bool:
    try:
        return not lacking(result.change, world.evidence(result.change.ref))
    except LookupError:  # nobody looked
        return False
