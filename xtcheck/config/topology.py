"""Which tenant synchronizes into which: a named topology, or links one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xtcheck.config.fields import Fields
from xtcheck.errors import Mistake, choices
from xtcheck.estate import Link, Tenant
from xtcheck.nodes import Node, Scalar, sequence

if TYPE_CHECKING:
    from xtcheck.errors import Mark

NAMED = ("many-to-one", "one-to-many", "mesh")


def links(top: Fields, tenants: Mapping[str, Tenant]) -> tuple[Link, ...]:
    """All links.

    :raises Mistake: the topology and the tenants do not fit.
    """
    named, listed = top.get("topology"), top.get("links")
    if named and listed:
        raise Mistake(listed.mark, "topology and links are two ways to say one thing", "keep one")
    if isinstance(named, Scalar):
        return _named(named, tenants)
    node = named or listed
    if node is None:
        raise Mistake(
            top.node.mark,
            "config.yml needs topology or links",
            f"write topology: {' | '.join(NAMED)}, or links: [{{from, to}}]",
        )
    return _listed(node, tenants, top.mistakes)


def _named(word: Scalar, tenants: Mapping[str, Tenant]) -> tuple[Link, ...]:
    sources = [tenant.alias for tenant in tenants.values() if tenant.role in ("source", "both")]
    targets = [tenant.alias for tenant in tenants.values() if tenant.role in ("target", "both")]
    match word.text:
        case "many-to-one":
            _exactly_one(targets, "target", word.mark)
        case "one-to-many":
            _exactly_one(sources, "source", word.mark)
        case "mesh":
            single = [tenant.alias for tenant in tenants.values() if tenant.role != "both"]
            if single:
                raise Mistake(
                    word.mark,
                    f"in a mesh every tenant is both; not so {', '.join(single)}",
                    "give them role: both, or list links",
                )
        case _:
            raise Mistake(word.mark, f"{word.shown!r} is no topology", choices(word.text, NAMED))
    found = tuple(Link(source, target) for target in targets for source in sources if source != target)
    if not found:
        raise Mistake(word.mark, f"{word.text} links nobody", "declare at least one source and one target")
    return found


def _exactly_one(aliases: list[str], role: str, mark: Mark) -> None:
    if len(aliases) != 1:
        raise Mistake(
            mark,
            f"this topology needs exactly one {role}, but there are {', '.join(aliases) or 'none'}",
            "or list links",
        )


def _listed(node: Node, tenants: Mapping[str, Tenant], mistakes: list[Mistake]) -> tuple[Link, ...]:
    found: list[Link] = []
    for item in sequence(node, "a list of {from, to}").items:
        fields = Fields(item, "the link", ("from", "to", "app"), mistakes)
        ends = [_end(fields, key, fit, tenants) for key, fit in (("from", "source"), ("to", "target"))]
        link = Link(ends[0], ends[1], fields.text("app", ""))
        if link.source == link.target:
            raise Mistake(item.mark, f"{link.source} cannot synchronize into itself", "name two tenants")
        if (link.source, link.target) in {(known.source, known.target) for known in found}:
            raise Mistake(item.mark, f"the link from {link.source} to {link.target} stands twice", "name it once")
        found.append(link)
    if not found:
        raise Mistake(node.mark, "no link is listed", "write [{from: alias, to: alias}]")
    return tuple(found)


def _end(fields: Fields, key: str, fit: str, tenants: Mapping[str, Tenant]) -> str:
    word = fields.word(key)
    if word.text not in tenants:
        raise Mistake(word.mark, f"there is no tenant {word.shown!r}", choices(word.text, tenants, "declared"))
    if tenants[word.text].role not in (fit, "both"):
        raise Mistake(word.mark, f"{word.text} is no {fit}", f"give it role: {fit} or both")
    return word.text
