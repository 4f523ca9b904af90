"""The audit log of a tenant: users and groups that were added, updated or deleted, as Microsoft Graph tells of it.

https://learn.microsoft.com/graph/api/resources/directoryaudit; the names of activities are those of
https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities. Of changed properties the
published responses show that they bear the directory's names, with a capital letter, and values as JSON in a text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from xtcheck.sandbox.state import stamp_exact
from xtcheck.sandbox.wire import Json

KINDS = {"users": "User", "groups": "Group"}
RETENTION = timedelta(days=30)
"""How long an event is kept, with a premium licence."""
_MOST = 2000
_DIRECTORY = {"mobilePhone": "Mobile", "businessPhones": "TelephoneNumber", "faxNumber": "FacsimileTelephoneNumber",
              "officeLocation": "PhysicalDeliveryOfficeName"}  # fmt: skip
"""What the directory calls otherwise (learn.microsoft.com/graph/migrate-azure-ad-graph-property-differences)."""
_UNTOLD = frozenset({"membershipRuleProcessingStatus", "createdDateTime", "renewedDateTime", "deletedDateTime"})
"""What the service itself keeps of an object."""


def taken(tenant: dict[str, Json]) -> dict[str, dict[str, Json]]:
    """Users and groups as they are: what :func:`record` compares with."""
    return {kind: {identifier: dict(each) for identifier, each in tenant[kind].items()} for kind in KINDS}


def record(tenant: dict[str, Json], before: Mapping[str, Mapping[str, Json]], now: datetime, initiator: Json) -> None:
    """Write what has changed since into the tenant's log, and drop what is too old."""
    for kind, type_ in KINDS.items():
        there, known = tenant[kind], before[kind]
        for identifier in [*there, *(gone for gone in known if gone not in there)]:
            old, new = known.get(identifier), there.get(identifier)
            changed = [name for name in {**(old or {}), **(new or {})} if name not in _UNTOLD]
            changed = [name for name in changed if (old or {}).get(name) != (new or {}).get(name)]
            if changed or old is None or new is None:
                word = "Add" if old is None else "Delete" if new is None else "Update"
                _keep(tenant, word, type_, old or {}, new or {}, changed, now, initiator)
    log: dict[str, Json] = tenant["directoryAudits"]
    oldest, spare = stamp_exact(now - RETENTION), len(log) - _MOST
    for number, (identifier, event) in enumerate(list(log.items())):
        if number < spare or event["activityDateTime"] < oldest:
            del log[identifier]


def _keep(
    tenant: dict[str, Json], word: str, type_: str, old: Json, new: Json, changed: list[str], now: datetime, by: Json
) -> None:
    document = new or old
    names = [_DIRECTORY.get(name, name[:1].upper() + name[1:]) for name in changed]
    values = [{"displayName": shown, "oldValue": _text(old.get(name)), "newValue": _text(new.get(name))}
              for name, shown in zip(changed, names, strict=True)]  # fmt: skip
    included = {
        "displayName": "Included Updated Properties", "oldValue": None, "newValue": json.dumps(", ".join(names)),
    }  # fmt: skip
    event = str(uuid.uuid4())
    tenant["directoryAudits"][event] = {
        "id": event,
        "activityDateTime": stamp_exact(now),
        "activityDisplayName": f"{word} {type_.lower()}",
        "additionalDetails": [],
        "category": f"{type_}Management",
        "correlationId": str(uuid.uuid4()),
        "initiatedBy": by,
        "loggedByService": "Core Directory",
        "operationType": word,
        "result": "success",
        "resultReason": "",
        "targetResources": [
            {
                "id": document["id"],
                "displayName": document.get("displayName"),
                "type": type_,
                "userPrincipalName": document.get("userPrincipalName"),
                "groupType": None,
                "modifiedProperties": [*values, included] if word == "Update" else [],
            }
        ],
    }


def _text(value: Json) -> str:
    return json.dumps([] if value is None else value if isinstance(value, list) else [value])


def by_app(name: str, app_id: str | None = None) -> Json:
    """An application that does something, as the log names it."""
    app = {"appId": app_id, "displayName": name, "servicePrincipalId": None, "servicePrincipalName": None}
    return {"app": app, "user": None}
