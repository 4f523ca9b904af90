"""Dynamic membership rules by meaning: a rule as a value, and a group's members as those whom its rule selects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, assert_never

from xtcheck.errors import Mistake, RuleError, Uninterpretable, Unsettled, choices
from xtcheck.languages import rules
from xtcheck.languages.rules.compare import Different, Equivalent, Unproved, compare
from xtcheck.languages.rules.printer import printed
from xtcheck.languages.rules.semantics import KEYS, REGISTER
from xtcheck.languages.rules.syntax import And, Or, Tree
from xtcheck.nodes import Mapping, Node, Scalar, mapping, scalar
from xtcheck.values.names import listed
from xtcheck.values.scalars import TEXT_SCHEMA, VARIABLE_SCHEMA, shape

Json = Any

RULE, SEMANTICS, AS_RULE = "rule", "semantics", "as-rule"
EXPLAINED = 3
"""How many people of a kind a verdict explains; the record has more."""


@lru_cache(maxsize=1000)
def parsed(text: str) -> rules.Rule:
    """The rule of a text; a hundred tenants may have the same one.

    :raises RuleError: it is none.
    """
    return rules.parse(text)


# --- what stays open in the language, and what a policy settles -----------------------------------------------------


def semantics(node: Node) -> dict[str, str]:
    """What a policy settles of what the documentation of rules leaves open: ``{null-negative: complement}``.

    :raises Mistake: there is no such point, or it has no such reading.
    """
    found = {}
    for key, below in mapping(node, "what is settled").entries:
        item = KEYS.get(key.text.replace("-", "_"))
        if item is None or "_" in key.text:
            raise Mistake(key.mark, f"unknown point {key.shown!r}", choices(key.text, map(dashed, KEYS)))
        word = scalar(below, "a reading")
        if word.text not in item.readings:
            raise Mistake(word.mark, f"{word.shown!r} is no reading of {item.id}", choices(word.text, item.readings))
        found[item.key] = word.text
    return found


def dashed(key: str) -> str:
    """A point of the register as a policy calls it."""
    return key.replace("_", "-")


def settled(stated: Json) -> str:
    """What is settled, as a policy writes it; empty when nothing is."""
    return ", ".join(f"{dashed(key)}: {reading}" for key, reading in stated.items())


def _semantics_schema() -> Json:
    readings = {dashed(key): {"enum": list(item.readings)} for key, item in KEYS.items()}
    properties = {
        key: {"description": KEYS[key.replace("-", "_")].point, "anyOf": [allowed, VARIABLE_SCHEMA]}
        for key, allowed in readings.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


# --- a rule ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MembershipRule:
    """A rule, ``(user.department -eq "DevOps")``, or ``{rule: …, semantics: {…}}``; compared by whom it selects.

    Both values are ``{"rule", "semantics"}``; the observed rule is empty where there is none, and settles nothing. Two
    texts that differ in white space alone are the same whatever they mean: Microsoft Learn, groups-dynamic-membership,
    has people add a blank to have a rule processed again.
    """

    def parse(self, node: Node) -> Json:
        stated = {}
        text = node
        if isinstance(node, Mapping):
            text = _only(node, (RULE, SEMANTICS))[RULE]
            below = node.get(SEMANTICS)
            stated = semantics(below) if below else {}
        return {RULE: _rule_in(scalar(text, "a membership rule")), SEMANTICS: stated}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, str | None):
            raise Uninterpretable(f"the service answered {shape(observed)} where a membership rule is documented")
        return {RULE: observed or "", SEMANTICS: {}}

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        if spaced(expected[RULE]) == spaced(observed[RULE]):
            return None
        if not observed[RULE].strip():
            return ("the group has no rule",)
        try:
            ours, theirs = parsed(expected[RULE]), parsed(observed[RULE])
        except RuleError as error:
            raise Uninterpretable(f"the group's rule cannot be read: {error}", UNREADABLE) from error
        return _apart(ours, theirs, expected[SEMANTICS])

    def show(self, value: Json) -> str:
        by = f" ({settled(value[SEMANTICS])})" if value[SEMANTICS] else ""
        return f"{value[RULE] or '(empty)'}{by}"

    def sent(self, value: Json) -> Json:
        return value[RULE]

    def meaning(self, observed: Json) -> Json:
        return spaced(observed).casefold() if isinstance(observed, str) else observed

    def schema(self) -> Json:
        whole = {
            "type": "object",
            "properties": {RULE: TEXT_SCHEMA, SEMANTICS: _semantics_schema()},
            "required": [RULE],
            "additionalProperties": False,
        }
        return {"anyOf": [TEXT_SCHEMA, whole]}

    def other(self, observed: Json) -> str:
        names = ("drifted", "drifted again")
        return next(rule for name in names if (rule := f'(user.department -eq "{name}")') != observed)


_TEXTS = re.compile(r'("(?:[^"`]|`.)*"' + r"|'(?:[^']|'')*')", re.DOTALL)


def spaced(rule: str) -> str:
    """A rule with the least white space outside its texts, where alone it means nothing."""
    parts = _TEXTS.split(rule)
    for index in range(0, len(parts), 2):
        words = " ".join(parts[index].split())
        parts[index] = re.sub(r" ?([()\[\],]) ?", r"\1", words)
    return "".join(parts)


def _rule_in(text: Scalar) -> str:
    """The rule that a policy writes.

    :raises Mistake: it is none.
    """
    if not text.text.strip():
        raise Mistake(text.mark, "the text is empty", "write the expected value, or leave the key out")
    if text.shown != text.text:
        hint = "write it out: verdicts show a rule part by part, and a secret nowhere"
        raise Mistake(text.mark, "a part of the rule would come from the environment", hint)
    try:
        parsed(text.text)
    except RuleError as error:
        at = f"line {error.line}, column {error.column}" if "\n" in text.text else f"column {error.column}"
        raise Mistake(text.mark, f"{error.text} ({at} of the rule)", error.hint) from error
    return text.text


def _only(node: Mapping, known: tuple[str, ...]) -> dict[str, Node]:
    """The parts of a mapping, of which the first must be there.

    :raises Mistake: it has others, or lacks that one.
    """
    for key, _ in node.entries:
        if key.text not in known:
            raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, known))
    if node.get(known[0]) is None:
        raise Mistake(node.mark, f"{known[0]} is missing", "state it")
    return {key.text: below for key, below in node.entries}


UNREADABLE = "correct the rule, or the policy; where Entra ID takes it all the same, the two must be compared by hand"


def _apart(ours: rules.Rule, theirs: rules.Rule, stated: Json) -> tuple[str, ...] | None:
    """Lines that say for whom two rules differ, and where; None when they select the same.

    :raises Uninterpretable: neither is proved, or it hangs on what nobody documents.
    """
    one, other = ours.under(stated), theirs.under(stated)
    match compare(one, other):
        case Equivalent():
            return None
        case Unproved(reason, items):
            way = _settled_by(items, f"membership-rule: {{{RULE}: …, {SEMANTICS}: ")
            raise Uninterpretable(
                reason, way or "compare them by hand; if they mean the same, state the group's own rule"
            )
        case Different(witness, now):
            alone = "policy's" if one.matches(witness, now=now) is True else "group's"
            return (
                f"a user with {_described(witness)} is selected by the {alone} rule alone",
                *_beside("by the policy's rule", one.explain(witness, now=now).lines()),
                *_beside("by the group's rule", other.explain(witness, now=now).lines()),
                *(f"{whose}: {part}" for whose, part in _where(one.tree, other.tree)),
            )
        case outcome:
            assert_never(outcome)


def _described(witness: Json) -> str:
    """A user by the properties that a rule asks for, without the id, which is any."""
    found = [f"{name} {_value(value)}" for name, value in witness.items() if name != "id"]
    return ", ".join(found) or f"the object id {witness['id']}"


def _value(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _where(ours: Tree, theirs: Tree) -> Iterator[tuple[str, str]]:
    """The smallest parts in which two trees differ."""
    for joint in (And, Or):
        if isinstance(ours, joint) and isinstance(theirs, joint):
            one = [part for part in ours.parts if part not in theirs.parts]
            other = [part for part in theirs.parts if part not in ours.parts]
            if len(one) == len(other) == 1:
                yield from _where(one[0], other[0])
                return
            yield from (("only in the policy's rule", printed(part)) for part in one)
            yield from (("only in the group's rule", printed(part)) for part in other)
            return
    for whose, tree, than in (("group's", theirs, ours), ("policy's", ours, theirs)):
        if isinstance(tree, And | Or) and than in tree.parts:
            word = "-and" if isinstance(tree, And) else "-or"
            rest = [part for part in tree.parts if part != than]
            yield from ((f"only in the {whose} rule", f"{word} {printed(part)}") for part in rest)
            return
    yield "only in the policy's rule", printed(ours)
    yield "only in the group's rule", printed(theirs)


# --- the members that a rule makes ----------------------------------------------------------------------------------

ASIDE = ("missing", "extra", "pending", "inconclusive", "unseen")
"""In what ways people stand aside from a rule: two that differ, two of whom it is not known yet, or never will be, and
members whom nobody saw among the users."""


@dataclass(frozen=True, slots=True)
class AsRule:
    """``as-rule``, or ``{as-rule: {semantics: {…}}}``: a group's members are exactly those whom its own rule selects.

    The observed value is ``{"assigned": true}`` where no rule makes the members, else ``{"members", "missing", "extra",
    "pending", "inconclusive", "unseen", "notes", "mark"}``: how many members, lists of people ``{"id", "name", "why"}``
    (of those inconclusive also ``"items"``, the open points), what else is to be said, and what time may still change.
    """

    def parse(self, node: Node) -> Json:
        if isinstance(node, Mapping):
            inner = _only(node, (AS_RULE,))[AS_RULE]
            below = _only(mapping(inner, "what the rule is read by"), (SEMANTICS,))[SEMANTICS]
            return {SEMANTICS: semantics(below)}
        word = scalar(node, AS_RULE)
        if word.text != AS_RULE:
            raise Mistake(word.mark, f"{word.shown!r} is not a value of this setting", f"write {AS_RULE}")
        return {SEMANTICS: {}}

    def read(self, observed: Json) -> Json:
        match observed:
            case {"assigned": True}:
                return observed
            case {"members": int(), "notes": list(), "mark": str(), **people} if set(people) == set(ASIDE):
                return observed
        raise Uninterpretable(f"the evidence yields {shape(observed)} where whom a rule selects is meant")

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        if "assigned" in observed:
            return ("the group is assigned: no rule makes its members",)
        apart = [*_lines("missing", observed["missing"]), *_lines("extra", observed["extra"])]
        doubts = [*_doubts(observed["inconclusive"])]
        if apart:
            mark = [observed["mark"]] * bool(observed["mark"])
            return (*apart, *observed["notes"], *mark, *_awaited(observed["pending"]), *doubts)
        reasons = [*_awaited(observed["pending"]), *_unseen(observed["unseen"]), *doubts]
        if observed["pending"]:
            raise Unsettled("; ".join(reasons), "run again then")
        if reasons:
            items = [item for each in observed["inconclusive"] for item in each["items"]]
            way = _settled_by(items, f"members: {{{AS_RULE}: {{{SEMANTICS}: ")
            raise Uninterpretable("; ".join(reasons), way or AGAIN)
        return None

    def show(self, value: Json) -> str:
        if "assigned" in value:
            return "assigned one by one"
        if "members" not in value:
            by = f" ({settled(value[SEMANTICS])})" if value.get(SEMANTICS) else ""
            return f"exactly whom the group's rule selects{by}"
        aside = [f"{len(value[name])} {name}" for name in ASIDE if value[name]]
        return (
            f"{value['members']} member{'s' * (value['members'] != 1)}: {', '.join(aside) or 'all as the rule selects'}"
        )

    def schema(self) -> Json:
        inner = {
            "type": "object",
            "properties": {SEMANTICS: _semantics_schema()},
            "required": [SEMANTICS],
            "additionalProperties": False,
        }
        whole = {"type": "object", "properties": {AS_RULE: inner}, "required": [AS_RULE], "additionalProperties": False}
        return {"anyOf": [{"const": AS_RULE}, whole]}

    def other(self, observed: Json) -> Json:
        return {"assigned": True}


def aside(observed: Json) -> dict[str, list[Json]]:
    """Whom an observed value is about, for the record."""
    return {name: [{key: each[key] for key in ("id", "name", "why")} for each in observed.get(name, ())]
            for name in ASIDE}  # fmt: skip


AGAIN = "run again: the tenant may have changed while it was read"
SAID = {"missing": "is selected", "extra": "is not selected"}


def _lines(how: str, people: list[Json]) -> Iterator[str]:
    """Who differs, and how it comes of the first few."""
    if people:
        yield f"{how}: {_named(people)}"
    for each in people[:EXPLAINED]:
        yield from _beside(f"{each['name']} {SAID[how]}", each["why"].splitlines())


def _beside(what: str, tree: Iterable[str]) -> Iterator[str]:
    """A tree of several lines beside what it explains."""
    first, *rest = tree or [""]
    if first:
        yield from (f"{what}: {first}", *(f"  {line}" for line in rest))


def _awaited(people: list[Json]) -> Iterator[str]:
    """Of whom time may still decide; those of one reason together."""
    for why, several in _by(people, lambda each: [each["why"]]).items():
        yield f"{why} ({_named(several)})"


def _unseen(people: list[Json]) -> Iterator[str]:
    if people:
        yield f"a member, and not among the tenant's users: {_named(people)}"


def _doubts(people: list[Json]) -> Iterator[str]:
    """Of whom nobody knows, by the open point on which each hangs."""
    for item, several in _by(people, lambda each: each["items"]).items():
        known = REGISTER.get(item)
        point = f"{item}, {known.point}" if known and known.key != "absent" else item
        yield f"it is not known whether the rule selects {_named(several)} ({point})"


def _settled_by(items: Iterable[str], place: str) -> str:
    """What would make known what hangs on some points; empty where nothing would. ``place`` has open braces."""
    known = [REGISTER[item] for item in dict.fromkeys(items) if item in REGISTER and REGISTER[item].key]
    ways = ", ".join(f"{dashed(item.key)}: {' or '.join(item.readings)}" for item in known)
    return f"make the rule say it, or state what holds: {place}{{{ways}}}{'}' * place.count('{')}" if ways else ""


def _by(people: list[Json], keys: Callable[[Json], Iterable[str]]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for each in people:
        for key in keys(each):
            found.setdefault(key, []).append(each)
    return found


def _named(people: list[Json]) -> str:
    return listed([each["name"] for each in people])
