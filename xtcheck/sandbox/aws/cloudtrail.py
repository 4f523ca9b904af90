"""CloudTrail's event history: 90 days, one attribute a question, in the account and Region where it happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json

HISTORY = timedelta(days=90)
PAGE = 50

_ATTRIBUTES: dict[str, Callable[[Json], list[str]]] = {
    "EventId": lambda event: [event["EventId"]],
    "EventName": lambda event: [event["EventName"]],
    "ReadOnly": lambda event: [event["ReadOnly"]],
    "Username": lambda event: [event.get("Username", "")],
    "EventSource": lambda event: [event["EventSource"]],
    "AccessKeyId": lambda event: [event.get("AccessKeyId", "")],
    "ResourceType": lambda event: [each["ResourceType"] for each in event.get("Resources", [])],
    "ResourceName": lambda event: [each["ResourceName"] for each in event.get("Resources", [])],
}


def lookup_events(call: Call) -> Json:
    """Events, the latest first. Only the account that they were recorded in sees them; others see none.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    wanted = call.parameters.get("LookupAttributes", [])
    if len(wanted) > 1:
        raise ServiceError("InvalidLookupAttributesException", "Only one lookup attribute may be given.")
    now = call.now.timestamp()
    begin, end = call.parameters.get("StartTime", 0), call.parameters.get("EndTime", now)
    if begin > end:
        raise ServiceError("InvalidTimeRangeException", "The start time is after the end time.")
    begin = max(begin, now - HISTORY.total_seconds())
    found = [
        event
        for event in (*call.aws["events"], *call.aws["scimEvents"])
        if begin <= event["EventTime"] <= end
        and _here(call, event)
        and all(each["AttributeValue"] in _ATTRIBUTES[each["AttributeKey"]](event) for each in wanted)
    ]
    return call.page(sorted(found, key=lambda event: -float(event["EventTime"])), "Events", PAGE)


def _here(call: Call, event: Json) -> bool:
    whole = json.loads(event["CloudTrailEvent"])
    return (whole["awsRegion"], whole["recipientAccountId"]) == (call.region, call.caller["account"])


OPERATIONS = {"LookupEvents": lookup_events}
