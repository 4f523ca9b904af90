"""``python -m xtcheck diff``: what changed in the tenants between two saved worlds, also what no policy mentions."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any, assert_never

from xtcheck.arguments import path
from xtcheck.errors import XtcheckError
from xtcheck.report.shown import printable, shortened
from xtcheck.snapshot import SavedWorld, open_world
from xtcheck.snapshot.difference import NOT_ASKED, Change, Difference, differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any

SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~", Change.UNREADABLE: "?", Change.UNREAD: "?"}


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "diff",
        help="say what changed between two saved worlds",
        description=__doc__,
        epilog="Exit codes: 0 when both are the same, 1 when they differ or that is not known, 2 for a mistake.",
    )
    parser.add_argument("before", type=path, metavar="WORLD1", help="a folder of --xt-save-world")
    parser.add_argument("after", type=path, metavar="WORLD2", help="another")
    parser.add_argument(
        "--all", action="store_true", help="also times, versions and counters that change by themselves"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, with whole values")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what differs; 1 when anything does, or could not be compared.

    :raises XtcheckError: a folder is no saved world, or not whole.
    """
    before, after = open_world(arguments.before), open_world(arguments.after)
    if before.manifest.origin.redacted != after.manifest.origin.redacted:
        raise XtcheckError("one of the worlds is redacted and the other is not: nothing in them has the same name")
    if before.manifest.origin.redacted:
        raise XtcheckError("both worlds are redacted, each with a key of its own: nothing in them has the same name")
    found = list(differences(before, after, everything=arguments.all))
    if arguments.json:
        sys.stdout.write(json.dumps(_document(before, after, found), indent=1, ensure_ascii=True) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(before, after, found))
    return 1 if found else 0


def _document(before: SavedWorld, after: SavedWorld, found: list[Difference]) -> Json:
    return {
        "schema": 1,
        "before": {"path": before.folder.as_posix(), "read": before.now.isoformat()},
        "after": {"path": after.folder.as_posix(), "read": after.now.isoformat()},
        "differences": [
            {
                "place": each.place,
                "request": each.request,
                "change": str(each.change),
                "path": each.path,
                "name": each.name,
                "before": each.before,
                "after": each.after,
            }
            for each in found
        ],
    }


def _lines(before: SavedWorld, after: SavedWorld, found: list[Difference]) -> Iterable[str]:
    yield f"{before.folder}, read {before.now:%Y-%m-%d %H:%M} UTC → {after.folder}, read {after.now:%Y-%m-%d %H:%M} UTC"
    for place, of_place in groupby(found, key=lambda each: each.place):
        yield ""
        yield f"{place}:"
        for request, several in groupby(of_place, key=lambda each: each.request):
            yield f"  {printable(request)}"
            for each in several:
                yield f"    {_line(each)}"
    counted = ", ".join(f"{count} {change}" for change in Change if (count := sum(e.change is change for e in found)))
    yield ""
    yield counted or f"no difference in {len(after.answers)} requests"


def _line(each: Difference) -> str:
    named = f" ({printable(each.name)})" if each.name and each.name not in each.path else ""
    head = f"{SIGNS[each.change]} {printable(each.path)}{named}"
    match each.change:
        case Change.ADDED:
            return f"{head}: {shortened(each.after, each.path)}"
        case Change.REMOVED:
            return f"{head}: {shortened(each.before, each.path)}"
        case Change.CHANGED:
            return f"{head}: {shortened(each.before, each.path)} → {shortened(each.after, each.path)}"
        case Change.UNREADABLE:
            return f"{SIGNS[each.change]} cannot be compared: {printable(each.before)} → {printable(each.after)}"
        case Change.UNREAD:
            which = "second" if each.before == NOT_ASKED else "first"
            return f"{SIGNS[each.change]} asked for only in the {which} world"
        case _:
            assert_never(each.change)
