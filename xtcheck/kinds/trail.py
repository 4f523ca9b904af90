"""What CloudTrail's event history keeps of an Identity Center, for 90 days: changes in its console, SCIM, sign-ins.

Sources of what is known: the IAM Identity Center user guide (logging-using-cloudtrail, sso-info-in-cloudtrail,
scim-logging-using-cloudtrail, understanding-sign-in-events) and the CloudTrail API reference (LookupEvents). Of the
console's operations only names and event sources are documented, and that more of them than are listed may be found:
nothing here looks into their parameters. Events reach the history within about 15 minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.center import AREA, INSTANCE
from xtcheck.model import Call, Kind, Ref, Seen

Json = Any

HISTORY = timedelta(days=90)
DIRECTORY_SOURCE = "sso-directory.amazonaws.com"
CONSOLE_SOURCES = frozenset({"sso.amazonaws.com", DIRECTORY_SOURCE})
SCIM_SOURCE = "identitystore-scim.amazonaws.com"
SIGN_IN_SOURCE = "signin.amazonaws.com"
PAGE = "50"
"""The most that one request gives; the newest come first."""

_Kind = partial(Kind, home="aws", subject="aws", area=AREA)


def _lookup(attribute: str, value: str) -> dict[str, str]:
    return {"LookupAttributes": json.dumps([{"AttributeKey": attribute, "AttributeValue": value}])}


EVENTS = _Kind(
    "console-events",
    "CloudTrail events",
    source=Call("cloudtrail", "lookup_events", _lookup("EventName", "{key}"), "Events", many=True),
)

# Every person signs in, and every cycle of SCIM sends requests: what counts is the newest page, not the history.
SIGN_INS = _Kind(
    "sign-ins",
    "newest sign-ins in CloudTrail",
    source=Call(
        "cloudtrail", "lookup_events", {**_lookup("EventName", "UserAuthentication"), "MaxResults": PAGE}, "Events"
    ),
)
SCIM_EVENTS = _Kind(
    "scim-events",
    "newest SCIM requests in CloudTrail",
    source=Call("cloudtrail", "lookup_events", {**_lookup("EventSource", SCIM_SOURCE), "MaxResults": PAGE}, "Events"),
)


def named(scope: Scope, *names: str) -> dict[str, Ref]:
    """The reads of the events of these names, and of the instance whose they are."""
    place = scope.place("aws")
    return {"instance": INSTANCE.ref(scope), **{name: Ref(EVENTS, place, name, None, name) for name in names}}


@dataclass(frozen=True, slots=True)
class Event:
    """One event that succeeded: when, by what name, and CloudTrail's record of it."""

    time: datetime
    name: str
    record: Json

    def __str__(self) -> str:
        return f"{self.name} at {self.time:%Y-%m-%d %H:%M} UTC"


def must_be_here(seen: Seen) -> None:
    """Make sure that this is where the events of the instance are kept: its owner's account, its primary Region.

    :raises Uninterpretable: they are kept elsewhere, so that what is not found here says nothing.
    """
    aws, instance = seen.scope.aws, seen.documents["instance"]
    if aws is None:
        raise LookupError("an AWS entry is needed")
    owner, region = instance["OwnerAccountId"], instance["PrimaryRegion"]
    if (aws.account, aws.region) != (owner, region):
        raise Uninterpretable(
            f"CloudTrail keeps these events in account {owner}, {region}; this is {aws.account}, {aws.region}"
        )


def recorded(events: Json, sources: Iterable[str]) -> list[Event]:
    """The events of these sources, whether they succeeded or not, in the order of their times.

    :raises Uninterpretable: a record is not whole.
    """
    found = []
    for event in events:
        try:
            record = json.loads(event["CloudTrailEvent"])
            moment = datetime.fromisoformat(record["eventTime"])
            if record["eventSource"] in sources:
                found.append(
                    Event(moment if moment.tzinfo else moment.replace(tzinfo=UTC), record["eventName"], record)
                )
        except (KeyError, TypeError, ValueError) as error:
            raise Uninterpretable("an event of CloudTrail is not what its documentation says") from error
    return sorted(found, key=lambda event: event.time)


def succeeded(event: Event) -> bool:
    """Whether the call did what it says: a refused one has an error code (CloudTrail record contents)."""
    return "errorCode" not in event.record and "errorMessage" not in event.record


def changes(seen: Seen, *names: str) -> list[Event]:
    """The changes of these names that succeeded, the newest last."""
    found = [event for name in names for event in recorded(seen.documents[name], CONSOLE_SOURCES)
             if event.name == name and succeeded(event)]  # fmt: skip
    return sorted(found, key=lambda event: event.time)


def latest(seen: Seen, *names: str) -> datetime | None:
    """When the newest of these changes was made; None when there is none within 90 days."""
    found = changes(seen, *names)
    return found[-1].time if found else None


def sign_ins(seen: Seen) -> list[Event]:
    """The newest sign-ins that succeeded into this identity store, the newest last."""
    store = str(seen.documents["instance"]["IdentityStoreId"])
    return [
        event
        for event in recorded(seen.documents["sign-ins"], {SIGN_IN_SOURCE})
        if event.record["serviceEventDetails"] == {"UserAuthentication": "Success"}
        # Newer records name the identity store, by its ARN.
        and event.record["userIdentity"].get("onBehalfOf", {}).get("identityStoreArn", store).endswith(store)
    ]


def scim_tenant(event: Event) -> str:
    """The SCIM tenant to which a request was sent."""
    return str(event.record["requestParameters"]["tenantId"])


def declared_tenant(scope: Scope) -> str:
    """The SCIM tenant in the endpoint of config.yml; empty where none is declared."""
    found = re.search(r"/([^/]+)/scim/v2/?$", scope.aws.scim if scope.aws else "")
    return found[1] if found else ""


def scim_requests(seen: Seen) -> list[Event]:
    """The newest SCIM requests for the declared SCIM tenant, or for any where none is declared; the newest last."""
    wanted = declared_tenant(seen.scope)
    events = recorded(seen.documents["scim-events"], {SCIM_SOURCE})
    return [event for event in events if not wanted or scim_tenant(event) == wanted]


def scim_reads(scope: Scope) -> Mapping[str, Ref]:
    """The reads of :func:`scim_requests`."""
    return {"instance": INSTANCE.ref(scope), "scim-events": SCIM_EVENTS.ref(scope)}


def happened(source: str, name: str, **more: Json) -> Json:
    """An event after all others, as an example: what LookupEvents tells of it, besides what all events have."""
    record = {
        "eventTime": "2099-01-01T00:00:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        **more,
    }
    return {"EventId": "00000000-0000-4000-8000-000000000000", "EventName": name, "EventSource": source,
            "CloudTrailEvent": json.dumps(record)}  # fmt: skip


def signed_in(credential: str, address: str = "https://d-9067f1a2b3.awsapps.com/start") -> Json:
    """A sign-in after all others, as an example."""
    return happened(
        SIGN_IN_SOURCE,
        "UserAuthentication",
        userIdentity={"type": "Unknown"},
        additionalEventData={"CredentialType": credential, "LoginTo": address},
        serviceEventDetails={"UserAuthentication": "Success"},
    )


KINDS = (EVENTS, SIGN_INS, SCIM_EVENTS)
