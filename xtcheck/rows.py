"""Rows and kinds: what can be declared and checked, of which objects, and how an object is referred to. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from xtcheck.answers import Json
from xtcheck.safety import Mending
from xtcheck.settling import Lag
from xtcheck.shapes import Send, Shape
from xtcheck.sources import Source

if TYPE_CHECKING:
    from xtcheck.estate import Scope
    from xtcheck.nodes import Node


class Severity(StrEnum):
    """How bad a drift is; the words are Allure's without its ``trivial``."""

    MINOR = "minor"
    NORMAL = "normal"
    CRITICAL = "critical"
    BLOCKER = "blocker"


class Grade(StrEnum):
    """How well a verdict is founded: read from the service, concluded from what was read, or stated by a person."""

    EXACT = "exact"
    INFERRED = "inferred"
    ATTESTED = "attested"


# --- rows and kinds ---------------------------------------------------------------------------------------------------

Home = Literal["tenant", "source", "target", "aws"]
Subject = Literal["tenant", "link", "aws"]


class Type(Protocol):
    """How a setting's value is written in a policy, read from the service, and compared."""

    def parse(self, node: Node) -> Json:
        """The expected value; raises Mistake."""

    def read(self, observed: Json) -> Json:
        """The observed value in the policy's terms; raises Uninterpretable."""

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        """None when they agree; else lines that say where they differ (empty when the two values say it all)."""

    def show(self, value: Json) -> str:
        """A value as a policy would write it, on one line."""

    def schema(self) -> Json:
        """The JSON Schema of the value in a policy."""

    def other(self, observed: Json) -> Json:
        """A raw value that the service could hold as well and that disagrees with ``observed``: for the gates."""


@runtime_checkable
class Writable(Type, Protocol):
    """A type whose values can be sent as well."""

    def sent(self, value: Json) -> Json:
        """What the service is sent so that it holds the value of a policy: :meth:`Type.read` of it agrees."""


@runtime_checkable
class Folding(Type, Protocol):
    """A type of which the service may write one value in several ways."""

    def meaning(self, observed: Json) -> Json:
        """A raw value so that those are equal, of which :meth:`Type.read` agrees with the same expected values."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a relation was in a world that was read before, as its type reads it, and when that was."""

    at: datetime
    value: Json


