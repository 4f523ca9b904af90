"""Account access manager: entitlements that lead users and groups of an Identity Center to IAM roles.

The protocol is REST-JSON; lists are POSTs all the same (botocore's model).
"""

from __future__ import annotations

import uuid

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json


def _applications(call: Call) -> dict[str, Json]:
    """The applications of the caller's account and Region, both of which stand in their ARNs."""
    found: dict[str, Json] = call.aws.get("accountAccess", {}).get("applications", {})
    place = [call.region, call.caller["account"]]
    return {arn: each for arn, each in found.items() if arn.split(":")[3:5] == place}


def _application(call: Call) -> Json:
    arn = call.parameters["applicationArn"]
    found = _applications(call).get(arn)
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Application {arn} not found", 404)
    return found


def list_applications(call: Call) -> Json:
    """The applications, without what they are wired to."""
    members = ("tenantId", "createdAt", "updatedAt")
    found = [
        {"applicationArn": arn, **{name: each[name] for name in members if name in each}}
        for arn, each in _applications(call).items()
    ]
    return call.page(found, "applications")


def get_application(call: Call) -> Json:
    """One application, with the instance it takes its identities from."""
    return _application(call)


def list_entitlements(call: Call) -> Json:
    """The entitlements of an application, by principal, role and account as far as the filter names them."""
    _application(call)
    wanted = call.parameters["filter"].get("principalRole")
    if not wanted:
        # The model has neither member as required; the service refuses to list without one all the same.
        raise ServiceError("ValidationException", "The filter needs a principal, a role or an account")
    found = [
        {name: _shown(call, each)[name] for name in ("entitlementId", "entitlement", "createdAt")}
        for each in _entitlements(call).values()
        if all(each["entitlement"]["principalRole"].get(name) == value for name, value in wanted.items())
    ]
    return call.page(found, "entitlements")


def _shown(call: Call, entitlement: Json) -> Json:
    """An entitlement with the friendly name of its account, which nobody says when it is made."""
    role = entitlement["entitlement"]["principalRole"]
    account = call.aws["accounts"].get(role["account"], {})
    named = {"accountName": account["Name"]} if "Name" in account else {}
    return {**entitlement, "entitlement": {"principalRole": {**role, **named}}}


def get_entitlement(call: Call) -> Json:
    """One entitlement of an application."""
    return _shown(call, _entitlement(call))


def _entitlement(call: Call) -> Json:
    _application(call)
    identifier = call.parameters["entitlementId"]
    found = _entitlements(call).get(identifier)
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Entitlement {identifier} not found", 404)
    return found


def create_entitlement(call: Call) -> Json:
    """One more way to a role; ConflictException when it is there already."""
    _application(call)
    role = call.parameters["entitlement"]["principalRole"]
    # The account is not said: the role's own.
    wanted = {"principalRole": {**role, "account": role["roleArn"].split(":")[4]}}
    if any(each["entitlement"] == wanted for each in _entitlements(call).values()):
        raise ServiceError("ConflictException", "The entitlement exists already.", 409)
    identifier = f"ent-{uuid.uuid4().hex[:16]}"
    call.aws["accountAccess"]["entitlements"][identifier] = {
        "applicationArn": call.parameters["applicationArn"],
        "entitlementId": identifier,
        "entitlement": wanted,
        "createdAt": call.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {"entitlementId": identifier}


def delete_entitlement(call: Call) -> Json:
    """ResourceNotFoundException for one that is not there."""
    del call.aws["accountAccess"]["entitlements"][_entitlement(call)["entitlementId"]]
    return {}


def _entitlements(call: Call) -> dict[str, Json]:
    known = call.aws.get("accountAccess", {}).get("entitlements", {})
    arn = call.parameters["applicationArn"]
    return {identifier: each for identifier, each in known.items() if each["applicationArn"] == arn}


OPERATIONS = {
    "ListApplications": list_applications,
    "GetApplication": get_application,
    "ListEntitlements": list_entitlements,
    "GetEntitlement": get_entitlement,
    "CreateEntitlement": create_entitlement,
    "DeleteEntitlement": delete_entitlement,
}
