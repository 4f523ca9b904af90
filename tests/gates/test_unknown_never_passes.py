"""Unknown never passes: a law of resolution and judgement alone, over all answers of the good world. No network."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gates import scenario
from tests.gates.living import Living
from tests.gates.tabled import like, plain
from xtcheck import paths
from xtcheck.judge import judge
from xtcheck.model import (
    Answer,
    Answered,
    Break,
    Check,
    Evidence,
    Failed,
    Present,
    Ref,
    Request,
    Verdict,
)
from xtcheck.world import World

Json = Any
Pointer = tuple[Json, ...]

FAILED = Failed("the test says so", "nothing", datetime(2026, 1, 1, tzinfo=UTC), 0.0)
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Answers(dict[Request, Answer]):
    """Answers to everything: what a damaged answer leads to, and nobody was asked, has failed."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, request: Request) -> Answer:
        return FAILED


def world_with(good: World, changes: Mapping[Request, Answer]) -> World:
    return World(Answers({**good.answers, **changes}), good.now)


def test_the_same_answers_give_the_same_verdicts(running: Living) -> None:
    assert scenario.verdicts(world_with(running.good, {})) == running.verdicts


def test_one_failed_answer_makes_unknown_what_depends_on_it_and_moves_no_other(running: Living) -> None:
    for request in running.good.answers:
        found = scenario.verdicts(world_with(running.good, {request: FAILED}))
        hit = scenario.dependents(running.good, [request])
        assert {name for name, verdict in found.items() if verdict is Verdict.UNKNOWN} == hit, request
        assert scenario.moved(running.verdicts, found).keys() == hit, request


def test_no_answer_at_all_leaves_only_what_a_person_attested(running: Living) -> None:
    found = scenario.verdicts(World(Answers(), running.good.now))
    assert {verdict for check in scenario.evidenced() if (verdict := found[check.name])} == {Verdict.UNKNOWN}


JUNK: list[Json] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    "x",
    "9067",
    [],
    [None],
    ["x"],
    [[]],
    {},
    {"id": None},
    [{}],
    [{"id": "x"}],
]


def pointers(document: Json, here: Pointer = ()) -> Iterator[Pointer]:
    """Every place in a document."""
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, child in parts:
        yield (*here, key)
        yield from pointers(child, (*here, key))


def inside(document: Json, pointer: Pointer) -> Json:
    for key in pointer:
        document = document[key]
    return document


@st.composite
def damaged(draw: st.DrawFn, document: Json, spared: Pointer | None = None) -> Json:
    """The document with up to three places dropped or become something else.

    Where a place is spared, nothing leads to it or out of it, and no list loses an item: what is wrong stays in there.
    """
    original, document = document, copy.deepcopy(plain(document))
    for _ in range(draw(st.integers(1, 3))):
        places = [pointer for pointer in pointers(document) if spared is None or _apart(pointer, spared)]
        if not places:
            break
        *way, key = draw(st.sampled_from(places))
        node, junk = inside(document, tuple(way)), draw(st.sampled_from([..., *JUNK]))
        if junk is not ...:
            node[key] = copy.deepcopy(junk)
        elif spared is None or isinstance(node, dict):
            del node[key]
    return like(original, document)


def _apart(one: Pointer, other: Pointer) -> bool:
    return any(left != right for left, right in zip(one, other, strict=False))


def answered(good: World, request: Request) -> Answered | None:
    answer = good.answers[request]
    return answer if isinstance(answer, Answered) else None


@MANY
@given(data=st.data())
def test_no_damaged_answer_raises_or_moves_what_does_not_depend_on_it(running: Living, data: st.DataObject) -> None:
    request = data.draw(
        st.sampled_from([request for request in running.good.answers if answered(running.good, request)])
    )
    answer = answered(running.good, request)
    assert answer
    # All items of all pages are a list: that much the clients promise.
    junk = [each for each in JUNK if isinstance(each, list) or not request.many]
    if request.columns:  # nor can there be anything else in a table than what its columns are
        junk = [like(answer.document, [])]
    document = data.draw(st.one_of(st.sampled_from(junk), damaged(answer.document)))
    found = scenario.verdicts(world_with(running.good, {request: replace(answer, document=document)}))
    assert scenario.moved(running.verdicts, found).keys() <= scenario.dependents(running.good, [request])


