"""Dead host: when nobody answers, nothing passes, and the run says so within seconds."""

from __future__ import annotations

from pathlib import Path

from tests.gates import runs, scenario
from tests.gates.living import Living
from xtcheck.model import Grade

SECONDS = 60
"""On a machine that has nothing else to do it is three."""


def test_nothing_passes_and_every_check_says_why(running: Living, tmp_path: Path) -> None:
    """A whole run of pytest; one test, because the run takes longer than all looks at it."""
    own = running.connection["admin"]["url"].removesuffix("/_admin")
    nowhere = runs.moved_to(runs.closed_port(), running.connection, own)
    run = runs.pytest_run(*runs.config_of(nowhere, tmp_path))

    assert run.code == 1, run.output
    assert run.seconds < SECONDS
    assert "Traceback" not in run.output
    assert "xtcheck/clients" not in run.output

    assert len(run.records) == len(scenario.checks())
    assert {record["verdict"] for record in run.records} == {"compliant", "unknown"}
    compliant = [record for record in run.records if record["verdict"] == "compliant"]
    assert {record["grade"] for record in compliant} == {str(Grade.ATTESTED)}
    assert len(compliant) == len(scenario.checks()) - len(scenario.evidenced())

    unknown = [record for record in run.records if record["verdict"] == "unknown"]
    assert not [record["check"] for record in unknown if "refused the connection" not in record["reason"]]
    assert not [record["check"] for record in unknown if not record["remedy"]]
