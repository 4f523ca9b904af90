"""Attribute mappings: where a target attribute's value comes from, and when it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, Unwritable, XtcheckError, choices
from xtcheck.languages.expressions import (
    Different,
    Expression,
    ExpressionError,
    NoValue,
    Result,
    Same,
    Unproved,
    compare,
    constant,
    direct,
    graph,
    parse,
)
from xtcheck.languages.expressions.tree import Attribute, Constant
from xtcheck.nodes import Node, Scalar, mapping, scalar
from xtcheck.values.mapped import SEMANTICS, read_semantics, semantics_schema, settled, ways
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, near_miss, shape, without_blanks

Json = Any

FORMS = ("constant", "direct", "expression")
APPLY = {"always": "Always", "on-create": "ObjectAddOnly"}
"""The policy's words for ``flowType``; Graph knows three more, for values of several parts."""
FLOWS = {
    **{theirs: ours for ours, theirs in APPLY.items()},
    "MultiValueAddOnly": "multi-value add only",
    "ValueAddOnly": "value add only",
    "AttributeAddOnly": "attribute add only",
}
SENT = {"apply": "flowType", "matching": "matchingPriority", "default": "defaultValue"}
"""Graph's words for what may stand beside a source."""
OPTIONS = tuple(SENT)
KNOWN = {"apply": f"; known are {', '.join(FLOWS)}", "matching": ", not a number", "default": ", not a text"}
UNKNOWN = "unknown"
"""Holds what there is in place of a value that is none of those documented."""
NO_SOURCE = "none"
DISCREET = "discreet"
"""Marks a statement with a part that came from the environment: what it yields is not shown either."""


@dataclass(frozen=True, slots=True)
class MappingSource:
    """``{constant: text}``, ``{direct: sourceAttribute}`` or ``{expression: 'Append([displayName], "|Org")'}``.

    Beside it may stand ``apply: always`` or ``on-create``, ``matching:`` the precedence as a matching attribute (0: it
    is none), and ``default:`` the value written when the source has none (null: nothing is). What is not stated is not
    compared. ``semantics: {null-argument: propagate}`` settles what the language's documentation leaves open.

    Sources are compared by what they mean, whatever their form: the same tree is the same, a source object for which
    the values differ is a difference, and what is neither is unknown. Constants are texts, whatever they look like
    (Graph: attributeMappingSource).
    """

    def parse(self, node: Node) -> Json:
        entries = mapping(node, "constant, direct or expression")
        for key, _ in entries.entries:
            if key.text not in (*FORMS, *OPTIONS, SEMANTICS):
                raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, (*FORMS, *OPTIONS, SEMANTICS)))
        given = [form for form in FORMS if entries.get(form)]
        if len(given) != 1:
            raise Mistake(
                node.mark, "exactly one of constant, direct or expression was expected", 'e.g. {constant: "true"}'
            )
        form = given[0]
        written = scalar(entries.get(form) or node, "a text")
        stated: Json = {form: _text(form, written)}
        if written.text != written.shown:
            stated[DISCREET] = True
        for option in OPTIONS:
            value = entries.get(option)
            if value is not None:
                stated[option] = _option(option, value)
        if settles := entries.get(SEMANTICS):
            stated[SEMANTICS] = read_semantics(settles)
        return stated

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, dict) or "source" not in observed:
            raise Uninterpretable(f"the mapping has another shape than documented: {shape(observed)}")
        flow, matching, default = (observed.get(name) for name in SENT.values())
        return {
            **source(observed["source"]),
            "apply": FLOWS[flow] if isinstance(flow, str) and flow in FLOWS else {UNKNOWN: shape(flow)},
            "matching": matching if type(matching) is int else {UNKNOWN: shape(matching)},
            "default": default if default is None or isinstance(default, str) else {UNKNOWN: shape(default)},
        }

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        stated = [option for option in OPTIONS if option in expected]
        for option in stated:
            if isinstance(observed[option], dict):
                raise Uninterpretable(f"{SENT[option]} is {_shown(observed[option])}{KNOWN[option]}")
        lines = tuple(
            f"{option}: {_shown(expected[option])} is expected, {_shown(observed[option])} is there"
            for option in stated
            if expected[option] != observed[option]
        )
        try:
            found = unlike(expected, observed)
        except Uninterpretable:
            if not lines:
                raise
            # The statement does not hold, whatever the source means.
            return lines
        return None if found is None and not lines else (*(found or ()), *lines)

    def show(self, value: Json) -> str:
        form, text = next(item for item in value.items() if item[0] in (*FORMS, NO_SOURCE))
        words = [form if form == NO_SOURCE else f"{form} {_quoted(text) if form == 'constant' else text}"]
        usual = {"apply": "always", "matching": 0, "default": None}
        words += [f"{name} {_shown(value[name])}" for name in OPTIONS if name in value and value[name] != usual[name]]
        words += [f"{name}: {reading}" for name, reading in value.get(SEMANTICS, {}).items()]
        return ", ".join(words)

    def schema(self) -> Json:
        options = {
            "apply": {"anyOf": [{"enum": list(APPLY)}, VARIABLE_SCHEMA]},
            "matching": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]},
            "default": {"type": ["string", "number", "boolean", "null"]},
        }
        return {
            "type": "object",
            "properties": {**dict.fromkeys(FORMS, TEXT_SCHEMA), **options, SEMANTICS: semantics_schema()},
            "oneOf": [{"required": [form]} for form in FORMS],
            "additionalProperties": False,
        }

    def sent(self, value: Json) -> Json:
        """What is stated, in the words of an attribute mapping.

        :raises Unwritable: how Graph keeps such an expression is not documented.
        """
        form, text = _source_of(value)
        try:
            sent: Json = {"source": graph.source(_expression(form, text))}
        except XtcheckError as error:
            raise Unwritable(str(error)) from error
        stated = {name: APPLY[value[name]] if name == "apply" else value[name] for name in OPTIONS if name in value}
        return {**sent, **{SENT[name]: each for name, each in stated.items()}}

    def other(self, observed: Json) -> Json:
        drifted = {"type": "Constant", "name": "drifted", "expression": '"drifted"', "parameters": []}
        return {**observed, "source": drifted}


