"""Sets of names: exactly these, or at least these."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.languages.expressions.letters import folded as lowered
from xtcheck.nodes import Mapping, Node, mapping, scalar, sequence
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, folded, shape

Json = Any

INCLUDES = "includes"
SHOWN = 12
"""How many names a line lists before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Names:
    """``[a, b]`` means exactly these, ``{includes: [a]}`` at least these; ``[]`` means none.

    The expected value is ``{"names": [...], "exactly": bool}``; the observed one a list of names, or of
    ``{"name", "id", "also": [...], "how"}`` objects, of which a policy may give any name; ``how`` tells of an
    undeclared one how it comes to be there. ``noun`` is what the names are.
    """

    noun: str = "names"
    ignore_case: bool = False
    known: tuple[str, ...] = ()
    """All names that there are, where the service documents them."""

    def parse(self, node: Node) -> Json:
        exactly = True
        if isinstance(node, Mapping):
            inner = node.get(INCLUDES)
            if inner is None or len(node.entries) != 1:
                wrong = next((name.shown for name, _ in node.entries if name.text != INCLUDES), "")
                raise Mistake(node.mark, f"unknown key {wrong!r}", "write a list (exactly these) or {includes: [...]}")
            node, exactly = inner, False
        items = [scalar(item, f"one of the {self.noun}") for item in sequence(node, f"a list of {self.noun}").items]
        names = [item.text for item in items]
        for item in items:
            if not item.text:
                raise Mistake(item.mark, "the name is empty", "write the name")
            if names.count(item.text) > 1:
                raise Mistake(item.mark, f"{item.shown!r} stands twice", "name it once")
            if self.known and not any(self._same(item.text, {"name": name, "id": ""}) for name in self.known):
                raise Mistake(item.mark, f"{item.shown!r} is none of the {self.noun}", choices(item.text, self.known))
        if not exactly and not names:
            raise Mistake(node.mark, "includes nothing: this would always hold", "name what must be included")
        return {"names": names, "exactly": exactly}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, list):
            raise Uninterpretable(f"the evidence yields {shape(observed)} where {self.noun} are documented")
        return [self._named(item) for item in observed]

    def _named(self, item: Json) -> Json:
        match item:
            case str():
                return {"name": item, "id": ""}
            case {"name": str(), "id": str()}:
                return item
        raise Uninterpretable(f"one of the {self.noun} has another shape than documented: {shape(item)}")

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        missing, rest = self.compared(expected, observed)
        extra = [item["name"] for item in rest]
        lines = []
        if missing:
            lines.append(f"missing: {listed(missing)}")
        if extra:
            lines.append(f"undeclared: {listed([_explained(item) for item in rest])}")
        for name in missing:
            near = next((item for item in extra if folded(item) == folded(name)), None)
            if near:
                lines.append(f"{name!r} and {near!r} differ only in dashes, quotes, case or blanks")
        return tuple(lines) or None

    def compared(self, expected: Json, observed: Json) -> tuple[list[str], list[Json]]:
        """The expected names that nothing answers to, and the observed items that nobody declared.

        :raises Uninterpretable: several answer to one name.
        """
        matched: set[int] = set()
        missing = []
        for name in expected["names"]:
            hits = self.answering(name, observed)
            if len(hits) > 1:
                raise Uninterpretable(
                    f"{len(hits)} of the {self.noun} answer to {name!r}; write the object's id instead"
                )
            matched.update(hits)
            if not hits:
                missing.append(name)
        rest = [item for index, item in enumerate(observed) if index not in matched] if expected["exactly"] else []
        return missing, rest

    def answering(self, name: str, observed: Json) -> list[int]:
        """The places, among what was observed, of what answers to a policy's name."""
        return [index for index, item in enumerate(observed) if self._same(name, item)]

    def _same(self, name: str, item: Json) -> bool:
        if name.lower() == str(item["id"]).lower():
            return True
        known = [str(item["name"]), *map(str, item.get("also", ()))]
        return name in known or (self.ignore_case and lowered(name) in {lowered(other) for other in known})

    def show(self, value: Json) -> str:
        if isinstance(value, dict):
            return f"{'exactly' if value['exactly'] else 'at least'} {listed(value['names'])}"
        return listed([item["name"] for item in value])

    def meaning(self, observed: Json) -> Json:
        if not self.ignore_case or not isinstance(observed, list):
            return observed
        return [lowered(item) if isinstance(item, str) else item for item in observed]

    def schema(self) -> Json:
        items = {"anyOf": [{"enum": list(self.known)}, VARIABLE_SCHEMA]} if self.known else TEXT_SCHEMA
        names = {"type": "array", "items": items}
        including = {
            "type": "object",
            "properties": {INCLUDES: names},
            "required": [INCLUDES],
            "additionalProperties": False,
        }
        return {"anyOf": [names, including]}

    def other(self, observed: Json) -> Json:
        free = [name for name in self.known if name not in observed]
        return [*observed, free[0] if free else "Somebody undeclared"]


