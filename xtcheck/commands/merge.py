"""``python -m xtcheck merge``: joins the JSON reports of shards into one, and ends as one run of all would have."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck.arguments import path as path_of
from xtcheck.errors import XtcheckError
from xtcheck.report import json_format
from xtcheck.report.merging import BAD, merged

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser("merge", help="join the JSON reports of shards", description=__doc__)
    parser.add_argument(
        "reports", nargs="+", type=path_of, metavar="REPORT", help="a report of --xt-report=json:REPORT"
    )
    parser.add_argument("--output", required=True, type=path_of, metavar="FILE", help="where to write the whole report")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report of all; 1 when anything in it is drift or unknown.

    :raises XtcheckError: they are not the parts of one whole.
    """
    paths: list[Path] = arguments.reports
    for path in paths:
        if paths.count(path) > 1:
            raise XtcheckError(f"{path} is named twice")
    report = merged({str(path): _read(path) for path in paths})
    json_format.write(arguments.output, report["run"], report["tenants"], report["checks"])
    checks = report["checks"]
    bad = sum(check["outcome"] in BAD for check in checks)
    sys.stdout.write(f"{len(checks)} checks of {len(paths)} reports, {bad} of them failed or unknown\n")
    return int(report["run"]["exit"] != 0)


def _read(path: Path) -> Json:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise XtcheckError(f"cannot read the report {path}: {error}") from error
