"""Mutate each: whatever a row declares, changing it in a good world fails its check, and moves nothing unrelated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from tests.gates import scenario
from tests.gates.invented import as_seen, invented
from tests.gates.living import Living
from tests.gates.mutations import Case, cases, mutation
from tests.gates.places import NOT_KEPT, Lost, Path, at, located
from tests.gates.tabled import plain
from xtcheck.judge import judge
from xtcheck.kinds import rows
from xtcheck.model import Check, Grade, Present, Ref, Verdict
from xtcheck.world import World

CASES = list(cases())
TWINS = {str(case) for case in CASES if "two" in str(case) and str(case).replace("two", "one") in {*map(str, CASES)}}
"""Of the scenario's two sources, which are set up alike, `make test` takes the first: it is the same rows."""
ONES = [case for case in CASES if str(case) not in TWINS]
SAMPLE = 48
"""After one change of so many, `make test` reads everything again; after the others, what the change can concern."""
OBJECTS = tuple(dict.fromkeys(ref for check in scenario.evidenced() for ref in check.refs.values()))


def hold(blog: Living, case: Case, read: Callable[[Iterable[str]], World]) -> None:
    """Make the change; of what is then read, only checks that look at the changed place may move, and its own must."""
    made = mutation(case, blog.tree, blog.good)
    assert made.operations
    blog.drift(*made.operations)
    related = scenario.lookers(blog.good, made.shown_by)
    found = scenario.judgements(read({case.check.name, *related}))
    own = found[case.check.name]
    assert own.verdict is Verdict.DRIFT, f"{made.operations}: {own}"
    now = {name: judgement.verdict for name, judgement in found.items()}
    assert not {name: how for name, how in scenario.moved(blog.verdicts, now).items() if name not in related}


@pytest.mark.parametrize("case", ONES, ids=str)
def test_a_changed_setting_fails_its_check(blog: Living, case: Case) -> None:
    hold(blog, case, blog.read_again_for)


@pytest.mark.parametrize("case", ONES[::SAMPLE], ids=str)
def test_a_changed_setting_moves_nothing_unrelated(blog: Living, case: Case) -> None:
    hold(blog, case, lambda _: blog.read())


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_changed_setting_moves_anything_unrelated(blog: Living, case: Case) -> None:
    hold(blog, case, lambda _: blog.read())


@pytest.mark.parametrize("ref", OBJECTS, ids=scenario.title)
def test_every_object_that_a_row_reads_can_be_found_in_the_sandbox(running: Living, ref: Ref) -> None:
    evidence = running.good.evidence(ref)
    if not isinstance(evidence, Present) or ref.kind.name in NOT_KEPT:
        return
    document = plain(evidence.document)
    pointers: list[Path] = [(str(index),) for index in range(len(document))] if isinstance(document, list) else [()]
    try:
        for pointer in pointers:
            at(running.tree, located(running.tree, running.good, ref, pointer))
    except Lost as lost:
        pytest.fail(f"{lost}; if it is kept in another form, say so in KEPT_OTHERWISE")


@pytest.mark.parametrize("check", scenario.evidenced(), ids=lambda check: check.name)
def test_what_a_row_should_expect_can_be_told_from_the_good_world(running: Living, check: Check) -> None:
    """So that a new row which no policy states yet is held by every gate as well."""
    open_ = replace(check, expected=None)
    assert judge(as_seen(open_, running.good), running.good).verdict is Verdict.COMPLIANT


def test_a_row_that_no_policy_states_gets_a_statement() -> None:
    left_out = ("partner", "trust-mfa")
    stated = [check for check in scenario.checks() if (check.kind.name, check.setting.key) != left_out]
    [check] = invented(stated, scenario.config())
    assert (check.kind.name, check.setting.key) == ("partner", "trust-mfa")
    assert check.statement.endswith(".trust-mfa")


def test_every_row_is_mutated_unless_only_a_person_can_see_it() -> None:
    mutated = {(case.check.kind.name, case.check.setting.key) for case in ONES}
    seen = {(kind.name, setting.key) for kind, setting in rows() if setting.grade is not Grade.ATTESTED}
    told = {(check.kind.name, check.setting.key) for check in scenario.checks() if not check.refs}
    assert mutated == seen - (told - {(check.kind.name, check.setting.key) for check in scenario.evidenced()})


def test_every_relation_says_what_breaks_it() -> None:
    assert not [(kind.name, setting.key) for kind, setting in rows() if setting.view and not setting.breaks]
