"""What a document applies to: from ``applies-to`` and the estate to the tenants, links or AWS entries meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtcheck.errors import Mistake, choices
from xtcheck.estate import Scope
from xtcheck.nodes import Mapping, Node, Scalar, Sequence, described, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xtcheck.estate import Estate
    from xtcheck.model import Subject

APPLIES_TO = "applies-to"
FORMS = "{role: source}, {role: target}, {tenant: alias}, link, {link: {from: alias}}, aws or {aws: alias}"


def scopes(node: Node, estate: Estate) -> tuple[Subject, list[Scope]]:
    """The kind of subject and each scope.

    :raises Mistake: the form is unknown, an alias is, or nothing is meant.
    """
    subject, found = _scopes(node, estate)
    if not found:
        raise Mistake(
            node.mark, "the document expands to nothing", "config.yml declares no such tenant, link or AWS entry"
        )
    return subject, found


def _scopes(node: Node, estate: Estate) -> tuple[Subject, list[Scope]]:
    match node:
        case Scalar(text="link"):
            return "link", [Scope(estate, link=link) for link in estate.links]
        case Scalar(text="aws"):
            return "aws", [Scope(estate, aws=aws) for aws in estate.aws.values()]
        case Mapping(entries=((Scalar(text="role"), value),)):
            return "tenant", _by_role(scalar(value, "source or target"), estate)
        case Mapping(entries=((Scalar(text="tenant"), value),)):
            tenants = [estate.tenants[alias] for alias in _aliases(value, estate.tenants, "a tenant")]
            return "tenant", [Scope(estate, tenant=tenant) for tenant in tenants]
        case Mapping(entries=((Scalar(text="link"), Mapping() as value),)):
            return "link", _by_ends(value, estate)
        case Mapping(entries=((Scalar(text="aws"), value),)):
            entries = [estate.aws[alias] for alias in _aliases(value, estate.aws, "an AWS entry")]
            return "aws", [Scope(estate, aws=aws) for aws in entries]
    raise Mistake(node.mark, f"applies-to cannot be {described(node)}", f"write {FORMS}")


def _by_role(role: Scalar, estate: Estate) -> list[Scope]:
    if role.text not in {"source", "target"}:
        raise Mistake(role.mark, f"unknown role {role.shown!r}", "write source or target")
    return [Scope(estate, tenant=tenant) for tenant in estate.tenants.values() if tenant.role in (role.text, "both")]


def _aliases(node: Node, known: Iterable[str], what: str) -> list[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    names = [scalar(item, f"the alias of {what}") for item in items]
    for name in names:
        if name.text not in known:
            raise Mistake(name.mark, f"config.yml declares no {name.shown!r}", choices(name.text, known, "declared"))
        if [other.text for other in names].count(name.text) > 1:
            raise Mistake(name.mark, f"{name.shown!r} stands twice", "name it once")
    return [name.text for name in names]


def _by_ends(node: Mapping, estate: Estate) -> list[Scope]:
    if not node.entries:
        raise Mistake(node.mark, "no end of the links is named", "write from, to or both; or applies-to: link")
    ends: dict[str, list[str]] = {}
    for key, value in node.entries:
        if key.text not in {"from", "to"}:
            raise Mistake(key.mark, f"unknown key {key.shown!r}", "write from, to or both")
        ends[key.text] = _aliases(value, estate.tenants, "a tenant")
    return [
        Scope(estate, link=link)
        for link in estate.links
        if link.source in ends.get("from", (link.source,)) and link.target in ends.get("to", (link.target,))
    ]
