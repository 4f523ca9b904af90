"""What an option or a command is given: a name or a path, and never an empty one, which an unset variable leaves."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

EMPTY = "nothing is given, as by a variable that is not set; give a value, or leave the option out"


def text(given: str) -> str:
    """A text that says something, for ``type=`` of an argument.

    :raises ArgumentTypeError: it is empty, or blank.
    """
    if not given.strip():
        raise ArgumentTypeError(EMPTY)
    return given


def path(given: str) -> Path:
    """A path, for ``type=`` of an argument.

    :raises ArgumentTypeError: it is empty, or blank; Python takes that for the current folder.
    """
    return Path(text(given))
