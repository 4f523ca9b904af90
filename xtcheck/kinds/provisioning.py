"""Automatic provisioning as AWS sees it: the SCIM token's remaining time, and the requests that arrived.

AWS shows the token once and its end only in the console; CloudTrail shows for 90 days that one was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.center import AREA, CONSOLE
from xtcheck.kinds.trail import (
    DIRECTORY_SOURCE,
    HISTORY,
    PAGE,
    changes,
    happened,
    latest,
    must_be_here,
    named,
    scim_reads,
    scim_requests,
    succeeded,
)
from xtcheck.model import Break, Grade, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import AtLeast, AtMost, Concluded, concluded

Json = Any

LIFE = timedelta(days=365)
"""How long a SCIM token is valid: one year (user guide: provision-automatically)."""
SWITCHED_ON, SWITCHED_OFF = "CreateProvisioningTenant", "DeleteProvisioningTenant"
MADE, DELETED = "CreateBearerToken", "DeleteBearerToken"
DAY = timedelta(days=1)
PROVISIONING = f"{CONSOLE} > Settings > Identity source > Actions > Manage provisioning"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA, place="identity-center", label="identity-center")


def _left(made: datetime, now: datetime) -> int:
    """Whole days for which a token is still valid."""
    return max(0, (made + LIFE - now) // DAY)


def _days_left(seen: Seen) -> Json:
    """The fewest and the most days for which the token in use can still be valid.

    There are at most two tokens at once, and which of them Entra uses, or which was deleted, is not told.
    """
    must_be_here(seen)
    now = seen.now
    switched_on, switched_off = latest(seen, SWITCHED_ON), latest(seen, SWITCHED_OFF)
    if switched_off and (switched_on is None or switched_off >= switched_on):
        return concluded(0, because=f"automatic provisioning was switched off on {switched_off:%Y-%m-%d}")
    # Switching it on makes another SCIM tenant: no older token is good for that.
    made = [event.time for event in changes(seen, MADE) if switched_on is None or event.time >= switched_on]
    if not made:
        oldest = switched_on or now - HISTORY
        because = f"no token was made since {oldest:%Y-%m-%d}, as far as CloudTrail tells"
        return concluded(0, _left(oldest, now), because=because, since=switched_on)
    newest = f"the newest token was made on {made[-1]:%Y-%m-%d}"
    if switched_on:
        because = f"automatic provisioning was switched on on {switched_on:%Y-%m-%d}, and {newest}"
        return concluded(_left(made[0], now), _left(made[-1], now), because=because, since=made[-1])
    deleted, last = latest(seen, DELETED), _last_success(seen)
    if deleted and last and made[-1] < deleted < last:
        because = f"{newest}, another was deleted on {deleted:%Y-%m-%d}, and requests succeeded since"
        return concluded(_left(made[-1], now), because=because)
    because = f"{newest}, but an older one may still be the one in use: delete it when it is not"
    return concluded(0, _left(made[-1], now), because=because, since=made[-1])


def _last_success(seen: Seen) -> datetime | None:
    found = [event.time for event in scim_requests(seen) if succeeded(event)]
    return found[-1] if found else None


def _token_reads(scope: Scope) -> Mapping[str, Ref]:
    return {**named(scope, SWITCHED_ON, SWITCHED_OFF, MADE, DELETED), **scim_reads(scope)}


TOKEN = _Kind(
    "center-scim-token",
    "SCIM token of Identity Center",
    settings=(
        Setting(
            "scim-token-validity",
            Concluded(AtLeast("days")),
            "How many days the SCIM token is still valid: one year from when it was made. No API shows it: it is "
            "concluded from the token's making in CloudTrail, where that is within 90 days and no older token can be "
            "in use, because provisioning was switched on only then, or because another token was deleted afterwards "
            "and requests still succeed. Otherwise there is only a bound: it is drift when even the most days are too "
            "few, else unknown, and a person's word may stand in.",
            view=_days_left,
            reads=_token_reads,
            breaks=(Break(SWITCHED_OFF, "+", happened(DIRECTORY_SOURCE, SWITCHED_OFF)),),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{PROVISIONING} > Access tokens: generate one, give it to Entra, then delete the older one",
        ),
    ),
)


def _days_since(seen: Seen) -> Json:
    must_be_here(seen)
    requests = scim_requests(seen)
    if not requests:
        text = "no SCIM request for this SCIM tenant is among the newest; tokens made before September 2024 leave none"
        raise Uninterpretable(text)
    last = _last_success(seen)
    if last is not None:
        return concluded((seen.now - last) // DAY, because=f"the last that succeeded was on {last:%Y-%m-%d %H:%M} UTC")
    # Older ones than the newest page are not read: there may have been a success just before it.
    newest, oldest = requests[-1], requests[0].time
    whole = len(seen.documents["scim-events"]) < int(PAGE)
    because = f"the newest {len(requests)} were refused, the last {newest} with {newest.record.get('errorCode')}"
    return concluded(HISTORY.days if whole else (seen.now - oldest) // DAY, HISTORY.days, because=because)


LAST = _Kind(
    "center-scim-requests",
    "SCIM requests that reached Identity Center",
    settings=(
        Setting(
            "scim-last-success",
            Concluded(AtMost("days")),
            "How many days ago a SCIM request last succeeded at AWS, whatever the provisioning job in Entra says of "
            "itself. Concluded from the newest 50 requests in CloudTrail. Requests with a token made before September "
            "2024 leave no events: then it is unknown, and a person's word may stand in.",
            view=_days_since,
            reads=scim_reads,
            breaks=(
                Break(
                    "scim-events",
                    "=",
                    [
                        happened(
                            "identitystore-scim.amazonaws.com",
                            "PatchUser",
                            eventTime="2020-01-01T00:00:00Z",
                            requestParameters={"tenantId": "9067f1a2b3-7c1d4e52-8a0b-4f63-9d27-5e1f0a6b3c84"},
                        )
                    ],
                ),
            ),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"the provisioning logs of the enterprise app in Entra, and {PROVISIONING} > Access tokens",
        ),
    ),
)

KINDS = (TOKEN, LAST)
