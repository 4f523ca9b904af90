"""Runs ``python -m xtcheck``."""

import io
import os
import sys

from xtcheck.commands.line import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names hold signs that not every terminal's encoding has
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # who read on has seen enough: | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python would complain at its end
        code = 141  # as of a program that SIGPIPE ends
    sys.exit(code)
