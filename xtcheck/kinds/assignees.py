"""Assigning people and groups to an app: who is meant by a name, in which role, and what is added and taken away.

Graph: serviceprincipal-post-approleassignedto, -delete-approleassignedto. Who is meant is read only when something
is to be written: policies give names, and the service wants ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from xtcheck.errors import Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.app_roles import NO_ROLE, role_for_people, with_reasons
from xtcheck.kinds.assignments import NOBODY
from xtcheck.kinds.groups import GROUP
from xtcheck.kinds.mending import PROVISIONS
from xtcheck.model import Break, Home, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.shapes import Members, Send, Window, item_path
from xtcheck.values import Principals

Json = Any

WORDS = {"groups": ("Group", "group"), "users": ("User", "user")}
"""A policy's word for each kind of principal, with Graph's and ours."""

_SELECT = "$select=id,displayName,userPrincipalName&$top=999"
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
        meaning=_as_meant,
        later=True,
    )


def _as_meant(item: Json) -> Json:
    """The ids of an item, or of a part of one, in small letters: they are GUIDs."""
    if not isinstance(item, dict):
        return item
    return {name: value.lower() if name in ASSIGNMENT and value else value for name, value in item.items()}


class Assigning:
    """What is read and sent for the row ``assigned`` of one kind of assignments to one kind of app.

    ``role`` is the display name of the role that the app's template brings for this; an app of which somebody changed
    the roles may have another one instead, if it is the only one. Who is assigned in another role is assigned once
    more, in this one, which Graph takes; nobody is taken out of the other.
    """

    def __init__(self, assignments: str, app: str, home: Home, role: str) -> None:
        self._assignments, self._app, self._home, self._role = assignments, app, home, role

    def view(self, seen: Seen) -> list[Json]:
        """Who is assigned, each by whose assignment nobody is provisioned with the reason."""
        return with_reasons(seen.documents[self._assignments], seen.documents[self._app])

    def looks(self, expected: Json, seen: Seen) -> Mapping[str, Ref]:
        """Everybody who lacks, by the name that the policy gives, or the id of who is there in another role."""
        place = seen.scope.place(self._home)
        if seen.documents[self._assignments] is None:
            return {}
        return {f"{part} {name}": _meant(part, meant, place) for part, name, meant in self._missing(expected, seen)}

    def sends(self, expected: Json, seen: Seen) -> Mapping[str, Json]:
        """Each assignment that lacks, and where a list means exactly these, those that nobody declared.

        :raises Unwritable: there is nobody of a name, it is not known in which role, or the group may not be assigned.
        """
        there = seen.documents[self._assignments]
        known = self._known(seen)
        found: dict[str, Json] = {}
        for part, names in expected.items():
            stated = {index for name in names["names"] for index in Principals().answering(part, name, known)}
            undeclared = [] if not names["exactly"] else [
                who["id"] for index, who in enumerate(known[part]) if index not in stated
            ]  # fmt: skip
            for item in there:
                if item["principalId"] in undeclared:
                    found[_path(item)] = None
        for part, name, _ in self._missing(expected, seen):
            principal = seen.documents[f"{part} {name}"]
            if principal is None:
                raise Unwritable(f"there is no {WORDS[part][1]} {name}")
            item = self._item(part, principal, seen.documents[self._app])
            also = [principal[field] for field in ("userPrincipalName",) if principal.get(field)]
            found[_path(item, name, *also)] = item
        return found

    def _known(self, seen: Seen) -> Json:
        return Principals().read(self.view(seen))

    def _missing(self, expected: Json, seen: Seen) -> Iterator[tuple[str, str, str]]:
        """Who lacks: as group or user, the name in the policy, and by what to look for it."""
        known = self._known(seen)
        for part, names in expected.items():
            for name in names["names"]:
                answering = [known[part][index] for index in Principals().answering(part, name, known)]
                if all("how" in who for who in answering):
                    yield part, name, answering[0]["id"] if answering else name

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


def assigned_row(app: Kind, assignments: str, reads: Callable[[Scope], Mapping[str, Ref]], role: str, doc: str,
                 console: str) -> Setting:  # fmt: skip
    """The row ``assigned``; ``assignments`` names the kind that has it, and ``reads`` are that kind and its app.

    :param role: in which role people are assigned.
    """
    assigning = Assigning(assignments, app.name, app.home, role)
    return Setting(
        "assigned",
        Principals(),
        f"{doc} Who is assigned only in a role by which nobody is provisioned (Default Access, where the app declares "
        f"roles; one that is disabled, for applications, or gone) is not. {NOBODY}",
        view=assigning.view,
        reads=reads,
        absent=[],
        vacant=frozenset({assignments}),
        breaks=(
            Break(assignments, "-", None),
            Break(assignments, "#appRoleId", NO_ROLE),
            Break(app.name, "appRoles", []),
        ),
        looks=assigning.looks,
        sends=assigning.sends,
        severity=Severity.CRITICAL,
        mending=PROVISIONS,
        remedy=f"{console} > Users and groups; who is there in another role is added once more, in the role {role}",
    )


def _meant(part: str, name: str, place: str) -> Ref:
    """Who is meant by a name, or by an object id."""
    try:
        return Ref(BY_ID[part], place, str(UUID(name)), None, name)
    except ValueError:
        return Ref(BY_NAME[part], place, name, None, name)


def _path(item: Json, *also: str) -> str:
    """An assignment by what tells it from the others, and for a person by the name; and what he is also called."""
    key = {name: item[name] for name in ("principalId", "appRoleId")}
    named = f"{item['principalType'].lower()} {item.get('principalDisplayName') or item['principalId']}"
    return item_path(**{"@": named, "@also": list(also), **key})
