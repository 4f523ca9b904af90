"""What IAM Identity Center does later than it says: assignments and provisioning, each with a status to be polled.

A request is carried out when its status has been looked at often enough, or after some seconds without a look.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.entry import LATEST
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json

PATIENCE = timedelta(seconds=5)
"""How long a request waits for somebody to look."""
CREATIONS, DELETIONS, PROVISIONINGS = "assignmentCreations", "assignmentDeletions", "permissionSetProvisionings"
MOST = {CREATIONS: 15, DELETIONS: 15, PROVISIONINGS: 3}
"""Requests under way at once (quotas of IAM Identity Center)."""


def begin(call: Call, collection: str, members: dict[str, Json]) -> Json:
    """A new request under way, as its status shows it; ``members`` say what is to be done.

    :raises ServiceError: another request works on the same permission set and account, or too many are under way.
    """
    under_way = [each for each in call.aws.get("pending", []) if each["collection"] == collection]
    if len(under_way) >= MOST[collection]:
        raise ServiceError("ThrottlingException", "Too many requests of this kind are in progress.")
    account = members.get("TargetId") or members.get("AccountId")
    unchanged(call, members["PermissionSetArn"], account)
    made = {
        "Status": "IN_PROGRESS",
        "RequestId": str(uuid.uuid4()),
        "CreatedDate": call.now.timestamp(),
        **members,
    }
    call.aws.setdefault(collection, []).insert(0, made)
    waiting = {
        "collection": collection,
        "request": made["RequestId"],
        "looks": call.polls,
        "until": (call.now + PATIENCE).isoformat(),
    }
    call.aws.setdefault("pending", []).append(waiting)
    return made


def unchanged(call: Call, arn: str, account: str | None = None) -> None:
    """Raise ConflictException while a request works on a permission set, in this account or at all."""
    for each in call.aws.get("pending", []):
        known = _status(call.aws, each)
        there = known.get("TargetId") or known.get("AccountId")
        if known["PermissionSetArn"] == arn and (account is None or there in (None, account)):
            raise ServiceError("ConflictException", "There is a conflicting operation in process for this resource.")


def look(aws: Json, request: str) -> None:
    """Somebody looks at a request's status: it may be done by the next look."""
    for each in aws.get("pending", []):
        if each["request"] == request:
            each["looks"] -= 1


def complete(aws: Json, now: datetime) -> None:
    """Carry out what has waited long enough."""
    for each in list(aws.get("pending", [])):
        if each["looks"] <= 0 or datetime.fromisoformat(each["until"]) <= now:
            aws["pending"].remove(each)
            known = _status(aws, each)
            failure = _WORK[each["collection"]](aws, known)
            known |= {"Status": "FAILED", "FailureReason": failure} if failure else {"Status": "SUCCEEDED"}


def _status(aws: Json, waiting: Json) -> dict[str, Json]:
    found: dict[str, Json] = next(
        each for each in aws[waiting["collection"]] if each["RequestId"] == waiting["request"]
    )
    return found


def _assign(aws: Json, known: Json) -> str | None:
    kind = "users" if known["PrincipalType"] == "USER" else "groups"
    if not any(known["PrincipalId"] in store[kind] for store in aws["identityStores"].values()):
        return f"The principal {known['PrincipalId']} was not found in the identity store."
    row = _row(known)
    if row not in aws["assignments"]:
        aws["assignments"].append(row)
    # The first assignment of a permission set in an account provisions it there.
    aws["permissionSets"][known["PermissionSetArn"]]["provisioned"].setdefault(known["TargetId"], LATEST)
    return None


def _unassign(aws: Json, known: Json) -> str | None:
    row = _row(known)
    if row not in aws["assignments"]:
        return "The account assignment does not exist."
    aws["assignments"].remove(row)
    same = ("AccountId", "PermissionSetArn")
    if not any(all(each[name] == row[name] for name in same) for each in aws["assignments"]):
        aws["permissionSets"][row["PermissionSetArn"]]["provisioned"].pop(row["AccountId"], None)
    return None


def _row(known: Json) -> Json:
    names = ("PermissionSetArn", "PrincipalType", "PrincipalId")
    return {"AccountId": known["TargetId"], **{name: known[name] for name in names}}


def _provision(aws: Json, known: Json) -> str | None:
    provisioned = aws["permissionSets"][known["PermissionSetArn"]]["provisioned"]
    for account in [known["AccountId"]] if "AccountId" in known else list(provisioned):
        provisioned[account] = LATEST
    return None


_WORK: dict[str, Callable[[Json, Json], str | None]] = {
    CREATIONS: _assign,
    DELETIONS: _unassign,
    PROVISIONINGS: _provision,
}
