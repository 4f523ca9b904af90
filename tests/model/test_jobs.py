"""Whether a synchronization job is on, and whether it is well."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.estates import mistakes
from tests.model.evidence import NOW, verdict
from xtcheck.errors import Uninterpretable
from xtcheck.kinds.jobs import ailments
from xtcheck.model import Json, Verdict

NEVER = "0001-01-01T00:00:00Z"
WELL: Json = {
    "id": "Azure2Azure.1",
    "templateId": "Azure2Azure",
    "schedule": {"expiration": None, "interval": "PT40M", "state": "Active"},
    "status": {
        "countSuccessiveCompleteFailures": 0,
        "code": "Active",
        "lastExecution": {"state": "Succeeded", "timeEnded": "2026-11-24T11:30:00.1234567Z", "error": None},
        "lastSuccessfulExecution": {"state": "Succeeded", "timeEnded": "2026-11-24T11:30:00.1234567Z"},
        "quarantine": None,
        "steadyStateFirstAchievedTime": "2026-11-01T00:00:00Z",
        "steadyStateLastAchievedTime": "2026-11-24T11:30:00Z",
    },
}


def job(**changes: Json) -> Json:
    """The job that is well, with changes by path: ``status__code="Paused"``."""
    made = copy.deepcopy(WELL)
    for path, value in changes.items():
        *way, last = path.split("__")
        here = made
        for step in way:
            here = here[step]
        here[last] = value
    return made


def test_a_job_that_ran_a_while_ago_is_well() -> None:
    assert ailments(WELL, NOW) == []


STALE = {"status__lastSuccessfulExecution__timeEnded": "2026-11-24T09:00:00Z"}


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"status__code": "Quarantine"}, ["quarantined (no reason given)"]),
        (
            {"status__code": "Quarantine", "status__quarantine": {"reason": "EncounteredBaseEscrowThreshold"}},
            ["quarantined (EncounteredBaseEscrowThreshold): too many objects failed"],
        ),
        (
            {"status__code": "Quarantine", "status__quarantine": {"reason": "Unknown", "error": {"code": "E1"}}},
            ["quarantined (Unknown, E1)"],
        ),
        ({"status__countSuccessiveCompleteFailures": 2}, ["2 complete failures in a row"]),
        ({"status__lastExecution": None}, ["it has never run"]),
        ({"status__code": "NotRun"}, ["it has never run"]),
        ({"status__lastExecution__timeEnded": NEVER}, ["it has never run"]),
        ({"status__lastExecution__timeEnded": None}, ["it has never run"]),
        ({"status__lastExecution__state": "Failed"}, ["the last run's state is Failed"]),
        ({"status__lastExecution__state": None}, ["the last run's state is None"]),
        (
            {"status__lastExecution__state": "EntryLevelErrors", "status__lastExecution__error": {"code": "E2"}},
            ["errors on single entries in the last run (E2)"],
        ),
        (
            {"status__lastExecution__state": "EntryLevelErrors"},
            ["errors on single entries in the last run (see the logs)"],
        ),
        ({"status__steadyStateFirstAchievedTime": NEVER}, ["the initial cycle has not finished"]),
        ({"status__steadyStateFirstAchievedTime": None}, ["the initial cycle has not finished"]),
        (
            {"status__lastSuccessfulExecution": None, "status__steadyStateLastAchievedTime": NEVER},
            ["no run has succeeded yet"],
        ),
        (
            {**STALE, "status__steadyStateLastAchievedTime": None},
            ["the last success was at 2026-11-24 09:00 UTC, longer ago than 2:10:00"],
        ),
    ],
)
def test_each_ailment_is_named(changes: dict[str, Json], said: list[str]) -> None:
    assert ailments(job(**changes), NOW) == said


def test_a_job_that_never_ran_shows_a_failed_run_that_is_none() -> None:
    first = {"state": "Failed", "timeEnded": NEVER, "error": {"code": "None", "message": ""}}
    never = job(status__code="NotRun", status__lastExecution=first, status__steadyStateFirstAchievedTime=NEVER)
    assert ailments(never, NOW) == ["it has never run"]


def test_a_late_steady_state_makes_up_for_an_old_export() -> None:
    assert ailments(job(**STALE), NOW) == []


@pytest.mark.parametrize("minutes, well", [(129, True), (130, True), (131, False)])
def test_a_job_is_stale_after_three_intervals_and_some_leeway(minutes: int, well: bool) -> None:  # noqa: FBT001
    time = (NOW - timedelta(minutes=minutes)).isoformat()
    late = {"status__lastSuccessfulExecution__timeEnded": time, "status__steadyStateLastAchievedTime": time}
    assert (ailments(job(**late), NOW) == []) is well


@pytest.mark.parametrize("interval", ["PT20M", "PT40M", "PT1H", "P1D", "P1DT2H3M4.5S"])
def test_intervals_are_iso_durations(interval: str) -> None:
    fresh = {"status__lastSuccessfulExecution__timeEnded": NOW.isoformat()}
    assert ailments(job(schedule__interval=interval, **fresh), NOW) == []


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"schedule__interval": "P10675199DT2H48M5.4775807S"}, "means never"),
        ({"schedule__interval": f"P{'9' * 30}D"}, "is not a duration"),
        ({"schedule__interval": f"PT{'9' * 5000}S"}, "is not a duration"),
        ({"schedule__interval": "P"}, "is not a duration"),
        ({"schedule__interval": None}, "is not a duration"),
        ({"schedule__interval": "40"}, "is not a duration"),
        ({"schedule": None}, "the job has no schedule"),
        ({"status": None}, "the job has no status"),
        ({"status__code": "Sleeping"}, "status.code is 'Sleeping'; known are NotConfigured, NotRun"),
        ({"status__code": None}, "status.code is None"),
        ({"status__countSuccessiveCompleteFailures": None}, "is not a number"),
        ({"status__lastExecution__timeEnded": "yesterday"}, "'yesterday' is not a time"),
        ({"status__lastExecution__timeEnded": 3}, "'3' is not a time"),
        ({"status__lastExecution__timeEnded": "9999-12-31T23:59:59-12:00"}, "is no time of ours"),
    ],
)
def test_what_is_not_understood_is_never_well(changes: dict[str, Json], said: str) -> None:
    with pytest.raises(Uninterpretable, match=said):
        ailments(job(**changes), NOW)


@pytest.mark.parametrize(
    "time",
    ["2026-11-24T11:30:00Z", "2026-11-24T11:30:00.1Z", "2026-11-24T11:30:00.1234567Z", "2026-11-24T12:30:00+01:00",
     "2026-11-24T11:30:00"],
)  # fmt: skip
def test_times_are_read_with_any_fraction_and_offset(time: str) -> None:
    late = {"status__lastSuccessfulExecution__timeEnded": time, "status__steadyStateLastAchievedTime": None}
    then = datetime(2026, 11, 24, 11, 30, tzinfo=UTC) + timedelta(minutes=131)
    assert ailments(job(**late), then) == ["the last success was at 2026-11-24 11:30 UTC, longer ago than 2:10:00"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-12:00"])
def test_the_year_one_means_never_in_every_time_zone(time: str) -> None:
    assert ailments(job(status__lastExecution__timeEnded=time), NOW) == ["it has never run"]


SYNC = {"servicePrincipals?": [{"id": "sp"}]}
HEALTH = "applies-to: link\nsynchronization: {health: healthy}"
ON = "applies-to: link\nsynchronization: {provisioning: on}"


@pytest.mark.parametrize(
    "changes, is_on",
    [
        ({}, True),
        ({"status__code": "NotRun"}, True),
        ({"status__code": "Quarantine"}, True),
        ({"status__code": "Paused"}, False),
        ({"status__code": "NotConfigured"}, False),
        ({"schedule__state": "Disabled"}, False),
        ({"schedule__state": "Paused"}, False),
        ({"schedule__expiration": "2026-11-24T11:59:59Z"}, False),
        ({"schedule__expiration": "2026-11-24T12:00:00.0000000Z"}, False),
        ({"schedule__expiration": "2026-11-24T12:00:01Z"}, True),
        ({"schedule__expiration": "2026-11-24T13:30:00+02:00"}, False),
        ({"schedule__expiration": ""}, True),
        ({"schedule__expiration": NEVER}, True),
    ],
)
def test_provisioning_is_on_by_its_schedule_and_status(changes: dict[str, Json], is_on: bool) -> None:  # noqa: FBT001
    found = verdict(ON, {**SYNC, "jobs": [job(**changes)]})
    assert found.verdict is (Verdict.COMPLIANT if is_on else Verdict.DRIFT)


def test_a_schedule_that_does_not_speak_of_an_end_has_none() -> None:
    endless = job()
    del endless["schedule"]["expiration"]
    assert verdict(ON, {**SYNC, "jobs": [endless]}).verdict is Verdict.COMPLIANT


PAST = "2020-01-01T00:00:00Z"


def test_that_a_job_has_expired_is_said_and_it_is_off() -> None:
    found = verdict(ON, {**SYNC, "jobs": [job(schedule__expiration=PAST)]})
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "off: expired")
    off = ON.replace("on}", "off}")
    assert verdict(off, {**SYNC, "jobs": [job(schedule__expiration=PAST)]}).verdict is Verdict.COMPLIANT


def test_that_it_has_expired_is_no_word_of_a_policy() -> None:
    [mistake] = mistakes(ON.replace("on}", "'off: expired'}"))
    assert "'off: expired' is not a value of this setting" in mistake


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule__state": "Asleep"},
        {"status__code": "Asleep"},
        {"status": None},
        {"schedule__expiration": "some day"},
        {"schedule__expiration": 7},
    ],
)
def test_an_unknown_word_leaves_provisioning_unknown(changes: dict[str, Json]) -> None:
    assert verdict(ON, {**SYNC, "jobs": [job(**changes)]}).verdict is Verdict.UNKNOWN


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
PLACES = st.sampled_from(
    ["schedule", "schedule__interval", "schedule__state", "status", "status__code", "status__quarantine"]
    + [f"status__{name}" for name in WELL["status"]]
    + ["status__lastExecution__timeEnded", "status__lastExecution__state", "status__lastSuccessfulExecution__timeEnded"]
)


@given(PLACES, ANY)
def test_no_answer_of_any_shape_makes_a_sick_job_well_or_breaks_the_judge(place: str, value: Json) -> None:
    found = verdict(
        HEALTH, {**SYNC, "jobs": [job(**{**STALE, "status__steadyStateLastAchievedTime": NEVER, place: value})]}
    )
    assert found.verdict in {Verdict.DRIFT, Verdict.UNKNOWN}
