"""The directory of a tenant: users and groups, and who is in what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from typing_extensions import override

from xtcheck.sandbox.crowd import Crowd, Lazy, Users
from xtcheck.sandbox.graph.errors import missing
from xtcheck.sandbox.graph.router import Call
from xtcheck.sandbox.wire import Json

PREMIUM = frozenset({"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"})
"""The service plans AAD_PREMIUM and AAD_PREMIUM_P2."""


def pick(objects: dict[str, Json], identifier: str) -> Json:
    """The object with an id, without regard to case; raises GraphError 404."""
    found = objects.get(identifier) or objects.get(identifier.lower())
    if found is None:
        raise missing(identifier)
    return found


def licensed(tenant: dict[str, Json]) -> bool:
    """Whether a tenant has Entra ID P1 or P2."""
    return any(
        plan["servicePlanId"] in PREMIUM and sku["capabilityStatus"] in ("Enabled", "Warning")
        for sku in tenant["subscribedSkus"].values()
        for plan in sku["servicePlans"]
    )


def user(call: Call) -> Json:
    """A user by object id or by user principal name."""
    wanted = call.parts["user"].lower()
    for user in call.tenant["users"].values():
        if wanted in (user["id"].lower(), user["userPrincipalName"].lower()):
            return user
    crowd = Crowd(call.tenant)
    found = crowd.get(wanted) or crowd.named(wanted)
    if found is None:
        raise missing(call.parts["user"])
    return found


def members(call: Call) -> Sequence[Json]:
    """The members of a group, each with its kind."""
    group = pick(call.tenant["groups"], call.parts["group"])
    found: list[str] = call.tenant["members"].get(group["id"], [])
    return _Crowded(call, found) if len(found) > MANY else objects(call, found)


def objects(call: Call, identifiers: Iterable[str]) -> Sequence[Json]:
    """Directory objects by id, each with its kind."""
    kinds = _kinds(call)
    return [found for identifier in identifiers if (found := _object(kinds, identifier))]


def _kinds(call: Call) -> dict[str, Mapping[str, Json]]:
    """The collections of a tenant that have members of groups, each by object id."""
    return {"user": Users(call.tenant), **{kind: call.tenant[f"{kind}s"] for kind in ("group", "servicePrincipal")}}


def _object(kinds: Mapping[str, Mapping[str, Json]], identifier: str) -> Json:
    for kind, collection in kinds.items():
        if document := collection.get(identifier):
            return {"@odata.type": f"#microsoft.graph.{kind}", **document}
    return None


MANY = 10_000
"""From so many members on only those of a page are made, and none of them may be gone."""


class _Crowded(Lazy):
    """The members of a large group."""

    def __init__(self, call: Call, identifiers: Sequence[str]) -> None:
        self._kinds, self._identifiers = _kinds(call), identifiers

    @override
    def _at(self, index: int) -> Json:
        return _object(self._kinds, self._identifiers[index])

    def __len__(self) -> int:
        return len(self._identifiers)


def transitive_members(call: Call) -> Sequence[Json]:
    """Members of a group and of the groups in it, however deep; the groups too."""
    members: dict[str, list[str]] = call.tenant["members"]
    known: dict[str, None] = {}
    waiting = [pick(call.tenant["groups"], call.parts["group"])["id"]]
    while waiting:
        for member in members.get(waiting.pop(0), ()):
            if member not in known:
                known[member] = None
                waiting.append(member)
    return objects(call, known)


def member_of(call: Call) -> Sequence[Json]:
    """The groups that a user is a direct member of."""
    member = user(call)["id"]
    return objects(call, [group for group, members in call.tenant["members"].items() if member in members])


def group_uses(call: Call) -> Sequence[Json]:
    """What a group is assigned to, of all apps."""
    group = pick(call.tenant["groups"], call.parts["group"])["id"]
    return [given for given in call.tenant["appRoleAssignments"].values() if given["principalId"] == group]


def parents(call: Call) -> Sequence[Json]:
    """The groups that a group is a direct member of."""
    group = pick(call.tenant["groups"], call.parts["group"])["id"]
    return objects(call, [parent for parent, members in call.tenant["members"].items() if group in members])


def direct_reports(call: Call) -> Sequence[Json]:
    """The users whose manager a user is."""
    manager = user(call)["id"]
    return objects(call, [user for user, of in call.tenant["managers"].items() if of == manager])


def user_members(call: Call) -> Sequence[Json]:
    """The members of a group that are users."""
    return [member for member in members(call) if member["@odata.type"] == "#microsoft.graph.user"]
