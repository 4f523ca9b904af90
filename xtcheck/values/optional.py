"""Values that may well not be there: a text or nothing, a number or off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.model import Type
from xtcheck.nodes import Node, Scalar, scalar
from xtcheck.values.scalars import VARIABLE_SCHEMA, meaning, sent, shape

Json = Any

ABSENT = "absent"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Absentable:
    """Another type's value, or ``absent``: the property is null or an empty text."""

    inner: Type

    def parse(self, node: Node) -> Json:
        return None if isinstance(node, Scalar) and node.text == ABSENT else self.inner.parse(node)

    def read(self, observed: Json) -> Json:
        return None if observed in (None, "") else self.inner.read(observed)

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        if expected is None or observed is None:
            return None if expected is observed else ()
        return self.inner.differences(expected, observed)

    def show(self, value: Json) -> str:
        return ABSENT if value is None else self.inner.show(value)

    def sent(self, value: Json) -> Json:
        """:raises TypeError: the other type's values cannot be sent; that is a fault of the table."""
        return None if value is None else sent(self.inner, value)

    def meaning(self, observed: Json) -> Json:
        return None if observed == "" else meaning(self.inner, observed)

    def schema(self) -> Json:
        inner = self.inner.schema()
        return {"anyOf": [{"const": ABSENT}, *inner.get("anyOf", [inner])]}

    def other(self, observed: Json) -> Json:
        return self.inner.other(observed)


@dataclass(frozen=True, slots=True)
class NumberOrOff:
    """A whole number of something, or ``off``; the evidence yields the number, or None where it is off."""

    unit: str

    def parse(self, node: Node) -> int | None:
        word = scalar(node, f"a number of {self.unit}, or {OFF}")
        if word.text == OFF:
            return None
        if not re.fullmatch("[0-9]{1,9}", word.text):
            raise Mistake(
                word.mark, f"a whole number of {self.unit} was expected, not {word.shown!r}", f"write digits, or {OFF}"
            )
        return int(word.text)

    def read(self, observed: Json) -> int | None:
        if observed is None:
            return None
        if isinstance(observed, bool) or not isinstance(observed, int):
            raise Uninterpretable(f"a whole number was expected, the evidence yields {shape(observed)}")
        return observed

    def differences(self, expected: int | None, observed: int | None) -> tuple[str, ...] | None:
        return None if expected == observed else ()

    def show(self, value: Json) -> str:
        return OFF if value is None else f"{value} {self.unit}"

    def schema(self) -> Json:
        digits = {"type": "string", "pattern": "^[0-9]{1,9}$"}
        return {"anyOf": [{"type": "integer", "minimum": 0}, digits, {"const": OFF}, VARIABLE_SCHEMA]}

    def other(self, observed: Json) -> Json:
        return None if observed is not None else 1
