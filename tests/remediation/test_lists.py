"""What is taken out of a list, and put back: it is back, whatever the service draws anew of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.kinds import rows
from xtcheck.kinds.entitlements import example
from xtcheck.model import Present, Ref, Safety
from xtcheck.remediation.changes import Change, Outcome, Plan
from xtcheck.remediation.compose import calls
from xtcheck.remediation.filling import words_of
from xtcheck.shapes import Members, item_path

Json = Any

ELSEWHERE = {"group-members", "instance-regions"}
"""In the world of the gates a rule tells who is a member, and there is one Region; their own tests fill them."""
LISTS = sorted({kind.name for kind, _ in rows() if isinstance(kind.write, Members)} - ELSEWHERE)
FIRST: dict[str, Json] = {
    "customer-policies": {"Name": "Boundary", "Path": "/"},
    "delegated-administrators": {"Id": "444455556666"},
    "entitlements": {name: example("444455556666")[0][name] for name in ("@of", "entitlement")},
    "permission-set-tags": {"Key": "team", "Value": "platform"},
}
"""By kind of an empty list: what is put in first."""


def change(act: Acting, ref: Ref, item: Json, after: Json) -> Change:
    """The change that puts one item into a list, or takes it out."""
    shape = ref.kind.write
    assert isinstance(shape, Members)
    path = item_path(**shape.part(item))
    [made] = calls(ref, shape, document(act, ref), {path: after}, words_of(ref, act.living.read([ref])))
    return Change(made.verb, ref, made.write, made.places, (), Safety.UNSAFE, item=made.item)


def document(act: Acting, ref: Ref) -> list[Json]:
    evidence = act.living.read([ref]).evidence(ref)
    assert isinstance(evidence, Present)
    found: list[Json] = evidence.document
    return found


def applied(act: Acting, made: Change, folder: Path) -> Path:
    results, path = act.apply(Plan((made,)), folder)
    assert [result.outcome for result in results] == [Outcome.APPLIED], results
    return path


@pytest.mark.parametrize("kind", LISTS)
def test_what_was_taken_out_of_a_list_is_put_back_once(act: Acting, tmp_path: Path, kind: str) -> None:
    refs = [ref for ref in scenario.refs() if ref.kind.name == kind]
    there = [ref for ref in refs if isinstance(act.living.good.evidence(ref), Present)]
    ref = max(there, key=lambda each: len(document(act, each)))
    if not document(act, ref):
        applied(act, change(act, ref, FIRST[kind], FIRST[kind]), tmp_path)
    before = document(act, ref)
    made = change(act, ref, before[0], None)
    path = applied(act, made, tmp_path)
    assert len(document(act, ref)) == len(before) - 1

    found = act.taken_back(path, tmp_path)
    assert [each.item for each in found.plan.changes if each.ref == ref] == [made.item]
    assert (found.lost, len(document(act, ref))) == ((), len(before))
    again = act.undoing(path)
    assert (again.plan.changes, again.lost, again.back) == ((), (), (f"{made.target} is as it was",))
