"""The specification of mapping expressions, tests/languages/expressions.md, is executed case by case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xtcheck.languages.expressions import ExpressionError, NoValue, Result, Undetermined, parse
from xtcheck.languages.expressions.comparison import Different, Same, Unproved, compare
from xtcheck.languages.expressions.functions import FUNCTIONS
from xtcheck.languages.expressions.register import ITEMS
from xtcheck.languages.expressions.tree import Call, walk

PAGE = Path(__file__).with_name("expressions.md")
FENCE = re.compile(r"(?ms)^```(\w+)\n(.*?)^```$")
NOW = datetime(2021, 7, 2, 15, 33, 38, tzinfo=UTC)
WITH = re.compile(r" with ([\w-]+)=([\w-]+)$")
KINDS = {"same": Same, "different": Different, "unproved": Unproved}


class Block(NamedTuple):
    """One fenced block: its first line in the page, its kind, its text without the last line break."""

    line: int
    kind: str
    text: str


def blocks(*kinds: str) -> list[Block]:
    return [block for block in _blocks() if block.kind in kinds]


def _blocks() -> Iterator[Block]:
    text = PAGE.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        yield Block(text.count("\n", 0, fence.start()) + 1, fence[1], fence[2].removesuffix("\n"))


class Case(NamedTuple):
    """An expression, the source attributes, what settles the register, and what is expected."""

    line: int
    expression: str
    source: dict[str, Any]
    semantics: dict[str, str]
    expected: str


def cases() -> Iterator[Case]:
    for block in blocks("expression"):
        lines = block.text.split("\n")
        first = next(index for index, line in enumerate(lines) if line.startswith("{"))
        for index, line in enumerate(lines[first:], first):
            before, _, expected = line.partition(" -> ")
            settled = WITH.search(before)
            semantics = {settled[1]: settled[2]} if settled else {}
            source = json.loads(WITH.sub("", before))
            yield Case(block.line + 1 + index, "\n".join(lines[:first]), source, semantics, expected)


CASES = list(cases())


def shown(result: Result) -> str:
    """A result as the page writes it."""
    match result:
        case NoValue():
            return result.kind
        case Undetermined():
            return " ".join(["undetermined", *sorted(result.items)])
        case tuple():
            return json.dumps(list(result), ensure_ascii=False)
    return json.dumps(result, ensure_ascii=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}")
def test_a_case_yields_what_the_page_says(case: Case) -> None:
    outcome = parse(case.expression).outcome(case.source, now=NOW, semantics=case.semantics)
    assumed = f" assuming {' '.join(sorted(outcome.assumed))}" if outcome.assumed else ""
    assert f"{shown(outcome.value)}{assumed}" == case.expected


@pytest.mark.parametrize("block", blocks("mistake"), ids=lambda block: f"line {block.line}")
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(block: Block) -> None:
    text, _, said = block.text.rpartition("\n")
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("block", blocks(*KINDS), ids=lambda block: f"line {block.line}")
def test_two_expressions_compare_as_the_page_says(block: Block) -> None:
    one, other = map(parse, block.text.split("\n"))
    assert type(compare(one, other)) is KINDS[block.kind]
    assert type(compare(other, one)) is KINDS[block.kind]


def test_every_block_is_executed() -> None:
    assert {block.kind for block in _blocks()} == {"expression", "mistake", *KINDS}


def test_every_function_has_a_case() -> None:
    trees = [parse(case.expression).tree for case in CASES]
    called = {node.function for tree in trees for node in walk(tree) if isinstance(node, Call)}
    assert set(FUNCTIONS) - called == {"AppRoleAssignments", "AssertiveAppRoleAssignmentsComplex"}, (
        "each is as undetermined as its neighbour that has a case"
    )


def test_every_item_of_the_register_has_a_case() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = {item.id for item in ITEMS if re.search(rf"(?:undetermined|assuming|\() ?(?:[\w-]+ )*{item.id}\b", text)}
    assert {item.id for item in ITEMS} - named == {"now", "reference"}, "test_expressions.py has these"
