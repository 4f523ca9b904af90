"""Whether a dynamic group holds exactly those whom its own rule selects, of all users of the tenant.

Learn: entra/identity/users/groups-dynamic-membership. Every user is evaluated: members, guests, the disabled, agents'
accounts; the groups themselves are read with the members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from xtcheck.errors import RuleError, Uninterpretable
from xtcheck.kinds.audits import UPDATED_GROUPS, UPDATED_USERS, Updates
from xtcheck.languages.rules.properties import Subject
from xtcheck.languages.rules.syntax import DirectReports
from xtcheck.model import Columns, Each, Earlier, Get, Kind, Lag, List, Seen
from xtcheck.settling import UNKNOWN, Pending, Settled, Start, State, settling
from xtcheck.values.membership import ASIDE, SEMANTICS, parsed

if TYPE_CHECKING:
    from xtcheck.languages.rules import Rule
    from xtcheck.tables import Table

Json = Any

LAG = Lag(
    timedelta(days=1),
    "a dynamic group follows a change of its rule, or of people,",
    "learn.microsoft.com/entra/identity/users/groups-troubleshooting: minutes, in large tenants 30, at worst 24 h",
)
EXPLAINED = 100
"""Of so many people the record tells how they come to be there: an explanation is a walk through the rule."""
NAMES = ("displayName", "userPrincipalName", "createdDateTime")


# --- what is read ---------------------------------------------------------------------------------------------------


DYNAMIC_TYPE = "DynamicMembership"
"""Among a group's types: a rule makes its members (Graph: resources/group, groupTypes)."""


def is_dynamic(group: Json) -> bool:
    """Whether a rule makes the members.

    :raises Uninterpretable: the group does not say so.
    """
    types = group.get("groupTypes")
    if not isinstance(types, list):
        raise Uninterpretable("groupTypes is not a list")
    return DYNAMIC_TYPE in types


def rule_of(group: Json) -> Rule:
    """The rule of a dynamic group, when it is one that Entra ID evaluates over users.

    :raises Uninterpretable: it is not.
    """
    text = group.get("membershipRule")
    if not isinstance(text, str) or not text.strip():
        raise Uninterpretable("the group is dynamic, and its rule is not shown")
    try:
        rule = parsed(text)
    except RuleError as error:
        raise Uninterpretable(f"the group's rule cannot be read: {error}", "correct the rule") from error
    if rule.frozen:
        text = (
            "the group's rule uses memberOf, which Entra ID has not evaluated since 3 November 2026: "
            "its members are those of that day"
        )
        raise Uninterpretable(text, "say the same by attributes, or assign the members and list them")
    if rule.subject is Subject.DEVICE:
        raise Uninterpretable("the group's rule selects devices, which are not read", "list the members")
    return rule


def _evaluated(group: Json) -> Rule | None:
    """The rule by which members are looked for, if there is one."""
    try:
        return rule_of(group) if is_dynamic(group) else None
    except (Uninterpretable, AttributeError):
        return None  # the view meets the same, and says it


def _columns(group: Json) -> Iterable[str] | None:
    rule = _evaluated(group)
    if rule is None or isinstance(rule.tree, DirectReports):
        return None
    return (*(use.select for use in rule.properties), *NAMES)


def _manager(group: Json) -> list[Json]:
    rule = _evaluated(group)
    return [rule.tree.manager] if rule and isinstance(rule.tree, DirectReports) else []


def below(group: Kind) -> tuple[Kind, Kind, Kind]:
    """What is read of a group besides its members: the users, a manager's reports, and how far the service is."""
    users = Kind(
        "rule-users",
        "all users, for group",
        home="tenant",
        source=Columns("/users?$top=999", _columns, witness=("accountEnabled",)),
        parent=group,
        key="{group}",
        permission="User.Read.All",
        area="groups",
    )
    reports = Kind(
        "rule-reports",
        "a manager's reports, for group",
        home="tenant",
        source=Each(List(f"/users/{{item}}/directReports?$select=id,{','.join(NAMES)}&$top=999"), of=_manager),
        parent=group,
        key="{group}",
        permission="User.Read.All",
        area="groups",
    )
    # v1.0 does not have it: learn.microsoft.com/graph/api/resources/membershipruleprocessingstatus
    status = Kind(
        "group-processing",
        "processing of group",
        home="tenant",
        source=Get("beta:/groups/{group.id}?$select=id,membershipRuleProcessingStatus"),
        parent=group,
        key="{group}",
        permission="GroupMember.Read.All",
        area="groups",
    )
    return users, reports, status


