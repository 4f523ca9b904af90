"""Opens the ways in and the ways to write, asks the guard, and lets a plan be carried out under a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from xtcheck.remediation.changes import Change, Plan, Result, Verb
from xtcheck.remediation.earlier import sent_earlier
from xtcheck.remediation.guard import Known, Refusal, looks, refusals
from xtcheck.remediation.journal import Journal, path_in
from xtcheck.remediation.lock import Busy, locked
from xtcheck.remediation.masking import hidden_of
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


async def carry_out(  # noqa: PLR0913  # what is to be made, and who is told of it
    plan: Plan,
    config: Config,
    *,
    checks: Iterable[Check],
    world: World,
    tell: Callable[[Result], None] = lambda _: None,
    begun: Callable[[Path, Mapping[str, str]], None] = lambda _journal, _who: None,
    warn: Callable[[Iterable[str]], None] = lambda _: None,
    journal: Path | None = None,
    made: Sequence[Change] = (),
) -> Story:
    """Carry a plan out, unless the guard refuses it. What fails is told, and never raised.

    :param begun: is told the journal, and who writes, before anything is written.
    :param warn: is told what could not be looked at before something is made of which there may be several.
    :param journal: the journal of this run, where it has begun one.
    :param made: what this run has changed before: the limits are those of the whole run.
    :param config: with everything reachable: of a sandbox, the addresses of one that runs.
    """
    known = tuple(checks)
    if not plan.changes:
        return Story()
    hidden = hidden_of(known)
    places = _places(plan)
    async with Clients(config.connections) as clients, Writers(config.writing) as writers:
        entrances = {place: await writers.enter(place) for place in places}
        before = Known(known, world, entrances, made=made)
        refused = refusals(plan, config.remediation, await _looked(plan, before, clients))
        who = {place: entrance.who for place, entrance in entrances.items()}
        if refused:
            return Story(refused, who=who)
        everybody = {place: found.identity for place, found in config.connections.items()}
        path = journal or path_in(config.remediation.journals, datetime.now(UTC))
        applying: Applying | None = None
        try:
            with (
                locked(_locks(config.connections[place] for place in places)),
                Journal(path, everybody, hidden=hidden, objects=plan.objects, goes_on=journal is not None) as kept,
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
                kept.finish()
        except Busy as error:
            return Story((Refusal("", str(error), "run again when it has ended"),), who=who)
        except XtcheckError as error:
            refusal = Refusal("", str(error), "correct remediation.journals of config.yml")
            if applying is None:
                return Story((refusal,), who=who)
            return Story((refusal,), tuple(applying.results), path, who)
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
