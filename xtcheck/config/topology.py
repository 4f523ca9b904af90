"""Which tenant synchronizes into which: a named topology, or links one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from xtcheck.config import forms
from xtcheck.config.fields import Fields
from xtcheck.errors import Mark, Mistake, choices, collecting
from xtcheck.estate import Link, Tenant
from xtcheck.nodes import Node, Scalar

NAMED = ("many-to-one", "one-to-many", "mesh")
FORMS = f"write topology: {' | '.join(NAMED)}, or links: [{{from: alias, to: alias}}]"

Declared: TypeAlias = Mapping[str, Tenant | None]
"""Tenants by alias; None for one whose role is unknown: what depends on it is not judged."""


def links(top: Fields, tenants: Declared) -> tuple[Link, ...]:
    """All links. The mistakes of single links go where the fields put them.

    :raises Mistake: the topology and the tenants do not fit.
    """
    named, listed = top.node.get("topology"), top.node.get("links")
    if named and listed:
        raise Mistake(max(named.mark, listed.mark), "topology and links say the same thing twice", "keep one")
    if isinstance(named, Scalar):
        return _named(named, tenants)
    node = named or listed
    if node is None:
        raise Mistake(top.node.mark, "config.yml needs topology or links", FORMS)
    return _listed(node, tenants, top.mistakes)


def _named(word: Scalar, tenants: Declared) -> tuple[Link, ...]:
    if word.text not in NAMED:
        raise Mistake(word.mark, f"{word.shown!r} is no topology", choices(word.text, NAMED))
    known = [tenant for tenant in tenants.values() if tenant]
    if len(known) < len(tenants):
        return ()
    sources = [tenant.alias for tenant in known if tenant.role in ("source", "both")]
    targets = [tenant.alias for tenant in known if tenant.role in ("target", "both")]
    match word.text:
        case "many-to-one":
            _exactly_one(targets, "many-to-one needs exactly one target", word.mark)
        case "one-to-many":
            _exactly_one(sources, "one-to-many needs exactly one source", word.mark)
        case _:
            single = [tenant.alias for tenant in known if tenant.role != "both"]
            if single:
                text = f"in a mesh every tenant has the role both, but not {', '.join(single)}"
                raise Mistake(word.mark, text, "give them role: both, or write links")
    found = tuple(Link(source, target) for target in targets for source in sources if source != target)
    if not found:
        lacking = "source" if targets else "target"
        raise Mistake(word.mark, f"{word.text} links nobody: there is no other {lacking}", "declare one by its role")
    return found


def _exactly_one(aliases: Iterable[str], needed: str, mark: Mark) -> None:
    names = sorted(aliases)
    if len(names) != 1:
        raise Mistake(
            mark,
            f"{needed}, not {len(names)}{': ' if names else ''}{', '.join(names)}",
            "change a role, or write links",
        )


def _listed(node: Node, tenants: Declared, mistakes: list[Mistake]) -> tuple[Link, ...]:
    found: dict[tuple[str, str], Link] = {}
    listed = forms.items(node)
    if not listed:
        raise Mistake(node.mark, "no link is listed", "write [{from: alias, to: alias}]")
    for item in listed:
        with collecting(mistakes):
            link = _link(Fields(item, "the link", ("from", "to", "app"), mistakes), tenants)
            if link.source and (link.source, link.target) in found:
                raise Mistake(item.mark, f"the link from {link.source} to {link.target} stands twice", "name it once")
            pins = {(known.source, known.app) for known in found.values() if known.app}
            if link.source and (link.source, link.app) in pins:
                text = f"another link from {link.source} pins {link.app!r} too"
                raise Mistake(item.mark, text, "a configuration has one target: pin the one of this link")
            found[link.source, link.target] = link
    return tuple(found.values())


def _link(fields: Fields, tenants: Declared) -> Link:
    """One link; both ends are empty when one of them is mistaken."""
    source = fields.need("from", lambda node: _end(node, "source", tenants), "")
    target = fields.need("to", lambda node: _end(node, "target", tenants), "")
    if source and source == target:
        raise Mistake(fields.node.mark, f"{source} cannot synchronize into itself", "name two tenants")
    app = fields.read("app", forms.text, "")
    return Link(source, target, app) if source and target else Link("", "")


def _end(node: Node, role: str, tenants: Declared) -> str:
    word = forms.value(node)
    if word.text not in tenants:
        raise Mistake(word.mark, f"there is no tenant {word.shown!r}", choices(word.text, tenants, "declared"))
    tenant = tenants[word.text]
    if tenant and tenant.role not in (role, "both"):
        raise Mistake(word.mark, f"{word.text} is a {tenant.role}, not a {role}", f"give it role: {role} or both")
    return word.text
