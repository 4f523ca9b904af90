"""From verdicts to pytest's outcomes, and the few lines that a person reads about a check that is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xtcheck.model import Check, Grade, Judgement, Verdict
from xtcheck.plugin import allure
from xtcheck.report.records import record
from xtcheck.report.shown import printable

if TYPE_CHECKING:
    import pytest

    from xtcheck.plugin.items import CheckItem

Json = Any


class Drift(AssertionError):
    """What was read is not what the policy says."""


class Halfway(AssertionError):
    """It is as declared, and a call of this run by which that takes effect was not made."""


class Needless(AssertionError):
    """A waiver excuses a drift that is not there: it must go, or it will hide the next one."""


class Unknown(Exception):  # not an error of the program: the answer is not known
    """The evidence is missing, partial, ambiguous or not understood."""


GIST = 100
"""How many characters of a gist are shown; terminals are about as wide."""
REMEDIATED = "remediated"
HALFWAY = "it is as declared, and the call by which that takes effect was not made"
WORDS = {Grade.INFERRED: ("inferred", "i", "INFERRED"), Grade.ATTESTED: ("attested", "a", "ATTESTED")}


def describe(report: pytest.TestReport, item: CheckItem, call: pytest.CallInfo[None]) -> None:
    """Put the check's record and, where it is not well, our own text on pytest's report."""
    judgement = getattr(item, "judgement", None)
    if judgement is None:
        return
    if call.when == "setup" and allure.active(item.config):
        allure.entitle(item.check)
    raised = call.excinfo.value if call.excinfo else None
    outcome = "error" if isinstance(raised, Unknown) else report.outcome
    if call.when == "call" or report.outcome != "passed":
        made = record(item.check, judgement, item.run.world, item.nodeid, outcome, hasattr(report, "wasxfail"))
        made["change"] = change = item.run.changes.get(item.check.name)
        if change and is_remediated(change, judgement) and report.outcome == "passed":
            made["outcome"] = REMEDIATED
            item.user_properties.append((REMEDIATED, change["name"]))  # JUnit takes them when all is torn down
        report.__dict__["xtcheck"] = made
    if isinstance(raised, Drift | Halfway | Needless | Unknown) and not hasattr(report, "wasxfail"):
        change, halfway = (known.get(item.check.name) for known in (item.run.changes, item.run.halfway))
        report.longrepr = text(item.check, judgement, waived=item.waived, change=change, halfway=halfway)
        report.sections.clear()
    elif report.skipped and judgement.verdict is Verdict.NOT_APPLICABLE:
        # Where the statement stands, not where this program skipped it.
        report.longrepr = (str(item.path), item.check.mark.line, f"Skipped: {printable(judgement.reason)}")


def gist(judgement: Judgement) -> str:
    """What is wrong in one short line; the whole stands below it."""
    match judgement.verdict:
        case Verdict.COMPLIANT:
            line = "the waiver is no longer needed"
        case Verdict.DRIFT if judgement.differences:
            line = "; ".join(map(str.strip, judgement.differences))
        case Verdict.DRIFT:
            line = f"expected {judgement.expected}, observed {judgement.observed}"
        case _:
            line = judgement.reason
    return printable(line if len(line) <= GIST else f"{line[: GIST - 1]}…")


def is_remediated(change: Json, judgement: Judgement) -> bool:
    """Whether a check drifted, a change of this run was read back, and all is well now, as seen."""
    well = judgement.verdict is Verdict.COMPLIANT and judgement.grade is Grade.EXACT
    return well and change["outcome"] == "applied"


def text(check: Check, judgement: Judgement, *, waived: bool, change: Json = None, halfway: str | None = None) -> str:
    """What is wrong with a check, why, where, and what to do: no traceback, no document, no control characters."""
    needless = judgement.verdict is Verdict.COMPLIANT
    word, line = "NEEDLESS WAIVER" if needless else judgement.verdict.upper(), gist(judgement)
    if needless and halfway:
        word, line = "NOT IN EFFECT", HALFWAY
    lines = [
        f"{word} ({check.severity}): {line}",
        f"  expected   {judgement.expected}",
        f"  observed   {judgement.observed}",
    ]
    if judgement.reason:
        lines.append(f"  because    {judgement.reason}")
    differences = () if "; ".join(judgement.differences) == judgement.observed else judgement.differences
    lines += [f"  {'differs' if index == 0 else '':<9}  {line}" for index, line in enumerate(differences)]
    objects = dict.fromkeys(str(ref) for ref in check.refs.values())
    lines += [f"  {'object' if index == 0 else '':<9}  {name}" for index, name in enumerate(objects)]
    places = ", ".join(str(mark) for mark in (check.mark, *check.also))
    lines.append(f"  policy     {places}")
    asked = len(judgement.evidence)
    known = judgement.grade if judgement.verdict is not Verdict.UNKNOWN else "incomplete" if asked else "none"
    lines.append(f"  evidence   {known}" + (f", {asked} request{'s' * (asked > 1)}" if asked else ""))
    if check.waiver:
        ends = "until" if waived else "ended on"
        lines.append(f"  waiver     {ends} {check.waiver.until} ({check.waiver.owner}: {check.waiver.reason})")
    if change:
        lines.append(f"  mending    {change['name']}: {change['outcome']}, {change['said']}")
    remedy = (halfway or "remove the waiver from the policy") if needless else judgement.remedy
    if remedy:
        lines.append(f"  what to do {remedy}")
    return "\n".join(printable(line) for line in lines)


def status(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """The category, letter and word of a success that is not founded on exact evidence."""
    found = getattr(report, "xtcheck", None)
    if found and report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
        if found.get("outcome") == REMEDIATED:
            return REMEDIATED, "r", ("REMEDIATED", {"green": True, "bold": True})
        words = WORDS.get(Grade(found["grade"]))
        if words:
            category, letter, word = words
            return category, letter, (word, {"cyan": True})
    return None