class Staged(World):
    """The good world, with other documents for some objects."""

    def __init__(self, good: World, documents: Mapping[Ref, Json]) -> None:
        super().__init__(good.answers, good.now)
        self._documents = documents

    def evidence(self, ref: Ref) -> Evidence:
        found = super().evidence(ref)
        return Present(self._documents[ref], found.requests) if ref in self._documents else found


AT_A_PATH = [check for check in scenario.evidenced() if check.setting.view is None and not check.setting.presence]


@MANY
@given(data=st.data())
def test_a_setting_passes_only_when_its_very_value_is_the_expected_one(running: Living, data: st.DataObject) -> None:
    check = data.draw(st.sampled_from(AT_A_PATH))
    setting, [ref] = check.setting, check.refs.values()
    evidence, steps = running.good.evidence(ref), paths.parse(setting.path, check.scope.slots)
    if not isinstance(evidence, Present):
        return
    document = data.draw(damaged(evidence.document))
    if judge(check, Staged(running.good, {ref: document})).verdict is not Verdict.COMPLIANT:
        return
    found = paths.get(document, steps)
    if isinstance(found, paths.Gone):
        assert setting.lacking == "null"
        assert found.lack in (paths.Lack.NULL, paths.Lack.MISSING)
    value = found.value if isinstance(found, paths.Found) else None
    assert setting.type.differences(check.expected, setting.type.read(value)) is None


BROKEN = [(check, broken) for check in scenario.evidenced() for broken in check.setting.breaks]


WHOLE: Pointer = ("=",)
"""The break is the whole document."""


def broken_document(good: World, check: Check, broken: Break) -> tuple[Json, Pointer]:
    """The document with the break in it, and where in it the break is."""
    evidence = good.evidence(check.refs[broken.read])
    if broken.path == "=":
        return copy.deepcopy(broken.value), WHOLE
    assert isinstance(evidence, Present)
    table, document = evidence.document, copy.deepcopy(plain(evidence.document))
    sign, first = broken.path[:1], (0,) if broken.path.startswith("#") else ()
    if sign == "+":
        document.append({**(document[0] if document else {}), **broken.value})
        return like(table, document), (len(document) - 1,)
    if sign == "-":
        del document[0]
        return like(table, document), (...,)
    item, steps = inside(document, first), paths.parse(broken.path.lstrip("#"))
    above = paths.get(item, steps[:-1])
    last = steps[-1]
    assert isinstance(above, paths.Found)
    assert isinstance(last, paths.Key)
    above.value[last.name] = broken.value
    way = (*first, *(int(key) if key.isdecimal() else key for key in above.pointer))
    return like(table, document), (*way, last.name)


@pytest.mark.parametrize("check, broken", BROKEN, ids=[f"{c.name}-{b.read}-{b.path}-{b.value}" for c, b in BROKEN])
def test_what_breaks_a_relation_is_drift(running: Living, check: Check, broken: Break) -> None:
    document, _ = broken_document(running.good, check, broken)
    assert judge(check, Staged(running.good, {check.refs[broken.read]: document})).verdict is Verdict.DRIFT


@MANY
@given(data=st.data())
def test_no_damage_beside_it_mends_a_broken_relation(running: Living, data: st.DataObject) -> None:
    check, broken = data.draw(st.sampled_from(BROKEN))
    document, place = broken_document(running.good, check, broken)
    documents = {check.refs[broken.read]: document if place is WHOLE else data.draw(damaged(document, place))}
    for name, ref in check.refs.items():
        evidence = running.good.evidence(ref)
        if name != broken.read and isinstance(evidence, Present) and data.draw(st.booleans()):
            documents[ref] = data.draw(damaged(evidence.document, (...,)))
    assert judge(check, Staged(running.good, documents)).verdict is not Verdict.COMPLIANT
