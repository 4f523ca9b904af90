"""The roles of an app: in which of them people are assigned, and by which of them they are provisioned.

Graph: appRole, appRoleAssignment. Learn: entra/identity/app-provisioning/
application-provisioning-config-problem-no-users-provisioned, and the provisioning tutorials of many apps: who has the
Default Access role is left out, as not effectively entitled. Of a role that is disabled, for applications, or gone
nothing is said; it is taken to provision nobody either, as nobody can be assigned in it. Nor is it said that a second
role makes up for the first: it is taken to.
"""

from __future__ import annotations

from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable

Json = Any

NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role of who is assigned to an app that declares none; Graph takes it only there (appRoleAssignment). Entra's
console calls it Default Access."""


def provisioning(assignments: Json, app: Json) -> list[Json]:
    """The assignments by which somebody is provisioned; none where there is no app (None).

    :raises Uninterpretable: they, or the app's roles, are not shown.
    """
    return [each for each, why in _told(assignments, app) if not why]


def with_reasons(assignments: Json, app: Json) -> list[Json]:
    """All assignments, each by which nobody is provisioned with the reason, as ``how``; none where there is no app.

    :raises Uninterpretable: they, or the app's roles, are not shown.
    """
    return [{**each, "how": why} if why else each for each, why in _told(assignments, app)]


def _told(assignments: Json, app: Json) -> list[tuple[Json, str]]:
    if app is None:
        return []
    if not isinstance(app["appRoles"], list):
        raise Uninterpretable("the roles of the app are not shown")
    if not isinstance(assignments, list):
        raise Uninterpretable("the assignments to the app are no list")
    roles = {str(role["id"]).lower(): role for role in app["appRoles"]}
    return [(each, _lacking(str(each["appRoleId"]).lower(), roles)) for each in assignments]


def _lacking(id_: str, roles: dict[str, Json]) -> str:
    """Why a role provisions nobody; empty where it does."""
    role = roles.get(id_)
    if role is None:
        if id_ != NO_ROLE:
            return f"in a role that the app does not have ({id_}), by which nobody is provisioned"
        return "in the role Default Access, by which nobody is provisioned" if roles else ""
    if is_for_people(role):
        return ""
    why = "disabled" if role["isEnabled"] is not True else "for applications"
    return f"in the role {role['displayName']}, which is {why}, so that nobody is provisioned"


def is_for_people(role: Json) -> bool:
    """Whether people can be assigned in it. A member type of User covers groups (Graph: appRole)."""
    return role["isEnabled"] is True and "User" in role["allowedMemberTypes"]


def role_for_people(roles: list[Json], usual: str) -> str:
    """The id of the role in which users and groups are assigned: the usual one by its name, else the only one.

    :raises Unwritable: the app has several others, or none for people.
    """
    if not roles:
        return NO_ROLE
    fitting = [role for role in roles if is_for_people(role)]
    named = [role for role in fitting if role["displayName"] == usual]
    found = named or fitting
    if len(found) != 1:
        names = ", ".join(sorted(str(role["displayName"]) for role in found)) or "none that people can have"
        raise Unwritable(f"in which role people shall be assigned is not known: the app has {names}")
    return str(found[0]["id"])
