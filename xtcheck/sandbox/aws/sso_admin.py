"""IAM Identity Center administration: instances, permission sets and account assignments."""

from __future__ import annotations

from collections.abc import Iterator

from xtcheck.sandbox.aws import applications, instances
from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.instances import belongs, denied, instance, not_found
from xtcheck.sandbox.wire import Json


def _permission_set(call: Call) -> Json:
    center = instance(call)
    arn = call.parameters["PermissionSetArn"]
    document = call.aws["permissionSets"].get(arn)
    if document is None or not belongs(arn, center):
        raise not_found(f"Could not find a PermissionSet with ARN {arn}")
    return document


def list_permission_sets(call: Call) -> Json:
    """ARNs only."""
    center = instance(call)
    return call.page([arn for arn in call.aws["permissionSets"] if belongs(arn, center)], "PermissionSets")


def describe_permission_set(call: Call) -> Json:
    """The permission set without its policies and tags."""
    return {"PermissionSet": _permission_set(call)["document"]}


def list_managed_policies(call: Call) -> Json:
    """AWS-managed policies."""
    return call.page(_permission_set(call)["managedPolicies"], "AttachedManagedPolicies")


def list_customer_managed_policies(call: Call) -> Json:
    """References by name and path to policies that must exist in each account."""
    return call.page(_permission_set(call)["customerManagedPolicies"], "CustomerManagedPolicyReferences")


def get_inline_policy(call: Call) -> Json:
    """The policy as JSON text; an empty string when there is none."""
    return {"InlinePolicy": _permission_set(call)["inlinePolicy"]}


def get_permissions_boundary(call: Call) -> Json:
    """ResourceNotFoundException when there is none."""
    boundary = _permission_set(call)["permissionsBoundary"]
    if boundary is None:
        raise not_found("PermissionsBoundary not found")
    return {"PermissionsBoundary": boundary}


def list_tags(call: Call) -> Json:
    """The tags of a permission set or of an instance."""
    arn = call.parameters["ResourceArn"]
    sets = call.aws["permissionSets"]
    if arn not in sets and arn not in call.aws["instances"]:
        raise not_found(f"Could not find a resource with ARN {arn}")
    if not call.from_administrator:
        raise denied(call)
    tags = sets[arn]["tags"] if arn in sets else call.aws.get("instanceTags", {}).get(arn, [])
    return call.page(tags, "Tags")


def list_permission_sets_provisioned(call: Call) -> Json:
    """ARNs of the permission sets that an account holds, in a state of provisioning when one is named."""
    center, account = instance(call), call.parameters["AccountId"]
    _known_account(call, account)
    wanted = call.parameters.get("ProvisioningStatus")
    found = [
        arn
        for arn, each in call.aws["permissionSets"].items()
        if belongs(arn, center) and _provisioned(each, account, wanted)
    ]
    return call.page(found, "PermissionSets")


def list_accounts_provisioned(call: Call) -> Json:
    """Ids of the accounts that hold a permission set, in a state of provisioning when one is named."""
    document, wanted = _permission_set(call), call.parameters.get("ProvisioningStatus")
    found = [account for account in document["provisioned"] if _provisioned(document, account, wanted)]
    return call.page(found, "AccountIds")


def _provisioned(document: Json, account: str, wanted: str | None) -> bool:
    status = document["provisioned"].get(account)
    return status is not None and wanted in (None, status)


def _known_account(call: Call, account: str) -> None:
    if account not in call.aws["accounts"]:
        raise not_found(f"Could not find an account with ID {account}")


def list_account_assignments(call: Call) -> Json:
    """The assignments of one permission set in one account; those whose principal is gone too."""
    _permission_set(call)
    account, arn = call.parameters["AccountId"], call.parameters["PermissionSetArn"]
    _known_account(call, account)
    found = [
        each for each in call.aws["assignments"] if each["AccountId"] == account and each["PermissionSetArn"] == arn
    ]
    return call.page(found, "AccountAssignments")


def list_account_assignments_for_principal(call: Call) -> Json:
    """The assignments of a principal; for a user also those of the groups it is a direct member of.

    "You must call this operation from the management account" (API reference).
    """
    center = instance(call)
    if not call.from_management:
        raise denied(call)
    wanted = call.parameters.get("Filter", {}).get("AccountId")
    principals = set(_principals(call, center))
    found = [
        each
        for each in call.aws["assignments"]
        if (each["PrincipalType"], each["PrincipalId"]) in principals
        and belongs(each["PermissionSetArn"], center)
        and wanted in (None, each["AccountId"])
    ]
    return call.page(found, "AccountAssignments")


def _principals(call: Call, center: Json) -> Iterator[tuple[str, str]]:
    kind, principal = call.parameters["PrincipalType"], call.parameters["PrincipalId"]
    yield kind, principal
    if kind == "USER":
        store = call.aws["identityStores"][center["IdentityStoreId"]]
        for membership in store["memberships"].values():
            if membership["MemberId"]["UserId"] == principal:
                yield "GROUP", membership["GroupId"]


OPERATIONS = {
    **instances.OPERATIONS,
    **applications.OPERATIONS,
    "ListPermissionSets": list_permission_sets,
    "DescribePermissionSet": describe_permission_set,
    "ListManagedPoliciesInPermissionSet": list_managed_policies,
    "ListCustomerManagedPolicyReferencesInPermissionSet": list_customer_managed_policies,
    "GetInlinePolicyForPermissionSet": get_inline_policy,
    "GetPermissionsBoundaryForPermissionSet": get_permissions_boundary,
    "ListTagsForResource": list_tags,
    "ListPermissionSetsProvisionedToAccount": list_permission_sets_provisioned,
    "ListAccountsForProvisionedPermissionSet": list_accounts_provisioned,
    "ListAccountAssignments": list_account_assignments,
    "ListAccountAssignmentsForPrincipal": list_account_assignments_for_principal,
}
