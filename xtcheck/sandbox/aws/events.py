"""Events as CloudTrail records them: what was done in the console, the requests of SCIM, who signed in.

Names and sources are those of the user guide (logging-using-cloudtrail, scim-logging-using-cloudtrail,
understanding-sign-in-events). The parameters of console actions are documented nowhere; here they name what the action
is about.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

from xtcheck.sandbox.wire import Json

SCIM = "identitystore-scim.amazonaws.com"
DIRECTORY = "sso-directory.amazonaws.com"
_MOST_OF_SCIM = 500
"""Older SCIM events are forgotten: a long-lived sandbox shall not grow without end."""
_ENTRA = "20.190.128.1"
"""An address of Microsoft's (service tag AzureActiveDirectory)."""
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_NAMESPACE = uuid.UUID("0a1b6b4c-54f3-4f0c-8d86-0f5b2a9c7d11")


def event(aws: Json, moment: datetime, source: str, name: str, **more: Json) -> Json:
    """One event as LookupEvents gives it; ``more`` are members of the record that it holds as text."""
    second = moment.astimezone(UTC).replace(microsecond=0)
    identifier = str(uuid.uuid5(_NAMESPACE, f"{aws['account']}/{source}/{name}/{second}/{_count(aws)}"))
    read_only = name.startswith(("List", "Get"))
    record = {
        "eventVersion": "1.10",
        "userIdentity": {"type": "IAMUser", "accountId": aws["account"], "userName": "administrator"},
        "eventTime": second.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": aws["region"],
        "sourceIPAddress": "203.0.113.10",
        "userAgent": "Mozilla/5.0",
        "requestParameters": None,
        "responseElements": None,
        "requestID": str(uuid.uuid5(_NAMESPACE, f"request of {identifier}")),
        "eventID": identifier,
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": aws["account"],
        "eventCategory": "Management",
    } | more
    told: dict[str, Json] = {
        "EventId": identifier,
        "EventName": name,
        "ReadOnly": str(read_only).lower(),
        "EventTime": second.timestamp(),
        "EventSource": source,
        "Resources": [],
    }
    user = record["userIdentity"].get("userName")
    return told | ({"Username": user} if user else {}) | {"CloudTrailEvent": json.dumps(record)}


def _count(aws: Json) -> int:
    return len(aws["events"]) + len(aws["scimEvents"])


def set_up(aws: Json, now: datetime) -> list[Json]:
    """What changing the identity source to Entra ID leaves: a month ago, one step after the other."""
    begin = now - timedelta(days=30)
    (store,) = aws["identityStores"]
    tenant = aws["scim"]["tenant"]
    steps: tuple[tuple[str, str, Json], ...] = (
        (DIRECTORY, "CreateExternalIdPConfigurationForDirectory", {"directoryId": store}),
        (DIRECTORY, "ImportExternalIdPCertificate", {"directoryId": store}),
        (DIRECTORY, "EnableExternalIdPConfigurationForDirectory", {"directoryId": store}),
        ("sso.amazonaws.com", "AssociateDirectory", {"directoryId": store, "directoryType": "ExternalIdP"}),
        (DIRECTORY, "CreateProvisioningTenant", {"directoryId": store}),
        (DIRECTORY, "CreateBearerToken", {"tenantId": tenant}),
        (DIRECTORY, "CreateAlias", {"directoryId": store, "alias": aws["portalAlias"]}),
    )
    return [
        event(aws, begin + timedelta(minutes=2 * number), source, name, requestParameters=parameters)
        for number, (source, name, parameters) in enumerate(steps)
    ]


def sign_in(aws: Json, user_id: str, moment: datetime) -> Json:
    """A user of the external identity provider signs in to the access portal."""
    return event(
        aws,
        moment,
        "signin.amazonaws.com",
        "UserAuthentication",
        userIdentity={"type": "Unknown", "principalId": user_id, "accountId": aws["account"]},
        additionalEventData={
            "AuthWorkflowID": str(uuid.uuid5(_NAMESPACE, user_id)),
            "CredentialType": "EXTERNAL_IDP",
            "LoginTo": f"https://{aws['portalAlias'] or next(iter(aws['identityStores']))}.awsapps.com/start",
        },
        serviceEventDetails={"UserAuthentication": "Success"},
        eventType="AwsServiceEvent",
    )


def record_scim(aws: Json, moment: datetime, name: str, error: str | None) -> None:
    """Keep one request of Entra's provisioning service, with the values of people masked as AWS masks them."""
    failed = {"errorCode": "ValidationException", "errorMessage": error} if error else {}
    known = aws["scimEvents"]
    known.append(
        event(
            aws,
            moment,
            SCIM,
            name,
            userIdentity={"type": "WebIdentityUser", "accountId": aws["account"], "accessKeyId": "scim"},
            sourceIPAddress=_ENTRA,
            userAgent="AzureAD",
            requestParameters={"httpBody": {"displayName": _HIDDEN}, "tenantId": aws["scim"]["tenant"]},
            **failed,
        )
    )
    del known[:-_MOST_OF_SCIM]
