"""From checks and the world to a plan: only drift that was seen completely, one change for an object; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.judge import NEAR, judge
from xtcheck.kinds import mending
from xtcheck.kinds.writes import NOT_YET, sendable
from xtcheck.model import (
    Absent,
    Check,
    Evidence,
    Grade,
    Present,
    Ref,
    Safety,
    Seen,
    Verdict,
    Writable,
)
from xtcheck.remediation.changes import ByHand, Change, Plan, Verb, at
from xtcheck.remediation.compose import Composed, Unwritable, calls, deleted, owner, shape_of, words_of
from xtcheck.remediation.effects import effect, following
from xtcheck.shapes import AsyncCall, Shape, Upsert
from xtcheck.world import World

Json = Any

DOUBT = "something of nearly that name is there, and it may be what is meant"
LATER = "it follows from {}"
INEFFECTIVE = "what this version would send does not make it so"
CONTRADICTION = "statements about it contradict each other"


class Foreseen(World):
    """A world in which some objects are as they should come to be."""

    def __init__(self, world: World, objects: Mapping[Ref, Evidence]) -> None:
        super().__init__(world.answers, world.now)
        self._world, self._objects = world, objects

    def evidence(self, ref: Ref) -> Evidence:
        found = self._objects.get(owner(ref))
        return self._world.evidence(ref) if found is None else found


@dataclass(frozen=True, slots=True)
class Wish:
    """What one drifted check asks of an object: values by path, or that it goes."""

    check: Check
    safety: Safety
    values: Mapping[str, Json] = field(default_factory=dict)
    gone: bool = False


def plan(checks: Iterable[Check], world: World, allowed: Safety) -> Plan:
    """What puts the drifted checks right, as far as ``allowed``; the rest is held back or by hand.

    Nothing follows from what is unknown, inferred, attested or waived.
    """
    known = tuple(checks)
    return _Planning(known, world, allowed).made()


class _Planning:
    def __init__(self, checks: tuple[Check, ...], world: World, allowed: Safety) -> None:
        self._checks, self._world, self._allowed = checks, world, allowed
        self._wishes: dict[Ref, list[Wish]] = {}
        self._by_hand: list[ByHand] = []
        self._changes: dict[Ref, list[Change]] = {}
        self._held: dict[Ref, list[Change]] = {}
        self._orphans: list[Check] = []
        self._looking: dict[Ref, list[Check]] = {}
        for check in checks:
            for ref in dict.fromkeys(owner(ref) for ref in check.refs.values()):
                self._looking.setdefault(ref, []).append(check)

    def made(self) -> Plan:
        for check in self._checks:
            self._take(check)
        for ref in sorted(self._wishes, key=_depth):
            self._decide(ref, self._wishes[ref])
        for where in (self._changes, self._held):
            for ref in list(where):
                self._bring_about(ref)
        for ref in [*self._changes, *self._held]:
            self._lead_to(ref)
        self._follow()
        changes, held = _ordered(self._changes), _ordered(self._held)
        changes, more = _without(changes, {change.name for change in held} - {change.name for change in changes})
        return Plan(tuple(changes), (*held, *more), tuple(self._by_hand), self._population())

    # --- what each check asks for ---------------------------------------------------------------------------------

    def _take(self, check: Check) -> None:
        judged = judge(check, self._world)
        waived = check.waiver is not None and self._world.now.date() <= check.waiver.until
        if judged.verdict is not Verdict.DRIFT or waived:
            return
        if judged.grade is not Grade.EXACT:
            self._leave(check, "it was only concluded", judged.remedy)
        elif NEAR in judged.reason:
            self._leave(check, DOUBT, judged.remedy)
        else:
            self._wish(check)

    def _wish(self, check: Check) -> None:
        kind, setting, ref = check.kind, check.setting, owner(check.kind.ref(check.scope))
        found, evidence = mending.mending(kind, setting), self._world.evidence(ref)
        if (
            kind.write is None
            or (setting.presence and not isinstance(kind.write, Upsert))
            or not isinstance(evidence, Present | Absent)
        ):
            if found.worst is Safety.MANUAL:
                self._leave(check, found.why)
            elif isinstance(evidence, Absent) and evidence.inherited:
                self._orphans.append(check)
            else:
                self._leave(check, NOT_YET)
            return
        if isinstance(kind.write, AsyncCall) and isinstance(evidence, Absent):
            self._orphans.append(check)
            return
        document = evidence.document if isinstance(evidence, Present) else None
        values: Mapping[str, Json] | None = {} if setting.presence else self._values(check, document)
        if setting.presence and check.expected == "absent":
            self._wishes.setdefault(ref, []).append(Wish(check, found.safety("present", "absent"), gone=True))
        elif values is None:
            self._leave(check, found.why if found.worst is Safety.MANUAL else NOT_YET)
        elif found.worst is Safety.MANUAL and not _only_new(kind.write, values, document):
            self._leave(check, found.why)
        else:
            safety = found.safety(self._seen(check, document), check.expected)
            self._wishes.setdefault(ref, []).append(Wish(check, _at_most(safety), values))

    def _seen(self, check: Check, document: Json) -> Json:
        """What the check saw, in the policy's terms; ``absent`` for an object that is not there."""
        setting = check.setting
        if setting.view is None or document is None:
            return _before(check, document)
        try:
            return setting.type.read(setting.view(self._shown(check)))
        except (Uninterpretable, LookupError, TypeError, AttributeError, ValueError):
            return None  # which no direction takes for safely left

    def _shown(self, check: Check) -> Seen:
        """What a relation sees."""
        documents = {name: self._document(ref) for name, ref in check.refs.items()}
        return Seen(documents, check.scope, self._world.now)

    def _values(self, check: Check, document: Json) -> Mapping[str, Json] | None:
        """What is to be sent for a check; None where this version cannot say."""
        setting = check.setting
        if setting.sends is not None:
            return setting.sends(check.expected, self._shown(check))
        if setting.sets is not None:
            return setting.sets(check.expected, document)
        if not setting.path or not isinstance(setting.type, Writable) or not sendable(setting.type):
            return None
        return {setting.path: setting.type.sent(check.expected)}

    def _leave(self, check: Check, why: str, step: str = "") -> None:
        self._by_hand.append(ByHand(check.name, why, step or check.setting.remedy))

    # --- one object -----------------------------------------------------------------------------------------------

    def _decide(self, ref: Ref, wishes: list[Wish]) -> None:
        try:
            self._compose(ref, wishes)
        except Unwritable as error:
            for wish in wishes:
                self._leave(wish.check, str(error))

    def _compose(self, ref: Ref, wishes: list[Wish]) -> None:
        shape, document = shape_of(ref.kind), self._document(ref)
        words = words_of(ref, self._world)
        if any(wish.gone for wish in wishes):
            self._keep(ref, deleted(ref, shape, document, words), wishes)
            return
        now = [wish for wish in wishes if wish.safety <= self._allowed]
        later = [wish for wish in wishes if wish.safety > self._allowed]
        if later and document is None and isinstance(shape, Upsert) and shape.at_once:
            now, later = [], wishes
        if now:
            several = calls(ref, shape, document, _together(now), words)
            if not several:
                self._orphans += [wish.check for wish in now]
            # What is sent along may be less safe than what is stated.
            if any(self._safety(composed, now, document) > self._allowed for composed in several):
                now, later = [], wishes
            else:
                for composed in several:
                    self._keep(ref, composed, now)
                    document = composed.document
        if later:
            several = calls(ref, shape, document, _together(later), words)
            if not several:
                self._orphans += [wish.check for wish in later]
            for composed in several:
                self._keep(ref, composed, later)

    def _keep(self, ref: Ref, composed: Composed, wishes: list[Wish]) -> None:
        safety = self._safety(composed, wishes, self._document(ref))
        change = Change(
            verb=composed.verb,
            ref=ref,
            write=composed.write,
            places=composed.places,
            mends=tuple(wish.check.name for wish in wishes),
            safety=safety,
            why=_why(wishes, safety),
            forgets=_forgets(composed.verb, ref, wishes),
            undoable=_undoable(composed.verb, ref),
            item=composed.item,
            spoils=self._spoiled(ref, composed, {wish.check.name for wish in wishes}),
        )
        where = self._changes if safety <= self._allowed else self._held
        where.setdefault(ref, []).append(change)

    def _safety(self, composed: Composed, wishes: list[Wish], document: Json) -> Safety:
        """Of the whole call: of what is stated, and of what is only sent along."""
        if composed.verb is Verb.DELETE or not wishes:
            return max((wish.safety for wish in wishes), default=Safety.SAFE)
        along = [place for place in composed.places if not place.stated and place.changes]
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
            found.append(_at_most(row.safety(was, becomes)))
        return max(found)

    def _spoiled(self, ref: Ref, composed: Composed, asking: set[str]) -> tuple[str, ...]:
        """The checks of this very object that are well now and would not be after the change.

        :raises Unwritable: what asks for the change would not be well either.
        """
        evidence: Evidence = Absent(f"there is no {ref}", ())
        if composed.document is not None:
            evidence = Present(composed.document, ())
        after = Foreseen(self._world, {ref: evidence})
        spoiled = []
        for check in self._looking[ref]:
            verdict = judge(check, after).verdict
            if check.name in asking and verdict is not Verdict.COMPLIANT:
                raise Unwritable(CONTRADICTION if composed.document is None else INEFFECTIVE)
            if verdict is Verdict.DRIFT and judge(check, self._world).verdict is Verdict.COMPLIANT:
                spoiled.append(check.name)
        return tuple(spoiled)

    # --- what must be there, or gone, before ----------------------------------------------------------------------

    def _lead_to(self, ref: Ref) -> None:
        """Let what the object stands in be created before it, and what stands in it be deleted before it."""
        for where in (self._changes, self._held):
            where[ref] = [self._with_needs(change, where) for change in where.get(ref, [])]
            if not where[ref]:
                del where[ref]

    def _with_needs(self, change: Change, where: dict[Ref, list[Change]]) -> Change:
        needs = dict.fromkeys(change.needs)
        parent = change.ref.parent
        if change.verb is not Verb.DELETE and parent and isinstance(self._world.evidence(parent), Absent):
            needs |= dict.fromkeys(self._created(parent, where))
        if change.verb is Verb.DELETE:
            needs |= dict.fromkeys(self._emptied(change.ref))
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
        if shape is None:
            return
        [composed] = calls(parent, shape, None, {}, words_of(parent, self._world))
        made = Change(Verb.CREATE, parent, composed.write, composed.places, (), Safety.SAFE,
                      undoable=_undoable(Verb.CREATE, parent))  # fmt: skip
        where.setdefault(parent, []).append(made)
        yield made.name

    def _emptied(self, ref: Ref) -> Iterator[str]:
        """The deletions of what is in it."""
        for several in (self._changes, self._held):
            for below, changes in several.items():
                yield from (change.name for change in changes
                            if change.verb is Verb.DELETE and below != ref and ref in below.lineage())  # fmt: skip

    def _bring_about(self, ref: Ref) -> None:
        """Let the call follow without which a change of the object has no effect."""
        target = effect(ref, self._world)
        if target is None:
            return
        made = [*self._changes.get(ref, ()), *self._held.get(ref, ())]
        names = tuple(change.name for change in made)
        for where in (self._changes, self._held):
            if target in where:
                where[target] = [replace(each, needs=(*each.needs, *names)) for each in where[target]]
                return
        change = following(target, made, self._world)
        where = self._changes if change.safety <= self._allowed else self._held
        where.setdefault(target, []).append(change)

    def _follow(self) -> None:
        """What is drift only because something above it is not there: it waits for that, or is not written."""
        coming = {ref: changes[0] for several in (self._changes, self._held) for ref, changes in several.items()}
        for check in self._orphans:
            above = next((coming[ref] for ref in check.kind.ref(check.scope).lineage() if ref in coming), None)
            self._leave(check, LATER.format(above.name) if above else NOT_YET)

    def _document(self, ref: Ref) -> Json:
        evidence = self._world.evidence(ref)
        return evidence.document if isinstance(evidence, Present) else None

    def _population(self) -> dict[str, int]:
        seen = {ref for check in self._checks if check.refs and (ref := owner(check.kind.ref(check.scope))).kind.write}
        found: dict[str, int] = {}
        for ref in seen:
            found[ref.place] = found.get(ref.place, 0) + 1
        return found


