"""Hand-made events of CloudTrail, and the verdicts that they lead to."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.model.evidence import NOW, verdict
from xtcheck.model import Judgement

Json = Any

STORE = "d-9067f1a2b3"
INSTANCE = {
    "InstanceArn": "arn:aws:sso:::instance/ssoins-1",
    "IdentityStoreId": STORE,
    "OwnerAccountId": "111122223333",
    "PrimaryRegion": "us-east-1",
}
SOURCES = {
    "UserAuthentication": "signin.amazonaws.com",
    "AssociateDirectory": "sso.amazonaws.com",
    "DisassociateDirectory": "sso.amazonaws.com",
    "PatchUser": "identitystore-scim.amazonaws.com",
}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def event(name: str, days: float, **more: Json) -> Json:
    """An event so many days ago; of most names it is the directory's."""
    moment = ago(days).strftime("%Y-%m-%dT%H:%M:%SZ")
    source = SOURCES.get(name, "sso-directory.amazonaws.com")
    record = {"eventTime": moment, "eventSource": source, "eventName": name, **more}
    return {"EventId": f"{name}-{days}", "EventName": name, "CloudTrailEvent": json.dumps(record)}


def sign_in(days: float, credential: str = "EXTERNAL_IDP", **more: Json) -> Json:
    whole = {
        "userIdentity": {"type": "Unknown"},
        "additionalEventData": {"CredentialType": credential, "LoginTo": "https://corp.awsapps.com/start"},
        "serviceEventDetails": {"UserAuthentication": "Success"},
    }
    return event("UserAuthentication", days, **{**whole, **more})


def request(days: float, tenant: str = "abc-123", **more: Json) -> Json:
    """A SCIM request."""
    return event("PatchUser", days, requestParameters={"tenantId": tenant}, **more)


def attested(value: str, on: str = "2026-11-01", until: str = "2027-11-01") -> str:
    return f"{{expect: {value}, attested: {{by: ops, on: {on}, until: {until}}}}}"


def of_center(statement: str, *events: Json, **documents: Json) -> Judgement:
    """The verdict on a statement about Identity Center, when CloudTrail has these events and no others."""
    found: dict[str, Json] = dict(documents)
    for each in events:
        name = "identitystore-scim" if each["EventName"] == "PatchUser" else f'"{each["EventName"]}"'
        found.setdefault(name, []).append(each)
    whole = {"describe_instance": INSTANCE, "list_instances": [INSTANCE], "lookup_events": []}
    return verdict(f"applies-to: aws\nidentity-center: {{{statement}}}", {**found, **(whole | documents)})
