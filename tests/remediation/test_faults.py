"""What a service may do to a write, and what is told of it: never more than is to be seen, and nothing made twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.model import Check
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome, Plan, Result
from xtcheck.writing import Done, Lost, Refused, Told, Write

Json = Any

GROUP = "DevOps – Shared Tenant"
SHARED = "/tenants/shared"
DRIFTS: dict[str, Callable[[Json], Json]] = {
    "a setting is changed": lambda tree: {
        "op": "replace", "path": f"{SHARED}/crossTenantAccessPolicy/partners/{one(tree)}/inboundTrust/isMfaAccepted",
        "value": False,
    },
    "a partner is created": lambda tree: {
        "op": "remove", "path": f"{SHARED}/crossTenantAccessPolicy/partners/{one(tree)}",
    },
    "a group is created": lambda tree: {
        "op": "replace", "path": f"{SHARED}/groups/{group(tree)}/displayName", "value": "Somebody else's",
    },
}  # fmt: skip
"""Of each kind of write, the drift that makes it be planned."""
KINDS = {"a setting is changed": "partner", "a partner is created": "partner", "a group is created": "group"}


def one(tree: Json) -> str:
    return str(tree["tenants"]["one"]["id"])


def group(tree: Json) -> str:
    groups = tree["tenants"]["shared"]["groups"].items()
    return next(str(id_) for id_, found in groups if found["displayName"] == GROUP)


class Wire:
    """Stands before the service, and does something wrong to the first write."""

    def __init__(self, act: Acting, fault: str) -> None:
        self._act, self._fault, self.sent = act, fault, 0

    async def __call__(self, write: Write) -> Told:
        self.sent += 1
        if self.sent > 1:
            return await self._act.send(write)
        match self._fault:
            case "refused before":
                return Refused("permission is missing", "grant it", ("1",), "Authorization_RequestDenied")
            case "refused after":
                await self._act.send(write)
                return Refused("permission is missing", "grant it", ("1",), "Authorization_RequestDenied")
            case "lost before":
                return Lost("it closed the connection", "it is looked at again", ("1",))
            case "lost after":
                await self._act.send(write)
                return Lost("it closed the connection", "it is looked at again", ("1",))
            case "busy before":
                return Lost("status 429", "it is looked at again", ("1",), busy=True)
            case "busy after":
                await self._act.send(write)
                return Lost("status 429", "it is looked at again", ("1",), busy=True)
            case "dropped":
                return Done(("1",))
            case "applied partly":
                await self._act.send(replace(write, body={**write.body, **PARTLY[write.verb, write.operation[:7]]}))
                return Done(("1",))
        raise AssertionError(self._fault)


PARTLY: dict[tuple[str, str], Json] = {
    ("PATCH", "/polici"): {"inboundTrust": None},
    ("POST", "/polici"): {"inboundTrust": None},
    ("POST", "/groups"): {"membershipRuleProcessingState": "Paused"},
}
"""What a service that obeys by half makes of a write."""

TRIED, MADE = Outcome.FAILED, Outcome.APPLIED
EXPECTED = {
    # fault: what comes of a change, of a partner that is created, of a group that is created; and how often it is sent
    "refused before": ((TRIED, 1), (TRIED, 1), (TRIED, 1)),
    "refused after": ((MADE, 1), (MADE, 1), (MADE, 1)),
    "lost before": ((MADE, 2), (MADE, 2), (TRIED, 1)),
    "lost after": ((MADE, 1), (MADE, 1), (MADE, 1)),
    "busy before": ((MADE, 2), (MADE, 2), (MADE, 2)),
    "busy after": ((MADE, 1), (MADE, 1), (MADE, 1)),
    "dropped": ((TRIED, 1), (TRIED, 1), (TRIED, 1)),
    "applied partly": ((TRIED, 1), (TRIED, 1), (TRIED, 1)),
}
"""A group has no name that the service would refuse a second time: what may have made one is not sent again."""
MATRIX = [
    (drift, fault, outcome, sends)
    for fault, row in EXPECTED.items()
    for drift, (outcome, sends) in zip(DRIFTS, row, strict=True)
]


def checks_of(drift: str) -> list[Check]:
    return [check for check in scenario.checks() if check.kind.name == KINDS[drift] and check.owner == "shared"]


def planned(act: Acting, drift: str) -> Plan:
    checks = checks_of(drift)
    return act.plan(act.world(checks), checks=checks)


def objects(tree: Json) -> tuple[int, int]:
    """How many partners and groups there are."""
    shared = tree["tenants"]["shared"]
    return len(shared["crossTenantAccessPolicy"]["partners"]), len(shared["groups"])


@pytest.mark.parametrize("drift, fault, outcome, sends", MATRIX)
def test_a_fault_of_a_write_is_told_as_it_is(
    act: Acting, drift: str, fault: str, outcome: Outcome, sends: int, tmp_path: Path
) -> None:
    act.living.drift(DRIFTS[drift](act.living.state()))
    drifted = act.living.state()
    made = planned(act, drift)
    assert len(made.changes) == 1
    wire = Wire(act, fault)
    [result], kept = act.apply(made, tmp_path, wire)
    assert (result.outcome, wire.sent) == (outcome, sends), result.said
    before, after = objects(drifted), objects(act.living.state())
    assert sum(after) - sum(before) <= (drift != "a setting is changed")
    left = planned(act, drift)
    assert (left.changes == ()) == (outcome is MADE)
    [entry] = journal.read(kept).entries
    assert (entry.change, entry.outcome) == (made.changes[0], str(outcome))


def told(results: list[Result]) -> list[tuple[str, Outcome, str]]:
    return [(str(result.change.verb), result.outcome, result.said) for result in results]


def test_what_somebody_else_changed_meanwhile_is_left_alone(act: Acting, tmp_path: Path) -> None:
    tree = act.living.state()
    act.living.drift(DRIFTS["a setting is changed"](tree))
    made = planned(act, "a setting is changed")
    path = f"{SHARED}/crossTenantAccessPolicy/partners/{one(tree)}/inboundTrust/isCompliantDeviceAccepted"
    act.living.drift({"op": "replace", "path": path, "value": True})
    act.living.forget_log()
    results, _ = act.apply(made, tmp_path)
    changed = "inboundTrust.isCompliantDeviceAccepted changed meanwhile"
    assert told(results) == [("change", Outcome.STALE, changed)]
    assert not any(entry["write"] for entry in act.living.log())


def test_what_needs_a_change_that_was_not_made_is_dropped(act: Acting, tmp_path: Path) -> None:
    tree = act.living.state()
    partner = f"{SHARED}/crossTenantAccessPolicy/partners/{one(tree)}"
    sync = f"{SHARED}/crossTenantAccessPolicy/identitySynchronization/{one(tree)}"
    kept = tree["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"][one(tree)]
    act.living.drift({"op": "remove", "path": sync}, {"op": "remove", "path": partner})
    checks = [check for check in scenario.checks() if check.kind.name in ("partner", "identity-sync")]
    made = act.plan(act.world(checks))
    assert [change.name.split("-")[0] for change in made.changes] == [
        "create shared/partner.one",
        "create shared/identity",
    ]
    act.living.drift({"op": "add", "path": partner, "value": kept})
    results, _ = act.apply(made, tmp_path)
    assert [result.outcome for result in results] == [Outcome.STALE, Outcome.DROPPED]
    assert results[1].said == "it needs what was not made: create shared/partner.one"


@pytest.mark.parametrize("status", [429, 500, 503, 504, 409, 423])
def test_a_change_that_passing_trouble_meets_is_sent_again(act: Acting, status: int, tmp_path: Path) -> None:
    act.living.drift(DRIFTS["a setting is changed"](act.living.state()))
    made = planned(act, "a setting is changed")
    path = f"/v1.0{made.changes[0].write.operation}"
    act.living.fault({"match": {"path": path}, "do": {"status": status, "code": "Busy"}, "times": 1})
    [result], _ = act.apply(made, tmp_path)
    assert (result.outcome, len(result.requests)) == (Outcome.APPLIED, 2)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"reset": True}])
def test_a_creation_is_looked_for_before_it_is_sent_again(act: Acting, fault: Json, tmp_path: Path) -> None:
    act.living.drift(DRIFTS["a partner is created"](act.living.state()))
    made = planned(act, "a partner is created")
    before = act.living.state()
    act.living.forget_log()
    # The pattern ends where a look has its options.
    act.living.fault({"match": {"path": "/v1.0/policies/crossTenantAccessPolicy/partners", "service": "graph"},
                      "do": fault, "times": 1})  # fmt: skip
    [result], _ = act.apply(made, tmp_path)
    assert result.outcome in (Outcome.APPLIED, Outcome.FAILED)
    assert objects(act.living.state())[0] - objects(before)[0] <= 1


def test_a_token_that_is_refused_is_renewed_once(act: Acting, tmp_path: Path) -> None:
    act.living.drift(DRIFTS["a setting is changed"](act.living.state()))
    made = planned(act, "a setting is changed")
    path = f"/v1.0{made.changes[0].write.operation}"
    refused = {"status": 401, "code": "InvalidAuthenticationToken"}
    act.living.fault({"match": {"path": path}, "do": refused, "times": 1})
    [result], _ = act.apply(made, tmp_path)
    assert (result.outcome, len(result.requests)) == (Outcome.APPLIED, 2)
