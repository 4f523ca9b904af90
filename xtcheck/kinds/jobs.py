"""The rows that every synchronization job has, whatever it synchronizes: is it on, how often, and is it well.

Graph: learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.kinds.durations import duration
from xtcheck.kinds.mending import NO_API, PROVISIONS, by_hand, follows
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Seen, Setting, Severity
from xtcheck.shapes import Action, Command, Send, Upsert, Window
from xtcheck.values import Choice, Findings, Text

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
REASONS = {
    "EncounteredBaseEscrowThreshold": "too many objects failed",
    "EncounteredTotalEscrowThreshold": "too many objects failed",
    "EncounteredEscrowProportionThreshold": "too large a share of the objects failed",
    "EncounteredQuarantineException": "a cycle could not run",
    "QuarantinedOnDemand": "somebody asked for it",
    "TooManyDeletes": "the accidental deletion threshold was hit",
    "IngestionInterrupted": "reading the source was interrupted",
}
"""Graph's words for why a job is in quarantine (synchronizationQuarantine), in ours."""


def job_state(template: str, console: str) -> Setting:
    """Whether the app has its job. A job is a part of its app's synchronization: without the app there is none."""
    return state(
        f"The app has a job of the template {template}. Where the app is gone, so is its job.",
        f"{console}: set provisioning up, or delete the job (Graph: DELETE /servicePrincipals/{{id}}/synchronization/"
        "jobs/{id})",
        Severity.CRITICAL,
        key="job.state",
        owned=True,
    )


WINDOW = Window(
    "provisioning", 5, 300, "a job of a fresh app is refused or not shown for minutes", "a cycle of provisioning"
)
WRITE = "Synchronization.ReadWrite.All"


def job_shape(app: str, job: str, template: str, *first: str) -> Upsert:
    """How a job is made, deleted, started and paused, by the names of its app's kind and of its own.

    Graph: synchronization-synchronization-post-jobs, and synchronization-synchronizationjob-delete, -start, -pause. A
    new one is switched off. That the service refuses a second one of the same template is not documented. Starting one
    that was paused goes on where it stopped; it forgets nothing that was synchronized. A job that runs with another
    scope, schema or target than declared may create people, or take access from them: they come ``first``, and after
    it was paused where it shall be off.
    """
    jobs = f"/servicePrincipals/{{{app}.id}}/synchronization/jobs"
    url = f"{jobs}/{{{job}.id}}"
    return Upsert(
        create=Send("POST", jobs, WRITE, {"templateId": template}, idempotent=False),
        update=None,
        units={},
        window=WINDOW,
        order=45,
        delete=Send("DELETE", url, WRITE),
        back="its mappings, and what it knew of whom it had provisioned; it is not started",
        unique=False,
        fresh=True,
        by_itself=frozenset({"status"}),
        states=Action(
            by="schedule.state",
            sends={"Active": Send("POST", f"{url}/start", WRITE), "Disabled": Send("POST", f"{url}/pause", WRITE)},
            assumed={"Active": {"status.code": "Active"}, "Disabled": {"status.code": "Paused"}},
            last="Active",
            first=frozenset(first),
            order=90,
            alias={"Paused": "Disabled"},
        ),
    )


def restart_shape(app: str, job: str, console: str) -> Command:
    """How a job that runs is made to look at everybody again (Graph: synchronization-synchronizationjob-restart).

    Only a job that runs is restarted: restarting starts one that is off. What it knows of whom it provisioned it keeps.
    """
    return Command(
        Send(
            "POST",
            f"/servicePrincipals/{{{app}.id}}/synchronization/jobs/{{{job}.id}}/restart",
            WRITE,
            {"criteria": {"resetScope": "Watermark, Escrows, QuarantineState"}},
        ),
        only={"schedule.state": "Active"},
        otherwise="the job does not run; restart it in place of starting it, for the scope to take effect",
        window=WINDOW,
        order=80,
        why="it creates people, or takes access from those who are no longer in scope",
        by_hand=f"{console} > Provisioning > Restart provisioning, if the job runs; no later run sees that it was not",
        needless=lambda job: not _has_run(job),
    )


def _has_run(job: Json) -> bool:
    """Whether a job ever ran: one that never did shows no run, or one of the year 1 (synchronizationStatus)."""
    return moment((job["status"].get("lastExecution") or {}).get("timeEnded")) is not None


EXPIRED = "off: expired"
"""Of a job whose schedule has an end, which has passed, whatever its state."""


def running(job: Json, now: datetime) -> str:
    """``on`` where a job runs by its schedule; else ``off``, or that it has expired.

    Graph: synchronizationSchedule, expiration: "Date and time when this job expires".

    :raises Uninterpretable: a state, a status or a time that the documentation does not know.
    """
    state, code = _word(job, "schedule", "state", STATES), _word(job, "status", "code", CODES)
    if state != "Active" or code in ("Paused", "NotConfigured"):
        return "off"
    return EXPIRED if _ended(job, now) else "on"


def _ended(job: Json, now: datetime) -> datetime | None:
    """When the schedule of a job ended; None where it has no end, or that is to come."""
    end = moment(_object(job, "schedule").get("expiration"))
    return end if end and end <= now else None


def _sends_provisioning(read: str) -> Callable[[Json, Seen], Mapping[str, Json]]:
    def sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
        if expected == "on" and (end := _ended(seen.documents[read], seen.now)):
            raise Unwritable(
                f"its schedule ended at {end:%Y-%m-%d %H:%M} UTC; neither that the end can be written nor that "
                "starting the job sets another is documented"
            )
        return {"schedule.state": "Active" if expected == "on" else "Disabled"}

    return sends


