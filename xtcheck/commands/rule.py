"""``python -m xtcheck rule``: what a dynamic membership rule means, without a tenant."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, assert_never

from xtcheck.arguments import path
from xtcheck.commands import given
from xtcheck.errors import RuleError
from xtcheck.languages.rules import Answer, Different, Equivalent, Inconclusive, Rule, Unproved, parse
from xtcheck.languages.rules import compare as same
from xtcheck.languages.rules.semantics import KEYS, REGISTER, semantics
from xtcheck.report.shown import printable

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any

WHEN = "when it is asked, for system.now"


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "rule",
        help="check, explain, try and compare dynamic membership rules",
        description="What a dynamic membership rule means, without a tenant.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    does = "say whether a text is a rule, what it asks for, and what in it is open"
    verb = _verb(verbs, "check", does, "0 for a rule, 1 for one that Entra ID no longer evaluates")
    verb.add_argument("rule", metavar="RULE")
    verb.set_defaults(run=check)
    does = "say why a rule selects a user, or does not"
    verb = _verb(verbs, "explain", does, "0 when it selects the user, 1 when not, or when that is open")
    verb.add_argument("rule", metavar="RULE")
    verb.add_argument("--user", type=path, required=True, metavar="FILE", help="a user of Microsoft Graph, as JSON")
    given.add_now(verb, WHEN)
    verb.set_defaults(run=explain)
    verb = _verb(verbs, "select", "say whom of some users a rule selects", "0 when every user is decided, 1 when not")
    verb.add_argument("rule", metavar="RULE")
    shapes = 'users of Microsoft Graph: a list, or {"value": […]}'
    verb.add_argument("--users", type=path, required=True, metavar="FILE", help=shapes)
    given.add_now(verb, WHEN)
    verb.set_defaults(run=select)
    does = "say whether two rules select the same people"
    verb = _verb(verbs, "compare", does, "0 when they do, 1 when not, or when that is not proved")
    verb.add_argument("one", metavar="RULE")
    verb.add_argument("other", metavar="RULE")
    verb.set_defaults(run=compare)


def _verb(verbs: Subparsers, name: str, does: str, codes: str) -> argparse.ArgumentParser:
    epilog = f"Exit codes: {codes}, 2 for a mistake: no rule, no such file."
    parser = verbs.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.", epilog=epilog)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given.add_semantics(parser, ((key, item.readings) for key, item in KEYS.items()))
    return parser


# --- the verbs ------------------------------------------------------------------------------------------------------


def check(arguments: argparse.Namespace) -> int:
    """Print what a rule is; 1 when Entra ID no longer evaluates it.

    :raises RuleError: it is none.
    """
    settled = _settled(arguments)
    try:
        rule = parse(arguments.rule, semantics=settled)
    except RuleError as error:
        if arguments.json:
            _print_json({"schema": 1, "valid": False, "error": _mistake(error)})
            return 2
        raise
    if arguments.json:
        _print_json(_document(rule))
    else:
        _print(_lines(rule))
    return 1 if rule.frozen else 0


def explain(arguments: argparse.Namespace) -> int:
    """Print why a rule selects a user, or does not.

    :raises XtcheckError: the rule or the user is none.
    """
    rule = _rule(arguments.rule, arguments)
    explanation = rule.explain(given.user(arguments.user), now=given.moment(arguments.now))
    if arguments.json:
        points = explanation.points()
        _print_json({"schema": 1, "rule": str(rule), "explanation": explanation.document(), "points": points})
    else:
        _print([_said(explanation.answer), *explanation.lines(), *_points(explanation.answer)])
    return 0 if explanation.answer is True else 1


def select(arguments: argparse.Namespace) -> int:
    """Print whom a rule selects; 1 when somebody is open.

    :raises XtcheckError: the rule, or the users, are none.
    """
    rule, now = _rule(arguments.rule, arguments), given.moment(arguments.now)
    users = given.users(arguments.users)
    if _extensions_are_selected(rule, users):
        rule = rule.under({"absent_extension": "null"})
    answers = [(user, rule.matches(user, now=now)) for user in users]
    selected = [user for user, answer in answers if answer is True]
    open_ = [(user, answer) for user, answer in answers if isinstance(answer, Inconclusive)]
    if arguments.json:
        _print_json(
            {
                "schema": 1,
                "rule": str(rule),
                "users": len(users),
                "selected": [_name(user) for user in selected],
                "inconclusive": {_name(user): list(answer.items) for user, answer in open_},
                "points": {item: REGISTER[item].point for _, answer in open_ for item in answer.items},
            }
        )
    else:
        _print(f"✓ {_shown(user)}" for user in selected)
        _print(f"? {_shown(user)}: hangs on {', '.join(answer.items)}" for user, answer in open_)
        _print([f"{len(selected)} selected, {len(open_)} open, {len(users)} users"])
        _print(_points(Inconclusive(tuple(sorted({item for _, answer in open_ for item in answer.items})))))
        _print(_unread(rule, [user for user, answer in open_ if {"unread", "unselected"} & set(answer.items)]))
    return 1 if open_ else 0


def compare(arguments: argparse.Namespace) -> int:
    """Print whether two rules select the same people; 1 when not, or when that is not proved.

    :raises XtcheckError: one of them is no rule.
    """
    one, other = (_rule(text, arguments) for text in (arguments.one, arguments.other))
    outcome = same(one, other)
    document: dict[str, Json]
    match outcome:
        case Equivalent():
            document, lines = {"outcome": "equivalent"}, ["the same people, whoever there is"]
        case Different(witness, now):
            by = {name: rule.matches(witness, now=now) is True for name, rule in (("one", one), ("other", other))}
            at = now.isoformat() if now else None
            document = {"outcome": "different", "witness": dict(witness), "selected": by, "now": at}
            lines = ["different people; for example", *_witness(one, other, witness, now)]
        case Unproved(reason, items):
            document = {"outcome": "unproved", "reason": reason, "items": list(items)}
            lines = [f"not proved: {reason}"]
        case _:
            assert_never(outcome)
    if arguments.json:
        _print_json({"schema": 1, "one": str(one), "other": str(other), **document})
    else:
        _print(lines)
    return 0 if isinstance(outcome, Equivalent) else 1


# --- what they read -------------------------------------------------------------------------------------------------


def _settled(arguments: argparse.Namespace) -> dict[str, str]:
    settled = given.settled(arguments.semantics, "null_negative=complement")
    semantics(settled)
    return settled


def _rule(text: str, arguments: argparse.Namespace) -> Rule:
    return parse(text, semantics=_settled(arguments))


# --- what they print ------------------------------------------------------------------------------------------------


def _document(rule: Rule) -> Json:
    return {
        "schema": 1,
        "valid": True,
        "rule": str(rule),
        "selects": f"{rule.subject}s",
        "frozen": rule.frozen,
        "properties": [
            {
                "name": use.name,
                "select": use.select,
                "expand": use.expanded,
                "source": str(use.source),
                "own": str(use.own),
                "basis": list(use.basis),
            }
            for use in rule.properties
        ],
        "findings": [
            {"item": each.item, "line": line, "column": column, "text": each.text}
            for each, (line, column) in rule.located_findings()
        ],
        "open": {item: REGISTER[item].point for item in rule.open_points},
    }


def _mistake(error: RuleError) -> Json:
    return {"kind": error.kind, "line": error.line, "column": error.column, "text": error.text, "hint": error.hint}


def _lines(rule: Rule) -> Iterable[str]:
    yield str(rule)
    yield f"selects {rule.subject}s"
    if rule.frozen:
        yield f"frozen: {REGISTER['memberOf'].point}; its members stay as they were"
    for use in rule.properties:
        read = f"$expand={use.select}" if use.expanded else f"$select={use.select}"
        who = f"source tenant: {use.source}; the user: {use.own}"
        yield f"  {use.name} ({read}; {who})" if rule.subject == "user" else f"  {use.name} ({read})"
    for each, (line, column) in rule.located_findings():
        yield f"{each.item}, line {line}, column {column}: {each.text}"
    for item in rule.open_points:
        key = REGISTER[item].key
        settle = f"; {key}: {' or '.join(REGISTER[item].readings)} settles it" if key else ""
        yield f"open ({item}): {REGISTER[item].point}{settle}"


def _said(answer: Answer) -> str:
    if isinstance(answer, Inconclusive):
        return f"open: hangs on {', '.join(answer.items)}"
    return "selected" if answer else "not selected"


def _points(answer: Answer) -> Iterable[str]:
    if isinstance(answer, Inconclusive):
        for item in answer.items:
            yield f"{item}: {REGISTER[item].point}"


def _extensions_are_selected(rule: Rule, users: list[Mapping[str, Json]]) -> bool:
    """Whether somebody has each directory extension that the rule asks for: then whoever lacks it has no value."""
    asked = {use.select.lower() for use in rule.properties if use.select.startswith("extension_")}
    return asked <= {key.lower() for user in users for key in user}


def _unread(rule: Rule, users: list[Mapping[str, Json]]) -> Iterable[str]:
    for use in rule.properties:
        if lacking := sum(use.select not in user for user in users):
            yield f"unread: {use.select} is not in {lacking} of the documents"


def _witness(one: Rule, other: Rule, witness: Mapping[str, Json], now: datetime | None) -> Iterable[str]:
    yield "  " + json.dumps(witness, ensure_ascii=False) + (f" at {now:%Y-%m-%dT%H:%M:%SZ}" if now else "")
    for name, rule in (("first", one), ("second", other)):
        explanation = rule.explain(witness, now=now)
        yield f"by the {name} rule {_said(explanation.answer)}"
        yield from explanation.lines(1)


def _name(user: Mapping[str, Json]) -> str:
    return str(user.get("id") or user.get("userPrincipalName") or user.get("displayName") or "a user without an id")


def _shown(user: Mapping[str, Json]) -> str:
    names = [str(user[key]) for key in ("id", "userPrincipalName", "displayName") if user.get(key)]
    return "  ".join(names) or "a user without an id"


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{printable(line)}\n" for line in lines)


def _print_json(document: Json) -> None:
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=True) + "\n")
