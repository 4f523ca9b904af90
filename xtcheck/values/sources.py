"""Where a mapped attribute's value comes from: a constant, another attribute, or an expression."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.nodes import Node, mapping, scalar
from xtcheck.values.scalars import TEXT_SCHEMA, near_miss, shape, straight, without_blanks

Json = Any

FORMS = {"constant": "Constant", "direct": "Attribute", "expression": "Function"}


@dataclass(frozen=True, slots=True)
class MappingSource:
    """``{constant: text}``, ``{direct: sourceAttribute}`` or ``{expression: 'Append([displayName], "|Org")'}``.

    Compared by text apart from white space outside quotes: the service itself reformats that (documented samples differ
    in it). Constants are texts, whatever they look like (Graph: attributeMappingSource).
    """

    def parse(self, node: Node) -> Json:
        entries = mapping(node, "constant, direct or expression").entries
        if len(entries) != 1 or entries[0][0].text not in FORMS:
            raise Mistake(
                node.mark, "exactly one of constant, direct or expression was expected", 'e.g. {constant: "true"}'
            )
        form, value = entries[0][0].text, scalar(entries[0][1], "a text")
        if form == "expression":
            straight(value)
            if "(" not in value.text:
                raise Mistake(
                    value.mark, "an expression is a function call", "use direct: for an attribute, constant: for a text"
                )
        if form == "direct":
            return {form: value.text.removeprefix("[").removesuffix("]")}
        return {form: value.text}

    def read(self, observed: Json) -> Json:
        match observed:
            case {"type": "Constant", "expression": str(quoted)}:
                return {"constant": _unquoted(quoted)}
            case {"type": "Attribute", "expression": str(bracketed)}:
                return {"direct": bracketed.strip().removeprefix("[").removesuffix("]")}
            case {"type": "Function", "expression": str(text)}:
                return {"expression": text}
        raise Uninterpretable(f"the mapping's source has another shape than documented: {shape(observed)}")

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        if "expression" in expected and "expression" in observed:
            wanted, seen = without_blanks(expected["expression"]), without_blanks(observed["expression"])
            return None if wanted == seen else near_miss(wanted, seen)
        return None if expected == observed else ()

    def show(self, value: Json) -> str:
        ((form, text),) = value.items()
        return f"{form} {json.dumps(text, ensure_ascii=False) if form == 'constant' else text}"

    def schema(self) -> Json:
        return {
            "type": "object",
            "properties": dict.fromkeys(FORMS, TEXT_SCHEMA),
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }

    def other(self, observed: Json) -> Json:
        return {"type": "Constant", "name": "drifted", "expression": '"drifted"', "parameters": []}


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text
