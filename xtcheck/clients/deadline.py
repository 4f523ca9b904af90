"""The one point in time after which nothing is waited for."""

from __future__ import annotations

import math
import time


class Deadline:
    """So many seconds from its creation; None is never."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = math.inf if seconds is None else seconds
        self._end = math.inf if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that remain, at least 0; infinite without a deadline."""
        return max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        """Whether nothing remains."""
        return self.left() == 0.0

    def stop(self) -> None:
        """Let it pass now."""
        self._end = 0.0
