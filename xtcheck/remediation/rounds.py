"""Plans, carries out, and plans anew on what came of it, until there is nothing new that could be done."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from xtcheck.kinds import mending
from xtcheck.kinds.mending import FOLLOWING
from xtcheck.model import Check, Safety
from xtcheck.remediation import show
from xtcheck.remediation.changes import Change, Outcome, Plan, Result
from xtcheck.remediation.lookups import joined, lookups
from xtcheck.remediation.masking import Veil, hidden_of
from xtcheck.remediation.plan import plan
from xtcheck.remediation.session import Story, carry_out
from xtcheck.remediation.steps import not_well, open_steps, some

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.plugin.run import Run

Tell = Callable[[Iterable[str]], None]

MOST = 40
"""So many rounds a run has at most. Each makes something that none before has tried, so that they end by themselves;
from nothing to accounts takes about ten."""


class Rounds:
    """The rounds of one run; ``plan`` holds all that was planned so far, ``story`` what came of it."""

    def __init__(self, run: Run, checks: Sequence[Check], allowed: Safety, tell: Tell) -> None:
        self._run, self._checks, self._allowed, self._tell = run, checks, allowed, tell
        self.hidden = hidden_of(run.all_stated())
        self.veil = Veil(self.hidden)
        self.plan = Plan()
        self.story = Story()
        self._look()

    def first(self) -> Plan:
        """What can be planned on what the run has read."""
        self.plan = self._planned()
        return self.plan

    def _planned(self) -> Plan:
        return plan(self._checks, self.world, self._allowed, self._run.all_stated())

    def _look(self) -> None:
        """What was read, with what a plan must look at besides."""
        more = lookups(self._checks, self._run.world, self._run.all_stated())
        self.world = joined(self._run.world, self._run.also(more)) if more else self._run.world

    def _look_again(self) -> None:
        self._run.read_again(list(self._checks))
        self._look()

    def carry_out(self, *, once: bool) -> None:
        """Carry out what was planned first, and then what can be planned on what came of it, unless ``once``."""
        self._make_all(once=once)
        self.story = self.story.finished()

    def _make_all(self, *, once: bool) -> None:
        self._make(replace(self.plan, by_hand=()) if once else self.plan)  # nothing comes later of one round
        for _ in range(0 if once else MOST):
            new = Plan() if self.story.refused else self._new_in_time()
            if not new.changes:
                return
            self._make(new)

    def _make(self, open_: Plan) -> None:
        """Carry one plan out; then everything is read anew, for whatever came of it, something may be another."""
        for change in self.veil.plan(open_).changes:
            self._tell(show.difference(change))
        config, before = self._run.config, self.story
        came = asyncio.run(
            carry_out(
                open_, config, checks=self._checks, hidden=self.hidden, world=self.world,
                tell=self._say, begun=self._begun, warn=self._tell, so_far=before,
            )
        )  # fmt: skip
        self.story = before.and_then(came)
        if came.results:
            self._look_again()

    def _begun(self, journal: Path, who: Mapping[str, str]) -> None:
        self.story = self.story.and_then(Story(journal=journal, who=who))

    def _new(self) -> Plan:
        """What can be planned now, and was not tried before: one that failed is not tried again."""
        results = self.story.results
        failed = {result.change.name for result in results if result.outcome is not Outcome.APPLIED}
        made = {_told(result.change) for result in results}
        found = self._planned()
        new = tuple(each for each in found.changes if each.name not in failed and _told(each) not in made)
        self.plan = replace(found, changes=(*(result.change for result in results), *new))
        return replace(found, changes=new)

    def _new_in_time(self) -> Plan:
        """The same; when it is nothing, after what services make of the changes in their own time."""
        new = self._new()
        goes_on = dict.fromkeys(
            change.ref.kind.write.window.then
            for result in self.story.results
            if result.outcome is Outcome.APPLIED and (change := result.change).ref.kind.write
        )
        going = [what for what in goes_on if what]
        if new.changes or not going:
            return new
        windows = self._run.config.remediation.windows
        every, most = windows.get(FOLLOWING.name, (FOLLOWING.every, FOLLOWING.most))
        end, told = time.monotonic() + most, False
        while (awaited := self._awaited()) and not new.changes and time.monotonic() + every < end:
            if not told:
                minutes = f"{most / 60:.0f} min" if most >= 60 else f"{most:g} s"
                self._tell([f"waiting up to {minutes} for {', '.join(going)}: {some(check.name for check in awaited)}"])
                told = True
            time.sleep(every)
            self._look_again()
            new = self._new()
        return new

    def _awaited(self) -> list[Check]:
        """The checks that may become well by themselves: nothing is written for them, and no person must act first."""
        bad = not_well(self._checks, self.world)
        by_people = {name for step in open_steps(self._checks, self.world, bad) for name in step.waiting}
        return [
            check
            for check in bad
            if (check.setting.lag or mending.mending(check.kind, check.setting).follows) and check.name not in by_people
        ]

    def _say(self, result: Result) -> None:
        """Tell it, and know it, should the run be cut short."""
        self.story = self.story.and_then(Story(results=(result,)))
        self._tell([f"{result.outcome}: {self.veil.name(result.change)} ({self.veil.text(result.said)})"])


def _told(change: Change) -> tuple[str, str]:
    """What makes two changes the same: what is done to which object, and what is sent."""
    return change.name, json.dumps(change.write.body, sort_keys=True)
