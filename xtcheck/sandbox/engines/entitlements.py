"""Who is assigned to an application so that provisioning takes him.

https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-no-users-provisioned:
who has the Default Access role of an application with roles is not effectively entitled. That a role must be enabled
and for users is what Graph asks of a new assignment (appRoleAssignment); that it goes on to hold is our assumption.
"""

from __future__ import annotations

from xtcheck.sandbox.wire import Json

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"


def entitled(tenant: dict[str, Json], principal: str) -> list[str]:
    """The ids of users and groups that are assigned to an application so, each as often as that."""
    roles = tenant["servicePrincipals"][principal]["appRoles"]
    taken = {role["id"] for role in roles if role["isEnabled"] and "User" in role["allowedMemberTypes"]}
    taken |= set() if roles else {DEFAULT_ACCESS}
    return [
        given["principalId"]
        for given in tenant["appRoleAssignments"].values()
        if given["resourceId"] == principal and given["appRoleId"] in taken
    ]