def _explained(item: Json) -> str:
    return f"{item['name']} ({how})" if (how := item.get("how")) else str(item["name"])


def listed(names: list[str]) -> str:
    """Names in a row, the first few and a count; nothing is ``none``."""
    counted = [name if count == 1 else f"{name} (x{count})" for name, count in Counter(names).items()]
    rest = f" and {len(counted) - SHOWN} more" if len(counted) > SHOWN else ""
    return ", ".join(counted[:SHOWN]) + rest if counted else "none"


@dataclass(frozen=True, slots=True)
class Principals:
    """``{groups: [...], users: [...]}``: who is assigned, by display name or object id.

    What is not mentioned must be empty: ``{groups: [A]}`` says that no user is assigned directly. Under ``includes:``
    the same form means at least these. An observed assignment with ``how`` is none that counts, and that says why.
    """

    def parse(self, node: Node) -> Json:
        parts = mapping(node, "groups and users")
        if parts.keys() == [INCLUDES]:
            inner = self.parse(parts.entries[0][1])
            if not any(value["names"] for value in inner.values()):
                raise Mistake(node.mark, "includes nobody: this would always hold", "name who must be included")
            return {part: {**value, "exactly": False} for part, value in inner.items() if value["names"]}
        for key, _ in parts.entries:
            if key.text not in _PRINCIPALS:
                raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, [*_PRINCIPALS, INCLUDES]))
        nobody: Json = {"names": [], "exactly": True}
        return {
            part: names.parse(value) if (value := parts.get(part)) else nobody for part, names in _PRINCIPALS.items()
        }

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, list):
            raise Uninterpretable(f"the evidence yields {shape(observed)} where assignments are documented")
        found: dict[str, dict[str, Json]] = {part: {} for part in _PRINCIPALS}
        for item in observed:
            match item:
                case {"principalType": "User" | "Group" as kind, "principalId": str(id_)}:
                    name, how = item.get("principalDisplayName"), item.get("how")
                    people = found[f"{kind.lower()}s"]
                    # Somebody may hold two roles of one app: that is one assigned principal, rightly if one of them is.
                    if id_ not in people or not how:
                        who = {"name": name if isinstance(name, str) and name else id_, "id": id_}
                        people[id_] = {**who, "how": how} if how else who
                case {"principalType": "ServicePrincipal"}:
                    pass  # an application's own role, which provisioning does not carry
                case _:
                    raise Uninterpretable("an assignment has another shape than documented")
        return {part: list(people.values()) for part, people in found.items()}

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        lines = []
        for part, names in expected.items():
            lines += [f"{part} {line}" for line in _PRINCIPALS[part].differences(names, observed[part]) or ()]
            stated = sorted({index for name in names["names"] for index in self.answering(part, name, observed)})
            lines += [
                f"{part}: {who['name']} is assigned only {how}"
                for who in (observed[part][index] for index in stated)
                if (how := who.get("how"))
            ]
        return tuple(lines) or None

    def show(self, value: Json) -> str:
        return "; ".join(f"{part}: {_PRINCIPALS[part].show(names)}" for part, names in value.items())

    def answering(self, part: str, name: str, observed: Json) -> list[int]:
        """The places, among the observed groups or users, of those who answer to a policy's name."""
        return _PRINCIPALS[part].answering(name, observed[part])

    def schema(self) -> Json:
        parts = {part: names.schema() for part, names in _PRINCIPALS.items()}
        bare = {"type": "object", "properties": parts, "additionalProperties": False}
        including = {
            "type": "object",
            "properties": {INCLUDES: bare},
            "required": [INCLUDES],
            "additionalProperties": False,
        }
        return {"anyOf": [bare, including]}

    def other(self, observed: Json) -> Json:
        people = [item for item in observed if item["principalType"] != "ServicePrincipal"]
        if people:
            return [item for item in observed if item["principalId"] != people[0]["principalId"]]
        return [*observed, {"principalType": "User", "principalId": "99999999-0000-4000-8000-000000000001"}]


_PRINCIPALS = {"groups": Names("groups"), "users": Names("users")}
