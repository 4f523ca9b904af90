"""The AWS IAM Identity Center enterprise app in the tenant that AWS trusts: assignments, and the SCIM job.

Learn: entra/identity/saas-apps/aws-single-sign-on-tutorial and -provisioning-tutorial. Found by its gallery template;
where several AWS entries are federated from one tenant, each pins its own app.
Its single sign-on is in :mod:`xtcheck.kinds.saml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.connection import Secret
from xtcheck.errors import Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds import gallery
from xtcheck.kinds.assignees import assigned_row, assignments_shape
from xtcheck.kinds.assignments import members_of_assigned, nested_groups
from xtcheck.kinds.gallery import app_shape, naming, sign_in_enabled
from xtcheck.kinds.jobs import WINDOW, job_rows, job_shape, job_state, restart_shape, undeclared_jobs
from xtcheck.kinds.mapping_writes import schema_shape
from xtcheck.kinds.mappings import actions_row, attribute_row, enabled_row, filters_row, template_rows
from xtcheck.kinds.mending import REMAPS, ROUTES, SIGN_IN, tightening
from xtcheck.kinds.presence import state
from xtcheck.kinds.secrets import OPT_IN, PERMISSION, secret, secret_rows, secrets_shape
from xtcheck.model import Break, Get, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.shapes import Growth, Merge, Send, Unit
from xtcheck.values import Boolean, Choice, Text

Json = Any

TEMPLATE = "21ed01d2-ec13-4e9e-86c1-cd546719ebc4"
"""The gallery template of AWS IAM Identity Center (not 8b1025e4…, which is AWS Single-Account Access)."""

CONSOLE = "Entra admin center > Enterprise applications > AWS IAM Identity Center"
AREA = "enterprise app"
JOB_TEMPLATE = "aWSSingleSignon"

_Kind = partial(Kind, home="tenant", subject="aws", area=AREA)


def _other_pins(scope: Scope) -> tuple[str, ...]:
    """The apps of the other AWS entries behind the same tenant; empty for an entry that pins none."""
    own = scope.aws
    return tuple(
        other.app for other in scope.estate.aws.values() if own and other != own and other.tenant == own.tenant
    )


NAME = "AWS IAM Identity Center"
"""What a new app is called where config.yml gives it no name; the gallery's own name is as long again."""


def _usual_name(scope: Scope) -> tuple[str, str]:
    return (scope.aws.app if scope.aws else "", NAME)


APP_SHAPE = app_shape(
    "aws-app",
    TEMPLATE,
    {
        # Graph: serviceprincipal-addtokensigningcertificate, which makes one more each time. No API takes one away: it
        # is a pair of key credentials and a password, whose removal fails (manicminer/hamilton#158).
        "keyCredentials": Growth(
            Send(
                "POST",
                "/servicePrincipals/{aws-app.id}/addTokenSigningCertificate",
                gallery.PERMISSION,
                idempotent=False,
            ),
            parameters=("displayName",),
            label="displayName",
            remains=f"delete the certificate by hand ({CONSOLE} > Single sign-on > SAML certificates)",
        )
    },
)

APP = _Kind(
    "aws-app",
    "AWS IAM Identity Center enterprise app",
    source=List(f"/servicePrincipals?$filter=applicationTemplateId eq '{TEMPLATE}'&$select={{select}}"),
    key="{aws.app}",
    pick="id|displayName",
    others=_other_pins,
    fields=(
        "id",
        "appId",
        "appRoles",
        "displayName",
        "applicationTemplateId",
        "loginUrl",
        "keyCredentials",
        "notificationEmailAddresses",
        "preferredTokenSigningKeyThumbprint",
    ),
    permission="Application.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    write=APP_SHAPE,
    settings=(
        state(
            "The tenant has the gallery's enterprise app, once. One that somebody registered by hand is not seen. A "
            f"new one is called as config.yml says (`app`), else “{NAME}”.",
            f"{CONSOLE}: add it from the gallery, or delete it",
            Severity.CRITICAL,
            sends=naming(_usual_name, _other_pins),
        ),
        Setting(
            "single-sign-on",
            Choice(
                {"saml": "saml", "oidc": "oidc", "password": "password", "not-supported": "notSupported", "none": None}
            ),
            "The app's single sign-on mode.",
            path="preferredSingleSignOnMode",
            severity=Severity.CRITICAL,
            mending=SIGN_IN,
            remedy=f"{CONSOLE} > Single sign-on",
        ),
        sign_in_enabled(
            "People may sign in to the app. Otherwise nobody does, assigned or not.", f"{CONSOLE} > Properties"
        ),
        Setting(
            "assignment-required",
            Boolean(),
            "Only assigned users may sign in to the app.",
            path="appRoleAssignmentRequired",
            severity=Severity.CRITICAL,
            mending=tightening(True, False, why="`true` is the tighter"),
            remedy=f"{CONSOLE} > Properties > Assignment required",
        ),
    ),
)


