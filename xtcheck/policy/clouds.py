"""National clouds: where a statement does not apply, because what it is about, or needs, does not exist there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xtcheck.estate import Scope
    from xtcheck.model import Kind, Ref


def moot(kind: Kind, refs: Iterable[Ref], scope: Scope) -> str:
    """Why a statement does not apply; empty when it does.

    :param refs: what it would read.
    """
    for needed, place in _needed(kind, refs, scope):
        tenant = scope.estate.tenants.get(place) if needed.not_in else None
        if tenant and tenant.cloud in needed.not_in:
            return f"{tenant.alias} is in the cloud {tenant.cloud}, which has no {needed.title}"
    return ""


def lacking(kind: Kind, refs: Iterable[Ref], scope: Scope) -> dict[str, frozenset[str]]:
    """In which clouds the tenants of a scope must not be for a statement to apply, by the tenant's alias."""
    found: dict[str, frozenset[str]] = {}
    for needed, place in _needed(kind, refs, scope):
        if needed.not_in:
            found[place] = found.get(place, frozenset()) | needed.not_in
    return found


def _needed(kind: Kind, refs: Iterable[Ref], scope: Scope) -> Iterator[tuple[Kind, str]]:
    """Every kind that a statement depends on, and whose it is."""
    here: Kind | None = kind
    while here is not None:
        yield here, scope.place(here.home)
        if here.needs:
            yield here.needs, scope.place(here.needs.home)
        here = here.parent
    for ref in refs:
        for above in ref.lineage():
            yield above.kind, above.place
