"""What drifted checks ask of objects: values by path, or that they go; and what is left to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xtcheck import paths
from xtcheck.errors import NotThere, Uninterpretable, Unwritable
from xtcheck.judge import NEAR, judge, value_at
from xtcheck.kinds import mending
from xtcheck.kinds.writes import NOT_YET, is_written, pair_of, sendable
from xtcheck.model import (
    Absent,
    Ambiguous,
    Check,
    Evidence,
    Grade,
    Obstacle,
    Present,
    Ref,
    Removal,
    Safety,
    Seen,
    Unread,
    Verdict,
    Writable,
)
from xtcheck.remediation.changes import ByHand, Later, Verb
from xtcheck.remediation.compose import owner
from xtcheck.remediation.foreseen import is_waived, without
from xtcheck.remediation.places import at
from xtcheck.shapes import AsyncCall, Merge, Pairs, ReplaceDocument, Shape, Upsert
from xtcheck.world import World

Json = Any

DOUBT = "something of nearly that name is there, and it may be what is meant"
INEFFECTIVE = "what this version would send does not make it so"
CONTRADICTION = "statements about it contradict each other"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one drifted check asks of an object: values by path, or that it goes."""

    check: Check
    safety: Safety
    values: Mapping[str, Json] = field(default_factory=dict)
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """A check for which ``gone`` is to go, and what must have gone before."""

    check: Check
    gone: tuple[Ref, ...]
    obstacles: tuple[Obstacle, ...]


