"""Small words of reports: counts and lists of names."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 check``, ``1,200 checks``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def joined(names: Sequence[str], most: int) -> str:
    """Names, of which at most so many are written out: ``a, b, c and 997 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"
