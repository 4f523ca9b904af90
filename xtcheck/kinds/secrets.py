"""The rows of what a provisioning app keeps as "secrets": its scope, and whom it tells about what.

Only a permission that also writes reads them, and no reference documents the read (graph.microsoft.com
/servicePrincipals/{id}/synchronization/secrets): the rows are opt-in, and a person's dated word may stand in. Values
that are secret come back as one asterisk.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from xtcheck.errors import NotThere, Uninterpretable
from xtcheck.kinds.mending import PROVISIONS, SAFE, less
from xtcheck.model import Break, Mending, Seen, Setting, Severity
from xtcheck.shapes import Pairs, Send, Window
from xtcheck.values import Choice, Names, NumberOrOff

Json = Any

OPT_IN = (
    "set read-secrets: true for the tenant (needs Synchronization.ReadWrite.All), or let a person attest it: "
    "attested: {by: …, on: …, until: …}"
)
PERMISSION = "Synchronization.ReadWrite.All"
NOTIFICATIONS = "SyncNotificationSettings"


def secret(document: Json, key: str) -> str | None:
    """The value of one key; None when there is none.

    :raises Uninterpretable: the document has another shape than seen so far.
    """
    pairs = document["value"]
    if not isinstance(pairs, list):
        raise Uninterpretable("the settings of the app are not a list")
    found = [pair["value"] for pair in pairs if pair["key"] == key]
    if len(found) > 1:
        raise Uninterpretable(f"{key} is there several times")
    return str(found[0]) if found and found[0] is not None else None


def secrets_shape(app: str, restart: str, *first: str) -> Pairs:
    """How the settings are written: by key, only those that change (Graph: synchronization-synchronization-secrets).

    Another scope takes effect with a restart of the job only (Learn: app-provisioning/define-conditional-rules-for-
    provisioning-user-accounts), which creates people, or takes access from everybody who is not assigned: a job that
    runs must have its assignments and mappings ``first``.
    """
    return Pairs(
        Send("PUT", f"/servicePrincipals/{{{app}.id}}/synchronization/secrets", PERMISSION),
        parts={
            NOTIFICATIONS: {
                "Enabled": False, "DeleteThresholdEnabled": False, "HumanResourcesLookaheadQueryEnabled": False,
            },
        },
        window=Window("provisioning-secrets", 5, 300, "what was put is shown after up to minutes"),
        order=60,
        late=frozenset({"#SyncAll"}),
        first=frozenset(first),
        then=restart,
        meanings={f"#{NOTIFICATIONS}.Recipients": _addresses, f"#{NOTIFICATIONS}.DeleteThresholdValue": _number},
    )  # fmt: skip


def _addresses(recipients: Json) -> Json:
    """The addresses that a text lists, which are the same in any letter case and order."""
    parts = re.split("[,; ]+", recipients) if isinstance(recipients, str) else ()
    return sorted({part.casefold() for part in parts if part}) or None


def _number(threshold: Json) -> Json:
    """A number that may be shown as a text."""
    return int(threshold) if isinstance(threshold, str) and threshold.isdecimal() else threshold


def _sets_recipients(expected: Json, document: Json) -> Mapping[str, Json]:
    told = {} if secret(document, NOTIFICATIONS) is None else _notifications(document)
    listed = (
        [] if expected["exactly"] else [part for part in re.split("[,; ]+", str(told.get("Recipients") or "")) if part]
    )
    known = {address.casefold() for address in listed}
    names = listed + [name for name in expected["names"] if name.casefold() not in known]
    return {f"#{NOTIFICATIONS}.Enabled": bool(names), f"#{NOTIFICATIONS}.Recipients": ",".join(names)}


def _sets_threshold(expected: Json, _document: Json) -> Mapping[str, Json]:
    on = {f"#{NOTIFICATIONS}.DeleteThresholdEnabled": expected is not None}
    return on if expected is None else {**on, f"#{NOTIFICATIONS}.DeleteThresholdValue": expected}


def secret_rows(read: str, console: str) -> tuple[Setting, ...]:
    """The rows that every provisioning app has; ``read`` is the kind of its secrets."""

    def recipients(seen: Seen) -> list[str]:
        told = _notifications(seen.documents[read])
        if not _switch(told, "Enabled"):
            return []
        return [part.strip() for part in re.split("[,;]", str(told.get("Recipients") or "")) if part.strip()]

    def threshold(seen: Seen) -> int | None:
        told = _notifications(seen.documents[read])
        if not _switch(told, "DeleteThresholdEnabled"):
            return None
        value = told.get("DeleteThresholdValue")
        if not isinstance(value, (int, str)) or not str(value).isdecimal():
            raise Uninterpretable(f"the accidental deletion threshold is on, but no number: {str(value)[:40]!r}")
        return int(value)

    def attestable(
        key: str,
        type_: Any,
        doc: str,
        view: Callable[[Seen], Json],
        remedy: str,
        broken: Json,
        mending: Mending,
        sets: Callable[[Json, Json], Mapping[str, Json]],
    ) -> Setting:
        breaks = (Break(read, f"value[key={NOTIFICATIONS}].value", json.dumps(broken)),)
        place = f"{console} > Provisioning > Settings > {remedy}"
        return Setting(
            key, type_, doc, view=view, breaks=breaks, attestable=True, mending=mending, remedy=place, sets=sets
        )

    return (
        Setting(
            "scope",
            Choice({"assigned": "false", "all": "true"}),
            "Who is provisioned: only assigned users and groups, or all. No API that reads alone shows it. Another one "
            "takes effect when the job is restarted; a job that is off is not, for that would start it.",
            path="value[key=SyncAll].value",
            lacking="drift",
            attestable=True,
            forgets="what a cycle did meanwhile: people whom it created, or took access from",
            severity=Severity.CRITICAL,
            mending=PROVISIONS,
            remedy=f"{console} > Provisioning > Settings > Scope",
        ),
        attestable(
            "notifications",
            Names("addresses", ignore_case=True),
            "To which addresses the service writes when the job goes into quarantine; [] when it writes to nobody.",
            recipients,
            "Send an email notification when a failure occurs",
            {"Enabled": True, "Recipients": "somebody@example.com", "DeleteThresholdEnabled": False},
            SAFE,
            _sets_recipients,
        ),
        attestable(
            "accidental-deletion-threshold",
            NumberOrOff("deletions"),
            "How many deletions in one cycle hold the job until an admin looks, or off.",
            threshold,
            "Prevent accidental deletion",
            {"Enabled": False, "DeleteThresholdEnabled": True, "DeleteThresholdValue": 7},
            less(_held_at, "the fewer deletions hold the job, the tighter"),
            _sets_threshold,
        ),
    )


def _held_at(threshold: Json) -> float | None:
    """How many deletions hold the job; off (None) holds it never."""
    if threshold is None:
        return math.inf
    return threshold if isinstance(threshold, int) else None


def _notifications(document: Json) -> Json:
    """The settings of notification, which are JSON in a text."""
    text = secret(document, NOTIFICATIONS)
    if text is None:
        raise NotThere(f"{NOTIFICATIONS} is not among the app's settings")
    try:
        told = json.loads(text)
    except ValueError as error:
        raise Uninterpretable(f"{NOTIFICATIONS} is no JSON") from error
    if not isinstance(told, dict):
        raise Uninterpretable(f"{NOTIFICATIONS} is no JSON object")
    return told


def _switch(told: Json, name: str) -> bool:
    value = told.get(name)
    if not isinstance(value, bool):
        raise Uninterpretable(f"{NOTIFICATIONS} does not say whether {name} is on")
    return value
