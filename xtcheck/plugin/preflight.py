"""Before the results: how each tenant and AWS entry stands, told as soon as everybody has signed in, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.licences import LICENCES, held
from xtcheck.kinds.writes import permissions_of_row
from xtcheck.model import Check, Entrance, Present, Ref
from xtcheck.permissions import needs, needs_to_write
from xtcheck.preflight import Preflight, denials, preflight, refused
from xtcheck.report import preflight as report

if TYPE_CHECKING:
    from xtcheck.config import Config
    from xtcheck.world import World

Json = Any
Tell = Callable[[Iterable[str]], None]


class Watch:
    """Gathers how signing in ended, and what the token allows, while the world is read."""

    def __init__(
        self,
        config: Config,
        checks: Sequence[Check],
        refs: Sequence[Ref],
        *,
        stated: Iterable[Check],
        tell: Tell,
        verbose: bool,
        mends: bool,
    ) -> None:
        self._config, self._tell, self._verbose = config, tell, verbose
        self._needs = needs(checks, refs)
        everything = tuple(stated)
        self._stated, self._mending = needs(everything, refs), needs_to_write(everything, permissions_of_row)
        self._mends = mends
        self._refs = (*(ref for check in checks for ref in check.refs.values()), *refs)
        self._entrances: dict[str, Entrance] = {}
        self._told: dict[str, Preflight] = {}

    def entered(self, entrance: Entrance) -> None:
        """Take note; when it was the last, tell how all stand."""
        self._entrances[entrance.place] = entrance
        if not self._needs.keys() - self._entrances.keys():
            self._say()

    def finish(self, world: World) -> dict[str, Json]:
        """Tell what only reading has shown; and how every place stands, for reports."""
        if not self._told:
            self._say()
        denied = denials(self._refs, world)
        ends = {
            place: replace(refused(found, denied.get(place, set())), licence=self._licence(place, world))
            for place, found in self._told.items()
        }
        self._tell(report.news(ends.values()))
        return {place: report.record(found) for place, found in ends.items()}

    def _say(self) -> None:
        self._told = {
            place: preflight(
                connection,
                self._needs,
                self._stated,
                self._entrances.get(place),
                mending=self._mending,
                also_writes=self._mends and self._config.writing[place].credential == connection.credential,
            )
            for place, connection in self._config.connections.items()
        }
        self._tell(report.lines(self._told.values(), verbose=self._verbose))

    def _licence(self, place: str, world: World) -> str:
        """The licence of a tenant, where a check has it read anyway."""
        tenant = self._config.estate.tenants.get(place)
        if tenant is None:
            return ""
        # Not read in this run, or in a form that the check of the licence itself reports.
        with suppress(LookupError, TypeError, AttributeError, ValueError, Uninterpretable):
            evidence = world.evidence(LICENCES.ref(Scope(self._config.estate, tenant=tenant)))
            if isinstance(evidence, Present):
                return held(evidence.document)
        return ""
