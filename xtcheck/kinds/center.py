"""AWS IAM Identity Center: the instance, and the people and groups that SCIM brought.

API reference: IAM Identity Center (sso-admin) and Identity Store (identitystore).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds import instance_writes as writes
from xtcheck.kinds.mending import FOLLOWS_ENTRA, NO_API, by_hand, unsafe
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Call, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Boolean, Choice, Findings, Names, Text

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

# The instance lives in one region and the list is empty in all others, without an error.
_ALL_INSTANCES = Call("sso-admin", "list_instances", {"RegionScope": "ALL_REGIONS"}, "Instances", many=True)


def _other_instances(seen: Seen) -> list[Json]:
    """Every visible instance but the declared one; all of several when config.yml does not say which one is meant."""
    visible, aws = seen.documents["visible-instances"], seen.scope.aws
    pinned = aws.instance if aws else ""
    if not visible or (pinned and pinned not in {instance["InstanceArn"] for instance in visible}):
        raise Uninterpretable("the declared instance is not among the visible ones", "check account and instance")
    if len(visible) == 1:
        return []
    return [_shown_instance(instance) for instance in visible if instance["InstanceArn"] != pinned]


def _shown_instance(instance: Json) -> Json:
    arn, owner, name = instance["InstanceArn"], instance["OwnerAccountId"], instance.get("Name")
    return {"name": arn, "also": [owner], "text": f"{arn} of account {owner}{f', called {name}' if name else ''}"}


VISIBLE_INSTANCES = _Kind(
    "visible-instances",
    "visible Identity Center instances",
    source=_ALL_INSTANCES,
    place="identity-center",
    label="identity-center",
    settings=(
        Setting(
            "undeclared-instances",
            Findings("forbidden", "instances"),
            "No Identity Center instance is visible from here but the declared one, in any Region: account instances "
            "of members have people of their own, of whom no other row here speaks. Exceptions go by ARN or by the "
            "owner's account id, for whoever owns an instance also names it. With several, ``instance`` of config.yml "
            "must say which one is meant.",
            view=_other_instances,
            breaks=(
                Break("visible-instances", "+", {"InstanceArn": "arn:aws:sso:::instance/ssoins-6684a0b1c2d3e4f5"}),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE}, in the account that owns the instance > Settings > Management: delete it, except it "
            "here, or declare it in config.yml as an AWS entry of its own",
        ),
    ),
)

INSTANCES = _Kind(
    "instance-entry",
    "Identity Center instance",
    source=_ALL_INSTANCES,
    key="{aws.instance}",
    pick="InstanceArn",
    essential=True,
)


def _key_type(seen: Seen) -> Json:
    """API reference, EncryptionConfigurationDetails.

    :raises Uninterpretable: the key is being changed, or that failed: whose key it is then, is not documented.
    """
    details = seen.documents["instance"].get("EncryptionConfigurationDetails")
    if not isinstance(details, dict):
        raise Uninterpretable("EncryptionConfigurationDetails is not shown")
    status, why = details.get("EncryptionStatus"), details.get("EncryptionStatusReason")
    if status != "ENABLED":
        text = f"EncryptionStatus is {status or 'not shown'}{f': {why}' if why else ''}"
        raise Uninterpretable(text, "look again when the key has been changed; after a failure, change it again")
    return details.get("KeyType")


INSTANCE = _Kind(
    "instance",
    "Identity Center instance",
    source=Call("sso-admin", "describe_instance", {"InstanceArn": "{instance-entry.InstanceArn}"}, ""),
    parent=INSTANCES,
    place="identity-center",
    label="identity-center",
    mending=NO_API,
    write=writes.INSTANCE,
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
            "Whose key encrypts the instance's data at rest. While that is being changed, and after a change that "
            "failed, this is unknown.",
            view=_key_type,
            breaks=(Break("instance", "EncryptionConfigurationDetails.KeyType", "CUSTOMER_MANAGED_KEY"),),
            mending=by_hand("another key can lock everybody out, and the row names none"),
            remedy=f"{CONSOLE} > Settings > Management > Encryption",
        ),
        Setting(
            "permission-sets-enabled",
            Boolean(),
            "Permission sets can be assigned; without them accounts are reached through entitlements alone.",
            path="PermissionSetsEnabled",
            sets=writes.sets_permission_sets,
            final=True,
            severity=Severity.CRITICAL,
            mending=unsafe("it cannot be switched off again"),
            remedy=f"{CONSOLE} > Settings: permission sets can be switched on, and never off again",
        ),
    ),
)


def _regions(seen: Seen) -> list[str]:
    """API reference, RegionMetadata: a Region is listed until the workflow of its removal has ended.

    :raises Uninterpretable: one is being removed, or does not say how it is.
    """
    found = []
    for region in seen.documents["instance-regions"] or ():
        name, status = str(region["RegionName"]), region.get("Status")
        if status == "REMOVING":
            raise Uninterpretable(f"the Region {name} is being removed", "look again when that has ended")
        if status not in {"ACTIVE", "ADDING"}:
            raise Uninterpretable(f"Status of the Region {name} is {status or 'not shown'}")
        found.append(name)
    return found


REGIONS = _Kind(
    "instance-regions",
    "Regions of Identity Center",
    source=Call("sso-admin", "list_regions", {"InstanceArn": "{instance.InstanceArn}"}, "Regions", many=True),
    parent=INSTANCE,
    place="identity-center",
    label="identity-center",
    write=writes.REGIONS,
    settings=(
        Setting(
            "regions",
            Names("Regions"),
            "Every Region that the instance is in or is being added to, the primary one among them. While one is being "
            "removed, this is unknown.",
            view=_regions,
            sets=writes.sets_regions,
            breaks=(
                Break(
                    "instance-regions",
                    "+",
                    {"RegionName": "eu-west-1", "Status": "ADDING", "IsPrimaryRegion": False},
                ),
            ),
            mending=unsafe("a Region that is removed takes its sign-in along"),
            remedy=f"{CONSOLE} > Settings > Management > Regions",
        ),
    ),
)

USERS = _Kind(
    "center-users",
    "users of the identity store",
    # Department and the like are shown only to who asks for the extension (API reference: ListUsers).
    source=Call(
        "identitystore",
        "list_users",
        {"IdentityStoreId": "{instance.IdentityStoreId}", "Extensions": '["aws:identitystore:enterprise"]'},
        "Users",
        many=True,
    ),
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
    mending=FOLLOWS_ENTRA,
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


def is_enabled(user: Json) -> bool:
    """Whether a user of the identity store may sign in.

    :raises Uninterpretable: the service does not say so.
    """
    status = user.get("UserStatus")
    if status not in {"ENABLED", "DISABLED"}:
        raise Uninterpretable("UserStatus of a user is not shown")
    return bool(status == "ENABLED")


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
    mending=FOLLOWS_ENTRA,
    settings=(
        state(
            "A group of this display name was provisioned.",
            "assign the group to the enterprise app in Entra, or take it out there, and let it provision",
            Severity.CRITICAL,
            mending=FOLLOWS_ENTRA,
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
    mending=FOLLOWS_ENTRA,
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

KINDS = (VISIBLE_INSTANCES, INSTANCES, INSTANCE, REGIONS, USERS, GROUPS, DIRECTORY, CENTER_GROUP, MEMBERSHIPS)
