"""Provisioning jobs: which run, when, and what a cycle leaves in their status."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from xtcheck.sandbox.engines.records import Change, keep
from xtcheck.sandbox.state import NEVER, State, stamp_exact
from xtcheck.sandbox.wire import Json

INTERVAL = timedelta(minutes=40)
"""Service-owned and the same for every job; a drift of the printed interval does not change the pace."""
CYCLE = timedelta(seconds=7)
"""How long a cycle seems to have taken."""


@dataclass(slots=True)
class Cycle:
    """What one cycle has done."""

    imported: int = 0
    entitled: int = 0
    exported: int = 0
    escrowed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Objects in the target by kind."""
    changes: list[Change] = field(default_factory=list)
    """What was done to which object; the provisioning logs tell it."""


class Quarantined(Exception):
    """A cycle that cannot run at all: the job goes into quarantine with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def running(state: State) -> Iterator[tuple[str, str, Json]]:
    """Alias, service principal and job of every job that is switched on; cross-tenant jobs first."""
    found = [
        (alias, principal, job)
        for alias, tenant in state.tree["tenants"].items()
        for principal, synchronization in tenant["synchronization"].items()
        for job in synchronization["jobs"].values()
        if job["schedule"]["state"] == "Active" and job["status"]["code"] not in ("Paused", "NotConfigured")
    ]
    yield from sorted(found, key=lambda item: item[2]["templateId"] != "Azure2Azure")


def due(job: Json, now: datetime) -> bool:
    """Whether a job's next cycle should have begun."""
    return next_run(job, now) <= now


def next_run(job: Json, now: datetime) -> datetime:
    """When a job's next cycle begins; a quarantined job backs off."""
    quarantine = job["status"]["quarantine"]
    if quarantine:
        return _moment(quarantine.get("nextAttempt")) or now
    last = job["status"]["lastExecution"]
    began = _moment(last.get("timeBegan")) if last else None
    return began + INTERVAL if began else now


def _moment(text: Json) -> datetime | None:
    if not isinstance(text, str) or not text or text.startswith("0001-"):
        return None
    bare = text.rstrip("Z")[:26]
    try:
        return datetime.fromisoformat(bare).replace(tzinfo=UTC)
    except ValueError:
        return None


def run(state: State, alias: str, principal: str, job_id: str) -> None:
    """Run one cycle of a job and write down how it went."""
    tenant = state.tree["tenants"][alias]
    job = tenant["synchronization"][principal]["jobs"][job_id]
    cycle: Callable[[State, str, str, str], Cycle]
    match job["templateId"]:
        case "Azure2Azure":
            from xtcheck.sandbox.engines.cross_tenant import provision as cycle
        case "aWSSingleSignon":
            cycle = aws_provisioning
        case _:
            return
    now = state.clock.now()
    try:
        done = cycle(state, alias, principal, job_id)
    except Quarantined as error:
        quarantine(job, now, error.code, error.message)
        return
    _succeed(job, now, done)
    keep(tenant, principal, job, done.changes, now)


def connect(state: State, alias: str, template: str, secrets: dict[str, str]) -> None:
    """What *Test connection* tries with these secrets; raises Quarantined with what is wrong."""
    if template == "Azure2Azure":
        from xtcheck.sandbox.engines.cross_tenant import target_of

        target_of(state, state.tree["tenants"][alias], secrets)
    else:
        from xtcheck.sandbox import scim

        scim.connect(state, secrets)


def aws_provisioning(state: State, alias: str, principal: str, job_id: str) -> Cycle:
    """One cycle of the AWS job, over the sandbox's own SCIM endpoint."""
    from xtcheck.sandbox import scim

    return scim.provision(state, alias, principal, job_id)


