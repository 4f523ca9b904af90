"""A mapping expression: what it is made of, and what it yields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xtcheck.languages.expressions.parser import parsed
from xtcheck.languages.expressions.register import Semantics, semantics
from xtcheck.languages.expressions.run import Context, Run
from xtcheck.languages.expressions.tree import Attribute, Constant, Node, printed, walk
from xtcheck.languages.expressions.values import Result, Undetermined, Value, result_of

if TYPE_CHECKING:
    import polars as pl

    from xtcheck.languages.expressions.columns import Columns
    from xtcheck.languages.expressions.evaluation import Compiled

Json = Any

MOST_RUNS = 64
"""How many combinations of readings are tried before an answer counts as undetermined."""


_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression yields, and the assumptions of the register that it rests on."""

    value: Result
    assumed: frozenset[str] = _NOTHING

    @property
    def items(self) -> frozenset[str]:
        """Everything of the register on which it hangs, undetermined or by assumption."""
        return self.value.items | self.assumed if isinstance(self.value, Undetermined) else self.assumed


@dataclass(frozen=True)
class Expression:
    """A tree; ``backslashes`` are the offsets of those that escape nothing in the text it was parsed from."""

    tree: Node
    backslashes: tuple[int, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.tree == other.tree

    def __hash__(self) -> int:
        return hash(self.tree)

    def __str__(self) -> str:
        return printed(self.tree)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The source attributes it reads, each once, in their order."""
        return tuple(dict.fromkeys(node.name for node in walk(self.tree) if isinstance(node, Attribute)))

    @cached_property
    def compiled(self) -> Compiled:
        """The function that evaluates the tree once."""
        # Collecting policies only parses: it need not load all functions.
        from xtcheck.languages.expressions.evaluation import compiled

        return compiled(self.tree)

    def evaluate(
        self,
        source: Mapping[str, Json],
        *,
        now: datetime | None = None,
        context: Context | None = None,
        semantics: Mapping[str, str] | None = None,
    ) -> Result:
        """The value for a source object: a text, a tuple of texts, no value, or undetermined.

        :param source: its attributes by name, as :func:`source_view` gives them; a name that is not there is null.
        :param now: the time of the cycle, for ``Now()``.
        :param semantics: how a policy reads items of the register, by id or name.
        :raises XtcheckError: ``semantics`` names what is not in the register.
        """
        return self.outcome(source, now=now, context=context, semantics=semantics).value

    def outcome(
        self,
        source: Mapping[str, Json],
        *,
        now: datetime | None = None,
        context: Context | None = None,
        semantics: Mapping[str, str] | None = None,
    ) -> Outcome:
        """As :meth:`evaluate`, with the assumptions that were made."""
        return outcome(self.compiled, source, _semantics(semantics), now=now, context=context)

    def columns(
        self,
        table: pl.DataFrame,
        *,
        now: datetime | None = None,
        context: Context | None = None,
        semantics: Mapping[str, str] | None = None,
    ) -> Columns:
        """As :meth:`evaluate` for every row of a table, whose columns are the source attributes.

        :raises XtcheckError: an attribute of the expression is no column: it was not read.
        """
        from xtcheck.languages.expressions.columns import evaluate

        return evaluate(self, table, _semantics(semantics), now=now, context=context)


_semantics = semantics


def outcome(
    function: Compiled,
    source: Mapping[str, Json],
    reading: Semantics,
    *,
    now: datetime | None = None,
    context: Context | None = None,
) -> Outcome:
    """The answer under every reading of the open items that it meets; determined when all agree."""
    run = Run(source, reading, now=now, context=context)
    value = function(run)
    if not run.met:
        return Outcome(result_of(value), frozenset(run.assumed) if run.assumed else _NOTHING)
    found: list[tuple[Value, Run]] = []
    ahead: list[Mapping[str, str]] = [{}]
    while ahead:
        chosen = ahead.pop()
        run = Run(source, reading, now=now, context=context, chosen=chosen)
        value = function(run)
        next_ = next(((id_, readings) for id_, readings in run.met.items() if id_ not in chosen), None)
        if next_ is None:
            found.append((value, run))
        elif len(found) + len(ahead) >= MOST_RUNS:
            return Outcome(Undetermined(frozenset(run.met)))
        else:
            ahead += [{**chosen, next_[0]: word} for word in next_[1]]
    values = [value for value, _ in found]
    if all(type(value) is type(values[0]) and value == values[0] for value in values[1:]):
        assumed = frozenset[str]().union(*(run.assumed for _, run in found))
        return Outcome(result_of(values[0]), assumed)
    return Outcome(Undetermined(frozenset(_items(found))))


def _items(found: list[tuple[Value, Run]]) -> Iterator[str]:
    for value, run in found:
        yield from run.met
        if isinstance(value, Undetermined):
            yield from value.items


def parse(text: str) -> Expression:
    """The expression that a text writes: a function call, or as Graph writes them, an attribute or a constant.

    :raises ExpressionError: it is none.
    """
    found = parsed(text)
    return Expression(found.tree, found.backslashes)


def constant(text: str) -> Expression:
    """The mapping that always yields a text."""
    return Expression(Constant(text))


def direct(attribute: str) -> Expression:
    """The mapping that yields an attribute of the source object."""
    return Expression(Attribute(attribute))
