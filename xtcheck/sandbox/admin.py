"""The admin endpoint: look at the world, drift it, fault it, move its clock. For tests, never part of a service."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import timedelta

from xtcheck.sandbox import console, drift, engines, faults
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response


def handle(request: Request, state: State, token: str) -> Response:
    """Answer one admin request; 401 without the token, 400 with the reason for a wrong one, 404 for no route."""
    if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
        return Response.of_json({"error": "the admin endpoint wants its bearer token"}, 401)
    action = ACTIONS.get((request.method, request.path.removeprefix("/_admin/")))
    if action is None:
        return Response.of_json({"error": f"no such admin route: {request.method} {request.path}"}, 404)
    try:
        with state.lock:
            return Response.of_json(action(request, state))
    except (ValueError, KeyError, TypeError) as error:
        return Response.of_json({"error": str(error)}, 400)


def _drift(request: Request, state: State) -> Json:
    count = drift.apply(state, request.json())
    if (request.parameter("settle") or "").lower() == "true":
        engines.settle(state)
    return {"applied": count}


def _settle(_: Request, state: State) -> Json:
    engines.settle(state)
    return {}


def _snapshot(_: Request, state: State) -> Json:
    state.snapshot()
    return {}


def _restore(_: Request, state: State) -> Json:
    if not state.restore():
        raise ValueError("no snapshot was taken")
    return {}


def _set_faults(request: Request, state: State) -> Json:
    documents = request.json()
    if any("connect" in fault.do for fault in faults.parse(documents)):
        raise ValueError("'connect' can be given only before the start: its address is handed out then")
    state.faults.put(documents)
    return {"active": len(state.faults.active)}


def _log(_: Request, state: State) -> Json:
    return {"entries": [entry.document() for entry in state.log.entries], "counters": dict(state.log.counters)}


def _clear(_: Request, state: State) -> Json:
    state.log.clear()
    return {}


def _advance(request: Request, state: State) -> Json:
    state.clock.advance(duration(request.json()["advance"]))
    engines.run_due(state)
    return {"now": state.clock.now().isoformat()}


def _set_pace(request: Request, state: State) -> Json:
    """``reaction``: how long after a write the engines look at it. ``polls``: looks until AWS has done something."""
    pace = request.json()
    unknown = set(pace) - {"reaction", "polls"}
    polls = pace.get("polls", state.polls)
    if unknown or type(polls) is not int or polls < 0:
        raise ValueError('the pace is {"reaction": <duration>, "polls": <number>}')
    if "reaction" in pace:
        state.reaction = duration(pace["reaction"])
    state.polls = polls
    return {"reaction": state.reaction.total_seconds(), "polls": polls}


def _set_page_sizes(request: Request, state: State) -> Json:
    """Page sizes by collection (``users``, ``partners``, …); ``*`` is all others."""
    sizes = request.json()
    if not isinstance(sizes, dict) or not all(isinstance(size, int) and size > 0 for size in sizes.values()):
        raise ValueError('page sizes are {"<collection or *>": <positive number>}')
    state.page_size = sizes.pop("*", 100)
    state.page_sizes = sizes
    return {"*": state.page_size} | sizes


ACTIONS: dict[tuple[str, str], Callable[[Request, State], Json]] = {
    ("GET", "state"): lambda _, state: state.tree,
    ("POST", "drift"): _drift,
    ("POST", "settle"): _settle,
    ("POST", "snapshot"): _snapshot,
    ("POST", "restore"): _restore,
    ("PUT", "faults"): _set_faults,
    ("PUT", "page-sizes"): _set_page_sizes,
    ("PUT", "pace"): _set_pace,
    ("GET", "log"): _log,
    ("DELETE", "log"): _clear,
    ("POST", "clock"): _advance,
    ("POST", "console"): lambda request, state: console.play(state, request.json()),
}
"""What the admin endpoint can do."""


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds; raises ValueError for another text."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is no duration like PT40M")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
