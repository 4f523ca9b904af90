"""Opens the ways in and the ways to write, asks the guard, and lets a plan be carried out under a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from xtcheck.clients import Clients
from xtcheck.clients.writers import Writers
from xtcheck.config import Config
from xtcheck.connection import Connection
from xtcheck.errors import XtcheckError
from xtcheck.model import Check
from xtcheck.reader import read
from xtcheck.remediation.apply import Applying
from xtcheck.remediation.changes import Plan, Result, Verb
from xtcheck.remediation.earlier import sent_earlier
from xtcheck.remediation.guard import Known, Refusal, looks, refusals
from xtcheck.remediation.journal import Journal, path_in
from xtcheck.remediation.lock import Busy, locked
from xtcheck.world import World


@dataclass(frozen=True, slots=True)
class Story:
    """What came of a plan: why it was refused, or what came of each change, who wrote, and where the journal is.

    ``lost``: the journal could not be kept to the end, and says nothing more.
    """

    refused: tuple[Refusal, ...] = ()
    results: tuple[Result, ...] = ()
    journal: Path | None = None
    who: Mapping[str, str] | None = None
    lost: bool = False

    def and_then(self, other: Story) -> Story:
        """Both stories as one."""
        who = {**(self.who or {}), **(other.who or {})}
        refused, results = (*self.refused, *other.refused), (*self.results, *other.results)
        return Story(refused, results, other.journal or self.journal, who, self.lost or other.lost)

    def finished(self) -> Story:
        """The same, once the journal says that the run got to its end."""
        if self.journal is None or self.lost:
            return self
        try:
            with Journal(self.journal, {}, hidden={}, goes_on=True) as kept:
                kept.finish()
        except XtcheckError as error:
            return self.and_then(_lost(error))
        return self


NOTHING = Story()
"""Before anything was carried out."""


def _lost(error: XtcheckError) -> Story:
    return Story((Refusal("", str(error), "correct remediation.journals of config.yml"),), lost=True)


async def carry_out(  # noqa: PLR0913  # what is to be made, and who is told of it
    plan: Plan,
    config: Config,
    *,
    checks: Iterable[Check],
    hidden: Mapping[str, str],
    world: World,
    tell: Callable[[Result], None] = lambda _: None,
    begun: Callable[[Path, Mapping[str, str]], None] = lambda _journal, _who: None,
    warn: Callable[[Iterable[str]], None] = lambda _: None,
    so_far: Story = NOTHING,
) -> Story:
    """Carry a plan out, unless the guard refuses it. What fails is told, and never raised.

    That the run got to its end the journal is told by :meth:`Story.finished`, once there is nothing more to carry out.

    :param hidden: the texts that came from the environment into anything that policies state, with what is shown in
        their place.
    :param begun: is told the journal, and who writes, before anything is written.
    :param warn: is told what could not be looked at before something is made of which there may be several.
    :param so_far: what came of this run's plans before: it goes on with their journal, and has one limit for all.
    :param config: with everything reachable: of a sandbox, the addresses of one that runs.
    """
    known = tuple(checks)
    if not plan.changes:
        return Story()
    places, made = _places(plan), [result.change for result in so_far.results]
    async with Clients(config.connections) as clients, Writers(config.writing) as writers:
        entrances = {place: await writers.enter(place) for place in places}
        before = Known(known, world, entrances, made=made)
        refused = refusals(plan, config.remediation, await _looked(plan, before, clients))
        who = {place: entrance.who for place, entrance in entrances.items()}
        if refused:
            return Story(refused, who=who)
        everybody = {place: found.identity for place, found in config.connections.items()}
        path, goes_on = so_far.journal, so_far.journal is not None
        path = path or path_in(config.remediation.journals, datetime.now(UTC))
        applying: Applying | None = None
        try:
            with (
                locked(_locks(config.connections[place] for place in places)),
                Journal(path, everybody, hidden=hidden, objects=plan.objects, goes_on=goes_on) as kept,
            ):
                for place, name in who.items():
                    kept.entered(place, name)
                begun(path, who)
                windows, folder = config.remediation.windows, config.remediation.journals
                held, unread = sent_earlier(plan.changes, folder, everybody, windows, datetime.now(UTC))
                warn(unread)
                new = [change.ref for change in made if change.verb is Verb.CREATE]
                applying = Applying(clients.answer, writers.write, kept, windows, new=new, held=held)
                await applying.apply(plan, tell)
        except Busy as error:
            return Story((Refusal("", str(error), "run again when it has ended"),), who=who)
        except XtcheckError as error:
            if applying is None:
                return Story(who=who).and_then(_lost(error))
            return Story((), tuple(applying.results), path, who).and_then(_lost(error))
    return Story((), tuple(applying.results), path, who)


async def would_refuse(plan: Plan, config: Config, *, checks: Iterable[Check], world: World) -> tuple[Refusal, ...]:
    """What the guard has against a plan, as far as it shows while nobody signs in to write."""
    if not plan.changes:
        return ()
    async with Clients(config.connections) as clients:
        known = await _looked(plan, Known(tuple(checks), world, None), clients)
    return refusals(plan, config.remediation, known)


async def _looked(plan: Plan, known: Known, clients: Clients) -> Known:
    """With what the guard must look at besides, and who reads."""
    readers = [await clients.enter(place) for place in _places(plan)]
    asked = looks(plan, known.world)
    seen = await read(asked.values(), clients.answer)
    return replace(known, readers=readers, managed={ref: seen.evidence(ref) for ref in asked.values()})


def _places(plan: Plan) -> list[str]:
    """The places in which a plan writes."""
    return list(dict.fromkeys(change.write.place for change in plan.changes))


def _locks(connections: Iterable[Connection]) -> Iterator[str]:
    """What is locked: tenants and accounts, each where it is, for sandboxes play the same ones at other addresses."""
    for each in connections:
        address = each.endpoints.get("graph") or each.endpoints.get("sso-admin")
        yield f"{each.identity} at {address}" if address else each.identity
