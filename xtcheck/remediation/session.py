"""Opens the ways in and the ways to write, asks the guard, and lets a plan be carried out under a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from xtcheck.clients import Clients
from xtcheck.clients.writers import Writers
from xtcheck.config import Config
from xtcheck.errors import XtcheckError
from xtcheck.model import Check, Ref
from xtcheck.remediation.apply import Applying
from xtcheck.remediation.changes import Outcome, Plan, Result, Verb
from xtcheck.remediation.guard import Refusal, refusals
from xtcheck.remediation.journal import Journal, path_in
from xtcheck.remediation.lock import Busy, locked
from xtcheck.world import World


@dataclass(frozen=True, slots=True)
class Story:
    """What came of a plan: why it was refused, or what came of each change, who wrote, and where the journal is."""

    refused: tuple[Refusal, ...] = ()
    results: tuple[Result, ...] = ()
    journal: Path | None = None
    who: Mapping[str, str] | None = None

    def and_then(self, other: Story) -> Story:
        """Both stories as one."""
        who = {**(self.who or {}), **(other.who or {})}
        return Story(
            (*self.refused, *other.refused), (*self.results, *other.results), other.journal or self.journal, who
        )


async def carry_out(
    plan: Plan,
    config: Config,
    *,
    checks: Iterable[Check],
    world: World,
    tell: Callable[[Result], None] = lambda _: None,
    journal: Path | None = None,
    before: Iterable[Result] = (),
) -> Story:
    """Carry a plan out, unless the guard refuses it. What fails is told, and never raised.

    :param before: what came of the changes that this run has made before.
    :param journal: the journal of this run, where it has begun one.
    :param config: with everything reachable: of a sandbox, the addresses of one that runs.
    """
    known = tuple(checks)
    if not plan.changes:
        return Story()
    hidden = {text: name for check in known for text, name in check.hidden.items()}
    places = dict.fromkeys(change.write.place for change in plan.changes)
    async with Clients(config.connections) as clients, Writers(config.writing) as writers:
        entrances = {place: await writers.enter(place) for place in places}
        refused = refusals(plan, config.remediation, checks=known, world=world, entrances=entrances)
        who = {place: entrance.who for place, entrance in entrances.items()}
        if refused:
            return Story(refused, who=who)
        identities = {place: config.connections[place].identity for place in places}
        everybody = {place: found.identity for place, found in config.connections.items()}
        path = journal or path_in(config.remediation.journals, datetime.now(UTC))
        goes_on = journal is not None
        try:
            with locked(identities.values()), Journal(path, everybody, hidden=hidden, goes_on=goes_on) as kept:
                for place, name in who.items():
                    kept.entered(place, name)
                windows = config.remediation.windows
                applying = Applying(clients.answer, writers.write, kept, windows, _new(before))
                results = await applying.apply(plan, tell)
                kept.finish()
        except Busy as error:
            return Story((Refusal("", str(error), "run again when it has ended"),), who=who)
        except XtcheckError as error:
            return Story((Refusal("", str(error), "correct remediation.journals of config.yml"),), who=who)
    return Story((), tuple(results), path, who)


def _new(results: Iterable[Result]) -> set[Ref]:
    """The objects that were created."""
    applied = [result.change for result in results if result.outcome is Outcome.APPLIED]
    return {change.ref for change in applied if change.verb is Verb.CREATE}
