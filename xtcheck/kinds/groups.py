"""Groups of a tenant: dynamic or assigned, their rule and whether it is processed, what they are for, their members.

Graph: learn.microsoft.com/graph/api/resources/group. Display names are not unique: two groups of one
name are ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.kinds import group_writes as writes
from xtcheck.kinds.assignments import members_of
from xtcheck.kinds.audits import UPDATED_GROUPS, UPDATED_USERS, updated
from xtcheck.kinds.mending import PROVISIONS, SAFE, by_hand, follows
from xtcheck.kinds.presence import state
from xtcheck.kinds.rule_members import LAG, below, is_dynamic, selected
from xtcheck.model import Break, Get, Kind, List, Obstacle, Ref, Removal, Seen, Setting, Severity
from xtcheck.shapes import item_path
from xtcheck.tables import Table
from xtcheck.values import Absentable, AsRule, Boolean, Choice, Findings, MembershipRule, Names, Text
from xtcheck.values.membership import aside

if TYPE_CHECKING:
    from xtcheck.estate import Scope

Json = Any

CONSOLE = "Entra admin center > Groups > All groups"
MADE_SO = by_hand("it is chosen when the group is made")


def _membership(seen: Seen) -> str:
    return "dynamic" if is_dynamic(seen.documents["group"]) else "assigned"


def _of_no_rule(group: Json) -> str:
    """Why a rule, or whether it is processed, makes no member (Graph: resources/group, groupTypes).

    :raises Uninterpretable: the group does not say so.
    """
    return "" if is_dynamic(group) else "the group is not dynamic (groupTypes): its members are assigned one by one"


NO_RULE = (Break("group", "groupTypes", []),)


def _assignable(seen: Seen) -> bool:
    """Whether roles may be assigned to it: null, which Graph shows for most groups, is no."""
    value = seen.documents["group"]["isAssignableToRole"]
    if value not in (None, True, False):
        raise Uninterpretable("isAssignableToRole is neither true, false nor null")
    return value is True


def _looks_at_uses(expected: Json, seen: Seen) -> Mapping[str, Ref]:
    """Who needs it by now, and where it is from: only where it shall be absent."""
    kinds = (USES, PARENTS, ORIGIN) if expected == "absent" else ()
    return {kind.name: kind.ref(seen.scope) for kind in kinds}


def _goes(_expected: Json, seen: Seen) -> list[Ref]:
    """:raises Unwritable: a person deletes it, or decides about it."""
    if why := writes.stays(seen.documents["group"], seen.documents["group-origin"] or {}):
        raise Unwritable(why)
    return [GROUP.ref(seen.scope)]


def _who_needs_it(_expected: Json, seen: Seen) -> Iterator[Obstacle]:
    """What it is assigned to or in would lose whoever comes by it: it is taken out before, by the rows of those."""
    for use in seen.documents["group-uses"] or ():
        why = f"it is assigned to {use.get('resourceDisplayName') or use['resourceId']}: that goes first"
        yield Obstacle(why, ASSIGNED, "", {"id": use["id"]})
    for above in seen.documents["group-parents"] or ():
        name = str(above.get("displayName") or above["id"])
        yield Obstacle(f"it is in {name}: that goes first", ("group-members",), name, {
            "id": seen.documents["group"]["id"],
        })  # fmt: skip


ASSIGNED = ("sync-assignments", "aws-app-assignments")
"""The kinds of the lists of who is assigned to an app."""

GROUP = Kind(
    "group",
    "group",
    home="tenant",
    # By the name's stem and not by the whole name: a group whose name differs only in a dash is worth naming.
    source=List("/groups?$filter=startswith(displayName,'{key.stem}')&$select={select}&$top=999"),
    key="{group}",
    pick="displayName",
    fields=("id", "displayName", "groupTypes", "isAssignableToRole", "createdDateTime"),
    # Group.ReadBasic.All does not show the membership rule.
    permission="GroupMember.Read.All",
    place="groups.<group>",
    label="group.<group>",
    area="groups",
    mending=MADE_SO,
    write=writes.GROUP,
    settings=(
        replace(
            state("A group of this display name exists.", f"{CONSOLE}: new group, or delete the one that is there"),
            looks=_looks_at_uses,
            deletes=Removal(_goes, (writes.DELETE,), first=_who_needs_it),
        ),
        Setting(
            "membership",
            Choice({"dynamic": "dynamic", "assigned": "assigned"}),
            "Members follow a rule, or are assigned one by one.",
            view=_membership,
            sets=writes.sets_membership,
            forgets="members that were assigned before it became dynamic",
            breaks=NO_RULE,
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{CONSOLE} > Properties > Membership type",
        ),
        Setting(
            "membership-rule",
            MembershipRule(),
            "The dynamic membership rule, compared by meaning: whether it selects the same users, whoever they are. "
            "One in a group whose members are assigned one by one is a drift.",
            path="membershipRule",
            idle=_of_no_rule,
            breaks=NO_RULE,
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{CONSOLE} > Dynamic membership rules",
        ),
        Setting(
            "processing",
            Choice({"on": "On", "paused": "Paused"}),
            "Whether the service keeps the members up to the rule. Of a group whose members are assigned one by one it "
            "is a drift, whatever is stated.",
            path="membershipRuleProcessingState",
            idle=_of_no_rule,
            breaks=NO_RULE,
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{CONSOLE} > Dynamic membership rules > Pause processing",
        ),
        Setting(
            "description",
            Absentable(Text()),
            "What the group says it is for; absent when it says nothing.",
            path="description",
            severity=Severity.MINOR,
            mending=SAFE,
            remedy=f"{CONSOLE} > Properties > Group description",
        ),
        Setting(
            "security-enabled",
            Boolean(),
            "It is a security group. Only such a group may be assigned to an app and be provisioned.",
            path="securityEnabled",
            remedy="whether a group is a security group is chosen when it is made: make a new one",
        ),
        Setting(
            "mail-enabled",
            Boolean(),
            "It has a mailbox or is a distribution list.",
            path="mailEnabled",
            remedy="whether a group has mail is chosen when it is made: make a new one",
        ),
        Setting(
            "assignable-to-role",
            Boolean(),
            "Entra roles may be assigned to it. That is chosen when it is made, and a dynamic group never is.",
            view=_assignable,
            sets=writes.sets_assignable,
            breaks=(Break("group", "isAssignableToRole", value=True),),
            severity=Severity.CRITICAL,
            remedy="make a new group: this cannot be changed",
        ),
    ),
)


NAMES = ("id", "displayName", "userPrincipalName", "mail")


def _members(seen: Seen) -> list[Json]:
    """Their names; what is read is a table, what a plan foresees a list."""
    there = seen.documents["group-members"] or ()
    found = []
    for member in there.documents(NAMES) if isinstance(there, Table) else there:
        name = member.get("displayName") or member.get("userPrincipalName")
        if not name:
            raise Uninterpretable("a member's names are not shown, which takes User.Read.All")
        also = [member[field] for field in ("userPrincipalName", "mail") if member.get(field)]
        found.append({"name": name, "id": member["id"], "also": also})
    return found


RULE_USERS, RULE_REPORTS, PROCESSING = below(GROUP)


def _held(scope: Scope) -> dict[str, Ref]:
    return {kind.name: kind.ref(scope) for kind in (GROUP, GROUP_MEMBERS, RULE_USERS, RULE_REPORTS)}


def _times(scope: Scope) -> dict[str, Ref]:
    """What tells since when the service has had something to follow."""
    return {PROCESSING.name: PROCESSING.ref(scope), **updated(scope, UPDATED_USERS, UPDATED_GROUPS)}


MEMBER_NAMES = Names("members", ignore_case=True)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _called(property_: str) -> Kind:
    """Users of the tenant by one of their names: who is meant by a name that none of the members bears."""
    return Kind(
        f"users-by-{property_.lower()}",
        f"users with the {property_}",
        home="tenant",
        source=List(f"/users?$filter={property_} eq '{{key}}'&$select=id,displayName,userPrincipalName,mail"),
        permission="User.Read.All",
        area="groups",
    )


CALLED = tuple(map(_called, ("displayName", "userPrincipalName", "mail")))
OF_ID = _called("id")


def _looks_for_members(expected: Json, seen: Seen) -> Mapping[str, Ref]:
    """The group itself, and whoever might be meant by a name that is missing; by an id, for how he is called."""
    place = seen.scope.place("tenant")
    missing, _ = MEMBER_NAMES.compared(expected, MEMBER_NAMES.read(_members(seen)))
    users = {
        f"{name} {kind.name}": Ref(kind, place, name, label=name)
        for name in missing
        for kind in ((OF_ID,) if _GUID.fullmatch(name) else CALLED)
    }
    return {"group": GROUP.ref(seen.scope), **users}


def _sends_members(expected: Json, seen: Seen) -> Mapping[str, Json]:
    """Who is missing, and who is in it undeclared.

    :raises Unwritable: the service or a person decides who is in it, or it is not known who is meant.
    """
    group = seen.documents["group"]
    if group is None:
        raise Unwritable("the group must be there first")
    if is_dynamic(group):
        raise Unwritable("a rule makes the members of the group: change the rule, or people's attributes")
    if group.get("isAssignableToRole"):
        raise Unwritable("roles may be assigned to the group, so that who is in it decides who administers")
    missing, extra = MEMBER_NAMES.compared(expected, MEMBER_NAMES.read(_members(seen)))
    added = {name: _meant(name, seen) for name in missing}
    return {
        **{item_path(**{"@": item["name"], "@also": item["also"], "id": item["id"]}): None for item in extra},
        **{item_path(**{"@": name, "@also": _names(user), "id": user["id"]}): user for name, user in added.items()},
    }


def _meant(name: str, seen: Seen) -> Json:
    """The one user of a name, of whatever sort that is; an id may be that of another member, too."""
    if _GUID.fullmatch(name):
        known = seen.documents[f"{name} {OF_ID.name}"] or ()
        return known[0] if known else {"id": name.lower(), "displayName": name}
    found = {user["id"]: user for kind in CALLED for user in seen.documents[f"{name} {kind.name}"] or ()}
    if len(found) != 1:
        raise Unwritable(f"{len(found) or 'no'} users answer to {name}: write the object id of who is meant")
    return found.popitem()[1]


def _names(user: Json) -> list[str]:
    """All that a user is called, beside the word of the policy."""
    return [user[field] for field in NAMES if field != "id" and user.get(field)]


GROUP_MEMBERS = Kind(
    "group-members",
    "members of group",
    home="tenant",
    source=members_of("{group.id}", "displayName", "userPrincipalName", "mail"),
    parent=GROUP,
    key="{group}",
    # The group itself is read with GroupMember.Read.All; this is what shows the names of members.
    permission="User.Read.All",
    place="groups.<group>",
    label="group.<group>",
    area="groups",
    write=writes.MEMBERS,
    settings=(
        Setting(
            "members",
            MEMBER_NAMES,
            "Who is in the group directly, by display name, user principal name, e-mail address or object id. For a "
            "dynamic group this is what the service has made of the rule so far; that may take minutes, or a day.",
            view=_members,
            looks=_looks_for_members,
            sends=_sends_members,
            breaks=(Break("group-members", "-", None),),
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{CONSOLE} > Members (of a dynamic group: its rule, and the people's attributes)",
        ),
        Setting(
            "members.as-rule",
            AsRule(),
            "Written `members: as-rule`. The members of a dynamic group are exactly those whom its own rule selects of "
            "all users of the tenant, guests, disabled accounts and agents' accounts (A-20) too. Where the "
            "documentation leaves open whether a "
            "rule selects somebody, the check is unknown, unless `members: {as-rule: {semantics: {…}}}` settles it.",
            reads=_held,
            context=_times,
            view=selected,
            people=aside,
            lag=LAG,
            breaks=(
                Break("group-members", "-", None),
                Break("group", "membershipRule", '(user.department -eq "Finance")'),
                Break("group", "groupTypes", []),
            ),
            severity=Severity.CRITICAL,
            mending=follows("the service makes the members, from the rule and from people's attributes"),
            remedy=f"{CONSOLE} > Dynamic membership rules > Validate rules, with one of the people named",
        ),
    ),
)


def _use(name: str, title: str, path: str, permission: str) -> Kind:
    """What depends on a group: looked at before one is deleted."""
    source = List(f"/groups/{{group.id}}/{path}&$top=999")
    return Kind(
        name, title, home="tenant", source=source, parent=GROUP, key="{group}", permission=permission, area="groups"
    )


# Graph: group-list-approleassignments, group-list-memberof.
USES = _use(
    "group-uses", "apps that a group is assigned to",
    "appRoleAssignments?$select=id,resourceId,resourceDisplayName", "Directory.Read.All",
)  # fmt: skip
PARENTS = _use(
    "group-parents", "groups that a group is in", "memberOf?$select=id,displayName", "GroupMember.Read.All"
)  # fmt: skip

ORIGIN = Kind(
    "group-origin",
    "origin of group",
    home="tenant",
    source=Get("/groups/{group.id}?$select=id,onPremisesSyncEnabled"),
    parent=GROUP,
    key="{group}",
    permission="GroupMember.Read.All",
    area="groups",
)

_QUOTED = re.compile(r'"(?:[^"`]|`.)*"' + r"|'[^']*'")
_MEMBER_OF = re.compile(r"\b(user|device)\.memberof\b", re.IGNORECASE)


def uses_member_of(rule: str) -> bool:
    """Whether a membership rule refers to other groups; what stands in quotes does not count."""
    return _MEMBER_OF.search(_QUOTED.sub('""', rule)) is not None


def _frozen(seen: Seen) -> list[Json]:
    return [
        {"name": group["displayName"], "text": f"{group['displayName']}: {group['membershipRule']}"}
        for group in seen.documents["dynamic-groups"]
        if uses_member_of(group["membershipRule"])
    ]


DYNAMIC = Kind(
    "dynamic-groups",
    "dynamic groups",
    home="tenant",
    source=List("/groups?$filter=groupTypes/any(g:g eq 'DynamicMembership')&$select={select}&$top=999"),
    fields=("id", "displayName", "groupTypes", "membershipRule"),
    permission="GroupMember.Read.All",
    place="dynamic-groups",
    label="dynamic-groups",
    area="groups",
    settings=(
        Setting(
            "member-of-rules",
            Findings("forbidden", exceptions="groups, by display name"),
            "No dynamic group's rule uses memberOf. That preview ended on 3 November 2026: groups whose rules use it "
            "are no longer updated and keep the members that they had then.",
            view=_frozen,
            breaks=(Break("dynamic-groups", "#membershipRule", "user.memberof -any (group.objectId -in ['1'])"),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Dynamic membership rules: say the same by attributes, or assign the members",
        ),
    ),
)

KINDS = (GROUP, *CALLED, OF_ID, GROUP_MEMBERS, USES, PARENTS, ORIGIN, RULE_USERS, RULE_REPORTS, PROCESSING, DYNAMIC)
