"""What must have no findings: a relation is whole, or nothing undeclared exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.nodes import Mapping, Node, mapping, scalar, sequence
from xtcheck.values.mapped import SEMANTICS, read_semantics, semantics_schema
from xtcheck.values.names import listed
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, shape

Json = Any


@dataclass(frozen=True, slots=True)
class Findings:
    """The policy states one ``word`` (``complete``, ``forbidden``); the evidence yields a list of findings against it.

    A finding is a text, or ``{"name", "text", "also": [...]}`` where what a person may except is less than what the
    line says, or goes by several names. With ``exceptions``, ``{forbidden: {except: [a, b]}}`` lets findings of these
    names pass. The policies' loader may add ``declared`` to the expected value: names that are stated elsewhere
    (:attr:`xtcheck.model.Setting.declares`).
    """

    word: str
    exceptions: str = ""
    settles: bool = False
    """What it says hangs on mappings: beside ``except`` a policy may settle what their language leaves open."""

    def parse(self, node: Node) -> Json:
        if isinstance(node, Mapping) and self.exceptions:
            inner = mapping(node.get(self.word) or node, self.word)
            known = ("except", SEMANTICS) if self.settles else ("except",)
            given = [key.text for key, _ in inner.entries]
            if (node.get(self.word) and len(node.entries) != 1) or not given or not set(given) <= set(known):
                forms = {"except": "[...]", SEMANTICS: "{…}"}
                ways = " or ".join(f"{{{self.word}: {{{key}: {forms[key]}}}}}" for key in known)
                raise Mistake(node.mark, f"{self.word} was expected", f"write {self.word}, or {ways}")
            names, semantics = inner.get("except"), inner.get(SEMANTICS)
            items = sequence(names, f"a list of {self.exceptions}").items if names else ()
            stated: Json = {"except": [scalar(item, self.exceptions).text for item in items]}
            return stated | ({SEMANTICS: read_semantics(semantics)} if semantics else {})
        word = scalar(node, self.word)
        if word.text != self.word:
            raise Mistake(word.mark, f"{word.shown!r} is not a value of this setting", choices(word.text, [self.word]))
        return {"except": []}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, list) or not all(map(_is_finding, observed)):
            raise Uninterpretable(f"the evidence yields {shape(observed)} where a list of findings is meant")
        return observed

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        return tuple(map(_text, self.left(expected, observed))) or None

    def left(self, expected: Json, observed: Json) -> list[Json]:
        """The findings that nothing excepts."""
        allowed = {str(name).lower() for name in (*expected["except"], *expected.get("declared", ()))}
        return [finding for finding in observed if not allowed & _names(finding)]

    def show(self, value: Json) -> str:
        if isinstance(value, dict):
            settled = "".join(f", {name}: {reading}" for name, reading in value.get(SEMANTICS, {}).items())
            return self.word + (f" except {listed(value['except'])}" if value["except"] else "") + settled
        return "; ".join(map(_text, value)) or self.word

    def schema(self) -> Json:
        word: Json = {"anyOf": [{"const": self.word}, VARIABLE_SCHEMA]}
        if not self.exceptions:
            return word
        names = {"type": "array", "items": TEXT_SCHEMA}
        semantics = {SEMANTICS: semantics_schema()} if self.settles else {}
        inner = {
            "type": "object",
            "properties": {"except": names, **semantics},
            **({"minProperties": 1} if semantics else {"required": ["except"]}),
            "additionalProperties": False,
        }
        outer = {
            "type": "object",
            "properties": {self.word: inner},
            "required": [self.word],
            "additionalProperties": False,
        }
        return {"anyOf": [*word["anyOf"], outer]}

    def other(self, observed: Json) -> Json:
        return [*observed, "a finding"]


def _is_finding(observed: Json) -> bool:
    match observed:
        case str() | {"name": str(), "text": str()}:
            return True
    return False


def _names(finding: Json) -> set[str]:
    names = [finding["name"], *finding.get("also", ())] if isinstance(finding, dict) else [finding]
    return {str(name).lower() for name in names}


def _text(finding: Json) -> str:
    return str(finding["text"] if isinstance(finding, dict) else finding)
