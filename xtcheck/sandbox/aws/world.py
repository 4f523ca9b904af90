"""The AWS side of the world ``blog``: one organization, one Identity Center, one permission set on one account."""

from __future__ import annotations

from xtcheck.sandbox.aws import ids
from xtcheck.sandbox.aws.entry import ENABLED, LATEST, Entry, permission_set
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
BLOG = Entry(
    ALIAS, "shared", MANAGEMENT, WORKLOADS, ORGANIZATION, INSTANCE, STORE, SCIM_TENANT, SCIM_TOKEN, ACCESS_KEY,
    SECRET_KEY, "corporateazureadtoaws", GROUP,
)  # fmt: skip

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
    "FailureReason",
    "Username",
    "AccessKeyId",
    "PortalOptions",
    "CreatedFrom",
    "IdentityStoreArn",
    "tenantId",
    "tags",
    "error",
    "accountName",
)
"""Fields that the services know although the world has them nowhere, for drifts that add one."""


def _pointer(*segments: str) -> str:
    return "/".join(["", "aws", ALIAS, *(each.replace("~", "~0").replace("/", "~1") for each in segments)])


_SOFIA = ids.user_id(STORE, "sofia@anyorganizationone.com")
_NIKKI = ids.user_id(STORE, "nikki@anyorganizationone.com")
_MARY = ids.user_id(STORE, "mary@anyorganizationtwo.com")
_MEMBERSHIP = ids.membership_id(STORE, ids.group_id(STORE, GROUP), _MARY)

_CONSULTANT = ids.user_id(STORE, "consultant")


def _by_hand(identifier: str, name: str) -> Json:
    """A user that an administrator made in the console: without any external id."""
    return {
        "IdentityStoreId": STORE,
        "UserId": identifier,
        "UserArn": ids.resource_arn("user", identifier),
        "UserName": name,
        "DisplayName": name.capitalize(),
        "Name": {"FamilyName": name.capitalize(), "GivenName": "External"},
        "Emails": [{"Value": f"{name}@example.com", "Type": "work", "Primary": True}],
        "UserStatus": "ENABLED",
        "Revision": "1",
        "CreatedAt": ENABLED,
        "UpdatedAt": ENABLED,
    }


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
        "value": permission_set(ADMINISTRATOR, "AdministratorAccess", {WORKLOADS: LATEST}),
    },
    {
        "comment": "… and Sofia is an administrator with it, directly",
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
    {
        "comment": "somebody promoted Nikki in AWS alone",
        "op": "replace",
        "path": _pointer("identityStores", STORE, "users", _NIKKI, "Title"),
        "value": "Head of Reliability",
    },
    {
        "comment": "somebody made a user by hand, who will not leave with anybody",
        "op": "add",
        "path": _pointer("identityStores", STORE, "users", _CONSULTANT),
        "value": _by_hand(_CONSULTANT, "consultant"),
    },
    {
        "comment": "the identity store lets SCIM in from the office alone, and Entra no longer",
        "op": "add",
        "path": _pointer("identityStores", STORE, "networkConfiguration"),
        "value": {"VpceAccessRequired": True, "ScimAllowSourceIps": ["203.0.113.0/24"]},
    },
    {
        "comment": "the account of the workloads may administer Identity Center",
        "op": "add",
        "path": _pointer("delegatedAdministrators", "-"),
        "value": BLOG.account(WORKLOADS, "Workloads", "CREATED") | {"DelegationEnabledDate": ENABLED},
    },
    {
        "comment": "a group was deleted, and its assignment stayed",
        "op": "add",
        "path": _pointer("assignments", "-"),
        "value": {
            "AccountId": WORKLOADS,
            "PermissionSetArn": READ_ONLY,
            "PrincipalType": "GROUP",
            "PrincipalId": ids.group_id(STORE, "Auditors"),
        },
    },
]
"""What the world ``drifted`` breaks on this side. Ids follow from names, so the world need not be there."""