@dataclass(frozen=True, slots=True)
class Seen:
    """What a relation sees: the documents of its reads (None: documented to be absent), the scope, and the time.

    A document of its context is None also when it could not be read: nothing may hang on it. ``expected`` and
    ``settle`` are what the statement says, for what is to be looked for, and for how long a lag excuses it.
    ``before`` is what was seen in an earlier world, where the row has a lag and there is one.
    """

    documents: Mapping[str, Json]
    scope: Scope
    now: datetime
    expected: Json = None
    settle: timedelta | None = None
    before: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A change to one document of a relation's reads that must turn its check to drift: an example, and a gate.

    ``read`` names the read; ``path`` is a lens path inside its document, inside the first item of a collection when it
    begins with ``#``; ``+`` adds the value to the collection, ``-`` takes its first item away, ``=`` makes the value
    the whole document, also when there is none.
    """

    read: str
    path: str
    value: Json


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: something that can be declared and checked.

    ``key`` is the YAML key below the kind's place; ``<slot>`` in it makes a family. Either ``path`` says where the
    value stands in the kind's document, or ``view`` derives it from the documents of ``reads`` (a relation).
    """

    key: str
    type: Type
    doc: str
    path: str = ""
    view: Callable[[Seen], Json] | None = None
    reads: Callable[[Scope], Mapping[str, Ref]] | None = None
    context: Callable[[Scope], Mapping[str, Ref]] | None = None
    """What makes a relation's text clearer when it can be read: never part of the evidence, never a reason to fail."""
    breaks: tuple[Break, ...] = ()
    severity: Severity = Severity.NORMAL
    grade: Grade = Grade.EXACT
    remedy: str = ""
    lacking: Literal["unknown", "drift", "null"] = "unknown"
    """What it means when the value is not in a complete document: not understood, not there, or the same as null."""
    silent: Json = ...
    """What holds where the object that a path ends in is there and does not say; ... where that is as ``lacking``."""
    absent: Json = ...
    """The raw value that holds when the whole object is documented to be absent; ... when that is just drift."""
    idle: Callable[[Json], str] | None = None
    """Of a row with a path: why the value has no effect in an object, which is drift; empty where it has one."""
    declares: tuple[str, ...] = ()
    """The slots whose names, and the rows whose keys, are no findings of this row: those of which any policy of this
    subject speaks."""
    presence: bool = False
    """The row is about whether the object exists, nothing in it."""
    owned: bool = False
    """Of a presence: the object is a part of what it is found through, documented to be gone when that is gone."""
    vacant: frozenset[str] = frozenset()
    """The reads of a relation that are empty, as documented, when what they belong to is gone: whom an app that does
    not exist has assigned."""
    attestable: bool = False
    """When the evidence is not readable with least privilege, or (grade inferred) shows nothing either way, a person's
    dated word may stand in, unless something changed on its day or after."""
    lag: Lag | None = None
    """How long the service may need until it is so; only such a row may be given a ``settle:``."""
    graded: Callable[[Json], Grade] | None = None
    """How well founded a verdict on an observed value is, where that hangs on what was found: exactly, or inferred."""
    people: Callable[[Json], Mapping[str, list[Json]]] | None = None
    """Whom an observed value is about, in full, for the record: lists of ``{"id", "name", "why"}`` by what they are."""
    mending: Mending | None = None
    """How safely it is put right; None when that follows from the row, or its kind says it (xtcheck.kinds.mending)."""
    sets: Callable[[Json, Json], Mapping[str, Json] | None] | None = None
    """Of a row with a view: what is to be sent for an expected value, by path, from it and the object's document; None
    where that cannot be said, or Unwritable, which says why a person must."""
    sends: Callable[[Json, Seen], Mapping[str, Json] | None] | None = None
    """The same for a row that must look at other documents to say it."""
    looks: Callable[[Json, Seen], Mapping[str, Ref]] | None = None
    """What must be looked at besides to say what is to be sent or to go, by name, for an expected value: only once the
    row has drifted, and somebody asks for it to be put right."""
    deletes: Removal | None = None
    """Of a row whose findings are objects of other kinds: how they go. Of a presence: what may keep its object."""
    halfway: str = ""
    """Of a row that what is sent does not put right by itself: what must be done then."""
    forgets: str = ""
    """What undoing a change of it cannot bring back."""
    final: bool = False
    """The service never takes a change of it back."""
    follows: bool = False
    """The service brings it about by itself when what it looks at is changed, so that a plan cannot foresee it."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What must have gone before something else can be deleted, and why: the items with these ``fields`` of a list,
    which is an object of the same place, of one of the ``kinds``, and of the ``key`` where there is one.
    """

    why: str
    kinds: tuple[str, ...]
    key: str
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes when a row's findings are objects of other kinds, or its own object shall be absent.

    ``which`` says it for an expected value, what stands in an object before that itself; Unwritable says why a person
    must look first. ``by`` are the operations, ``first`` what is in the way: a plan that takes all of that away lets it
    wait, and any other leaves it to a person.
    """

    which: Callable[[Json, Seen], Iterable[Ref]]
    by: tuple[Send, ...]
    first: Callable[[Json, Seen], Iterable[Obstacle]] = lambda _expected, _seen: ()


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """A kind of object: how it is found, and its rows.

    ``home`` says whose object it is, ``parent`` what must be read before, ``source`` how it is read (None: it is one
    item of the parent's collection), ``key`` what identifies it (``{slot}``, ``{target.id}``), ``pick`` the field of a
    collection's items that must equal the key (exactly one may; several paths are parted by ``|``; without a key the
    collection may have only one item); ``fold`` compares them regardless of letter case. ``fields`` are what a
    ``{select}`` in the source's URL names besides the rows' own properties. ``permission`` is the least Graph
    permission that reads it; for AWS it follows from the operation. ``opt_in`` says what to do where it is read only
    when the tenant's ``read-secrets`` is true. ``place`` is where its rows stand in a policy, ``label`` how node ids
    name the object, ``area`` under which heading people look for it.
    """

    name: str
    title: str
    home: Home
    source: Source | None = None
    parent: Kind | None = None
    key: str = ""
    pick: str = ""
    fold: bool = False
    fields: tuple[str, ...] = ()
    permission: str = ""
    opt_in: str = ""
    subject: Subject = "tenant"
    place: str = ""
    label: str = ""
    area: str = ""
    settings: tuple[Setting, ...] = ()
    not_in: frozenset[str] = frozenset()
    """The national clouds (config.yml's words) that have no such thing."""
    needs: Kind | None = None
    """What this one has no meaning without: where a cloud lacks that, this does not apply either."""
    essential: bool = False
    """Declared to exist by config.yml: not finding it means looking in the wrong place, never that it is gone."""
    mending: Mending | None = None
    """How safely its rows are put right, where most of them are alike."""
    write: Shape | None = None
    """How its objects are written; None where this version does not."""
    others: Callable[[Scope], tuple[str, ...]] | None = None
    """What else config.yml means in the same collection, each by its key, or empty where it names none. What is left
    over there when the key finds nothing may be the object under another name."""

    def ref(self, scope: Scope) -> Ref:
        """The object of this kind that is meant in a scope."""
        words = scope.words()
        label = fill(self.key, {**words, **scope.labels}) if "{" in self.key else ""
        above = self.parent.ref(scope) if self.parent else None
        others = self.others(scope) if self.others else ()
        return Ref(self, scope.place(self.home), fill(self.key, words), above, label, others)

    def __repr__(self) -> str:
        return f"Kind({self.name})"


@dataclass(frozen=True, slots=True)
class Ref:
    """One object: its kind, the alias of the tenant or AWS entry that holds it, its key, and what leads to it.

    ``others`` is what else config.yml means in the same collection, ``label`` the key as a person wrote it.
    """

    kind: Kind
    place: str
    key: str = ""
    parent: Ref | None = None
    label: str = field(default="", compare=False)
    others: tuple[str, ...] = ()

    def lineage(self) -> Iterator[Ref]:
        """The object, and everything that leads to it."""
        here: Ref | None = self
        while here is not None:
            yield here
            here = here.parent

    def __str__(self) -> str:
        return f"{self.kind.title}{f' {self.label}' if self.label else ''} of {self.place}"


_WORD = re.compile(r"\{([a-z][\w.@-]*)\}", re.IGNORECASE)


def fill(template: str, words: Mapping[str, str]) -> str:
    """The template with each ``{word}`` replaced; a word that does not exist is a fault of ours (KeyError)."""
    return _WORD.sub(lambda found: words[found[1]], template)
