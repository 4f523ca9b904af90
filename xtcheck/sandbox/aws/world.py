"""The AWS side of the world ``blog``: one organization, one Identity Center, one permission set on one account.

Users, groups and memberships are not made here: they arrive over SCIM. What refers to them comes after, in
``finish_blog``.
"""

from __future__ import annotations

from xtcheck.sandbox.aws import ids
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

ALIAS = "main"
REGION = "us-east-1"
MANAGEMENT, WORKLOADS = "111122223333", "444455556666"
ORGANIZATION = "o-xtcheckblog"
INSTANCE = "arn:aws:sso:::instance/ssoins-7223f1a2b3c4d5e6"
STORE = "d-9067f1a2b3"
READ_ONLY = ids.permission_set_arn(INSTANCE, "ReadOnlyAccess")
ADMINISTRATOR = ids.permission_set_arn(INSTANCE, "AdministratorAccess")
GROUP = "DevOps – Shared Tenant"
SCIM_TENANT = "9067f1a2b3-7c1d4e52-8a0b-4f63-9d27-5e1f0a6b3c84"
SCIM_TOKEN = "sandbox-scim-token-blog"
ACCESS_KEY = "AKIAXTCHECKSANDBOX01"
SECRET_KEY = "sandbox/secret/of/the/auditor/0000000001"
LATEST = "LATEST_PERMISSION_SET_PROVISIONED"

OPTIONAL = (
    "Name",
    "Description",
    "RelayState",
    "StatusReason",
    "KmsKeyArn",
    "EncryptionStatusReason",
    "NetworkConfigurationDetails",
    "networkConfiguration",
    "instanceTags",
    "ExternalIds",
    "Extensions",
    "Addresses",
    "PhoneNumbers",
    "NickName",
    "Title",
    "Path",
)
"""Fields that the services know although the world has them nowhere, for drifts that add one."""

_READS = (
    *(
        f"sso:{name}"
        for name in (
            "ListInstances",
            "DescribeInstance",
            "ListPermissionSets",
            "DescribePermissionSet",
            "GetInlinePolicyForPermissionSet",
            "ListManagedPoliciesInPermissionSet",
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "GetPermissionsBoundaryForPermissionSet",
            "ListTagsForResource",
            "ListAccountsForProvisionedPermissionSet",
            "ListPermissionSetsProvisionedToAccount",
            "ListAccountAssignments",
            "ListAccountAssignmentsForPrincipal",
        )
    ),
    *(
        f"identitystore:{name}"
        for name in (
            "ListUsers",
            "DescribeUser",
            "GetUserId",
            "ListGroups",
            "DescribeGroup",
            "GetGroupId",
            "ListGroupMemberships",
            "ListGroupMembershipsForMember",
            "IsMemberInGroups",
            "DescribeIdentityStore",
        )
    ),
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListAWSServiceAccessForOrganization",
    "sts:GetCallerIdentity",
)
"""The actions a reader of the whole Identity Center needs, of those served."""

_ENABLED = 1753963200.0
"""2025-07-31T12:00:00Z, when everything of the world was set up; JSON 1.1 counts seconds."""


def build_blog(state: State) -> None:
    """Fill ``tree["aws"]["main"]``; call ``finish_blog`` when the users and groups have arrived."""
    state.tree.setdefault("aws", {})[ALIAS] = {
        "account": MANAGEMENT,
        "region": REGION,
        "federatedFrom": "shared",
        "callers": {
            ACCESS_KEY: {
                "secret": SECRET_KEY,
                "arn": f"arn:aws:iam::{MANAGEMENT}:user/xtcheck-auditor",
                "account": MANAGEMENT,
                "actions": list(_READS),
            }
        },
        "organization": _organization(),
        "accounts": {
            MANAGEMENT: _account(MANAGEMENT, "Management", "INVITED"),
            WORKLOADS: _account(WORKLOADS, "Workloads", "CREATED"),
        },
        "serviceAccess": [{"ServicePrincipal": "sso.amazonaws.com", "DateEnabled": _ENABLED}],
        "delegatedAdministrators": [],
        "instances": {INSTANCE: _instance()},
        "identityStores": {STORE: {"users": {}, "groups": {}, "memberships": {}}},
        "permissionSets": {
            READ_ONLY: _permission_set(READ_ONLY, "ReadOnlyAccess", {WORKLOADS: LATEST}),
        },
        "assignments": [],
        "portalAlias": "corporateazureadtoaws",
        "scim": {
            "tenant": SCIM_TENANT,
            "token": SCIM_TOKEN,
            "expires": "2099-12-31T00:00:00Z",
            "identityStoreId": STORE,
        },
    }


def finish_blog(state: State) -> None:
    """Give the provisioned group its access. Without that group this is an error of the world."""
    aws = state.tree["aws"][ALIAS]
    group = principal(aws, "groups", "DisplayName", GROUP)
    aws["assignments"] = [
        {"AccountId": WORKLOADS, "PermissionSetArn": READ_ONLY, "PrincipalType": "GROUP", "PrincipalId": group}
    ]