def source(observed: Json) -> Json:
    """A mapping's source in the policy's terms: one of the forms, or none (the portal's mapping type None).

    :raises Uninterpretable: it has another shape than documented, or its tree says something else than its text.
    """
    if observed is None:
        return {NO_SOURCE: ""}
    form = SHAPES.get(str(observed.get("type"))) if isinstance(observed, dict) else None
    text = observed.get("expression") if form else None
    if form is None or not isinstance(text, str):
        raise Uninterpretable(f"the mapping's source has another shape than documented: {shape(observed)}")
    try:
        found = graph.expression(observed)
        said = graph.disagreement(observed)
    except ExpressionError:
        # The text says what it is; whether it can be compared is seen when it is.
        return {form: text}
    if said:
        raise Uninterpretable(f"the mapping's text and its tree disagree: {said}")
    match found.tree:
        case Constant(inner) | Attribute(inner) if form != "expression":
            return {form: inner}
    return {form: text}


SHAPES = {"Constant": "constant", "Attribute": "direct", "Function": "expression"}
"""The policy's words for the types of Graph's attributeMappingSource."""


UNCOMPUTED = frozenset({"internal", "roles", "random", "target"})
"""The items of functions that are never evaluated: only the same tree is the same."""


def unlike(expected: Json, observed: Json) -> tuple[str, ...] | None:
    """None when two sources mean the same; else lines that show the difference, where the two values do not say it all.

    :raises Uninterpretable: neither is proved, or one cannot be read.
    """
    if NO_SOURCE in expected or NO_SOURCE in observed:
        return None if NO_SOURCE in expected and NO_SOURCE in observed else ()
    (form, wanted), (other, seen) = _source_of(expected), _source_of(observed)
    if (form, wanted) == (other, seen):
        return None
    one, two = _expression(form, wanted), _expression(other, seen)
    match compare(one, two, semantics=settled(expected.get(SEMANTICS, {}))):
        case Same():
            return None
        case Different(witness, first, second) if "expression" in (form, other):
            return (*_near(wanted, seen), *(() if DISCREET in expected else _shown_by(witness, first, second)))
        case Different():
            return ()
        case Unproved(inputs, items):
            if not inputs and items & UNCOMPUTED:
                return ("one of them has a function whose value nobody can compute: it is the same as itself only",)
            raise Uninterpretable(
                "the mapping is written otherwise, and neither is it proved to mean the same nor was a difference "
                f"found (the same on {inputs} generated source objects)",
                "if it means the same, write it in the policy as the tenant has it" + _or_settle(items),
            )