class Asked:
    """The wishes of checks by object, what is left to people, and what waits for something above it to be made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wishes: dict[Ref, list[Wish]] = {}
        self.by_hand: list[ByHand] = []
        self.orphans: list[Check] = []
        self.blocked: list[Blocked] = []
        self.awaited: dict[str, list[Ref]] = {}
        """By the name of such a check: what else is not there, without which nothing can be written for it."""
        self.first: dict[str, tuple[str, ...]] = {}
        """By the name of a check that waits: the checks that must be well before."""

    def take(self, check: Check) -> None:
        """Take in a check; only one that drifts, as was seen exactly, and that no waiver excuses asks for anything."""
        judged = judge(check, self._world)
        if judged.verdict is not Verdict.DRIFT or is_waived(check, self._world):
            return
        if judged.grade is not Grade.EXACT:
            self.leave(check, "it was only concluded", judged.remedy)
        elif NEAR in judged.reason:
            self.leave(check, DOUBT, judged.remedy)
        elif check.setting.deletes is not None and (not check.setting.presence or check.expected == "absent"):
            self._rid(check, check.setting.deletes)
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
                self.leave(check, found.why)
            else:
                self._wait_or_leave(check, evidence, NOT_YET)
            return
        if isinstance(evidence, Absent) and not self._can_come(ref, check, evidence):
            self.orphans.append(check)
            return
        document = evidence.document if isinstance(evidence, Present) else None
        if setting.presence and check.expected == "absent":
            if why := _stays(kind.write, document):
                self.leave(check, why)
                return
            self.wishes.setdefault(ref, []).append(Wish(check, found.safety("present", "absent"), gone=True))
            return
        values = self._values_or_left(check, evidence, document)
        if values is None:
            return
        if found.worst is Safety.MANUAL and not _only_new(kind.write, values, document):
            self.leave(check, found.why)
        else:
            safety = found.safety(self._seen(check, document), check.expected)
            self.wishes.setdefault(ref, []).append(Wish(check, at_most(safety), values))

    def _values_or_left(self, check: Check, evidence: Evidence, document: Json) -> Mapping[str, Json] | None:
        """What is to be sent; None where that cannot be said, and the check is left, or waits."""
        try:
            values = self._values(check, document)
        except (Unwritable, Uninterpretable) as error:
            lacking = self._lacking_besides(check)
            if lacking:
                self.orphans.append(check)
                self.awaited[check.name] = lacking
            else:
                self._wait_or_leave(check, evidence, str(error))
            return None
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            # A row met a document of another shape than its service documents.
            self.leave(check, f"what is there has another shape than documented ({type(error).__name__}: {error})")
            return None
        if values is None:
            found = mending.mending(check.kind, check.setting)
            self.leave(check, found.why if found.worst is Safety.MANUAL else NOT_YET)
        return values

    def _wait_or_leave(self, check: Check, evidence: Evidence, why: str) -> None:
        if isinstance(evidence, Absent) and evidence.inherited:
            self.orphans.append(check)
        else:
            self.leave(check, why)

    def _can_come(self, ref: Ref, check: Check, evidence: Absent) -> bool:
        """Whether what is not there is made, or is a value of its own, so that something can be written of it now."""
        if isinstance(ref.kind.write, AsyncCall | Pairs | Merge | ReplaceDocument):
            return False
        if not isinstance(ref.kind.write, Upsert):
            return True
        if (ref.kind.write.states or ref.kind.write.bare) and not check.setting.presence:
            return False  # what is just made is put into a state, or given the rest, when it is there
        return not evidence.inherited or isinstance(self._lacking(ref).kind.write, Upsert)

    def _lacking(self, ref: Ref) -> Ref:
        """The uppermost of what leads to an object, and is not there."""
        return [here for here in ref.lineage() if isinstance(self._world.evidence(here), Absent)][-1]

    def _seen(self, check: Check, document: Json) -> Json:
        """What the check saw, in the policy's terms; ``absent`` for an object that is not there."""
        setting = check.setting
        if setting.view is None or document is None:
            return _before(check, document)
        try:
            return setting.type.read(setting.view(self._shown(check)))
        except (NotThere, Uninterpretable, LookupError, TypeError, AttributeError, ValueError):
            return None  # which no direction takes for safely left

    def _rid(self, check: Check, removal: Removal) -> None:
        """What a row forbids goes: objects, each with what stands in it."""
        found = mending.mending(check.kind, check.setting)
        try:
            seen = self._shown(check)
            gone = tuple(removal.which(check.expected, seen))
            obstacles = tuple(removal.first(check.expected, seen))
        except (Unwritable, Uninterpretable) as error:
            self.leave(check, str(error))
            return
        if judge(check, without(self._world, gone)).verdict is not Verdict.COMPLIANT:
            self.leave(check, INEFFECTIVE)
            return
        if obstacles:
            self.blocked.append(Blocked(check, gone, obstacles))
            return
        for ref in gone:
            wish = Wish(check, found.safety("present", "absent"), gone=True)
            self.wishes.setdefault(ref, []).append(wish)

    def _shown(self, check: Check) -> Seen:
        """What a relation sees, with what it wants to look at besides.

        :raises Uninterpretable: that cannot be read.
        """
        documents = {name: self.document(ref) for name, ref in check.refs.items()}
        seen = Seen(documents, check.scope, self._world.now)
        more = check.setting.looks(check.expected, seen) if check.setting.looks else {}
        return replace(seen, documents={**documents, **{name: self._looked(ref) for name, ref in more.items()}})

    def _looked(self, ref: Ref) -> Json:
        evidence = self._world.evidence(ref)
        if isinstance(evidence, Unread):
            raise Uninterpretable(f"{ref} cannot be read: {evidence.cause}")
        if isinstance(evidence, Ambiguous):
            raise Uninterpretable(f"{evidence.what}: which one is meant, only its id would say")
        return evidence.document if isinstance(evidence, Present) else None

    def _lacking_besides(self, check: Check) -> list[Ref]:
        """What a row wants to look at besides, and is not there."""
        documents = {name: self.document(ref) for name, ref in check.refs.items()}
        seen = Seen(documents, check.scope, self._world.now)
        more = check.setting.looks(check.expected, seen) if check.setting.looks else {}
        return [ref for ref in more.values() if isinstance(self._world.evidence(ref), Absent)]

    def _values(self, check: Check, document: Json) -> Mapping[str, Json] | None:
        """What is to be sent for a check; None where this version cannot say.

        :raises Uninterpretable, Unwritable: it cannot be said, or must not be written, for this reason.
        """
        setting = check.setting
        if setting.sends is not None:
            return setting.sends(check.expected, self._shown(check))
        if setting.presence:
            return {}
        if setting.sets is not None:
            return setting.sets(check.expected, document)
        if not setting.path or not isinstance(setting.type, Writable) or not sendable(setting.type):
            return None
        if isinstance(check.kind.write, Pairs):
            path = pair_of(setting.path)
            return {path: setting.type.sent(check.expected)} if path else None
        return {setting.path: setting.type.sent(check.expected)}

    def with_effect(self, ref: Ref, wishes: list[Wish]) -> list[Wish]:
        """The wishes whose values have an effect once all of them have come true; the others are left.

        :raises Unwritable: two of them ask for different values of one place.
        """
        document = self.document(ref)
        if document is None or any(wish.gone for wish in wishes):
            return wishes
        found = []
        for wish in wishes:
            idle = wish.check.setting.idle
            why = idle({**document, **together(wishes)}) if idle is not None else ""
            if why:
                self.leave(wish.check, f"it would have no effect: {why}")
            else:
                found.append(wish)
        return found

    def leave(
        self, check: Check, why: str, step: str = "", *, waits: bool = False, later: tuple[Later, ...] = ()
    ) -> None:
        """Leave it to a person; ``waits``: to nobody, for now, and ``later`` is done for it then."""
        self.by_hand.append(ByHand(check.name, why, step or check.setting.remedy, waits, later))

    def wait_for(self, first: Iterable[str], wish: Wish, why: str) -> None:
        """Let a wish wait for other checks."""
        self.first[wish.check.name] = tuple(first)
        self.leave(wish.check, why, waits=True, later=self.later(wish.check, wish.safety))

    def later(self, check: Check, safety: Safety | None = None) -> tuple[Later, ...]:
        """What is done for a check once it need not wait any more; nothing where no program writes it.

        :param safety: of what it asks for, where that is known.
        """
        kind, setting = check.kind, check.setting
        if not is_written(kind, setting) or (setting.deletes is not None and not setting.presence):
            return ()
        ref, found = owner(kind.ref(check.scope)), mending.mending(kind, setting)
        document = self.document(ref)
        verb = Verb.CHANGE
        if setting.presence:
            verb = Verb.CREATE if check.expected == "present" else Verb.DELETE
        safety = safety or at_most(found.safety(self._seen(check, document), check.expected))
        return (Later(verb, ref, safety, found.reason(safety)),)

    def document(self, ref: Ref) -> Json:
        """The object's document; None where it is not there."""
        evidence = self._world.evidence(ref)
        return evidence.document if isinstance(evidence, Present) else None


def _stays(shape: Shape, document: Json) -> str:
    """Why an object is not deleted, where it says so itself; empty when it may be."""
    if not isinstance(shape, Upsert) or shape.used_by or document is None:
        return ""
    return shape.in_use(document, {})


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
    if not setting.path:
        return None
    value = at(document, setting.path)
    if value is None and setting.silent is not ...:
        there = value_at(setting, document, check.scope.slots)
        value = there.value if isinstance(there, paths.Found) else None
    try:
        return setting.type.read(value)
    except Uninterpretable:
        return None


def at_most(safety: Safety) -> Safety:
    """What only a creation sets is as safe as that creation."""
    return Safety.SAFE if safety is Safety.MANUAL else safety


def together(wishes: list[Wish]) -> dict[str, Json]:
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
