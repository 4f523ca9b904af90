"""Several things drift at once, anywhere: one plan puts them right, one call an object, and undoing brings all back."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.gates import scenario
from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting
from tests.remediation.test_mend_each import ALL, can_be
from xtcheck.judge import judge
from xtcheck.model import Safety, Verdict
from xtcheck.remediation.changes import Outcome
from xtcheck.remediation.compose import owner
from xtcheck.shapes import AsyncCall

AT_ONCE = 4
CASES = [case for case in ALL if can_be(case) and not case.check.setting.presence]
"""Drifts that leave the objects of all the others where they are."""


def some(seed: int) -> list[Case]:
    """A few drifts, each of another object."""
    shuffled = CASES[:]
    random.Random(seed).shuffle(shuffled)  # noqa: S311  # the same in every run
    found: dict[object, Case] = {}
    for case in shuffled:
        found.setdefault((owner(case.check.kind.ref(case.check.scope)).place, case.check.kind.name), case)
    return list(found.values())[:AT_ONCE]


def hold(act: Acting, seed: int, folder: Path) -> None:
    living, cases = act.living, some(seed)
    related: set[str] = set()
    for case in cases:
        made = mutation(case, living.state(), living.good)
        living.drift(*made.operations)
        related |= {case.check.name, *scenario.lookers(living.good, made.shown_by)}
    checks = [check for check in scenario.checks() if check.name in related]
    world = act.world(checks)
    before = {check.name: judge(check, world) for check in checks}
    assert {before[case.check.name].verdict for case in cases} == {Verdict.DRIFT}

    safe = act.plan(world, Safety.SAFE, checks)
    assert {change.safety for change in safe.changes} <= {Safety.SAFE}
    journals = []
    planned = act.plan(world, checks=checks)
    while planned.changes:
        calls = Counter((change.name, str(change.write)) for change in planned.changes)
        assert set(calls.values()) == {1}
        results, journal = act.apply(planned, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        journals.append(journal)
        assert len(journals) < AT_ONCE
        world = act.world(checks)
        planned = act.plan(world, checks=checks)
    assert {judge(case.check, world).verdict for case in cases} == {Verdict.COMPLIANT}

    for journal in reversed(journals):
        results, _ = act.apply(act.undoing(journal).plan, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    world = act.world(checks)
    for case in (case for case in cases if not isinstance(case.check.kind.write, AsyncCall)):
        assert judge(case.check, world).observed == before[case.check.name].observed, case


@pytest.mark.parametrize("seed", range(3))
def test_several_drifts_are_put_right_together_and_taken_back(act: Acting, seed: int, tmp_path: Path) -> None:
    hold(act, seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 60))
def test_any_drifts_are_put_right_together_and_taken_back(act: Acting, seed: int, tmp_path: Path) -> None:
    hold(act, seed, tmp_path)
