"""What must have no findings: a relation is whole, or nothing undeclared exists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.nodes import Mapping, Node, mapping, scalar, sequence
from xtcheck.values.mapped import SEMANTICS, read_semantics, semantics_schema
from xtcheck.values.names import listed
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, shape

Json = Any

IS, UNKNOWN, NOTE = "is", "unknown", "note"


def unknown(name: str, why: str, also: Iterable[str] = (), remedy: str = "") -> Json:
    """Of what, or of whom, it cannot be told whether there is a finding, and why."""
    return {"name": name, "also": list(also), "text": why, "remedy": remedy, IS: UNKNOWN}


def note(text: str) -> Json:
    """What is to be said beside the findings, and is none."""
    return {"name": "", "text": text, IS: NOTE}


@dataclass(frozen=True, slots=True)
class Findings:
    """The policy states one ``word`` (``complete``, ``forbidden``); the evidence yields a list of findings against it.

    A finding is a text, or ``{"name", "text", "also": [...]}`` where what a person may except is less than what the
    line says, or goes by several names. With ``exceptions``, ``{forbidden: {except: [a, b]}}`` lets findings of these
    names pass. The policies' loader may add ``declared`` to the expected value: names that are stated elsewhere
    (:attr:`xtcheck.model.Setting.declares`).

    Among the findings may stand what :func:`unknown` makes: without a finding that nothing excepts it makes the value
    unknown, unless it is excepted itself; and what :func:`note` makes, which is shown and never counts.
    """

    word: str
    exceptions: str = ""
    ignore_case: bool = False
    """Names go by their letters alone: ids, user names and addresses. Others are as exact as rows pick them."""
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
        left, open_ = self.left(expected, observed), self._not_excepted(expected, _of(UNKNOWN, observed))
        reasons = _reasons(open_)
        if left:
            return (*map(_text, left), *(f"not known: {reason}" for reason in reasons))
        if open_:
            raise Uninterpretable("; ".join(reasons), next((one["remedy"] for one in open_ if one["remedy"]), ""))
        return None

    def left(self, expected: Json, observed: Json) -> list[Json]:
        """The findings that nothing excepts."""
        return self._not_excepted(expected, definite(observed))

    def _not_excepted(self, expected: Json, findings: list[Json]) -> list[Json]:
        allowed = self._folded((*expected["except"], *expected.get("declared", ())))
        return [finding for finding in findings if not allowed & self._folded(_names(finding))]

    def _folded(self, names: Iterable[Json]) -> set[str]:
        return {str(name).lower() if self.ignore_case else str(name) for name in names}

    def show(self, value: Json) -> str:
        if isinstance(value, dict):
            settled = "".join(f", {name}: {reading}" for name, reading in value.get(SEMANTICS, {}).items())
            return self.word + (f" except {listed(value['except'])}" if value["except"] else "") + settled
        return "; ".join([*map(_text, definite(value))] or [self.word]) + "".join(
            f"; {one['text']}" for one in _of(NOTE, value)
        )

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


def definite(observed: Json) -> list[Json]:
    """Of an observed value what is a finding for certain."""
    return _of("", observed)


def people(word: str, observed: Json) -> dict[str, list[Json]]:
    """Whom an observed value is about, for the record: findings about people under ``word``, each with an ``id``."""
    parts = ((one["id"], one["name"], one["text"].partition(": ")[2]) for one in definite(observed))
    open_ = (([*one["also"], one["name"]][0], one["name"], one["text"]) for one in _of(UNKNOWN, observed))
    told = {word: parts, "inconclusive": open_}
    return {how: [{"id": id_, "name": name, "why": why} for id_, name, why in each] for how, each in told.items()}


def _of(kind: str, observed: Json) -> list[Json]:
    return [one for one in observed if kind == (one.get(IS, "") if isinstance(one, dict) else "")]


def _reasons(open_: list[Json]) -> list[str]:
    """What is not known, by the reason that several have in common."""
    names: dict[str, list[str]] = {}
    for one in open_:
        names.setdefault(one["text"], []).append(one["name"])
    return [f"{listed(several)}: {why}" for why, several in names.items()]


def _is_finding(observed: Json) -> bool:
    match observed:
        case {"is": "unknown", "name": str(), "text": str()}:
            return isinstance(observed.get("also"), list) and isinstance(observed.get("remedy"), str)
        case {"is": "note", "text": str()}:
            return True
        case {"is": _}:
            return False
        case str() | {"name": str(), "text": str()}:
            return True
    return False


def _names(finding: Json) -> list[Json]:
    return [finding["name"], *finding.get("also", ())] if isinstance(finding, dict) else [finding]


def _text(finding: Json) -> str:
    return str(finding["text"] if isinstance(finding, dict) else finding)