def _only_new(shape: Shape, values: Mapping[str, Json], document: Json) -> bool:
    """Whether what nothing writes any more is still written, because the object is yet to be created."""
    return document is None and isinstance(shape, Upsert) and bool(values) and set(values) <= shape.only_new


def _before(check: Check, document: Json) -> Json:
    """What the check saw, in the policy's terms; ``absent`` for an object that is not there."""
    setting = check.setting
    if setting.presence:
        return "absent"
    if document is None:
        return None if setting.absent is ... else setting.type.read(setting.absent)
    try:
        return setting.type.read(at(document, setting.path)) if setting.path else None
    except Uninterpretable:
        return None


def _at_most(safety: Safety) -> Safety:
    """What only a creation sets is as safe as that creation."""
    return Safety.SAFE if safety is Safety.MANUAL else safety


def _together(wishes: list[Wish]) -> dict[str, Json]:
    """The values of all of them.

    :raises Unwritable: two of them ask for different values of one place.
    """
    found: dict[str, Json] = {}
    for wish in wishes:
        for path, value in wish.values.items():
            if path in found and found[path] != value:
                raise Unwritable(CONTRADICTION)
            found[path] = value
    return found


def _why(wishes: list[Wish], safety: Safety) -> str:
    """Why it is not safe."""
    if safety is Safety.SAFE:
        return ""
    reasons: dict[str, None] = {}
    for wish in wishes:
        if wish.safety is safety:
            row = mending.mending(wish.check.kind, wish.check.setting)
            reasons[row.why if row.safely is None else f"it {row.otherwise}"] = None
    return ", ".join(reasons) or "what is sent with it loosens"


