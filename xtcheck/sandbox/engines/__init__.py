"""What moves by itself in the emulated services: dynamic groups, and the provisioning jobs with their cycles."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

EVALUATION = timedelta(minutes=5)
"""How long a change waits until dynamic groups follow it; the real service takes minutes, at worst a day."""


def run_due(state: State) -> None:
    """Run the cycles that are due by the virtual clock; cheap when none is."""
    now = state.clock.now()
    if state.next_cycle is None:
        state.next_cycle = _following(state, now)
    if now < state.next_cycle:
        return
    from xtcheck.sandbox.engines import jobs  # only needed when something is due

    awaited, state.awaited = state.awaited, set()
    due = [
        (alias, principal, job)
        for alias, principal, job in jobs.running(state)
        if jobs.due(job, now) or (alias, principal, job["id"]) in awaited
    ]
    _cycle(state, due)
    state.next_cycle = _following(state, now)


def _following(state: State, now: datetime) -> datetime:
    """When the next job is due, or rules are next looked at, whichever is first."""
    from xtcheck.sandbox.engines import jobs

    return min([now + EVALUATION, *(jobs.next_run(job, now) for _, _, job in jobs.running(state))])


def soon(state: State, *job: str) -> None:
    """Something was written: the engines look at it a little later, and at a job (alias, principal, id) in any case."""
    later = state.clock.now() + state.reaction
    state.next_cycle = min(state.next_cycle or later, later)
    if job:
        state.awaited.add(job)


def settle(state: State, *, rounds: int = 10) -> None:
    """Run every active job and all rules, due or not, until the directories no longer change.

    Source jobs come before the target's, for what one provisions the other passes on.
    """
    from xtcheck.sandbox.engines import jobs

    for _ in range(rounds):
        before = _directories(state)
        _cycle(state, list(jobs.running(state)))
        if _directories(state) == before:
            break
    state.awaited.clear()
    state.next_cycle = None


def _cycle(state: State, due: Iterable[tuple[str, str, Json]]) -> None:
    """Run jobs; dynamic groups are evaluated before them, between those of one kind and the next, and after them."""
    from xtcheck.sandbox.engines import groups, jobs

    for _, alike in groupby(due, key=lambda item: str(item[2]["templateId"])):
        groups.evaluate(state)
        for alias, principal, job in alike:
            jobs.run(state, alias, principal, job["id"])
    groups.evaluate(state)


def _directories(state: State) -> str:
    """What the engines move, in one comparable text."""
    entra = [
        [tenant["users"], tenant["members"], tenant.get("deletedItems")] for tenant in state.tree["tenants"].values()
    ]
    stores = [entry.get("identityStores") for entry in state.tree["aws"].values()]
    return json.dumps([entra, stores], sort_keys=True)
