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
class Settled:
    """No delay explains it any more."""

    def __str__(self) -> str:
        return ""


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
    earliest: datetime | None = None,
    latest: datetime | None = None,
    at_it: bool = False,
) -> State:
    """Whether a difference that is there now may go by itself.

    :param declared: how long the policy lets the lag excuse it, in place of the documented window.
    :param earliest: what has not been followed yet changed no earlier than that.
    :param latest: nothing that matters here changed after that.
    :param at_it: the service itself says that it has not finished.
    """
    window = lag.window if declared is None else declared
    if not window or (latest is not None and now >= latest + window):
        return Settled()
    if earliest is not None and now < earliest + window:
        return Pending(earliest + window, earliest + window - now, lag, window)
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
