"""The rows of Microsoft Graph that write groups: made, changed in place, deleted, and members of assigned ones.

https://learn.microsoft.com/graph/api/group-post-groups, group-update, group-delete, group-post-members
"""

from __future__ import annotations

import re
import uuid

from xtcheck.sandbox.crowd import Users
from xtcheck.sandbox.graph.bodies import body, created, done, required, writable
from xtcheck.sandbox.graph.directory import licensed, pick
from xtcheck.sandbox.graph.errors import GraphError, bad, denied, missing
from xtcheck.sandbox.graph.router import Call, Route
from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.wire import Json, Response
from xtcheck.sandbox.worlds.tenant import group

UPDATE = frozenset({"Group.ReadWrite.All", "Directory.ReadWrite.All"})
CREATE = UPDATE | {"Group.Create"}
MEMBERS = UPDATE | {"GroupMember.ReadWrite.All"}

DYNAMIC = "DynamicMembership"
LONGEST_RULE = 3072
_MUST = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_CHANGEABLE = frozenset({
    "displayName", "description", "mailNickname", "groupTypes", "membershipRule", "membershipRuleProcessingState",
    "securityEnabled", "visibility", "preferredLanguage", "theme", "classification",
})  # fmt: skip
_MAKEABLE = _CHANGEABLE | {"mailEnabled", "isAssignableToRole"}
_NICKNAME = re.compile(r"[!#-'*-9=?A-Z^-~]{1,64}")
"""ASCII without ``@ () / [] " ; : < > , space`` and backslash (group resource, mailNickname)."""
_REFERENCE = re.compile(r"https://[^/]+/(?:graph/)?(?:v1\.0|beta)/(?:directoryobjects|users|groups)/([0-9a-f-]{36})/?")
"""In small letters."""


def _add(call: Call) -> Response:
    raw = body(call)
    bound = raw.get("members@odata.bind", [])
    found = _without_bindings(call, _MAKEABLE)
    required(found, *_MUST)
    types = found.get("groupTypes") or []
    _check(call, found, dynamic=DYNAMIC in types)
    if found["mailEnabled"] != ("Unified" in types) or not (found["mailEnabled"] or found["securityEnabled"]):
        raise bad("The service does not currently support writes of mail-enabled groups of this kind.")
    if found.get("isAssignableToRole"):
        raise denied()  # it takes RoleManagement.ReadWrite.Directory besides
    identifier = str(uuid.uuid4())
    made = group(identifier, "", "") | found | {"groupTypes": types}
    made["createdDateTime"] = made["renewedDateTime"] = stamp(call.state.clock.now())
    if DYNAMIC in types:
        if bound:
            raise bad("A dynamic group cannot be given members.")
        made["membershipRuleProcessingState"] = found.get("membershipRuleProcessingState") or "On"
    call.tenant["groups"][identifier] = made
    call.tenant["members"][identifier] = [_referenced(call, {"@odata.id": each}) for each in bound]
    return created(call, "group", made, "groups/$entity")


def _without_bindings(call: Call, names: frozenset[str]) -> dict[str, Json]:
    """The body's own fields; who is bound to the group is read apart."""
    bindings = frozenset({"members@odata.bind", "owners@odata.bind"})
    return writable(call, "group", names, beside=bindings)


def _check(call: Call, found: dict[str, Json], *, dynamic: bool) -> None:
    """Refuse what no group can be; ``found`` is what a body says of it."""
    for name in ("displayName", "mailNickname"):
        if name in found and not found[name]:
            raise bad(f"Invalid value specified for property '{name}' of resource 'Group'.")
    if "mailNickname" in found and not _NICKNAME.fullmatch(found["mailNickname"]):
        raise bad("Invalid value specified for property 'mailNickname' of resource 'Group'.")
    if found.get("membershipRuleProcessingState") not in (None, "On", "Paused"):
        raise bad("Invalid value specified for property 'membershipRuleProcessingState' of resource 'Group'.")
    rule = found.get("membershipRule")
    if not dynamic:
        if rule is not None or found.get("membershipRuleProcessingState") == "On":
            raise bad("MembershipRule can be set only on a group with DynamicMembership in groupTypes.")
        return
    if "membershipRule" in found and (not rule or len(rule) > LONGEST_RULE or set("\u201c\u201d") & set(rule)):
        raise bad("Invalid value specified for property 'membershipRule' of resource 'Group'.", "InvalidMembershipRule")
    if found.get("isAssignableToRole"):
        raise bad("A group with dynamic membership cannot be assignable to roles.")
    if not licensed(call.tenant):
        raise bad("Dynamic membership takes a premium license.", "Request_BadRequest")


