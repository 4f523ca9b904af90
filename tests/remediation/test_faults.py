"""What a service may do to a write, and what is told of it: never more than is to be seen, and nothing made twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from tests.remediation.meanwhile import hold_back
from tests.remediation.wrongs import SITUATIONS, WRONGS, Situation, Wrong, hold, populations
from xtcheck.kinds import windows
from xtcheck.model import Check
from xtcheck.remediation.changes import Outcome, Plan, Result

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


NOTHING_TO_LOSE = {"outdated-accounts-provisioned"}
"""Situations that take no more than a call which does what is left, whatever that is by then."""
PAIRS = [(situation, wrong) for situation in SITUATIONS for wrong in WRONGS]
STEP = 47
"""Of the pairs, `make test` tries every so manieth, so that each wrong has its turn."""


def checks_of(drift: str) -> list[Check]:
    return [check for check in scenario.checks() if check.kind.name == KINDS[drift] and check.owner == "shared"]


def planned(act: Acting, drift: str) -> Plan:
    checks = checks_of(drift)
    return act.plan(act.world(checks), checks=checks)


@pytest.mark.parametrize("situation, wrong", PAIRS[::STEP], ids=str)
def test_whatever_happens_to_a_write_only_what_is_so_is_told(
    act: Acting, situation: Situation, wrong: Wrong, tmp_path: Path
) -> None:
    hold(act, situation, wrong, 1, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("times", [1, 2, None], ids=["once", "twice", "always"])
@pytest.mark.parametrize("situation, wrong", PAIRS, ids=str)
def test_whatever_happens_to_any_write_only_what_is_so_is_told(
    act: Acting, situation: Situation, wrong: Wrong, times: int | None, tmp_path: Path
) -> None:
    hold(act, situation, wrong, times, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_whatever_somebody_else_changes_meanwhile_is_left_alone(
    act: Acting, situation: Situation, tmp_path: Path
) -> None:
    hold_back_or_go_on(act, situation, tmp_path)


@pytest.mark.parametrize("situation", SITUATIONS[::7], ids=str)
def test_what_somebody_else_changes_in_an_object_is_left_alone(
    act: Acting, situation: Situation, tmp_path: Path
) -> None:
    hold_back_or_go_on(act, situation, tmp_path)


def hold_back_or_go_on(act: Acting, situation: Situation, folder: Path) -> None:
    assert bool(hold_back(act, situation, folder)) is (situation.name not in NOTHING_TO_LOSE)


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


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_window_of_no_time_at_all_is_a_window(
    act: Acting, drift: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act, "windows", dict.fromkeys(windows(), (0.0, 0.0)))
    act.living.drift(DRIFTS[drift](act.living.state()))
    results, _ = act.apply(planned(act, drift), tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED]


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
    before = populations(act.living.state())
    act.living.forget_log()
    # The pattern ends where a look has its options.
    act.living.fault({"match": {"path": "/v1.0/policies/crossTenantAccessPolicy/partners", "service": "graph"},
                      "do": fault, "times": 1})  # fmt: skip
    [result], _ = act.apply(made, tmp_path)
    assert result.outcome in (Outcome.APPLIED, Outcome.FAILED)
    assert (populations(act.living.state()) - before).total() <= 1


def test_a_token_that_is_refused_is_renewed_once(act: Acting, tmp_path: Path) -> None:
    act.living.drift(DRIFTS["a setting is changed"](act.living.state()))
    made = planned(act, "a setting is changed")
    path = f"/v1.0{made.changes[0].write.operation}"
    refused = {"status": 401, "code": "InvalidAuthenticationToken"}
    act.living.fault({"match": {"path": path}, "do": refused, "times": 1})
    [result], _ = act.apply(made, tmp_path)
    assert (result.outcome, len(result.requests)) == (Outcome.APPLIED, 2)
