"""IAM Identity Center's applications with their assignments, and the token issuers it trusts."""

from __future__ import annotations

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.instances import belongs, denied, instance, not_found
from xtcheck.sandbox.wire import Json


def _application(call: Call) -> Json:
    arn = call.parameters["ApplicationArn"]
    found = call.aws.get("applications", {}).get(arn)
    if found is None:
        raise not_found(f"Could not find an Application with ARN {arn}")
    if not call.from_administrator and found["document"]["ApplicationAccount"] != call.caller["account"]:
        raise denied(call)
    return found


def list_applications(call: Call) -> Json:
    """The applications of an instance, of one account or one provider when it is named. Pages hold 50 at most.

    A member account lists its own only, and must say so in the filter (API reference).
    """
    arn, wanted = call.parameters["InstanceArn"], call.parameters.get("Filter", {})
    if call.from_administrator:
        arn = instance(call)["InstanceArn"]
    elif wanted.get("ApplicationAccount") != call.caller["account"]:
        raise denied(call)
    asked = {"ApplicationAccount": wanted.get("ApplicationAccount")}
    asked["ApplicationProviderArn"] = wanted.get("ApplicationProvider")
    found = [
        each["document"]
        for each in call.aws.get("applications", {}).values()
        if each["document"]["InstanceArn"] == arn
        and all(value in (None, each["document"].get(name)) for name, value in asked.items())
    ]
    return call.page(found, "Applications", 50)


def describe_application(call: Call) -> Json:
    """One application by ARN."""
    return _application(call)["document"]


def list_application_assignments(call: Call) -> Json:
    """The users and groups assigned to an application."""
    arn = call.parameters["ApplicationArn"]
    found = [{"ApplicationArn": arn, **each} for each in _application(call)["assignments"]]
    return call.page(found, "ApplicationAssignments")


def get_assignment_configuration(call: Call) -> Json:
    """Whether only who is assigned may enter."""
    return {"AssignmentRequired": _application(call)["assignmentRequired"]}


def list_token_issuers(call: Call) -> Json:
    """The trusted token issuers of an instance, without their configuration."""
    document = instance(call)
    members = ("TrustedTokenIssuerArn", "Name", "TrustedTokenIssuerType")
    found = [
        {name: each[name] for name in members}
        for arn, each in call.aws.get("trustedTokenIssuers", {}).items()
        if belongs(arn, document)
    ]
    return call.page(found, "TrustedTokenIssuers")


def describe_token_issuer(call: Call) -> Json:
    """One trusted token issuer, whole."""
    arn = call.parameters["TrustedTokenIssuerArn"]
    found = call.aws.get("trustedTokenIssuers", {}).get(arn)
    if found is None:
        raise not_found(f"Could not find a TrustedTokenIssuer with ARN {arn}")
    if not call.from_administrator:
        raise denied(call)
    return found


OPERATIONS = {
    "ListApplications": list_applications,
    "DescribeApplication": describe_application,
    "ListApplicationAssignments": list_application_assignments,
    "GetApplicationAssignmentConfiguration": get_assignment_configuration,
    "ListTrustedTokenIssuers": list_token_issuers,
    "DescribeTrustedTokenIssuer": describe_token_issuer,
}
