"""Every way of a person into an account: assignments and entitlements, to the person or to a group of the person.

All assignments are walked over the pairs of permission set and account in which the one is provisioned to the other,
never over their product: the service admits 20 calls a second in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.accounts import ASSIGNMENTS, CONSOLE
from xtcheck.kinds.center import GROUPS, INSTANCE, USERS, is_enabled, person_name
from xtcheck.kinds.entitlements import (
    ALL_APPLICATIONS,
    ENTITLEMENTS,
    application_reads,
    entitlements,
    entitlements_of,
    example,
)
from xtcheck.kinds.mending import ELSEWHERE
from xtcheck.kinds.people import ALL_MEMBERSHIPS
from xtcheck.kinds.permission_sets import ARNS, PERMISSION_SETS
from xtcheck.model import Break, Call, Each, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Grants, Names

Json = Any

AREA = "accounts"
SETS_AND_ROLES = "permission sets and roles"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA, mending=ELSEWHERE)

# --- what is read ---------------------------------------------------------------------------------------------------

SET_ACCOUNTS = _Kind(
    "set-accounts",
    "accounts that hold permission sets",
    source=Each(
        Call(
            "sso-admin",
            "list_accounts_for_provisioned_permission_set",
            {"InstanceArn": "{instance.InstanceArn}", "PermissionSetArn": "{item}"},
            "AccountIds",
            many=True,
        ),
        mark="item",
    ),
    parent=ARNS,
)

EVERY_ASSIGNMENT = _Kind(
    "every-assignment",
    "assignments in all accounts",
    source=Each(
        Call(
            "sso-admin",
            "list_account_assignments",
            {"InstanceArn": "{instance.InstanceArn}", "AccountId": "{item.@}", "PermissionSetArn": "{item.@of}"},
            "AccountAssignments",
            many=True,
        )
    ),
    parent=SET_ACCOUNTS,
)

PERSON = _Kind(
    "person",
    "Identity Center user",
    parent=USERS,
    key="{person}",
    pick="UserName|Emails[].Value",
    fold=True,
)

_GROUPS_OF_PERSON = Call(
    "identitystore",
    "list_group_memberships_for_member",
    {"IdentityStoreId": "{instance.IdentityStoreId}", "MemberId": '{"UserId": "{person.UserId}"}'},
    "GroupMemberships",
    many=True,
)

PERSON_GROUPS = _Kind(
    "person-groups",
    "group memberships of Identity Center user",
    source=_GROUPS_OF_PERSON,
    parent=PERSON,
    key="{person}",
)

PERSON_APPLICATIONS = _Kind(
    "person-applications",
    "applications of account access manager, for Identity Center user",
    source=ALL_APPLICATIONS,
    parent=PERSON,
    key="{person}",
)

PERSON_ENTITLEMENTS = _Kind(
    "person-entitlements",
    "entitlements of Identity Center user",
    source=entitlements_of("applicationArn", '{"principal": {"identityCenter": {"userId": "{person.UserId}"}}}'),
    parent=PERSON_APPLICATIONS,
    key="{person}",
)

# The same request for each application: its results are pairs of an application and a group of the person.
APPLICATION_GROUPS = _Kind(
    "application-groups",
    "groups of Identity Center user, by application of account access manager",
    source=Each(_GROUPS_OF_PERSON, mark="applicationArn"),
    parent=PERSON_APPLICATIONS,
    key="{person}",
)

GROUP_ENTITLEMENTS = _Kind(
    "group-entitlements",
    "entitlements of the groups of Identity Center user",
    source=entitlements_of("@of", '{"principal": {"identityCenter": {"groupId": "{item.GroupId}"}}}'),
    parent=APPLICATION_GROUPS,
    key="{person}",
)

# --- what it comes to -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """A permission set or a role that a principal gets in an account."""

    principal: str
    is_group: bool
    name: str
    id: str
    account: str
    word: str
    """How one comes by it: assigned, entitled."""


def _ways(seen: Seen, *, assigned: str, entitled: tuple[str, ...]) -> list[Way]:
    sets = {item["PermissionSetArn"]: str(item["Name"]) for item in seen.documents.get("permission-sets") or ()}
    found = []
    for item in seen.documents[assigned] or ():
        arn, kind = item["PermissionSetArn"], item["PrincipalType"]
        if kind not in {"USER", "GROUP"}:
            raise Uninterpretable(f"an assignment is to a {kind}")
        found.append(Way(item["PrincipalId"], kind == "GROUP", sets.get(arn, arn), arn, item["AccountId"], "assigned"))
    return found + [
        Way(item.principal, item.is_group, item.role_name, item.role, item.account, "entitled")
        for item in entitlements(seen, *entitled)
    ]


def _how(way: Way, groups: Mapping[str, str]) -> str:
    return f"{way.word} through group {groups.get(way.principal, way.principal)}" if way.is_group else way.word


def _group_names(seen: Seen) -> dict[str, str]:
    found = seen.documents.get("center-groups") or ()
    return {group["GroupId"]: str(group.get("DisplayName") or group["GroupId"]) for group in found}


def _united(grants: Iterable[tuple[str, str, str]]) -> list[Json]:
    """Each name and id once, with all ways that lead to it."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for name, id_, how in grants:
        found.setdefault((name, id_), {})[how] = None
    return [{"name": name, "id": id_, "how": " and ".join(hows)} for (name, id_), hows in sorted(found.items())]


