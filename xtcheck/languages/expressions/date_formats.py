""".NET's custom formats of dates: reading a text by one, and printing a date in another.

learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings, in the invariant culture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class UnknownFormat(Exception):
    """A format, or a style of reading, that is not understood here."""


class Part(NamedTuple):
    """A specifier with its length (``yyyy`` is y, 4), or a literal text (length 0)."""

    letter: str
    length: int


_TOKEN = re.compile(r"([yMdHhmsfFtzKg])\1*|'([^']*)'|\"([^\"]*)\"|\\(.)|%(?=[yMdHhmsfFtzKg])|(.)", re.DOTALL)


@lru_cache(maxsize=256)
def parts(format_: str) -> tuple[Part, ...]:
    """A format taken apart.

    :raises UnknownFormat: it is a standard format of one letter, or has a specifier that is not understood.
    """
    if len(format_) < 2:
        raise UnknownFormat(format_)
    return tuple(_parts(format_))


def _parts(format_: str) -> Iterator[Part]:
    for found in _TOKEN.finditer(format_):
        letter, single, double, escaped, other = found.groups()
        if letter:
            part = Part(letter, len(found[0]))
            if part.length > _LONGEST.get(letter, 0):
                raise UnknownFormat(found[0])
            yield part
        elif found[0] != "%":
            yield Part(next(text for text in (single, double, escaped, other) if text is not None), 0)


_LONGEST: Mapping[str, int] = MappingProxyType(
    {"y": 4, "M": 4, "d": 4, "H": 2, "h": 2, "m": 2, "s": 2, "f": 7, "F": 7, "t": 2, "z": 3, "K": 1}
)

# --- reading --------------------------------------------------------------------------------------------------------

_STYLES = frozenset(
    {"None", "RoundtripKind", "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite", "AllowWhiteSpaces",
     "AssumeUniversal", "AdjustToUniversal"}
)  # fmt: skip


def read(text: str, format_: str, styles: str | None = None) -> datetime | None:
    """The time, with an offset when the text has one; None when the text has not this form.

    :raises UnknownFormat: the format or the style is not understood here.
    """
    names = {word.strip().removeprefix("DateTimeStyles.") for word in (styles or "").split(",")} - {""}
    if names - _STYLES or "AllowInnerWhite" in names:
        raise UnknownFormat(styles or "")
    names = names or {"RoundtripKind", "AllowLeadingWhite", "AllowTrailingWhite"}
    if names & {"AllowLeadingWhite", "AllowWhiteSpaces"}:
        text = text.lstrip()
    if names & {"AllowTrailingWhite", "AllowWhiteSpaces"}:
        text = text.rstrip()
    found = _pattern(format_).fullmatch(text)
    when = _moment(found.groupdict()) if found else None
    if when is not None and when.tzinfo is None and names & {"AssumeUniversal", "AdjustToUniversal"}:
        return when.replace(tzinfo=UTC)
    return when


@lru_cache(maxsize=256)
def _pattern(format_: str) -> re.Pattern[str]:
    used: dict[str, int] = {}
    return re.compile("".join(_piece(part, used) for part in parts(format_)), re.ASCII | re.DOTALL)


def _piece(part: Part, used: dict[str, int]) -> str:
    if not part.length:
        # Z is no specifier of the documentation, but .NET reads it as UTC: the printed samples need it.
        return "(?P<zulu>Z)" if part.letter == "Z" and not used.setdefault("zulu", 0) else re.escape(part.letter)
    name, pattern = _reading(part)
    used[name] = used.get(name, 0) + 1
    if used[name] > 1:
        raise UnknownFormat(f"{part.letter} stands twice")
    return f"(?P<{name}>{pattern})"


def _reading(part: Part) -> tuple[str, str]:
    """The name under which a specifier's text is kept, and its pattern."""
    letter, length = part
    match letter, length:
        case "y", 4:
            return "year", r"\d{4}"
        case "f", _:
            return "fraction", rf"\d{{{length}}}"
        case (("M" | "d"), (3 | 4)):
            names = MONTHS if letter == "M" else DAYS
            return _NAMES[letter * 3], "|".join(name[:3] if length == 3 else name for name in names)
        case ("t", 2) | ("z", 3) | ("K", 1):
            return _NAMES[letter], {"t": "AM|PM", "z": r"[+-]\d{1,2}:\d{2}", "K": r"Z|[+-]\d{2}:\d{2}|"}[letter]
    if letter in "MdHhms" and length <= 2:
        return _NAMES[letter], r"\d{1,2}" if length == 1 else r"\d{2}"
    raise UnknownFormat(letter * length)


