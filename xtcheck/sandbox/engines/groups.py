"""The engine of dynamic groups: members are whom the rule selects."""

from __future__ import annotations

import re

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
        members = _selected(tenant, group["membershipRule"] or "")
    except Unreadable as error:
        group["membershipRuleProcessingStatus"] = {
            "status": "Failed",
            "lastMembershipUpdated": known.get("lastMembershipUpdated"),
            "errorMessage": f"The membership rule cannot be evaluated: {error}",
        }
        return
    if members == tenant["members"].get(group["id"]) and known.get("status") == "Succeeded":
        return
    tenant["members"][group["id"]] = members
    group["membershipRuleProcessingStatus"] = {
        "status": "Succeeded",
        "lastMembershipUpdated": now,
        "errorMessage": None,
    }


_REPORTS = re.compile(r"""\s*direct\s+reports\s+for\s+"(?P<manager>[^"]+)"\s*""", re.IGNORECASE)


def _selected(tenant: dict[str, Json], rule: str) -> list[str]:
    """The ids of whom a rule selects; raises Unreadable.

    https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership, "Create a Direct reports rule": the
    manager is added as well.
    """
    if found := _REPORTS.fullmatch(rule):
        manager = found["manager"]
        reports = [user for user, of in tenant["managers"].items() if of == manager and user in tenant["users"]]
        return [*reports, *([manager] if manager in tenant["users"] else [])]
    selects = compile_rule(rule)
    chosen = [identifier for identifier, user in tenant["users"].items() if selects(user)]
    return [*chosen, *Crowd(tenant).chosen(selects)]
