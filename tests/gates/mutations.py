"""From a row to the drifts that must fail it: nothing here knows a row by name."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.gates import scenario
from tests.gates.places import AS_KEPT, Path, at, ids, is_absent, located, owner, present, serving, text_of, whole
from xtcheck import paths
from xtcheck.model import Break, Check, Ref, Request
from xtcheck.world import World

Json = Any


@dataclass
class Mutation:
    """Operations on the sandbox's tree, and the requests that show what they change."""

    operations: list[Json] = field(default_factory=list)
    shown_by: set[Request] = field(default_factory=set)


@dataclass(frozen=True)
class Case:
    """One way to break what one check looks at; a row with a path has only one."""

    check: Check
    broken: Break | None = None
    number: int = 0

    def __str__(self) -> str:
        return self.check.name + (f"-{self.number}-{self.broken.read}-{self.broken.path}" if self.broken else "")

    @property
    def ref(self) -> Ref:
        if self.broken:
            return self.check.refs[self.broken.read]
        [ref] = self.check.refs.values()
        return ref


def cases() -> Iterator[Case]:
    for check in scenario.evidenced():
        if check.setting.view is None:
            yield Case(check)
        for number, broken in enumerate(check.setting.breaks):
            yield Case(check, broken, number)


def mutation(case: Case, tree: Json, good: World) -> Mutation:
    """What must be done to the tree."""
    made = _Making(case, tree, good).make()
    # The collection that would show it is there even when nothing in it was the object.
    made.shown_by |= set(scenario.own_requests(good, scenario.read_by(case.ref)))
    return made


class _Making:
    def __init__(self, case: Case, tree: Json, good: World) -> None:
        self.ref, self.check, self.broken = case.ref, case.check, case.broken
        self.tree, self.good = tree, good
        self.made = Mutation()

    def make(self) -> Mutation:
        setting = self.check.setting
        if self.broken:
            self._break(self.broken)
        elif setting.presence:
            self._appear({}) if is_absent(self.good, self.ref) else self._remove(())
        elif is_absent(self.good, self.ref):
            assert setting.absent is not ..., "an absent object can be compliant only where the row says so"
            steps = paths.parse(setting.path, self.check.scope.slots)
            self._appear(_nested(_names(steps), setting.type.other(setting.absent)))
        else:
            self._value(present(self.good, self.ref))
        return self.made

    def _value(self, document: Json) -> None:
        setting = self.check.setting
        steps = paths.parse(setting.path, self.check.scope.slots)
        raw = paths.get(document, steps)
        if isinstance(raw, paths.Gone):
            self._put(document, steps, setting.type.other(None))
        elif steps:
            self._set(raw.pointer, setting.type.other(raw.value))
        else:
            self._members(document, setting.type.other(document))

    def _members(self, document: list[Json], wanted: list[Json]) -> None:
        for index, item in enumerate(document):
            if item not in wanted:
                self._remove((str(index),))
        for item in wanted:
            if item not in document:
                self._add(item)

    def _break(self, broken: Break) -> None:
        if broken.path == "=":
            path = located(self.tree, self.good, self.ref)
            value = AS_KEPT.get(self.ref.kind.name, lambda document: document)(broken.value)
            self.made.operations.append({"op": "replace", "path": text_of(path), "value": value})
            return
        document = present(self.good, self.ref)
        match broken.path[:1]:
            case "+":
                self._add(broken.value)
            case "-":
                self._remove(("0",))
            case "#":
                # The first item has an address of its own: its index stands before the path.
                self._put(document[0], paths.parse(broken.path[1:]), broken.value, before=("0",))
            case _:
                self._put(document, paths.parse(broken.path), broken.value)

    def _put(self, document: Json, steps: paths.Steps, value: Json, before: Path = ()) -> None:
        """Set a value at a path of which the last properties may not be there yet."""
        for length in range(len(steps), -1, -1):
            found = paths.get(document, steps[:length])
            if isinstance(found, paths.Found) and (length == len(steps) or found.value is not None):
                names = _names(steps[length:])
                self._set((*before, *found.pointer, *names[:1]), _nested(names[1:], value))
                return
        raise AssertionError(f"{steps} leads nowhere")

    def _set(self, pointer: Path, value: Json) -> None:
        self._operate("replace", pointer, value)

    def _remove(self, pointer: Path) -> None:
        self._operate("remove", pointer)

    def _operate(self, op: str, pointer: Path, value: Json = None) -> None:
        path = located(self.tree, self.good, self.ref, pointer)
        if op == "remove":
            path = whole(path)
            # What is asked of an object by its id, and a list of ids, are answered otherwise when it is gone.
            self.made.shown_by |= {
                request
                for request, answer in self.good.answers.items()
                if path[-1] in request.operation.split("/") or path[-1] in ids(answer)
            }
        self._show(pointer)
        self.made.operations.append({"op": op, "path": text_of(path), **({} if op == "remove" else {"value": value})})

    def _show(self, pointer: Path) -> None:
        listed = isinstance(present(self.good, self.ref), list)
        kept = located(self.tree, self.good, self.ref, pointer[:1] if listed else ())
        self.made.shown_by |= serving(self.good, self.ref.place, at(self.tree, kept))

    def _add(self, changes: Json) -> None:
        """One more item like the first, with these properties; its key follows from how the first is kept."""
        if not present(self.good, self.ref):
            example = next(ref for ref in scenario.refs() if ref.kind is self.ref.kind and present(self.good, ref))
            kept = located(self.tree, self.good, example, ("0",))
            self._clone(kept, (*owner(self.ref.place), *kept[2:-1]), changes)
            return
        first = located(self.tree, self.good, self.ref, ("0",))
        if first[2] == "members":  # a list of ids: of all groups the one that is certainly there is itself
            self.made.operations.append({"op": "add", "path": text_of((*first[:-1], "-")), "value": first[-2]})
            return
        self._clone(first, first[:-1], changes)

    def _appear(self, changes: Json) -> None:
        """The object that is not there, like one of the same kind that is."""
        example = next(ref for ref in scenario.refs() if ref.kind is self.ref.kind and not is_absent(self.good, ref))
        kept = located(self.tree, self.good, example)
        container = (*owner(self.ref.place), *kept[2:-1])
        names = [name for name, value in at(self.tree, kept).items() if value == kept[-1]]
        self._clone(kept, container, {**dict.fromkeys(names, self.ref.key), **changes})

    def _clone(self, kept: Path, container: Path, changes: Json) -> None:
        example = at(self.tree, kept)
        document = {**copy.deepcopy(example), **changes}
        identity = [name for name, value in example.items() if value == kept[-1]]
        key = "-" if isinstance(at(self.tree, container), list) else document[identity[0]]
        self.made.operations.append({"op": "add", "path": text_of((*container, key)), "value": document})


def _names(steps: paths.Steps) -> tuple[str, ...]:
    assert all(isinstance(step, paths.Key) for step in steps), "only properties can be made up"
    return tuple(step.name for step in steps if isinstance(step, paths.Key))


def _nested(names: tuple[str, ...], value: Json) -> Json:
    for name in reversed(names):
        value = {name: value}
    return value
