"""Whether this computer's clock is right, by what a service says in its Date header (RFC 9110 §6.6.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TOLERATED = 300.0
"""Seconds by which AWS and Microsoft Entra ID let clocks differ."""

SET = "set this computer's clock"


def off(date: str, now: datetime) -> str:
    """By how much the clock that says ``now`` is off, as a clause; empty when it is right, or when nobody knows."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return ""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (now - moment).total_seconds()
    if abs(seconds) <= TOLERATED:
        return ""
    return f"this computer's clock is {_span(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'} the service's"


def _span(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:.0f} days"
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"
