"""The rows of a provisioning job's schema: how users are mapped, who is filtered out, and what nobody declared.

Graph: learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema. Names of rules, mappings and
directories vary over time; the user mapping is the one whose source object is User. Live documents hold disabled stubs
besides, whose attribute mappings have no source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds import scoping
from xtcheck.kinds.mapping_writes import (
    BUILT_IN,
    CYCLES,
    STATED,
    TYPE,
    UNDECLARED,
    USER,
    filters_of,
    sends_actions,
    sends_declared,
    sends_enabled,
    sends_filters,
    sends_of_template,
    sends_template_filters,
)
from xtcheck.kinds.mending import REMAPS
from xtcheck.kinds.schema_places import ACTIONS, actions_of, by_attribute, object_mapping, object_mappings
from xtcheck.model import Break, Ref, Seen, Setting, Severity
from xtcheck.values import Boolean, Findings, Names
from xtcheck.values.findings import unknown
from xtcheck.values.names import listed
from xtcheck.values.sources import OPTIONS, unlike

Json = Any

MAPPING = "synchronizationRules[].objectMappings[enabled=true,sourceObjectName=%s]"
USERS = MAPPING % USER


def attribute_row(schema: str, console: str) -> Setting:
    """The family of attribute mappings, one row for each target attribute; ``schema`` names the read."""
    return Setting(
        "<attribute>",
        TYPE,
        "Where the value of a target attribute comes from (constant, direct or expression), and, when stated, whether "
        "it is written always or on creation, its matching precedence, and its default.",
        path=f"{USERS}.attributeMappings[targetAttributeName={{attribute}}]",
        lacking="drift",
        sends=sends_declared(schema),
        forgets=CYCLES,
        remedy=f"{console} > Provisioning > Mappings > the mapping of users",
    )


def enabled_row(key: str, object_: str, read: str, console: str) -> Setting:
    """Whether the mapping of users (or groups) is on."""

    def enabled(seen: Seen) -> bool:
        found = object_mappings(seen.documents[read], object_)
        if not found or not all(isinstance(mapping["enabled"], bool) for mapping in found):
            raise Uninterpretable(f"the schema has no mapping of {object_} objects that says whether it is enabled")
        return any(mapping["enabled"] for mapping in found)

    return Setting(
        key,
        Boolean(),
        f"The mapping of {object_.lower()}s is enabled. Without it no {object_.lower()} is provisioned.",
        view=enabled,
        sends=sends_enabled(object_),
        forgets=CYCLES,
        breaks=(Break(read, f"{MAPPING % object_}.enabled", value=False),),
        severity=Severity.CRITICAL,
        remedy=f"{console} > Provisioning > Mappings > the mapping of {object_.lower()}s > Enabled",
    )


def actions_row(object_: str, read: str, console: str) -> Setting:
    """What the mapping of users (or groups) does in the target."""
    several = f"{object_.lower()}s"

    def actions(seen: Seen) -> list[str]:
        return actions_of(object_mapping(seen.documents[read], object_))

    path = f"{MAPPING % object_}.flowTypes"
    return Setting(
        STATED[object_],
        Names("actions", known=tuple(ACTIONS.values())),
        f"What the mapping of {several} does in the target (target object actions): create, update, delete. Without "
        f"create no {object_.lower()} arrives, without update none is changed, and without delete whoever leaves "
        "stays. A schema that does not say has all three, which is the documented default.",
        view=actions,
        sends=sends_actions(object_, read),
        forgets=CYCLES,
        breaks=(Break(read, path, "Add, Update"), Break(read, path, "None")),
        severity=Severity.CRITICAL,
        remedy=f"{console} > Provisioning > Mappings > the mapping of {several} > Target object actions",
    )


def filters_row(read: str, console: str) -> Setting:
    """The scoping filters that admins made."""

    def filters(seen: Seen) -> list[str]:
        return filters_of(user_mapping(seen.documents[read]), "groups")

    made = {"name": "made", "clauses": [scoping.clause("department", "EQUALS", "Sales")]}
    return Setting(
        "scoping-filters",
        Names("scoping filters"),
        "The scoping filters of the user mapping, each as `attribute OPERATOR value`; the clauses of one filter are "
        "joined by ` AND `, and who passes any filter is in scope. [] when there is none. The service's own filter of "
        "external users is not among them: see built-in-filter.",
        view=filters,
        sends=sends_filters(read),
        forgets=CYCLES,
        breaks=(
            Break(read, f"{USERS}.scope", {"groups": [made], "inputFilterGroups": [], "categoryFilterGroups": []}),
        ),
        severity=Severity.CRITICAL,
        remedy=f"{console} > Provisioning > Mappings > the mapping of users > Source object scope",
    )


def template_rows(
    reads: Callable[[Scope], Mapping[str, Ref]],
    schema: str,
    template: str,
    console: str,
    objects: tuple[str, ...] = (USER,),
) -> tuple[Setting, ...]:
    """The rows that compare the job's schema with its template's.

    ``schema`` and ``template`` name the reads, ``objects`` of what the job has a mapping.
    """

    def altered(seen: Seen) -> list[str]:
        ours, theirs = (
            [text for part in BUILT_IN for text in filters_of(user_mapping(seen.documents[read]), part)]
            for read in (schema, template)
        )
        return [
            *(f"missing: {text}" for text in theirs if text not in ours),
            *(f"not the service's: {text}" for text in ours if text not in theirs),
        ]

    other = {"groups": [], "inputFilterGroups": [{"name": "Other", "clauses": [scoping.clause("a", "IS NULL")]}]}
    return (
        *(_undeclared_row(object_, reads, schema, template, console) for object_ in objects),
        Setting(
            "built-in-filter",
            Findings("kept"),
            "The filters that the service itself puts on the user mapping (for cross-tenant synchronization: external "
            "users and open invitations are left out) are those of the template.",
            view=altered,
            sends=sends_template_filters(schema, template),
            forgets=CYCLES,
            reads=reads,
            breaks=(Break(schema, f"{USERS}.scope", other),),
            severity=Severity.CRITICAL,
            mending=REMAPS,
            remedy=f"{console} > Provisioning > Mappings > Restore default mappings",
        ),
    )


def _undeclared_row(
    object_: str, reads: Callable[[Scope], Mapping[str, Ref]], schema: str, template: str, console: str
) -> Setting:
    """The row that compares the mapping of users (or groups) with the template's."""

    def undeclared(seen: Seen) -> list[Json]:
        return changes(seen.documents[schema], seen.documents[template], object_)

    word, stated = object_.lower(), ("attribute",) if object_ == USER else ()
    attributes = "attributes under mappings, and " if stated else ""
    return Setting(
        "undeclared-mappings" if object_ == USER else f"undeclared-{word}-mappings",
        UNDECLARED,
        f"The {word} mapping is the template's default in its attributes and its actions, apart from what policies "
        f"state: {attributes}{STATED[object_]} (there or under except is where to name them).",
        view=undeclared,
        sends=sends_of_template(object_, schema, template, changes),
        forgets=CYCLES,
        reads=reads,
        breaks=(Break(schema, f"{MAPPING % object_}.attributeMappings", []),),
        declares=(*stated, STATED[object_]),
        mending=REMAPS,
        remedy=f"{console} > Provisioning > Mappings: restore the default, or state what differs in a policy",
    )


