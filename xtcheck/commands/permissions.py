"""``python -m xtcheck permissions``: the least permissions that the policies of a config need, without running them.

With ``--write``, those that putting them right needs: what the ``write-credential`` of each place must be granted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import config as config_documents
from xtcheck.arguments import text
from xtcheck.commands.stated import stated
from xtcheck.errors import XtcheckError, choices
from xtcheck.iam import policy_document
from xtcheck.kinds.writes import permissions_of_row
from xtcheck.permissions import Need, Needs, includers, least, needs, needs_to_write, writes
from xtcheck.preflight import Preflight, consent_link, preflight
from xtcheck.report import preflight as report
from xtcheck.report.words import counted, joined

if TYPE_CHECKING:
    from xtcheck.config import Config
    from xtcheck.model import Check

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any

SIGN_IN_SECONDS = 300.0
ONLY = "<the only one>"


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "permissions",
        help="print the least permissions that policies need",
        description="The least permissions that reading for the policies of a config needs, or with --write putting "
        "them right: what the write-credential of each place must be granted. With --live it signs in, reads nothing, "
        "and exits with 1 when any is missing.",
    )
    parser.add_argument("--tenants", required=True, type=text, metavar="CONFIG", help="the config.yml")
    parser.add_argument("--live", action="store_true", help="sign in, and say what is missing and what is too much")
    parser.add_argument(
        "--write",
        action="store_true",
        help="what the write-credential needs to put right, in place of what reading needs",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--aws-policy",
        nargs="?",
        const=ONLY,
        type=text,
        metavar="ENTRY",
        help="print the IAM policy of one AWS entry, and nothing else",
    )
    parser.add_argument(
        "--kms-key", type=text, metavar="ARN", help="the customer managed key with which Identity Center is encrypted"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print, per tenant, the Graph application permissions, and per AWS entry an IAM policy.

    :raises XtcheckError: config.yml, a policy or an option is mistaken, or the sandbox cannot be started.
    """
    if arguments.write and (arguments.live or arguments.kms_key):
        raise XtcheckError("--write is told offline, and not for an encrypted instance; leave --live and --kms-key out")
    config = config_documents.load(Path(arguments.tenants))
    checks = stated(config)
    found_needs = needs_to_write(checks, permissions_of_row) if arguments.write else needs(checks)
    wanted = Wanted(config, checks, found_needs, arguments.kms_key or "", writing=arguments.write)
    if arguments.aws_policy:
        sys.stdout.write(json.dumps(wanted.policy(_entry(config, arguments.aws_policy)), indent=2) + "\n")
        return 0
    found = _live(wanted) if arguments.live else []
    if arguments.json:
        document = [wanted.record(place) for place in wanted.needs]
        for entry in document if found else ():
            entry["live"] = next(report.record(each) for each in found if each.place == entry["place"])
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        for line in (*wanted.lines(), *_live_lines(found)):
            sys.stdout.write(line + "\n")
    return 0 if all(each.well for each in found) else 1


def _entry(config: Config, wish: str) -> str:
    entries = config.estate.aws
    if wish == ONLY and len(entries) == 1:
        return next(iter(entries))
    if wish not in entries:
        said = "" if wish == ONLY else wish
        raise XtcheckError(f"--aws-policy needs the name of an AWS entry; {choices(said, entries, 'declared')}")
    return wish


@dataclass(frozen=True)
class Wanted:
    """What the policies of a config need."""

    config: Config
    checks: list[Check]
    needs: Needs
    kms_key: str
    writing: bool = False

    def policy(self, entry: str) -> Json:
        """The IAM policy for one AWS entry."""
        place = f"aws-{entry}"
        return policy_document(self.needs.get(place, {}), self.config.estate.aws[entry], kms_key=self.kms_key)

    def lines(self) -> Iterator[str]:
        """Each tenant and AWS entry, with what it must grant and for which checks; those that are alike together."""
        alike: dict[Any, list[str]] = {}
        for place, wanted in sorted(self.needs.items()):
            kind = place if place.startswith("aws-") else ""
            table = tuple((name, *need.areas.items(), bool(need.checks)) for name, need in least(wanted).items())
            alike.setdefault((kind, table), []).append(place)
        for places in alike.values():
            wanted = least(self.needs[places[0]])
            yield f"{joined(places, report.NAMED)}{' (each)' if len(places) > 1 else ''}:"
            yield from _to_write(wanted) if self.writing else _table(wanted, self.needs[places[0]])
            if places[0].startswith("aws-"):
                yield "  as an IAM policy:"
                document = self.policy(places[0].removeprefix("aws-"))
                yield from ("  " + line for line in json.dumps(document, indent=2).splitlines())
            elif links := [link for place in places if (link := self.consent(place))]:
                yield f"  to consent: {links[0]}{f' (and {len(links) - 1} more)' if len(links) > 1 else ''}"
            yield ""

    def consent(self, place: str) -> str:
        """The link with which an administrator consents, where config.yml names the application."""
        connection = (self.config.writing if self.writing else self.config.connections)[place]
        return consent_link(connection, getattr(connection.credential, "client_id", ""))

    def record(self, place: str) -> Json:
        """One tenant or AWS entry, as JSON."""
        entry = place.removeprefix("aws-") if place.startswith("aws-") else ""
        permissions = [
            {
                **report.need_record(name, need),
                "writes": self.writing and ":Describe" not in name if entry else writes(name),
                "needed": bool(need.checks),
                "by": sorted(need.checks or need.clearer),
            }
            for name, need in least(self.needs[place]).items()
        ]
        found: Json = {"place": place, "permissions": permissions}
        return found | ({"policy": self.policy(entry)} if entry else {"consent": self.consent(place)})


def _to_write(wanted: Mapping[str, Need]) -> Iterator[str]:
    width = max(len(name) for name in wanted)
    yield from (f"  {name:<{width}}  puts right {report.areas([need])}" for name, need in wanted.items())


def _table(wanted: Mapping[str, Need], every: Mapping[str, Need]) -> Iterator[str]:
    width = max(len(name) for name in wanted)
    for name, need in wanted.items():
        if need.checks:
            yield f"  {name:<{width}}  {report.areas([need])}"
            for less in sorted(every.keys() - wanted.keys()) if writes(name) else ():
                if name in includers(less):
                    alone = len(need.checks.keys() - every[name].checks.keys())
                    yield f"  {'':<{width}}  it writes; with {less} in its place {counted(alone, 'check')} can be read"
        else:
            some = counted(len(need.clearer), "check")
            more = "names, who is who, since when"
            yield f"  {name:<{width}}  not needed: with it the verdicts of {some} tell more: {more}"


def _live(wanted: Wanted) -> list[Preflight]:
    """How signing in ends everywhere; nothing is read."""
    from xtcheck.engine import enter  # loads the clients; without --live nobody pays for them

    entrances = asyncio.run(enter(wanted.config, wanted.needs, SIGN_IN_SECONDS))
    connections = wanted.config.connections
    mending = needs_to_write(wanted.checks, permissions_of_row)
    return [
        preflight(connections[place], wanted.needs, wanted.needs, entrances[place], mending=mending)
        for place in wanted.needs
    ]


def _live_lines(found: list[Preflight]) -> Iterator[str]:
    if found:
        yield from report.lines(found, verbose=True)
