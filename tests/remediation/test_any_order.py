"""Whatever drifts, and in whichever order it is put right and taken back: hypothesis thinks of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.gates import scenario
from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting
from tests.remediation.reach import strays
from tests.remediation.test_mend_each import ALL, can_be, with_it
from xtcheck.judge import judge
from xtcheck.kinds.writes import is_written
from xtcheck.model import Absent, Check, Present, Safety, Verdict
from xtcheck.remediation.changes import Change, Outcome
from xtcheck.remediation.compose import owner
from xtcheck.remediation.places import at, has_before
from xtcheck.remediation.rounds import MOST
from xtcheck.shapes import AsyncCall
from xtcheck.world import World

Json = Any

ALONE = "others that inherit with it get values when it is taken back, and of one alone a person decides (inheriting)"
HALF = "the gate takes the partner away and leaves what stands in it, which no service does (HALF_GONE)"
LEFT_OUT = {
    "one/partner.shared.trust-mfa": ALONE,
    "two/partner.shared.trust-mfa": ALONE,
    "shared/partner.one.state": HALF,
    "shared/partner.two.state": HALF,
    "shared/group.DevOps – Shared Tenant.state": "taking it back takes a look at who uses it (test_taking_back.py)",
}
"""Checks that drift in no sequence, and why; else whatever is written does, also whether an object is there."""


def about(case: Case) -> tuple[str, ...]:
    """The object that is written for a case."""
    ref = owner(case.check.kind.ref(case.check.scope))
    return ref.place, ref.kind.name, ref.key


CASES = sorted((case for case in ALL if can_be(case) and case.check.name not in LEFT_OUT), key=about)
"""Rows of one object are beside each other, and so in one part: that they drift at once is what shall happen."""
PARTS = 24
"""Into so many parts they are dealt out when many sequences of them are tried."""
PER_ITEM = {
    "appRoleAssignedTo": "Graph assigns one user or group at a time (serviceprincipal-post-approleassignedto)",
    "AttachManagedPolicyToPermissionSet": "takes one ManagedPolicyArn",
    "DetachManagedPolicyFromPermissionSet": "takes one ManagedPolicyArn",
    "AttachCustomerManagedPolicyReferenceToPermissionSet": "takes one CustomerManagedPolicyReference",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet": "takes one CustomerManagedPolicyReference",
    "TagResource": "one tag at a time, as it is planned: each is an item of its own",
    "UntagResource": "one tag at a time, as it is planned: each is an item of its own",
    "CreateAccountAssignment": "takes one principal, and is carried out later",
    "DeleteAccountAssignment": "takes one principal, and is carried out later",
    "CreateEntitlement": "takes one principal and role",
    "DeleteEntitlement": "takes one entitlement",
    "AddRegion": "takes one RegionName",
    "RemoveRegion": "takes one RegionName",
    "RegisterDelegatedAdministrator": "takes one AccountId",
    "DeregisterDelegatedAdministrator": "takes one AccountId",
}
"""Operations of the shape Members, of which one plan may have one call for each item of one list."""
OBJECTS = ("InstanceArn", "PermissionSetArn", "ResourceArn", "IdentityStoreId")
"""The parameters by which AWS's operations name their object, which is in no path."""


def repeated(log: list[Json]) -> list[tuple[str, ...]]:
    """The operations that were sent twice to one object, where one call would do."""
    made: Counter[tuple[str, ...]] = Counter()
    for each in log:
        if each["write"] and each["path"].rpartition("/")[2] not in PER_ITEM:
            body = each["body"] if isinstance(each["body"], dict) else {}
            made[each["method"], each["tenant"], each["path"], *(str(body.get(name)) for name in OBJECTS)] += 1
    return [call for call, times in made.items() if times > 1]


