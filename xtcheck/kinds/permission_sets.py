"""Permission sets, whole: general settings, policies of all sorts, tags, and whether accounts have them as they are.

API reference: IAM Identity Center (sso-admin). Lists give ARNs only, so every permission set is described; what a named
one holds besides takes a call each. A change of a permission set does nothing in an account until it is provisioned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from xtcheck.estate import Scope
from xtcheck.kinds import permission_set_writes as writes
from xtcheck.kinds.center import INSTANCE
from xtcheck.kinds.durations import duration
from xtcheck.kinds.mending import ADMINISTERS, DELETES, GRANTS, SAFE, less, tightening
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Call, Each, Kind, Obstacle, Ref, Removal, Seen, Setting, Severity
from xtcheck.values import Findings, Labels, Names, PolicyDocument, Text

Json = Any

CONSOLE = "IAM Identity Center console"
AREA = "permission sets"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA)
_Part = partial(
    _Kind,
    key="{permission-set}",
    place="identity-center.permission-sets.<permission-set>",
    label="permission-set.<permission-set>",
)
_IDS = {"InstanceArn": "{instance.InstanceArn}", "PermissionSetArn": "{permission-set.PermissionSetArn}"}

NONE = writes.NONE

ARNS = _Kind(
    "permission-set-arns",
    "list of permission sets",
    source=Call(
        "sso-admin", "list_permission_sets", {"InstanceArn": "{instance.InstanceArn}"}, "PermissionSets", many=True
    ),
    parent=INSTANCE,
)


def _names(seen: Seen) -> list[str]:
    return sorted(str(item["Name"]) for item in seen.documents["permission-sets"] or ())


FORBIDDEN = Findings("forbidden", "permission sets")


def _surplus(expected: Json, seen: Seen) -> list[Ref]:
    """The permission sets that nobody declared, as objects of their own."""
    place, above = seen.scope.place("aws"), PERMISSION_SETS.ref(seen.scope)
    return [Ref(PERMISSION_SET, place, name, above, name) for name in FORBIDDEN.left(expected, _names(seen))]


def _looks_at_accounts(expected: Json, seen: Seen) -> Mapping[str, Ref]:
    return {ref.key: Ref(HOLDERS, ref.place, ref.key, ref, ref.label) for ref in _surplus(expected, seen)}


def _who_has_surplus(expected: Json, seen: Seen) -> Iterator[Obstacle]:
    """User guide: a permission set must be removed from all accounts that use it before it is deleted."""
    arns = {item["Name"]: item["PermissionSetArn"] for item in seen.documents["permission-sets"]}
    for ref in _surplus(expected, seen):
        accounts = seen.documents[ref.key] or ()
        why = f"{ref.key} is in account {', '.join(accounts)}: who has it there goes first"
        for account in accounts:
            yield Obstacle(why, ("account-assignments",), account, {"PermissionSetArn": arns[ref.key]})


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
    place="identity-center",
    label="identity-center",
    settings=(
        Setting(
            "undeclared-permission-sets",
            FORBIDDEN,
            "Permission sets of which no policy says anything must not exist.",
            view=_names,
            declares=("permission-set",),
            breaks=(Break("permission-sets", "#Name", "Forgotten"),),
            severity=Severity.CRITICAL,
            mending=DELETES,
            looks=_looks_at_accounts,
            deletes=Removal(_surplus, (writes.DELETE,), first=_who_has_surplus),
            remedy=f"{CONSOLE} > Permission sets: delete it, or declare it",
        ),
    ),
)


def _seconds(length: Json) -> float | None:
    """Of a session; none for what is no duration."""
    found = duration(str(length))
    return None if found is None else found.total_seconds()


def _or_none(field: str, seen: Seen) -> str:
    return str(seen.documents["permission-set"].get(field) or NONE)


PERMISSION_SET = _Kind(
    "permission-set",
    "permission set",
    parent=PERMISSION_SETS,
    key="{permission-set}",
    pick="Name",
    place="identity-center.permission-sets.<permission-set>",
    label="permission-set.<permission-set>",
    mending=SAFE,
    write=writes.SET,
    settings=(
        state("A permission set of this name exists.", f"{CONSOLE} > Permission sets: create it, or delete it"),
        Setting(
            "session-duration",
            Text(str.upper, examples=("PT8H", "PT12H")),
            "How long a session lasts, as an ISO 8601 duration (PT1H).",
            path="SessionDuration",
            mending=less(_seconds, why="the shorter, the tighter"),
            remedy=f"{CONSOLE} > Permission sets > General settings, then provision it again",
        ),
        Setting(
            "description",
            Text(),
            "What people read about it before they choose it; ``none`` where nothing is set.",
            view=partial(_or_none, "Description"),
            sets=writes.sets_text("Description"),
            breaks=(Break("permission-set", "Description", "Everything, for everybody"),),
            severity=Severity.MINOR,
            remedy=f"{CONSOLE} > Permission sets > General settings",
        ),
        Setting(
            "relay-state",
            Text(),
            "Where in the AWS console a session begins; ``none`` where nothing is set.",
            view=partial(_or_none, "RelayState"),
            sets=writes.sets_text("RelayState"),
            breaks=(Break("permission-set", "RelayState", "https://console.aws.amazon.com/iam/"),),
            severity=Severity.MINOR,
            remedy=f"{CONSOLE} > Permission sets > General settings, then provision it again",
        ),
    ),
)


HOLDERS = _Kind(
    "permission-set-accounts",
    "accounts that hold permission set",
    source=Call("sso-admin", "list_accounts_for_provisioned_permission_set", _IDS, "AccountIds", many=True),
    parent=PERMISSION_SET,
    key="{permission-set}",
)


def _policies(seen: Seen) -> list[Json]:
    return [{"name": policy["Arn"], "id": policy["Name"]} for policy in seen.documents["managed-policies"] or ()]


MANAGED_POLICIES = _Part(
    "managed-policies",
    "AWS managed policies of permission set",
    source=Call(
        "sso-admin",
        "list_managed_policies_in_permission_set",
        _IDS,
        "AttachedManagedPolicies",
        many=True,
    ),
    parent=PERMISSION_SET,
    mending=GRANTS,
    write=writes.MANAGED,
    settings=(
        Setting(
            "managed-policies",
            Names("managed policies"),
            "The AWS managed policies attached, by ARN or name.",
            view=_policies,
            sets=writes.sets_managed,
            breaks=(Break("managed-policies", "-", None),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Permission sets > AWS managed policies, then provision it again",
        ),
    ),
)


def _references(seen: Seen) -> list[Json]:
    """Policies by name, or by path and name where the path is not the root."""
    found = []
    for policy in seen.documents["customer-policies"] or ():
        path = str(policy.get("Path") or "/")
        found.append({"name": policy["Name"] if path == "/" else path + policy["Name"], "id": path + policy["Name"]})
    return found


CUSTOMER_POLICIES = _Part(
    "customer-policies",
    "customer managed policies of permission set",
    source=Call(
        "sso-admin",
        "list_customer_managed_policy_references_in_permission_set",
        _IDS,
        "CustomerManagedPolicyReferences",
        many=True,
    ),
    parent=PERMISSION_SET,
    mending=GRANTS,
    write=writes.CUSTOMER,
    settings=(
        Setting(
            "customer-managed-policies",
            Names("customer managed policies"),
            "The customer managed policies attached, by name, or by path and name. Each account must have them.",
            view=_references,
            sets=writes.sets_customer,
            breaks=(Break("customer-policies", "=", [{"Name": "Undeclared", "Path": "/"}]),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Permission sets > Customer managed policies, then provision it again",
        ),
    ),
)


def _inline(seen: Seen) -> Json:
    return seen.documents["inline-policy"]


INLINE_POLICY = _Part(
    "inline-policy",
    "inline policy of permission set",
    # An empty text where there is none.
    source=Call("sso-admin", "get_inline_policy_for_permission_set", _IDS, "InlinePolicy"),
    parent=PERMISSION_SET,
    mending=GRANTS,
    write=writes.INLINE,
    settings=(
        Setting(
            "inline-policy",
            PolicyDocument(),
            "The inline policy, compared by what it means; ``none`` where there is none.",
            view=_inline,
            sets=writes.sets_inline,
            breaks=(
                Break(
                    "inline-policy",
                    "=",
                    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}',
                ),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Permission sets > Inline policy, then provision it again",
        ),
    ),
)


def _boundary_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"permissions-boundary": BOUNDARY.ref(scope)}


def _boundary(seen: Seen) -> str:
    boundary = seen.documents["permissions-boundary"]
    if boundary is None:
        return NONE
    if arn := boundary.get("ManagedPolicyArn"):
        return str(arn)
    reference = boundary["CustomerManagedPolicyReference"]
    return f"{reference.get('Path') or '/'}{reference['Name']}"


BOUNDARY = _Part(
    "permissions-boundary",
    "permissions boundary of permission set",
    source=Call(
        "sso-admin",
        "get_permissions_boundary_for_permission_set",
        _IDS,
        "PermissionsBoundary",
        absent=frozenset({"ResourceNotFoundException"}),
    ),
    parent=PERMISSION_SET,
    mending=tightening(..., NONE, why="any boundary is tighter than none"),
    write=writes.BOUNDARY,
    settings=(
        Setting(
            "permissions-boundary",
            Text(),
            "The boundary: an AWS managed policy's ARN, a customer managed policy's path and name, or ``none``.",
            view=_boundary,
            sets=writes.sets_boundary,
            reads=_boundary_reads,
            breaks=(
                Break("permissions-boundary", "=", {"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Permission sets > Permissions boundary, then provision it again",
        ),
    ),
)


def _tags(seen: Seen) -> Json:
    return seen.documents["permission-set-tags"]


TAGS = _Part(
    "permission-set-tags",
    "tags of permission set",
    source=Call(
        "sso-admin",
        "list_tags_for_resource",
        {"InstanceArn": "{instance.InstanceArn}", "ResourceArn": "{permission-set.PermissionSetArn}"},
        "Tags",
        many=True,
    ),
    parent=PERMISSION_SET,
    mending=ADMINISTERS,
    write=writes.TAGS,
    settings=(
        Setting(
            "tags",
            Labels("tags"),
            "Exactly these tags; ``{}`` means none.",
            view=_tags,
            sets=writes.sets_tags,
            breaks=(Break("permission-set-tags", "=", [{"Key": "owner", "Value": "nobody"}]),),
            severity=Severity.MINOR,
            remedy=f"{CONSOLE} > Permission sets > Tags",
        ),
    ),
)


def _outdated(seen: Seen) -> list[str]:
    return [f"account {account} has an older state" for account in seen.documents["outdated-accounts"] or ()]


OUTDATED = _Part(
    "outdated-accounts",
    "accounts with an older state of permission set",
    source=Call(
        "sso-admin",
        "list_accounts_for_provisioned_permission_set",
        {**_IDS, "ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"},
        "AccountIds",
        many=True,
    ),
    parent=PERMISSION_SET,
    write=writes.PROVISION,
    settings=(
        Setting(
            "provisioned",
            Findings("everywhere"),
            "Every account that holds the permission set holds its latest state.",
            view=_outdated,
            sets=writes.sets_provisioned,
            breaks=(Break("outdated-accounts", "=", ["444455556666"]),),
            severity=Severity.CRITICAL,
            mending=GRANTS,
            remedy=f"{CONSOLE} > Permission sets > Update: provision it again to the accounts named",
        ),
    ),
)

KINDS = (
    ARNS, PERMISSION_SETS, PERMISSION_SET, HOLDERS, MANAGED_POLICIES, CUSTOMER_POLICIES, INLINE_POLICY, BOUNDARY, TAGS,
    OUTDATED,
)  # fmt: skip
