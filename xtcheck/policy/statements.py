"""From the statements of one document to checks: the walk along the places, and what may stand beside a value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

from xtcheck import nodes
from xtcheck.errors import Mistake, Mistakes, choices, collecting
from xtcheck.estate import Scope
from xtcheck.kinds.durations import duration
from xtcheck.model import Attestation, Check, Grade, Kind, Ref, Setting, Severity, Waiver
from xtcheck.nodes import Mapping, Node, Scalar, Sequence, mapping, scalar, sequence
from xtcheck.policy.clouds import moot
from xtcheck.policy.places import Place
from xtcheck.policy.slots import SLOTS
from xtcheck.policy.variables import value

EXPECT = "expect"
Value = TypeVar("Value")
OPTIONS = (EXPECT, "severity", "controls", "waiver", "attested", "settle")
"""What a statement may say besides its value; then the value stands under ``expect``."""


class Walk:
    """One walk through a document for one scope. Mistakes are collected, so that all of them are seen at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        self.checks: list[Check] = []

    def section(self, node: Node, place: Place, scope: Scope) -> None:
        """Everything below one place of the tree."""
        row = place.meant(_words(node))
        if row:
            self.checks.append(_check(row, node, scope))
            return
        entries = mapping(node, "a mapping of statements").entries
        if not entries:
            raise Mistake(node.mark, "nothing is stated here", "write a statement, or remove the key")
        for key, below in entries:
            with collecting(self.mistakes):
                self._entry(key, below, place, scope)

    def _entry(self, key: Scalar, below: Node, place: Place, scope: Scope) -> None:
        if key.text in place.keys:
            self.section(below, place.keys[key.text], scope)
        elif place.below:
            if any(name.startswith("env.") for name in nodes.variables(key)):
                text = f"the name {key.text!r} would come from the environment"
                raise Mistake(key.mark, text, "write it out: names stand in requests and reports, secrets do not")
            named = nodes.substitute(key, partial(value, scope))
            if not isinstance(named, Scalar):
                raise TypeError("a key stays a scalar")
            for known, label in SLOTS[place.slot].meant(named, scope):
                with collecting(self.mistakes):
                    self.section(below, place.below, scope.named(place.slot, known, label))
        else:
            raise Mistake(key.mark, f"unknown key {key.text!r}", choices(key.text, place.keys))


def _words(stated: Node) -> list[str]:
    """The words by which a statement may mean another row than the one at its place."""
    node = (isinstance(stated, Mapping) and stated.get(EXPECT)) or stated
    match node:
        case Scalar():
            return [node.text]
        case Mapping():
            return node.keys()
        case _:
            return []


def _check(row: tuple[Kind, Setting], stated: Node, scope: Scope) -> Check:
    kind, setting = row
    node = nodes.substitute(stated, partial(value, scope))
    options = node if isinstance(node, Mapping) and node.get(EXPECT) else None
    expected = options.get(EXPECT) if options else node
    if expected is None:
        raise TypeError("a statement has a value")
    mistakes: list[Mistake] = []
    wanted = _read(partial(setting.type.parse, expected), None, mistakes)
    severity, waiver, settle = setting.severity, None, None
    controls: tuple[str, ...] = ()
    if options:  # most statements are a bare value, and a fleet has a hundred thousand
        severity = _read(partial(_severity, options, setting), severity, mistakes)
        controls = _read(partial(_controls, options), controls, mistakes)
        waiver = _read(partial(_waiver, options), None, mistakes)
        settle = _read(partial(_settle, options, setting), None, mistakes)
    attestation = _read(partial(_attestation, options, setting, stated), None, mistakes)
    if mistakes:
        raise Mistakes(mistakes)
    refs, closed = _evidence(kind, setting, scope)
    not_here = moot(kind, refs.values(), scope)
    if not_here:
        refs, closed = {}, ""
    return Check(
        kind=kind,
        setting=setting,
        scope=scope,
        statement=_statement(kind, setting, scope),
        expected=wanted,
        refs=refs,
        context=dict(setting.context(scope)) if setting.context and refs else {},
        mark=stated.mark,
        severity=severity,
        controls=controls,
        waiver=waiver,
        attestation=attestation,
        settle=settle,
        closed=closed,
        moot=not_here,
        hidden=_hidden(stated, node),
        names=_names(stated.get(EXPECT) if options and isinstance(stated, Mapping) else stated),
    )


def _read(part: Callable[[], Value], otherwise: Value, mistakes: list[Mistake]) -> Value:
    """One part of a statement; when it is mistaken the others are read all the same."""
    with collecting(mistakes):
        return part()
    return otherwise


def _names(stated: Node | None) -> tuple[str, ...]:
    """The variables of the environment that stand in something stated, as they are written."""
    names = nodes.variables(stated) if stated else ()
    return tuple(sorted({f"${{{name}}}" for name in names if name.startswith("env.")}))


