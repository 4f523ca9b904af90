"""The rows that every synchronization job has, whatever it synchronizes: is it on, and is it well.

Graph: learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.model import Break, Seen, Setting, Severity
from xtcheck.values import Choice, Findings

Json = Any

CYCLES = 3
"""A job is stale when its last success is older than so many of its own intervals: one cycle may be slow, and one be
skipped, without anything being wrong."""

LEEWAY = timedelta(minutes=10)
"""What a cycle itself may take on top."""

LONGEST = timedelta(days=366)
"""No job that runs has a longer interval; the documented ones are 20 and 40 minutes."""

STATES = ("Active", "Disabled", "Paused")
CODES = ("NotConfigured", "NotRun", "Active", "Paused", "Quarantine")
_DURATION = re.compile(r"P(?:(\d{1,8})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?")


def job_rows(read: str, console: str) -> tuple[Setting, ...]:
    """The rows of one kind of job; ``read`` is the kind's name, ``console`` where a person finds the job."""

    def provisioning(seen: Seen) -> str:
        job = seen.documents[read]
        state, code = _word(job, "schedule", "state", STATES), _word(job, "status", "code", CODES)
        return "on" if state == "Active" and code not in ("Paused", "NotConfigured") else "off"

    def health(seen: Seen) -> list[str]:
        return ailments(seen.documents[read], seen.now)

    return (
        Setting(
            "provisioning",
            Choice({"on": "on", "off": "off"}),
            "The job runs by its schedule: its state is Active and its status is neither Paused nor NotConfigured.",
            view=provisioning,
            breaks=(Break(read, "schedule.state", "Disabled"), Break(read, "status.code", "Paused")),
            severity=Severity.CRITICAL,
            remedy=f"{console}: start provisioning",
        ),
        Setting(
            "health",
            Findings("healthy"),
            f"The job is not quarantined, has finished its initial cycle, its last run succeeded without errors, and "
            f"that is not longer ago than {CYCLES} intervals.",
            view=health,
            breaks=(
                Break(read, "status.code", "Quarantine"),
                Break(read, "status.countSuccessiveCompleteFailures", 2),
                Break(read, "status.lastExecution.state", "EntryLevelErrors"),
                Break(read, "status.lastExecution", None),
                Break(read, "status.steadyStateFirstAchievedTime", "0001-01-01T00:00:00Z"),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{console} > Provisioning logs",
        ),
    )


def ailments(job: Json, now: datetime) -> list[str]:
    """What is wrong with a job; empty when it is well.

    :raises Uninterpretable: a status that the documentation does not know.
    """
    status = _object(job, "status")
    code = _word(job, "status", "code", CODES)
    found = []
    if code == "Quarantine":
        quarantine = status.get("quarantine") or {}
        error = quarantine.get("error") or {}
        why = ", ".join(str(part) for part in (quarantine.get("reason"), error.get("code")) if part)
        found.append(f"quarantined ({why or 'no reason given'})")
    failures = status.get("countSuccessiveCompleteFailures")
    if not isinstance(failures, int):
        raise Uninterpretable("status.countSuccessiveCompleteFailures is not a number")
    if failures:
        found.append(f"{failures} complete failures in a row")
    last = status.get("lastExecution")
    ended = _time((last or {}).get("timeEnded"))
    # A job that never ran shows a "Failed" run of the year 1 whose error code is "None": that is no failure.
    if code == "NotRun" or last is None or ended is None:
        return [*found, "it has never run"]
    state = last.get("state")
    if state == "EntryLevelErrors":
        found.append(
            f"errors on single entries in the last run ({(last.get('error') or {}).get('code') or 'see the logs'})"
        )
    elif state != "Succeeded":
        found.append(f"the last run's state is {state}")
    if _time(status.get("steadyStateFirstAchievedTime")) is None:
        found.append("the initial cycle has not finished")
    success = _time((status.get("lastSuccessfulExecution") or {}).get("timeEnded"))
    steady = _time(status.get("steadyStateLastAchievedTime"))
    fresh = max((time for time in (success, steady) if time), default=None)
    allowed = CYCLES * _interval(job) + LEEWAY
    if fresh is None:
        found.append("no run has succeeded yet")
    elif now - fresh > allowed:
        found.append(f"the last success was at {fresh:%Y-%m-%d %H:%M} UTC, longer ago than {allowed}")
    return found


def _object(job: Json, name: str) -> Json:
    part = job.get(name) if isinstance(job, dict) else None
    if not isinstance(part, dict):
        raise Uninterpretable(f"the job has no {name}")
    return part


def _word(job: Json, part: str, name: str, known: tuple[str, ...]) -> str:
    word = _object(job, part).get(name)
    if word not in known:
        raise Uninterpretable(f"{part}.{name} is {word!r}; known are {', '.join(known)}")
    return str(word)


def _time(text: Json) -> datetime | None:
    """A time of the service in UTC; None for null, an empty text, and the year 1, which all mean never.

    Seven digits of fraction are cut to six, which is what datetime holds. Year-1 times overflow in a local zone: UTC.
    """
    if not text:
        return None
    try:
        time = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text)))
    except ValueError as error:
        raise Uninterpretable(f"{str(text)[:40]!r} is not a time") from error
    if time.year == 1:
        return None
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError as error:
        raise Uninterpretable(f"{str(text)[:40]!r} is no time of ours") from error


def _interval(job: Json) -> timedelta:
    text = str(_object(job, "schedule").get("interval"))
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise Uninterpretable(f"the interval {text[:40]!r} is not a duration")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    interval = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    # A job without a schedule shows .NET's longest duration, P10675199DT2H48M5.4775807S.
    if interval > LONGEST:
        raise Uninterpretable(f"the interval {text[:40]!r} means never")
    return interval
