"""Permission sets and who reaches which AWS account with them.

API reference: IAM Identity Center (sso-admin). Lists give ARNs only, so every permission set is described; assignments
are listed per account and permission set, walked over the sets that are provisioned to the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.estate import Scope
from xtcheck.kinds.center import GROUPS, INSTANCE, USERS, person_name
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Call, Each, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Names, Records, Text

Json = Any

CONSOLE = "IAM Identity Center console"
AREA = "accounts"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA)

ARNS = _Kind(
    "permission-set-arns",
    "list of permission sets",
    source=Call(
        "sso-admin", "list_permission_sets", {"InstanceArn": "{instance.InstanceArn}"}, "PermissionSets", many=True
    ),
    parent=INSTANCE,
)

PERMISSION_SETS = _Kind(
    "permission-sets",
    "permission sets",
    source=Each(
        Call(
            "sso-admin",
            "describe_permission_set",
            {"InstanceArn": "{instance.InstanceArn}", "PermissionSetArn": "{item}"},
            "PermissionSet",
        )
    ),
    parent=ARNS,
)

PERMISSION_SET = _Kind(
    "permission-set",
    "permission set",
    parent=PERMISSION_SETS,
    key="{permission-set}",
    pick="Name",
    place="identity-center.permission-sets.<permission-set>",
    label="permission-set.<permission-set>",
    settings=(
        state("A permission set of this name exists.", f"{CONSOLE} > Permission sets: create it"),
        Setting(
            "session-duration",
            Text(str.upper, examples=("PT8H", "PT12H")),
            "How long a session lasts, as an ISO 8601 duration (PT1H).",
            path="SessionDuration",
            remedy=f"{CONSOLE} > Permission sets > General settings, then provision it again",
        ),
    ),
)


def _policies(seen: Seen) -> list[Json]:
    return [{"name": policy["Arn"], "id": policy["Name"]} for policy in seen.documents["managed-policies"] or ()]


MANAGED_POLICIES = _Kind(
    "managed-policies",
    "AWS managed policies of permission set",
    source=Call(
        "sso-admin",
        "list_managed_policies_in_permission_set",
        {"InstanceArn": "{instance.InstanceArn}", "PermissionSetArn": "{permission-set.PermissionSetArn}"},
        "AttachedManagedPolicies",
        many=True,
    ),
    parent=PERMISSION_SET,
    key="{permission-set}",
    place="identity-center.permission-sets.<permission-set>",
    label="permission-set.<permission-set>",
    settings=(
        Setting(
            "managed-policies",
            Names("managed policies"),
            "The AWS managed policies attached, by ARN or name.",
            view=_policies,
            breaks=(Break("managed-policies", "-", None),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Permission sets > AWS managed policies, then provision it again",
        ),
    ),
)

PROVISIONED = _Kind(
    "provisioned-sets",
    "permission sets provisioned to account",
    source=Call(
        "sso-admin",
        "list_permission_sets_provisioned_to_account",
        {"InstanceArn": "{instance.InstanceArn}", "AccountId": "{key}"},
        "PermissionSets",
        many=True,
    ),
    parent=INSTANCE,
    key="{account}",
)

_ASSIGNMENTS_OF_SET = Call(
    "sso-admin",
    "list_account_assignments",
    {"InstanceArn": "{instance.InstanceArn}", "AccountId": "{key}", "PermissionSetArn": "{item}"},
    "AccountAssignments",
    many=True,
)


def _assignment_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "account-assignments": ASSIGNMENTS.ref(scope),
        "permission-sets": PERMISSION_SETS.ref(scope),
        "center-users": USERS.ref(scope),
        "center-groups": GROUPS.ref(scope),
    }


def _assignments(seen: Seen) -> list[Json]:
    names = _Names(seen.documents)
    return [names.assignment(assignment) for assignment in seen.documents["account-assignments"] or ()]


class _Names:
    """Names for the ids that assignments hold; what was deleted keeps its id, marked so."""

    def __init__(self, documents: Mapping[str, Json]) -> None:
        self.sets = {item["PermissionSetArn"]: item["Name"] for item in documents["permission-sets"] or ()}
        self.users = {user["UserId"]: person_name(user)["name"] for user in documents["center-users"] or ()}
        self.groups = {group["GroupId"]: group.get("DisplayName", "") for group in documents["center-groups"] or ()}

    def assignment(self, assignment: Json) -> Json:
        id_ = assignment["PrincipalId"]
        if assignment["PrincipalType"] == "GROUP":
            principal = {"group": self.groups.get(id_, f"deleted group {id_}")}
        else:
            principal = {"user": self.users.get(id_, f"deleted user {id_}")}
        return {**principal, "permission-set": self.set_name(assignment)}

    def set_name(self, assignment: Json) -> str:
        arn = assignment["PermissionSetArn"]
        return str(self.sets.get(arn, arn))


ASSIGNMENTS = _Kind(
    "account-assignments",
    "assignments in account",
    source=Each(_ASSIGNMENTS_OF_SET),
    parent=PROVISIONED,
    key="{account}",
    place="identity-center.accounts.<account>",
    label="account.<account>",
    settings=(
        Setting(
            "assignments",
            Records(
                "assignments",
                {
                    "group": "an Identity Center group",
                    "user": "a user name",
                    "permission-set": "a permission set's name",
                },
                one_of=("group", "user"),
            ),
            "Exactly who may enter the account with which permission set. What is not listed must not exist.",
            view=_assignments,
            reads=_assignment_reads,
            breaks=(
                Break("account-assignments", "-", None),
                Break("permission-sets", "#Name", "Renamed"),
            ),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > AWS accounts > Assigned users and groups",
        ),
    ),
)

PERSON = _Kind(
    "person",
    "Identity Center user",
    parent=USERS,
    key="{person}",
    pick="UserName|Emails[].Value",
    fold=True,
)

PERSON_GROUPS = _Kind(
    "person-groups",
    "group memberships of Identity Center user",
    source=Call(
        "identitystore",
        "list_group_memberships_for_member",
        {"IdentityStoreId": "{instance.IdentityStoreId}", "MemberId": '{"UserId": "{person.UserId}"}'},
        "GroupMemberships",
        many=True,
    ),
    parent=PERSON,
    key="{person}",
)


def _access_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "person": PERSON.ref(scope),
        "person-groups": PERSON_GROUPS.ref(scope),
        "account-assignments": ASSIGNMENTS.ref(scope),
        "permission-sets": PERMISSION_SETS.ref(scope),
    }


def _access(seen: Seen) -> list[str]:
    """The permission sets with which a person reaches an account, directly or through a group; none when disabled."""
    person, memberships = seen.documents["person"], seen.documents["person-groups"]
    if person is None or person.get("UserStatus") == "DISABLED":
        return []
    own = {person["UserId"], *(membership["GroupId"] for membership in memberships or ())}
    sets = {item["PermissionSetArn"]: str(item["Name"]) for item in seen.documents["permission-sets"] or ()}
    granted = [
        item["PermissionSetArn"] for item in seen.documents["account-assignments"] or () if item["PrincipalId"] in own
    ]
    return sorted({sets.get(arn, arn) for arn in granted})


ACCESS = _Kind(
    "access",
    "access of a person to an account",
    parent=INSTANCE,
    place="identity-center.access.<person>",
    label="access.<person>",
    settings=(
        Setting(
            "<account>",
            Names("permission sets"),
            "With which permission sets a person (user name or e-mail address) reaches an account, through "
            "assignments to the person or to groups. Entitlements of the account access manager are a second way in, "
            "and are not read here.",
            view=_access,
            reads=_access_reads,
            breaks=(
                Break("account-assignments", "-", None),
                Break("person-groups", "-", None),
                Break("person", "UserStatus", "DISABLED"),
            ),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > AWS accounts, and the person's groups in Entra",
        ),
    ),
)

KINDS = (
    ARNS, PERMISSION_SETS, PERMISSION_SET, MANAGED_POLICIES, PROVISIONED, ASSIGNMENTS, PERSON, PERSON_GROUPS, ACCESS,
)  # fmt: skip
