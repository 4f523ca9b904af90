"""How permission sets are written, whole, and what must follow: accounts hold the old state until it is provisioned.

API reference: IAM Identity Center (sso-admin). UpdatePermissionSet replaces description, duration and relay state: what
is not sent is cleared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from xtcheck.shapes import AsyncCall, Members, Send, Unit, Upsert, Value, Window

Json = Any

NONE = "none"
ROOT = "/"
"""The path of a customer managed policy that is shown without one (API reference: CustomerManagedPolicyReference)."""
SHOWN = Window("permission-sets", 5, 60, "the API shows a change at once; five seconds are what others wait")
PROVISIONING = Window("permission-set-provisioning", 5, 600, "asynchronous; ten minutes are what others wait")
_INSTANCE = {"InstanceArn": "{instance.InstanceArn}"}
_SET = {**_INSTANCE, "PermissionSetArn": "{permission-set.PermissionSetArn}"}
_TAGGED = {**_INSTANCE, "ResourceArn": "{permission-set.PermissionSetArn}"}
THEN = "outdated-accounts"
"""The kind of the call that provisions it."""


def _send(operation: str, action: str, fixed: Mapping[str, Json], *, idempotent: bool = True, follow: str = "") -> Send:
    return Send("", operation, f"sso:{action}", fixed, "sso-admin", idempotent=idempotent, follow=follow)


def _in_use(_document: Json, lists: Mapping[str, list[Json]]) -> str:
    """AWS refuses to delete one that an account holds (DeletePermissionSet)."""
    [accounts] = lists.values()
    return f"it is assigned in account {', '.join(accounts)}" if accounts else ""


DELETE = _send("delete_permission_set", "DeletePermissionSet", _SET)
SET = Upsert(
    create=_send("create_permission_set", "CreatePermissionSet", {**_INSTANCE, "Name": "{key}"}, idempotent=False),
    update=_send("update_permission_set", "UpdatePermissionSet", _SET),
    units=dict[str, Unit](),
    window=SHOWN,
    order=50,
    delete=DELETE,
    replaces=("Description", "SessionDuration", "RelayState"),
    assumed={"SessionDuration": "PT1H"},
    used_by=("permission-set-accounts",),
    in_use=_in_use,
    then=THEN,
)
INLINE = Value(
    put=_send("put_inline_policy_to_permission_set", "PutInlinePolicyToPermissionSet", _SET),
    remove=_send("delete_inline_policy_from_permission_set", "DeleteInlinePolicyFromPermissionSet", _SET),
    parameter="InlinePolicy",
    window=SHOWN,
    order=52,
    none="",
    then=THEN,
)


def _with_path(reference: Json) -> Json:
    """A customer managed policy, or none, with the path that it has."""
    return reference and {**reference, "Path": reference.get("Path") or ROOT}


def _boundary(boundary: Json) -> Json:
    own = "CustomerManagedPolicyReference"
    return {**boundary, own: _with_path(boundary[own])} if boundary and own in boundary else boundary


BOUNDARY = Value(
    put=_send("put_permissions_boundary_to_permission_set", "PutPermissionsBoundaryToPermissionSet", _SET),
    remove=_send("delete_permissions_boundary_from_permission_set", "DeletePermissionsBoundaryFromPermissionSet", _SET),
    parameter="PermissionsBoundary",
    window=SHOWN,
    order=51,
    then=THEN,
    meaning=_boundary,
)
MANAGED = Members(
    # A second attachment is refused, as a second detachment is: after a lost answer it is looked.
    add=_send("attach_managed_policy_to_permission_set", "AttachManagedPolicyToPermissionSet", _SET, idempotent=False),
    remove=_send(
        "detach_managed_policy_from_permission_set", "DetachManagedPolicyFromPermissionSet", _SET, idempotent=False
    ),
    added=lambda item: {"ManagedPolicyArn": item["Arn"]},
    removed=lambda item: {"ManagedPolicyArn": item["Arn"]},
    window=SHOWN,
    order=52,
    then=THEN,
    own=("Arn",),
)
CUSTOMER = Members(
    add=_send(
        "attach_customer_managed_policy_reference_to_permission_set",
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
        _SET,
        idempotent=False,
    ),
    remove=_send(
        "detach_customer_managed_policy_reference_from_permission_set",
        "DetachCustomerManagedPolicyReferenceFromPermissionSet",
        _SET,
        idempotent=False,
    ),
    added=lambda item: {"CustomerManagedPolicyReference": item},
    removed=lambda item: {"CustomerManagedPolicyReference": {"Name": item["Name"], "Path": item.get("Path") or ROOT}},
    window=SHOWN,
    order=52,
    then=THEN,
    own=("Name", "Path"),
    meaning=_with_path,
)
TAGS = Members(
    add=_send("tag_resource", "TagResource", _TAGGED),
    remove=_send("untag_resource", "UntagResource", _TAGGED),
    added=lambda item: {"Tags": [item]},
    removed=lambda item: {"TagKeys": [item["Key"]]},
    window=SHOWN,
    order=52,
    own=("Key", "Value"),
)
PROVISION = AsyncCall(
    _send(
        "provision_permission_set",
        "ProvisionPermissionSet",
        {**_SET, "TargetType": "ALL_PROVISIONED_ACCOUNTS"},
        follow="describe_permission_set_provisioning_status ProvisionPermissionSetRequestId "
        "PermissionSetProvisioningStatus",
    ),
    PROVISIONING,
    order=60,
    why="accounts hold it as it was until then, and what others changed comes with it",
    by_hand="IAM Identity Center console > Permission sets > Update: provision it again, or run again",
)


# --- what rows with a view send -------------------------------------------------------------------------------------


def sets_text(field: str) -> Any:
    """Of a text that is none where the policy says so."""
    return lambda expected, _document: {field: None if expected == NONE else expected}


def sets_inline(expected: Json, _document: Json) -> Mapping[str, Json]:
    """The policy as it is compared, which means the same; without blanks, for AWS takes 32,768 characters, and none
    beyond Latin-1 (botocore: PermissionSetPolicyDocument).
    """
    return {"": None if expected is None else json.dumps(expected, separators=(",", ":"))}


def sets_boundary(expected: str, _document: Json) -> Mapping[str, Json]:
    """An AWS managed policy by its ARN, a customer managed one by path and name."""
    if expected == NONE:
        return {"": None}
    if expected.startswith("arn:"):
        return {"": {"ManagedPolicyArn": expected}}
    path, _, name = expected.rpartition("/")
    return {"": {"CustomerManagedPolicyReference": {"Name": name, "Path": f"{path}/"}}}


def sets_managed(expected: Json, document: Json) -> Mapping[str, Json] | None:
    """What is to be attached must be named by its ARN: a name alone does not tell the path in it."""
    names = {name.lower() for name in expected["names"]}
    there = {each: item for item in document or () for each in (item["Arn"].lower(), item["Name"].lower())}
    missing = [name for name in expected["names"] if name.lower() not in there]
    if not all(name.startswith("arn:") for name in missing):
        return None
    extra = [
        item
        for item in document or ()
        if expected["exactly"] and not {item["Arn"].lower(), item["Name"].lower()} & names
    ]
    added = {_path(Arn=arn): {"Name": arn.rpartition("/")[2], "Arn": arn} for arn in missing}
    return {**{_path(Arn=item["Arn"]): None for item in extra}, **added}


def sets_customer(expected: Json, document: Json) -> Mapping[str, Json]:
    """By name, or by path and name where the path is not the root."""
    wanted = {}
    for each in expected["names"]:
        path, _, name = each.rpartition("/")
        wanted[f"{path}/", name] = {"Name": name, "Path": f"{path}/"}
    there = {(str(item.get("Path") or "/"), item["Name"]) for item in document or ()}
    removed = {
        _path(Path=path, Name=name): None
        for path, name in sorted(there)
        if expected["exactly"] and (path, name) not in wanted
    }
    added = {_path(Path=key[0], Name=key[1]): item for key, item in wanted.items() if key not in there}
    return {**removed, **added}


def sets_tags(expected: Mapping[str, str], document: Json) -> Mapping[str, Json]:
    """Each tag that lacks or differs, and those that nobody declared."""
    there = {item["Key"]: item["Value"] for item in document or ()}
    removed = {_path(Key=key): None for key in there if key not in expected}
    set_ = {_path(Key=key): {"Key": key, "Value": text} for key, text in expected.items() if there.get(key) != text}
    return {**removed, **set_}


def sets_provisioned(_expected: Json, _document: Json) -> Mapping[str, Json]:
    """Nothing is left."""
    return {"": []}


def _path(**fields: str) -> str:
    return f"[{json.dumps(fields)}]"
