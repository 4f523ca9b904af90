"""From a tree to a function of one evaluation: compiled once, run for each source object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import assert_never

from xtcheck.languages.expressions import dates, replacing, texts
from xtcheck.languages.expressions.conditions import compared, is_true
from xtcheck.languages.expressions.functions import FLOWS, FUNCTIONS, Function, Parameter
from xtcheck.languages.expressions.lengths import joined
from xtcheck.languages.expressions.numbers import whole_number
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.tree import Attribute, Call, Comparison, Constant, Node, Number, Word, walk
from xtcheck.languages.expressions.values import (
    IGNORED,
    NULL,
    NoValue,
    Undetermined,
    Value,
    text_of,
    undetermined,
)

Compiled = Callable[[Run], Value]
BODIES: Mapping[str, Callable[..., Value]] = MappingProxyType({**texts.BODIES, **dates.BODIES})


def compiled(node: Node) -> Compiled:
    """The function that evaluates a tree."""
    match node:
        case Attribute(name):
            return _attribute(name)
        case Constant(text) | Number(text):
            return lambda _: text
        case Word(name):
            return _word(name)
        case Comparison():
            return _comparison(node)
        case Call():
            special = _SPECIAL.get(node.function)
            return special(node) if special else _strict(node)
        case _:
            assert_never(node)


def _attribute(name: str) -> Compiled:
    def read(run: Run) -> Value:
        value = run.source.get(name)
        return value if type(value) is str else run.attribute(name)

    return read


def _word(name: str) -> Compiled:
    value: Value = IGNORED if name in FLOWS else name
    return lambda _: value


# --- functions that evaluate all their arguments ---------------------------------------------------------------------


def aligned(call: Call) -> tuple[Node | None, ...]:
    """The arguments at the places of their parameters: the short form of FormatDateTime has no styles."""
    if call.function == "FormatDateTime" and len(call.arguments) == 3:
        source, *formats = call.arguments
        return (source, None, *formats)
    return call.arguments


def _strict(call: Call) -> Compiled:
    function, body = FUNCTIONS[call.function], BODIES[call.function]
    arguments = [
        (_parameter(function, index), None if node is None else compiled(node))
        for index, node in enumerate(aligned(call))
    ]

    def evaluate(run: Run) -> Value:
        given = []
        open_: frozenset[str] = frozenset()
        failed: NoValue | None = None
        for parameter, argument in arguments:
            value = None if argument is None else _taken(run, parameter, argument(run))
            if isinstance(value, Undetermined):
                open_ |= value.items
            elif isinstance(value, NoValue):
                failed = failed or value
            given.append(value)
        if open_:
            return Undetermined(open_)
        return body(run, *given) if failed is None else failed

    return evaluate


def _parameter(function: Function, index: int) -> Parameter:
    found = function.parameter(index)
    assert found is not None  # noqa: S101  # the parser counted the arguments
    return found


def _taken(run: Run, parameter: Parameter, value: Value) -> Value | None:
    """An argument in the type that the parameter asks for; None is a documented null."""
    if value == NULL:
        if parameter.nulls:
            return None
        value = run.null()
    if isinstance(value, Undetermined):
        return value
    if isinstance(value, NoValue):
        # An attribute that is to be ignored cannot be part of a value that flows; the documentation is silent.
        return undetermined("B-02") if value.kind == "ignored" else value
    match parameter.kind:
        case "list":
            return value if isinstance(value, tuple) else (text_of(value),)
        case "roles" | "any":
            return value if not isinstance(value, str) or parameter.kind == "any" else (value,)
        case "number":
            return whole_number(value)
    return undetermined("B-21") if isinstance(value, tuple) else text_of(value)


# --- functions that look at some of their arguments -------------------------------------------------------------------


def _arguments(call: Call) -> list[Compiled]:
    return [_nothing if node is None else compiled(node) for node in call.arguments]


def _nothing(_: Run) -> Value:
    return NULL


def _comparison(node: Comparison) -> Compiled:
    left, right, operator = compiled(node.left), compiled(node.right), node.operator
    return lambda run: compared(run, left(run), operator, right(run))


def _iif(call: Call) -> Compiled:
    condition, if_true, if_false = _arguments(call)
    named = [part.name for part in walk(call.arguments[0] or call) if isinstance(part, Attribute)]

    def evaluate(run: Run) -> Value:
        if any(_is_empty(_read(run, name)) for name in named):
            match run.semantics.reading("B-05"):
                case "false":
                    return if_false(run)
                case "compared":
                    pass
                case _:
                    return undetermined("B-05")
        truth = is_true(run, condition(run))
        if not isinstance(truth, bool):
            return truth
        return if_true(run) if truth else if_false(run)

    return evaluate


def _read(run: Run, name: str) -> Value:
    value = run.source.get(name)
    return value if isinstance(value, str) else run.attribute(name)


def _is_empty(value: Value) -> bool:
    return value in ("", NULL)


def _cbool(call: Call) -> Compiled:
    (condition,) = _arguments(call)
    return lambda run: is_true(run, condition(run))


def _coalesce(call: Call) -> Compiled:
    """The first argument that is not null; the default is merely the last (the function page)."""
    arguments = _arguments(call)

    def evaluate(run: Run) -> Value:
        value: Value = NULL
        for argument in arguments:
            value = argument(run)
            if value != NULL:
                break
        return value

    return evaluate


def _presence(answer: Callable[[Value], bool]) -> Callable[[Call], Compiled]:
    def special(call: Call) -> Compiled:
        (argument,) = _arguments(call)

        def evaluate(run: Run) -> Value:
            value = argument(run)
            if isinstance(value, Undetermined) or (isinstance(value, NoValue) and value.kind == "error"):
                return value
            return answer(value)

        return evaluate

    return special


def _is_string(call: Call) -> Compiled:
    (argument,) = _arguments(call)

    def evaluate(run: Run) -> Value:
        value = argument(run)
        if value == NULL:
            value = run.null()
        match value:
            case str() | int():
                return True
            case tuple():
                return False
        return value

    return evaluate


def _ignore(call: Call) -> Compiled:
    (argument,) = _arguments(call)

    def evaluate(run: Run) -> Value:
        value = argument(run)
        return IGNORED if _is_empty(value) else value

    return evaluate


def _redact(call: Call) -> Compiled:
    """What flows is unchanged; only the provisioning logs show [Redact]."""
    (argument,) = _arguments(call)
    return argument


def _switch(call: Call) -> Compiled:
    source, default, *pairs = _arguments(call)
    has_default = call.arguments[1] is not None
    cases = list(zip(pairs[::2], pairs[1::2], strict=True))

    def evaluate(run: Run) -> Value:
        wanted = _key(source(run))
        if not isinstance(wanted, str):
            return wanted
        for key, value in cases:
            known = _key(key(run))
            if not isinstance(known, str):
                return known
            if known == wanted:
                return value(run)
        return default(run) if has_default else run.assume("B-14", NULL)

    return evaluate


def _key(value: Value) -> Value:
    """What Switch compares: a text; null is the empty one (the function page)."""
    if value == NULL:
        return ""
    match value:
        case str() | int():
            return text_of(value)
        case tuple():
            return undetermined("B-21")
        case NoValue("ignored"):
            return undetermined("B-02")
    return value


def _join(call: Call) -> Compiled:
    separator, *sources = _arguments(call)

    def evaluate(run: Run) -> Value:
        values = [source(run) for source in sources]
        between = separator(run)
        between = run.null() if between == NULL else between
        items = [value.items for value in (between, *values) if isinstance(value, Undetermined)]
        if items:
            return Undetermined(frozenset().union(*items))
        if isinstance(between, tuple):
            return undetermined("B-21")
        stopped = [value for value in (between, *values) if isinstance(value, NoValue) and value != NULL]
        if stopped:
            return undetermined("B-02") if IGNORED in stopped else stopped[0]
        if not isinstance(between, str | int):
            return between
        # Documented by example: empty values are left out (the function page, "Add a comma").
        text = joined(text_of(between), [text for value in values for text in _texts(value) if text])
        return run.choose("B-07", {"skipped": text, "propagate": NULL}) if NULL in values else text

    return evaluate


def _texts(value: Value) -> Iterator[str]:
    match value:
        case tuple():
            yield from value
        case str() | int():
            yield text_of(value)


def _replace(call: Call) -> Compiled:
    source, *_ = _arguments(call)
    names = [parameter.name for parameter in FUNCTIONS["Replace"].parameters]
    given = {name: compiled(node) for name, node in zip(names, call.arguments, strict=False) if node is not None}
    del given["source"]
    return lambda run: replacing.replace(run, source(run), {name: value(run) for name, value in given.items()})


def _unique(_: Call) -> Compiled:
    """Which rule yields the first value that is free is known to the target only."""
    return lambda _: undetermined("target")


_SPECIAL: Mapping[str, Callable[[Call], Compiled]] = MappingProxyType(
    {
        "CBool": _cbool,
        "Coalesce": _coalesce,
        "IgnoreFlowIfNullOrEmpty": _ignore,
        "IIF": _iif,
        "IsNull": _presence(lambda value: value == NULL),
        "IsNullOrEmpty": _presence(_is_empty),
        "IsPresent": _presence(lambda value: not _is_empty(value)),
        "IsString": _is_string,
        "Join": _join,
        "Redact": _redact,
        "Replace": _replace,
        "SelectUniqueValue": _unique,
        "Switch": _switch,
    }
)
