"""Lists of small objects, compared as a set: account assignments, for instance."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.nodes import Node, mapping, scalar, sequence
from xtcheck.values.scalars import TEXT_SCHEMA, shape

Json = Any


@dataclass(frozen=True, slots=True)
class Records:
    """A list of ``{field: text, …}``; exactly these, in any order. ``fields`` says of each field whether it may lack.

    ``one_of`` names fields of which each record has exactly one (an assignment's user or group). Of ``arns``, fields
    that are observed as ARNs, a policy may also write the last part (``role/Name``) alone.
    """

    noun: str
    fields: Table[str, str]
    one_of: tuple[str, ...] = ()
    arns: tuple[str, ...] = ()

    def parse(self, node: Node) -> Json:
        records = [self._record(item) for item in sequence(node, f"a list of {self.noun}").items]
        for index, record in enumerate(records):
            if record in records[:index]:
                raise Mistake(sequence(node, self.noun).items[index].mark, "this stands twice", "state it once")
        return records

    def _record(self, node: Node) -> Json:
        entries = mapping(node, " and ".join(self.fields))
        for key, _ in entries.entries:
            if key.text not in self.fields:
                raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, self.fields))
        given = [field for field in self.one_of if entries.get(field)]
        if self.one_of and len(given) != 1:
            raise Mistake(node.mark, f"exactly one of {', '.join(self.one_of)} was expected", "state one")
        missing = [field for field in self.fields if field not in self.one_of and not entries.get(field)]
        if missing:
            raise Mistake(node.mark, f"{', '.join(missing)} is missing", "state it")
        return {key.text: scalar(value, f"a {key.text}").text for key, value in entries.entries}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, list):
            raise Uninterpretable(f"the evidence yields {shape(observed)} where {self.noun} are documented")
        for record in observed:
            if not isinstance(record, dict) or not all(isinstance(value, str) for value in record.values()):
                raise Uninterpretable(f"one of the {self.noun} has another shape than documented: {shape(record)}")
        return observed

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        missing = [record for record in expected if not any(self._same(record, other) for other in observed)]
        undeclared = [record for record in observed if not any(self._same(other, record) for other in expected)]
        lines = [f"missing: {self._line(record)}" for record in missing]
        lines += [f"undeclared: {self._line(record)}" for record in undeclared]
        return tuple(lines) or None

    def _same(self, expected: Json, observed: Json) -> bool:
        return bool(expected.keys() == observed.keys()) and all(
            observed[field] == text or (field in self.arns and observed[field].endswith(f":{text}"))
            for field, text in expected.items()
        )

    def _line(self, record: Json) -> str:
        return ", ".join(f"{field} {record[field]}" for field in self.fields if field in record)

    def show(self, value: Json) -> str:
        return "; ".join(self._line(record) for record in value) or "none"

    def schema(self) -> Json:
        fields = {field: {**TEXT_SCHEMA, "description": doc} for field, doc in self.fields.items()}
        record = {
            "type": "object",
            "properties": fields,
            "required": [field for field in self.fields if field not in self.one_of],
            "additionalProperties": False,
        }
        return {"type": "array", "items": record}

    def other(self, observed: Json) -> Json:
        return observed[1:] or [*observed, dict.fromkeys(self.fields, "undeclared")]
