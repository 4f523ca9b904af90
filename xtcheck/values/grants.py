"""Who has what: people by name, each with the exact names of what they were given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.languages.expressions.letters import folded
from xtcheck.nodes import Node, mapping
from xtcheck.values.names import SHOWN, Names, listed

Json = Any


@dataclass(frozen=True, slots=True)
class Grants:
    """``{person: [a, b]}``: exactly these people, each with exactly these of ``noun``; ``{}`` means nobody.

    The observed value is a list of ``{"name", "id", "also", "grants": [{"name", "id", "how"}], "barred"}``: people as
    :class:`Names` has them, whatever the letter case, with what they were given; whoever is ``barred`` (for this
    reason) has nothing of it.
    """

    noun: str = "names"

    def parse(self, node: Node) -> Json:
        found: Json = {}
        for key, value in mapping(node, f"people with their {self.noun}").entries:
            if not key.text.strip():
                raise Mistake(key.mark, "the name is empty", "write the name")
            names = Names(self.noun).parse(value)
            if not names["names"]:
                raise Mistake(value.mark, f"{key.shown} has nothing", "leave out whoever has nothing")
            found[key.text] = names
        return found

    def read(self, observed: Json) -> Json:
        found = []
        for person in Names("people").read(observed):
            grants = person.get("grants")
            if not grants:
                raise Uninterpretable("somebody is listed without what was given")
            found.append({**person, "grants": Names(self.noun).read(grants)})
        return found

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        lines: list[str] = []
        claimed: dict[str, str] = {}
        known: dict[str, list[Json]] = {}
        for person in observed:
            for text in {folded(str(text)) for text in (person["name"], person["id"], *person.get("also", ()))}:
                known.setdefault(text, []).append(person)
        for name, names in expected.items():
            hits = known.get(folded(name), [])
            if len(hits) > 1:
                raise Uninterpretable(f"{len(hits)} people answer to {name!r}; write the id instead")
            if not hits or hits[0].get("barred"):
                why = f": {hits[0]['barred']}" if hits else ""
                lines.append(f"missing: {name} ({listed(names['names'])}){why}")
                continue
            [person] = hits
            if other := claimed.get(person["id"]):
                raise Uninterpretable(f"{other!r} and {name!r} are one person; name everybody once")
            claimed[person["id"]] = name
            lines += [f"{name}: {line}" for line in Names(self.noun).differences(names, person["grants"]) or ()]
        lines += [
            f"undeclared: {_line(person)}"
            for person in observed
            if person["id"] not in claimed and not person.get("barred")
        ]
        return tuple(lines) or None

    def show(self, value: Json) -> str:
        if isinstance(value, dict):
            lines = [f"{name} ({Names(self.noun).show(names)})" for name, names in value.items()]
        else:
            lines = [_line(person) for person in value if not person.get("barred")]
        rest = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        return "; ".join(lines[:SHOWN]) + rest or "nobody"

    def schema(self) -> Json:
        return {"type": "object", "additionalProperties": Names(self.noun).schema()}

    def other(self, observed: Json) -> Json:
        grants = [{"name": "anything", "id": ""}]
        return [*observed, {"name": "Somebody undeclared", "id": "undeclared", "grants": grants}]


def _line(person: Json) -> str:
    given = [f"{grant['name']}, {how}" if (how := grant.get("how")) else grant["name"] for grant in person["grants"]]
    return f"{person['name']} by {'; by '.join(given)}"
