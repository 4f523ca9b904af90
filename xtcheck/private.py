"""Files that hold tenant data: whatever they are written for, only this user may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO

MODE = 0o600
_BINARY = getattr(os, "O_BINARY", 0)


def created(path: Path) -> int:
    """The descriptor of a new file, to write into.

    :raises FileExistsError: there is one.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, MODE)


def appended(path: Path) -> int:
    """The descriptor of a file that is there, to write at its end.

    :raises OSError: there is none, or it is somebody else's.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)
    return _closed_to_others(descriptor)


def emptied(path: Path) -> int:
    """The descriptor of a file that is new, or was there: then it is empty now, and no longer open to others.

    :raises OSError: it cannot be made, or is somebody else's; then it is as it was.
    """
    descriptor = _closed_to_others(os.open(path, os.O_WRONLY | os.O_CREAT | _BINARY, MODE))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.ftruncate(descriptor, 0)
    return descriptor


def text(descriptor: int) -> TextIO:
    """A descriptor as UTF-8 with one newline for all systems; closing it closes the descriptor."""
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


def _closed_to_others(descriptor: int) -> int:
    """The same descriptor, of a file with the mode that a new one has; a device or a pipe keeps its own.

    Windows has no such modes: a new file has the rights of its folder, and os.fchmod came with Python 3.13.
    """
    if os.name == "posix":
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) != MODE:
            try:
                os.fchmod(descriptor, MODE)
            except OSError:
                if found.st_uid != os.geteuid():
                    os.close(descriptor)
                    raise
                # It is ours, on a file system that has no modes, such as FAT.
    return descriptor