# --- what comes of it -----------------------------------------------------------------------------------------------


def selected(seen: Seen) -> Json:
    """The members held against whom the rule selects, as :class:`xtcheck.values.membership.AsRule` reads it.

    :raises Uninterpretable: the rule is none that is evaluated over users.
    """
    group = seen.documents["group"]
    if not is_dynamic(group):
        return {"assigned": True}
    rule = rule_of(group).under((seen.expected or {}).get(SEMANTICS) or {})
    if isinstance(rule.tree, DirectReports):
        chosen: _Chosen = _Reports(rule, rule.tree.manager, seen.documents["rule-reports"])
    else:
        chosen = _Users(rule, seen.documents["rule-users"], seen.now)
    return _told(seen.documents["group-members"], chosen, _Time(seen, group, rule))


class _Chosen(Protocol):
    """Whom a rule selects: ``ids`` certainly, those of ``open`` perhaps, and why; ``free`` may be members or not."""

    ids: AbstractSet[str]
    open: Mapping[str, Iterable[str]]
    free: AbstractSet[str]

    def known(self, ids: Iterable[str]) -> dict[str, Json]:
        """The documents of some users, as far as they are any."""

    def why(self, user: Json) -> str:
        """How the rule comes to select a user, or not to."""


class _Users:
    """Whom a rule selects of all users."""

    free: AbstractSet[str] = frozenset()

    def __init__(self, rule: Rule, users: Table, now: datetime) -> None:
        self._rule, self._now = rule, now
        self._users = users
        found = rule.select(users.scan(), now=now)
        self.ids: AbstractSet[str] = set(found.ids)
        self.open: Mapping[str, Iterable[str]] = {
            each: items for items, ids in found.inconclusive.items() for each in ids
        }

    def known(self, ids: Iterable[str]) -> dict[str, Json]:
        import polars as pl

        rows = self._users.scan().filter(pl.col("id").is_in(list(ids))).collect()
        return {row["id"]: row for row in rows.iter_rows(named=True)}

    def why(self, user: Json) -> str:
        return str(self._rule.explain(user, now=self._now))


class _Reports:
    """Who reports to a manager: these must be members.

    Since August 2026 Learn says that the manager is added, too; before, it did not (A-16). Not settled, both are right.
    """

    def __init__(self, rule: Rule, manager: str, reports: list[Json]) -> None:
        self._manager = manager
        self._reports = {each["id"]: each for each in reports if _is_user(each)}
        settled = rule.semantics["A-16"]
        self.ids: AbstractSet[str] = self._reports.keys() | ({manager} if settled == "included" else set())
        self.free: AbstractSet[str] = frozenset() if settled else frozenset({manager})
        self.open: Mapping[str, Iterable[str]] = {}

    def known(self, ids: Iterable[str]) -> dict[str, Json]:
        return {each: self._reports.get(each, {"id": each}) for each in ids}

    def why(self, user: Json) -> str:
        if user["id"] == self._manager:
            return "is the manager"
        return f"{'reports' if user['id'] in self._reports else 'does not report'} to {self._manager}"


RULE = frozenset({"membershipRule", "membershipRuleState", "membershipRuleProcessingState"})
"""The properties of a group whose change makes the service process its rule anew."""


