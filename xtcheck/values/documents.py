"""Documents and labels: an IAM policy compared by what it means, and texts under names (tags)."""

from __future__ import annotations

import json
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.nodes import Mapping, Node, Scalar, Sequence, mapping, scalar
from xtcheck.values.scalars import shape

Json = Any

NONE = "none"
_ACTIONS = frozenset({"Action", "NotAction"})


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """``none``, or an IAM policy as YAML or as JSON text, compared by what it means.

    By IAM's grammar of JSON policies one value and a list of it are the same, lists have no order, actions no letter
    case, and ``true`` is ``"true"``. The service's empty text is no policy.
    """

    def parse(self, node: Node) -> Json:
        if not isinstance(node, Scalar):
            return _meaning(_plain(mapping(node, "an IAM policy")))
        if node.text == NONE:
            return None
        try:
            document = json.loads(node.text)
        except ValueError as error:
            raise Mistake(node.mark, "this is no JSON document", "write none, or the IAM policy") from error
        if not isinstance(document, dict):
            raise Mistake(node.mark, "this is no IAM policy", "write none, or the IAM policy")
        return _meaning(document)

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, str):
            raise Uninterpretable(f"the service answered {shape(observed)} where a policy's text is documented")
        if not observed.strip():
            return None
        try:
            document = json.loads(observed)
        except ValueError as error:
            raise Uninterpretable("the policy is not JSON") from error
        if not isinstance(document, dict):
            raise Uninterpretable(f"the policy is {shape(document)}")
        return _meaning(document)

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        return None if expected == observed else ()

    def show(self, value: Json) -> str:
        return NONE if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def schema(self) -> Json:
        return {"anyOf": [{"type": "string"}, {"type": "object"}]}

    def other(self, observed: Json) -> Json:
        return "" if str(observed).strip() else '{"Version": "2012-10-17", "Statement": []}'


def _plain(node: Node) -> Json:
    match node:
        case Mapping():
            return {key.text: _plain(value) for key, value in node.entries}
        case Sequence():
            return [_plain(item) for item in node.items]
        case Scalar():
            return node.text


def _meaning(value: Json, key: str = "") -> Json:
    """The policy in one form: every value below a statement's key a sorted list of texts."""
    match value:
        case dict():
            inner = {name: _meaning(item, name) for name, item in value.items()}
            return [inner] if key == "Statement" else inner
        case list():
            items = [_meaning(item) if isinstance(item, dict) else _text(item, key) for item in value]
            return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        case _:
            return _text(value, key) if key in {"Version", "Id", "Sid", "Effect"} else [_text(value, key)]


def _text(value: Json, key: str) -> str:
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return text.lower() if key in _ACTIONS else text


@dataclass(frozen=True, slots=True)
class Labels:
    """``{name: text, …}``: exactly these; ``{}`` means none. The observed value is AWS's list of Key and Value."""

    noun: str

    def parse(self, node: Node) -> Json:
        entries = mapping(node, f"{self.noun} as {{name: text}}").entries
        return {key.text: scalar(value, "a text").text for key, value in entries}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, list) or not all(map(_is_label, observed)):
            raise Uninterpretable(f"the evidence yields {shape(observed)} where {self.noun} are documented")
        return {item["Key"]: item["Value"] for item in observed}

    def differences(self, expected: Table[str, str], observed: Table[str, str]) -> tuple[str, ...] | None:
        lines = [f"missing: {name}" for name in expected if name not in observed]
        lines += [f"undeclared: {name}" for name in observed if name not in expected]
        lines += [
            f"{name}: expected {text}, observed {observed[name]}"
            for name, text in expected.items()
            if observed.get(name, text) != text
        ]
        return tuple(lines) or None

    def show(self, value: Json) -> str:
        return ", ".join(f"{name}={text}" for name, text in sorted(value.items())) or "none"

    def schema(self) -> Json:
        return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}

    def other(self, observed: Json) -> Json:
        return [*observed, {"Key": "undeclared", "Value": "yes"}]


def _is_label(item: Json) -> bool:
    match item:
        case {"Key": str(), "Value": str()}:
            return True
    return False
