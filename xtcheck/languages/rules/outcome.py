"""The third answer to whether a rule selects somebody: it hangs on something that nobody knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """Neither yes nor no. ``items`` are the points on which it hangs, as ``semantics.REGISTER`` explains them; sorted.

    It has no truth value: whoever asks for one would take it for yes or no.
    """

    items: tuple[str, ...]

    def __bool__(self) -> bool:
        raise TypeError(f"{self} is neither true nor false; compare with `is True` or `is False`")

    def __str__(self) -> str:
        return f"inconclusive ({', '.join(self.items)})"


Answer = bool | Inconclusive


def joined(one: Inconclusive | None, other: Inconclusive) -> Inconclusive:
    """Hangs on what both hang on."""
    if one is None or one == other:
        return other
    return Inconclusive(tuple(sorted({*one.items, *other.items})))
