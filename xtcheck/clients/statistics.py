"""What reading one place has cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Statistics:
    """Reads that were sent, singly or in batches; the batches; repeated reads and refusals for haste; bytes received.

    ``seconds`` is the time from the first request to the last answer.
    """

    requests: int = 0
    batches: int = 0
    retries: int = 0
    throttled: int = 0
    bytes: int = 0
    seconds: float = 0.0
    _began: float | None = field(default=None, repr=False)

    def begin(self) -> None:
        """A request is about to be made."""
        if self._began is None:
            self._began = time.monotonic()

    def end(self) -> None:
        """An answer is complete."""
        if self._began is not None:
            self.seconds = time.monotonic() - self._began

    def document(self) -> dict[str, int | float]:
        """The figures by name."""
        names = ("requests", "batches", "retries", "throttled", "bytes")
        return {name: getattr(self, name) for name in names} | {"seconds": round(self.seconds, 3)}

    def add(self, other: Statistics) -> None:
        """Count another's figures too."""
        self.requests += other.requests
        self.retries += other.retries
        self.throttled += other.throttled
        self.bytes += other.bytes
