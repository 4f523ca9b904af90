"""AWS IAM Identity Center: the instance, and the people and groups that SCIM brought.

API reference: IAM Identity Center (sso-admin) and Identity Store (identitystore).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Call, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Boolean, Choice, Names, Text

Json = Any

CONSOLE = "IAM Identity Center console"
AREA = "IAM Identity Center"
STATUSES = {
    "active": "ACTIVE",
    "create-in-progress": "CREATE_IN_PROGRESS",
    "create-failed": "CREATE_FAILED",
    "delete-in-progress": "DELETE_IN_PROGRESS",
}

_Kind = partial(Kind, home="aws", subject="aws", area=AREA)

INSTANCES = _Kind(
    "instance-entry",
    "Identity Center instance",
    # The instance lives in one region and the list is empty in all others, without an error.
    source=Call("sso-admin", "list_instances", {"RegionScope": "ALL_REGIONS"}, "Instances", many=True),
    key="{aws.instance}",
    pick="InstanceArn",
    essential=True,
)


def _regions(seen: Seen) -> list[str]:
    return [str(region["RegionName"]) for region in seen.documents["instance"]["Regions"]]


INSTANCE = _Kind(
    "instance",
    "Identity Center instance",
    source=Call("sso-admin", "describe_instance", {"InstanceArn": "{instance-entry.InstanceArn}"}, ""),
    parent=INSTANCES,
    place="identity-center",
    label="identity-center",
    settings=(
        Setting(
            "status",
            Choice(STATUSES),
            "The instance's status.",
            path="Status",
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Settings",
        ),
        Setting(
            "primary-region",
            Text(examples=("eu-west-1", "us-west-2")),
            "The region in which the instance was enabled.",
            path="PrimaryRegion",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE}: the region cannot be changed without deleting the instance",
        ),
        Setting(
            "regions",
            Names("Regions"),
            "Every Region that the instance is in or is being added to, the primary one among them.",
            view=_regions,
            breaks=(
                Break(
                    "instance",
                    "Regions",
                    [
                        {"RegionName": "us-east-1", "Status": "ACTIVE", "IsPrimaryRegion": True},
                        {"RegionName": "eu-west-1", "Status": "ADDING", "IsPrimaryRegion": False},
                    ],
                ),
            ),
            remedy=f"{CONSOLE} > Settings > Management > Regions",
        ),
        Setting(
            "owner-account",
            Text(examples=("111122223333", "999988887777")),
            "The account that owns the instance: of an organization instance, the management account.",
            path="OwnerAccountId",
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE}: enable the organization instance, and declare that one",
        ),
        Setting(
            "encryption",
            Choice({"aws-owned-key": "AWS_OWNED_KMS_KEY", "customer-managed-key": "CUSTOMER_MANAGED_KEY"}),
            "Whose key encrypts the instance's data at rest.",
            path="EncryptionConfigurationDetails.KeyType",
            remedy=f"{CONSOLE} > Settings > Management > Encryption",
        ),
        Setting(
            "permission-sets-enabled",
            Boolean(),
            "Permission sets can be assigned; without them accounts are reached through entitlements alone.",
            path="PermissionSetsEnabled",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings: permission sets can be switched on, and never off again",
        ),
    ),
)

USERS = _Kind(
    "center-users",
    "users of the identity store",
    source=Call("identitystore", "list_users", {"IdentityStoreId": "{instance.IdentityStoreId}"}, "Users", many=True),
    parent=INSTANCE,
)

GROUPS = _Kind(
    "center-groups",
    "groups of the identity store",
    source=Call("identitystore", "list_groups", {"IdentityStoreId": "{instance.IdentityStoreId}"}, "Groups", many=True),
    parent=INSTANCE,
)


def _issuers(seen: Seen) -> list[str]:
    """The issuers of all external ids.

    SCIM writes ``https://scim.aws.com/<SCIM tenant>``: seen by several independently, not documented.
    """
    objects = [*(seen.documents["center-users"] or ()), *(seen.documents["center-groups"] or ())]
    return sorted({str(external["Issuer"]) for item in objects for external in item.get("ExternalIds") or ()})


def _directory(scope: Scope) -> Mapping[str, Ref]:
    return {"center-users": USERS.ref(scope), "center-groups": GROUPS.ref(scope)}


DIRECTORY = _Kind(
    "identity-store",
    "identity store",
    parent=INSTANCE,
    place="identity-center",
    label="identity-center",
    settings=(
        Setting(
            "scim-issuers",
            Names("SCIM issuers"),
            "Who provisioned the users and groups of the identity store. Two issuers mean that SCIM was set up twice.",
            view=_issuers,
            reads=_directory,
            breaks=(
                Break("center-users", "#ExternalIds", [{"Issuer": "https://scim.aws.com/other", "Id": "1"}]),
                Break("center-groups", "#ExternalIds", [{"Issuer": "https://scim.aws.com/other", "Id": "1"}]),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Automatic provisioning",
        ),
    ),
)


def person_name(user: Json) -> Json:
    """A user of the identity store as a name: its user name, and also its e-mail addresses."""
    addresses = [address["Value"] for address in user.get("Emails") or () if address.get("Value")]
    return {"name": str(user.get("UserName") or user["UserId"]), "id": str(user["UserId"]), "also": addresses}


def _members(seen: Seen) -> list[Json]:
    memberships, users = seen.documents["center-memberships"], seen.documents["center-users"]
    people = {user["UserId"]: person_name(user) for user in users or ()}
    found = []
    for membership in memberships or ():
        member = membership.get("MemberId", {}).get("UserId")
        if not member:
            raise Uninterpretable("a membership names no user")
        found.append(people.get(member, {"name": f"deleted user {member}", "id": member}))
    return found


def _member_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"center-memberships": MEMBERSHIPS.ref(scope), "center-users": USERS.ref(scope)}


CENTER_GROUP = _Kind(
    "center-group",
    "Identity Center group",
    parent=GROUPS,
    key="{group}",
    pick="DisplayName",
    place="identity-center.groups.<group>",
    label="group.<group>",
    settings=(
        state(
            "A group of this display name was provisioned.",
            "assign the group to the enterprise app in Entra, and let it provision",
            Severity.CRITICAL,
        ),
    ),
)

MEMBERSHIPS = _Kind(
    "center-memberships",
    "members of Identity Center group",
    source=Call(
        "identitystore",
        "list_group_memberships",
        {"IdentityStoreId": "{instance.IdentityStoreId}", "GroupId": "{center-group.GroupId}"},
        "GroupMemberships",
        many=True,
    ),
    parent=CENTER_GROUP,
    key="{group}",
    place="identity-center.groups.<group>",
    label="group.<group>",
    settings=(
        Setting(
            "members",
            Names("members", ignore_case=True),
            "Who is in the group, by user name or e-mail address.",
            view=_members,
            reads=_member_reads,
            breaks=(Break("center-memberships", "-", None),),
            severity=Severity.CRITICAL,
            remedy="members follow Entra: see the group and the app's provisioning logs there; never edit them in AWS",
        ),
    ),
)

KINDS = (INSTANCES, INSTANCE, USERS, GROUPS, DIRECTORY, CENTER_GROUP, MEMBERSHIPS)
