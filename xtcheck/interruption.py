"""How a run is ended from outside: SIGTERM takes the way of Ctrl-C, so that nothing stays behind."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Once:
    """Obeys one signal, and none after :meth:`spend`."""

    def __init__(self) -> None:
        self._spent = False

    def spend(self) -> None:
        """The run is about to end: nothing shall interrupt that."""
        self._spent = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle it (docs.python.org/3/library/signal.html#signal.signal)."""
        del number
        if self._spent:
            return
        self.spend()
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):  # asyncio's, while it runs: it cancels what is under way, and raises afterwards
            interrupt(signal.SIGINT, frame)
        else:
            raise KeyboardInterrupt


@contextmanager
def by_sigterm() -> Iterator[Once]:
    """Meanwhile the first SIGTERM raises KeyboardInterrupt, and no other does anything: it would interrupt the end.

    ``timeout``, ``docker stop`` and the cancellation of a CI job send it, some of them twice. Whoever ignores it, as
    this process may have been told to, goes on doing so; afterwards all is as it was. Python has signals in its main
    thread only; on Windows none comes, for os.kill ends a process there at once (docs.python.org/3/library/signal.html,
    docs.python.org/3/library/os.html#os.kill).
    """
    once = Once()
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield once
        return
    before = signal.getsignal(signal.SIGTERM)
    if before in (None, signal.SIG_IGN):  # None: what no Python code has set, and none can put back
        yield once
        return
    signal.signal(signal.SIGTERM, once)
    try:
        yield once
    finally:
        signal.signal(signal.SIGTERM, before)