def _hidden(stated: Node, node: Node) -> dict[str, str]:
    """What the environment put into a statement, and every text that it became part of; how each is shown instead."""
    found = {os.environ[name[len("${env.") : -1]]: name for name in _names(stated)}
    return {text.text: text.shown for text in _scalars(node) if text.text != text.shown} | found if found else {}


def _scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from _scalars(item)
        case Mapping():
            for key, below in node.entries:
                yield key
                yield from _scalars(below)


def _statement(kind: Kind, setting: Setting, scope: Scope) -> str:
    name = f"{kind.label}.{setting.key}" if kind.label else setting.key
    for slot, label in scope.labels.items():
        name = name.replace(f"<{slot}>", label)
    return name


def _evidence(kind: Kind, setting: Setting, scope: Scope) -> tuple[dict[str, Ref], str]:
    """What the check must read, and why it is not read although it could be."""
    if setting.grade is Grade.ATTESTED:
        return {}, ""
    refs = dict(setting.reads(scope)) if setting.reads else {kind.name: kind.ref(scope)}
    for ref in refs.values():
        tenant = scope.estate.tenants.get(ref.place)
        if ref.kind.opt_in and not (tenant and tenant.secrets):
            return {}, ref.kind.opt_in
    return refs, ""


def _severity(options: Mapping, setting: Setting) -> Severity:
    node = options.get("severity")
    if node is None:
        return setting.severity
    word = scalar(node, "a severity")
    if word.text not in set(Severity):
        raise Mistake(word.mark, f"unknown severity {word.shown!r}", choices(word.text, Severity))
    return Severity(word.text)


def _controls(options: Mapping) -> tuple[str, ...]:
    node = options.get("controls")
    if node is None:
        return ()
    items = [scalar(item, "a control") for item in sequence(node, "a list of controls").items]
    for item in items:
        framework, _, control = item.text.partition(":")
        if "@" not in framework or not control:
            raise Mistake(item.mark, f"{item.shown!r} is no control reference", "write framework@version:id")
    return tuple(item.text for item in items)


def _waiver(options: Mapping) -> Waiver | None:
    for key, _ in options.entries:
        if key.text not in OPTIONS:
            raise Mistake(key.mark, f"unknown key {key.text!r}", choices(key.text, OPTIONS))
    node = options.get("waiver")
    if node is None:
        return None
    fields = _fields(node, ("reason", "owner", "until"), "a waiver")
    return Waiver(fields["reason"].text, fields["owner"].text, _date(fields["until"]))


def _attestation(options: Mapping | None, setting: Setting, stated: Node) -> Attestation | None:
    node = options.get("attested") if options else None
    if node is None:
        if setting.grade is Grade.ATTESTED:
            hint = f"write {{expect: …, attested: {{by: …, on: 2026-01-31, until: 2027-01-31}}}} ({setting.remedy})"
            raise Mistake(stated.mark, "no API shows this: a person must attest it", hint)
        return None
    if not setting.attestable:
        raise Mistake(node.mark, "this is read from the service; nobody's word can stand in for it", "remove attested")
    fields = _fields(node, ("by", "on", "until"), "an attestation")
    on, until = _date(fields["on"]), _date(fields["until"])
    if until < on:
        raise Mistake(fields["until"].mark, f"it ends ({until}) before it begins ({on})", "correct the dates")
    return Attestation(fields["by"].text, on, until)


LONGEST = timedelta(days=7)
"""Longer than any lag that a service documents."""


def _settle(options: Mapping, setting: Setting) -> timedelta | None:
    node = options.get("settle")
    if node is None:
        return None
    if setting.lag is None:
        raise Mistake(node.mark, "nothing is documented to lag behind here", "remove settle")
    word = scalar(node, "a duration")
    length = duration(word.text)
    if length is None or length > LONGEST:
        raise Mistake(word.mark, f"a duration was expected, not {word.shown!r}", "write e.g. PT2H, at most P7D")
    return length


def _fields(node: Node, wanted: tuple[str, ...], what: str) -> dict[str, Scalar]:
    entries = mapping(node, what)
    for key, _ in entries.entries:
        if key.text not in wanted:
            raise Mistake(key.mark, f"unknown key {key.shown!r}", choices(key.text, wanted))
    found: dict[str, Scalar] = {}
    for name in wanted:
        inner = entries.get(name)
        if inner is None or not scalar(inner, name).text.strip():
            raise Mistake(node.mark, f"{what} needs {name}", f"write {{{', '.join(f'{key}: …' for key in wanted)}}}")
        found[name] = scalar(inner, name)
    return found


def _date(node: Scalar) -> date:
    try:
        # Python reads other forms of ISO 8601 as well, which nobody expects in a policy.
        return date.fromisoformat(node.text if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", node.text) else "")
    except ValueError as error:
        raise Mistake(node.mark, f"{node.shown!r} is no date", "write YYYY-MM-DD") from error
