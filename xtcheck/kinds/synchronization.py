"""Cross-tenant synchronization in each source tenant: the configuration's app, its job, scope, assignments, mappings.

Learn: entra/identity/multi-tenant-organizations/cross-tenant-synchronization-configure-graph. The app is found by its
gallery template, never by its name, which admins may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.estate import Scope
from xtcheck.kinds.assignees import assigned_row, assignments_shape
from xtcheck.kinds.assignments import members_of_assigned, nested_groups
from xtcheck.kinds.gallery import app_shape, naming, sign_in_enabled
from xtcheck.kinds.jobs import WINDOW, job_rows, job_shape, job_state, restart_shape, undeclared_jobs
from xtcheck.kinds.mapping_writes import schema_shape
from xtcheck.kinds.mappings import actions_row, attribute_row, enabled_row, filters_row, template_rows
from xtcheck.kinds.mending import REMAPS, ROUTES, by_hand
from xtcheck.kinds.presence import state
from xtcheck.kinds.secrets import OPT_IN, PERMISSION, secret_rows, secrets_shape
from xtcheck.model import Break, Get, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.values import Findings, Text

Json = Any

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery template of cross-tenant synchronization."""

JOB_TEMPLATE = "Azure2Azure"
CONSOLE = "Entra admin center, source tenant > Cross-tenant synchronization > Configurations"
AREA = "synchronization"
NOT_IN = frozenset({"china"})
"""Nothing is synchronized out of a tenant in China. Cross-tenant synchronization works within the public cloud, within
the US government's, and from or to the public one, into China too (Learn: cross-tenant-synchronization-overview). What
lets people in, in the target, is in every cloud."""


_ALL = List(f"/servicePrincipals?$filter=applicationTemplateId eq '{TEMPLATE}'&$select={{select}}")
_FIELDS = ("id", "accountEnabled", "appId", "appRoles", "displayName", "applicationTemplateId")
"""Also what only one of the two kinds needs: then both are one request."""

_Kind = partial(Kind, home="source", subject="link", area=AREA, not_in=NOT_IN)


def _other_pins(scope: Scope) -> tuple[str, ...]:
    """The configurations of the other links from the same source; empty for a link that pins none."""
    link = scope.link
    return tuple(other.app for other in scope.estate.links if link and other.source == link.source and other != link)


def _usual_name(scope: Scope) -> tuple[str, str]:
    link = scope.link
    return (link.app, f"Sync to {scope.estate.tenants[link.target].label}") if link else ("", "")


APP = _Kind(
    "sync-app",
    "cross-tenant synchronization app",
    source=_ALL,
    key="{link.app}",
    pick="id|displayName",
    others=_other_pins,
    fields=_FIELDS,
    permission="Application.Read.All",
    place="synchronization",
    label="synchronization",
    write=app_shape("sync-app", TEMPLATE),
    settings=(
        state(
            "The source tenant has a cross-tenant synchronization configuration for this link: the one that the link "
            "pins in config.yml, else the only one that no link pins. A new one is called as the link pins it, else "
            "“Sync to” and the target's label.",
            f"{CONSOLE}: add a configuration, or delete the one that is there",
            Severity.CRITICAL,
            sends=naming(_usual_name, _other_pins),
        ),
        sign_in_enabled(
            "The configuration's app is enabled, as a new one is. Nobody signs in to it; whether a disabled one still "
            "synchronizes is not documented.",
            "Entra admin center, source tenant > Enterprise applications > the configuration > Properties",
        ),
    ),
)


def _undeclared(seen: Seen) -> list[Json]:
    """The configurations that no link of config.yml means.

    A link may pin its configuration; of those that are not pinned only their number is known.
    """
    here = seen.scope.place("tenant")
    pins = [link.app for link in seen.scope.estate.links if link.source == here]
    rest = [app for app in seen.documents["sync-apps"] if not {app["id"], app["displayName"]} & set(filter(None, pins))]
    open_ = pins.count("")
    if len(rest) <= open_:
        return []
    if not open_:
        return [{"name": app["displayName"], "text": f"{app['displayName']} ({app['id']})"} for app in rest]
    shown = ", ".join(sorted(str(app["displayName"]) for app in rest))
    text = f"{len(rest)} configurations for {open_} links that pin none (app: in config.yml): {shown}"
    return [{"name": shown, "text": text}]


APPS = Kind(
    "sync-apps",
    "cross-tenant synchronization apps",
    home="tenant",
    source=_ALL,
    fields=_FIELDS,
    permission="Application.Read.All",
    place="synchronization",
    label="synchronization",
    area=AREA,
    not_in=NOT_IN,
    settings=(
        Setting(
            "undeclared-configurations",
            Findings("forbidden", exceptions="names of configurations"),
            "The tenant has no cross-tenant synchronization configuration but those of config.yml's links from here.",
            view=_undeclared,
            breaks=(
                Break(
                    "sync-apps",
                    "+",
                    {"id": "99999999-0000-4000-8000-000000000001", "displayName": "Other", "appId": "x"},
                ),
            ),
            severity=Severity.CRITICAL,
            mending=by_hand("what is deleted takes its job and mappings with it: which one, a person must decide"),
            remedy=f"{CONSOLE}: delete the configuration, or declare its link in config.yml",
        ),
    ),
)

