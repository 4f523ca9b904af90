"""Steps in a console: open only where it was seen that nobody has done them, and in the order of the console."""

from __future__ import annotations

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.kinds import rows
from xtcheck.kinds.console import STEPS
from xtcheck.model import Check
from xtcheck.remediation.steps import lines, open_steps

CHECKS = tuple(check for check in scenario.checks() if check.scope.aws)
ROWS = {f"{kind.name}.{setting.key}" for kind, setting in rows()}
KINDS = {kind.name for kind, _ in rows()}


def nobody_has_set_anything_up(act: Acting) -> None:
    """An Identity Center without history, people and portal."""
    entry = act.living.state()["aws"]["main"]
    [store] = entry["identityStores"]
    people = f"/aws/main/identityStores/{store}"
    act.living.drift(
        {"op": "replace", "path": "/aws/main/events", "value": []},
        {"op": "replace", "path": "/aws/main/portalAlias", "value": None},
        *({"op": "replace", "path": f"{people}/{part}", "value": {}} for part in ("users", "groups", "memberships")),
    )


def test_every_step_is_about_rows_that_there_are() -> None:
    for step in STEPS:
        assert step.shown_by <= ROWS
        assert {name for name in step.before if "." in name} <= ROWS
        assert {name for name in step.before if "." not in name} <= KINDS


def test_where_everything_is_set_up_no_step_is_open(act: Acting) -> None:
    assert open_steps(CHECKS, act.world(CHECKS)) == []


def test_where_nothing_is_set_up_each_check_waits_for_the_first_step_that_it_needs(act: Acting) -> None:
    nobody_has_set_anything_up(act)
    found = open_steps(CHECKS, act.world(CHECKS))
    assert [each.place for each in found] == [
        *(step.place for step in STEPS[:3]), "https://corporateazureadtoaws.awsapps.com/start",
    ]  # fmt: skip
    waiting = [name for each in found for name in each.waiting]
    assert len(waiting) == len(set(waiting)) > 10
    assert "     - enter corporateazureadtoaws" in lines(found)


def test_what_cannot_be_read_may_be_done(act: Acting) -> None:
    nobody_has_set_anything_up(act)
    act.living.fault({"match": {"service": "cloudtrail"}, "do": {"status": 400, "code": "AccessDeniedException"}})
    found = open_steps(CHECKS, act.world(CHECKS))
    assert [each.place.rpartition(" > ")[2] for each in found] == ["Customize"]


def test_a_step_of_which_no_check_tells_is_not_asked_for(act: Acting) -> None:
    nobody_has_set_anything_up(act)
    others: list[Check] = [check for check in CHECKS if check.kind.name not in ("identity-source", "portal")]
    found = open_steps(others, act.world(CHECKS))
    assert [each.place for each in found] == [STEPS[1].place, "https://corporateazureadtoaws.awsapps.com/start"]