def _people_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "account-assignments": ASSIGNMENTS.ref(scope),
        "permission-sets": PERMISSION_SETS.ref(scope),
        "entitlements": ENTITLEMENTS.ref(scope),
        **application_reads(scope),
        "center-users": USERS.ref(scope),
        "center-groups": GROUPS.ref(scope),
        "all-memberships": ALL_MEMBERSHIPS.ref(scope),
    }


def _people(seen: Seen) -> list[Json]:
    """Everybody whom an assignment or entitlement means, by any way; deleted principals are nobody."""
    groups, members = _group_names(seen), _members(seen)
    given: dict[str, list[tuple[str, str, str]]] = {}
    for way in _ways(seen, assigned="account-assignments", entitled=("entitlements",)):
        for user in members.get(way.principal, ()) if way.is_group else (way.principal,):
            given.setdefault(user, []).append((way.name, way.id, _how(way, groups)))
    users = [user for user in seen.documents["center-users"] or () if user["UserId"] in given]
    return [
        person_name(user)
        | {
            "grants": _united(given[user["UserId"]]),
            "barred": "" if is_enabled(user) else "disabled in AWS",
        }
        for user in users
    ]


def _members(seen: Seen) -> dict[str, list[str]]:
    """The ids of the members of each group."""
    found: dict[str, list[str]] = {}
    for membership in seen.documents["all-memberships"] or ():
        found.setdefault(membership["GroupId"], []).append(membership["MemberId"]["UserId"])
    return found


ACCOUNT_PEOPLE = _Kind(
    "account-people",
    "people of account",
    parent=INSTANCE,
    place="identity-center.accounts.<account>",
    label="account.<account>",
    settings=(
        Setting(
            "people",
            Grants(SETS_AND_ROLES),
            "Exactly who of the declared instance reaches the account, and with what: each person (user name or e-mail "
            "address) with permission sets by name, and with roles of entitlements as role/Name or by ARN. Through "
            "assignments and entitlements to the person or to a group. Whoever is disabled reaches nothing.",
            view=_people,
            reads=_people_reads,
            breaks=(
                Break("account-assignments", "-", None),
                Break("permission-sets", "#Name", "Renamed"),
                Break("entitlements", "=", example("444455556666")),
                Break("all-memberships", "-", None),
                Break("center-users", "#UserStatus", "DISABLED"),
            ),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > AWS accounts; IAM console > Account access manager; and the people's groups in Entra",
        ),
    ),
)


