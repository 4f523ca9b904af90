"""What a tenant's audit log tells of changes: when a user, or a group, was changed, and in which properties.

Graph: learn.microsoft.com/graph/api/directoryaudit-list and resources/directoryaudit, which name ``$filter`` (``eq`` on
activityDisplayName), ``$orderby``, ``$top``; the service's own tips name ``$select``. Learn:
entra/identity/monitoring-health/reference-audit-activities (*Update user*, *Update group*), and reference-log-latency:
an event takes some minutes until it is there. Everybody's changes have no end, so only the newest page is read, which
tells of the time since its oldest event. A changed property stands in ``modifiedProperties`` by the directory's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.jobs import moment
from xtcheck.model import Get, Kind, Ref
from xtcheck.settling import UNKNOWN, Start

Json = Any

NEWEST = 500
"""Events of a page."""
RETENTION = timedelta(days=7)
"""How long events are kept at least (Learn: entra/identity/monitoring-health/reference-reports-data-retention); with a
premium licence thirty days."""
TOLD = frozenset({
    "city", "companyname", "country", "department", "displayname", "givenname", "jobtitle", "mail", "mailnickname",
    "mobile", "mobilephone", "officelocation", "physicaldeliveryofficename", "postalcode", "preferredlanguage", "state",
    "streetaddress", "surname", "telephonenumber", "businessphones", "usagelocation", "userprincipalname", "usertype",
    "description", "membershiprule", "membershiprulestate", "membershipruleprocessingstate",
})  # fmt: skip
"""Properties whose changes are *updates*, in small letters, by the names of Graph, of rules and of provisioning. Others
have activities of their own (licences, managers, disabling), so that no update of them proves nothing."""
INCLUDED, BESIDE = "Included Updated Properties", ("Included Updated Properties", "TargetId.", "Action Client Name")
"""Entries of ``modifiedProperties`` that are no property: the first lists their names."""

NOTHING = "the audit log, which may be minutes behind, shows no change within that time"


def _updates(of: str) -> str:
    filter_ = f"activityDisplayName eq 'Update {of}'"
    chosen = "id,activityDateTime,result,targetResources"
    return f"/auditLogs/directoryAudits?$filter={filter_}&$orderby=activityDateTime desc&$select={chosen}&$top={NEWEST}"


# The page names AuditLog.Read.All and Directory.Read.All together; the permissions reference, the first for the log.
_Kind = partial(Kind, home="tenant", permission="AuditLog.Read.All", area="groups")
UPDATED_USERS = _Kind("updated-users", "newest updates of users in the audit log", source=Get(_updates("user")))
UPDATED_GROUPS = _Kind("updated-groups", "newest updates of groups in the audit log", source=Get(_updates("group")))


def updated(scope: Scope, *kinds: Kind) -> dict[str, Ref]:
    """The reads of one tenant's updates."""
    return {kind.name: kind.ref(scope) for kind in kinds}


class _Event(NamedTuple):
    at: datetime
    names: frozenset[str]
    """The properties that were changed, in small letters; empty where that is not told."""


class Updates:
    """What one page of the log tells of each object."""

    def __init__(self, page: Json, now: datetime) -> None:
        """:param page: what was read; None, or what is not understood, tells nothing."""
        self._since: datetime | None = None
        self._events: dict[str, list[_Event]] = {}
        try:
            self._read(page, now)
        except (Uninterpretable, LookupError, TypeError, AttributeError, ValueError):
            self._since, self._events = None, {}

    def _read(self, page: Json, now: datetime) -> None:
        times = []
        for event in page["value"] if page is not None else ():
            at = moment(event["activityDateTime"])
            if at is None:
                raise Uninterpretable("an event of the audit log has no time")
            times.append(at)
            for target in event["targetResources"] if event["result"] == "success" else ():
                found = _Event(at, frozenset(_names(target.get("modifiedProperties") or ())))
                self._events.setdefault(str(target["id"]).lower(), []).append(found)
        if page is not None:
            whole = "@odata.nextLink" not in page
            self._since = now - RETENTION if whole else min(times, default=None)

    def start(self, identifier: str, names: Iterable[str]) -> Start:
        """When what hangs on some properties of an object began to, as far as the log tells."""
        asked = {name.lower() for name in names}
        events = self._events.get(identifier.lower(), ())
        newest = max((event.at for event in events if event.names & asked), default=None)
        later = [event for event in events if newest is None or event.at > newest]
        silent = any(not event.names or event.names - TOLD for event in later)
        if newest is not None:
            return Start(newest, None if silent else newest, "its last change, by the audit log, is longer ago")
        if self._since is None or silent or not asked <= TOLD:
            return UNKNOWN
        return Start(None, self._since, NOTHING)


def _names(properties: Iterable[Mapping[str, Json]]) -> Iterable[str]:
    """What was changed, in small letters: by the entries of their own, else by the list of names."""
    entries = list(properties)
    own = [str(each["displayName"]).lower() for each in entries if not str(each["displayName"]).startswith(BESIDE)]
    if own:
        return own
    listed = next((each.get("newValue") for each in entries if each["displayName"] == INCLUDED), None)
    return [name.strip().lower() for name in str(json.loads(listed or '""')).split(",") if name.strip()]


KINDS = (UPDATED_USERS, UPDATED_GROUPS)
