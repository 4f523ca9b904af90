"""From checks and the world to a plan: only drift that was seen completely, one change for an object; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.kinds import BY_NAME, mending
from xtcheck.model import Check, Evidence, Ref, Safety, Verdict
from xtcheck.remediation.changes import Change, Plan, Verb
from xtcheck.remediation.compose import Composed, calls, deleted, owner, shape_of
from xtcheck.remediation.effects import after, called, effect, following, is_absent, overdue, undoable
from xtcheck.remediation.filling import words_of
from xtcheck.remediation.foreseen import becoming, is_disturbed, judged_after
from xtcheck.remediation.inheriting import granted, in_effect, rests
from xtcheck.remediation.masking import concealed, stated_of
from xtcheck.remediation.order import depth, ordered, without
from xtcheck.remediation.population import population
from xtcheck.remediation.since import contents
from xtcheck.remediation.starts import before, due_first, first_of, too_early
from xtcheck.remediation.waiting import blocked, in_time, orphans, settled, wait
from xtcheck.remediation.wishes import CONTRADICTION, INEFFECTIVE, Asked, Wish, at_most, together
from xtcheck.shapes import Shape, Upsert
from xtcheck.world import World

Json = Any


def plan(checks: Iterable[Check], world: World, allowed: Safety, stated: Iterable[Check] | None = None) -> Plan:
    """What puts the drifted checks right, as far as ``allowed``; the rest is held back or by hand.

    The world has also what is :func:`needed <xtcheck.remediation.wishes.needed>` for it.
    Nothing follows from what is unknown, inferred, attested or waived.

    :param stated: all that policies state, selected or not; by default just the checks. Nothing starts before all of
        it that must come first is well.
    """
    known = tuple(checks)
    return _Planning(known, world, allowed, known if stated is None else tuple(stated)).made()


class _Planning:
    def __init__(self, checks: tuple[Check, ...], world: World, allowed: Safety, stated: tuple[Check, ...]) -> None:
        self._checks, self._world, self._allowed, self._all = checks, world, allowed, stated
        self._asked, self._named = Asked(world), [check for check in stated if check.names]
        self._changes: dict[Ref, list[Change]] = {}
        self._held: dict[Ref, list[Change]] = {}
        self._become: dict[Ref, Evidence] = {}
        self._looking: dict[Ref, list[Check]] = {}
        for check in stated:  # selected or not: what is about to be changed is theirs, too
            for ref in dict.fromkeys(owner(ref) for ref in check.refs.values()):
                self._looking.setdefault(ref, []).append(check)

    def made(self) -> Plan:
        for check in self._checks:
            self._asked.take(check)
        for ref in sorted(self._asked.wishes, key=depth):
            self._decide(ref, self._asked.wishes[ref])
        for ref in dict.fromkeys([*self._changes, *self._held]):
            self._bring_about(ref)
        for ref in [*self._changes, *self._held]:
            self._lead_to(ref)
        self._complete()
        coming = {ref: changes for several in (self._changes, self._held) for ref, changes in several.items()}
        changes, held = ordered(self._changes), ordered(self._held)
        changes, more = without(changes, {change.name for change in held} - {change.name for change in changes})
        orphans(self._asked, coming, self._world)
        blocked(self._asked, changes, self._world)
        made = {change.ref for change in changes} - {change.ref for change in (*held, *more)}
        become = {ref: each for ref, each in self._become.items() if ref in made}
        settled(self._asked, changes, become, self._world, self._checks)
        wait(self._asked, coming, self._checks)
        in_time(self._asked, changes, self._allowed)
        return Plan(
            tuple(changes),
            (*held, *more),
            tuple(self._asked.by_hand),
            population(self._all, self._asked.wishes, self._world),
        )

    # --- one object -----------------------------------------------------------------------------------------------

    def _decide(self, ref: Ref, wishes: list[Wish]) -> None:
        try:
            ready = self._granted(ref, self._ready(ref, self._asked.with_effect(ref, wishes)))
            if ready:
                self._compose(ref, ready)
        except Unwritable as error:
            for wish in wishes:
                self._asked.leave(wish.check, str(error))

    def _compose(self, ref: Ref, wishes: list[Wish]) -> None:
        shape, document = shape_of(ref.kind), self._asked.document(ref)
        words = words_of(ref, self._world)
        if any(wish.gone for wish in wishes):
            self._empty(ref, shape)
            self._keep(ref, deleted(ref, shape, document, words), wishes)
            return
        now = [wish for wish in wishes if wish.safety <= self._allowed]
        later = [wish for wish in wishes if wish.safety > self._allowed]
        if later and document is None and isinstance(shape, Upsert) and shape.at_once:
            now, later = [], wishes
        if now:
            several = calls(ref, shape, document, together(now), words, in_effect(ref, self._world))
            if not several:
                self._asked.orphans += [wish.check for wish in now]
            # What is sent along may be less safe than what is stated.
            if any(self._safety(composed, now, document) > self._allowed for composed in several):
                now, later = [], wishes
            else:
                for composed in several:
                    self._keep(ref, composed, now)
                    document = composed.document
        if later:
            self._compose_later(ref, document, later)

    def _compose_later(self, ref: Ref, document: Json, wishes: list[Wish]) -> None:
        """What an option would have to allow, on top of what is allowed anyway."""
        try:
            words, inherited = words_of(ref, self._world), in_effect(ref, self._world)
            several = calls(ref, shape_of(ref.kind), document, together(wishes), words, inherited)
            if not several:
                self._asked.orphans += [wish.check for wish in wishes]
            for composed in several:
                self._keep(ref, composed, wishes)
        except Unwritable as error:
            for wish in wishes:
                self._asked.leave(wish.check, str(error))

    def _ready(self, ref: Ref, wishes: list[Wish]) -> list[Wish]:
        """The wishes that need not wait for others; what would start before its time is left."""
        ready = []
        for wish in wishes:
            early = too_early(self._first(ref, [wish]), self._world)
            if early:
                self._asked.wait_for(early.first, wish, early.why)
            else:
                ready.append(wish)
        return ready

    def _first(self, ref: Ref, wishes: list[Wish]) -> tuple[Check, ...]:
        """The checks that must be well before these wishes are granted, selected or not."""
        found = [(wish.check, first) for wish in wishes if (first := first_of(ref, wish, self._world))]
        checks = {each.name: each for check, first in found for each in due_first(check, first, self._all)}
        return tuple(checks.values())

    def _granted(self, ref: Ref, wishes: list[Wish]) -> list[Wish]:
        """The wishes that change nothing else where parts of a property inherit together; the others are left."""
        found, left = granted(ref, wishes, self._world, self._asked.wishes)
        for each in left:
            if each.first in self._changes:  # what others inherit from is decided before them
                self._asked.wait_for(self._changes[each.first][0].mends, each.wish, each.why)
            else:
                self._asked.leave(each.wish.check, each.why)
        return found

    def _empty(self, ref: Ref, shape: Shape) -> None:
        """:raises Unwritable: something in it is there, or was not looked at, and is not to be deleted before it."""
        for name in shape.below if isinstance(shape, Upsert) else ():
            below = Ref(BY_NAME[name], ref.place, ref.key, ref, ref.label)
            if any(wish.gone for wish in self._asked.wishes.get(below, ())):
                continue
            if not is_absent(below, self._world):
                [row] = [setting.key for setting in below.kind.settings if setting.presence]
                raise Unwritable(f"the {below.kind.title} must be gone first: state {row}: absent too")

    def _keep(self, ref: Ref, composed: Composed, wishes: list[Wish]) -> None:
        wishes = _asking(composed, ref, wishes)
        safety = self._safety(composed, wishes, self._asked.document(ref))
        asking = {wish.check.name: wish.check.setting.halfway for wish in wishes}
        spoiled, waived = self._spoiled(ref, composed.document, asking)
        change = Change(
            verb=composed.verb,
            ref=ref,
            write=composed.write,
            places=composed.places,
            mends=tuple(wish.check.name for wish in wishes),
            safety=safety,
            why=_why(wishes, safety),
            forgets=composed.lasting or _forgets(composed.verb, ref, wishes),
            undoable=not composed.lasting
            and undoable(composed.verb, ref)
            and not any(wish.check.setting.final for wish in wishes),
            item=composed.item,
            inside=contents(ref, self._world) if composed.verb is Verb.DELETE else {},
            concealed=concealed([*((wish.check, wish.values) for wish in wishes), *stated_of(self._named, ref)]),
            spoils=spoiled,
            waived=waived,
            rests=rests(ref, composed, self._world),
            first=self._first(ref, wishes),
        )
        where = self._changes if safety <= self._allowed else self._held
        where.setdefault(ref, []).append(change)
        self._become[ref] = becoming(ref, composed.document)

    def _safety(self, composed: Composed, wishes: list[Wish], document: Json) -> Safety:
        """Of the whole call: of what is stated, and of what is only sent along."""
        if composed.verb is Verb.DELETE or not wishes:
            return max((wish.safety for wish in wishes), default=Safety.SAFE)
        along = [place for place in composed.places
                 if not place.stated and place.changes and place.path not in composed.same]  # fmt: skip
        rows = {
            setting.path: (wish.check.kind, setting)
            for wish in wishes
            for setting in wish.check.kind.settings
            if setting.path
        }
        found = [wish.safety for wish in wishes]
        for place in along:
            if place.path not in rows or document is None:
                continue
            kind, setting = rows[place.path]
            row = mending.mending(kind, setting)
            was, becomes = setting.type.read(place.before), setting.type.read(place.after)
            found.append(at_most(row.safety(was, becomes)))
        return max(found)

    def _spoiled(self, ref: Ref, document: Json, asking: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The checks of this very object, selected or not, that are well now and would not be with this document of it;
        and those that are waived and would see something else then, or might. ``asking`` has of each check that asks
        for it what must be done besides.

        :raises Unwritable: what asks for the change would not be well either.
        """
        spoiled, waived = [], []
        for check, judged in judged_after(self._looking.get(ref, ()), ref, document, self._world):
            if is_disturbed(check, judged, self._world):
                waived.append(check.name)
            if judged is None:
                continue
            before, then = judged
            if asking.get(check.name) == "" and then.verdict is not Verdict.COMPLIANT:
                raise Unwritable(CONTRADICTION if document is None else INEFFECTIVE)
            if then.verdict is Verdict.DRIFT and before.verdict is Verdict.COMPLIANT and not check.setting.follows:
                spoiled.append(check.name)
        return tuple(spoiled), tuple(waived)

    # --- what must be there, or gone, before ----------------------------------------------------------------------

    def _lead_to(self, ref: Ref) -> None:
        """Let what the object stands in be created before it, and what stands in it be deleted before it."""
        for where in (self._changes, self._held):
            where[ref] = [self._with_needs(change, where) for change in where.get(ref, [])]
            if not where[ref]:
                del where[ref]

    def _with_needs(self, change: Change, where: dict[Ref, list[Change]]) -> Change:
        needs = dict.fromkeys(change.needs)
        parent = next((here for here in change.ref.lineage() if here != change.ref and here.kind.write), None)
        if change.verb is not Verb.DELETE and parent and is_absent(parent, self._world):
            needs |= dict.fromkeys(self._created(parent, where))
        if change.verb is Verb.DELETE:
            needs |= dict.fromkeys(self._emptied(change.ref))
        needs |= dict.fromkeys(before(change, (other for several in where.values() for other in several)))
        for others in (self._changes, self._held):
            for other in others.get(change.ref, ()):
                if other.verb is Verb.CREATE and change.verb is Verb.CHANGE:
                    needs[other.name] = None
        return replace(change, needs=tuple(needs))

    def _created(self, parent: Ref, where: dict[Ref, list[Change]]) -> Iterator[str]:
        """The change that creates it; one of its own, with nothing in it, where no check asks for one."""
        for several in (self._changes, self._held):
            for change in several.get(parent, ()):
                if change.verb is Verb.CREATE:
                    yield change.name
                    return
        shape = parent.kind.write
        if not isinstance(shape, Upsert) or shape.bare:
            return
        [composed] = calls(parent, shape, None, {}, words_of(parent, self._world))
        spoiled, waived = self._spoiled(parent, composed.document, {})
        made = Change(Verb.CREATE, parent, composed.write, composed.places, (), Safety.SAFE, spoils=spoiled,
                      waived=waived, undoable=undoable(Verb.CREATE, parent))  # fmt: skip
        where.setdefault(parent, []).append(made)
        yield made.name

    def _emptied(self, ref: Ref) -> Iterator[str]:
        """The deletions of what is in it."""
        for several in (self._changes, self._held):
            for below, changes in several.items():
                yield from (change.name for change in changes
                            if change.verb is Verb.DELETE and below != ref and ref in below.lineage())  # fmt: skip

    def _bring_about(self, ref: Ref) -> None:
        """Let the call follow without which a change of the object has no effect: a change is no safer than its call,
        and held back with it, for else what has no effect would be called put right.
        """
        several = [*self._changes.get(ref, ()), *self._held.get(ref, ())]
        found = [(change, target) for change in several if (target := effect(change, self._world))]
        if not found or any(wish.gone for above in ref.lineage() for wish in self._asked.wishes.get(above, ())):
            return
        made, target = [change for change, _ in found], found[0][1]
        where = next((where for where in (self._changes, self._held) if target in where), None)
        if where is not None:
            where[target] = [after(each, made) for each in where[target]]
        else:
            where = self._call(target, made)
        call = max(where[target], key=lambda change: change.safety)
        graded = [_no_safer(change, call) if change in made else change for change in several]
        for found_in, fits in ((self._changes, True), (self._held, False)):
            found_in.pop(ref, None)
            if kept := [change for change in graded if (change.safety <= self._allowed) is fits]:
                found_in[ref] = kept

    def _complete(self) -> None:
        """Let a call be made that an earlier run has not made, or others have not."""
        for target in overdue(self._checks, self._all, self._world):
            if target not in self._changes and target not in self._held:
                self._call(target, [])

    def _call(self, target: Ref, changes: list[Change]) -> dict[Ref, list[Change]]:
        """The call that follows some changes, held against what is stated of its object as any other change."""
        spoiled, waived = self._spoiled(target, called(target, self._world), {})
        call = replace(following(target, changes, self._world), spoils=spoiled, waived=waived)
        where = self._changes if call.safety <= self._allowed else self._held
        where[target] = [call]
        return where


