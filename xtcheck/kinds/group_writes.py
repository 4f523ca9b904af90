"""How groups and their members are written: made once, changed in place, deleted when nothing needs them by now.

Graph: learn.microsoft.com/graph/api/group-post-groups, group-update, group-delete, group-post-members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtcheck.kinds.rule_members import DYNAMIC_TYPE, is_dynamic
from xtcheck.shapes import Members, Send, Upsert, Window
from xtcheck.values.names import listed

Json = Any

UNIFIED = "Unified"
"""Among a group's types: it is a Microsoft 365 group (Graph: resources/group, groupTypes)."""


def sets_membership(expected: Json, document: Json) -> Mapping[str, Json]:
    """Learn: entra/identity/users/groups-change-type, where an assigned group is given its rule with the type, and a
    dynamic one loses the type and is paused; other types of the group stay.
    """
    others = [kind for kind in (document or {}).get("groupTypes") or () if kind != DYNAMIC_TYPE]
    if expected == "dynamic":
        return {"groupTypes": [*others, DYNAMIC_TYPE]}
    return {"groupTypes": others, "membershipRuleProcessingState": "Paused"} if document else {"groupTypes": others}


def sets_assignable(expected: Json, _document: Json) -> Mapping[str, Json]:
    """Chosen when the group is made."""
    return {"isAssignableToRole": expected}


def _otherwise(stated: Mapping[str, Json]) -> Mapping[str, Json]:
    """A rule makes a group dynamic, and is processed unless a policy says otherwise."""
    if not stated.get("membershipRule"):
        return {"groupTypes": []}
    return {"groupTypes": [DYNAMIC_TYPE], "membershipRuleProcessingState": "On"}


def _together(sent: Mapping[str, Json]) -> tuple[str, ...]:
    """A group becomes dynamic with its rule, and whether that is processed; none is sent to one that is not."""
    dynamic = DYNAMIC_TYPE in (sent.get("groupTypes") or ())
    return ("membershipRule", "membershipRuleProcessingState") if dynamic else ()


def _unsound(document: Json, new: bool) -> str:  # noqa: FBT001  # a fact about the document, not a flag
    """Graph: group-post-groups; a dynamic group has a rule, and roles are never assigned to one."""
    dynamic, rule = DYNAMIC_TYPE in document["groupTypes"], document.get("membershipRule")
    if dynamic and not rule:
        return "a dynamic group needs a rule: state membership-rule too"
    if dynamic and not document.get("membershipRuleProcessingState"):
        return "a dynamic group is processed or not: state processing too"
    if rule and not dynamic and document.get("membershipRuleProcessingState") == "On":
        return "a rule needs a dynamic group: state membership: dynamic too"
    if new and document.get("mailEnabled"):
        return "Graph makes no group with mail that is not a Microsoft 365 group"
    if new and not document.get("securityEnabled"):
        return "a group that is neither for security nor for mail cannot be made"
    if new and document.get("isAssignableToRole"):
        return "whoever makes a group to which roles may be assigned, decides who administers"
    return ""


def _in_use(group: Json, lists: Mapping[str, list[Json]]) -> str:
    """Who is in it by its rule was put there by nobody."""
    members = (
        [] if is_dynamic(group) else [str(each.get("displayName") or each["id"]) for each in lists["group-members"]]
    )
    uses = [str(each.get("resourceDisplayName") or each["resourceId"]) for each in lists["group-uses"]]
    parents = [str(each.get("displayName") or each["id"]) for each in lists["group-parents"]]
    for what, found in (("others are in it", members), ("it is assigned to", uses), ("it is in", parents)):
        if found:
            return f"{what}: {listed(found)}"
    return ""


# Graph: group-delete. Its page says that a security group can be restored for 30 days, directory-deleteditems-restore
# that it cannot: nothing here counts on it.
DELETE = Send("DELETE", "/groups/{group.id}", "Group.ReadWrite.All")


def stays(group: Json, origin: Json) -> str:
    """Why a group is not deleted by a program; empty when it may be.

    Graph: group-delete (of one to which roles may be assigned an app must be the owner, or have more than it takes for
    others), resources/groups-overview (of groups with mail only Microsoft 365 groups are more than read).
    """
    if group.get("isAssignableToRole"):
        return "roles may be assigned to the group: who deletes it decides who administers"
    if origin.get("onPremisesSyncEnabled"):
        return "the group is synchronized from on premises: it is deleted there"
    if UNIFIED in group["groupTypes"]:
        return "it is a Microsoft 365 group, and its mailbox, files and team would go with it: a person must decide"
    if group.get("mailEnabled"):
        return "the group has mail, and Graph only reads such groups: it is deleted in Exchange"
    return ""


GROUP = Upsert(
    # Graph: group-post-groups, group-update. mailNickname is mandatory also where there is no mail.
    create=Send(
        "POST",
        "/groups",
        "Group.ReadWrite.All",
        {"displayName": "{key}", "mailNickname": "{key.nickname}", "mailEnabled": False, "securityEnabled": True},
        idempotent=False,
    ),
    update=Send("PATCH", "/groups/{group.id}", "Group.ReadWrite.All"),
    units={},
    window=Window(
        "groups", 5, 120, "directory objects are replicated within a minute or two", "members by the rule of a group"
    ),
    order=30,
    unique=False,
    at_once=True,
    only_new=frozenset({"securityEnabled", "mailEnabled", "isAssignableToRole"}),
    otherwise=_otherwise,
    together=_together,
    unsound=_unsound,
    delete=DELETE,
    used_by=("group-members", "group-uses", "group-parents"),
    in_use=_in_use,
)

MEMBERS = Members(
    # Graph: group-post-members (400 for who is in it already), group-delete-members. A reference is an address of the
    # tenant's own cloud, which the client puts before it.
    add=Send("POST", "/groups/{group.id}/members/$ref", "GroupMember.ReadWrite.All", idempotent=False),
    remove=Send("DELETE", "/groups/{group.id}/members/{item.id}/$ref", "GroupMember.ReadWrite.All"),
    added=lambda item: {"@odata.id": f"/directoryObjects/{item['id']}"},
    removed=lambda _: {},
    window=GROUP.window,
    order=35,
    own=("id",),
)
