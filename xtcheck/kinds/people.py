"""The same people on both ends: who is assigned to the app in Entra against who is in the identity store.

Entra provisions the users and groups that are assigned, and the direct members of assigned groups; not groups of groups
(Learn: entra/identity/app-provisioning/how-provisioning-works). Objects are joined by the external id
when it is Entra's object id, else by user name and by the group's display name: which attribute becomes the external id
is a mapping, and older templates take the mail nickname.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.app_roles import NO_ROLE, provisioning
from xtcheck.kinds.application import APP, ASSIGNED
from xtcheck.kinds.assignments import members_of_assigned
from xtcheck.kinds.center import CONSOLE, GROUPS, INSTANCE, USERS, is_enabled
from xtcheck.kinds.mending import FOLLOWS_ENTRA, IN_AWS
from xtcheck.languages.expressions.letters import folded
from xtcheck.languages.expressions.source_view import stripped
from xtcheck.model import Break, Call, Columns, Each, Get, Kind, Ref, Seen, Setting, Severity
from xtcheck.properties import TYPE, USER
from xtcheck.tables import OF
from xtcheck.values import Findings

if TYPE_CHECKING:
    import polars as pl

Json = Any

AREA = "people"
ENTRA = "Entra admin center > Enterprise applications > AWS IAM Identity Center > Provisioning"

SCIM_ISSUER = "https://scim.aws.com/"
OTHER: Json = [{"Issuer": "https://elsewhere.example", "Id": "1"}]
"""External ids that SCIM did not write, as an example of a drift."""
MEMBER_TYPES = frozenset(
    f"#microsoft.graph.{name}" for name in ("user", "group", "device", "servicePrincipal", "orgContact")
)

_Tenant = partial(Kind, home="tenant", subject="aws", area=AREA)

TENANT_USERS = Kind(
    "tenant-users",
    "users of the tenant",
    home="tenant",
    subject="tenant",
    area=AREA,
    source=Columns("/users?$top=999", lambda _: ("userPrincipalName", "accountEnabled")),
    permission="User.Read.All",
)
"""For checks in code, a table. No row reads it: of a tenant with a million users only those who are assigned matter to
AWS."""

ASSIGNED_USERS = _Tenant(
    "assigned-users",
    "users who are assigned directly",
    # A user who is gone is documented as 404 (Graph: user-get); whoever is assigned and not found is not understood.
    source=Each(
        Get("/users/{item.principalId}?$select=id,userPrincipalName,accountEnabled", absent=frozenset({"404"})),
        where="principalType=User",
        sparse=True,
    ),
    parent=ASSIGNED,
    permission="User.Read.All",
)

ASSIGNED_MEMBERS = _Tenant(
    "assigned-members",
    "direct members of the assigned groups",
    source=members_of_assigned("userPrincipalName", "accountEnabled"),
    parent=ASSIGNED,
    # Who is a member; what a member is called takes User.Read.All, which assigned-users asks for beside it.
    permission="GroupMember.Read.All",
)

ALL_MEMBERSHIPS = Kind(
    "all-memberships",
    "memberships of the identity store",
    home="aws",
    subject="aws",
    area=AREA,
    source=Each(
        Call(
            "identitystore",
            "list_group_memberships",
            {"IdentityStoreId": "{instance.IdentityStoreId}", "GroupId": "{item.GroupId}"},
            "GroupMemberships",
            many=True,
        )
    ),
    parent=GROUPS,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom Entra provisions."""

    id: str
    name: str
    """As it is provisioned: an external user's is the one at home."""
    also: str
    """As it is in this tenant, which a mapping may take instead."""
    enabled: bool


def _reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "aws-app": APP.ref(scope),
        "aws-app-assignments": ASSIGNED.ref(scope),
        "assigned-members": ASSIGNED_MEMBERS.ref(scope),
        "assigned-users": ASSIGNED_USERS.ref(scope),
        "center-users": USERS.ref(scope),
    }


def _group_reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "aws-app": APP.ref(scope),
        "aws-app-assignments": ASSIGNED.ref(scope),
        "center-groups": GROUPS.ref(scope),
    }


def _membership_reads(scope: Scope) -> Mapping[str, Ref]:
    return {**_reads(scope), **_group_reads(scope), "all-memberships": ALL_MEMBERSHIPS.ref(scope)}


_ASSIGNED = frozenset({"aws-app-assignments", "assigned-members", "assigned-users"})
"""An app that is gone has nobody assigned: then nobody whom SCIM made may be left."""


def _list(seen: Seen, name: str) -> list[Json]:
    return seen.documents[name] or []


def _person(user: Json) -> Person:
    """Somebody by what the service shows.

    :raises Uninterpretable: it does not show all of it, as without User.Read.All.
    """
    name, enabled = user.get("userPrincipalName"), user.get("accountEnabled")
    if not isinstance(enabled, bool):
        raise Uninterpretable("accountEnabled of a user is not shown, which takes User.Read.All")
    if not isinstance(name, str):
        raise Uninterpretable("userPrincipalName of a user is not shown, which takes User.Read.All")
    return Person(user["id"], stripped(name), name, enabled)


