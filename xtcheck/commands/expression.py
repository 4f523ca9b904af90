"""``python -m xtcheck expression``: checks, evaluates and compares attribute-mapping expressions, without a tenant."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from xtcheck.arguments import path
from xtcheck.commands import given
from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions import Expression, ExpressionError, NoValue, Result, Undetermined, parse
from xtcheck.languages.expressions.comparison import Different, Same, Unproved, compare
from xtcheck.languages.expressions.findings import findings
from xtcheck.languages.expressions.register import BY_ID
from xtcheck.languages.expressions.source_view import source_view
from xtcheck.report.shown import printable

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any

CODES = "Exit codes: {}, 2 for a mistake: no expression, no such file."


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "expression",
        help="check, evaluate or compare mapping expressions",
        description="What an attribute-mapping expression means, without a tenant.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    checking = _action(
        actions, "check", _check, "say whether a text is a mapping expression, and what is doubtful in it"
    )
    checking.epilog = CODES.format("0 when it is one, 1 when it is documented not to work")
    checking.add_argument("expression", metavar="EXPR", help="the text, as the portal shows it")
    evaluating = _action(actions, "evaluate", _evaluate, "say what an expression yields for a user")
    evaluating.epilog = CODES.format("0 when that is determined, 1 when it is not or is an error of the service")
    evaluating.add_argument("expression", metavar="EXPR", help="the text, as the portal shows it")
    evaluating.add_argument("--source", type=path, metavar="FILE", help="a user of Microsoft Graph, as JSON")
    _reading(evaluating)
    comparing = _action(actions, "compare", _compare, "say whether two expressions mean the same")
    comparing.epilog = CODES.format("0 when they are the same, 1 when they differ or that is not proved")
    comparing.add_argument("first", metavar="A")
    comparing.add_argument("second", metavar="B")
    comparing.add_argument("--source", type=path, metavar="FILE", help="users of Microsoft Graph to try first, as JSON")
    _reading(comparing)


def _action(
    actions: Subparsers, name: str, run: Callable[[argparse.Namespace], int], help_: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_, description=f"{help_[:1].upper()}{help_[1:]}.")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)
    return parser


def _reading(parser: argparse.ArgumentParser) -> None:
    given.add_now(parser, "the time of the cycle, for Now()")
    given.add_semantics(parser, ((item.name, item.readings) for item in BY_ID.values() if item.readings))


def _settled(arguments: argparse.Namespace) -> dict[str, str]:
    return given.settled(arguments.semantics, "null_argument=propagate")


def _parsed(text: str, name: str) -> Expression:
    """An expression of the command line.

    :raises XtcheckError: it is none; the message says which one, and where.
    """
    try:
        return parse(text)
    except ExpressionError as error:
        raise XtcheckError(f"{name}:{error}") from error


def _print(*lines: str) -> None:
    sys.stdout.writelines(f"{printable(line)}\n" for line in lines)


def _print_json(document: Json) -> None:
    sys.stdout.write(json.dumps({"schema": 1, **document}, indent=1, ensure_ascii=True) + "\n")


# --- check -----------------------------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    try:
        found = parse(arguments.expression)
    except ExpressionError as error:
        if arguments.json:
            mistake = {"line": error.line, "column": error.column, "text": error.wrong, "hint": error.hint}
            _print_json({"valid": False, "error": mistake})
            return 2
        raise XtcheckError(f"EXPR:{error}") from error
    doubts = findings(found)
    if arguments.json:
        said = [{"level": each.level, "text": each.text, "item": each.item} for each in doubts]
        _print_json({"valid": True, "expression": str(found), "attributes": list(found.attributes), "findings": said})
    else:
        _print(
            str(found), f"  reads {', '.join(found.attributes) or 'no attribute'}", *(f"  {each}" for each in doubts)
        )
    return int(any(each.level == "error" for each in doubts))


# --- evaluate --------------------------------------------------------------------------------------------------------


def _evaluate(arguments: argparse.Namespace) -> int:
    found = _parsed(arguments.expression, "EXPR")
    source = source_view(given.user(arguments.source)) if arguments.source else {}
    outcome = found.outcome(source, now=given.moment(arguments.now), semantics=_settled(arguments))
    missing = [name for name in found.attributes if name not in source]
    if arguments.json:
        document = {**_result(outcome.value), "assumed": sorted(outcome.assumed), "missing": missing}
        _print_json({"expression": str(found), **document})
    else:
        _print(_shown(outcome.value))
        _print(*(f"  {_missing(name, source)}" for name in missing))
        _print(*(f"  hangs on {_item(id_)}" for id_ in _items(outcome.value)))
        _print(*(f"  assumes {_item(id_)}" for id_ in sorted(outcome.assumed)))
    match outcome.value:
        case Undetermined() | NoValue("error"):
            return 1
    return 0


def _missing(name: str, source: Mapping[str, Json]) -> str:
    near = next((other for other in source if other.casefold() == name.casefold()), None)
    return f"{name} is not in the source, {near} is" if near else f"{name} is not in the source: taken for null"


def _item(id_: str) -> str:
    item = BY_ID[id_]
    choice = f"; --semantics {item.name}={'|'.join(item.readings)}" if len(item.readings) > 1 else ""
    return f"{id_}: {item.point}{choice}"


def _items(result: Result) -> list[str]:
    return sorted(result.items) if isinstance(result, Undetermined) else []


def _shown(result: Result) -> str:
    match result:
        case NoValue("error", reason):
            return f"error of the service: {reason}"
        case NoValue(kind):
            return f"nothing flows: {kind}"
        case Undetermined():
            return "undetermined"
        case tuple():
            return json.dumps(list(result), ensure_ascii=False)
    return json.dumps(result, ensure_ascii=False)


def _result(result: Result) -> dict[str, Json]:
    match result:
        case NoValue(kind, reason):
            return {"outcome": kind, "value": None, "reason": reason, "items": []}
        case Undetermined(items):
            return {"outcome": "undetermined", "value": None, "reason": "", "items": sorted(items)}
        case tuple():
            return {"outcome": "value", "value": list(result), "reason": "", "items": []}
    return {"outcome": "value", "value": result, "reason": "", "items": []}


# --- compare ---------------------------------------------------------------------------------------------------------


def _compare(arguments: argparse.Namespace) -> int:
    one, other = _parsed(arguments.first, "A"), _parsed(arguments.second, "B")
    samples = [source_view(user) for user in given.users(arguments.source)] if arguments.source else []
    found = compare(one, other, samples=samples, now=given.moment(arguments.now), semantics=_settled(arguments))
    if arguments.json:
        _print_json({"one": str(one), "other": str(other), **_compared(found)})
    else:
        _print(*_told(found))
    return 0 if isinstance(found, Same) else 1


def _compared(found: Same | Different | Unproved) -> dict[str, Json]:
    match found:
        case Same():
            return {"outcome": "same"}
        case Different(witness, first, second):
            return {
                "outcome": "different",
                "witness": witness,
                "yield": {"one": _result(first), "other": _result(second)},
            }
        case Unproved(inputs, items):
            return {"outcome": "unproved", "inputs": inputs, "items": sorted(items)}
        case _:
            assert_never(found)


def _told(found: Same | Different | Unproved) -> list[str]:
    match found:
        case Same():
            return ["same: they are one tree"]
        case Different(witness, first, second):
            user = json.dumps(witness, ensure_ascii=False)
            return [f"different, for {user}", f"  A yields {_shown(first)}", f"  B yields {_shown(second)}"]
        case Unproved(inputs, items):
            hanging = f"; others hang on {', '.join(sorted(items))}" if items else ""
            return ["not proved: they are different trees", f"  the same on {inputs} inputs{hanging}"]
        case _:
            assert_never(found)
