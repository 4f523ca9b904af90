"""A value that was not read but concluded: what it can be by what was seen, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.model import Type
from xtcheck.nodes import Node
from xtcheck.values.scalars import shape

Json = Any


def concluded(*among: Json, because: str, since: datetime | None = None) -> Json:
    """What a view yields: the raw values that are possible, the reason, and when it last changed."""
    return {"among": list(among), "because": because, "since": since.isoformat() if since else None}


@dataclass(frozen=True, slots=True)
class Concluded:
    """Another type, of which the evidence leaves one value or several.

    All of them as expected is compliant, none of them is drift; some of them is not known. For a type with a bound, the
    lowest and the highest possible value are enough.
    """

    inner: Type

    def parse(self, node: Node) -> Json:
        return self.inner.parse(node)

    def read(self, observed: Json) -> Json:
        match observed:
            case {"among": [_, *_] as among, "because": str() as because, "since": str() | None as since}:
                return {"among": [self.inner.read(value) for value in among], "because": because, "since": since}
        raise Uninterpretable(f"the evidence yields {shape(observed)} where a conclusion is meant")

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        differences = [self.inner.differences(expected, value) for value in observed["among"]]
        agree = [difference is None for difference in differences]
        if all(agree):
            return None
        if any(agree):
            since = observed["since"] and datetime.fromisoformat(observed["since"])
            raise Uninterpretable(f"it can be {self._values(observed)}: {observed['because']}", since=since)
        return (*(differences[0] or ()), str(observed["because"]))

    def show(self, value: Json) -> str:
        if isinstance(value, dict) and "among" in value:
            return f"{self._values(value)} ({value['because']})"
        return self.inner.show(value)

    def _values(self, observed: Json) -> str:
        return " or ".join(dict.fromkeys(map(self.inner.show, observed["among"])))

    def schema(self) -> Json:
        return self.inner.schema()

    def other(self, observed: Json) -> Json:
        return concluded(self.inner.other(observed["among"][0]), because="the gates say so")