_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "M": "month", "MMM": "monthname", "d": "day", "ddd": "weekday", "H": "hour", "h": "hour12", "m": "minute",
        "s": "second", "t": "half", "z": "offset", "K": "offset",
    }
)  # fmt: skip


def _moment(found: Mapping[str, str | None]) -> datetime | None:
    """The time of the parts that were read; what a format leaves out is not guessed, but for the time of day."""
    month = found.get("month")
    names = [name[:3] for name in MONTHS]
    named = found.get("monthname")
    if found.get("year") is None or (month is None and named is None) or found.get("day") is None:
        raise UnknownFormat("a format without year, month and day")
    number = int(month) if month is not None else names.index((named or "")[:3]) + 1
    hour = _hour(found)
    if hour is None:
        return None
    try:
        when = datetime(  # noqa: DTZ001  # a text without an offset is a time without one
            int(found["year"] or 0), number, int(found["day"] or 0), hour,
            int(found.get("minute") or 0), int(found.get("second") or 0),
            int((found.get("fraction") or "").ljust(6, "0")[:6]),
        )  # fmt: skip
        weekday = found.get("weekday")
        if weekday and not DAYS[when.weekday()].startswith(weekday):
            return None
        return _placed(when, "Z" if found.get("zulu") else found.get("offset"))
    except (ValueError, OverflowError):
        return None


def _hour(found: Mapping[str, str | None]) -> int | None:
    half, twelve = found.get("half"), found.get("hour12")
    if found.get("hour") is not None:
        if half or twelve:
            raise UnknownFormat("both clocks")
        return int(found["hour"] or 0)
    if twelve is None:
        if half:
            raise UnknownFormat("AM or PM without an hour")
        return 0
    hour = int(twelve)
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + 12 * (half == "PM") if half else hour


def _placed(when: datetime, offset: str | None) -> datetime:
    if not offset:
        return when
    if offset == "Z":
        return when.replace(tzinfo=UTC)
    hours, minutes = offset[1:].split(":")
    away = timedelta(hours=int(hours), minutes=int(minutes))
    return when.replace(tzinfo=timezone(-away if offset.startswith("-") else away))


# --- printing -------------------------------------------------------------------------------------------------------


def show(when: datetime, format_: str) -> str:
    """The time in a format.

    :raises UnknownFormat: the format is not understood here.
    """
    return "".join(part.letter if not part.length else _shown(when, part) for part in parts(format_))


def _shown(when: datetime, part: Part) -> str:
    padded = _PADDED.get(part.letter)
    if padded and part.length <= 2:
        number = _number(when, part.letter)
        return str(number) if part.length == 1 else f"{number:02}"
    match part:
        case Part("y", 4):
            return f"{when.year:04}"
        case Part("y", 2):
            return f"{when.year % 100:02}"
        case Part("M", length):
            return MONTHS[when.month - 1][: 3 if length == 3 else None]
        case Part("d", length):
            return DAYS[when.weekday()][: 3 if length == 3 else None]
        case Part("f", length):
            return f"{when.microsecond:06}0"[:length]
        case Part("t", length):
            return ("PM" if when.hour >= 12 else "AM")[:length]
    # What z and K print of a time without an offset hangs on the machine that prints it.
    raise UnknownFormat(part.letter * part.length)


_PADDED: Mapping[str, bool] = MappingProxyType(dict.fromkeys("MdHhms", True))


def _number(when: datetime, letter: str) -> int:
    match letter:
        case "M":
            return when.month
        case "d":
            return when.day
        case "H":
            return when.hour
        case "h":
            return when.hour % 12 or 12
        case "m":
            return when.minute
    return when.second
