"""The command line: one sub-command a module, each with its own arguments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from xtcheck import __version__, interruption
from xtcheck.commands import diff, docs, expression, merge, permissions, rule, sandbox, undo
from xtcheck.errors import XtcheckError

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C or SIGTERM ends: what shells have for Ctrl-C, 128 and the number of SIGINT."""
COMMANDS = (sandbox, docs, permissions, diff, merge, rule, expression, undo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code is 0, 1 for "no", 2 for a mistake of the user's or of the surroundings, or 130
    after Ctrl-C or SIGTERM.
    """
    parser = argparse.ArgumentParser(
        prog="python -m xtcheck", description="What is not a test run; checks run by pytest."
    )
    parser.add_argument("--version", action="version", version=f"xtcheck {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    chosen = parser.parse_args(arguments)
    try:
        with interruption.by_sigterm():
            code: int = chosen.run(chosen)
    except XtcheckError as error:
        sys.stderr.write(f"xtcheck: {error}\n")
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return code
