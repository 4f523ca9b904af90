"""Runs ``python -m xtcheck``."""

import io
import sys

from xtcheck.commands.line import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names hold signs that not every terminal's encoding has
    sys.exit(main())