def principal(aws: Json, collection: str, member: str, value: str) -> str:
    """The id of the user or group of the identity store whose ``member`` is ``value``; LookupError without one."""
    for identifier, document in aws["identityStores"][STORE][collection].items():
        if document.get(member) == value:
            return str(identifier)
    raise LookupError(f"nothing in {collection} of {STORE} has {member} '{value}'")


def _pointer(*segments: str) -> str:
    return "/".join(["", "aws", ALIAS, *(each.replace("~", "~0").replace("/", "~1") for each in segments)])


def _organization() -> Json:
    root = f"arn:aws:organizations::{MANAGEMENT}"
    return {
        "Id": ORGANIZATION,
        "Arn": f"{root}:organization/{ORGANIZATION}",
        "FeatureSet": "ALL",
        "MasterAccountArn": f"{root}:account/{ORGANIZATION}/{MANAGEMENT}",
        "MasterAccountId": MANAGEMENT,
        "MasterAccountEmail": "aws-management@anyorganization.example",
        "AvailablePolicyTypes": [],
    }


def _account(identifier: str, name: str, joined: str) -> Json:
    return {
        "Id": identifier,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{identifier}",
        "Email": f"aws-{name.lower()}@anyorganization.example",
        "Name": name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": joined,
        "JoinedTimestamp": _ENABLED,
    }


def _instance() -> Json:
    return {
        "InstanceArn": INSTANCE,
        "IdentityStoreId": STORE,
        "IdentityStoreArn": f"arn:aws:identitystore::{MANAGEMENT}:identitystore/{STORE}",
        "OwnerAccountId": MANAGEMENT,
        "CreatedDate": _ENABLED,
        "Status": "ACTIVE",
        "PrimaryRegion": REGION,
        "Regions": [{"RegionName": REGION, "Status": "ACTIVE", "AddedDate": _ENABLED, "IsPrimaryRegion": True}],
        "EncryptionConfigurationDetails": {"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"},
        "PermissionSetsEnabled": True,
    }


def _permission_set(arn: str, name: str, provisioned: dict[str, str]) -> Json:
    return {
        "document": {
            "Name": name,
            "PermissionSetArn": arn,
            "CreatedDate": _ENABLED,
            "SessionDuration": "PT1H",
        },
        "managedPolicies": [{"Name": name, "Arn": f"arn:aws:iam::aws:policy/{name}"}],
        "customerManagedPolicies": [],
        "inlinePolicy": "",
        "permissionsBoundary": None,
        "tags": [],
        "provisioned": provisioned,
    }


def _guest(person: str) -> str:
    return f"{person}#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com"


_SOFIA = ids.user_id(STORE, _guest("sofia_anyorganizationone.com"))
_NIKKI = ids.user_id(STORE, _guest("nikki_anyorganizationone.com"))
_MARY = ids.user_id(STORE, _guest("mary_anyorganizationtwo.com"))
_MEMBERSHIP = ids.membership_id(STORE, ids.group_id(STORE, GROUP), _MARY)

DRIFTED: list[Json] = [
    {
        "comment": "sessions last half a day",
        "op": "replace",
        "path": _pointer("permissionSets", READ_ONLY, "document", "SessionDuration"),
        "value": "PT12H",
    },
    {
        "comment": "the longer sessions were not provisioned",
        "op": "replace",
        "path": _pointer("permissionSets", READ_ONLY, "provisioned", WORKLOADS),
        "value": "LATEST_PERMISSION_SET_NOT_PROVISIONED",
    },
    {
        "comment": "a permission set nobody declared",
        "op": "add",
        "path": _pointer("permissionSets", ADMINISTRATOR),
        "value": _permission_set(ADMINISTRATOR, "AdministratorAccess", {WORKLOADS: LATEST}),
    },
    {
        "comment": "Sofia is an administrator, directly",
        "op": "add",
        "path": _pointer("assignments", "-"),
        "value": {
            "AccountId": WORKLOADS,
            "PermissionSetArn": ADMINISTRATOR,
            "PrincipalType": "USER",
            "PrincipalId": _SOFIA,
        },
    },
    {
        "comment": "Mary has lost her place in the group",
        "op": "remove",
        "path": _pointer("identityStores", STORE, "memberships", _MEMBERSHIP),
    },
    {
        "comment": "SCIM was switched off and on again once, and Nikki is of both eras",
        "op": "add",
        "path": _pointer("identityStores", STORE, "users", _NIKKI, "ExternalIds", "-"),
        "value": {"Issuer": "https://scim.aws.com/9067f1a2b3-00000000-1111-4222-8333-444444444444", "Id": "nikki"},
    },
]
"""What the world ``drifted`` breaks on this side. Ids follow from names, so the world need not be there."""
