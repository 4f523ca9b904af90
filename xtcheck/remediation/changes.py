"""What would be changed: one operation on one object, with what stood there and what shall; and a plan of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Ref, Safety
from xtcheck.remediation.likeness import alike
from xtcheck.writing import Write

Json = Any

FORMAT = 2
"""Version of plans and journals; a reader refuses another."""


class Verb(StrEnum):
    """What becomes of the object."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Place:
    """One place in an object's document that is sent, before and after; null and not there are the same.

    ``stated``: a policy says so. Else it is sent along, for the property is only sent whole.
    """

    path: str
    before: Json
    after: Json
    stated: bool = True

    @property
    def changes(self) -> bool:
        """Whether it becomes another; what is only sent along mostly stays as it is."""
        return not alike(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on one object.

    ``mends`` are the names of the checks that ask for it, ``needs`` the changes that must have been made before,
    ``forgets`` what undoing it cannot bring back (empty: nothing), ``undoable`` whether it can be undone at all,
    ``spoils`` the checks that are well and would not be after it, ``waived`` those that are to stay as they are for a
    while, and that it would change.
    """

    verb: Verb
    ref: Ref
    write: Write
    places: tuple[Place, ...]
    mends: tuple[str, ...]
    safety: Safety
    why: str = ""
    needs: tuple[str, ...] = ()
    forgets: str = ""
    undoable: bool = True
    spoils: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    item: str = ""
    """The item of a list that is added or removed, as a person names it."""
    inside: Mapping[str, Json] = field(default_factory=dict)
    """Of a deletion, what stands in the object and goes with it, by the names of kinds; None where nothing does."""
    concealed: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By path, what is shown in the place of a value: of one that came from the environment in another form."""
    rests: Mapping[Ref, tuple[Place, ...]] = field(default_factory=dict, compare=False)
    """By other object, the places there whose values it rests on: looked at again just before it is sent. Neither a
    kept plan nor a journal has them, for the values themselves are among what is sent."""
    first: tuple[Check, ...] = field(default=(), compare=False)
    """The checks that must be well when it is sent, for it lets something run: judged again just before."""

    @property
    def name(self) -> str:
        """Its name in a plan, where no two have the same."""
        return f"{self.verb} {self.target}" + (f" {self.item}" if self.item else "")

    @property
    def target(self) -> str:
        """The object, as policies call it: ``shared/partner.one``."""
        return target(self.ref)


def target(ref: Ref) -> str:
    """An object by the alias of its place, its kind and its key as a person wrote it."""
    return targets(ref)[0]


def targets(ref: Ref) -> tuple[str, ...]:
    """Every way to name an object: by its key as a person wrote it, and as the service has it."""
    names = [name for name in (ref.label, ref.key) if name]
    return tuple(f"{ref.place}/{ref.kind.name}.{name}" for name in names) or (f"{ref.place}/{ref.kind.name}",)


@dataclass(frozen=True, slots=True)
class Later:
    """What a later round of the same run would do for a check that waits, as far as it can be said by now."""

    verb: Verb
    ref: Ref
    safety: Safety
    why: str = ""

    @property
    def name(self) -> str:
        """As that of a :class:`Change`."""
        return f"{self.verb} {target(self.ref)}"


@dataclass(frozen=True, slots=True)
class ByHand:
    """A check that drifts and that no change mends: why not, and what a person does.

    ``waits``: nobody does anything now, for it comes of something else that is being put right; ``later`` is what
    would be written for it then.
    """

    check: str
    why: str
    step: str
    waits: bool = False
    later: tuple[Later, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in this order; ``held`` is what a further option would allow besides, ``by_hand`` the rest.

    ``objects`` counts by place the objects that are there and could be written at all, and by the name of a list its
    items. ``own`` are those that a run has made which is being taken back.
    """

    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    objects: Mapping[str, int] = field(default_factory=dict)
    own: frozenset[Ref] = frozenset()

    def all(self) -> Iterator[Change]:
        """The changes, and those that are held back."""
        yield from self.changes
        yield from self.held


class Outcome(StrEnum):
    """What came of a change."""

    APPLIED = "applied"
    """It was written, and read back."""
    FAILED = "failed"
    """It was tried, and is not to be seen."""
    STALE = "stale"
    """The object was no longer as planned, so that nothing was sent."""
    DROPPED = "dropped"
    """Nothing was sent, because a change that it needs was not made."""
    REFUSED = "refused"
    """Nothing of the plan was sent, because the guard refused it."""
    CUT_SHORT = "cut short"
    """The run was ended before it was known what came of it: the journal tells how far it got."""
    PLANNED = "planned"
    """Nothing was sent, because it was only to be shown."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a change, in words, and the ids of the requests that were sent.

    ``at`` is when it was sent last (UTC, ISO 8601; None: nothing was). ``ours``: what is there may come of it. It
    cannot when the service has refused every attempt, and nothing of it was to be seen; then, whatever is there later
    was made by somebody else.
    """

    change: Change
    outcome: Outcome
    said: str
    requests: tuple[str, ...] = ()
    ours: bool = True
    at: str | None = None


# --- as JSON --------------------------------------------------------------------------------------------------------


def ref_json(ref: Ref) -> Json:
    """A reference as plain JSON."""
    return {
        "kind": ref.kind.name,
        "place": ref.place,
        "key": ref.key,
        "label": ref.label,
        "others": list(ref.others),
        "parent": ref_json(ref.parent) if ref.parent else None,
    }


def ref_of(document: Json) -> Ref:
    """The reference of its plain JSON.

    :raises KeyError: this version has no such kind.
    """
    parent = ref_of(document["parent"]) if document["parent"] else None
    kind = BY_NAME[document["kind"]]
    return Ref(kind, document["place"], document["key"], parent, document["label"], tuple(document["others"]))


def change_json(change: Change) -> Json:
    """A change as plain JSON."""
    return {
        "name": change.name,
        "verb": str(change.verb),
        "object": ref_json(change.ref),
        "write": {
            "place": change.write.place,
            "service": change.write.service,
            "verb": change.write.verb,
            "operation": change.write.operation,
            "body": change.write.body,
            "idempotent": change.write.idempotent,
            "follow": change.write.follow,
            "secrets": list(change.write.secrets),
        },
        "places": [
            {"path": place.path, "before": place.before, "after": place.after, "stated": place.stated}
            for place in change.places
        ],
        "mends": list(change.mends),
        "safety": str(change.safety),
        "why": change.why,
        "needs": list(change.needs),
        "forgets": change.forgets,
        "undoable": change.undoable,
        "spoils": list(change.spoils),
        "waived": list(change.waived),
        "item": change.item,
        **({"inside": dict(change.inside)} if change.inside else {}),
    }


def change_of(document: Json) -> Change:
    """The change of its plain JSON.

    :raises KeyError, TypeError, ValueError: it is none of this version.
    """
    return Change(
        verb=Verb(document["verb"]),
        ref=ref_of(document["object"]),
        write=Write(**{**document["write"], "secrets": tuple(document["write"]["secrets"])}),
        places=tuple(Place(**place) for place in document["places"]),
        mends=tuple(document["mends"]),
        safety=Safety(document["safety"]),
        why=document["why"],
        needs=tuple(document["needs"]),
        forgets=document["forgets"],
        undoable=document["undoable"],
        spoils=tuple(document["spoils"]),
        waived=tuple(document["waived"]),
        item=document["item"],
        inside=document.get("inside", {}),
    )
