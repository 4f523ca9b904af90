"""Where every row stands in a policy: a tree of YAML keys, made of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xtcheck.kinds import rows
from xtcheck.model import Kind, Setting, Subject


@dataclass(slots=True)
class Place:
    """One place: its literal keys, the slot that takes any other key, and the row that is stated here.

    With a row, a literal key is a word that may stand here in place of a value, alone or with options of its own
    (``members: as-rule``, ``members: {as-rule: {…}}``): that states the row below it.
    """

    keys: dict[str, Place] = field(default_factory=dict)
    slot: str = ""
    below: Place | None = None
    row: tuple[Kind, Setting] | None = None

    def meant(self, words: Iterable[str]) -> tuple[Kind, Setting] | None:
        """The row that a statement here means, by the word that it is or its keys; None where none is stated."""
        if self.row is None:
            return None
        below = next((self.keys[word] for word in words if word in self.keys), None)
        return below.row if below else self.row

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Place]]:
        """Every place below, with the keys that lead to it."""
        yield path, self
        for key, place in self.keys.items():
            yield from place.walk((*path, key))
        if self.below:
            yield from self.below.walk((*path, f"<{self.slot}>"))


def place_of(kind: Kind, setting: Setting) -> tuple[str, ...]:
    """The keys under which a row stands; ``<slot>`` for those that a policy names."""
    return (*kind.place.split("."), *setting.key.split("."))


def _tree(subject: Subject) -> Place:
    root = Place()
    for kind, setting in rows():
        if kind.subject != subject:
            continue
        here = root
        for key in place_of(kind, setting):
            if key.startswith("<"):
                here.slot = here.slot or key[1:-1]
                here.below = here.below or Place()
                here = here.below
            else:
                here = here.keys.setdefault(key, Place())
        here.row = (kind, setting)
    return root


TREES: dict[Subject, Place] = {"tenant": _tree("tenant"), "link": _tree("link"), "aws": _tree("aws")}
