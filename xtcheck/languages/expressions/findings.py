"""What is doubtful in an expression that parses: what does not work here, and what the documentation warns of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from xtcheck.languages.expressions.expression import Expression
from xtcheck.languages.expressions.functions import FUNCTIONS
from xtcheck.languages.expressions.replacing import FORMS
from xtcheck.languages.expressions.source_view import NO_SOURCE
from xtcheck.languages.expressions.tree import Attribute, Call, Constant, Node, Number, walk


@dataclass(frozen=True, slots=True)
class Finding:
    """One such point; ``item`` names the register's, when it has one. An error is documented not to work."""

    level: Literal["error", "warning", "note"]
    text: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.text}" + (f" ({self.item})" if self.item else "")


_PRESENCE = frozenset({"IsNull", "IsNullOrEmpty", "IsPresent"})


def findings(expression: Expression) -> tuple[Finding, ...]:
    """Everything doubtful, each once, in the order of the text."""
    return tuple(dict.fromkeys(_found(expression)))


def _found(expression: Expression) -> Iterator[Finding]:
    tree = expression.tree
    match tree:
        case Attribute(name):
            yield Finding("note", f"this is a direct mapping of {name}: the portal wants a function call here")
        case Constant() | Number():
            yield Finding("note", "this is a constant mapping: the portal wants a function call here")
    if expression.backslashes:
        yield Finding("warning", "a backslash escapes neither a backslash nor a quotation mark; it is kept", "B-01")
    for node in walk(tree):
        match node:
            case Attribute(name) if name in NO_SOURCE:
                yield Finding("error", f"{name} is not available as a source attribute")
            case Call():
                yield from _of_home(node)
                yield from _of_call(node, outermost=node is tree)


def _of_home(call: Call) -> Iterator[Finding]:
    match FUNCTIONS[call.function].home:
        case "cloud sync":
            yield Finding("warning", f"{call.function} is documented for Cloud Sync only")
        case "internal":
            yield Finding(
                "note", f"{call.function} is the service's own function; its rule is not published", "internal"
            )


def _of_call(call: Call, *, outermost: bool) -> Iterator[Finding]:
    arguments = call.arguments
    always = _ALWAYS.get(call.function)
    if always is not None:
        yield always
    match call.function:
        case "Switch":
            yield from _of_switch(call)
        case "IIF" if arguments[0] is not None and _calls(arguments[0], _PRESENCE):
            text = 'IIF with IsNull, IsNullOrEmpty or IsPresent is documented not to work; use Switch with the key ""'
            yield Finding("warning", text, "B-05")
        case "SelectUniqueValue" if not outermost:
            yield Finding("error", "SelectUniqueValue cannot stand in another function")
        case "Replace" if _form(call) not in FORMS:
            given = ", ".join(sorted(_form(call))) or "none"
            yield Finding("error", f"Replace has no form with these arguments beside its source: {given}", "B-13")
        case "Mid" if len(arguments) == 2:
            yield Finding("warning", "Mid without a length is documented for Cloud Sync only")
        case "FormatDateTime" if len(arguments) == 3:
            yield Finding("note", "FormatDateTime without styles is documented for Cloud Sync and by Graph's list")
        case "InStr" if len(arguments) < 4 or arguments[3] is None:
            yield Finding("note", "how InStr compares is not documented; name vbTextCompare or vbBinaryCompare", "B-06")


_ALWAYS: Mapping[str, Finding] = MappingProxyType(
    {
        "SelectUniqueValue": Finding(
            "error", "SelectUniqueValue works for provisioning from HR to Active Directory only", "target"
        ),
        "DefaultDomain": Finding("warning", "which tenant's default domain is meant is not documented", "B-04"),
        "Now": Finding("note", "the value depends on the time of the cycle: it cannot be checked later", "now"),
        "Guid": Finding("note", "Guid is random: the value cannot be checked later", "random"),
        "RandomString": Finding("note", "RandomString is random: the value cannot be checked later", "random"),
    }
)


def _of_switch(call: Call) -> Iterator[Finding]:
    source, default, *_ = call.arguments
    if source is not None and _calls(source, _PRESENCE):
        yield Finding("warning", 'Switch on IsNull, IsNullOrEmpty or IsPresent is advised against; use the key ""')
    if default is not None:
        text = (
            "known defect of Switch where Entra ID is the source: in a cycle in which its attribute did not change it "
            "may yield null and empty the target; use nested IIF, or wrap it in IgnoreFlowIfNullOrEmpty"
        )
        yield Finding("warning", text)


def _calls(node: Node, names: frozenset[str]) -> bool:
    return any(isinstance(part, Call) and part.function in names for part in walk(node))


def _form(call: Call) -> frozenset[str]:
    parameters = FUNCTIONS["Replace"].parameters
    given = zip(parameters[1:], call.arguments[1:], strict=False)
    return frozenset(parameter.name for parameter, argument in given if argument is not None)
