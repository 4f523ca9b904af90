"""What a comparison says of one value: of a text without regard to case, of a Boolean, of an instant.

Texts are compared without regard to case (https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership);
beyond ASCII that may mean simple or full case folding of Unicode, and where the two differ nobody knows (A-18).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xtcheck.languages.rules import patterns
from xtcheck.languages.rules.semantics import UNSEARCHED, Semantics
from xtcheck.languages.rules.syntax import Comparison, Now, Operator, Text
from xtcheck.languages.rules.values import instant

LAG = timedelta(hours=24)
"""How long ago Entra ID may have evaluated a rule (the longest that its documentation names)."""

Known = bool | str
"""True, false, or the item of the register on which it hangs."""


class _Simple(dict[int, str]):
    """Simple case folding, one letter to one letter, filled as letters are met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = letter.casefold()
        if len(folded) > 1:
            folded = letter.lower() if len(letter.lower()) == 1 else letter
        self[code] = folded
        return folded


_SIMPLE = _Simple()


def fold(text: str) -> str:
    """A text without its case, letter by letter."""
    return text.lower() if text.isascii() else text.translate(_SIMPLE)


def test(comparison: Comparison, settled: Semantics) -> Callable[[str], Known]:
    """What a comparison with a positive operator says of a text that is there."""
    match comparison.operator, comparison.value:
        case Operator.MATCH, Text(value=pattern):
            return patterns.search(pattern, doubt=dialect(settled))
        case Operator.EQ, Text(value=value):
            simple, full = fold(value), value.casefold()
            return _either(simple.__eq__, full.__eq__, settled, sure=simple == full)
        case Operator.STARTS_WITH, Text(value=value):
            return _affix(str.startswith, value, settled)
        case Operator.ENDS_WITH, Text(value=value):
            return _affix(str.endswith, value, settled)
        case Operator.CONTAINS, Text(value=value):
            return _affix(str.__contains__, value, settled)
        case Operator.IN, tuple(texts):
            some = frozenset(fold(text.value) for text in texts)
            others = frozenset(text.value.casefold() for text in texts)
            return _either(some.__contains__, others.__contains__, settled, sure=some == others)
        case operator, value:
            raise AssertionError(f"{operator} {value} compares no text")


def dialect(settled: Semantics) -> str:
    """The item on which hangs what only .NET itself would tell: while nobody has settled that it is .NET's, A-15."""
    return "A-15" if settled["A-15"] is None else UNSEARCHED


def _affix(method: Callable[[str, str], bool], value: str, settled: Semantics) -> Callable[[str], Known]:
    simple, full = fold(value), value.casefold()
    return _either(lambda text: method(text, simple), lambda text: method(text, full), settled, sure=simple == full)


def _either(
    simple: Callable[[str], bool], full: Callable[[str], bool], settled: Semantics, *, sure: bool
) -> Callable[[str], Known]:
    """The answer on which both ways of folding agree; ``sure`` when they fold what is looked for alike."""
    chosen = settled["A-18"]

    def beyond(text: str) -> Known:
        if chosen == "full":
            return full(text.casefold())
        one = simple(fold(text))
        return one if chosen or one is full(text.casefold()) else "A-18"

    def ascii_first(text: str) -> Known:
        return simple(text.lower()) if text.isascii() else beyond(text)

    return ascii_first if sure else beyond


def date_test(comparison: Comparison, settled: Semantics) -> Callable[[str, datetime | None], Known]:
    """What a comparison says of an instant, written as text, at some time; ``system.now`` is unknown without one."""
    operator = comparison.operator
    match comparison.value:
        case datetime() as bound:

            def fixed(text: str, _: datetime | None) -> Known:
                value = instant(text)
                return "malformed" if value is None else _compared(operator, value, bound)

            return fixed
        case Now(offset):
            lag = timedelta() if settled["now"] else LAG

            def moving(text: str, now: datetime | None) -> Known:
                value = instant(text)
                if value is None:
                    return "malformed"
                if now is None:
                    return "now"
                try:
                    late, early = now + offset, now - lag + offset
                except OverflowError:
                    return "now"
                found = _compared(operator, value, late)
                return found if found is _compared(operator, value, early) else "now"

            return moving
        case other:
            raise AssertionError(f"{other} is no date")


def _compared(operator: Operator, value: datetime, bound: datetime) -> bool:
    match operator:
        case Operator.GE:
            return value >= bound
        case Operator.LE:
            return value <= bound
        case _:
            return value == bound
