"""The status that a provisioning cycle leaves on its job (resource type synchronizationStatus of Microsoft Graph)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from xtcheck.sandbox.state import NEVER, stamp_exact
from xtcheck.sandbox.wire import Json

NO_ERROR = {"code": "None", "message": "", "tenantActionable": False}
_BACKOFF = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""After how long a quarantined job tries again; daily in the end."""


@dataclass(slots=True)
class Tally:
    """What a cycle did."""

    entitled: int = 0
    imported: int = 0
    exported: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Why, by the id of the entry that was not provisioned."""
    entries: dict[str, int] = field(default_factory=dict)
    """How many entries of each type are in step, by the words of synchronizedEntryCountByType."""


def completed(job: Json, tally: Tally, began: datetime, ended: datetime) -> None:
    """A cycle that went through, with or without entries that failed."""
    status = job["status"]
    execution = _execution(tally, "EntryLevelErrors" if tally.skipped else "Succeeded", NO_ERROR, began, ended)
    status["lastExecution"] = execution
    if not tally.skipped:
        status["lastSuccessfulExecution"] = execution
        if tally.exported:
            status["lastSuccessfulExecutionWithExports"] = execution
    if status.get("steadyStateFirstAchievedTime") in (None, NEVER):
        status["steadyStateFirstAchievedTime"] = execution["timeEnded"]
    status["steadyStateLastAchievedTime"] = execution["timeEnded"]
    status["synchronizedEntryCountByType"] = [{"key": key, "value": value} for key, value in tally.entries.items()]
    status |= {"code": "Active", "countSuccessiveCompleteFailures": 0, "quarantine": None}


def failed(job: Json, code: str, message: str, began: datetime, ended: datetime) -> None:
    """A cycle that failed as a whole: the job goes into quarantine, or stays in it."""
    status = job["status"]
    wrong = {"code": code, "message": message, "tenantActionable": True}
    status["lastExecution"] = _execution(Tally(), "Failed", wrong, began, ended)
    before = status.get("quarantine") or {}
    count = before.get("seriesCount", 0) + 1
    status["quarantine"] = {
        "reason": "EncounteredQuarantineException",
        "currentBegan": before.get("currentBegan") or stamp_exact(ended),
        "seriesBegan": before.get("seriesBegan") or stamp_exact(ended),
        "nextAttempt": stamp_exact(ended + _BACKOFF[min(count, len(_BACKOFF)) - 1]),
        "seriesCount": count,
        "error": wrong,
    }
    status["code"] = "Quarantine"
    status["countSuccessiveCompleteFailures"] = status.get("countSuccessiveCompleteFailures", 0) + 1


def _execution(tally: Tally, state: str, wrong: Json, began: datetime, ended: datetime) -> Json:
    return {
        "activityIdentifier": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{began.isoformat()} {ended.isoformat()}")),
        "state": state,
        "timeBegan": stamp_exact(began),
        "timeEnded": stamp_exact(ended),
        "countEntitled": tally.entitled,
        "countEntitledForProvisioning": tally.entitled,
        "countEscrowed": len(tally.skipped),
        "countEscrowedRaw": len(tally.skipped),
        "countExported": tally.exported,
        "countExports": tally.exported,
        "countImported": tally.imported,
        "countImportedDeltas": tally.imported,
        "countImportedReferenceDeltas": 0,
        "error": wrong,
    }
