"""The admin endpoint: look at the world, drift it, fault it, move its clock. For tests, never part of a service."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta

from xtcheck.sandbox import drift, engines
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response


def handle(request: Request, state: State, token: str) -> Response:
    """Answer one admin request; 401 without the token, 400 with the reason for a wrong one, 404 for no route."""
    if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
        return Response.of_json({"error": "the admin endpoint wants its bearer token"}, 401)
    try:
        with state.lock:
            answer = _answer(request, state)
    except (ValueError, KeyError, TypeError) as error:
        return Response.of_json({"error": str(error)}, 400)
    if answer is None:
        return Response.of_json({"error": f"no such admin route: {request.method} {request.path}"}, 404)
    return Response.of_json(answer)


def _answer(request: Request, state: State) -> Json:
    match request.method, request.path.removeprefix("/_admin/"):
        case "GET", "state":
            return state.tree
        case "POST", "drift":
            count = drift.apply(state, request.json())
            if (request.parameter("settle") or "").lower() == "true":
                engines.settle(state)
            return {"applied": count}
        case "POST", "settle":
            engines.settle(state)
            return {}
        case "POST", "snapshot":
            state.snapshot()
            return {}
        case "POST", "restore":
            if not state.restore():
                raise ValueError("no snapshot was taken")
            return {}
        case "PUT", "faults":
            state.faults.put(request.json())
            return {"active": len(state.faults.active)}
        case "PUT", "page-sizes":
            return _set_pages(state, request.json())
        case "GET", "log":
            log = state.log
            return {"entries": [entry.document() for entry in log.entries], "counters": dict(log.counters)}
        case "DELETE", "log":
            state.log.clear()
            return {}
        case "POST", "clock":
            state.clock.advance(duration(request.json()["advance"]))
            engines.run_due(state)
            return {"now": state.clock.now().isoformat()}
    return None


def _set_pages(state: State, sizes: Json) -> Json:
    """Page sizes by collection (``users``, ``partners``, …); ``*`` is all others."""
    if not isinstance(sizes, dict) or not all(isinstance(size, int) and size > 0 for size in sizes.values()):
        raise ValueError('page sizes are {"<collection or *>": <positive number>}')
    state.page_size = sizes.pop("*", 100)
    state.page_sizes = sizes
    return {"*": state.page_size} | sizes


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds; raises ValueError for another text."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is no duration like PT40M")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
