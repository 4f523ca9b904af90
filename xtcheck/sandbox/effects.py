"""What faults do to the effect of a request: all of it, half, later, none; or what it is shown of what others wrote."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from xtcheck.sandbox import drift, engines, faults
from xtcheck.sandbox.log import Entry
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Response

Serve = Callable[[], Awaitable[Response]]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two trees: a value at a path, or items that joined and left a list there."""

    path: Path
    value: Json = None
    gone: bool = False
    joined: tuple[Json, ...] | None = None
    left: tuple[Json, ...] = ()


@dataclass(slots=True)
class Later:
    """Changes that come when so many requests more have been answered."""

    requests: int
    entry: Entry
    changes: list[Change]


async def answered(do: faults.Deed, entry: Entry, state: State, serve: Serve) -> Response:
    """The answer to a request: the service's, with the effect that a fault leaves it, or the fault's own."""
    instead = faults.instead(do, entry.service)
    if instead is not None and not faults.asks(do):
        return instead
    try:
        served = await _carried_out(do, entry, state, serve)
    except drift.Refused as error:
        # What should happen in the meantime is nothing that the services know.
        return Response.of_json({"error": {"code": "NotImplemented", "message": str(error)}}, 501)
    if do.get("lost"):
        entry.wire["stall" if do.get("stall") else "reset"] = True
    return instead or served


async def _carried_out(do: Mapping[str, Json], entry: Entry, state: State, serve: Serve) -> Response:
    _catch_up(entry, state)
    if "meanwhile" in do:
        drift.apply(state, do["meanwhile"])
    place = _place(entry, state)
    if place is None:
        return await serve()
    if entry.write:
        return await _written(do, entry, state, place, serve)
    older = state.before.get(_key(entry)) if do.get("stale") else None
    if older is None:
        return await serve()
    newer = dict(place)
    _become(place, copy.deepcopy(older))
    response = await serve()
    _become(place, newer)
    return response


async def _written(
    do: Mapping[str, Json], entry: Entry, state: State, place: dict[str, Json], serve: Serve
) -> Response:
    kept = state.faults.knows("stale")
    changed = bool(faults.EFFECTS & set(do))
    before = copy.deepcopy(place) if kept or changed else {}
    response = await serve()
    if kept:
        state.before[_key(entry)] = before
    if not changed:
        return response
    changes = list(differences(before, place))
    _become(place, copy.deepcopy(before))
    if "late" in do:
        state.later.append(Later(do["late"], entry, changes))
    if "partly" in do:
        apply(place, changes[: len(changes) // 2])
    return response


def _catch_up(entry: Entry, state: State) -> None:
    """Let come what is due by now; a batch does not count, for its items do."""
    if entry.path.endswith("/$batch"):
        return
    for each in [each for each in state.later if _key(each.entry) == _key(entry)]:
        each.requests -= 1
        if each.requests < 0:
            state.later.remove(each)
            place = _place(entry, state)
            if place is not None:
                apply(place, each.changes)
                engines.soon(state)


def _key(entry: Entry) -> tuple[str, str | None]:
    return ("tenants" if entry.service == "graph" else "aws"), entry.tenant


def _place(entry: Entry, state: State) -> dict[str, Json] | None:
    """The part of the tree that a request is about."""
    part, alias = _key(entry)
    found: dict[str, Json] | None = state.tree[part].get(alias)
    return found


def _become(place: dict[str, Json], other: dict[str, Json]) -> None:
    place.clear()
    place.update(other)


def differences(before: Json, after: Json, path: Path = ()) -> Iterator[Change]:
    """What makes one tree of objects of the other, in the order of the tree."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before:
            if name not in after:
                yield Change((*path, name), gone=True)
        for name, value in after.items():
            if name not in before:
                yield Change((*path, name), value)
            elif before[name] != value:
                yield from differences(before[name], value, (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and _objects(before, after):
        there, wanted = list(map(_text, before)), list(map(_text, after))
        joined = tuple(value for value, text in zip(after, wanted, strict=True) if text not in there)
        left = tuple(value for value, text in zip(before, there, strict=True) if text not in wanted)
        yield Change(path, joined=joined, left=left)
    else:
        yield Change(path, after)


def _objects(before: list[Json], after: list[Json]) -> bool:
    """Whether two lists are of objects, and differ in more than their order: then others may come and go meanwhile."""
    there, wanted = list(map(_text, before)), list(map(_text, after))
    distinct = len(set(there)) == len(there) and len(set(wanted)) == len(wanted)
    return distinct and set(there) != set(wanted) and all(isinstance(each, dict) for each in (*before, *after))


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def apply(place: dict[str, Json], changes: list[Change]) -> None:
    """Make changes in a tree; what their parent has vanished from meanwhile is left."""
    for change in changes:
        *ways, name = change.path
        parent: Json = place
        for way in ways:
            parent = parent.get(way) if isinstance(parent, dict) else None
        if not isinstance(parent, dict):
            continue
        if change.gone:
            parent.pop(name, None)
        elif change.joined is None:
            parent[name] = copy.deepcopy(change.value)
        elif isinstance(parent.get(name), list):
            kept = [each for each in parent[name] if each not in change.left]
            parent[name] = kept + [copy.deepcopy(each) for each in change.joined]
