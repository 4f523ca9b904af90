"""The flows of a user mapping: for each target attribute its expression, and when it is written.

Graph: learn.microsoft.com/graph/api/resources/synchronization-attributemapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable
from xtcheck.languages.expressions import Expression, ExpressionError, Result, Undetermined, constant, direct, parse
from xtcheck.languages.expressions.register import BY_ID
from xtcheck.languages.expressions.tree import Call, walk
from xtcheck.provisioned.attributes import joined, of_source
from xtcheck.provisioned.comparison import Wanted, When
from xtcheck.values.sources import NO_SOURCE, source

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

Json = Any

WHEN = {"Always": When.ALWAYS, "ObjectAddOnly": When.ON_CREATE, "AttributeAddOnly": When.IF_EMPTY}
PARTIAL = frozenset({"MultiValueAddOnly", "ValueAddOnly"})
"""Flows that add to what the target holds: what it should hold besides is not told."""
SWITCH = "a Switch with a default may yield nothing in an incremental cycle: use IIF, or IgnoreFlowIfNullOrEmpty"
"""A known defect where Entra ID is the source (Learn: functions-for-customizing-application-data, Switch)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one target attribute is made of. Where there is no ``expression``, ``why`` says what is wrong with it."""

    attribute: str
    expression: Expression | None
    when: When
    exact: bool = False
    why: str = ""

    @property
    def attributes(self) -> tuple[str, ...]:
        """The source attributes that it is made of."""
        return self.expression.attributes if self.expression else ()

    @property
    def hint(self) -> str:
        """What to think of first where the target holds nothing."""
        nodes = walk(self.expression.tree) if self.expression else ()
        switches = (node for node in nodes if isinstance(node, Call) and node.function == "Switch")
        return SWITCH if any(node.arguments[1:2] not in ((), (None,)) for node in switches) else ""


def flows(schema: Json, mapping: Json) -> tuple[Flow, ...]:
    """The flows of an object mapping that write whole values; the portal's mapping type None writes nothing.

    :raises Uninterpretable: a flow of a kind that is not documented.
    """
    return tuple(_flows(mapping, _case_exact(schema, mapping)))


def _flows(mapping: Json, exact: frozenset[str]) -> Iterator[Flow]:
    for one in mapping["attributeMappings"]:
        name, flow = str(one["targetAttributeName"]), one.get("flowType")
        if flow in PARTIAL:
            continue
        if flow not in WHEN:
            raise Uninterpretable(f"flowType of {name} is {flow!r}; known are {', '.join([*WHEN, *PARTIAL])}")
        ((form, text),) = source(one["source"]).items()
        if form == NO_SOURCE:
            continue
        expression, why = _expression(form, text)
        yield Flow(name, expression, WHEN[flow], name in exact, why)


def _expression(form: str, text: str) -> tuple[Expression | None, str]:
    match form:
        case "constant":
            return constant(text), ""
        case "direct":
            return direct(text), ""
    try:
        return parse(text), ""
    except ExpressionError as error:
        return None, f"its expression cannot be read ({error})"


def _case_exact(schema: Json, mapping: Json) -> frozenset[str]:
    """The target attributes of which a difference in letter case alone is written (Graph: attributeDefinition)."""
    rules = [rule for rule in schema["synchronizationRules"] if mapping in rule["objectMappings"]]
    target = rules[0]["targetDirectoryName"] if rules else ""
    return frozenset(
        str(attribute["name"])
        for directory in schema.get("directories") or ()
        if directory["name"] == target
        for object_ in directory.get("objects") or ()
        if object_["name"] == mapping["targetObjectName"]
        for attribute in object_.get("attributes") or ()
        if attribute.get("caseExact") is True
    )


def wanted(flow: Flow, users: pl.DataFrame, *, now: datetime, semantics: Mapping[str, str]) -> Wanted:
    """What a flow makes of users of the source, given by Graph's columns.

    :param semantics: what a policy settles of the language's open points, by the register's ids.
    """
    import polars as pl

    view = of_source(users, ("objectId", *flow.attributes))
    unseen = sorted(set(flow.attributes) - set(view.columns))
    why = flow.why or (f"{', '.join(unseen)}, which no property of Graph shows" if unseen else "")
    if why or flow.expression is None:
        nothing = pl.Series(values=[None], dtype=pl.String).new_from_index(0, users.height)
        return Wanted(flow.attribute, nothing, pl.Series([why]).new_from_index(0, users.height), flow.when)
    found = flow.expression.columns(view, now=now, semantics=semantics)
    values, open_, several = _told(found.text, found.rows, found.codes, found.results)
    return Wanted(flow.attribute, values, open_, flow.when, exact=flow.exact, hint=flow.hint, several=several)


def _told(
    text: pl.Series, rows: pl.Series, codes: pl.Series, results: tuple[Result, ...]
) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """The values as texts, null where nothing is written; why the others are not known; and which are several."""
    import polars as pl

    if not len(rows):
        return text, None, None
    several = pl.Series([joined(each) if isinstance(each, tuple) else None for each in results], dtype=pl.String)
    reasons = pl.Series([point(each) if isinstance(each, Undetermined) else None for each in results], dtype=pl.String)
    why = pl.repeat(None, len(text), dtype=pl.String, eager=True).scatter(rows, reasons.gather(codes))
    many = pl.Series([isinstance(each, tuple) and len(each) > 1 for each in results], dtype=pl.Boolean)
    more = pl.repeat(value=False, n=len(text), dtype=pl.Boolean, eager=True).scatter(rows, many.gather(codes))
    return text.scatter(rows, several.gather(codes)), why, more


def point(found: Undetermined) -> str:
    """The open points on which a value hangs, as a person reads them."""
    return ", ".join(f"{id_} ({BY_ID[id_].point})" for id_ in sorted(found.items))
