"""IAM Identity Center's operations that write permission sets: what is in them, their tags, their provisioning.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_UpdatePermissionSet.html and its siblings
"""

from __future__ import annotations

import json
import uuid

from xtcheck.sandbox.aws import pending
from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.aws.instances import belongs, denied, instance, not_found
from xtcheck.sandbox.wire import Json

STALE = "LATEST_PERMISSION_SET_NOT_PROVISIONED"
MOST_POLICIES = 25
"""Managed and customer managed policies of a permission set together."""
_REPLACED = ("Description", "SessionDuration", "RelayState")


def _permission_set(call: Call) -> Json:
    center, arn = instance(call), call.parameters["PermissionSetArn"]
    document = call.aws["permissionSets"].get(arn)
    if document is None or not belongs(arn, center):
        raise not_found(f"Could not find a PermissionSet with ARN {arn}")
    if not call.from_management and call.aws["organization"]["MasterAccountId"] in document["provisioned"]:
        # A delegated administrator cannot touch what is provisioned in the management account (user guide).
        raise denied(call)
    return document


def _changing(call: Call) -> Json:
    """The permission set that a call changes: what accounts hold of it is stale from now on."""
    document = _permission_set(call)
    pending.unchanged(call, call.parameters["PermissionSetArn"])
    document["provisioned"] = dict.fromkeys(document["provisioned"], STALE)
    return document


def create(call: Call) -> Json:
    """The name is one permission set's; without a duration a session lasts an hour."""
    center, name = instance(call), call.parameters["Name"]
    known = call.aws["permissionSets"]
    if any(belongs(arn, center) and each["document"]["Name"] == name for arn, each in known.items()):
        raise ServiceError("ConflictException", f"PermissionSet with name {name} already exists.")
    arn = f"arn:aws:sso:::permissionSet/{center['InstanceArn'].partition('/')[2]}/ps-{uuid.uuid4().hex[:16]}"
    document = {"Name": name, "PermissionSetArn": arn, "CreatedDate": call.now.timestamp()}
    known[arn] = {
        "document": document | _stated(call),
        "managedPolicies": [],
        "customerManagedPolicies": [],
        "inlinePolicy": "",
        "permissionsBoundary": None,
        "tags": call.parameters.get("Tags", []),
        "provisioned": {},
    }
    return {"PermissionSet": known[arn]["document"]}


def _stated(call: Call) -> dict[str, Json]:
    return {"SessionDuration": "PT1H"} | {
        name: call.parameters[name] for name in _REPLACED if call.parameters.get(name)
    }


def update(call: Call) -> Json:
    """A replacement: what is not said is cleared, and a session lasts an hour again."""
    held = _changing(call)
    held["document"] = {
        name: value for name, value in held["document"].items() if name not in _REPLACED
    } | _stated(call)  # fmt: skip
    return {}


def delete(call: Call) -> Json:
    """Not while it is assigned or provisioned anywhere."""
    arn, held = call.parameters["PermissionSetArn"], _permission_set(call)
    pending.unchanged(call, arn)
    if held["provisioned"] or any(each["PermissionSetArn"] == arn for each in call.aws["assignments"]):
        raise ServiceError("ConflictException", "The permission set is still in use in an account.")
    del call.aws["permissionSets"][arn]
    return {}


def _attach(call: Call, collection: str, item: Json, same: str) -> Json:
    held = _permission_set(call)
    if any(each[same] == item[same] and each.get("Path", "/") == item.get("Path", "/") for each in held[collection]):
        raise ServiceError("ConflictException", f"The policy {item[same]} is already attached.")
    if len(held["managedPolicies"]) + len(held["customerManagedPolicies"]) >= MOST_POLICIES:
        raise ServiceError("ServiceQuotaExceededException", f"At most {MOST_POLICIES} policies can be attached.")
    _changing(call)[collection].append(item)
    return {}


def _detach(call: Call, collection: str, item: Json, same: str) -> Json:
    held = _permission_set(call)
    for each in held[collection]:
        if each[same] == item[same] and each.get("Path", "/") == item.get("Path", "/"):
            _changing(call)[collection].remove(each)
            return {}
    raise not_found(f"The policy {item[same]} is not attached.")


def _managed(call: Call) -> Json:
    arn = call.parameters["ManagedPolicyArn"]
    return {"Name": arn.rpartition("/")[2], "Arn": arn}


