"""Account access manager: entitlements that lead users and groups of an Identity Center to IAM roles.

The protocol is REST-JSON; lists are POSTs all the same (botocore's model).
"""

from __future__ import annotations

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
        {name: each[name] for name in ("entitlementId", "entitlement", "createdAt")}
        for each in _entitlements(call).values()
        if all(each["entitlement"]["principalRole"].get(name) == value for name, value in wanted.items())
    ]
    return call.page(found, "entitlements")


def get_entitlement(call: Call) -> Json:
    """One entitlement of an application."""
    _application(call)
    identifier = call.parameters["entitlementId"]
    found = _entitlements(call).get(identifier)
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Entitlement {identifier} not found", 404)
    return found


def _entitlements(call: Call) -> dict[str, Json]:
    known = call.aws.get("accountAccess", {}).get("entitlements", {})
    arn = call.parameters["applicationArn"]
    return {identifier: each for identifier, each in known.items() if each["applicationArn"] == arn}


OPERATIONS = {
    "ListApplications": list_applications,
    "GetApplication": get_application,
    "ListEntitlements": list_entitlements,
    "GetEntitlement": get_entitlement,
}
