"""Whatever drifts, and in whichever order it is put right and taken back: hypothesis thinks of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.gates import scenario
from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting, differences
from tests.remediation.test_mend_each import ALL, can_be
from xtcheck.judge import judge
from xtcheck.model import Check, Present, Safety, Verdict
from xtcheck.remediation.changes import Change, Outcome
from xtcheck.remediation.compose import owner
from xtcheck.remediation.places import at, has_before
from xtcheck.remediation.rounds import MOST
from xtcheck.shapes import AsyncCall
from xtcheck.world import World

Json = Any

CASES = [case for case in ALL if can_be(case) and not case.check.setting.presence]
"""Drifts that leave the objects of all the others where they are."""
PARTS = 24
"""Into so many parts they are dealt out when many sequences of them are tried."""
LATER = {"/permissionSetProvisionings", "/assignmentCreations", "/assignmentDeletions"}
"""What AWS keeps of calls that were carried out later."""


def about(case: Case) -> tuple[str, str]:
    ref = owner(case.check.kind.ref(case.check.scope))
    return ref.place, ref.kind.name


class AnyOrder(RuleBasedStateMachine):
    """Somebody changes things, and runs put them right or take back what they did."""

    def __init__(self, act: Acting, folder: Path, cases: list[Case]) -> None:
        super().__init__()
        self.act, self.folder, self.cases = act, folder, cases
        self.open: dict[tuple[str, str], Case] = {}
        self.related: set[str] = set()
        self.last: list[tuple[Path, list[Change]]] = []

    # --- what happens ---------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, len(CASES) - 1))
    def somebody_changes_something(self, number: int) -> None:
        case = self.cases[number % len(self.cases)]
        if about(case) in self.open:
            return
        living = self.act.living
        made = mutation(case, living.state(), self.act.world([case.check]))
        living.drift(*made.operations)
        self.open[about(case)] = case
        self.related |= {case.check.name, *scenario.lookers(living.good, made.shown_by)}
        self.last = []

    @precondition(lambda self: self.open)
    @rule()
    def what_is_safe_is_put_right(self) -> None:
        world = self.put_right(Safety.SAFE)
        assert {change.safety for _, changes in self.last for change in changes} <= {Safety.SAFE}
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
        lost = [why for path, _ in reversed(self.last) for why in self.act.taken_back(path, self.folder).lost]
        world = self.act.world(self.checks())
        for change in (change for _, changes in self.last for change in changes):
            told = not change.undoable and any(why.startswith(change.target) for why in lost)
            assert told or is_back(change, world), change
        known = (case for case in CASES if case.check.name in self.related)
        self.open |= {about(case): case for case in known if not is_well(case.check, world)}
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
        act, checks, self.last = self.act, self.checks(), []
        before, world = act.living.state(), act.world(self.checks())
        words: set[str] = set(LATER)
        planned = act.plan(world, allowed, checks)
        while planned.changes:
            assert len(self.last) < MOST
            act.living.forget_log()
            results, path = act.apply(planned, self.folder)
            assert {result.outcome for result in results} == {Outcome.APPLIED}, results
            calls = [(each["path"], json.dumps(each["body"])) for each in act.living.log() if each["write"]]
            assert len(calls) == len(set(calls)) == sum(bool(result.requests) for result in results)
            self.last.append((path, list(planned.changes)))
            was, world = world, act.world(checks)
            for seen in (was, world, act.living.good):
                words |= {word for change in planned.changes for word in owned(change, seen)}
            planned = act.plan(world, allowed, checks)
        moved = differences(before, act.living.state())
        assert [path for path in moved if not any(word in path for word in words)] == []
        return world


def is_well(check: Check, world: World) -> bool:
    return judge(check, world).verdict is Verdict.COMPLIANT


def is_back(change: Change, world: World) -> bool:
    """Whether every place that was declared is as it was before; what accounts were given is provisioned again.

    An item of a list is back when it is there again: it has a new id.
    """
    if isinstance(change.ref.kind.write, AsyncCall):
        return True
    evidence = world.evidence(change.ref)
    document = evidence.document if isinstance(evidence, Present) else None
    stated = [place for place in change.places if place.stated]
    items = [place for place in stated if place.path.startswith("[")]
    return all((at(document, place.path) is None) is (place.before is None) for place in items) and all(
        has_before(change, document, place) for place in stated if place not in items
    )


def think(act: Acting, folder: Path, examples: int, steps: int, cases: list[Case] = CASES) -> None:
    run_state_machine_as_test(
        lambda: AnyOrder(act, folder, cases),  # type: ignore[arg-type]  # hypothesis calls what it is given
        settings=settings(
            max_examples=examples, stateful_step_count=steps, derandomize=True, database=None, deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip


def test_whatever_drifts_is_put_right_and_taken_back(act: Acting, tmp_path: Path) -> None:
    think(act, tmp_path, examples=2, steps=8)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_drifts_in_whichever_order_is_put_right_and_taken_back(act: Acting, tmp_path: Path, part: int) -> None:
    think(act, tmp_path, examples=4, steps=12, cases=CASES[part::PARTS])
