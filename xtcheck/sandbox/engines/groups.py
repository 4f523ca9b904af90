"""The engine of dynamic groups: members are whom the rule selects."""

from __future__ import annotations

from xtcheck.sandbox.crowd import Crowd
from xtcheck.sandbox.engines.rules import Unreadable, compile_rule
from xtcheck.sandbox.state import State, stamp
from xtcheck.sandbox.wire import Json


def evaluate(state: State) -> None:
    """Put the members of every dynamic group right; one with an unreadable rule keeps its members."""
    for tenant in state.tree["tenants"].values():
        for group in tenant["groups"].values():
            if "DynamicMembership" in group["groupTypes"] and group["membershipRuleProcessingState"] == "On":
                _evaluate(tenant, group, stamp(state.clock.now()))


def _evaluate(tenant: dict[str, Json], group: Json, now: str) -> None:
    known = group.get("membershipRuleProcessingStatus") or {}
    try:
        selects = compile_rule(group["membershipRule"] or "")
    except Unreadable as error:
        group["membershipRuleProcessingStatus"] = {
            "status": "Failed",
            "lastMembershipUpdated": known.get("lastMembershipUpdated"),
            "errorMessage": f"The membership rule cannot be evaluated: {error}",
        }
        return
    members = [identifier for identifier, user in tenant["users"].items() if selects(user)]
    members += Crowd(tenant).chosen(selects)
    if members == tenant["members"].get(group["id"]) and known.get("status") == "Succeeded":
        return
    tenant["members"][group["id"]] = members
    group["membershipRuleProcessingStatus"] = {
        "status": "Succeeded",
        "lastMembershipUpdated": now,
        "errorMessage": None,
    }
