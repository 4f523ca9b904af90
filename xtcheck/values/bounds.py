"""Types whose value is a whole number on the right side of a bound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.nodes import Node, Scalar, described, mapping, scalar
from xtcheck.values.scalars import VARIABLE_SCHEMA, shape

Json = Any


@dataclass(frozen=True, slots=True)
class AtLeast:
    """``{at-least: n}`` or plain ``n``: a whole number that may not fall below n; ``unit`` is for people."""

    unit: str
    WORD: ClassVar[str] = "at-least"
    SMALLEST: ClassVar[int] = 1
    """The smallest bound that can be missed."""

    def parse(self, node: Node) -> int:
        if not isinstance(node, Scalar):
            entries = mapping(node, f"{{{self.WORD}: n}}")
            inner = entries.get(self.WORD)
            if inner is None or len(entries.entries) != 1:
                hint = f"write {{{self.WORD}: 30}} ({self.unit})"
                raise Mistake(node.mark, f"{self.WORD} was expected, not {described(node)}", hint)
            node = inner
        word = scalar(node, f"a number of {self.unit}")
        if re.fullmatch("0{1,9}", word.text) and self.SMALLEST:
            raise Mistake(
                word.mark, f"at least 0 {self.unit}: this would always hold", "write a bound that can be missed"
            )
        if not re.fullmatch("[0-9]{1,9}", word.text):
            raise Mistake(
                word.mark, f"a whole number of {self.unit} was expected, not {word.shown!r}", "write digits only"
            )
        return int(word.text)

    def allows(self, bound: int, number: int) -> bool:
        """Whether a number is on the right side of the bound."""
        return number >= bound

    def read(self, observed: Json) -> int:
        if isinstance(observed, bool) or not isinstance(observed, int):
            raise Uninterpretable(f"a whole number was expected, the evidence yields {shape(observed)}")
        return observed

    def differences(self, expected: int, observed: int) -> tuple[str, ...] | None:
        if self.allows(expected, observed):
            return None
        return (f"{observed} {self.unit}, {self.WORD.replace('-', ' ')} {expected} are expected",)

    def show(self, value: Json) -> str:
        return f"{value} {self.unit}"

    def schema(self) -> Json:
        digits = {"type": "string", "pattern": "^[0-9]{1,9}$"} | ({"not": {"pattern": "^0*$"}} if self.SMALLEST else {})
        number = {"anyOf": [{"type": "integer", "minimum": self.SMALLEST}, digits, VARIABLE_SCHEMA]}
        bound = {
            "type": "object",
            "properties": {self.WORD: number},
            "required": [self.WORD],
            "additionalProperties": False,
        }
        return {"anyOf": [*number["anyOf"], bound]}

    def other(self, observed: Json) -> Json:
        return 0


@dataclass(frozen=True, slots=True)
class AtMost(AtLeast):
    """``{at-most: n}`` or plain ``n``: a whole number that may not rise above n."""

    WORD: ClassVar[str] = "at-most"
    SMALLEST: ClassVar[int] = 0

    def allows(self, bound: int, number: int) -> bool:
        return number <= bound

    def other(self, observed: Json) -> Json:
        return 10**9