PRINCIPALS = ("User", "Group", "ServicePrincipal")
"""Who can be assigned to an app (Graph: appRoleAssignment, principalType)."""


def _principals(seen: Seen, kind: str) -> list[Json]:
    """The assignments of one kind of principal by which somebody is provisioned.

    :raises Uninterpretable: whom one of them is of, or the app's roles, are not told, so that none may be left out.
    """
    found = _list(seen, "aws-app-assignments")
    if any(item["principalType"] not in PRINCIPALS for item in found):
        raise Uninterpretable("the principalType of an assignment is not shown")
    return [item for item in provisioning(found, seen.documents["aws-app"]) if item["principalType"] == kind]


def _groups(seen: Seen) -> dict[str, str]:
    """The assigned groups: object id and name, each once whatever roles it holds."""
    return {
        item["principalId"]: item.get("principalDisplayName") or item["principalId"]
        for item in _principals(seen, "Group")
    }


def _assigned(seen: Seen) -> dict[str, Person]:
    """Everybody who is provisioned: assigned directly, or a direct member of an assigned group.

    :raises Uninterpretable: somebody is assigned who is no user of the tenant.
    """
    given = [item["principalId"] for item in _principals(seen, "User")]
    direct = {user["id"]: _person(user) for user in _list(seen, "assigned-users") if user["id"] in given}
    unknown = [id_ for id_ in given if id_ not in direct]
    if unknown:
        raise Uninterpretable(f"{unknown[0]} is assigned, and not among the users of the tenant")
    members = _member_users(seen).select(sorted({"id", "userPrincipalName", "accountEnabled"})).collect()
    return direct | {member["id"]: _person(member) for member in members.iter_rows(named=True)}


def _member_users(seen: Seen) -> pl.LazyFrame:
    """The users who are direct members of an assigned group, each with the group.

    :raises Uninterpretable: a member is of a type that none is documented to be.
    """
    import polars as pl

    members = seen.documents["assigned-members"]
    if members is None:
        return pl.LazyFrame(
            schema=dict.fromkeys(("id", "userPrincipalName", OF), pl.String()) | {"accountEnabled": pl.Boolean()}
        )
    found: pl.LazyFrame = members.scan()
    others = found.filter(~pl.col(TYPE).is_in(sorted(MEMBER_TYPES))).head(1).collect()
    if others.height:
        raise Uninterpretable(f"a member of a group is {others[TYPE].item()}")
    return found.filter((pl.col(TYPE) == USER) & pl.col(OF).is_in(list(_groups(seen))))


def external_ids(item: Json) -> set[str]:
    """The external ids of a user or group of the identity store; none when SCIM did not make it."""
    return {str(external["Id"]).lower() for external in item.get("ExternalIds") or ()}


def by_scim(item: Json) -> bool:
    """Whether SCIM made it: seen by several independently, not documented."""
    return any(str(external["Issuer"]).startswith(SCIM_ISSUER) for external in item.get("ExternalIds") or ())


def _matched(assigned: Mapping[str, str], items: list[Json], name: str) -> dict[str, Json]:
    """The item of the identity store for each object of Entra (id and name) that has one."""
    by_external = {external: item for item in items for external in external_ids(item)}
    by_name = {folded(str(item.get(name, ""))): item for item in items}
    found = {}
    for id_, known_as in assigned.items():
        item = by_external.get(id_.lower()) or by_name.get(folded(known_as))
        if item is not None:
            found[id_] = item
    return found


def _users(seen: Seen) -> list[str]:
    """What differs between the assigned people and the users that SCIM made."""
    assigned, users = _assigned(seen), _list(seen, "center-users")
    matched = _matched({person.id: person.name for person in assigned.values()}, users, "UserName")
    found = []
    for person in assigned.values():
        user = matched.get(person.id)
        if user is None:
            # Who is disabled before the first cycle is not provisioned at all.
            found += [f"missing: {person.name}"] if person.enabled else []
            continue
        if folded(user["UserName"]) not in {folded(person.name), folded(person.also)}:
            found.append(f"{person.name} is {user['UserName']} in AWS: sign-in compares user names")
        if is_enabled(user) != person.enabled:
            here, there = ("enabled", "disabled") if person.enabled else ("disabled", "enabled")
            found.append(f"{there} in AWS, {here} in Entra: {person.name}")
    known = {user["UserId"] for user in matched.values()}
    return [*found, *(f"not assigned: {user['UserName']}" for user in users if _is_left_over(user, known))]


def _is_left_over(user: Json, known: set[str]) -> bool:
    """SCIM made it, nobody who is assigned is it, and it is not disabled, as Entra leaves those who lose access."""
    return user["UserId"] not in known and by_scim(user) and is_enabled(user)


