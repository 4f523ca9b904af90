"""What an earlier run has sent and nobody sees yet is not made a second time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import Living
from tests.plugin.running import pytest as run_pytest
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_taking_back import stated
from xtcheck.remediation.changes import Change, Outcome, Result
from xtcheck.remediation.earlier import WINDOWS, sent_earlier
from xtcheck.remediation.journal import Journal

Json = Any

TENANTS = {"one": "its id"}
GROUPS = {"groups": (5.0, 120.0)}
GROUP = "applies-to: {tenant: one}\ngroups: {New: {state: present}}"


def creation(act: Acting, text: str = GROUP) -> Change:
    checks = stated(text)
    [change] = act.plan(act.reading(checks), checks=checks).changes
    return change


def kept(path: Path, change: Change, *, sent: bool = True, result: Result | None = None) -> Path:
    """A journal that tells of a change."""
    with Journal(path, TENANTS, hidden={}) as journal:
        journal.begin(change)
        if sent:
            journal.send(change, "1", {})
        if result:
            journal.end(result, {}, None)
    return path


def said(folder: Path, change: Change, *, later: float = 0, tenants: Json = None) -> dict[str, str]:
    now = datetime.now(UTC) + timedelta(seconds=later)
    held, unread = sent_earlier([change], folder, tenants or TENANTS, GROUPS, now)
    assert unread == []
    return held


def test_what_an_earlier_run_has_sent_is_held_back_until_it_would_be_seen(act: Acting, tmp_path: Path) -> None:
    change = creation(act)
    path = kept(tmp_path / "a.jsonl", change)
    assert list(said(tmp_path, change)) == [change.name]
    assert f"an earlier run has sent it ({path})" in said(tmp_path, change)[change.name]
    assert said(tmp_path, change, later=WINDOWS * 120 + 1) == {}
    assert said(tmp_path, change, tenants={"one": "another id"}) == {}


@pytest.mark.parametrize(
    "outcome, ours, held", [
        (Outcome.FAILED, True, True),  # the service said done, and nothing was to be seen
        (Outcome.FAILED, False, False),  # it was refused
        (Outcome.APPLIED, True, False),  # it was seen: who does not see it now has deleted it
    ]
)  # fmt: skip
def test_what_was_refused_or_seen_is_made_again(
    act: Acting, tmp_path: Path, outcome: Outcome, *, ours: bool, held: bool
) -> None:
    change = creation(act)
    kept(tmp_path / "a.jsonl", change, result=Result(change, outcome, "so", ("1",), ours))
    assert bool(said(tmp_path, change)) is held


def test_what_was_begun_and_not_sent_is_made(act: Acting, tmp_path: Path) -> None:
    change = creation(act)
    kept(tmp_path / "a.jsonl", change, sent=False)
    assert said(tmp_path, change) == {}


def test_another_group_and_what_the_service_keeps_once_are_made(act: Acting, tmp_path: Path) -> None:
    kept(tmp_path / "a.jsonl", creation(act))
    assert said(tmp_path, creation(act, GROUP.replace("New", "Other"))) == {}
    id_ = scenario.config().estate.tenants["one"].id
    act.living.drift({"op": "remove", "path": f"/tenants/shared/crossTenantAccessPolicy/partners/{id_}"})
    partner = creation(act, "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {state: present}}}")
    kept(tmp_path / "b.jsonl", partner)
    assert said(tmp_path, partner) == {}


def test_a_journal_that_cannot_be_read_is_told_where_it_matters(act: Acting, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("[]\n")
    now = datetime.now(UTC)
    held, [told] = sent_earlier([creation(act)], tmp_path, TENANTS, GROUPS, now)
    assert held == {}
    assert "bad.jsonl" in told
    assert sent_earlier([], tmp_path, TENANTS, GROUPS, now) == ({}, [])
    later = now + timedelta(seconds=WINDOWS * 120 + 1)
    assert sent_earlier([creation(act)], tmp_path, TENANTS, GROUPS, later) == ({}, [])


def test_a_run_after_one_that_was_cut_short_makes_no_second_group(act: Acting, tmp_path: Path) -> None:
    living: Living = act.living
    secrets = home(tmp_path, living.connection, {"one.yml": GROUP}, "one", "shared")
    config = json.loads((tmp_path / "config.yml").read_text())
    config["remediation"]["windows"]["groups"] = {"every": 0.05, "for": 600}
    (tmp_path / "config.yml").write_text(json.dumps(config))
    (tmp_path / "xtcheck-journals").mkdir()
    change = creation(act)
    tenants = {"one": config["tenants"]["one"]["id"]}
    with Journal(tmp_path / "xtcheck-journals" / "1.jsonl", tenants, hidden={}) as journal:
        journal.begin(change)
        journal.send(change, "1", {})
    (tmp_path / "xtcheck-journals" / "2.jsonl").write_text("[]\n")
    living.forget_log()
    ran = run_pytest(tmp_path, "--tenants=config.yml", "--remediate", **secrets)
    assert ran.code == 1, ran.text
    assert "stale: create one/group.New (an earlier run has sent it (" in ran.text
    assert "xtcheck-journals/1.jsonl" in ran.text
    assert "cannot read the journal" in ran.text
    assert [entry for entry in living.log() if entry["write"]] == []