def _customer_managed(call: Call) -> Json:
    given = call.parameters["CustomerManagedPolicyReference"]
    return {"Name": given["Name"], "Path": given.get("Path", "/")}


def put_inline_policy(call: Call) -> Json:
    """The policy is JSON."""
    text = call.parameters["InlinePolicy"]
    try:
        valid = isinstance(json.loads(text), dict)
    except ValueError:
        valid = False
    if not valid:
        raise ServiceError("ValidationException", "The inline policy is not a valid policy document.")
    _changing(call)["inlinePolicy"] = text
    return {}


def delete_inline_policy(call: Call) -> Json:
    """ResourceNotFoundException when there is none."""
    if not _permission_set(call)["inlinePolicy"]:
        raise not_found("InlinePolicy not found")
    _changing(call)["inlinePolicy"] = ""
    return {}


def put_boundary(call: Call) -> Json:
    """One managed policy of either kind, in the place of what was there."""
    boundary = call.parameters["PermissionsBoundary"]
    if len(boundary) != 1:
        raise ServiceError("ValidationException", "Exactly one policy is the permissions boundary.")
    _changing(call)["permissionsBoundary"] = boundary
    return {}


def delete_boundary(call: Call) -> Json:
    """ResourceNotFoundException when there is none."""
    if _permission_set(call)["permissionsBoundary"] is None:
        raise not_found("PermissionsBoundary not found")
    _changing(call)["permissionsBoundary"] = None
    return {}


def provision(call: Call) -> Json:
    """Asynchronous: what accounts hold becomes what the permission set is."""
    held, target = _permission_set(call), call.parameters.get("TargetId")
    everywhere = call.parameters["TargetType"] == "ALL_PROVISIONED_ACCOUNTS"
    if everywhere == bool(target):
        raise ServiceError("ValidationException", "TargetId belongs to the TargetType AWS_ACCOUNT, and only there.")
    if target is not None and target not in call.aws["accounts"]:
        raise not_found(f"Could not find an account with ID {target}")
    members = {"PermissionSetArn": held["document"]["PermissionSetArn"]} | ({"AccountId": target} if target else {})
    return {"PermissionSetProvisioningStatus": pending.begin(call, pending.PROVISIONINGS, members)}


def _tags(call: Call) -> Json:
    """The list of tags of a permission set or of an instance."""
    arn, sets = call.parameters["ResourceArn"], call.aws["permissionSets"]
    if arn not in sets and arn not in call.aws["instances"]:
        raise not_found(f"Could not find a resource with ARN {arn}")
    if not call.from_administrator:
        raise denied(call)
    return sets[arn]["tags"] if arn in sets else call.aws.setdefault("instanceTags", {}).setdefault(arn, [])


def tag(call: Call) -> Json:
    """Sets these tags; the others stay."""
    tags = _tags(call)
    new = {each["Key"]: each for each in call.parameters["Tags"]}
    tags[:] = [each for each in tags if each["Key"] not in new] + list(new.values())
    return {}


def untag(call: Call) -> Json:
    """Removes the tags of these keys, where they are."""
    tags = _tags(call)
    tags[:] = [each for each in tags if each["Key"] not in call.parameters["TagKeys"]]
    return {}


OPERATIONS = {
    "CreatePermissionSet": create,
    "UpdatePermissionSet": update,
    "DeletePermissionSet": delete,
    "AttachManagedPolicyToPermissionSet": lambda call: _attach(call, "managedPolicies", _managed(call), "Arn"),
    "DetachManagedPolicyFromPermissionSet": lambda call: _detach(call, "managedPolicies", _managed(call), "Arn"),
    "AttachCustomerManagedPolicyReferenceToPermissionSet": lambda call: _attach(
        call, "customerManagedPolicies", _customer_managed(call), "Name"
    ),
    "DetachCustomerManagedPolicyReferenceFromPermissionSet": lambda call: _detach(
        call, "customerManagedPolicies", _customer_managed(call), "Name"
    ),
    "PutInlinePolicyToPermissionSet": put_inline_policy,
    "DeleteInlinePolicyFromPermissionSet": delete_inline_policy,
    "PutPermissionsBoundaryToPermissionSet": put_boundary,
    "DeletePermissionsBoundaryFromPermissionSet": delete_boundary,
    "ProvisionPermissionSet": provision,
    "TagResource": tag,
    "UntagResource": untag,
}
