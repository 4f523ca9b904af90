"""How an object is written: the few forms that the services' write operations have, as data for the tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = Any


def item_path(**fields: Json) -> str:
    """An item of a list by what tells it from the others; ``@`` is for a person, ``@also`` other names, as found."""
    return f"[{json.dumps(fields, ensure_ascii=False)}]"


def as_shown(value: Json) -> Json:
    """A value as the service shows it."""
    return value


@dataclass(frozen=True, slots=True)
class Unit:
    """A property that is sent whole: a part of it is not merged, or whether it would be is not documented.

    ``keys`` are all that is ever sent in it, each with the value that it has where neither the object nor a policy
    gives one. ``inherits``: the kind of the object whose property of this name is in effect while this one is null;
    then only the whole property can be null, and not one key by itself. ``open``: whatever else the service shows in
    it is sent along too, for what is not sent is cleared.
    """

    keys: Mapping[str, Json]
    inherits: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """One documented operation.

    ``operation`` is a path of Graph below the version, or boto3's name; texts in it and in ``fixed`` (what is always
    sent) may hold ``{key}``, ``{key.nickname}`` and ``{kind.field}`` words. ``permission`` is the least that allows it.
    """

    verb: str
    operation: str
    permission: str
    fixed: Mapping[str, Json] = field(default_factory=dict)
    service: str = "graph"
    idempotent: bool = True
    follow: str = ""
    """Of a call that is carried out later: the operation, parameter and result by which its end is told, by blanks."""
    also: str = ""
    """A permission that it takes besides."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long the service may take to show what was written (seconds), and how often is looked.

    ``name`` is config.yml's word for it, ``source`` what says so.
    """

    name: str
    every: float
    most: float
    source: str
    then: str = ""
    """What the service goes on to do in its own time, after such a write; empty when nothing follows."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A document that is always there: what is sent is changed, what is not sent stays.

    ``order`` is its place among the changes of a plan: the smaller, the earlier.
    """

    update: Send
    units: Mapping[str, Unit]
    window: Window
    order: int


@dataclass(frozen=True, slots=True)
class Action:
    """Operations without a body that put one property of an object into a state, once it is there.

    ``by`` is that property's path, ``sends`` the operation for each of its values; ``assumed`` is what else becomes of
    the object then, by path, as far as a plan must foresee it. It is put into the state ``last`` at ``order``, and only
    once the checks of the kinds ``first``, of the same subject, are well, for what runs, runs with what they are about;
    into another state before what they are about is changed, which then needs it. ``alias`` are other values that the
    service may show, each with the one of ``sends`` that means the same.
    """

    by: str
    sends: Mapping[str, Send]
    assumed: Mapping[str, Mapping[str, Json]]
    last: str
    first: frozenset[str]
    order: int
    alias: Mapping[str, str] = field(default_factory=dict)

    def meaning(self, value: Json) -> Json:
        """A state as it is compared and brought about."""
        return self.alias.get(value, value)


@dataclass(frozen=True, slots=True)
class Growth:
    """A list that an operation of its own makes longer, and nothing that is documented makes shorter again.

    ``parameters`` are the fields of the new item that are sent; ``label`` is the one by which a person knows it, and
    ``remains`` what a person does to undo it.
    """

    send: Send
    parameters: tuple[str, ...]
    label: str
    remains: str


@dataclass(frozen=True, slots=True)
class Upsert:
    """An object that is created, changed in place like a :class:`Merge`, and deleted where the API does that.

    Without ``update`` nothing in it is written but the state that ``states`` puts it into.
    """

    create: Send
    update: Send | None
    units: Mapping[str, Unit]
    window: Window
    order: int
    delete: Send | None = None
    back: str = ""
    """What undoing a deletion does not bring back; empty when it cannot be undone at all."""
    below: tuple[str, ...] = ()
    """The kinds of objects in it that must be deleted before it can be."""
    takes_back: Send | None = None
    """What deletes one that a run has made when that run is undone; no policy has one deleted, ``kept`` says why."""
    kept: str = ""
    used_by: tuple[str, ...] = ()
    """The kinds of the lists that say who or what needs one by now."""
    in_use: Callable[[Json, Mapping[str, list[Json]]], str] = lambda _document, _lists: ""
    """Why one that a run has made must stay, from it and those lists without what is taken back besides; empty when it
    may go."""
    unique: bool = True
    """The service refuses a second one of its key, so that creating it may be tried again after looking."""
    replaces: tuple[str, ...] = ()
    """An update replaces all of these: those that stay are sent as they are, those that are not sent are cleared."""
    at_once: bool = False
    """It is created with all that is declared of it, or not at all: half of it would be something else."""
    bare: bool = False
    """It is created only where a statement says that it shall be there, and with what that statement sends alone: all
    else that is declared of it follows once it is there."""
    grows: Mapping[str, Growth] = field(default_factory=dict)
    """The properties to which an operation of their own adds; their new value is the old one with what comes to it."""
    only_new: frozenset[str] = frozenset()
    """The properties that only its creation can set."""
    together: Callable[[Mapping[str, Json]], tuple[str, ...]] = lambda _: ()
    """The properties that go with what is sent, as they are, for the service looks at them as one."""
    otherwise: Callable[[Mapping[str, Json]], Mapping[str, Json]] = lambda _: {}
    """What a new one is given where nothing is declared, from what is."""
    assumed: Mapping[str, Json] = field(default_factory=dict)
    """What the service gives a new one, as far as a plan must foresee it."""
    by_itself: frozenset[str] = frozenset()
    """The properties that the service changes in its own time: that one of them is another tells of nobody."""
    then: str = ""
    """The kind whose call must follow, for a change to take effect."""
    states: Action | None = None
    fresh: bool = False
    """For minutes the service may not know what it stands in, when that was just created: it is tried meanwhile."""
    unsound: Callable[[Json, bool], str] = lambda _document, _new: ""
    """Why the service would not take what would come of it (a document, and whether it is new); empty when it would."""


@dataclass(frozen=True, slots=True)
class Value:
    """A document that is sent as a whole, as ``parameter``, and removed where there shall be none.

    ``none`` is what the service shows then; None: that there is no such object. ``meaning`` is the document as it is
    compared, for the service may write it otherwise.
    """

    put: Send
    remove: Send
    parameter: str
    window: Window
    order: int
    none: Json = None
    then: str = ""
    meaning: Callable[[Json], Json] = as_shown


@dataclass(frozen=True, slots=True)
class Members:
    """A list whose items are added and removed one by one; ``added`` and ``removed`` are the parameters of a call.

    In its operation a word may also name a field of the item, ``{item.id}``. ``meaning`` is an item, or a part of one,
    as it is compared and found, for the service may write it otherwise.
    """

    add: Send
    remove: Send
    added: Callable[[Json], Mapping[str, Json]]
    removed: Callable[[Json], Mapping[str, Json] | None]
    window: Window
    order: int
    then: str = ""
    own: tuple[str, ...] = ()
    """The paths of what whoever adds an item decides of it, where the service adds more; empty: all."""
    later: bool = False
    """What follows from it elsewhere, a service makes later: of such checks nothing can be foreseen."""
    meaning: Callable[[Json], Json] = as_shown

    def part(self, item: Json) -> Json:
        """What is somebody's will of an item: the rest the service draws, or draws anew."""
        if not item or not self.own:
            return item
        found: dict[str, Json] = {}
        for path in self.own:
            *ways, last = path.split(".")
            here, into = item, found
            for way in ways:
                here, into = here.get(way) or {}, into.setdefault(way, {})
            if last in here:
                into[last] = here[last]
        return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """A document ``{"value": [{"key", "value"}]}`` of which only the pairs that change are sent; all values are texts.

    Paths name a key, ``#Key``, or a part of one whose text is JSON, ``#Key.Part``; ``parts`` is what such a text has
    where there is none yet, ``meanings`` are such parts as they are compared, by path. What the service shows as one
    asterisk is secret: it is there, and never sent back.
    """

    put: Send
    parts: Mapping[str, Mapping[str, Json]]
    window: Window
    order: int
    late: frozenset[str] = frozenset()
    """The paths that take effect by the call ``then`` only; while that would do something, they are written once the
    checks of the kinds ``first``, of the same subject, are well."""
    first: frozenset[str] = frozenset()
    then: str = ""
    meanings: Mapping[str, Callable[[Json], Json]] = field(default_factory=dict)

    def meaning(self, path: str, value: Json) -> Json:
        """A value as it is compared: a text that is JSON as that, with what it says by saying nothing."""
        name = path.removeprefix("#")
        if name not in self.parts:
            return value
        try:
            said = json.loads(value or "{}")
        except (TypeError, ValueError):
            return value
        if not isinstance(said, dict):
            return value
        known = {**self.parts[name], **{part: None if text == "" else text for part, text in said.items()}}
        return {part: self.meanings.get(f"{path}.{part}", as_shown)(text) for part, text in known.items()}


