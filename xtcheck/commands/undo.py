"""``python -m xtcheck undo``: takes back what a journal tells of, as far as it is still as it was written."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xtcheck import config as config_documents
from xtcheck.arguments import path
from xtcheck.commands.stated import stated
from xtcheck.embedded import reachable
from xtcheck.errors import XtcheckError
from xtcheck.hiding import hiding
from xtcheck.remediation import journal, show
from xtcheck.remediation.changes import Outcome, Plan, Result
from xtcheck.remediation.masking import Veil, hidden_of
from xtcheck.remediation.undo import Undoing, differing, refs, undoing
from xtcheck.report.shown import printable
from xtcheck.report.words import counted

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

SECONDS = 900.0


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser("undo", help="take back what a remediation changed", description=__doc__)
    parser.add_argument("journal", type=path, metavar="JOURNAL", help="the journal of the run, whole or cut off")
    parser.add_argument("--tenants", required=True, type=path, metavar="CONFIG", help="the config.yml of that run")
    parser.add_argument("--plan", action="store_true", help="show what would be taken back, and write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Take it back; 1 when something is not as it was before.

    :raises XtcheckError: the journal or a policy cannot be read, or the journal is of other tenants.
    :raises KeyboardInterrupt: Ctrl-C; how far it got has been told.
    """
    taking = _Taking()
    try:
        return taking.back(arguments)
    except KeyboardInterrupt:
        _print(taking.told())
        raise


class _Taking:
    """Takes back, and knows how far it got."""

    def __init__(self) -> None:
        self._plan = Plan()
        self._veil = Veil({})
        self._journal: Path | None = None

    def back(self, arguments: argparse.Namespace) -> int:
        """Take it back; 1 when something is not as it was before."""
        from xtcheck.engine import read_world
        from xtcheck.remediation.session import carry_out, would_refuse

        account = journal.read(arguments.journal)
        declared = config_documents.load(arguments.tenants)
        others = differing(account, {place: found.identity for place, found in declared.connections.items()})
        if others:
            raise XtcheckError(f"the journal {arguments.journal} is of other tenants: {'; '.join(others)}")
        checks = stated(declared)
        hidden = hidden_of(checks)
        self._veil = Veil(hidden)
        with reachable(declared) as reached, hiding(hidden):
            config = replace(reached, sandbox=None)
            opted_in = {alias for alias, tenant in declared.estate.tenants.items() if tenant.secrets}
            world, _ = asyncio.run(read_world(config, refs(account, opted_in, checks), SECONDS))
            found = undoing(account, world, checks)
            for entry in account.entries:  # what names their objects is not masked
                self._veil.change(entry.change)
            self._plan = found.plan
            _print(self._told(found, whole=account.whole))
            if arguments.plan:
                against = asyncio.run(would_refuse(found.plan, config, checks=checks, world=world))
                self._say(f"would be refused: {refusal}" for refusal in against)
                return int(bool(against or found.lost))
            carrying = carry_out(found.plan, config, checks=checks, hidden=hidden, world=world,
                                 tell=self._tell, begun=self._begun, warn=self._say)  # fmt: skip
            story = asyncio.run(carrying).finished()
        self._say(f"refused: {refusal}" for refusal in story.refused)
        bad = [result for result in story.results if result.outcome is not Outcome.APPLIED]
        return int(bool(story.refused or bad or found.lost))

    def _begun(self, path: Path, _: Mapping[str, str]) -> None:
        """Name the new journal while it can still be named, whatever comes."""
        self._journal = path
        _print([f"journal: {path}"])

    def _told(self, found: Undoing, *, whole: bool) -> Iterable[str]:
        """What does not come back, before anything else."""
        plan = self._veil.plan(found.plan)
        if not whole:
            yield "the run of this journal did not get to its end: what is there decides"
        yield from (f"does not come back: {self._veil.text(each)}" for each in found.lost)
        yield from (f"is back: {self._veil.text(each)}" for each in found.back)
        yield from show.lines(plan)

    def _tell(self, result: Result) -> None:
        _print([f"{result.outcome}: {self._veil.name(result.change)} ({self._veil.text(result.said)})"])

    def _say(self, lines: Iterable[str]) -> None:
        _print(map(self._veil.text, lines))

    def told(self) -> Iterator[str]:
        """How far it got until it was interrupted."""
        if self._journal is None:
            yield "interrupted: nothing was written"
            return
        entries = journal.read(self._journal).entries
        ended = sum(1 for entry in entries if entry.outcome)
        yield f"interrupted: {ended} of {counted(len(self._plan.changes), 'change')} ended"
        for entry in entries:
            if not entry.outcome:
                what = "it may have been done, or may still be" if entry.requests else "nothing of it was sent"
                yield f"{Outcome.CUT_SHORT}: {entry.change.name} ({what})"
        yield f"the same command goes on; undo with {self._journal} takes back what this one did"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{printable(line)}\n")
    sys.stdout.flush()