def _asking(composed: Composed, ref: Ref, wishes: list[Wish]) -> list[Wish]:
    """The wishes that a call is for: of a list's item, those who name that item; and what is added by an operation of
    its own is another call than the rest.
    """
    if composed.item:
        wishes = [wish for wish in wishes if any(place.path in wish.values for place in composed.places)]
    shape = ref.kind.write
    grows = shape.grows.keys() if isinstance(shape, Upsert) else set()
    return [wish for wish in wishes if bool(wish.values) and wish.values.keys() <= grows] if composed.lasting else [
        wish for wish in wishes if not wish.values or not wish.values.keys() <= grows
    ]  # fmt: skip


def _why(wishes: list[Wish], safety: Safety) -> str:
    """Why it is not safe."""
    if safety is Safety.SAFE:
        return ""
    reasons: dict[str, None] = {}
    for wish in wishes:
        if wish.safety is safety:
            reasons[mending.mending(wish.check.kind, wish.check.setting).reason(safety)] = None
    return ", ".join(reasons) or "what is sent with it loosens"


def _no_safer(change: Change, call: Change) -> Change:
    """A change with the safety of the call that it takes effect by, where that is less safe."""
    return change if change.safety >= call.safety else replace(change, safety=call.safety, why=call.why)


def _forgets(verb: Verb, ref: Ref, wishes: list[Wish]) -> str:
    shape = ref.kind.write
    if verb is Verb.DELETE:
        return shape.back if isinstance(shape, Upsert) else ""
    return ", ".join(dict.fromkeys(wish.check.setting.forgets for wish in wishes if wish.check.setting.forgets))