def _assigned_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"aws-app-assignments": ASSIGNED.ref(scope), "aws-app": APP.ref(scope)}


ASSIGNED = _Kind(
    "aws-app-assignments",
    "assignments of the AWS enterprise app",
    source=List("/servicePrincipals/{aws-app.id}/appRoleAssignedTo"),
    parent=APP,
    permission="Application.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    write=assignments_shape("aws-app"),
    settings=(
        assigned_row(
            APP,
            "aws-app-assignments",
            _assigned_reads,
            "User",
            "Which users and groups are assigned, and thereby may sign in and are provisioned.",
            CONSOLE,
        ),
    ),
)

NESTED = _Kind(
    "aws-nested-groups",
    "members of the groups assigned to the AWS enterprise app",
    source=members_of_assigned("displayName"),
    parent=ASSIGNED,
    permission="GroupMember.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    settings=(nested_groups("aws-nested-groups", CONSOLE),),
)

WEB = Unit({"homePageUrl": None, "implicitGrantSettings": {}, "logoutUrl": None, "redirectUris": []})
"""Graph: webApplication. By its home page Entra's portal knows an app of the gallery, so that it must not be lost."""

REGISTRATION = _Kind(
    "aws-registration",
    "application object of the AWS enterprise app",
    source=List("/applications?$filter=appId eq '{aws-app.appId}'&$select={select}"),
    parent=APP,
    pick="id",
    fields=("id", "appId", "identifierUris", "web"),
    permission="Application.Read.All",
    write=Merge(
        # Graph: application-update; the SAML tutorial (application-saml-sso-configure-api) sends its parts one by one.
        Send("PATCH", "/applications/{aws-registration.id}", gallery.PERMISSION),
        {"web": WEB},
        gallery.WINDOW,
        order=46,
    ),
)

JOBS = _Kind(
    "scim-jobs",
    "provisioning jobs of the AWS enterprise app",
    source=List("/servicePrincipals/{aws-app.id}/synchronization/jobs"),
    parent=APP,
    permission="Synchronization.Read.All",
    place="enterprise-app",
    label="enterprise-app",
    settings=(undeclared_jobs("scim-jobs", JOB_TEMPLATE, CONSOLE),),
)

JOB = _Kind(
    "scim-job",
    "SCIM provisioning job of the AWS enterprise app",
    parent=JOBS,
    key=JOB_TEMPLATE,
    pick="templateId",
    place="enterprise-app",
    label="enterprise-app",
    write=job_shape(
        "aws-app",
        "scim-job",
        JOB_TEMPLATE,
        "scim-secrets",
        "aws-app-assignments",
        "aws-schema",
        "aws-mapping",
    ),
    settings=(
        job_state(JOB_TEMPLATE, f"{CONSOLE} > Provisioning"),
        *job_rows("scim-job", f"{CONSOLE} > Provisioning"),
    ),
)


RESTART = _Kind(
    "scim-restart",
    "restart of the SCIM provisioning job",
    parent=JOB,
    write=restart_shape("aws-app", "scim-job", CONSOLE),
)


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _token(seen: Seen) -> str:
    return "present" if secret(seen.documents["scim-secrets"], "SecretToken") else "absent"


