"""Whether two expressions mean the same: by their trees, or else by what they yield for generated source objects."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from xtcheck.languages.expressions.expression import Expression
from xtcheck.languages.expressions.run import Context
from xtcheck.languages.expressions.tree import Call, Constant, Number, walk
from xtcheck.languages.expressions.values import NoValue, Result

Json = Any

INPUTS = 400
"""How many source objects are generated at most."""


@dataclass(frozen=True, slots=True)
class Same:
    """The same tree after normalisation: they yield the same for every source object."""


@dataclass(frozen=True, slots=True)
class Different:
    """They yield different results for one source object."""

    witness: Mapping[str, Json]
    first: Result
    second: Result


@dataclass(frozen=True, slots=True)
class Unproved:
    """Different trees, and no source object was found on which they differ: that proves nothing.

    ``inputs`` is for how many both were determined, without any assumption, and the same; ``items`` are those of the
    register on which the others hung.
    """

    inputs: int
    items: frozenset[str]


Compared = Same | Different | Unproved


def compare(
    one: Expression,
    other: Expression,
    *,
    samples: Iterable[Mapping[str, Json]] = (),
    now: datetime | None = None,
    context: Context | None = None,
    semantics: Mapping[str, str] | None = None,
) -> Compared:
    """Whether two expressions mean the same.

    :param samples: source objects to try before the generated ones: the users of a tenant, say.
    """
    # Importing this module loads no function.
    from xtcheck.languages.expressions.normal import normal

    if normal(one.tree) == normal(other.tree):
        return Same()
    same, items = 0, frozenset[str]()
    for source in chain(samples, islice(inputs(one, other), _most(one, other))):
        first = one.outcome(source, now=now, context=context, semantics=semantics)
        second = other.outcome(source, now=now, context=context, semantics=semantics)
        hanging = first.items | second.items
        if hanging:
            items |= hanging
        elif not agree(first.value, second.value):
            witness = _narrowed(source, (*one.attributes, *other.attributes))
            return Different(witness, first.value, second.value)
        else:
            same += 1
    return Unproved(same, items)


def _most(one: Expression, other: Expression) -> int:
    """How many source objects are generated: fewer for expressions that are very large."""
    nodes = sum(1 for expression in (one, other) for _ in walk(expression.tree))
    return max(INPUTS // 10, min(INPUTS, 100 * INPUTS // nodes))


def agree(one: Result, other: Result) -> bool:
    """Whether two determined results are the same; several values have no order (B-09), and one of them is a text."""
    if isinstance(one, NoValue) and isinstance(other, NoValue):
        return one.kind == other.kind
    if isinstance(one, tuple) or isinstance(other, tuple):
        return _values(one) == _values(other)
    return one == other


def _values(result: Result) -> frozenset[str] | Result:
    match result:
        case str():
            return frozenset({result})
        case tuple():
            return frozenset(result)
    return result


def _narrowed(source: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    return {name: source[name] for name in dict.fromkeys(names) if source.get(name) is not None}


# --- source objects to try -------------------------------------------------------------------------------------------

_USUAL: tuple[Json, ...] = (
    None, "", "Ana", "ana silva", "O'Neil-SMITH", "Zoë Łukasz", "ana@contoso.com", "a.b_c@fabrikam.org",
    "+91 9998887777", "007", "42", "-3.5", "True", "False", "a, b,,c", " x ",
)  # fmt: skip
_PEOPLE = ("Ana", "Silva", "Sales", "Berlin", "Nikki", "Wolf")
"""A value for each attribute, so that none is taken for another."""
_DATES = ("2020-03-16-07:00", "2012-01-31T23:30:00Z", "3/16/2020 7:00:00 AM", "20150123105347.1Z", "2021-08-24")
_SEVERAL: tuple[Json, ...] = (["b", "A", "b"], ["SMTP:ana@contoso.com"])
_OF_DATES = frozenset({"CDate", "DateAdd", "DateDiff", "FormatDateTime", "NumFromDate"})
_OF_SEVERAL = frozenset({"Count", "Item", "RemoveDuplicates", "Join", "Trim", "Coalesce"})


def inputs(one: Expression, other: Expression) -> Iterator[dict[str, Json]]:
    """Source objects made of the texts of both expressions, and of such as often matter; the same for either order."""
    names = sorted({*one.attributes, *other.attributes})
    if not names:
        yield {}
        return
    values = _values_to_try(one, other)
    own = {name: _PEOPLE[index] if index < len(_PEOPLE) else name for index, name in enumerate(names)}
    yield dict(own)
    for value in values:
        yield dict.fromkeys(names, value)
    for name in names:
        for value in values:
            yield {**own, name: value}
    # Reproducible: a witness that was found once is found again.
    source = random.Random(0)  # noqa: S311  # nothing is secret
    for _ in range(INPUTS):
        yield {name: source.choice(values) for name in names}


def _values_to_try(one: Expression, other: Expression) -> list[Json]:
    nodes = [*walk(one.tree), *walk(other.tree)]
    called = {node.function for node in nodes if isinstance(node, Call)}
    literals = sorted({node.text for node in nodes if isinstance(node, Constant | Number)})
    found: list[Json] = [*literals, *_USUAL]
    found += [f"Ana{text}Silva" for text in literals] + [text.swapcase() for text in literals]
    if called & _OF_DATES:
        found += _DATES
    if called & _OF_SEVERAL:
        found += _SEVERAL
    unique = {repr(value): value for value in found}
    return list(unique.values())