class _Time:
    """How far the service is: what is known of when something changed, for the group and for each user."""

    def __init__(self, seen: Seen, group: Json, rule: Rule) -> None:
        self._now, self._settle, self._before = seen.now, seen.settle, seen.before
        self._users = Updates(seen.documents.get(UPDATED_USERS.name), seen.now)
        self._asked = {name for use in rule.properties for name in (use.name.partition(".")[2], use.select)}
        self._rule = Updates(seen.documents.get(UPDATED_GROUPS.name), seen.now).start(group["id"], RULE)
        status = (seen.documents.get("group-processing") or {}).get("membershipRuleProcessingStatus") or {}
        # NotStarted: "created or updated, and awaiting processing" (membershipRuleProcessingStatus).
        self._at_it = status.get("status") in {"NotStarted", "Running"}
        self._made = _made(group)
        self.notes = []
        if group.get("membershipRuleProcessingState") == "Paused":
            self.notes.append("processing is paused: the service does not follow the rule")
        if status.get("status") == "Failed":
            self.notes.append(
                f"the service could not process the rule: {status.get('errorMessage') or 'no reason given'}"
            )

    def of(self, user: Json, how: str) -> State:
        """Whether a difference about this user may go by itself. He was not there before he was made."""
        if self.notes:
            return Settled()
        changed = self._made | self._rule | _made(user) | self._users.start(user["id"], self._asked)
        if self._at_it:
            changed = Start(changed.earliest)  # it says so itself: the log may be behind
        start = changed & _before(self._before, user["id"], how)
        return settling(self._now, LAG, declared=self._settle, start=start, at_it=self._at_it)


def _before(before: Earlier | None, id_: str, how: str) -> Start:
    """What the earlier world tells: it had the same difference, or nothing to say of him."""
    if before is None or "assigned" in before.value:
        return UNKNOWN
    listed = {name: one for name in ASIDE for one in before.value[name] if one["id"] == id_}
    if how in listed or listed.get("pending", {}).get("how") == how:
        return Start(None, before.at, f"it was so at {before.at:%Y-%m-%d %H:%M} UTC, in the world before")
    return UNKNOWN if listed else Start(before.at)


def _told(found: list[Json], chosen: _Chosen, time: _Time) -> Json:
    members = {member["id"]: member for member in found}
    missing = [each for each in chosen.ids if each not in members]
    extra = [each for each in members if not (each in chosen.ids or each in chosen.open or each in chosen.free)]
    users = chosen.known([*missing, *extra, *chosen.open])
    told: dict[str, list[Json]] = {name: [] for name in ASIDE}
    marks: dict[str, None] = {}
    for how, ids in (("missing", missing), ("extra", extra)):
        for each in ids:
            user = members.get(each, {}) | users.get(each, {})
            state = time.of(user, how)
            if each not in users and _is_user(user):
                told["unseen"].append(_person(user))
            elif isinstance(state, Pending):
                told["pending"].append(_person(user, str(state), how=how))
            else:
                told[how].append(_person(user))
                marks[str(state)] = None
    told["inconclusive"] = [_person(users[each], items=list(items)) for each, items in chosen.open.items()]
    for several in told.values():
        several.sort(key=lambda person: (str(person["name"]).casefold(), person["id"]))
    for name in ("missing", "extra", "inconclusive"):
        for person in told[name][:EXPLAINED]:
            member = members.get(person["id"], {})
            person["why"] = _other(member) or chosen.why(users[person["id"]])
    notes = list(time.notes)
    if told["extra"] and not told["missing"] and all(_is_agent(members[each["id"]]) for each in told["extra"]):
        notes.append("only agents' accounts are extra (A-20)")
    return {**told, "members": len(members), "notes": notes, "mark": "; ".join(filter(None, marks))}


def _person(user: Json, why: str = "", **more: Json) -> Json:
    name = user.get("displayName") or user.get("userPrincipalName") or user["id"]
    return {"id": user["id"], "name": str(name), "why": why, **more}


AGENT = "#microsoft.graph.agentUser"
"""An agent's account: a user like any other to a rule (learn.microsoft.com/graph/api/resources/agentuser). Only members
are seen to be one: of all users just the columns are read."""
USERS = {"#microsoft.graph.user", AGENT}


def _is_user(member: Json) -> bool:
    return member.get("@odata.type") in USERS


def _is_agent(member: Json) -> bool:
    return bool(member.get("@odata.type") == AGENT)


def _other(member: Json) -> str:
    """What a member is that is no person; empty when it is, or is none."""
    kind = str(member.get("@odata.type", "#microsoft.graph.user"))
    return "" if kind in USERS else f"a {kind.removeprefix('#microsoft.graph.')}, which no rule of users selects"


def _made(document: Json) -> Start:
    """When a group or a user was made: what hangs on it cannot have begun before."""
    try:
        made = datetime.fromisoformat(document["createdDateTime"])
    except (LookupError, TypeError, ValueError):
        return UNKNOWN
    return Start(made, made, "it was made longer ago")