def _patch(call: Call) -> Response:
    known = pick(call.tenant["groups"], call.parts["group"])
    raw = body(call)
    bound = raw.get("members@odata.bind", [])
    found = _without_bindings(call, _CHANGEABLE)
    before, types = known["groupTypes"], found.get("groupTypes", known["groupTypes"])
    if types is None or ("Unified" in types) != ("Unified" in before):
        raise bad("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    if DYNAMIC in types and DYNAMIC not in before:
        required(found, "membershipRule")
        # Whoever was assigned goes; the rule says who comes.
        call.tenant["members"][known["id"]] = []
        found.setdefault("membershipRuleProcessingState", "On")
    _check(call, found, dynamic=DYNAMIC in types)
    if DYNAMIC not in types:
        # The rule stays, as all that is not sent does (group-update), and is paused (users/groups-change-type: "pause
        # execution of the current rule").
        known.pop("membershipRuleProcessingStatus", None)
    if bound:
        _assigned(known)
        members = call.tenant["members"].setdefault(known["id"], [])
        members += _new(members, [_referenced(call, {"@odata.id": each}) for each in bound])
    known |= found
    return done()


def _delete(call: Call) -> Response:
    known = pick(call.tenant["groups"], call.parts["group"])
    if known["isAssignableToRole"]:
        raise denied()  # it takes RoleManagement.ReadWrite.Directory besides, or its owner (group-delete)
    if known["mailEnabled"] and "Unified" not in known["groupTypes"]:
        raise bad("Cannot Delete a mail-enabled security groups and or distribution list.")
    identifier = known["id"]
    del call.tenant["groups"][identifier]
    call.tenant["members"].pop(identifier, None)
    for members in call.tenant["members"].values():
        if identifier in members:
            members.remove(identifier)
    given = call.tenant["appRoleAssignments"]
    for key in [key for key, each in given.items() if each["principalId"] == identifier]:
        del given[key]
    return done()


def _assigned(known: Json) -> None:
    if DYNAMIC in known["groupTypes"]:
        raise GraphError(403, "Authorization_RequestDenied", "Members of a dynamic group cannot be changed by hand.")


def _referenced(call: Call, reference: dict[str, Json]) -> str:
    """The id of the object that a reference names; raises GraphError."""
    found = _REFERENCE.fullmatch(str(reference.get("@odata.id")).lower())
    if found is None:
        raise bad("Invalid URL format specified in payload.")
    for collection in (Users(call.tenant), call.tenant["groups"], call.tenant["servicePrincipals"]):
        if found[1] in collection:
            return found[1]
    raise missing(found[1])


def _new(members: list[str], wanted: list[str]) -> list[str]:
    if set(members) & set(wanted):
        text = "One or more added object references already exist for the following modified properties: 'members'."
        raise bad(text)
    return wanted


def _add_member(call: Call) -> Response:
    known = pick(call.tenant["groups"], call.parts["group"])
    _assigned(known)
    reference = call.request.json() if call.request.body else {}
    members = call.tenant["members"].setdefault(known["id"], [])
    members += _new(members, [_referenced(call, reference if isinstance(reference, dict) else {})])
    return done()


def _remove_member(call: Call) -> Response:
    known = pick(call.tenant["groups"], call.parts["group"])
    _assigned(known)
    members, member = call.tenant["members"].get(known["id"], []), call.parts["member"].lower()
    if member not in members:
        raise missing(member)
    members.remove(member)
    return done()


ROUTES: tuple[Route, ...] = (
    Route("POST", "/groups", "group", "", CREATE, _add),
    Route("PATCH", "/groups/{group}", "group", "", UPDATE, _patch),
    Route("DELETE", "/groups/{group}", "group", "", UPDATE, _delete),
    Route("POST", "/groups/{group}/members/$ref", "group", "", MEMBERS, _add_member),
    Route("DELETE", "/groups/{group}/members/{member}/$ref", "group", "", MEMBERS, _remove_member),
)
