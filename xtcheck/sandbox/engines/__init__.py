"""What moves by itself in the emulated services: dynamic groups, and the provisioning jobs with their cycles."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from xtcheck.sandbox.state import State

EVALUATION = timedelta(minutes=5)
"""How long a change waits until dynamic groups follow it; the real service takes minutes, at worst a day."""


def run_due(state: State) -> None:
    """Run the cycles that are due by the virtual clock; cheap when none is."""
    now = state.clock.now()
    if state.next_cycle is None:
        state.next_cycle = _following(state, now)
    if now < state.next_cycle:
        return
    from xtcheck.sandbox.engines import groups, jobs  # only needed when something is due

    groups.evaluate(state)
    for alias, principal, job in jobs.running(state):
        if jobs.due(job, now):
            jobs.run(state, alias, principal, job["id"])
            groups.evaluate(state)
    state.next_cycle = _following(state, now)


def _following(state: State, now: datetime) -> datetime:
    """When the next job is due, or rules are next looked at, whichever is first."""
    from xtcheck.sandbox.engines import jobs

    return min([now + EVALUATION, *(jobs.next_run(job, now) for _, _, job in jobs.running(state))])


def settle(state: State, *, rounds: int = 10) -> None:
    """Run every active job and all rules, due or not, until the directories no longer change.

    Source jobs come before the target's, for what one provisions the other passes on.
    """
    from xtcheck.sandbox.engines import groups, jobs

    for _ in range(rounds):
        before = _directories(state)
        groups.evaluate(state)
        for alias, principal, job in jobs.running(state):
            jobs.run(state, alias, principal, job["id"])
            groups.evaluate(state)
        if _directories(state) == before:
            break
    state.next_cycle = None


def _directories(state: State) -> str:
    """What the engines move, in one comparable text."""
    entra = [
        [tenant["users"], tenant["members"], tenant.get("deletedItems")] for tenant in state.tree["tenants"].values()
    ]
    stores = [entry.get("identityStores") for entry in state.tree["aws"].values()]
    return json.dumps([entra, stores], sort_keys=True)
