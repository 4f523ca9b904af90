"""The IAM policy that lets an auditor read, or whoever puts right write: from the actions, on the least resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtcheck.estate import Aws

Json = Any

INSTANCE, PERMISSION_SET, ACCOUNT = "instance/{instance}", "permissionSet/{instance}/*", "account/*"
ON: dict[str, tuple[str, ...]] = {
    "sso:DescribeInstance": (INSTANCE,),
    "sso:DescribeInstanceAccessControlAttributeConfiguration": (INSTANCE,),
    "sso:DescribePermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:GetInlinePolicyForPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:GetPermissionsBoundaryForPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:ListAccountAssignments": (INSTANCE, PERMISSION_SET, ACCOUNT),
    "sso:ListAccountAssignmentsForPrincipal": (INSTANCE,),
    "sso:ListAccountsForProvisionedPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:ListCustomerManagedPolicyReferencesInPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:ListManagedPoliciesInPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:ListPermissionSets": (INSTANCE,),
    "sso:ListPermissionSetsProvisionedToAccount": (INSTANCE, ACCOUNT),
    "sso:ListTagsForResource": (INSTANCE, PERMISSION_SET),
    "sso:ListTrustedTokenIssuers": (INSTANCE,),
    "identitystore:ListGroupMemberships": ("identitystore/*", "group/*", "membership/*"),
    "identitystore:ListGroupMembershipsForMember": ("identitystore/*", "user/*", "membership/*"),
    "identitystore:ListGroups": ("identitystore/*", "group/*"),
    "identitystore:ListUsers": ("identitystore/*", "user/*"),
    "sso:AttachCustomerManagedPolicyReferenceToPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:AttachManagedPolicyToPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:CreateAccountAssignment": (INSTANCE, PERMISSION_SET, ACCOUNT),
    "sso:CreateInstanceAccessControlAttributeConfiguration": (INSTANCE,),
    "sso:CreatePermissionSet": (INSTANCE,),
    "sso:DeleteAccountAssignment": (INSTANCE, PERMISSION_SET, ACCOUNT),
    "sso:DeleteInlinePolicyFromPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:DeleteInstanceAccessControlAttributeConfiguration": (INSTANCE,),
    "sso:DeletePermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:DeletePermissionsBoundaryFromPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:DescribeAccountAssignmentCreationStatus": (INSTANCE,),
    "sso:DescribeAccountAssignmentDeletionStatus": (INSTANCE,),
    "sso:DescribePermissionSetProvisioningStatus": (INSTANCE,),
    "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:DetachManagedPolicyFromPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:ProvisionPermissionSet": (INSTANCE, PERMISSION_SET, ACCOUNT),
    "sso:PutInlinePolicyToPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:PutPermissionsBoundaryToPermissionSet": (INSTANCE, PERMISSION_SET),
    "sso:TagResource": (INSTANCE, PERMISSION_SET),
    "sso:UntagResource": (INSTANCE, PERMISSION_SET),
    "sso:UpdateInstance": (INSTANCE,),
    "sso:UpdateInstanceAccessControlAttributeConfiguration": (INSTANCE,),
    "sso:UpdatePermissionSet": (INSTANCE, PERMISSION_SET),
}
"""The resource types of an action: Service Authorization Reference, list_awsiamidentitycenter and
list_awsidentitystore (2026-08). An action that is not here has none there (or is not there yet): it needs ``*``."""

OWNED = "identitystore/"
"""The one of these resources whose ARN bears an account: the owner's, which a delegated administrator is not."""

SIDS = {"sso": "IdentityCenter", "identitystore": "IdentityStore"}
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


def partition(region: str) -> str:
    """The partition of a Region: the first part of all its ARNs."""
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


def policy_document(actions: Iterable[str], entry: Aws, *, kms_key: str = "") -> Json:
    """An identity-based policy that allows these actions and nothing else.

    sts:GetCallerIdentity is not in it: nobody needs a permission for it (STS API reference).

    :param kms_key: ARN of the customer managed key of the instance, if it has one: reading decrypts with it.
    """
    plain: list[str] = []
    bound: dict[str, list[str]] = {}
    for action in sorted(actions):
        if action in ON:
            bound.setdefault(action.partition(":")[0], []).append(action)
        else:
            plain.append(action)
    statements = [_statement("AnyResource", plain, ["*"])] if plain else []
    for service, several in bound.items():
        resources = sorted({_arn(service, part, entry) for action in several for part in ON[action]})
        statements.append(_statement(SIDS[service], several, resources))
    if kms_key:
        statements += [_decrypting(service, entry, kms_key) for service in bound]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Json]:
    where = resources if len(resources) > 1 else resources[0]
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": where}


def _arn(service: str, resource: str, entry: Aws) -> str:
    account = "*" if resource.startswith(OWNED) else ""
    instance = entry.instance.rpartition("/")[2] or "*"
    return f"arn:{partition(entry.region)}:{service}::{account}:{resource.format(instance=instance)}"


def _decrypting(service: str, entry: Aws, kms_key: str) -> Json:
    """Learn: IAM Identity Center User Guide, "Advanced KMS key policy statements": the two encryption contexts."""
    name, part = {
        "sso": ("aws:sso:instance-arn", INSTANCE),
        "identitystore": ("aws:identitystore:identitystore-arn", "identitystore/*"),
    }[service]
    statement = _statement(f"{SIDS[service]}Key", ["kms:Decrypt"], [kms_key])
    return statement | {
        "Condition": {
            "StringEquals": {"kms:ViaService": f"{service}.{entry.region}.amazonaws.com"},
            "StringLike": {f"kms:EncryptionContext:{name}": _arn(service, part, entry)},
        }
    }
