"""Dead host: when nobody answers, nothing passes, and the run says so within seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gates import runs, scenario
from tests.gates.living import Living
from tests.gates.runs import Run
from xtcheck.model import Grade

SECONDS = 30


@pytest.fixture(scope="module")
def run(running: Living, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("dead-host")
    own = running.connection["admin"]["url"].removesuffix("/_admin")
    nowhere = runs.moved_to(runs.closed_port(), running.connection, own)
    return runs.pytest_run(*runs.config_of(nowhere, folder))


def test_the_run_fails_within_seconds(run: Run) -> None:
    assert run.code == 1, run.output
    assert run.seconds < SECONDS


def test_nothing_is_compliant_but_what_a_person_attested(run: Run) -> None:
    assert len(run.records) == len(scenario.checks())
    compliant = [record for record in run.records if record["verdict"] == "compliant"]
    assert {record["grade"] for record in compliant} == {str(Grade.ATTESTED)}
    assert len(compliant) == len(scenario.checks()) - len(scenario.evidenced())
    assert {record["verdict"] for record in run.records} == {"compliant", "unknown"}


def test_every_unknown_names_its_cause(run: Run) -> None:
    unknown = [record for record in run.records if record["verdict"] == "unknown"]
    assert not [record["check"] for record in unknown if "refused the connection" not in record["reason"]]
    assert not [record["check"] for record in unknown if not record["remedy"]]


def test_no_traceback_is_shown(run: Run) -> None:
    assert "Traceback" not in run.output
    assert "xtcheck/clients" not in run.output
