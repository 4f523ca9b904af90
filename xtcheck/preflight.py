"""What signing in shows before anything is read: who may read what, and what will therefore be unknown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from xtcheck.connection import LOGIN
from xtcheck.model import Failed, Ref, Unread
from xtcheck.permissions import Excess, Need, Needs, excessive, least, missing

if TYPE_CHECKING:
    from xtcheck.answers import Entrance
    from xtcheck.connection import Connection
    from xtcheck.world import World


@dataclass(frozen=True, slots=True)
class Preflight:
    """How one tenant or AWS entry stands.

    ``entrance`` is None where nobody signed in, because nothing had to be read with a credential. ``missing`` is what
    the token lacks, ``denied`` what the service refused in spite of it; each with the checks that are unknown for it.
    """

    place: str
    cloud: str
    needs: Mapping[str, Need]
    entrance: Entrance | None = None
    missing: Mapping[str, Need] = field(default_factory=dict)
    denied: Mapping[str, Need] = field(default_factory=dict)
    excessive: tuple[Excess, ...] = ()
    consent: str = ""
    licence: str = ""

    @property
    def stopped(self) -> bool:
        """Whether nobody gets in."""
        return self.entrance is not None and bool(self.entrance.refused)

    @property
    def well(self) -> bool:
        """Whether nothing that is needed is known to be missing."""
        return not (self.stopped or self.missing or self.denied)

    @property
    def unknown(self) -> dict[str, str]:
        """The checks that cannot be judged, with their areas."""
        lacking = self.needs if self.stopped else {**self.missing, **self.denied}
        return {name: area for need in lacking.values() for name, area in need.checks.items()}


def preflight(
    connection: Connection,
    needs: Needs,
    stated: Needs,
    entrance: Entrance | None,
    *,
    mending: Needs,
    also_writes: bool = False,
) -> Preflight:
    """How a place stands, by what its token says.

    :param needs: of what is selected: what it lacks is missing.
    :param stated: of everything that the policies state: only what not even that needs is excessive.
    :param mending: what putting right all that the policies state needs.
    :param also_writes: in this run the same token puts right, so that what that needs is not excessive.
    """
    wanted = needs.get(connection.place, {})
    found = Preflight(connection.place, connection.cloud, wanted, entrance)
    if entrance is None:
        return found
    consent = consent_link(connection, entrance.who)
    if entrance.roles is None or entrance.refused:
        return replace(found, consent=consent)
    lacking = missing(wanted, entrance.roles)
    more = excessive(stated.get(connection.place, {}), entrance.roles, mending.get(connection.place, {}))
    more = tuple(excess for excess in more if not (also_writes and excess.mends))
    return replace(found, missing=lacking, excessive=more, consent=consent)


def refused(found: Preflight, names: AbstractSet[str]) -> Preflight:
    """The same, with the permissions that the service denied while it was read, whatever the token had said."""
    news = (names - found.missing.keys()) & found.needs.keys()
    return replace(found, denied=least({name: found.needs[name] for name in news}))


def denials(refs: Iterable[Ref], world: World) -> dict[str, set[str]]:
    """The permissions that services denied, by place."""
    denied = {request for request, answer in world.answers.items() if isinstance(answer, Failed) and answer.denied}
    found: dict[str, set[str]] = {}
    for ref in refs if denied else ():
        evidence = world.evidence(ref)
        if isinstance(evidence, Unread) and evidence.permission:
            for request in denied.intersection(evidence.requests):
                found.setdefault(request.place, set()).add(evidence.permission)
    return found


def consent_link(connection: Connection, client_id: str) -> str:
    """Where an administrator of the tenant consents to what the application's registration asks for.

    The v1 form; the v2 form (``/v2.0/adminconsent``) also wants a scope and a redirect URI that is registered.
    learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent, …/identity-platform/v2-admin-consent
    """
    if connection.region or not client_id:
        return ""
    return f"{LOGIN[connection.cloud]}/{connection.identity}/adminconsent?client_id={client_id}"
