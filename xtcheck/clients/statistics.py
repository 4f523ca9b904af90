"""What reading one place has cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Statistics:
    """Requests that were sent, how many of them were repetitions, bytes of bodies received, and the seconds of answers.

    Answers are given side by side, so their seconds add up to more than the time that passed.
    """

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def add(self, other: Statistics) -> None:
        """Count another's figures too."""
        self.requests += other.requests
        self.retries += other.retries
        self.bytes += other.bytes
        self.seconds += other.seconds