class AnyOrder(RuleBasedStateMachine):
    """Somebody changes things, and runs put them right or take back what they did."""

    def __init__(self, act: Acting, folder: Path, cases: list[Case], at_once: list[int]) -> None:
        super().__init__()
        self.act, self.folder, self.cases, self.at_once = act, folder, cases, at_once
        self.open: dict[str, Case] = {}
        self.related: set[str] = set()
        self.last: list[Change] = []
        """What the last run changed, of which ``journal`` tells."""
        self.journal: Path | None = None
        self.found: World = act.living.good

    # --- what happens ---------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, len(CASES) - 1))
    def somebody_changes_something(self, number: int) -> None:
        case = self.cases[number % len(self.cases)]
        living, world = self.act.living, self.act.world([case.check])
        if not is_well(case.check, world) or is_nowhere(case, world):
            return  # it has drifted, or what it stands in is not there by now
        try:
            made = mutation(case, living.state(), world)
        except (LookupError, AssertionError):  # the gate finds no place for it, for another drift has emptied a list
            return
        living.drift(*made.operations, *with_it(case, living.state()))
        self.open[str(case)] = case
        self.at_once.append(max(Counter(map(about, self.open.values())).values()))
        self.related |= {case.check.name, *scenario.lookers(living.good, made.shown_by)}
        self.last = []

    @precondition(lambda self: self.open)
    @rule()
    def what_is_safe_is_put_right(self) -> None:
        world = self.put_right(Safety.SAFE)
        assert {change.safety for change in self.last} <= {Safety.SAFE}
        self.open = {key: case for key, case in self.open.items() if not is_well(case.check, world)}

    @precondition(lambda self: self.open)
    @rule()
    def everything_is_put_right(self) -> None:
        world = self.put_right(Safety.UNSAFE)
        assert [str(case) for case in self.open.values() if not is_well(case.check, world)] == []
        self.open = {}

    @precondition(lambda self: self.last)
    @rule()
    def the_last_run_is_taken_back(self) -> None:
        assert self.journal
        lost = self.act.taken_back(self.journal, self.folder).lost
        world = self.act.world(self.checks())
        for change in self.last:
            told = not change.undoable and any(why.startswith(change.target) for why in lost)
            assert told or is_back(change, self.found, world), change
        known = (case for case in CASES if case.check.name in self.related)
        self.open |= {str(case): case for case in known if not is_well(case.check, world)}
        self.last = []

    def teardown(self) -> None:
        try:
            if self.open:
                self.everything_is_put_right()
        finally:
            self.act.living.put_right()

    # --- and what holds -------------------------------------------------------------------------------------------

    def checks(self) -> list[Check]:
        return [check for check in scenario.checks() if check.name in self.related]

    def put_right(self, allowed: Safety) -> World:
        """One run, round by round: one call for each change, nothing but what was declared, and nothing is left."""
        act, checks, rounds = self.act, self.checks(), 0
        self.last, self.journal = [], None
        self.found = world = act.world(checks)
        planned = act.plan(world, allowed, checks)
        while planned.changes:
            rounds += 1
            assert rounds <= MOST
            act.living.forget_log()
            before = act.living.state()
            results, self.journal = act.apply(planned, self.folder, onto=self.journal)
            assert {result.outcome for result in results} == {Outcome.APPLIED}, results
            log = act.living.log()
            assert repeated(log) == []
            assert sum(each["write"] for each in log) == sum(bool(result.requests) for result in results)
            assert strays(planned.changes, before, act.living.state()) == []
            self.last += planned.changes
            world = act.world(checks)
            planned = act.plan(world, allowed, checks)
        return world


def is_well(check: Check, world: World) -> bool:
    return judge(check, world).verdict is Verdict.COMPLIANT


def is_nowhere(case: Case, world: World) -> bool:
    """Whether what a drift would be in is not there: no service holds that."""
    above = case.ref.parent
    return above is not None and isinstance(world.evidence(above), Absent)


def is_back(change: Change, found: World, world: World) -> bool:
    """Whether every place that was declared is as it was found; what accounts were given is provisioned again.

    What was not there is not there again, whatever was changed in it in between.
    An item of a list is back when it is there again: it has a new id.
    """
    if isinstance(change.ref.kind.write, AsyncCall):
        return True
    evidence = world.evidence(change.ref)
    if isinstance(found.evidence(change.ref), Absent):
        return isinstance(evidence, Absent)
    document = evidence.document if isinstance(evidence, Present) else None
    stated = [place for place in change.places if place.stated]
    items = [place for place in stated if place.path.startswith("[")]
    return all((at(document, place.path) is None) is (place.before is None) for place in items) and all(
        has_before(change, document, place) for place in stated if place not in items
    )


def think(act: Acting, folder: Path, examples: int, steps: int, cases: list[Case] = CASES) -> int:
    """Let hypothesis think; how many drifts of one object were open at once."""
    at_once: list[int] = []
    run_state_machine_as_test(
        lambda: AnyOrder(act, folder, cases, at_once),  # type: ignore[arg-type]  # hypothesis calls what it is given
        settings=settings(
            max_examples=examples, stateful_step_count=steps, derandomize=True, database=None, deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            phases=[Phase.generate],  # a failure is told as it was found: to make it smaller takes many minutes
        ),
    )  # fmt: skip
    return max(at_once)


OF_A_PARTNER = [case for case in CASES if about(case)[:2] in (("shared", "partner"), ("shared", "identity-sync"))]
"""What `make test` draws from: so few objects that several rows of one are mostly open at once."""


def test_whatever_drifts_is_put_right_and_taken_back(act: Acting, tmp_path: Path) -> None:
    assert think(act, tmp_path, examples=2, steps=8, cases=OF_A_PARTNER) > 1


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_drifts_in_whichever_order_is_put_right_and_taken_back(act: Acting, tmp_path: Path, part: int) -> None:
    first, end = (len(CASES) * number // PARTS for number in (part, part + 1))
    think(act, tmp_path, examples=4, steps=12, cases=CASES[first:end])


@pytest.mark.soak
def test_whatever_drifts_in_different_objects_is_put_right_and_taken_back(act: Acting, tmp_path: Path) -> None:
    think(act, tmp_path, examples=12, steps=16)


def test_every_statement_that_an_object_is_there_takes_part_or_says_why_not() -> None:
    written = {check.name for check in scenario.evidenced()
               if check.setting.presence and is_written(check.kind, check.setting)}  # fmt: skip
    part = {case.check.name for case in CASES if case.check.setting.presence}
    assert part
    assert written - part <= LEFT_OUT.keys()
    assert not part & LEFT_OUT.keys()


def test_an_operation_that_is_sent_twice_to_one_object_is_found() -> None:
    one: Json = {"write": True, "method": "PATCH", "tenant": "one", "path": "/v1.0/groups/1", "body": {"a": 1}}
    assert repeated([one, {**one, "body": {"b": 1}}]) == [("PATCH", "one", "/v1.0/groups/1", *("None",) * len(OBJECTS))]
    assert repeated([one, {**one, "tenant": "two"}, {**one, "write": False}]) == []