def _same_groups(seen: Seen) -> list[str]:
    assigned, groups = _groups(seen), _list(seen, "center-groups")
    matched = _matched(assigned, groups, "DisplayName")
    known = {group["GroupId"] for group in matched.values()}
    found = [f"missing: {name}" for id_, name in assigned.items() if id_ not in matched]
    found += [
        f"{name} is {matched[id_]['DisplayName']} in AWS"
        for id_, name in assigned.items()
        if id_ in matched and matched[id_].get("DisplayName") != name
    ]
    left = [group for group in groups if group["GroupId"] not in known and by_scim(group)]
    return [*found, *(f"not assigned: {group.get('DisplayName', group['GroupId'])}" for group in left)]


def _memberships(seen: Seen) -> list[str]:
    """What differs between the members of each assigned group and those of its counterpart, where there is one."""
    assigned, names = _assigned(seen), _groups(seen)
    users = _list(seen, "center-users")
    matched = _matched({person.id: person.name for person in assigned.values()}, users, "UserName")
    groups = _matched(names, _list(seen, "center-groups"), "DisplayName")
    called = {user["UserId"]: user["UserName"] for user in users}
    found = []
    members = _member_users(seen).select("id", OF).collect()
    for id_, group in groups.items():
        of_group = members.filter(members[OF] == id_)["id"]
        wanted = {matched[member]["UserId"] for member in of_group if member in matched}
        there = {
            item["MemberId"]["UserId"] for item in _list(seen, "all-memberships") if item["GroupId"] == group["GroupId"]
        }
        lacking = sorted(called[user] for user in wanted - there)
        extra = sorted(called.get(user, f"deleted user {user}") for user in there - wanted)
        found += [f"{names[id_]} lacks {user}" for user in lacking]
        found += [f"{names[id_]} has {user} besides" for user in extra]
    return found


def _unmanaged_users(seen: Seen) -> list[str]:
    return [str(user["UserName"]) for user in _list(seen, "center-users") if not by_scim(user)]


def _unmanaged_groups(seen: Seen) -> list[str]:
    found = [group for group in _list(seen, "center-groups") if not by_scim(group)]
    return [str(group.get("DisplayName") or group["GroupId"]) for group in found]


def _only_users(scope: Scope) -> Mapping[str, Ref]:
    return {"center-users": USERS.ref(scope)}


def _only_groups(scope: Scope) -> Mapping[str, Ref]:
    return {"center-groups": GROUPS.ref(scope)}


PEOPLE = Kind(
    "people",
    "people of the identity store",
    home="aws",
    subject="aws",
    area=AREA,
    parent=INSTANCE,
    place="identity-center.people",
    label="people",
    mending=FOLLOWS_ENTRA,
    settings=(
        Setting(
            "users",
            Findings("as-assigned"),
            "Everybody assigned to the app in Entra, directly or through a group, in a role that provisions, is in "
            "the identity store under the same user name, and enabled there as in Entra; nobody else whom SCIM made is "
            "enabled. Where the app is gone, nobody is assigned.",
            view=_users,
            reads=_reads,
            vacant=_ASSIGNED,
            breaks=(
                Break("center-users", "-", None),
                Break("center-users", "#UserStatus", "DISABLED"),
                Break("aws-app-assignments", "-", None),
                Break("aws-app-assignments", "#appRoleId", NO_ROLE),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{ENTRA} > Provision on demand, or restart provisioning; never edit them in AWS",
        ),
        Setting(
            "groups",
            Findings("as-assigned"),
            "Every group assigned to the app in Entra, in a role that provisions, is in the identity store under the "
            "same name, and no other that SCIM made.",
            view=_same_groups,
            reads=_group_reads,
            vacant=_ASSIGNED,
            breaks=(
                Break("center-groups", "-", None),
                Break("aws-app-assignments", "-", None),
                Break("aws-app", "appRoles", []),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{ENTRA}: look at the logs of the group; never edit it in AWS",
        ),
        Setting(
            "memberships",
            Findings("as-assigned"),
            "Each of these groups has the same members on both ends: the direct members in Entra that are provisioned.",
            view=_memberships,
            reads=_membership_reads,
            vacant=_ASSIGNED,
            breaks=(Break("all-memberships", "-", None),),
            severity=Severity.CRITICAL,
            remedy=f"{ENTRA}: look at the logs of the group; never edit members in AWS",
        ),
        Setting(
            "unmanaged-users",
            Findings("forbidden", "user names", ignore_case=True),
            "Every user was made by SCIM. Others do not leave when they leave Entra.",
            view=_unmanaged_users,
            reads=_only_users,
            breaks=(Break("center-users", "#ExternalIds", OTHER),),
            severity=Severity.CRITICAL,
            mending=IN_AWS,
            remedy=f"{CONSOLE} > Users: delete the user, and assign the person in Entra",
        ),
        Setting(
            "unmanaged-groups",
            Findings("forbidden", "groups"),
            "Every group was made by SCIM.",
            view=_unmanaged_groups,
            reads=_only_groups,
            breaks=(Break("center-groups", "#ExternalIds", OTHER),),
            severity=Severity.CRITICAL,
            mending=IN_AWS,
            remedy=f"{CONSOLE} > Groups: delete the group, and assign one of Entra",
        ),
    ),
)

KINDS = (TENANT_USERS, ASSIGNED_USERS, ASSIGNED_MEMBERS, ALL_MEMBERSHIPS, PEOPLE)
