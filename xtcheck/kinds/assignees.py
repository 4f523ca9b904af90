"""Assigning people and groups to an app: who is meant by a name, in which role, and what is added and taken away.

Graph: serviceprincipal-post-approleassignedto, -delete-approleassignedto. What stands here beside the rows is read only
when something is to be written: policies give names, and the service wants ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from xtcheck.errors import Unwritable
from xtcheck.kinds.groups import GROUP
from xtcheck.model import Get, Kind, List, Ref, Seen
from xtcheck.shapes import Members, Send, Window, item_path
from xtcheck.values import Principals

Json = Any

NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role of who is assigned to an app that has none; Graph takes it only there (approleassignment)."""
WORDS = {"groups": ("Group", "group"), "users": ("User", "user")}
"""A policy's word for each kind of principal, with Graph's and ours."""

_SELECT = "$select=id,displayName&$top=999"
USER = Kind(
    "assignee",
    "user by name",
    home="tenant",
    source=List(f"/users?$filter=displayName eq '{{key}}'&{_SELECT}"),
    pick="displayName",
    permission="User.ReadBasic.All",
)
USER_BY_ID = Kind(
    "assignee-by-id",
    "user by id",
    home="tenant",
    source=List(f"/users?$filter=id eq '{{key}}'&{_SELECT}"),
    pick="id",
    fold=True,
    permission="User.ReadBasic.All",
)
GROUP_BY_ID = Kind(
    "assigned-group-by-id",
    "group by id",
    home="tenant",
    source=List("/groups?$filter=id eq '{key}'&$select=id,displayName,securityEnabled&$top=999"),
    pick="id",
    fold=True,
    permission="GroupMember.Read.All",
)
BY_NAME, BY_ID = {"groups": GROUP, "users": USER}, {"groups": GROUP_BY_ID, "users": USER_BY_ID}
KINDS = (USER, USER_BY_ID, GROUP_BY_ID)


def roles_of(app: Kind) -> Kind:
    """The roles of a kind of app."""
    return Kind(
        f"{app.name}-roles",
        f"roles of the {app.title}",
        home=app.home,
        source=Get(f"/servicePrincipals/{{{app.name}.id}}?$select=id,appRoles"),
        parent=app,
        subject=app.subject,
        permission="Application.Read.All",
    )


ASSIGNMENT = ("principalId", "resourceId", "appRoleId")
"""What makes up an assignment; its id, its time and the names in it are the service's."""


def assignments_shape(app: str) -> Members:
    """How assignments to a kind of app are added and removed; a second one of one principal and role is refused."""
    url, permission = f"/servicePrincipals/{{{app}.id}}/appRoleAssignedTo", "AppRoleAssignment.ReadWrite.All"
    return Members(
        add=Send("POST", url, permission, idempotent=False, also="Application.Read.All"),
        remove=Send("DELETE", f"{url}/{{item.id}}", permission),
        added=lambda item: {name: item[name] for name in ASSIGNMENT},
        removed=lambda _item: None,
        window=Window("app-assignments", 5, 300, "a fresh assignment is shown after up to minutes"),
        order=75,
        own=ASSIGNMENT,
        later=True,
    )


class Assigning:
    """What is read and sent for the row ``assigned`` of one kind of assignments.

    ``role`` is the display name of the role that the app's template brings for this; an app of which somebody changed
    the roles may have another one instead, if it is the only one.
    """

    def __init__(self, assignments: str, roles: Kind, role: str) -> None:
        self._assignments, self._roles, self._role = assignments, roles, role

    def looks(self, expected: Json, seen: Seen) -> Mapping[str, Ref]:
        """The app's roles, and everybody who lacks, by the name that the policy gives."""
        place = seen.scope.place(self._roles.home)
        if seen.documents[self._assignments] is None:
            return {}
        missing = list(self._missing(expected, seen))
        found = {f"{part} {name}": _meant(part, name, place) for part, name in missing}
        return found | ({self._roles.name: self._roles.ref(seen.scope)} if missing else {})

    def sends(self, expected: Json, seen: Seen) -> Mapping[str, Json]:
        """Each assignment that lacks, and where a list means exactly these, those that nobody declared.

        :raises Unwritable: there is nobody of a name, it is not known in which role, or the group may not be assigned.
        """
        there = seen.documents[self._assignments]
        known = Principals().read(there)
        found: dict[str, Json] = {}
        for part, names in expected.items():
            stated = {index for name in names["names"] for index in Principals().answering(part, name, known)}
            undeclared = [] if not names["exactly"] else [
                who["id"] for index, who in enumerate(known[part]) if index not in stated
            ]  # fmt: skip
            for item in there:
                if item["principalId"] in undeclared:
                    found[_path(item)] = None
        for part, name in self._missing(expected, seen):
            principal = seen.documents[f"{part} {name}"]
            if principal is None:
                raise Unwritable(f"there is no {WORDS[part][1]} {name}")
            item = self._item(part, principal, seen.documents[self._roles.name])
            found[_path(item)] = item
        return found

    def _missing(self, expected: Json, seen: Seen) -> Iterator[tuple[str, str]]:
        known = Principals().read(seen.documents[self._assignments])
        for part, names in expected.items():
            yield from ((part, name) for name in names["names"] if not Principals().answering(part, name, known))

    def _item(self, part: str, principal: Json, app: Json) -> Json:
        if part == "groups" and principal.get("securityEnabled") is not True:
            raise Unwritable(f"{principal['displayName']} is no security group, and only such a one can be assigned")
        return {
            "principalId": principal["id"],
            "principalType": WORDS[part][0],
            "principalDisplayName": principal["displayName"],
            "resourceId": app["id"],
            "appRoleId": role_for_people(app["appRoles"], self._role),
        }


def role_for_people(roles: list[Json], usual: str) -> str:
    """The id of the role in which users and groups are assigned: the usual one by its name, else the only one.

    A member type of User covers groups (Graph: appRole).

    :raises Unwritable: the app has several others, or none for people.
    """
    if not roles:
        return NO_ROLE
    fitting = [role for role in roles if role["isEnabled"] and "User" in role["allowedMemberTypes"]]
    named = [role for role in fitting if role["displayName"] == usual]
    found = named or fitting
    if len(found) != 1:
        names = ", ".join(sorted(str(role["displayName"]) for role in found)) or "none that people can have"
        raise Unwritable(f"in which role people shall be assigned is not known: the app has {names}")
    return str(found[0]["id"])


def _meant(part: str, name: str, place: str) -> Ref:
    """Who is meant by a name, or by an object id."""
    try:
        return Ref(BY_ID[part], place, str(UUID(name)), None, name)
    except ValueError:
        return Ref(BY_NAME[part], place, name, None, name)


def _path(item: Json) -> str:
    """An assignment by what tells it from the others, and for a person by the name."""
    key = {name: item[name] for name in ("principalId", "appRoleId")}
    named = f"{item['principalType'].lower()} {item.get('principalDisplayName') or item['principalId']}"
    return item_path(**{"@": named, **key})
