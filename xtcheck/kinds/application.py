"""The AWS IAM Identity Center enterprise app in the tenant that AWS trusts: SAML, certificate, assignments, SCIM job.

Learn: entra/identity/saas-apps/aws-single-sign-on-tutorial and -provisioning-tutorial. Found by its gallery template.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.center import INSTANCE
from xtcheck.kinds.jobs import job_rows
from xtcheck.kinds.presence import state
from xtcheck.model import Break, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.values import AtLeast, Boolean, Choice, Findings, Principals

Json = Any

TEMPLATE = "21ed01d2-ec13-4e9e-86c1-cd546719ebc4"
"""The gallery template of AWS IAM Identity Center (not 8b1025e4…, which is AWS Single-Account Access)."""

CONSOLE = "Entra admin center > Enterprise applications > AWS IAM Identity Center"
AREA = "enterprise app"


def _days_left(seen: Seen) -> int:
    """Whole days until the active signing certificate ends; a certificate that has ended counts no days.

    The active one is the Verify credential whose customKeyIdentifier, decoded, is the preferred thumbprint. Without a
    preferred thumbprint Entra picks one itself, which the API does not show.
    """
    app = seen.documents["aws-app"]
    thumbprint, credentials = app["preferredTokenSigningKeyThumbprint"], app["keyCredentials"]
    if not isinstance(thumbprint, str) or not thumbprint:
        raise Uninterpretable("no preferred signing certificate is set, so which one signs is not shown")
    if not isinstance(credentials, list):
        raise Uninterpretable("keyCredentials is not a list")
    active = [key for key in credentials if key.get("usage") == "Verify" and _thumbprint(key) == thumbprint.upper()]
    if len(active) != 1:
        raise Uninterpretable(f"{len(active)} certificates have the preferred thumbprint {thumbprint[:40]}")
    try:
        end = datetime.fromisoformat(str(active[0]["endDateTime"]))
    except (KeyError, ValueError) as error:
        raise Uninterpretable("the active certificate's end is not a time") from error
    left = (end if end.tzinfo else end.replace(tzinfo=UTC)) - seen.now
    return max(0, left // timedelta(days=1))


def _thumbprint(key: Json) -> str:
    try:
        return base64.b64decode(str(key.get("customKeyIdentifier")), validate=True).hex().upper()
    except (binascii.Error, ValueError):
        return ""


_Kind = partial(Kind, home="tenant", subject="aws", area=AREA)

APP = _Kind(
    "aws-app",
    "AWS IAM Identity Center enterprise app",
    source=List(f"/servicePrincipals?$filter=applicationTemplateId eq '{TEMPLATE}'&$select={{select}}"),
    pick="id",
    fields=(
        "id",
        "appId",
        "displayName",
        "applicationTemplateId",
        "keyCredentials",
        "preferredTokenSigningKeyThumbprint",
    ),
    permission="Application.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    settings=(
        state("The tenant has the enterprise app, once.", f"{CONSOLE}: add it from the gallery", Severity.CRITICAL),
        Setting(
            "single-sign-on",
            Choice(
                {"saml": "saml", "oidc": "oidc", "password": "password", "not-supported": "notSupported", "none": None}
            ),
            "The app's single sign-on mode.",
            path="preferredSingleSignOnMode",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Single sign-on",
        ),
        Setting(
            "assignment-required",
            Boolean(),
            "Only assigned users may sign in to the app.",
            path="appRoleAssignmentRequired",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Properties > Assignment required",
        ),
        Setting(
            "signing-certificate",
            AtLeast("days"),
            "How many days the active SAML signing certificate is still valid. AWS refuses sign-in when it has ended.",
            view=_days_left,
            breaks=(Break("aws-app", "keyCredentials[usage=Verify].endDateTime", "2020-01-01T00:00:00Z"),),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Single sign-on > SAML certificates: add one, import it in AWS, then activate it here",
        ),
    ),
)

ASSIGNED = _Kind(
    "aws-app-assignments",
    "assignments of the AWS enterprise app",
    source=List("/servicePrincipals/{aws-app.id}/appRoleAssignedTo"),
    parent=APP,
    permission="Application.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    settings=(
        Setting(
            "assigned",
            Principals(),
            "Which users and groups are assigned, and thereby may sign in and are provisioned.",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Users and groups",
        ),
    ),
)


def _registration_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"aws-registration": REGISTRATION.ref(scope), "instance": INSTANCE.ref(scope)}


def saml_identifier(region: str, store: str) -> str:
    """The entity ID of an Identity Center: AWS user guide, "Change your identity source", service provider metadata."""
    return f"https://{region}.signin.aws.amazon.com/platform/saml/{store}"


def _identifier(seen: Seen) -> list[str]:
    instance, registration = seen.documents["instance"], seen.documents["aws-registration"]
    if instance is None:
        return ["there is no Identity Center instance to compute it from"]
    if registration is None:
        return ["the enterprise app has no application object"]
    region, store, identifiers = (
        instance.get("PrimaryRegion"),
        instance.get("IdentityStoreId"),
        registration["identifierUris"],
    )
    if not isinstance(region, str) or not isinstance(store, str):
        raise Uninterpretable("the instance shows no primary region or identity store")
    if not isinstance(identifiers, list):
        raise Uninterpretable("identifierUris is not a list")
    wanted = saml_identifier(region, store)
    return (
        []
        if wanted in identifiers
        else [f"{wanted} is not among the identifiers: {', '.join(map(str, identifiers)) or 'none'}"]
    )


REGISTRATION = _Kind(
    "aws-registration",
    "application object of the AWS enterprise app",
    source=List("/applications?$filter=appId eq '{aws-app.appId}'&$select={select}"),
    parent=APP,
    pick="id",
    fields=("id", "appId", "identifierUris"),
    permission="Application.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    settings=(
        Setting(
            "saml-identifier",
            Findings("of-identity-center"),
            "The app's SAML identifiers include the entity ID that follows from the instance's region and store.",
            view=_identifier,
            reads=_registration_reads,
            breaks=(
                Break(
                    "aws-registration", "identifierUris", ["https://eu-west-1.signin.aws.amazon.com/platform/saml/d-0"]
                ),
                Break("instance", "IdentityStoreId", "d-9067ffffff"),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Single sign-on > Basic SAML configuration > Identifier",
        ),
    ),
)

JOBS = _Kind(
    "scim-jobs",
    "provisioning jobs of the AWS enterprise app",
    source=List("/servicePrincipals/{aws-app.id}/synchronization/jobs"),
    parent=APP,
    permission="Synchronization.Read.All",
)

JOB = _Kind(
    "scim-job",
    "SCIM provisioning job of the AWS enterprise app",
    parent=JOBS,
    key="aWSSingleSignon",
    pick="templateId",
    place="enterprise-app",
    label="enterprise-app",
    settings=job_rows("scim-job", f"{CONSOLE} > Provisioning"),
)

KINDS = (APP, ASSIGNED, REGISTRATION, JOBS, JOB)