def _sends_token(expected: Json, seen: Seen) -> Mapping[str, Json]:
    """The token itself is nowhere here: it is named, and read from the environment when it is sent.

    :raises Unwritable: nobody says where it is.
    """
    if expected == "absent":
        return {"#SecretToken": None}
    aws = seen.scope.aws
    if aws is None or not aws.token:
        raise Unwritable("config.yml does not say where the token is (scim: {endpoint: …, token: {env: NAME}})")
    if not aws.token_is_set:
        raise Unwritable(f"the environment variable {aws.token}, which should hold the token, is not set")
    return {"#SecretToken": Secret(env=aws.token)}


def _sends_endpoint(expected: Json, seen: Seen) -> Mapping[str, Json]:
    """An endpoint comes with a token, or to one that is there: alone it is of no use.

    :raises Unwritable: there is none.
    """
    if _token(seen) == "absent":
        _sends_token("present", seen)
    return {"#BaseAddress": expected}


SCIM_SECRETS = _Kind(
    "scim-secrets",
    "provisioning settings of the AWS enterprise app",
    source=Get("/servicePrincipals/{aws-app.id}/synchronization/secrets"),
    parent=APP,
    permission=PERMISSION,
    opt_in=OPT_IN,
    place="enterprise-app",
    label="enterprise-app",
    mending=ROUTES,
    write=secrets_shape("aws-app", "scim-restart", "aws-app-assignments", "aws-schema", "aws-mapping"),
    settings=(
        *secret_rows("scim-secrets", CONSOLE),
        Setting(
            "scim-endpoint",
            Text(_without_slash),
            "The SCIM endpoint to which the job writes, apart from a slash at its end: that of this Identity Center.",
            path="value[key=BaseAddress].value",
            lacking="drift",
            sends=_sends_endpoint,
            attestable=True,
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Provisioning > Admin Credentials > Tenant URL",
        ),
        Setting(
            "scim-token",
            Choice({"present": "present", "absent": "absent"}),
            "A SCIM token is stored. Its value is never shown; that it is still valid shows in the job's health. The "
            "one that is sent is the value of the environment variable that config.yml names (`scim.token`).",
            view=_token,
            sends=_sends_token,
            forgets="a token that was there before, for nobody is shown it",
            breaks=(Break("scim-secrets", "value[key=SecretToken].value", ""),),
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Provisioning > Admin Credentials > Secret Token",
        ),
    ),
)

SCHEMA_SHAPE = schema_shape("aws-app", "scim-job", WINDOW)

SCHEMA = _Kind(
    "aws-schema",
    "schema of the SCIM provisioning job",
    source=Get("/servicePrincipals/{aws-app.id}/synchronization/jobs/{scim-job.id}/schema"),
    parent=JOB,
    permission="Synchronization.Read.All",
    place="enterprise-app.mappings",
    label="enterprise-app.mapping",
    mending=REMAPS,
    write=SCHEMA_SHAPE,
    settings=(attribute_row("aws-schema", CONSOLE),),
)

TEMPLATE_SCHEMA = _Kind(
    "aws-template",
    "default schema of the SCIM provisioning job's template",
    source=Get("/servicePrincipals/{aws-app.id}/synchronization/templates/{key}/schema"),
    parent=APP,
    key=JOB_TEMPLATE,
    permission="Synchronization.Read.All",
)


def _both_schemas(scope: Scope) -> Mapping[str, Ref]:
    return {"aws-schema": SCHEMA.ref(scope), "aws-template": TEMPLATE_SCHEMA.ref(scope)}


MAPPED = _Kind(
    "aws-mapping",
    "mappings of the SCIM provisioning job",
    parent=SCHEMA,
    place="enterprise-app",
    label="enterprise-app",
    mending=REMAPS,
    write=SCHEMA_SHAPE,
    settings=(
        enabled_row("mapping-enabled", "User", "aws-mapping", CONSOLE),
        enabled_row("group-mapping-enabled", "Group", "aws-mapping", CONSOLE),
        actions_row("User", "aws-mapping", CONSOLE),
        actions_row("Group", "aws-mapping", CONSOLE),
        filters_row("aws-mapping", CONSOLE),
        *template_rows(_both_schemas, "aws-schema", "aws-template", CONSOLE, ("User", "Group")),
    ),
)

KINDS = (
    APP, ASSIGNED, NESTED, REGISTRATION, JOBS, JOB, RESTART, SCIM_SECRETS, SCHEMA, TEMPLATE_SCHEMA, MAPPED,
)  # fmt: skip