def _access_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "person": PERSON.ref(scope),
        "person-groups": PERSON_GROUPS.ref(scope),
        "account-assignments": ASSIGNMENTS.ref(scope),
        "permission-sets": PERMISSION_SETS.ref(scope),
        "entitlements": ENTITLEMENTS.ref(scope),
        **application_reads(scope),
    }


def _group_context(scope: Scope) -> Mapping[str, Ref]:
    return {"center-groups": GROUPS.ref(scope)}


def _own(seen: Seen, ways: Iterable[Way]) -> Iterator[Way]:
    """The ways that are the person's: none while it is disabled."""
    person = seen.documents["person"]
    if person is None or not is_enabled(person):
        return
    groups = {membership["GroupId"] for membership in seen.documents["person-groups"] or ()}
    for way in ways:
        if way.principal in groups if way.is_group else way.principal == person["UserId"]:
            yield way


def _access(seen: Seen) -> list[Json]:
    """The permission sets and roles with which a person reaches an account."""
    groups = _group_names(seen)
    ways = _ways(seen, assigned="account-assignments", entitled=("entitlements",))
    return _united((way.name, way.id, _how(way, groups)) for way in _own(seen, ways))


def _accounts_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "person": PERSON.ref(scope),
        "person-groups": PERSON_GROUPS.ref(scope),
        "every-assignment": EVERY_ASSIGNMENT.ref(scope),
        "person-entitlements": PERSON_ENTITLEMENTS.ref(scope),
        "group-entitlements": GROUP_ENTITLEMENTS.ref(scope),
        **application_reads(scope),
    }


def _accounts_context(scope: Scope) -> Mapping[str, Ref]:
    return {**_group_context(scope), "permission-sets": PERMISSION_SETS.ref(scope)}


def _accounts(seen: Seen) -> list[Json]:
    """The accounts that a person reaches at all, each with how."""
    groups = _group_names(seen)
    ways = _ways(seen, assigned="every-assignment", entitled=("person-entitlements", "group-entitlements"))
    return _united((way.account, way.account, f"{way.name}, {_how(way, groups)}") for way in _own(seen, ways))


ACCESS = _Kind(
    "access",
    "access of a person",
    parent=INSTANCE,
    place="identity-center.access.<person>",
    label="access.<person>",
    settings=(
        Setting(
            "accounts",
            Names("accounts"),
            "Exactly the accounts that a person (user name or e-mail address) reaches at all, of the whole "
            "organization, by assignments and entitlements of the declared instance; ``[]`` means none.",
            view=_accounts,
            reads=_accounts_reads,
            context=_accounts_context,
            breaks=(
                Break("every-assignment", "-", None),
                Break("person-groups", "-", None),
                Break("person-entitlements", "=", example("111122223333")),
                Break("person", "UserStatus", "DISABLED"),
            ),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > AWS accounts; IAM console > Account access manager; and the person's groups in Entra",
        ),
        Setting(
            "<account>",
            Names(SETS_AND_ROLES),
            "With what a person (user name or e-mail address) reaches an account: permission sets by name, and roles "
            "of entitlements as role/Name or by ARN. Through assignments and entitlements of the declared instance to "
            "the person or to a group; ``[]`` means not at all.",
            view=_access,
            reads=_access_reads,
            context=_group_context,
            breaks=(
                Break("account-assignments", "-", None),
                Break("entitlements", "=", example("444455556666")),
                Break("person-groups", "-", None),
                Break("person", "UserStatus", "DISABLED"),
            ),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > AWS accounts; IAM console > Account access manager; and the person's groups in Entra",
        ),
    ),
)

KINDS = (
    SET_ACCOUNTS, EVERY_ASSIGNMENT, PERSON, PERSON_GROUPS, PERSON_APPLICATIONS, PERSON_ENTITLEMENTS, APPLICATION_GROUPS,
    GROUP_ENTITLEMENTS, ACCOUNT_PEOPLE, ACCESS,
)  # fmt: skip
