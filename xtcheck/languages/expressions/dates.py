"""The functions of dates. A date stands between functions as the text in which it is printed, in UTC."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

from xtcheck.languages.expressions import date_formats
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.values import Value, error, undetermined

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""Active Directory counts 100 ns from here."""
TICKS = 10_000_000

_OFFSET = r"(?P<offset>Z|[+-]\d{2}:\d{2})?"
_DAY = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
_TIME = r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,7}))?)?"
_OWN_DAY = r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
_OWN_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: (?P<half>[AP]M))?"
_FORMS = (
    re.compile(f"{_DAY}(?:[T ]{_TIME})?{_OFFSET}", re.ASCII),
    re.compile(f"{_OWN_DAY}(?: {_OWN_TIME})?(?P<offset>)", re.ASCII),
)
"""ISO 8601 as in the examples of the function page; and the invariant culture's form, in which dates are printed."""


def moment(text: str) -> datetime | None:
    """The time that a text means, in UTC when it names no offset; None when its form is not known here."""
    for form in _FORMS:
        found = form.fullmatch(text.strip())
        if found:
            return _moment(found)
    return None


def _moment(found: re.Match[str]) -> datetime | None:
    parts = found.groupdict()
    hour = int(parts["hour"] or 0)
    if parts.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (parts["half"] == "PM")
    fraction = int((parts.get("part") or "").ljust(6, "0")[:6])
    try:
        local = datetime(
            int(parts["year"]), int(parts["month"]), int(parts["day"]),
            hour, int(parts["minute"] or 0), int(parts["second"] or 0), fraction, _zone(parts["offset"]),
        )  # fmt: skip
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str | None) -> timezone:
    if not offset or offset == "Z":
        return UTC
    hours, minutes = offset[1:].split(":")
    away = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-away if offset.startswith("-") else away)


def printed(when: datetime) -> str:
    """``M/d/yyyy h:mm:ss tt``, as the function page says of CDate, DateAdd and Now."""
    half = "PM" if when.hour >= 12 else "AM"
    return f"{when.month}/{when.day}/{when.year:04} {when.hour % 12 or 12}:{when:%M:%S} {half}"


def _cdate(_: Run, text: str) -> Value:
    when = moment(text)
    return undetermined("B-24") if when is None else printed(when)


def _now(run: Run) -> Value:
    return undetermined("now") if run.now is None else printed(run.now.astimezone(UTC))


_STEPS: Mapping[str, timedelta] = MappingProxyType(
    {
        "ww": timedelta(weeks=1),
        "d": timedelta(days=1),
        "h": timedelta(hours=1),
        "n": timedelta(minutes=1),
        "s": timedelta(seconds=1),
    }
)
_MONTHS: Mapping[str, int] = MappingProxyType({"yyyy": 12, "m": 1})


def _date_add(run: Run, interval: str, value: int, text: str) -> Value:
    when = moment(text)
    if when is None:
        return undetermined("B-24")
    try:
        if interval in _STEPS:
            return printed(when + value * _STEPS[interval])
        if interval in _MONTHS:
            return _months_later(run, when, value * _MONTHS[interval])
    except (OverflowError, ValueError):
        return error("DateAdd: the date is beyond the calendar")
    return error(f"DateAdd: there is no interval {interval!r}")


def _months_later(run: Run, when: datetime, months: int) -> Value:
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    then = printed(when.replace(year=year, month=month + 1, day=min(when.day, last)))
    return run.assume("B-03", then) if when.day > last else then


def _date_diff(run: Run, interval: str, one: str, other: str) -> Value:
    """As Visual Basic counts: weeks from Sunday, months and years by the calendar.

    The documented -3449 days are whole days and midnights alike, and so are the hours, minutes and seconds: B-18.
    """
    first, second = moment(one), moment(other)
    if first is None or second is None:
        return undetermined("B-24")
    match interval:
        case "yyyy":
            return second.year - first.year
        case "m":
            return (second.year - first.year) * 12 + second.month - first.month
        case "ww":
            # Both from their Saturdays; these may lie before the calendar, the time between them does not.
            moved = _into_week(first) - _into_week(second)
            whole, crossed = (
                _quotient(second - first + moved, _STEPS["d"]),
                _midnight(second) - _midnight(first) + moved,
            )
            return run.choose("B-18", {"whole": _truncated(whole, 7), "boundaries": _truncated(crossed.days, 7)})
        case "d" | "h" | "n" | "s":
            step = _STEPS[interval]
            boundaries = (second - EPOCH) // step - (first - EPOCH) // step
            return run.choose("B-18", {"whole": _quotient(second - first, step), "boundaries": boundaries})
    return error(f"DateDiff: there is no interval {interval!r}")


def _into_week(when: datetime) -> timedelta:
    """How many days after Saturday a day stands: 1 for Sunday."""
    return timedelta(days=when.isoweekday() % 7 + 1)


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def _quotient(span: timedelta, step: timedelta) -> int:
    """Whole steps, towards zero."""
    return span // step if span >= timedelta(0) else -(-span // step)


def _truncated(count: int, by: int) -> int:
    return count // by if count >= 0 else -(-count // by)


def _from_number(_: Run, value: int) -> Value:
    try:
        return printed(EPOCH + timedelta(microseconds=value // 10))
    except OverflowError:
        return error("DateFromNum: the date is beyond the calendar")


def _to_number(_: Run, text: str) -> Value:
    when = moment(text)
    if when is None:
        return undetermined("B-24")
    span = when - EPOCH
    return (span.days * 86400 + span.seconds) * TICKS + span.microseconds * 10


def _format(run: Run, text: str, styles: str | None, given: str, wanted: str) -> Value:
    """A date read in one of .NET's custom formats, printed in another."""
    try:
        read = date_formats.read(text, given, styles)
        if read is None:
            return error(f"FormatDateTime: the text has not the form {given}")
        return run.choose("B-19", {"utc": _in_utc(read, wanted), "kept": date_formats.show(read, wanted)})
    except date_formats.UnknownFormat:
        return undetermined("B-24")


def _in_utc(when: datetime, wanted: str) -> Value:
    """The time in a format, in UTC; one without an offset as it is.

    :raises UnknownFormat: the format is not understood here.
    """
    try:
        return date_formats.show(when if when.tzinfo is None else when.astimezone(UTC), wanted)
    except OverflowError:
        return error("FormatDateTime: in UTC the date is beyond the calendar")


BODIES: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "CDate": _cdate,
        "DateAdd": _date_add,
        "DateDiff": _date_diff,
        "DateFromNum": _from_number,
        "FormatDateTime": _format,
        "Now": _now,
        "NumFromDate": _to_number,
    }
)
