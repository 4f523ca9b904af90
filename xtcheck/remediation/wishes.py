"""What drifted checks ask of objects: values by path, or that they go; and what is left to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xtcheck.errors import NotThere, Uninterpretable, Unwritable
from xtcheck.judge import NEAR, judge
from xtcheck.kinds import mending
from xtcheck.kinds.writes import NOT_YET, pair_of, sendable
from xtcheck.model import (
    Absent,
    Ambiguous,
    Check,
    Grade,
    Present,
    Ref,
    Safety,
    Seen,
    Unread,
    Verdict,
    Writable,
)
from xtcheck.remediation.changes import ByHand, at
from xtcheck.remediation.compose import owner
from xtcheck.shapes import AsyncCall, Merge, Pairs, ReplaceDocument, Shape, Upsert
from xtcheck.world import World

Json = Any

DOUBT = "something of nearly that name is there, and it may be what is meant"
CONTRADICTION = "statements about it contradict each other"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one drifted check asks of an object: values by path, or that it goes."""

    check: Check
    safety: Safety
    values: Mapping[str, Json] = field(default_factory=dict)
    gone: bool = False


def needed(checks: Iterable[Check], world: World) -> Iterator[Ref]:
    """What must be read besides, before a plan can be made: who is meant by a name, and the like."""
    asked = Asked(world)
    for check in checks:
        if check.setting.asks is not None and asked.is_founded(check):
            yield from asked.besides(check).values()


class Asked:
    """The wishes of checks by object, what is left to people, and what waits for something above it to be made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wishes: dict[Ref, list[Wish]] = {}
        self.by_hand: list[ByHand] = []
        self.orphans: list[Check] = []
        self.awaited: dict[str, list[Ref]] = {}
        """By the name of such a check: what else is not there, without which nothing can be written for it."""

    def take(self, check: Check) -> None:
        """Take in a check; only one that drifts, as was seen exactly, and that no waiver excuses asks for anything."""
        judged = judge(check, self._world)
        if judged.verdict is not Verdict.DRIFT or self._is_waived(check):
            return
        if judged.grade is not Grade.EXACT:
            self.leave(check, "it was only concluded", judged.remedy)
        elif NEAR in judged.reason:
            self.leave(check, DOUBT, judged.remedy)
        else:
            self._wish(check)

    def is_founded(self, check: Check) -> bool:
        """Whether something may follow from a check: it was seen to drift, exactly, and nothing excuses that."""
        judged = judge(check, self._world)
        return judged.verdict is Verdict.DRIFT and judged.grade is Grade.EXACT and not self._is_waived(check)

    def besides(self, check: Check) -> Mapping[str, Ref]:
        """What must be read besides for a check; nothing where what it is about is not there itself."""
        asks, there = check.setting.asks, self._world.evidence(owner(check.kind.ref(check.scope)))
        return asks(check.expected, self._shown(check)) if asks and isinstance(there, Present) else {}

    def _is_waived(self, check: Check) -> bool:
        return check.waiver is not None and self._world.now.date() <= check.waiver.until

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
            elif isinstance(evidence, Absent) and evidence.inherited:
                self.orphans.append(check)
            else:
                self.leave(check, NOT_YET)
            return
        if isinstance(evidence, Absent) and not self._can_come(ref, check, evidence):
            self.orphans.append(check)
            return
        document = evidence.document if isinstance(evidence, Present) else None
        if setting.presence and check.expected == "absent":
            self.wishes.setdefault(ref, []).append(Wish(check, found.safety("present", "absent"), gone=True))
            return
        values = self._values_or_left(check, document)
        if values is None:
            return
        if found.worst is Safety.MANUAL and not _only_new(kind.write, values, document):
            self.leave(check, found.why)
        else:
            safety = found.safety(self._seen(check, document), check.expected)
            self.wishes.setdefault(ref, []).append(Wish(check, at_most(safety), values))

    def _values_or_left(self, check: Check, document: Json) -> Mapping[str, Json] | None:
        """What is to be sent; None where that cannot be said, and the check is left, or waits."""
        besides = self.besides(check)
        lacking = [each for each in besides.values() if isinstance(self._world.evidence(each), Absent)]
        if lacking:
            self.orphans.append(check)
            self.awaited[check.name] = lacking
            return None
        found = mending.mending(check.kind, check.setting)
        why = found.why if found.worst is Safety.MANUAL else NOT_YET
        try:
            values = self._values(check, document, self._read(besides))
        except (Uninterpretable, Unwritable) as error:
            values, why = None, str(error)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            # A row met a document of another shape than its service documents.
            values, why = None, f"what is there has another shape than documented ({type(error).__name__}: {error})"
        if values is None:
            self.leave(check, why)
        return values

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

    def _shown(self, check: Check, besides: Mapping[str, Json] | None = None) -> Seen:
        """What a relation sees."""
        documents = {name: self.document(ref) for name, ref in check.refs.items()}
        return Seen({**documents, **(besides or {})}, check.scope, self._world.now)

    def _read(self, besides: Mapping[str, Ref]) -> dict[str, Json]:
        """The documents of what was read besides.

        :raises Unwritable: one of them was not read completely, or it is not known which one is meant.
        """
        for ref in besides.values():
            match self._world.evidence(ref):
                case Unread(cause=cause):
                    raise Unwritable(f"{ref} could not be read: {cause}")
                case Ambiguous(what=what):
                    raise Unwritable(f"{what}: which one is meant, only its object id would say")
        return {name: self.document(ref) for name, ref in besides.items()}

    def _values(self, check: Check, document: Json, besides: Mapping[str, Json]) -> Mapping[str, Json] | None:
        """What is to be sent for a check; None where this version cannot say.

        :raises Uninterpretable, Unwritable: it cannot be said, or must not be written, for this reason.
        """
        setting = check.setting
        if setting.sends is not None:
            return setting.sends(check.expected, self._shown(check, besides))
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

    def leave(self, check: Check, why: str, step: str = "") -> None:
        """Leave it to a person."""
        self.by_hand.append(ByHand(check.name, why, step or check.setting.remedy))

    def document(self, ref: Ref) -> Json:
        """The object's document; None where it is not there."""
        evidence = self._world.evidence(ref)
        return evidence.document if isinstance(evidence, Present) else None


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
