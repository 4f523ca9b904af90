"""Regular expressions of ``-match``: which are none, which mean the same everywhere, and which are in doubt (A-15).

The service is .NET; the documentation names no dialect. Evaluated is what .NET and Python's ``regex`` read alike:
https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern, without regard to case."""
    import regex

    return regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)


def mistake(pattern: str) -> str:
    """What is wrong with a pattern, or nothing."""
    import regex

    try:
        compiled(pattern)
    except regex.error as error:
        return str(error)
    return ""


def doubtful(pattern: str) -> str:
    """What in a pattern dialects read differently, or nothing."""
    return "a balancing group" if "(?<-" in pattern else ""
