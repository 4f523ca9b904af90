"""Strategies for hypothesis: expressions of every function, and source objects for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from xtcheck.languages.expressions.functions import (
    COMPARES,
    ENCODINGS,
    FLOWS,
    FUNCTIONS,
    INTERVALS,
    Function,
    Parameter,
)
from xtcheck.languages.expressions.tree import Attribute, Call, Comparison, Constant, Node, Number, Word

Json = Any

NAMES = ("displayName", "department", "extension_0123_a b", "employeeId")
"""Attributes; what stands in them is of any type."""
TEXTS = st.sampled_from(
    ["", "a", "A", "|Org", "Ana", "ana", "a,b, c", "O'Neil", "Zoë", "\u0131", "7", "007", "-2.5", "&HF", "True", "true",
     "yyyy-MM-dd", "2020-03-16-07:00", "3/16/2020 7:00:00 AM", "(?<n>a)", "n", "${n}", "[a-z]+", 'q"\\', "😀", "\n"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)  # fmt: skip
DIGITS = st.integers(-3, 12).map(str) | st.sampled_from(["&H1F", "2.0", "1.5"])
VALUES: st.SearchStrategy[Json] = (
    st.none() | TEXTS | st.booleans() | st.integers(-5, 5) | st.lists(TEXTS, max_size=3) | st.just({"id": "x"})
)
SOURCES = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


def trees(depth: int = 2) -> st.SearchStrategy[Node]:
    """Whole expressions."""
    leaves = st.sampled_from(NAMES).map(Attribute) | TEXTS.map(Constant) | DIGITS.map(Number)
    if not depth:
        return leaves
    return leaves | st.sampled_from(sorted(FUNCTIONS)).flatmap(lambda name: calls(FUNCTIONS[name], depth))


def calls(function: Function, depth: int) -> st.SearchStrategy[Node]:
    """Calls of a function with arguments that the parser admits."""
    pairs = st.integers(1, 2) if function.repeating else st.just(0)
    return pairs.flatmap(lambda times: _call(function, times + (function.name == "SelectUniqueValue"), depth))


def _call(function: Function, times: int, depth: int) -> st.SearchStrategy[Node]:
    parameters = (*function.parameters, *function.repeating * times)
    arguments = st.tuples(*(argument(function, parameter, depth) for parameter in parameters))
    return arguments.map(lambda given: Call(function.name, given))


def argument(function: Function, parameter: Parameter, depth: int) -> st.SearchStrategy[Node | None]:
    given = _given(function, parameter, depth)
    return given if parameter.required else st.none() | given


def _given(function: Function, parameter: Parameter, depth: int) -> st.SearchStrategy[Node]:
    inner = trees(depth - 1)
    match parameter.kind:
        case "number":
            return DIGITS.map(Number) | DIGITS.map(Constant) | st.sampled_from(NAMES).map(Attribute)
        case "interval":
            return st.sampled_from(INTERVALS).map(Constant)
        case "compare":
            return st.sampled_from(COMPARES).map(Word)
        case "encoding":
            return st.sampled_from(ENCODINGS).map(Word)
        case "roles":
            return st.just(Attribute("appRoleAssignments"))
        case "condition":
            return st.builds(Comparison, inner, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), inner) | inner
        case "any" if function.name in ("IIF", "Switch"):
            return inner | st.sampled_from(FLOWS).map(Word)
    return inner


VECTORISED = (
    "Append(X, X)", 'Append(X, "|Org")', 'Join(", ", X, X, "c")', 'Coalesce(X, X, "d")', "CStr(X)", "Redact(X)",
    'Switch(X, X, "a", X, "", X)', 'Switch(X, , "a", "b", "A", "c", "a", "d")', 'Switch("a", X, "b", X)',
    'IIF(X = "Ana", X, X)', 'IIF("ana" <> X, "y", X)', 'IIF(X = "7", X, "z")', 'Replace(X, "a", , , "b$1")',
    'Replace(X, "", , , "b")', "Left(X, 2)", "Left(X, -1)", "Mid(X, 2, 2)", 'Mid(X, "1", "1")', "ToLower(X)",
    "ToUpper(X)",
    "StripSpaces(X)", "IgnoreFlowIfNullOrEmpty(X)", "Not(X)", "IsPresent(X)", "IsNull(X)", "IsNullOrEmpty(X)",
    "NormalizeDiacritics(X)", "PCase(X)", 'Split(X, ",")', "Len(X)", '"constant"',
)  # fmt: skip
"""Forms that the tables compute in their own way, some of them with a part that they do not."""


@st.composite
def vectorised(draw: st.DrawFn, depth: int = 2) -> str:
    """The text of an expression made of these forms."""
    form = draw(st.sampled_from(VECTORISED))
    parts = form.split("X")
    inner = st.sampled_from([f"[{name}]" for name in NAMES])
    if depth:
        inner = inner | vectorised(depth - 1)
    return "".join(part + (draw(inner) if index < len(parts) - 1 else "") for index, part in enumerate(parts))
