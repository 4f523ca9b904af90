"""The rows of a provisioning job's schema: how users are mapped, who is filtered out, and what nobody declared.

Graph: learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema. Names of rules, mappings and
directories vary over time; the user mapping is the one whose source object is User. Live documents hold disabled stubs
besides, whose attribute mappings have no source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.mending import REMAPS
from xtcheck.model import Break, Ref, Seen, Setting, Severity
from xtcheck.values import Boolean, Findings, MappingSource, Names
from xtcheck.values.sources import OPTIONS, unlike

Json = Any

USERS = "synchronizationRules[].objectMappings[enabled=true,sourceObjectName=User]"
TYPE = MappingSource()


def attribute_row(console: str) -> Setting:
    """The family of attribute mappings, one row for each target attribute."""
    return Setting(
        "<attribute>",
        TYPE,
        "Where the value of a target attribute comes from (constant, direct or expression), and, when stated, whether "
        "it is written always or on creation, its matching precedence, and its default.",
        path=f"{USERS}.attributeMappings[targetAttributeName={{attribute}}]",
        lacking="drift",
        remedy=f"{console} > Provisioning > Mappings > the mapping of users",
    )


def enabled_row(key: str, object_: str, read: str, console: str) -> Setting:
    """Whether the mapping of users (or groups) is on."""

    def enabled(seen: Seen) -> bool:
        found = _object_mappings(seen.documents[read], object_)
        if not found or not all(isinstance(mapping["enabled"], bool) for mapping in found):
            raise Uninterpretable(f"the schema has no mapping of {object_} objects that says whether it is enabled")
        return any(mapping["enabled"] for mapping in found)

    path = f"synchronizationRules[].objectMappings[enabled=true,sourceObjectName={object_}].enabled"
    return Setting(
        key,
        Boolean(),
        f"The mapping of {object_.lower()}s is enabled. Without it no {object_.lower()} is provisioned.",
        view=enabled,
        breaks=(Break(read, path, value=False),),
        severity=Severity.CRITICAL,
        remedy=f"{console} > Provisioning > Mappings > the mapping of {object_.lower()}s > Enabled",
    )


def filters_row(read: str, console: str) -> Setting:
    """The scoping filters that admins made."""

    def filters(seen: Seen) -> list[str]:
        return _filters(user_mapping(seen.documents[read]), "groups")

    made = {"name": "made", "clauses": [_clause("department", "EQUALS", "Sales")]}
    return Setting(
        "scoping-filters",
        Names("scoping filters"),
        "The scoping filters of the user mapping, each as `attribute OPERATOR value`; the clauses of one filter are "
        "joined by ` AND `, and who passes any filter is in scope. [] when there is none. The service's own filter of "
        "external users is not among them: see built-in-filter.",
        view=filters,
        breaks=(
            Break(read, f"{USERS}.scope", {"groups": [made], "inputFilterGroups": [], "categoryFilterGroups": []}),
        ),
        severity=Severity.CRITICAL,
        remedy=f"{console} > Provisioning > Mappings > the mapping of users > Source object scope",
    )


def template_rows(
    reads: Callable[[Scope], Mapping[str, Ref]], schema: str, template: str, console: str
) -> tuple[Setting, ...]:
    """The rows that compare the job's schema with its template's; ``schema`` and ``template`` name the reads."""

    def undeclared(seen: Seen) -> list[Json]:
        return changes(seen.documents[schema], seen.documents[template])

    def altered(seen: Seen) -> list[str]:
        ours, theirs = (
            [text for part in BUILT_IN for text in _filters(user_mapping(seen.documents[read]), part)]
            for read in (schema, template)
        )
        return [
            *(f"missing: {text}" for text in theirs if text not in ours),
            *(f"not the service's: {text}" for text in ours if text not in theirs),
        ]

    other = {"groups": [], "inputFilterGroups": [{"name": "Other", "clauses": [_clause("a", "IS NULL")]}]}
    return (
        Setting(
            "undeclared-mappings",
            Findings("forbidden", exceptions="attributes"),
            "The user mapping is the template's default, apart from the attributes that policies state under mappings "
            "(there or under except is where to name them).",
            view=undeclared,
            reads=reads,
            breaks=(Break(schema, f"{USERS}.attributeMappings", []),),
            declares="attribute",
            mending=REMAPS,
            remedy=f"{console} > Provisioning > Mappings: restore the default, or state the attribute in a policy",
        ),
        Setting(
            "built-in-filter",
            Findings("kept"),
            "The filters that the service itself puts on the user mapping (for cross-tenant synchronization: external "
            "users and open invitations are left out) are those of the template.",
            view=altered,
            reads=reads,
            breaks=(Break(schema, f"{USERS}.scope", other),),
            severity=Severity.CRITICAL,
            mending=REMAPS,
            remedy=f"{console} > Provisioning > Mappings > Restore default mappings",
        ),
    )


BUILT_IN = ("inputFilterGroups", "categoryFilterGroups")
"""Where the service keeps its own filters; what admins make stands in ``groups`` (Graph: filter)."""


def user_mapping(schema: Json) -> Json:
    """The one enabled mapping of users; when none is enabled, the one that is there.

    :raises Uninterpretable: there is none, or which is meant cannot be told.
    """
    found = _object_mappings(schema, "User")
    meant = [mapping for mapping in found if mapping["enabled"] is True] or found
    if len(meant) != 1:
        raise Uninterpretable(f"the schema has {len(meant)} mappings of users")
    return meant[0]


def _object_mappings(schema: Json, object_: str) -> list[Json]:
    mappings = [mapping for rule in schema["synchronizationRules"] for mapping in rule["objectMappings"]]
    return [mapping for mapping in mappings if mapping["sourceObjectName"] == object_]


def changes(schema: Json, template: Json) -> list[Json]:
    """Each attribute whose mapping is not the template's: its name, and what differs.

    :raises Uninterpretable: none is known to be different, and of some it cannot be told.
    """
    ours, theirs = (_by_attribute(user_mapping(document)) for document in (schema, template))
    found: list[Json] = []
    untold: list[Uninterpretable] = []
    for name in sorted({*ours, *theirs}):
        try:
            text = _change(ours.get(name), theirs.get(name))
        except Uninterpretable as error:
            untold.append(Uninterpretable(f"{name}: {error}", error.remedy))
            continue
        if text:
            found.append({"name": name, "text": f"{name}: {text}"})
    if untold and not found:
        raise untold[0]
    return found


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


def _by_attribute(mapping: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for attribute in mapping["attributeMappings"]:
        name = str(attribute["targetAttributeName"])
        if name in found:
            raise Uninterpretable(f"{name} is mapped twice")
        found[name] = attribute
    return found


def _filters(mapping: Json, part: str) -> list[str]:
    groups = (mapping.get("scope") or {}).get(part) or []
    return [" AND ".join(map(_clause_text, group["clauses"])) or "(without any clause)" for group in groups]


def _clause_text(clause: Json) -> str:
    values = [str(value) for value in (clause.get("targetOperand") or {}).get("values") or ()]
    return " ".join(
        [str(clause["sourceOperandName"]), str(clause["operatorName"]), *([", ".join(values)] * bool(values))]
    )


def _clause(attribute: str, operator: str, *values: str) -> Json:
    return {"sourceOperandName": attribute, "operatorName": operator, "targetOperand": {"values": list(values)}}
