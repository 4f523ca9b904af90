"""Provisioning logs: what a cycle has done to one object, as Microsoft Graph tells it under /auditLogs/provisioning.

https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.wire import Json

RETENTION = timedelta(days=30)
"""How long a record is kept, with a premium licence."""
_MOST = 2000
"""Older records are forgotten: a long-lived sandbox shall not grow without end."""
_STEPS = (("EntryImport", "import"), ("EntrySynchronization", "matching"), ("EntryExport", "export"))


@dataclass(frozen=True, slots=True)
class Change:
    """What a cycle has done, or not, to one object. ``source`` and ``target`` are id and name."""

    action: str
    kind: str
    source: tuple[str, str]
    target: tuple[str, str]
    modified: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    """Old and new value by attribute."""
    status: str = "success"
    code: str | None = None
    reason: str = ""


def modified(before: Json, after: Json) -> dict[str, tuple[Json, Json]]:
    """What differs between two documents."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: (before.get(name), after[name]) for name in names}


def keep(tenant: dict[str, Json], principal_id: str, job: Json, changes: list[Change], now: datetime) -> None:
    """Write the records of one cycle into the tenant's log, and drop what is too old."""
    if not changes:
        return
    log: dict[str, Json] = tenant["provisioningLog"]
    cycle = str(uuid.uuid4())
    told = {each["sourceIdentity"]["id"] for each in log.values() if each["jobId"] == job["id"] and _skipped(each)}
    for change in changes:
        # What is out of scope is said once, not in every cycle.
        if change.status == "skipped" and change.source[0] in told:
            continue
        record = _record(tenant, tenant["servicePrincipals"][principal_id], job, change)
        log[record["id"]] = record | {"activityDateTime": stamp(now), "cycleId": cycle}
    oldest = stamp(now - RETENTION)
    spare = len(log) - _MOST
    for number, (identifier, record) in enumerate(list(log.items())):
        if number < spare or record["activityDateTime"] < oldest:
            del log[identifier]


def _skipped(record: Json) -> bool:
    return bool(record["provisioningStatusInfo"]["status"] == "skipped")


def _record(tenant: dict[str, Json], principal: Json, job: Json, change: Change) -> Json:
    source, target = _systems(principal, job)
    return {
        "id": str(uuid.uuid4()),
        "activityDateTime": None,
        "tenantId": tenant["id"],
        "jobId": job["id"],
        "cycleId": None,
        "changeId": str(uuid.uuid4()),
        "provisioningAction": change.action,
        "durationInMilliseconds": 120,
        "servicePrincipal": {"id": principal["id"], "displayName": principal["displayName"]},
        "sourceSystem": source,
        "targetSystem": target,
        "initiatedBy": {"id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system"},
        "sourceIdentity": _identity(change.kind, change.source),
        "targetIdentity": _identity(change.kind, change.target),
        "provisioningStatusInfo": {"status": change.status, "errorInformation": _error(change)},
        "provisioningSteps": [
            {
                "name": name,
                "provisioningStepType": kind,
                "status": change.status if kind == "export" else "success",
                "description": f"{change.kind} '{change.source[1]}'",
                "details": {},
            }
            for name, kind in _STEPS
        ],
        "modifiedProperties": [
            {"displayName": name, "oldValue": _text(old), "newValue": _text(new)}
            for name, (old, new) in change.modified.items()
        ],
    }


def _systems(principal: Json, job: Json) -> tuple[Json, Json]:
    across = job["templateId"] == "Azure2Azure"
    details = {
        "ApplicationId": principal["appId"],
        "ServicePrincipalId": principal["id"],
        "ServicePrincipalDisplayName": principal["displayName"],
    }
    name = "Microsoft Entra ID (target tenant)" if across else principal["displayName"]
    source = {"id": f"{job['id']}.source", "displayName": "Microsoft Entra ID", "details": {}}
    return source, {"id": f"{job['id']}.target", "displayName": name, "details": details}


def _identity(kind: str, named: tuple[str, str]) -> Json:
    identifier, name = named
    return {"id": identifier, "displayName": name, "identityType": kind, "details": {}}


def _error(change: Change) -> Json:
    if change.code is None:
        return None
    return {
        "errorCode": change.code,
        "reason": change.reason,
        "additionalDetails": None,
        "errorCategory": "nonServiceFailure",
        "recommendedAction": None,
    }


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