JOBS = _Kind(
    "sync-jobs",
    "jobs of the synchronization app",
    source=List("/servicePrincipals/{sync-app.id}/synchronization/jobs"),
    parent=APP,
    permission="Synchronization.Read.All",
    place="synchronization",
    label="synchronization",
    settings=(undeclared_jobs("sync-jobs", JOB_TEMPLATE, CONSOLE),),
)

JOB = _Kind(
    "sync-job",
    "synchronization job",
    parent=JOBS,
    key=JOB_TEMPLATE,
    pick="templateId",
    place="synchronization",
    label="synchronization",
    write=job_shape(
        "sync-app",
        "sync-job",
        JOB_TEMPLATE,
        "sync-secrets",
        "sync-assignments",
        "sync-schema",
        "sync-user-mapping",
    ),
    settings=(job_state(JOB_TEMPLATE, CONSOLE), *job_rows("sync-job", CONSOLE)),
)

RESTART = _Kind(
    "sync-restart",
    "restart of the synchronization job",
    parent=JOB,
    write=restart_shape("sync-app", "sync-job", CONSOLE),
)

SYNC_SECRETS = _Kind(
    "sync-secrets",
    "settings of the synchronization app",
    source=Get("/servicePrincipals/{sync-app.id}/synchronization/secrets"),
    parent=APP,
    permission=PERMISSION,
    opt_in=OPT_IN,
    place="synchronization",
    label="synchronization",
    mending=ROUTES,
    write=secrets_shape("sync-app", "sync-restart", "sync-assignments", "sync-schema", "sync-user-mapping"),
    settings=(
        *secret_rows("sync-secrets", CONSOLE),
        Setting(
            "target-tenant",
            Text(str.lower),
            "The tenant id into which the configuration synchronizes. No API that reads alone shows it.",
            path="value[key=CompanyId].value",
            lacking="drift",
            attestable=True,
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Provisioning > Admin Credentials > Tenant Id",
        ),
        Setting(
            "authentication",
            Text(),
            "How the job signs in to the target: SyncPolicy is by the cross-tenant access policy, without a password.",
            path="value[key=AuthenticationType].value",
            lacking="drift",
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Provisioning > Admin Credentials > Authentication method",
        ),
    ),
)


def _assigned_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"sync-assignments": ASSIGNED.ref(scope), "sync-app": APP.ref(scope)}


ASSIGNED = _Kind(
    "sync-assignments",
    "assignments of the synchronization app",
    source=List("/servicePrincipals/{sync-app.id}/appRoleAssignedTo"),
    parent=APP,
    permission="Application.Read.All",
    place="synchronization",
    label="synchronization",
    write=assignments_shape("sync-app"),
    settings=(
        assigned_row(
            APP,
            "sync-assignments",
            _assigned_reads,
            "msiam_access",
            "Which users and groups of the source are assigned, and thereby synchronized.",
            CONSOLE,
        ),
    ),
)

NESTED = _Kind(
    "sync-nested-groups",
    "members of the groups assigned to the synchronization app",
    source=members_of_assigned("displayName"),
    parent=ASSIGNED,
    permission="GroupMember.Read.All",
    place="synchronization",
    label="synchronization",
    settings=(nested_groups("sync-nested-groups", CONSOLE),),
)

SCHEMA_SHAPE = schema_shape("sync-app", "sync-job", WINDOW)

SCHEMA = _Kind(
    "sync-schema",
    "schema of the synchronization job",
    source=Get("/servicePrincipals/{sync-app.id}/synchronization/jobs/{sync-job.id}/schema"),
    parent=JOB,
    permission="Synchronization.Read.All",
    place="synchronization.mappings",
    label="mapping",
    area="mappings",
    mending=REMAPS,
    write=SCHEMA_SHAPE,
    settings=(attribute_row("sync-schema", CONSOLE),),
)

TEMPLATE_SCHEMA = _Kind(
    "sync-template",
    "default schema of the synchronization job's template",
    source=Get("/servicePrincipals/{sync-app.id}/synchronization/templates/{key}/schema"),
    parent=APP,
    key=JOB_TEMPLATE,
    permission="Synchronization.Read.All",
)


def _both_schemas(scope: Scope) -> Mapping[str, Ref]:
    return {"sync-schema": SCHEMA.ref(scope), "sync-template": TEMPLATE_SCHEMA.ref(scope)}


MAPPED = _Kind(
    "sync-user-mapping",
    "user mapping of the synchronization job",
    parent=SCHEMA,
    place="synchronization",
    label="synchronization",
    area="mappings",
    mending=REMAPS,
    write=SCHEMA_SHAPE,
    settings=(
        enabled_row("mapping-enabled", "User", "sync-user-mapping", CONSOLE),
        actions_row("User", "sync-user-mapping", CONSOLE),
        filters_row("sync-user-mapping", CONSOLE),
        *template_rows(_both_schemas, "sync-schema", "sync-template", CONSOLE),
    ),
)

KINDS = (APP, APPS, JOBS, JOB, RESTART, SYNC_SECRETS, ASSIGNED, NESTED, SCHEMA, TEMPLATE_SCHEMA, MAPPED)