class Places(Protocol):
    """Single places in a document that is only sent whole, by paths of their own."""

    def at(self, document: Json, path: str) -> Json:
        """What stands there; None where nothing does."""

    def meaning(self, path: str, value: Json) -> Json:
        """A value as it is compared and shown, for the service may write it otherwise."""

    def changed(self, document: Json, values: Mapping[str, Json]) -> Json:
        """The document with these values at their places, and all else as it is; raises Unwritable."""


@dataclass(frozen=True, slots=True)
class ReplaceDocument:
    """A document that is replaced by what is sent: what is there at that moment, with single ``places`` changed.

    ``dropped`` are the properties that the service shows and does not take back.
    """

    put: Send
    places: Places
    dropped: frozenset[str]
    window: Window
    order: int


@dataclass(frozen=True, slots=True)
class AsyncCall:
    """A call that is carried out later, after which nothing is left of a list of what was to be done.

    ``why`` says what it may do to people, ``by_hand`` what a person does where it was to be made and was not.
    """

    call: Send
    window: Window
    order: int
    why: str
    by_hand: str


@dataclass(frozen=True, slots=True)
class Command:
    """A call that nothing which can be read shows afterwards: the service's word is all there is.

    It is sent only to an object with the values ``only``, by path; of another it is said why not: ``otherwise``. It is
    not even planned for one of which ``needless`` says that nothing would come of it. ``by_hand`` is what a person does
    where it was to be sent and was not: no later run can see that it is missing.
    """

    call: Send
    only: Mapping[str, Json]
    otherwise: str
    window: Window
    order: int
    why: str
    by_hand: str
    needless: Callable[[Json], bool] = lambda _: False


Shape = Merge | Upsert | Value | Members | Pairs | ReplaceDocument | AsyncCall | Command
