"""Somebody else, who changes an object between plan and apply: what a run may make of it then."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.gates.places import at, text_of
from tests.remediation.acting import Acting
from tests.remediation.reach import fits, home, pointer, strays
from tests.remediation.wrongs import Situation, undisturbed
from xtcheck.remediation.changes import Change, Outcome, Place, Verb
from xtcheck.shapes import AsyncCall, Command, Members

Json = Any
Operations = list[Json]


def hold_back(act: Acting, situation: Situation, folder: Path) -> int:
    """Let somebody change a declared place, and then one that is only sent along; how many of the two there are."""
    done = undisturbed(act, situation, folder).tree
    tried = 0
    for stated in (True, False):
        checks = situation.drift(act)
        made = act.plan(act.world(checks), checks=checks)
        tree = act.living.state()
        found = next(((each, did) for each in made.changes if (did := somebodys(each, tree, done, stated))), None)
        if found:
            _left_alone(act, made, *found, folder)
            tried += 1
        act.living.put_right()
    return tried


def _left_alone(act: Acting, made: Any, change: Change, operations: Operations, folder: Path) -> None:
    act.living.drift(*operations)
    theirs = act.living.state()
    act.living.forget_log()
    results, _ = act.apply(made, folder)
    by_name = {result.change.name: result for result in results}
    stale = by_name[change.name]
    assert (stale.outcome, stale.requests) == (Outcome.STALE, ()), stale
    assert "meanwhile" in stale.said
    dropped = {change.name}
    for result in results:
        if dropped & set(result.change.needs):
            assert result.outcome is Outcome.DROPPED, result
            dropped.add(result.change.name)
    applied = [result for result in results if result.outcome is Outcome.APPLIED]
    assert {result.change.name for result in results} == dropped | {result.change.name for result in applied}
    assert sum(entry["write"] for entry in act.living.log()) == sum(bool(result.requests) for result in applied)
    assert strays([result.change for result in applied], theirs, act.living.state()) == []


def somebodys(change: Change, tree: Json, done: Json, stated: bool) -> Operations:  # noqa: FBT001  # a mere parameter
    """What somebody does to the object of a change, as operations on the state; none where there is no such place."""
    if isinstance(change.ref.kind.write, AsyncCall | Command):
        return []  # it does what is left, whatever that is by then; of the other nothing shows what was before
    if change.verb is Verb.CREATE:
        return list(_makes(change, tree, done)) if stated else []
    places = [place for place in change.places if place.stated is stated or change.verb is Verb.DELETE]
    if isinstance(change.ref.kind.write, Members):
        return [each for place in places for each in _adds_or_removes(change, place, tree, done)]
    return next((did for place in places if (did := _changes(pointer(change, tree, place), tree, done))), [])


def _makes(change: Change, tree: Json, done: Json) -> Iterator[Json]:
    """The object itself is there, as the run would have made it, with what is made together with it."""
    root = home(change, tree, done)
    wanted = {"owners", "applications", root[2]}
    for path, was, now in _roots(tree, done):
        if path[:2] == root[:2] and path[2] in wanted and was is None:
            yield {"op": "add", "path": text_of(path), "value": now}


def _roots(one: Json, other: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json, Json]]:
    """What is in one tree and not in the other, as high up as it is new."""
    for name in other if isinstance(other, dict) and isinstance(one, dict) else ():
        if name not in one:
            yield (*path, name), None, other[name]
        elif one[name] != other[name]:
            yield from _roots(one[name], other[name], (*path, name))


def _adds_or_removes(change: Change, place: Place, tree: Json, done: Json) -> Iterator[Json]:
    """The very item that is to be added is there, or that is to be removed is not."""
    root = home(change, tree, done)
    old, new = at(tree, root), at(done, root)
    if isinstance(old, dict):
        gone = [name for name in old if name not in new and fits(old[name], place, change)]
        come = [name for name in new if name not in old and fits(new[name], place, change)]
        yield from ({"op": "remove", "path": text_of((*root, name))} for name in gone)
        yield from ({"op": "add", "path": text_of((*root, name)), "value": new[name]} for name in come)
        return
    gone_at = [number for number, item in enumerate(old) if item not in new and fits(item, place, change)]
    yield from ({"op": "remove", "path": text_of((*root, str(number)))} for number in reversed(gone_at))
    come_to = [item for item in new if item not in old and fits(item, place, change)]
    yield from ({"op": "add", "path": text_of((*root, "-")), "value": item} for item in come_to)


def _changes(path: tuple[str, ...], tree: Json, done: Json) -> Operations:
    """Another value stands at a place; where nothing does, what the run would have written."""
    if "-" in path:
        return []
    value, planned = _value(tree, path), _value(done, path)
    if value is None and planned is None:
        return []
    upper = path
    while len(upper) > 1 and _value(tree, upper[:-1]) is None:
        upper = upper[:-1]  # what it stands in is not there either
    wanted = copy.deepcopy(_value(done, upper)) if value is None else other(value)
    name = upper[-1]
    parent = at(tree, upper[:-1])
    op = "replace" if isinstance(parent, list) or name in parent else "add"
    return [{"op": op, "path": text_of(upper), "value": wanted}]


def _value(tree: Json, path: tuple[str, ...]) -> Json:
    try:
        return at(tree, path)
    except (LookupError, TypeError, ValueError):
        return None


def other(value: Json) -> Json:
    """A value of the same form that is not this one."""
    match value:
        case bool():
            return not value
        case str():  # another number keeps to what the service takes: PT1H, 203.0.113.0/24
            digit = re.search(r"\d(?=\D*$)", value)
            if digit is None:
                return f"{value}x"
            return value[: digit.start()] + f"{(int(digit[0]) + 1) % 10}" + value[digit.end() :]
        case int() | float():
            return value + 1
        case list():
            return [*value[:-1], other(value[-1])] if value and isinstance(value[-1], str) else value[:-1]
        case dict():
            name = next(name for name, each in value.items() if each not in (None, [], {}))
            return {**value, name: other(value[name])}
    raise AssertionError(value)
