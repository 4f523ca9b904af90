"""Who reaches which AWS account: assignments of permission sets to groups and users.

API reference: IAM Identity Center (sso-admin). Lists give ARNs only, so every permission set is described; assignments
are listed per account and permission set, walked over the sets that are provisioned to the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.center import GROUPS, INSTANCE, USERS, person_name
from xtcheck.kinds.mending import DECIDE, DELETES, GRANTS
from xtcheck.kinds.permission_sets import PERMISSION_SETS
from xtcheck.model import Break, Call, Each, Kind, Ref, Seen, Setting, Severity
from xtcheck.shapes import Members, Send, Window, item_path
from xtcheck.values import Findings, Records

Json = Any

CONSOLE = "IAM Identity Center console"
AREA = "accounts"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA)

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

        self.also = {user["UserId"]: _also(user) for user in documents["center-users"] or ()}

    def assignment(self, assignment: Json) -> Json:
        id_ = assignment["PrincipalId"]
        if assignment["PrincipalType"] == "GROUP":
            principal = {"group": self.groups.get(id_, f"deleted group {id_}")}
        else:
            principal = {"user": self.users.get(id_, f"deleted user {id_}")}
        return {**principal, "permission-set": self.set_name(assignment)}

    def deleted(self, assignment: Json) -> str:
        """The principal, if there is none any more; else nothing."""
        known = self.groups if assignment["PrincipalType"] == "GROUP" else self.users
        id_ = assignment["PrincipalId"]
        return "" if id_ in known else f"deleted {assignment['PrincipalType'].lower()} {id_}"

    def set_name(self, assignment: Json) -> str:
        arn = assignment["PermissionSetArn"]
        return str(self.sets.get(arn, arn))


def _principal(record: Json, names: _Names) -> tuple[str, str]:
    """Type and id of who is meant by a record.

    :raises Unwritable: nobody, or more than one, is called so.
    """
    word, known = ("GROUP", names.groups) if "group" in record else ("USER", names.users)
    return word, only(record, known)


def only(record: Json, known: Mapping[str, str]) -> str:
    """The id of the one user or group of the identity store that a record names.

    :raises Unwritable: nobody, or more than one, is called so.
    """
    word = "group" if "group" in record else "user"
    hits = [id_ for id_, name in known.items() if name == record[word]]
    if len(hits) != 1:
        count = len(hits) or "no"
        raise Unwritable(f"{count} {word}s of the identity store answer to {record[word]}; it follows Entra")
    return hits[0]


def _sends_assignments(expected: Json, seen: Seen) -> Mapping[str, Json]:
    """Each assignment that lacks, and those that nobody declared.

    :raises Unwritable: who or what is to be assigned is not there.
    """
    names = _Names(seen.documents)
    arns = {name: arn for arn, name in names.sets.items()}
    there = [(item, names.assignment(item)) for item in seen.documents["account-assignments"] or ()]
    found: dict[str, Json] = {}
    for item, record in there:
        if record not in expected:
            found[_path(item, record, names)] = None
    for record in expected:
        if record in (known for _, known in there):
            continue
        principal, arn = _principal(record, names), arns.get(record["permission-set"])
        if arn is None:
            raise Unwritable(f"there is no permission set {record['permission-set']} to be assigned")
        item = {"PermissionSetArn": arn, "PrincipalType": principal[0], "PrincipalId": principal[1]}
        found[_path(item, record, names)] = item
    return found


def _sends_orphaned(_expected: Json, seen: Seen) -> Mapping[str, Json]:
    """Those of nobody go; the others stay."""
    names = _Names(seen.documents)
    there = seen.documents["account-assignments"] or ()
    return {_path(item, names.assignment(item), names): None for item in there if names.deleted(item)}


def _also(user: Json) -> list[str]:
    return [text for text in (user.get("DisplayName"), *person_name(user)["also"]) if text]


def _path(item: Json, record: Json, names: _Names) -> str:
    """An assignment by what tells it from the others, and for a person by names."""
    named = ", ".join(f"{field} {text}" for field, text in record.items())
    return item_path(**{"@": named, "@also": names.also.get(item["PrincipalId"], []), **_parameters(item)})


def _call(word: str, *, idempotent: bool) -> Send:
    """Creating one that exists is accepted; both are carried out later (API reference: IAM Identity Center)."""
    ing = {"create": "Creation", "delete": "Deletion"}[word]
    return Send(
        "",
        f"{word}_account_assignment",
        f"sso:{word.title()}AccountAssignment",
        {"InstanceArn": "{instance.InstanceArn}", "TargetId": "{key}", "TargetType": "AWS_ACCOUNT"},
        "sso-admin",
        idempotent=idempotent,
        follow=f"describe_account_assignment_{ing.lower()}_status AccountAssignment{ing}RequestId "
        f"AccountAssignment{ing}Status",
    )


OWN = ("PermissionSetArn", "PrincipalType", "PrincipalId")
"""What makes up an assignment."""


def _parameters(item: Json) -> Mapping[str, Json]:
    return {name: item[name] for name in OWN}


SHAPE = Members(
    add=_call("create", idempotent=True),
    remove=_call("delete", idempotent=False),
    added=_parameters,
    removed=_parameters,
    window=Window("account-assignments", 5, 300, "asynchronous; five minutes are what others wait"),
    order=70,
    own=OWN,
)


def _direct(seen: Seen) -> list[str]:
    """The users with an assignment of their own, each once."""
    names = _Names(seen.documents)
    found = [names.assignment(assignment) for assignment in seen.documents["account-assignments"] or ()]
    return sorted({record["user"] for record in found if "user" in record})


def _orphaned(seen: Seen) -> list[str]:
    names = _Names(seen.documents)
    return [
        f"{principal} has {names.set_name(assignment)}"
        for assignment in seen.documents["account-assignments"] or ()
        if (principal := names.deleted(assignment))
    ]


def _idle_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "provisioned-sets": PROVISIONED.ref(scope),
        "account-assignments": ASSIGNMENTS.ref(scope),
        "permission-sets": PERMISSION_SETS.ref(scope),
    }


def _idle(seen: Seen) -> list[str]:
    names = {item["PermissionSetArn"]: str(item["Name"]) for item in seen.documents["permission-sets"] or ()}
    used = {assignment["PermissionSetArn"] for assignment in seen.documents["account-assignments"] or ()}
    return [names.get(arn, arn) for arn in seen.documents["provisioned-sets"] or () if arn not in used]


ASSIGNMENTS = _Kind(
    "account-assignments",
    "assignments in account",
    source=Each(_ASSIGNMENTS_OF_SET),
    parent=PROVISIONED,
    key="{account}",
    place="identity-center.accounts.<account>",
    label="account.<account>",
    write=SHAPE,
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
            sends=_sends_assignments,
            reads=_assignment_reads,
            breaks=(
                Break("account-assignments", "-", None),
                Break("permission-sets", "#Name", "Renamed"),
            ),
            severity=Severity.BLOCKER,
            mending=GRANTS,
            remedy=f"{CONSOLE} > AWS accounts > Assigned users and groups",
        ),
        Setting(
            "direct-user-assignments",
            Findings("forbidden", "user names", ignore_case=True),
            "Nobody is assigned to the account directly: people come and go with their groups.",
            view=_direct,
            reads=_assignment_reads,
            breaks=(Break("account-assignments", "#PrincipalType", "USER"),),
            severity=Severity.CRITICAL,
            mending=DECIDE,
            remedy=f"{CONSOLE} > AWS accounts > Assigned users and groups: assign a group instead",
        ),
        Setting(
            "orphaned-assignments",
            Findings("forbidden"),
            "No assignment is left behind by a user or group that was deleted.",
            view=_orphaned,
            sends=_sends_orphaned,
            final=True,  # nobody can be assigned who is not there
            reads=_assignment_reads,
            breaks=(Break("account-assignments", "#PrincipalId", "9067f1a2b3-00000000-1111-4222-8333-444444444444"),),
            mending=DELETES,
            remedy=f"{CONSOLE} > AWS accounts > Assigned users and groups: remove it. A group that was deleted and "
            "provisioned again is another group: assign that one",
        ),
        Setting(
            "provisioned-without-assignment",
            Findings("forbidden", "permission sets"),
            "No permission set is in the account without anybody assigned: a role that nobody looks after.",
            view=_idle,
            reads=_idle_reads,
            breaks=(Break("account-assignments", "-", None),),
            mending=DECIDE,
            follows=True,  # with the last assignment its role goes too (user guide: referencing permission sets)
            remedy=f"{CONSOLE} > AWS accounts: remove the permission set from the account",
        ),
    ),
)

KINDS = (PROVISIONED, ASSIGNMENTS)
