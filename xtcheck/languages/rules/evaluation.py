"""Whether a rule selects one user: trees become closures once, and answer with true, false or inconclusive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import combinations
from typing import Any, assert_never

from xtcheck.languages.rules.documents import DOUBTS, finding, plain_key
from xtcheck.languages.rules.leaves import Test, leaf
from xtcheck.languages.rules.outcome import Answer, Inconclusive, joined
from xtcheck.languages.rules.properties import Property
from xtcheck.languages.rules.semantics import Reading, Semantics, lowered, open_items, readings
from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    MemberOf,
    Not,
    Or,
    Quantified,
    Quantifier,
    Tree,
)

Json = Any


def answering(meanings: Iterable[tuple[Reading, Tree]], tree: Tree, settled: Semantics, *, ambiguous: bool) -> Test:
    """What a rule says of a user, under all its readings at once.

    Most users are decided part by part. Where that leaves a doubt, the whole rule is asked under each joint reading:
    when all give the same, that is the answer, however the parts differ.
    """
    quick = None if ambiguous else compiled(tree, settled, _leaf_under_all)
    cases = list(meanings)
    if len(cases) == 1:
        return compiled(cases[0][1], settled)
    pairs = neighbours([reading for reading, _ in cases])
    tests: list[Test] = []

    def answer(user: Json, now: datetime | None) -> Answer:
        found = quick(user, now) if quick else None
        if found is True or found is False:
            return found
        if not tests:
            tests.extend(compiled(core, settled) for _, core in cases)
        return _agreed([each(user, now) for each in tests], pairs)

    return answer


def neighbours(all_readings: list[Reading]) -> list[tuple[int, int, str]]:
    """The pairs of joint readings that differ in one point, with that point."""
    pairs = []
    for (i, one), (j, other) in combinations(enumerate(all_readings), 2):
        different = [item for item, chosen in one.items() if other[item] != chosen]
        if len(different) == 1:
            pairs.append((i, j, different[0]))
    return pairs


def _agreed(answers: list[Answer], pairs: list[tuple[int, int, str]]) -> Answer:
    """What all joint readings say, or what it hangs on: the points that alone change an answer, and all doubts met."""
    first = answers[0]
    if isinstance(first, bool) and all(each is first for each in answers):
        return first
    items = {item for each in answers if isinstance(each, Inconclusive) for item in each.items}
    items.update(item for i, j, item in pairs if answers[i] is not answers[j] and answers[i] != answers[j])
    return Inconclusive(tuple(sorted(items)))


def _leaf_under_all(part: Comparison | DirectReports, settled: Semantics) -> Test:
    """One part under all readings of its own."""
    items = open_items(part, settled)
    cores = dict.fromkeys(lowered(part, reading, settled) for reading in readings(part, settled))
    tests = [compiled(core, settled) for core in cores]
    if len(tests) == 1:
        return tests[0]
    hangs = Inconclusive(items)
    likeliest, others = tests[0], tests[1:]

    def of_all(user: Json, now: datetime | None) -> Answer:
        found = likeliest(user, now)
        for other in others:
            if other(user, now) is not found:
                return hangs
        return found

    if items == ("A-08",) and isinstance(part, Comparison) and (key := plain_key(part.property)):
        return _negative(key, likeliest, of_all)
    return of_all


def _negative(key: str, complement: Test, of_all: Test) -> Test:
    """A negative operator: all readings agree on who has a value, and most have."""

    def answer(user: Json, now: datetime | None) -> Answer:
        return complement(user, now) if user.get(key) else of_all(user, now)

    return answer


Part = Callable[[Comparison | DirectReports, Semantics], Test]


def compiled(tree: Tree, settled: Semantics, part_of: Part = leaf) -> Test:
    """A tree as a function of a user and the time."""
    match tree:
        case Comparison() | DirectReports():
            return part_of(tree, settled)
        case Not(part):
            return _denied(compiled(part, settled, part_of))
        case And(parts):
            return _decided_by([compiled(part, settled, part_of) for part in parts], decisive=False)
        case Or(parts):
            return _decided_by([compiled(part, settled, part_of) for part in parts], decisive=True)
        case Quantified(property, quantifier, body):
            return _quantified(
                property, settled, compiled(body, settled, part_of), decisive=quantifier is Quantifier.ANY
            )
        case Empty(property):
            return _quantified(property, settled, lambda *_: False, decisive=False)
        case MemberOf():
            return lambda *_: DOUBTS["memberOf"]
        case Doubt(item):
            return lambda *_: DOUBTS[item]
        case _:
            assert_never(tree)


def _denied(part: Test) -> Test:
    def answer(user: Json, now: datetime | None) -> Answer:
        found = part(user, now)
        return found if isinstance(found, Inconclusive) else not found

    return answer


def _decided_by(parts: list[Test], *, decisive: bool) -> Test:
    """``-or`` is decided by a true part, ``-and`` by a false one, whatever the others hang on."""

    def answer(user: Json, now: datetime | None) -> Answer:
        doubt: Inconclusive | None = None
        for part in parts:
            found = part(user, now)
            if found is decisive:
                return decisive
            if isinstance(found, Inconclusive):
                doubt = joined(doubt, found)
        return not decisive if doubt is None else doubt

    return answer


def _quantified(collection: Property, settled: Semantics, body: Test, *, decisive: bool) -> Test:
    find = finding(collection, settled)

    def answer(user: Json, now: datetime | None) -> Answer:
        elements = find(user)
        if isinstance(elements, Inconclusive):
            return elements
        doubt: Inconclusive | None = None
        for element in elements or ():
            found = body(element, now)
            if found is decisive:
                return decisive
            if isinstance(found, Inconclusive):
                doubt = joined(doubt, found)
        return not decisive if doubt is None else doubt

    return answer
