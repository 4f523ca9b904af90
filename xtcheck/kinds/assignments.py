"""Groups inside assigned groups: assignment reaches direct members only, so these would silently not be provisioned.

Learn: entra/identity/app-provisioning/how-provisioning-works, "Assignment-based scoping".
"""

from __future__ import annotations

from typing import Any

from xtcheck.kinds.mending import by_hand
from xtcheck.model import Break, Columns, Each, Seen, Setting, Severity
from xtcheck.properties import GROUP, TYPE
from xtcheck.values import Findings

Json = Any


def members_of(group: str, *names: str) -> Columns:
    """The direct members of a group, of which ``group`` is the id in a URL: users, groups, devices and others.

    All that is wanted of the members of one group is one request.
    """
    return Columns(f"/groups/{group}/members?$top=999", lambda _: (TYPE, *names))


def members_of_assigned(*names: str) -> Each:
    """Of every group among the assignments the direct members, with its id as ``@of``."""
    return Each(members_of("{item.principalId}", *names), where="principalType=Group", mark="principalId")


NOBODY = (
    "`{groups: [], users: []}` says that nobody is, which also holds where the app is gone: an assignment is a part of "
    "its app."
)
"""What both rows of assignments say of their emptiness (Graph: serviceprincipal-list-approleassignedto)."""


def nested_groups(read: str, console: str) -> Setting:
    """The row; ``read`` is the kind whose document :func:`members_of_assigned` made, with what groups are called."""

    def nested(seen: Seen) -> list[Json]:
        import polars as pl

        groups = seen.documents[read].scan().filter(pl.col(TYPE) == GROUP).collect()
        return [_finding(group) for group in groups.iter_rows(named=True)]

    return Setting(
        "nested-groups",
        Findings("forbidden", exceptions="groups, by display name or object id", ignore_case=True),
        "No assigned group has groups as members: the members of those are not provisioned, without any error.",
        view=nested,
        breaks=(Break(read, "+", {"@odata.type": "#microsoft.graph.group", "id": "g", "displayName": "Inner"}),),
        severity=Severity.CRITICAL,
        mending=by_hand(
            "whether the inner group is assigned, or its members come into the outer one, a person decides"
        ),
        remedy=f"{console} > Users and groups: assign the inner group itself, or make its members direct ones",
    )


def _finding(member: Json) -> Json:
    name = str(member.get("displayName") or member["id"])
    return {"name": name, "text": f"{name}, a group, is a member of an assigned group"}
