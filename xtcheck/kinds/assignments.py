"""Groups inside assigned groups: assignment reaches direct members only, so these would silently not be provisioned.

Learn: entra/identity/app-provisioning/how-provisioning-works, "Assignment-based scoping".
"""

from __future__ import annotations

from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.kinds.mending import by_hand
from xtcheck.model import Break, Each, List, Seen, Setting, Severity
from xtcheck.values import Findings

Json = Any

_QUERY = "$select=id,displayName,userPrincipalName,mail,accountEnabled&$top=999"
MEMBERS_OF_GROUP = List(f"/groups/{{group.id}}/members?{_QUERY}")
"""The direct members of one group: the same request, so that it is sent once."""
MEMBERS = Each(List(f"/groups/{{item.principalId}}/members?{_QUERY}"), where="principalType=Group")
"""Of every group among the assignments: its direct members."""

NOBODY = (
    "`{groups: [], users: []}` says that nobody is, which also holds where the app is gone: an assignment is a part of "
    "its app."
)
"""What both rows of assignments say of their emptiness (Graph: serviceprincipal-list-approleassignedto)."""


def nested_groups(read: str, console: str) -> Setting:
    """The row; ``read`` is the kind whose document :data:`MEMBERS` made."""

    def nested(seen: Seen) -> list[Json]:
        return [_finding(member) for member in seen.documents[read] if _kind(member) == "#microsoft.graph.group"]

    return Setting(
        "nested-groups",
        Findings("forbidden", exceptions="groups, by display name or object id"),
        "No assigned group has groups as members: the members of those are not provisioned, without any error.",
        view=nested,
        breaks=(Break(read, "+", {"@odata.type": "#microsoft.graph.group", "id": "g", "displayName": "Inner"}),),
        severity=Severity.CRITICAL,
        mending=by_hand(
            "whether the inner group is assigned, or its members come into the outer one, a person decides"
        ),
        remedy=f"{console} > Users and groups: assign the inner group itself, or make its members direct ones",
    )


def _kind(member: Json) -> str:
    kind = member.get("@odata.type")
    if not isinstance(kind, str):
        raise Uninterpretable("a member does not say whether it is a user or a group")
    return kind


def _finding(member: Json) -> Json:
    name = str(member.get("displayName") or member["id"])
    return {"name": name, "text": f"{name}, a group, is a member of an assigned group"}