def _or_settle(items: Iterable[str]) -> str:
    """What else would make known what hangs on some points."""
    found, hanging = ways(items), ", ".join(sorted(items))
    return f"; what hangs on {hanging} may be settled there: {SEMANTICS}: {{{found}}}" if found else ""


def _source_of(stated: Json) -> tuple[str, str]:
    return next((form, stated[form]) for form in FORMS if form in stated)


def _expression(form: str, text: str) -> Expression:
    match form:
        case "constant":
            return constant(text)
        case "direct":
            return direct(text)
    try:
        return parse(text)
    except ExpressionError as error:
        raise Uninterpretable(f"the mapping's expression is not understood: {error}") from error


def _near(wanted: str, seen: str) -> tuple[str, ...]:
    """The line that shows where two texts part that look alike."""
    return near_miss(without_blanks(wanted), without_blanks(seen))


def _shown_by(witness: Mapping[str, Json], first: Result, second: Result) -> tuple[str, ...]:
    """The source object for which two expressions differ."""
    user = ", ".join(f"{name} {_quoted(value)}" for name, value in witness.items()) or "every source object"
    return (f"for {user}, {_yields(first)} is expected and {_yields(second)} comes of it",)


def _yields(result: Result) -> str:
    match result:
        case NoValue():
            return f"no value ({result.kind})"
        case str() | tuple():
            return _quoted(result)
    return str(result)


def _text(form: str, value: Scalar) -> str:
    if form == "direct":
        return value.text.removeprefix("[").removesuffix("]")
    if form == "constant":
        return value.text
    if "(" not in value.text:
        raise Mistake(
            value.mark, "an expression is a function call", "use direct: for an attribute, constant: for a text"
        )
    try:
        parse(value.text)
    except ExpressionError as error:
        raise _mistake(value, error) from None
    return value.text


def _mistake(value: Scalar, error: ExpressionError) -> Mistake:
    """Where the policy is mistaken, and where in the expression; nothing that came from the environment."""
    if value.text != value.shown:
        return Mistake(value.mark, f"{value.shown!r} is no mapping expression", "look at what its variables hold")
    line = f"line {error.line}, " if "\n" in value.text.strip() else ""
    return Mistake(value.mark, f"{error.wrong} ({line}character {error.column} of the expression)", error.hint)


def _option(option: str, value: Node) -> Json:
    if option == "default" and isinstance(value, Scalar) and value.plain and value.text in ("null", "~"):
        return None
    word = scalar(value, option)
    match option:
        case "apply" if word.text not in APPLY:
            raise Mistake(word.mark, f"{word.shown!r} is not a value of apply", choices(word.text, APPLY))
        case "matching" if not re.fullmatch("[0-9]{1,9}", word.text):
            raise Mistake(word.mark, f"a precedence was expected, not {word.shown!r}", "write 1, 2, …, or 0 for none")
        case "matching":
            return int(word.text)
    return word.text


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return str(value[UNKNOWN])
    return "none" if value is None else str(value)


def _quoted(text: Json) -> str:
    return json.dumps(text, ensure_ascii=False)