def user_mapping(schema: Json) -> Json:
    """The one enabled mapping of users; when none is enabled, the one that is there.

    :raises Uninterpretable: there is none, or which is meant cannot be told.
    """
    return object_mapping(schema, USER)


def changes(schema: Json, template: Json, object_: str = USER) -> list[Json]:
    """Each attribute whose mapping is not the template's: its name, and what differs; also of which it is not known.

    The actions of the mapping as a whole come first, by the name of the row that would state them.
    """
    one, other = (object_mapping(document, object_) for document in (schema, template))
    ours, theirs = by_attribute(one), by_attribute(other)
    differing: dict[str, Callable[[], str]] = {STATED[object_]: partial(_changed_actions, one, other)}
    differing |= {name: partial(_change, ours.get(name), theirs.get(name)) for name in sorted({*ours, *theirs})}
    found: list[Json] = []
    for name, compared in differing.items():
        try:
            text = compared()
        except Uninterpretable as error:
            found.append(unknown(name, str(error), remedy=error.remedy))
            continue
        if text:
            found.append({"name": name, "text": f"{name}: {text}"})
    return found


def _changed_actions(one: Json, other: Json) -> str:
    ours, theirs = actions_of(one), actions_of(other)
    return "" if ours == theirs else f"{listed(ours)}; the template has {listed(theirs)}"


def _change(one: Json, other: Json) -> str:
    """What differs between our mapping of an attribute and the template's, or nothing."""
    if one is None:
        return f"not mapped; the template maps {TYPE.show(TYPE.read(other))}"
    ours = TYPE.read(one)
    if other is None:
        return f"mapped ({TYPE.show(ours)}); the template does not map it"
    theirs = TYPE.read(other)
    alike = all(ours[option] == theirs[option] for option in OPTIONS)
    if alike and unlike(theirs, ours) is None:
        return ""
    return f"{TYPE.show(ours)}; the template has {TYPE.show(theirs)}"
