"""What may be lost when a setting is put right: nothing, something, or it takes a person. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = Any


class Safety(StrEnum):
    """Of one change, from the harmless upwards: several changes are as safe as their ``max``."""

    SAFE = "safe"
    """It tightens, or nobody gains or loses anything."""
    UNSAFE = "unsafe"
    """It loosens or widens a trust, or somebody may lose access."""
    MANUAL = "by hand"
    """No API writes it, or no program should: the remedy says where a person does."""

    @property
    def rank(self) -> int:
        """Its place in the order; StrEnum's own would be the alphabet's."""
        return list(type(self)).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Safety(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Safety(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Safety(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Safety(other).rank


@dataclass(frozen=True, slots=True)
class Mending:
    """What it takes to put a row right, whichever value it has and should have.

    ``worst`` is the safety of any change. Where the direction decides, ``safely`` says of a value before and one
    after, both in the policy's terms, whether that change is safe all the same; ``when`` and ``otherwise`` are the
    words for the two directions.
    """

    worst: Safety
    why: str = ""
    safely: Callable[[Json, Json], bool] | None = None
    when: str = ""
    otherwise: str = ""
    follows: bool = False
    """Nobody does anything for it: it comes of other things, once these are right and the service has seen them."""

    def safety(self, before: Json, after: Json) -> Safety:
        """Of the change from one value to the other."""
        return Safety.SAFE if self.safely is not None and self.safely(before, after) else self.worst

    def reason(self, safety: Safety) -> str:
        """Why a change of that safety is not safe; empty when it is."""
        if safety is Safety.SAFE:
            return ""
        return self.why if self.safely is None else f"it {self.otherwise}"

    @property
    def short(self) -> str:
        """In a few words."""
        return f"safe when it {self.when}" if self.safely is not None else str(self.worst)

    def __str__(self) -> str:
        words = f"{self.short}, {self.worst} when it {self.otherwise}" if self.safely is not None else self.short
        return f"{words}: {self.why}" if self.why else words