def _forgets(verb: Verb, ref: Ref, wishes: list[Wish]) -> str:
    shape = ref.kind.write
    if verb is Verb.DELETE:
        return shape.back if isinstance(shape, Upsert) else ""
    return ", ".join(dict.fromkeys(wish.check.setting.forgets for wish in wishes if wish.check.setting.forgets))


def _undoable(verb: Verb, ref: Ref) -> bool:
    shape = ref.kind.write
    match verb:
        case Verb.CREATE:
            return isinstance(shape, Upsert) and shape.delete is not None
        case Verb.DELETE:
            return isinstance(shape, Upsert) and bool(shape.back)
        case Verb.CHANGE:
            return not isinstance(shape, AsyncCall)


def _depth(ref: Ref) -> int:
    return sum(1 for _ in ref.lineage())


def _ordered(changes: Mapping[Ref, list[Change]]) -> list[Change]:
    """What needs nothing first; deletions from the innermost outwards."""
    open_ = [change for several in changes.values() for change in several]
    open_.sort(key=lambda change: (change.verb is Verb.DELETE, _order(change), _depth(change.ref), change.ref.place))
    done: list[Change] = []
    names = {change.name for change in open_}
    while open_:
        made = {change.name for change in done}
        ready = next((change for change in open_ if not (set(change.needs) & names) - made), open_[0])
        open_.remove(ready)
        done.append(ready)
    return done


def _order(change: Change) -> int:
    shape = change.ref.kind.write
    found = shape.order if shape else 0
    return -found if change.verb is Verb.DELETE else found


def _without(changes: list[Change], held: set[str]) -> tuple[list[Change], list[Change]]:
    """The changes that need none of those that are held back, and the others."""
    kept: list[Change] = []
    waiting: list[Change] = []
    for change in changes:
        if set(change.needs) & held:
            held = held | {change.name}
            waiting.append(change)
        else:
            kept.append(change)
    return kept, waiting
