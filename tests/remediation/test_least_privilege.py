"""Least privilege for writing: what ``permissions --write`` prints is enough, and one fewer is refused, and named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.gates import scenario
from tests.gates.living import Living
from tests.gates.mutations import Case, mutation
from tests.gates.places import owner, text_of
from tests.remediation.acting import acting
from tests.remediation.test_mend_each import ALL, NO_RULE, can_be
from xtcheck.iam import policy_document
from xtcheck.kinds import KINDS
from xtcheck.kinds.writes import permissions_of_row, permissions_to_write
from xtcheck.model import Check, Safety
from xtcheck.permissions import needs_to_write
from xtcheck.remediation.changes import Outcome

CHANGED = {
    "shared/partner.one.trust-mfa": ("Policy.ReadWrite.CrossTenantAccess",),
    "shared/group.DevOps – Shared Tenant.description": ("Group.ReadWrite.All",),
    "aws-main/permission-set.ReadOnlyAccess.description": ("sso:UpdatePermissionSet", "sso:ProvisionPermissionSet"),
}
"""Rows that are changed in place, by other services each, and what that takes."""
SAMPLE = [next(case for case in ALL if case.check.name == name) for name in CHANGED]
ALONE = [
    case for case in ALL
    if case.broken is None or case.broken.path != NO_RULE or case.check.setting.key == "membership"
]  # fmt: skip
"""What its own row puts right: that a group is dynamic again is another's than the rows of the rule."""
FEWER = [(case, name) for case in SAMPLE for name in CHANGED[case.check.name]]


def needed(check: Check) -> dict[str, set[str]]:
    """What we print for a policy of this one statement."""
    return {place: set(names) for place, names in needs_to_write([check], permissions_of_row).items()}


def grant(living: Living, granted: Mapping[str, set[str]]) -> None:
    """Give whoever writes exactly these permissions, by place, and none elsewhere."""
    state = living.state()
    for place in living.config.writing:
        kind, alias = owner(place)
        names = granted.get(place, set())
        if kind == "aws":
            callers = state[kind][alias]["callers"]
            who = next(key for key, caller in callers.items() if caller["arn"].endswith("remediator"))
            where, value = ("callers", who, "policy"), policy_document(names, scenario.config().estate.aws[alias])
        else:
            where = ("clients", living.connection["tenants"][alias]["write"]["client-id"], "roles")
            value = sorted(names)
        living.drift({"op": "replace", "path": text_of((kind, alias, *where)), "value": value})


@pytest.fixture
def blog(running: Living) -> Iterator[Living]:
    yield running
    running.put_right()


def made(living: Living, case: Case, granted: Mapping[str, set[str]], folder: Path, *, back: bool = False) -> list[str]:
    """What comes of putting a drift right with just these permissions, and of taking that back."""
    living.drift(*mutation(case, living.state(), living.good).operations)
    grant(living, granted)
    with acting(living) as act:
        plan = act.plan(act.world([case.check]), Safety.UNSAFE, [case.check])
        assert plan.changes
        results, journal = act.apply(plan, folder)
        if back and all(change.undoable for change in plan.changes) and can_be(case):
            results += act.apply(act.undoing(journal).plan, folder)[0]
    return [result.said for result in results if result.outcome is not Outcome.APPLIED]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.check.name)
def test_exactly_what_is_printed_for_writing_is_enough(blog: Living, case: Case, tmp_path: Path) -> None:
    assert made(blog, case, needed(case.check), tmp_path, back=True) == []


@pytest.mark.soak
@pytest.mark.parametrize("case", ALONE, ids=str)
def test_exactly_what_is_printed_for_writing_is_enough_everywhere(blog: Living, case: Case, tmp_path: Path) -> None:
    assert made(blog, case, needed(case.check), tmp_path, back=True) == []


@pytest.mark.parametrize("case, fewer", FEWER, ids=[f"{case.check.name}-{fewer}" for case, fewer in FEWER])
def test_one_permission_fewer_is_refused_and_named(blog: Living, case: Case, fewer: str, tmp_path: Path) -> None:
    granted = {place: names - {fewer} for place, names in needed(case.check).items()}
    first, *_ = made(blog, case, granted, tmp_path)
    assert "permission is missing" in first or "is denied" in first
    assert fewer in first


def test_of_each_kind_that_is_written_some_row_needs_each_permission() -> None:
    for kind in KINDS:
        rows = {name for setting in kind.settings for name in permissions_of_row(kind, setting)}
        assert not rows or rows >= set(permissions_to_write(kind)), kind.name
