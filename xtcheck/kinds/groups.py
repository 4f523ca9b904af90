"""Groups of a tenant: dynamic or assigned, their rule, and whether it is processed.

Graph: learn.microsoft.com/graph/api/resources/group. Display names are not unique: two groups of one
name are ambiguous.
"""

from __future__ import annotations

from xtcheck.errors import Uninterpretable
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Kind, List, Seen, Setting, Severity
from xtcheck.values import Choice, Text
from xtcheck.values.scalars import without_blanks

CONSOLE = "Entra admin center > Groups > All groups"


def _membership(seen: Seen) -> str:
    types = seen.documents["group"]["groupTypes"]
    if not isinstance(types, list):
        raise Uninterpretable("groupTypes is not a list")
    return "dynamic" if "DynamicMembership" in types else "assigned"


GROUP = Kind(
    "group",
    "group",
    home="tenant",
    # By the name's stem and not by the whole name: a group whose name differs only in a dash is worth naming.
    source=List("/groups?$filter=startswith(displayName,'{key.stem}')&$select={select}&$top=999"),
    key="{group}",
    pick="displayName",
    fields=("id", "displayName", "groupTypes"),
    # Group.ReadBasic.All does not show the membership rule.
    permission="GroupMember.Read.All",
    place="groups.<group>",
    label="group.<group>",
    area="groups",
    settings=(
        state("A group of this display name exists.", f"{CONSOLE}: new group"),
        Setting(
            "membership",
            Choice({"dynamic": "dynamic", "assigned": "assigned"}),
            "Members follow a rule, or are assigned one by one.",
            view=_membership,
            breaks=(Break("group", "groupTypes", []),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Properties > Membership type",
        ),
        Setting(
            "membership-rule",
            Text(without_blanks),
            "The dynamic membership rule, compared as text apart from white space outside quotes.",
            path="membershipRule",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Dynamic membership rules",
        ),
        Setting(
            "processing",
            Choice({"on": "On", "paused": "Paused"}),
            "Whether the service keeps the members up to the rule.",
            path="membershipRuleProcessingState",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Dynamic membership rules > Pause processing",
        ),
    ),
)

KINDS = (GROUP,)