def job_rows(read: str, console: str) -> tuple[Setting, ...]:
    """The rows of one kind of job; ``read`` is the kind's name, ``console`` where a person finds the job."""

    def provisioning(seen: Seen) -> str:
        return running(seen.documents[read], seen.now)

    def health(seen: Seen) -> list[str]:
        return ailments(seen.documents[read], seen.now)

    return (
        Setting(
            "provisioning",
            Choice({"on": "on", "off": "off"}, finer={EXPIRED: "off"}),
            "The job runs by its schedule: its state is Active, it has not expired, and its status is neither Paused "
            "nor NotConfigured.",
            view=provisioning,
            sends=_sends_provisioning(read),
            forgets="what a cycle did meanwhile: people whom it created, or took access from",
            breaks=(
                Break(read, "schedule.state", "Disabled"),
                Break(read, "status.code", "Paused"),
                Break(read, "schedule.expiration", "2020-01-01T00:00:00Z"),
            ),
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{console}: start provisioning; a job that has expired must be made anew",
        ),
        Setting(
            "interval",
            Text(str.upper),
            "The time between two cycles, as an ISO 8601 duration (PT40M). The service sets it; nobody can change it.",
            path="schedule.interval",
            severity=Severity.MINOR,
            mending=NO_API,
            remedy=f"{console}: the interval is the service's; ask Microsoft support why it is another",
        ),
        Setting(
            "health",
            Findings("healthy"),
            f"The job is not quarantined, no cycle failed as a whole, its initial cycle has finished, its last run "
            f"succeeded without errors on single entries, and its last success is not longer ago than {CYCLES} of its "
            "own intervals.",
            view=health,
            breaks=(
                Break(read, "status.code", "Quarantine"),
                Break(read, "status.countSuccessiveCompleteFailures", 2),
                Break(read, "status.lastExecution.state", "EntryLevelErrors"),
                Break(read, "status.lastExecution", None),
                Break(read, "status.steadyStateFirstAchievedTime", "0001-01-01T00:00:00Z"),
            ),
            severity=Severity.CRITICAL,
            mending=follows("it shows how the last cycle went"),
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
        found.append(_quarantine(status.get("quarantine") or {}))
    failures = status.get("countSuccessiveCompleteFailures")
    if isinstance(failures, bool) or not isinstance(failures, int):
        raise Uninterpretable("status.countSuccessiveCompleteFailures is not a number")
    if failures:
        found.append(f"{failures} complete failures in a row")
    last = status.get("lastExecution")
    ended = moment((last or {}).get("timeEnded"))
    # A job that never ran shows a "Failed" run of the year 1 whose error code is "None": that is no failure.
    if code == "NotRun" or last is None or ended is None:
        return [*found, "it has never run"]
    state = last.get("state")
    if state == "EntryLevelErrors":
        held = last.get("countEscrowed")
        entries = f"{held} entries" if isinstance(held, int) and held else "single entries"
        found.append(f"errors on {entries} in the last run ({_code(last.get('error')) or 'see the logs'})")
    elif state != "Succeeded":
        code = _code(last.get("error"))
        found.append(f"the last run's state is {state}" + (f" ({code})" if code else ""))
    if moment(status.get("steadyStateFirstAchievedTime")) is None:
        found.append("the initial cycle has not finished")
    success = moment((status.get("lastSuccessfulExecution") or {}).get("timeEnded"))
    steady = moment(status.get("steadyStateLastAchievedTime"))
    fresh = max((time for time in (success, steady) if time), default=None)
    allowed = CYCLES * _interval(job) + LEEWAY
    if fresh is None:
        found.append("no run has succeeded yet")
    elif now - fresh > allowed:
        found.append(f"the last success was at {fresh:%Y-%m-%d %H:%M} UTC, longer ago than {allowed}")
    return found


def _quarantine(quarantine: Json) -> str:
    """Since when and why; Graph's samples have empty texts where nothing is known."""
    reason = quarantine.get("reason")
    began = moment(quarantine.get("currentBegan"))
    since = f" since {began:%Y-%m-%d %H:%M} UTC" if began else ""
    codes = ", ".join(str(code) for code in (reason, _code(quarantine.get("error"))) if code)
    meaning = f": {REASONS[reason]}" if reason in REASONS else ""
    return f"quarantined{since} ({codes or 'no reason given'}){meaning}"


def _code(error: Json) -> str:
    """The code of an error; what has none says "None" or nothing."""
    code = (error or {}).get("code")
    return "" if code in (None, "None") else str(code)


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


def moment(text: Json) -> datetime | None:
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
    interval = duration(text)
    if interval is None:
        raise Uninterpretable(f"the interval {text[:40]!r} is not a duration")
    # A job without a schedule shows .NET's longest duration, P10675199DT2H48M5.4775807S.
    if interval > LONGEST:
        raise Uninterpretable(f"the interval {text[:40]!r} means never")
    return interval


def undeclared_jobs(read: str, template: str, console: str) -> Setting:
    """The row against jobs besides the one of a template; ``read`` is the kind of the list of jobs."""

    def others(seen: Seen) -> list[str]:
        jobs = seen.documents[read]
        ours = [job for job in jobs if job["templateId"] == template]
        return [f"{job['id']} (template {job['templateId']})" for job in jobs if job not in ours or len(ours) > 1]

    return Setting(
        "undeclared-jobs",
        Findings("forbidden"),
        f"The app has no job but one of the template {template}: a second one would write besides it.",
        view=others,
        breaks=(Break(read, "+", {"id": "other.job", "templateId": "other"}),),
        severity=Severity.CRITICAL,
        mending=by_hand("a job that is deleted takes its mappings with it, so that a person must decide which"),
        remedy=f"{console}: delete the job (Graph: DELETE /servicePrincipals/{{id}}/synchronization/jobs/{{id}})",
    )
