"""Attribute mappings: where a target attribute's value comes from, and when it is written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.nodes import Node, Scalar, mapping, scalar
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, near_miss, shape, straight, without_blanks

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
OPTIONS = ("apply", "matching", "default")
NO_SOURCE = "none"


@dataclass(frozen=True, slots=True)
class MappingSource:
    """``{constant: text}``, ``{direct: sourceAttribute}`` or ``{expression: 'Append([displayName], "|Org")'}``.

    Beside it may stand ``apply: always`` or ``on-create``, ``matching:`` the precedence as a matching attribute (0: it
    is none), and ``default:`` the value written when the source has none (null: nothing is). What is not stated is not
    compared.

    Sources are compared by text apart from white space outside quotes: the service itself reformats that (documented
    samples differ in it). Constants are texts, whatever they look like (Graph: attributeMappingSource).
    """

    def parse(self, node: Node) -> Json:
        entries = mapping(node, "constant, direct or expression")
        for key, _ in entries.entries:
            if key.text not in (*FORMS, *OPTIONS):
                raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, (*FORMS, *OPTIONS)))
        given = [form for form in FORMS if entries.get(form)]
        if len(given) != 1:
            raise Mistake(
                node.mark, "exactly one of constant, direct or expression was expected", 'e.g. {constant: "true"}'
            )
        form = given[0]
        stated: Json = {form: _text(form, scalar(entries.get(form) or node, "a text"))}
        for option in OPTIONS:
            value = entries.get(option)
            if value is not None:
                stated[option] = _option(option, value)
        return stated

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, dict) or "source" not in observed:
            raise Uninterpretable(f"the mapping has another shape than documented: {shape(observed)}")
        flow = observed.get("flowType")
        return {
            **source(observed["source"]),
            "apply": FLOWS.get(str(flow), {"unknown": flow}),
            "matching": observed.get("matchingPriority"),
            "default": observed.get("defaultValue"),
        }

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        (form,) = (form for form in FORMS if form in expected)
        same, near = _same_source(form, expected[form], observed)
        stated = [option for option in OPTIONS if option in expected]
        for option in stated:
            if option == "apply" and isinstance(observed[option], dict):
                raise Uninterpretable(f"flowType is {observed[option]['unknown']!r}; known are {', '.join(FLOWS)}")
            if option == "matching" and (type(observed[option]) is not int):
                raise Uninterpretable(f"matchingPriority is {shape(observed[option])}, not a number")
        lines = tuple(
            f"{option}: {_shown(expected[option])} is expected, {_shown(observed[option])} is there"
            for option in stated
            if expected[option] != observed[option]
        )
        return None if same and not lines else (*near, *lines)

    def show(self, value: Json) -> str:
        form, text = next(item for item in value.items() if item[0] not in OPTIONS)
        words = [form if form == NO_SOURCE else f"{form} {_quoted(text) if form == 'constant' else text}"]
        usual = {"apply": "always", "matching": 0, "default": None}
        words += [f"{name} {_shown(value[name])}" for name in OPTIONS if name in value and value[name] != usual[name]]
        return ", ".join(words)

    def schema(self) -> Json:
        options = {
            "apply": {"anyOf": [{"enum": list(APPLY)}, VARIABLE_SCHEMA]},
            "matching": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]},
            "default": {"type": ["string", "number", "boolean", "null"]},
        }
        return {
            "type": "object",
            "properties": {**dict.fromkeys(FORMS, TEXT_SCHEMA), **options},
            "oneOf": [{"required": [form]} for form in FORMS],
            "additionalProperties": False,
        }

    def other(self, observed: Json) -> Json:
        drifted = {"type": "Constant", "name": "drifted", "expression": '"drifted"', "parameters": []}
        return {**observed, "source": drifted}


def source(observed: Json) -> Json:
    """A mapping's source in the policy's terms: one of the forms, or none (the portal's mapping type None)."""
    match observed:
        case None:
            return {NO_SOURCE: ""}
        case {"type": "Constant", "expression": str(quoted)}:
            return {"constant": _unquoted(quoted)}
        case {"type": "Attribute", "expression": str(bracketed)}:
            return {"direct": bracketed.strip().removeprefix("[").removesuffix("]")}
        case {"type": "Function", "expression": str(text)}:
            return {"expression": text}
    raise Uninterpretable(f"the mapping's source has another shape than documented: {shape(observed)}")


def _text(form: str, value: Scalar) -> str:
    if form == "direct":
        return value.text.removeprefix("[").removesuffix("]")
    if form == "constant":
        return value.text
    straight(value)
    if "(" not in value.text:
        raise Mistake(
            value.mark, "an expression is a function call", "use direct: for an attribute, constant: for a text"
        )
    return value.text


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


def _same_source(form: str, expected: str, observed: Json) -> tuple[bool, tuple[str, ...]]:
    """Whether the sources agree, and the line that shows a near miss."""
    if form not in observed:
        return False, ()
    if form != "expression":
        return expected == observed[form], ()
    wanted, seen = without_blanks(expected), without_blanks(observed[form])
    return wanted == seen, () if wanted == seen else near_miss(wanted, seen)


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return f"{value['unknown']}"
    return "none" if value is None else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text
