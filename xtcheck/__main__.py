"""Runs ``python -m xtcheck``."""

import sys

from xtcheck.commands.line import main

if __name__ == "__main__":
    sys.exit(main())
