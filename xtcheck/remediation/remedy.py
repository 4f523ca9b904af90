"""The remediation of one run of pytest: plans on what was read, has it carried out, and tells each check what came."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xtcheck.embedded import reachable
from xtcheck.errors import XtcheckError
from xtcheck.judge import judge
from xtcheck.model import Check, Request, Safety, Verdict
from xtcheck.plugin.items import CheckItem
from xtcheck.plugin.worlds import shown
from xtcheck.remediation import kept, show, steps
from xtcheck.remediation.changes import Change, Outcome, Plan, Result
from xtcheck.remediation.guard import Refusal
from xtcheck.remediation.halfway import not_called
from xtcheck.remediation.masking import Veil
from xtcheck.remediation.rounds import Rounds
from xtcheck.remediation.session import Story, would_refuse
from xtcheck.remediation.steps import Open, open_steps
from xtcheck.report.shown import printable
from xtcheck.report.words import counted

if TYPE_CHECKING:
    import pytest

    from xtcheck.plugin.run import Run
    from xtcheck.remediation.options import Wish
    from xtcheck.world import World

Json = Any

ASKED = {Safety.SAFE: "--remediate", Safety.UNSAFE: "--remediate-unsafe"}


class Remedy:
    """What hooks share."""

    def __init__(self, run: Run, wish: Wish) -> None:
        """Look whether a kept plan can be read, before anything is asked of anybody.

        :raises XtcheckError: it cannot, or it holds more than the options allow.
        """
        self._run, self._wish = run, wish
        run.mends = True
        self._open = ExitStack()
        self._plan = Plan()
        self._story = Story()
        self._against: tuple[Refusal, ...] = ()
        self._console: list[Open] = []
        self._veil = Veil({})
        self._kept = kept.load(wish.apply) if wish.apply is not None else None
        self._allowed = Safety(self._kept["allowed"]) if self._kept else wish.allowed
        kept_unsafe = self._kept and any(change["safety"] != Safety.SAFE for change in self._kept["changes"])
        if wish.apply is not None and kept_unsafe and wish.allowed is Safety.SAFE:
            raise XtcheckError(f"the plan {shown(wish.apply)} has unsafe changes; add --remediate-unsafe to make them")

    def open(self) -> None:
        """Let everything be reachable for longer than a read.

        :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
        """
        reached = self._open.enter_context(reachable(self._run.config))
        self._run.reach(replace(reached, sandbox=None))

    def close(self) -> None:
        """End what was opened."""
        self._open.close()

    def put_right(self, session: pytest.Session) -> None:
        """Plan, and carry it out where that is wished; then everything is read anew.

        :raises XtcheckError: the plan cannot be kept.
        """
        if not self._run.has_read:
            return  # nothing is selected, or a policy is mistaken
        self._open.enter_context(self._run.discreetly())
        checks = [item.check for item in session.items if isinstance(item, CheckItem)]
        rounds = Rounds(self._run, checks, self._allowed, self._tell)
        self._veil = rounds.veil
        world = rounds.world
        self._plan = rounds.first()
        if self._wish.writes:
            self._tell([show.head(self._plan)])
        else:  # it is what was asked for, however quiet the run is
            self._print(show.lines(self._veil.plan(self._plan)))
        if self._wish.save is not None:
            kept.save(self._wish.save, self._plan, self._allowed, rounds.hidden, self._ground(rounds))
            self._tell([f"kept plan: {shown(self._wish.save)}"])
        try:
            if self._wish.writes:
                self._carry_out(rounds)
            else:
                self._against = asyncio.run(would_refuse(self._plan, self._run.config, checks=checks, world=world))
        finally:  # whatever ends it, what was made is told
            self._plan, self._story = rounds.plan, rounds.story
            self._console = [self._shown(each) for each in open_steps(checks, self._run.world)]
            results = self._story.results
            self._run.unmade = bool(self._story.refused) or any(each.outcome is not Outcome.APPLIED for each in results)
            missing = tuple(not_called(self._results() if self._wish.writes else (), checks, rounds.world))
            self._plan = replace(self._plan, by_hand=(*self._plan.by_hand, *missing))
            self._run.halfway.update((each.check, self._veil.text(each.step)) for each in missing)
            self._run.changes.update(self._by_check(checks, world))
            self._run.remediation = self._record()

    def _carry_out(self, rounds: Rounds) -> None:
        """A kept plan has one round, and none when anything has moved since."""
        moved = self._moved(rounds)
        if moved:
            allow = "make a new plan, and look at it"
            why = "something moved since the plan was made: {}"
            rounds.story = Story(tuple(Refusal("", why.format(each), allow) for each in moved))
        else:
            rounds.carry_out(once=self._kept is not None)
        self._tell(f"refused: {self._veil.text(str(refusal))}" for refusal in rounds.story.refused)

    def _moved(self, rounds: Rounds) -> list[str]:
        if self._kept is None:
            return []
        return kept.moved(self._kept, self._plan, rounds.hidden, self._ground(rounds))

    def _ground(self, rounds: Rounds) -> kept.Ground:
        identities = {place: found.identity for place, found in self._run.config.connections.items()}
        return kept.ground_of(self._plan, rounds.world, identities, rounds.hidden)

    def _shown(self, step: Open) -> Open:
        """A step as a person may see it."""
        return replace(step, place=self._veil.text(step.place), enter=tuple(map(self._veil.text, step.enter)))

    def _tell(self, lines: Iterable[str]) -> None:
        if self._run.pytest.get_verbosity() >= 0:
            self._print(lines)

    def _print(self, lines: Iterable[str]) -> None:
        reporter: Json = self._run.pytest.pluginmanager.get_plugin("terminalreporter")
        for line in lines if reporter else ():
            reporter.write_line(printable(line))

    # --- what came of it ------------------------------------------------------------------------------------------

    def _by_check(self, checks: list[Check], before: World) -> dict[str, Json]:
        """For each check that drifted, what was done about it."""
        found = {
            each.check: _told("waiting" if each.waits else "by hand", each.check, self._veil.text(each.why))
            for each in self._plan.by_hand
        }
        for change in reversed(self._plan.held):  # a call that follows is not what a check is about
            why = f"{show.OPTION[change.safety]} would allow it" if change.safety > self._allowed else "it needs such"
            found |= {name: _told("held back", self._veil.name(change), why) for name in change.mends}
        by_check: dict[str, list[Result]] = {}
        for result in self._results():
            for name in result.change.mends:
                by_check.setdefault(name, []).append(result)
        found |= {name: self._told_of(results) for name, results in by_check.items()}
        return found | self._consequences(checks, before)

    def _told_of(self, results: list[Result]) -> Json:
        """What came of the changes for one check: first that which did not come to be, then those that did."""
        first, *others = sorted(results, key=lambda result: result.outcome is Outcome.APPLIED)
        said = [first.said]
        if first.outcome is not Outcome.APPLIED:
            made = [other for other in others if other.outcome is Outcome.APPLIED]
            said += [f"{other.outcome}: {self._veil.name(other.change)} ({other.said})" for other in made]
        return _told(first.outcome, self._veil.name(first.change), self._veil.text("; ".join(said)))

    def _consequences(self, checks: list[Check], before: World) -> dict[str, Json]:
        """The checks that drifted, that nothing was written for, and that look at what was changed."""
        applied = [result.change for result in self._story.results if result.outcome is Outcome.APPLIED]
        shown_by = {request: change for change in applied for request in _requests(change, before)}
        asked = {name for change in applied for name in change.mends}
        found = {}
        for check in checks if applied else ():
            judged = judge(check, before)
            through = next((shown_by[request] for request in judged.evidence if request in shown_by), None)
            if judged.verdict is Verdict.DRIFT and through and check.name not in asked:
                well = judge(check, self._run.world).verdict is Verdict.COMPLIANT
                if well:
                    found[check.name] = _told("applied", self._veil.name(through), "it followed from that")
        return found

    def _results(self) -> list[Result]:
        """Of every change of the plan; one that was refused or only shown has its own words."""
        came = list(self._story.results)
        left = self._plan.changes[len(came) :]  # the changes of the plan are in the order of the rounds
        if self._story.refused:
            own = {refusal.change: str(refusal.why) for refusal in self._story.refused}
            whole = own.get("", "the plan holds something that is refused")
            return [*came, *(Result(change, Outcome.REFUSED, own.get(change.name, whole)) for change in left)]
        if self._wish.writes:
            before = "the run ended before; the journal tells what was begun"
            return [*came, *(Result(change, Outcome.CUT_SHORT, before) for change in left)]
        if self._against:
            would = "the plan would be refused"
            own = {refusal.change: f"{would}: {refusal.why}" for refusal in self._against}
            return [*came, *(Result(change, Outcome.PLANNED, own.get(change.name, would)) for change in left)]
        would = f"{ASKED[self._allowed]} would make it"
        return [*came, *(Result(change, Outcome.PLANNED, would) for change in left)]

    def _record(self) -> Json:
        plan = self._veil.plan(self._plan)
        results = [
            _change(self._veil.change(each.change), str(each.outcome), self._veil.text(each.said))
            | {"at": each.at, "requests": list(each.requests)}
            for each in self._results()
        ]
        held = [_change(change, "held back", f"{show.OPTION[change.safety]} would allow it")
                for change in plan.held]  # fmt: skip
        return {
            "mode": "apply" if self._wish.writes else "plan",
            "allowed": str(self._allowed),
            "journal": shown(self._story.journal) if self._story.journal else None,
            "who": self._who(),
            "refused": [self._veil.text(str(refusal)) for refusal in (*self._story.refused, *self._against)],
            "changes": [*results, *held],
            "steps": [
                {"check": each.check, "why": each.why, "step": each.step} for each in plan.by_hand if not each.waits
            ],
            "console": [
                {"place": each.place, "enter": list(each.enter), "waiting": list(each.waiting)}
                for each in self._console
            ],
        }

    def _who(self) -> Json:
        """Who has signed in to write, and to which tenant or account."""
        connections = self._run.config.connections
        return {place: {"as": who, "in": connections[place].identity} for place, who in (self._story.who or {}).items()}

    def summarize(self, reporter: pytest.TerminalReporter) -> None:
        """What was changed, held back, refused, and what a person must do, at the end of the run."""
        record = self._run.remediation
        if record is None:
            return
        reporter.section("remediation", sep="=")
        counts = Counter(change["outcome"] for change in record["changes"])
        for outcome, count in counts.items():
            option = f", which {ASKED[Safety.UNSAFE]} would allow" if outcome == "held back" else ""
            reporter.write_line(f"{outcome}: {counted(count, 'change')}{option}")
            for change in record["changes"]:
                if change["outcome"] == outcome:
                    told = f" ({change['said']})" if outcome not in TOLD_ONCE else ""
                    reporter.write_line(printable(f"  {change['name']}{told}"), red=outcome in BAD)
        refused = "refused" if self._wish.writes else "would be refused"
        for refusal in record["refused"]:
            reporter.write_line(printable(f"{refused}: {refusal}"), red=True)
        for line in steps.lines(self._console):
            reporter.write_line(printable(line))
        if self._wish.writes:
            self._tell_what_is_left(reporter)
        if record["journal"]:
            reporter.write_line(f"journal: {record['journal']}")

    def _tell_what_is_left(self, reporter: pytest.TerminalReporter) -> None:
        """The checks that wait for others, and the steps that only a person does."""
        waiting = {name for each in self._console for name in each.waiting}
        bad = {record["check"] for record in self._run.records.values() if record["outcome"] in ("failed", "error")}
        bad = (bad - waiting) | self._run.halfway.keys()
        left = tuple(each for each in self._plan.by_hand if each.check in bad)
        if coming := [each.check for each in left if each.waits]:
            line = f"waiting: {counted(len(coming), 'check')}, until what was changed, or comes first, takes effect: "
            reporter.write_line(printable(line + steps.some(coming)))
        for line in show.steps(self._veil.plan(replace(self._plan, by_hand=left))):
            reporter.write_line(line)


def _requests(change: Change, world: World) -> tuple[Request, ...]:
    """The requests that showed the object; none where no check had it read."""
    try:
        return world.evidence(change.ref).requests
    except LookupError:
        return ()


BAD = ("failed", "stale", "dropped", "refused", "cut short")
TOLD_ONCE = ("planned", "held back", "refused")
"""Outcomes whose reason stands beside the list of changes, and not beside each of them."""


def _told(outcome: str, name: str, said: str) -> Json:
    return {"name": name, "outcome": str(outcome), "said": said}


def _change(change: Change, outcome: str, said: str) -> Json:
    """One of which nothing was sent."""
    places = show.told(change)
    return {
        "name": change.name,
        "tenant": change.write.place,
        "request": str(change.write),
        "safety": str(change.safety),
        "outcome": outcome,
        "said": said,
        "at": None,
        "requests": [],
        "mends": list(change.mends),
        "places": [
            dict(zip(("path", "before", "after"), (place.path, *show.values(place, change)), strict=True))
            for place in places
        ],
    }
