"""Whether a difference may be nothing but the delay that a service documents: pure, by what is known of the times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lag:
    """How long a service may take, as it documents, until what it makes follows what that is made of.

    ``what`` says it with the window left out: "the service follows a change of rule or attributes".
    """

    window: timedelta
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of when the window of a difference began: not before ``earliest``, and not after ``latest``.

    ``by`` tells how it is known that no delay explains it once the window after ``latest`` is over.
    """

    earliest: datetime | None = None
    latest: datetime | None = None
    by: str = ""

    def __and__(self, other: Start) -> Start:
        """What both tell together."""
        earliest = [each for each in (self.earliest, other.earliest) if each is not None]
        if self.latest is None or (other.latest is not None and other.latest < self.latest):
            return Start(max(earliest, default=None), other.latest, other.by)
        return Start(max(earliest, default=None), self.latest, self.by)

    def __or__(self, other: Start) -> Start:
        """The later of two: when what hangs on both began to."""
        earliest = max((each for each in (self.earliest, other.earliest) if each is not None), default=None)
        if self.latest is None or other.latest is None:
            return Start(earliest)
        later = self if self.latest >= other.latest else other
        return Start(earliest, later.latest, later.by)


UNKNOWN = Start()


@dataclass(frozen=True, slots=True)
class Settled:
    """No delay explains it any more; ``why`` is empty where that needs no word."""

    why: str = ""

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Pending:
    """It is within the window, which ends then; None where only the service knows when, and says that it is at it."""

    until: datetime | None
    left: timedelta
    lag: Lag
    window: timedelta

    def __str__(self) -> str:
        ends = f"{words(self.left)} of that are left" if self.until else "it is at it now"
        return f"pending: {self.lag.what} within {words(self.window)}; {ends}"


@dataclass(frozen=True, slots=True)
class Perhaps:
    """When the window began is not known: it may be within it."""

    lag: Lag
    window: timedelta

    def __str__(self) -> str:
        return f"may be settling: {self.lag.what} within {words(self.window)}, and since when is not known"


State = Settled | Pending | Perhaps


def settling(
    now: datetime,
    lag: Lag,
    *,
    declared: timedelta | None = None,
    start: Start = UNKNOWN,
    at_it: bool = False,
) -> State:
    """Whether a difference that is there now may go by itself.

    :param declared: how long the policy lets the lag excuse it, in place of the documented window.
    :param start: when what has not been followed yet changed.
    :param at_it: the service itself says that it has not finished.
    """
    window = lag.window if declared is None else declared
    if not window:
        return Settled()
    if start.latest is not None and now >= start.latest + window:
        return Settled(f"not settling: {lag.what} within {words(window)}, and {start.by}" if start.by else "")
    if start.earliest is not None and now < start.earliest + window:
        return Pending(start.earliest + window, start.earliest + window - now, lag, window)
    if at_it:
        return Pending(None, timedelta(0), lag, window)
    return Perhaps(lag, window)


def words(length: timedelta) -> str:
    """A length of time as a person says it, to the minute: ``1 day``, ``2 h 5 min``."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes % 1440 == 0:
        days = minutes // 1440
        return f"{days} day{'s' * (days > 1)}"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])
