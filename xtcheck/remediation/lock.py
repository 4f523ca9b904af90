"""Two runs of one user on one computer never write to one tenant at once; the system forgets the lock of who died."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from xtcheck.errors import XtcheckError


class Busy(XtcheckError):
    """Another run holds the lock."""


@contextmanager
def locked(identities: Iterable[str]) -> Iterator[None]:
    """Hold the locks of tenants and accounts, by their ids, meanwhile.

    It is advisory, and of this computer: who writes from elsewhere is noticed by looking before each write.

    :raises Busy: another run writes there.
    """
    with ExitStack() as stack:
        for identity in sorted(set(identities)):
            stack.enter_context(_one(identity))
        yield


@contextmanager
def _one(identity: str) -> Iterator[None]:
    path = _folder() / f"{hashlib.sha256(identity.encode()).hexdigest()[:20]}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise Busy(f"cannot lock {identity}: {error.strerror}") from error
    try:
        try:
            _take(descriptor)
        except OSError as error:
            raise Busy(f"another run of xtcheck is writing to {identity}") from error
        yield
    finally:
        os.close(descriptor)  # which lets go of it


def _folder() -> Path:
    """A folder of this user's alone, and the same for all runs: a temporary one would be where TMPDIR says.

    POSIX has /tmp (IEEE 1003.1, 10.1); elsewhere it stands where the user is at home.
    """
    posix = hasattr(os, "getuid")
    folder = Path("/tmp", f"xtcheck-locks-{os.getuid()}") if posix else Path.home() / ".xtcheck-locks"  # noqa: S108
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if posix and (found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode)):
            raise Busy(f"{folder}, the folder of locks, belongs to somebody else, or is none")
        if posix and stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as error:
        raise Busy(f"cannot make the folder of locks {folder}: {error.strerror}") from error
    return folder


def _take(descriptor: int) -> None:
    """:raises OSError: somebody holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
