"""What must be looked at besides, to say how what has drifted is put right, and what an earlier change lacks; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtcheck.judge import judge
from xtcheck.kinds import mending
from xtcheck.kinds.writes import pair_of
from xtcheck.model import Check, Present, Ref, Seen, Verdict
from xtcheck.remediation.compose import owner
from xtcheck.remediation.effects import follower, is_absent, shown
from xtcheck.remediation.inheriting import origins
from xtcheck.remediation.since import within
from xtcheck.world import World


def lookups(checks: Iterable[Check], world: World, stated: Iterable[Check] = ()) -> tuple[Ref, ...]:
    """The objects that no check reads, and that a plan asks about.

    From here on each check of this world is judged once: planning asks for all of them more than once.

    :param stated: all that policies state, selected or not: what else is stated of an object that may be changed must
        be known, for it may be well, or waived.
    """
    world.judged = {} if world.judged is None else world.judged
    known = tuple(checks)
    drifted = [check for check in known if judge(check, world).verdict is Verdict.DRIFT]
    touched = {ref for check in drifted for ref in _touched(check, world)}
    wanted = [ref for check in known for ref in _of(check, world)]
    selected = {id(check) for check in known}
    for check in stated if touched else ():
        of_it = any(owner(ref) in touched for ref in check.refs.values())
        if of_it and id(check) not in selected and (check.waiver or not _follows(check)):
            wanted += check.wanted
    return tuple(dict.fromkeys(ref for ref in wanted if not _is_read(ref, world)))


def _touched(check: Check, world: World) -> Iterator[Ref]:
    """The objects that may be changed for a check: its own, what must be made before it, what is called after it."""
    ref = owner(check.kind.ref(check.scope))
    yield ref
    yield from (owner(above) for above in ref.lineage() if is_absent(above, world))
    if call := follower(ref, [pair_of(check.setting.path) or check.setting.path]):
        yield call


def _follows(check: Check) -> bool:
    """Whether what it sees comes of a change in the service's own time, so that no plan can foresee it."""
    return check.setting.follows or mending.mending(check.kind, check.setting).follows


def _of(check: Check, world: World) -> Iterator[Ref]:
    if call := shown(check):  # what an earlier change still lacks is seen there, also where nothing drifts
        yield call
    if judge(check, world).verdict is not Verdict.DRIFT:
        return
    yield from origins(check, world)
    yield from _called(check)
    opted_in = {alias for alias, tenant in check.scope.estate.tenants.items() if tenant.secrets}
    if check.setting.presence and check.expected == "absent":
        yield from within(owner(check.kind.ref(check.scope)), opted_in)
    if check.setting.looks is None:
        return
    found = {name: world.evidence(ref) for name, ref in check.refs.items()}
    documents = {name: each.document if isinstance(each, Present) else None for name, each in found.items()}
    looked = check.setting.looks(check.expected, Seen(documents, check.scope, world.now)).values()
    yield from looked
    for above in dict.fromkeys(ref.parent for ref in looked if check.setting.deletes and ref.parent):
        yield from within(above, opted_in)


def _called(check: Check) -> Iterator[Ref]:
    """What must be called once the check's object is changed: whether it is there, and would do anything."""
    path = pair_of(check.setting.path)
    if path and (call := follower(owner(check.kind.ref(check.scope)), [path])):
        yield call


def _is_read(ref: Ref, world: World) -> bool:
    try:
        world.evidence(ref)
    except LookupError:
        return False
    return True


def joined(world: World, more: World) -> World:
    """Both as one, of the time of the first: what was judged in that has been judged on all its evidence."""
    both = World({**world.answers, **more.answers}, world.now)
    both.before, both.judged = world.before, world.judged
    return both
