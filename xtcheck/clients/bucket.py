"""A token bucket: how long a request must wait so that its API family stays within its limit. No clock inside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A service admits so many units in any so many seconds; we send at most ``burst`` of them at once.

    The rest of the units is what flows back meanwhile, so that no window of ``seconds``, wherever it begins, ever has
    more than ``units``.
    """

    units: float
    seconds: float
    burst: float

    @property
    def rate(self) -> float:
        """Units that flow back in a second."""
        return (self.units - self.burst) / self.seconds


@dataclass(frozen=True, slots=True)
class Bucket:
    """What may be spent at a moment (seconds of any clock that only goes forward). Negative: it is spent in advance."""

    limit: Limit
    level: float
    at: float

    @classmethod
    def full(cls, limit: Limit, now: float) -> Bucket:
        """Nothing has been spent."""
        return cls(limit, limit.burst, now)

    def take(self, cost: float, now: float) -> tuple[Bucket, float]:
        """The bucket after a request of that cost, and the seconds for which the request must wait.

        Whoever takes first goes first. A cost over the burst waits until all of it has flowed back.
        """
        level = min(self.limit.burst, self.level + max(0.0, now - self.at) * self.limit.rate) - cost
        return Bucket(self.limit, level, max(now, self.at)), max(0.0, -level / self.limit.rate)
