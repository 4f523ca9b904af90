"""Whether the next cycle of a provisioning job may put right what differs: by when that came to be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from xtcheck.kinds.audits import UPDATED_USERS, Updates
from xtcheck.kinds.jobs import ailments, moment, running
from xtcheck.kinds.mapping_writes import STATED, USER
from xtcheck.kinds.schema_places import ACTIONS, ENABLED, actions_of
from xtcheck.model import Earlier, Lag, Seen
from xtcheck.provisioned import attributes
from xtcheck.settling import UNKNOWN, Settled, Start, State, settling
from xtcheck.values.mapped import ASIDE

if TYPE_CHECKING:
    from xtcheck.provisioned.flows import Flow
    from xtcheck.provisioned.told import Apart

Json = Any

CYCLE = Lag(
    timedelta(minutes=50),
    "a cycle carries a change",
    "learn.microsoft.com/entra/identity/app-provisioning/how-provisioning-works: every 40 minutes, and what it takes",
)
"""Documented are the 40 minutes; a cycle takes some more."""
NEVER = "no cycle puts this right while {}"
NEEDED = {
    "missing": "create",
    "different": "update",
    "disabled": "update",
    "enabled": "update",
    "orphans": "delete",
    "leftovers": "delete",
}
"""What a mapping must do so that a cycle puts right how somebody differs (Graph: objectMapping, flowTypes)."""


class Cycles:
    """What is known of since when a job has had something to carry."""

    def __init__(self, seen: Seen, job: Json, mapping: Json, flows: Iterable[Flow], assignments: Json) -> None:
        """:param assignments: of the job's app, each with the time at which it was made.

        :raises Uninterpretable: the job, or what its mapping does, is not understood.
        """
        self._now, self._settle, self._before = seen.now, seen.settle, seen.before
        self._ill, self._running = bool(ailments(job, seen.now)), running(job, seen.now)
        self._enabled, self._actions = mapping[ENABLED] is True, actions_of(mapping)
        self._updates = Updates(seen.documents.get(UPDATED_USERS.name), seen.now)
        self._made_of = {flow.attribute: {*flow.attributes, *attributes.columns(flow.attributes)} for flow in flows}
        self._assignments = assignments

    def state(self, one: Apart) -> State:
        """Whether a difference may go by itself."""
        if why := self._never(NEEDED[one.how]):
            return Settled(NEVER.format(why))
        start = self._came(one) & self._changed(one) & _seen_before(self._before, one)
        return settling(self._now, CYCLE, declared=self._settle, start=start)

    def _never(self, action: str) -> str:
        """Why no cycle does something; nothing where one may."""
        if self._running != "on":
            return f"the job is {self._running} (see provisioning)"
        if self._ill:
            return "the job is as it is (see health)"
        if not self._enabled:
            return "the mapping is off (see mapping-enabled)"
        return "" if action in self._actions else f"the mapping does not {action} (see {STATED[USER]})"

    def notes(self) -> list[str]:
        """What the mapping leaves undone, so that what is well now does not stay so."""
        if not self._enabled:
            return ["the mapping is off (see mapping-enabled)"]
        lacking = [action for action in ACTIONS.values() if action not in self._actions]
        return [f"the mapping does not {' or '.join(lacking)} (see {STATED[USER]})"] if lacking else []

    def _came(self, one: Apart) -> Start:
        """Who is missing came, or was assigned, no earlier than that."""
        if one.how != "missing":
            return UNKNOWN
        id_ = one.person.id.lower()
        given = [moment(each.get("createdDateTime")) for each in self._assignments
                 if str(each["principalId"]).lower() == id_]  # fmt: skip
        return Start(max((time for time in (one.person.since, *given) if time is not None), default=None))

    def _changed(self, one: Apart) -> Start:
        """What a value is made of changed no earlier than that; that nothing did says nothing: the mapping may have."""
        match one.how:
            case "different":
                names: Iterable[str] = self._made_of.get(one.attribute, ())
            case "disabled" | "enabled":
                names = ("accountEnabled",)
            case _:
                return UNKNOWN
        return Start(self._updates.start(one.person.id, names).earliest)


def _seen_before(before: Earlier | None, one: Apart) -> Start:
    """What the earlier world tells: it had the same difference, or nothing to say of that."""
    if before is None:
        return UNKNOWN
    listed = [(each.get("how", part), each.get("text", each["why"])) for part in ASIDE for each in before.value[part]
              if each["id"] == one.person.id]  # fmt: skip
    if (one.how, one.why) in listed:
        return Start(None, before.at, f"it was so at {before.at:%Y-%m-%d %H:%M} UTC, in the world before")
    # Of somebody who is there every value that differs is told.
    others = [text for how, text in listed
              if not (one.how == how == "different" and not text.startswith(f"{one.attribute} "))]  # fmt: skip
    return UNKNOWN if others else Start(before.at)
