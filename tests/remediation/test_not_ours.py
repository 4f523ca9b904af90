"""What a service has refused, and what others have made meanwhile, is nobody's to take back; what may be done is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates.living import Living
from tests.remediation.acting import Acting
from tests.remediation.test_faults import DRIFTS, one
from tests.remediation.test_faults import planned as planned_of
from tests.remediation.test_taking_back import NEW, group, planned, seeing_all, stated
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.writing import Done, Lost, Refused, Told, Write

Json = Any

DENIED = Refused("it may not", "grant it", ("r",), "Authorization_RequestDenied", denied=True)
TAKEN = Refused("there is one of this name", "look", ("r",), "Conflict", passing=True)
UNANSWERED = Lost("no answer", "look", ("r",), passing=False)
TRUST = "/inboundTrust/isCompliantDeviceAccepted"
AUDITORS = "applies-to: {aws: main}\nidentity-center: {permission-sets: {Auditors: {state: present}}}"
CLOSED = "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {trust-compliant-device: false}}}"


def partner(living: Living) -> str:
    return f"/tenants/shared/crossTenantAccessPolicy/partners/{one(living.state())}"


def a_setting(act: Acting) -> Plan:
    act.living.drift({"op": "replace", "path": partner(act.living) + TRUST, "value": True})
    return planned(act, stated(CLOSED))


PLANS: dict[str, Callable[[Acting], Plan]] = {
    "a setting": a_setting,
    "a group": lambda act: planned(act, group(NEW)),
    "a permission set": lambda act: planned(act, stated(AUDITORS)),
}


def answered(act: Acting, made: Plan, folder: Path, *answers: Told) -> tuple[Outcome, Path]:
    """What comes of the one change when it is answered so, the last to the end, and nothing of it is done."""
    left = list(answers)

    async def send(_: Write) -> Told:
        return left.pop(0) if len(left) > 1 else left[0]

    [result], path = act.apply(made, folder, send)
    return result.outcome, path


def make_it_by_hand(act: Acting, made: Plan) -> None:
    """What the run did not do, an administrator does."""
    [change] = made.changes
    assert isinstance(act.run(act.send(change.write)), Done)


def plans(act: Acting, path: Path) -> list[str]:
    return [str(change.verb) for change in seeing_all(act, path).plan.changes]


@pytest.mark.parametrize("what", PLANS)
def test_what_a_service_refused_and_a_person_did_is_left(act: Acting, what: str, tmp_path: Path) -> None:
    made = PLANS[what](act)
    outcome, path = answered(act, made, tmp_path, DENIED)
    make_it_by_hand(act, made)
    found = seeing_all(act, path)
    assert (outcome, found.plan.changes, found.lost, found.back) == (Outcome.FAILED, (), (), ())


@pytest.mark.parametrize("what, verb", [("a setting", "change"), ("a group", "delete"), ("a permission set", "delete")])
@pytest.mark.parametrize("answers", [[UNANSWERED], [replace(UNANSWERED, busy=True, passing=True), DENIED]], ids=len)
def test_what_was_not_answered_counts_by_what_is_there(
    act: Acting, what: str, verb: str, answers: Sequence[Told], tmp_path: Path
) -> None:
    """Also when it was sent again, and refused then: the first attempt may have been done by that time."""
    made = PLANS[what](act)
    outcome, path = answered(act, made, tmp_path, *answers)
    make_it_by_hand(act, made)
    assert (outcome, plans(act, path)) == (Outcome.FAILED, [verb])


def test_what_was_said_to_be_done_and_comes_later_is_taken_back(act: Acting, tmp_path: Path) -> None:
    made = a_setting(act)
    outcome, path = answered(act, made, tmp_path, Done(("r",)))
    make_it_by_hand(act, made)
    assert (outcome, plans(act, path)) == (Outcome.FAILED, ["change"])


@pytest.mark.parametrize("what", ["a group", "a permission set"])
def test_what_somebody_else_has_made_first_is_theirs(act: Acting, what: str, tmp_path: Path) -> None:
    made = PLANS[what](act)

    async def send(write: Write) -> Told:
        assert isinstance(await act.send(write), Done)
        return TAKEN

    [result], path = act.apply(made, tmp_path, send)
    assert result.said == "there is one of this name; it is there, and need not be ours"
    found = seeing_all(act, path)
    assert (found.plan.changes, found.lost, found.back) == ((), (), ())


def test_what_was_refused_and_yet_done_in_part_is_taken_back(act: Acting, tmp_path: Path) -> None:
    act.living.drift(
        DRIFTS["a setting is changed"](act.living.state()),
        {"op": "replace", "path": partner(act.living) + TRUST, "value": True},
    )
    made = planned_of(act, "a setting is changed")

    async def send(_: Write) -> Told:
        act.living.drift({"op": "replace", "path": partner(act.living) + TRUST, "value": False})
        return DENIED

    [result], path = act.apply(made, tmp_path, send)
    [change] = act.undoing(path).plan.changes
    changed = {place.path: (place.before, place.after) for place in change.places if place.changes}
    assert (result.outcome, changed) == (Outcome.FAILED, {"inboundTrust.isCompliantDeviceAccepted": (False, True)})


@pytest.mark.parametrize("begun", [False, True])
def test_of_accounts_some_may_have_been_provisioned_before_it_failed(
    act: Acting, tmp_path: Path, *, begun: bool
) -> None:
    [arn] = act.living.state()["aws"]["main"]["permissionSets"]
    where = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/provisioned/444455556666"
    act.living.drift({"op": "replace", "path": where, "value": "LATEST_PERMISSION_SET_NOT_PROVISIONED"})
    words = "identity-center: {permission-sets: {ReadOnlyAccess: {provisioned: everywhere}}}"
    made = planned(act, stated(f"applies-to: {{aws: main}}\n{words}"))
    outcome, path = answered(act, made, tmp_path, replace(DENIED, begun=begun))
    assert outcome is Outcome.FAILED
    assert [entry.ours for entry in journal.read(path).entries] == [begun]
    assert bool(act.undoing(path).lost) is begun
