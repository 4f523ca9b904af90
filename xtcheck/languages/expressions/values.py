"""What an expression yields: a text, several texts, no value, or an answer that is not determined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn

from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions.register import BY_ID


@dataclass(frozen=True, slots=True)
class NoValue:
    """Nothing flows: the result is null, the mapping is to be ignored, or the service reports an error.

    The service does not provision nulls: the target keeps what it has
    (learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes).
    """

    kind: Literal["null", "ignored", "error"]
    reason: str = ""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}" if self.reason else self.kind


NULL = NoValue("null")
IGNORED = NoValue("ignored")


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The answer hangs on points at which the documentation is silent: the ids of the register's items.

    It is neither true nor false: asking raises.
    """

    items: frozenset[str]

    def __bool__(self) -> NoReturn:
        raise XtcheckError(f"{self}: the answer is neither yes nor no")

    def __str__(self) -> str:
        return "undetermined: " + "; ".join(
            f"{id_} {BY_ID[id_].name}" if BY_ID[id_].id != BY_ID[id_].name else id_ for id_ in sorted(self.items)
        )


Result = str | tuple[str, ...] | NoValue | Undetermined
"""What :meth:`Expression.evaluate` answers."""

Value = str | int | bool | tuple[str, ...] | NoValue | Undetermined
"""What stands between functions: results, and numbers and truth values besides."""


def undetermined(*items: str) -> Undetermined:
    """The answer that hangs on these items."""
    return Undetermined(frozenset(items))


def error(reason: str) -> NoValue:
    """The service cannot evaluate the expression for this object, and reports that."""
    return NoValue("error", reason)


def text_of(value: str | int | bool) -> str:  # noqa: FBT001  # a truth value is one of the values
    """A value of one of the native types as a text (the function page: True, False)."""
    return value if isinstance(value, str) else str(value)


def result_of(value: Value) -> Result:
    """A value at the end of an expression."""
    return str(value) if isinstance(value, int) else value


def together(values: Iterable[Value]) -> Undetermined | None:
    """All items on which any of the values hangs, or None when all are determined."""
    items = [value.items for value in values if isinstance(value, Undetermined)]
    return Undetermined(frozenset().union(*items)) if items else None