def _execution(now: datetime, done: Cycle, state: str, error: Json) -> Json:
    return {
        "activityIdentifier": str(uuid.uuid4()),
        "countEntitled": done.entitled,
        "countEntitledForProvisioning": done.entitled,
        "countEscrowed": done.escrowed,
        "countEscrowedRaw": done.escrowed,
        "countExported": done.exported,
        "countExports": done.exported,
        "countImported": done.imported,
        "countImportedDeltas": done.exported,
        "countImportedReferenceDeltas": 0,
        "state": state,
        "error": error,
        "timeBegan": stamp_exact(now - CYCLE),
        "timeEnded": stamp_exact(now),
    }


def _succeed(job: Json, now: datetime, done: Cycle) -> None:
    status = job["status"]
    execution = _execution(now, done, "EntryLevelErrors" if done.escrowed else "Succeeded", None)
    first = status["steadyStateFirstAchievedTime"]
    status |= {
        "countSuccessiveCompleteFailures": 0,
        "code": "Active",
        "lastExecution": execution,
        "lastSuccessfulExecution": execution,
        "quarantine": None,
        "steadyStateFirstAchievedTime": stamp_exact(now) if first == NEVER else first,
        "steadyStateLastAchievedTime": stamp_exact(now),
        "synchronizedEntryCountByType": [{"key": kind, "value": count} for kind, count in done.counts.items()],
    }
    if done.exported or status["lastSuccessfulExecutionWithExports"] is None:
        status["lastSuccessfulExecutionWithExports"] = execution


def quarantine(job: Json, now: datetime, code: str, message: str) -> None:
    """Put a job into quarantine, or count one more failure there. Attempts back off: 6, 12, 24 hours, then daily."""
    status = job["status"]
    known = status["quarantine"] or {}
    series = int(known.get("seriesCount") or 0) + 1
    error = {"code": code, "message": message, "tenantActionable": True}
    wait = timedelta(hours=min(6 * 2 ** (series - 1), 24))
    status |= {
        "countSuccessiveCompleteFailures": status["countSuccessiveCompleteFailures"] + 1,
        "code": "Quarantine",
        "lastExecution": _execution(now, Cycle(), "Failed", error),
        "quarantine": {
            "reason": "EncounteredQuarantineException",
            "currentBegan": known.get("currentBegan") or stamp_exact(now),
            "seriesBegan": known.get("seriesBegan") or stamp_exact(now),
            "seriesCount": series,
            "nextAttempt": stamp_exact(now + wait),
            "error": error,
        },
    }


def fresh(job_id: str, template: str, settings: dict[str, str]) -> Json:
    """A job as it is created: disabled, paused, never run."""
    return {
        "id": job_id,
        "templateId": template,
        "schedule": {"expiration": None, "interval": "PT40M", "state": "Disabled"},
        "status": {
            "countSuccessiveCompleteFailures": 0,
            "escrowsPruned": False,
            "code": "Paused",
            "lastExecution": None,
            "lastSuccessfulExecution": None,
            "lastSuccessfulExecutionWithExports": None,
            "quarantine": None,
            "steadyStateFirstAchievedTime": NEVER,
            "steadyStateLastAchievedTime": NEVER,
            "troubleshootingUrl": None,
            "progress": [],
            "synchronizedEntryCountByType": [],
        },
        "synchronizationJobSettings": [{"name": name, "value": value} for name, value in settings.items()],
    }


def start(job: Json) -> None:
    """Switch a job on; what the ``start`` action does (it clears a quarantine)."""
    job["schedule"]["state"] = "Active"
    job["status"] |= {"code": "Active", "quarantine": None}
    if not has_run(job):
        # As the reference shows it: failed at no time, with no error.
        none = {"code": "None", "message": "", "tenantActionable": False}
        counts = {name: 0 for name in _execution(datetime.now(UTC), Cycle(), "", None) if name.startswith("count")}
        never = {"activityIdentifier": None, "state": "Failed", "error": none, "timeBegan": NEVER, "timeEnded": NEVER}
        job["status"] |= {"code": "NotRun", "lastExecution": counts | never, "troubleshootingUrl": ""}


def has_run(job: Json) -> bool:
    """Whether a job has had a cycle."""
    last = job["status"]["lastExecution"]
    return bool(last) and _moment(last.get("timeBegan")) is not None
