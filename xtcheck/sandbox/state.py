"""Everything that the emulated services know: one JSON tree, one clock, and what the tests may turn."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from xtcheck.sandbox.faults import Faults
from xtcheck.sandbox.log import Log
from xtcheck.sandbox.wire import Json

if TYPE_CHECKING:
    from xtcheck.sandbox.effects import Later

NEVER = "0001-01-01T00:00:00Z"
"""How the services print a moment that has not come yet."""


def stamp(moment: datetime) -> str:
    """A moment as Microsoft Graph prints it: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_exact(moment: datetime) -> str:
    """A moment as the synchronization service prints it: seven digits of a second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


class Clock:
    """Real time, moved forward by what the tests have advanced it."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        """The virtual moment, in UTC."""
        return datetime.now(UTC) + self.ahead

    def advance(self, by: timedelta) -> None:
        """Move the clock forward; it cannot go back."""
        if by < timedelta():
            raise ValueError("the clock cannot go back")
        self.ahead += by


class State:
    """The world that the services serve. ``tree`` is plain JSON; see ``worlds`` for its shape."""

    def __init__(self, tree: dict[str, Json] | None = None) -> None:
        self.tree: dict[str, Json] = tree if tree is not None else {"tenants": {}, "aws": {}}
        self.clock = Clock()
        self.lock = threading.RLock()
        self.log = Log()
        self.faults = Faults()
        self.page_size = 100
        """The largest page of any collection, when it is smaller than the services' own 100."""
        self.page_sizes: dict[str, int] = {}
        """Page sizes of single collections, by the last segment of their path."""
        self.next_cycle: datetime | None = None
        """When the engines have something to do next; None: ask them."""
        self.reaction = timedelta(seconds=30)
        """How long the engines wait after a write before they look at it."""
        self.polls = 1
        """How often the status of a request to IAM Identity Center is looked at before it is done."""
        self.awaited: set[tuple[str, ...]] = set()
        """Jobs that were started or restarted, and run with the next cycle: alias, service principal and id."""
        self.later: list[Later] = []
        """What faults hold back of writes that were answered."""
        self.before: dict[tuple[str, str | None], dict[str, Json]] = {}
        """Parts of the tree as they were before the latest write, while a fault shows them."""
        self.tokens: dict[str, dict[str, Json]] = {}
        """Bearer tokens already verified, with their claims."""
        self._snapshot: tuple[str, Clock] | None = None

    def tenant(self, tenant_id: str) -> tuple[str, dict[str, Json]] | None:
        """Alias and subtree of the tenant with that id or that verified domain."""
        wanted = tenant_id.lower()
        for alias, tenant in self.tree["tenants"].items():
            if tenant["id"] == wanted:
                return alias, tenant
        for alias, tenant in self.tree["tenants"].items():
            domains = (domain["name"].lower() for domain in tenant["organization"].get("verifiedDomains") or ())
            if tenant["id"].lower() == wanted or wanted in domains:
                return alias, tenant
        return None

    def snapshot(self) -> None:
        """Keep a copy of the tree, and the clock's time."""
        self._snapshot = json.dumps(self.tree), Clock(self.clock.ahead)

    def restore(self) -> bool:
        """Put the kept copy back; False when none was kept."""
        if self._snapshot is None:
            return False
        tree, clock = self._snapshot
        self.tree = json.loads(tree)
        self.clock = Clock(clock.ahead)
        self.next_cycle = None
        self.awaited.clear()
        self.later.clear()
        self.before.clear()
        return True
