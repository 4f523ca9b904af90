"""Which permissions reading needs: computed from the kinds, never kept by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtcheck.model import Call, Each, Kind, Ref

IAM = {"sso-admin": "sso", "identitystore": "identitystore", "organizations": "organizations", "sts": "sts"}
"""IAM's prefix of each service's actions (Service Authorization Reference)."""


def chain(kind: Kind) -> Iterator[Kind]:
    """The kind and everything that must be read before it."""
    here: Kind | None = kind
    while here is not None:
        yield here
        here = here.parent


def permission(kind: Kind) -> str:
    """What reading one kind needs: a Graph application permission, an IAM action, or nothing."""
    match kind.source:
        case Call() as call:
            return action(call)
        case Each(Call() as call):
            return action(call)
        case _:
            return kind.permission


def action(call: Call) -> str:
    """The IAM action of an AWS operation."""
    return f"{IAM[call.service]}:{''.join(word.title() for word in call.operation.split('_'))}"


def needed(refs: Iterable[Ref]) -> dict[str, set[str]]:
    """The permissions that reading some references needs, by tenant or AWS entry; none that another one includes."""
    found: dict[str, set[str]] = {}
    for ref in refs:
        here: Ref | None = ref
        while here is not None:
            if here.kind.source is not None:
                name = permission(here.kind)
                found.setdefault(here.place, set()).update({name} if name else ())
            here = here.parent
    return {place: {name for name in names if not names & includers(name)} for place, names in found.items()}


WIDER = {"LicenseAssignment.Read.All": "Organization.Read.All"}
"""Graph permissions with another one that reads as much of what we read, and more (Graph: subscribedsku-list)."""


def includers(permission_: str) -> set[str]:
    """The permissions that include one: in Graph, ``X.ReadWrite.All`` includes ``X.Read.All``."""
    names = {permission_, WIDER.get(permission_, permission_)}
    return {form for name in names for form in (name, name.replace(".Read.", ".ReadWrite."))} - {permission_}
