"""IAM Identity Center's instances: which one a call names, what is configured on it, and how work on it went."""

from __future__ import annotations

from collections.abc import Callable

from xtcheck.sandbox.aws import pending
from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.aws.shapes import service_model
from xtcheck.sandbox.wire import Json


def not_found(message: str) -> ServiceError:
    """The refusal of what is not there."""
    return ServiceError("ResourceNotFoundException", message)


def denied(call: Call) -> ServiceError:
    """The refusal of a caller whose account may not do this."""
    arn, action = call.caller["arn"], f"sso:{call.operation}"
    return ServiceError("AccessDeniedException", f"User: {arn} is not authorized to perform: {action}")


def instance(call: Call) -> Json:
    """The instance a call names.

    One that is gone gives ResourceNotFoundException where the operation's model has that error, and else
    AccessDeniedException. Member accounts see the organization instance, and may not work in it; it answers in its own
    Regions only.
    """
    arn = call.parameters["InstanceArn"]
    document = call.aws["instances"].get(arn)
    if document is None or call.region not in regions(document):
        known = service_model("sso-admin").operation_model(call.operation).error_shapes
        if "ResourceNotFoundException" in {shape.name for shape in known}:
            raise not_found(f"Could not find an Instance with ARN {arn}")
        raise ServiceError("AccessDeniedException", f"You do not have access to the instance {arn}")
    if document["OwnerAccountId"] != call.caller["account"] and not call.from_administrator:
        raise denied(call)
    return document


def regions(document: Json) -> list[str]:
    """The Regions of an instance: the primary one first, and those added."""
    return [document["PrimaryRegion"], *(each["RegionName"] for each in document.get("Regions", []))]


def belongs(arn: str, document: Json) -> bool:
    """Whether a permission set or an application is of an instance.

    arn:aws:sso:::permissionSet/ssoins-…/ps-…, beside arn:aws:sso:::instance/ssoins-…
    """
    return arn.split("/")[1] == str(document["InstanceArn"]).split("/")[1]


def list_instances(call: Call) -> Json:
    """The instances of the caller's Region; every Region's with RegionScope ALL_REGIONS. Pages hold 10 at most."""
    everywhere = call.parameters.get("RegionScope") == "ALL_REGIONS"
    shape = service_model("sso-admin").operation_model("ListInstances").output_shape.members["Instances"].member
    found = [
        {name: document[name] for name in shape.members if name in document}
        for document in call.aws["instances"].values()
        if everywhere or call.region in regions(document)
    ]
    return call.page(found, "Instances", 10)


def list_regions(call: Call) -> Json:
    """The Regions an instance is in, the primary one among them."""
    return call.page(instance(call).get("Regions", []), "Regions")


def describe_region(call: Call) -> Json:
    """One Region of an instance; ResourceNotFoundException for another."""
    name = call.parameters["RegionName"]
    for each in instance(call).get("Regions", []):
        if each["RegionName"] == name:
            return each
    raise not_found(f"The instance is not in the Region {name}")


def describe_access_control(call: Call) -> Json:
    """The attributes for access control; ResourceNotFoundException when they are switched off."""
    found = call.aws.get("accessControlAttributes", {}).get(instance(call)["InstanceArn"])
    if found is None:
        raise not_found("InstanceAccessControlAttributeConfiguration not found")
    return found


def _list_status(collection: str, key: str) -> Callable[[Call], Json]:
    """A history of requests: three members of each, of one status when it is named."""

    def answer(call: Call) -> Json:
        document, wanted = instance(call), call.parameters.get("Filter", {}).get("Status")
        found = [
            {name: each[name] for name in ("Status", "RequestId", "CreatedDate")}
            for each in call.aws.get(collection, [])
            if belongs(each["PermissionSetArn"], document) and wanted in (None, each["Status"])
        ]
        return call.page(found, key)

    return answer


def _describe_status(collection: str, parameter: str, key: str) -> Callable[[Call], Json]:
    """One such request, whole."""

    def answer(call: Call) -> Json:
        document, wanted = instance(call), call.parameters[parameter]
        pending.look(call.aws, wanted)
        for each in call.aws.get(collection, []):
            if each["RequestId"] == wanted and belongs(each["PermissionSetArn"], document):
                return {key: each}
        raise not_found(f"Could not find a request with ID {wanted}")

    return answer


_CREATIONS, _DELETIONS, _PROVISIONINGS = pending.CREATIONS, pending.DELETIONS, pending.PROVISIONINGS

OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "ListInstances": list_instances,
    # The whole instance. It has no identity source: no public API tells that.
    "DescribeInstance": instance,
    "ListRegions": list_regions,
    "DescribeRegion": describe_region,
    "DescribeInstanceAccessControlAttributeConfiguration": describe_access_control,
    "ListAccountAssignmentCreationStatus": _list_status(_CREATIONS, "AccountAssignmentsCreationStatus"),
    "ListAccountAssignmentDeletionStatus": _list_status(_DELETIONS, "AccountAssignmentsDeletionStatus"),
    "DescribeAccountAssignmentCreationStatus": _describe_status(
        _CREATIONS, "AccountAssignmentCreationRequestId", "AccountAssignmentCreationStatus"
    ),
    "DescribeAccountAssignmentDeletionStatus": _describe_status(
        _DELETIONS, "AccountAssignmentDeletionRequestId", "AccountAssignmentDeletionStatus"
    ),
    "ListPermissionSetProvisioningStatus": _list_status(_PROVISIONINGS, "PermissionSetsProvisioningStatus"),
    "DescribePermissionSetProvisioningStatus": _describe_status(
        _PROVISIONINGS, "ProvisionPermissionSetRequestId", "PermissionSetProvisioningStatus"
    ),
}
