"""One evaluation: the source object, the time, how the register is read, and which points were met on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from xtcheck.languages.expressions.register import OPEN, Semantics
from xtcheck.languages.expressions.values import NULL, Value, undetermined

Json = Any


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression may ask for besides the source object: the default domains of both tenants."""

    source_domain: str = ""
    target_domain: str = ""


_NOWHERE = Context()
_FIRST: Mapping[str, str] = MappingProxyType({})


class Run:
    """What the compiled parts of an expression share while they evaluate it once.

    ``chosen`` is how open items are read this time; ``met`` collects those on which something hung, ``assumed`` the
    table's assumptions that were made.
    """

    __slots__ = ("assumed", "chosen", "context", "met", "now", "semantics", "source")

    def __init__(
        self,
        source: Mapping[str, Json],
        semantics: Semantics,
        *,
        now: datetime | None = None,
        context: Context | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        self.source, self.semantics, self.now = source, semantics, now
        self.context = context or _NOWHERE
        self.chosen = chosen or _FIRST
        self.met: dict[str, tuple[str, ...]] = {}
        self.assumed: set[str] = set()

    def choose(self, id_: str, values: Mapping[str, Value]) -> Value:
        """The value under the reading of an item that counts; it is kept as met only if it makes a difference."""
        first, *others = values.values()
        if all(type(value) is type(first) and value == first for value in others):
            return first
        reading = self.semantics.reading(id_)
        if reading != OPEN:
            if self.semantics.assumes(id_):
                self.assumed.add(id_)
            return values[reading]
        self.met[id_] = tuple(values)
        return values[self.chosen.get(id_, next(iter(values)))]

    def assume(self, id_: str, value: Value) -> Value:
        """The value that an item's only reading gives; undetermined when a policy holds the item open."""
        if self.semantics.reading(id_) == OPEN:
            return undetermined(id_)
        if self.semantics.assumes(id_):
            self.assumed.add(id_)
        return value

    def null(self) -> Value:
        """What stands for null where it is an argument, and nothing is documented for that."""
        match self.semantics.reading("B-02"):
            case "propagate":
                return NULL
            case "empty":
                return ""
        return undetermined("B-02")

    def attribute(self, name: str) -> Value:
        """An attribute that is not a text: none at all, or a value of another JSON type."""
        value = self.source.get(name)
        if value is None:
            return self._absent(name)
        return of_json(value)

    def _absent(self, name: str) -> Value:
        """Null; but not where the attribute is there and only its name is spelled in other letter case."""
        if name not in self.source:
            folded = name.casefold()
            if any(other.casefold() == folded for other in self.source):
                return undetermined("spelling")
        return NULL


def of_json(value: Json) -> Value:
    """A JSON value as the language sees it; an empty collection is an attribute without a value."""
    match value:
        case None:
            return NULL
        case str() | bool() | int():
            return value
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case list() | tuple():
            found = [of_json(item) for item in value]
            if not all(isinstance(item, str | int) for item in found):
                return undetermined("reference")
            return tuple(str(item) for item in found) or NULL
        case {"id": str(id_)}:
            return id_
    return undetermined("reference")
