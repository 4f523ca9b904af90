"""Cross-tenant synchronization in each source tenant: the configuration's app, its job, scope, assignments, mappings.

Learn: entra/identity/multi-tenant-organizations/cross-tenant-synchronization-configure-graph. The app is found by its
gallery template, never by its name, which admins may change.
"""

from __future__ import annotations

from functools import partial

from xtcheck.kinds.jobs import job_rows
from xtcheck.kinds.presence import state
from xtcheck.model import Get, Kind, List, Setting, Severity
from xtcheck.values import Choice, MappingSource, Principals, Text

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery template of cross-tenant synchronization."""

CONSOLE = "Entra admin center, source tenant > Cross-tenant synchronization > Configurations"
AREA = "synchronization"
NOT_IN = frozenset({"china"})
"""Cross-tenant synchronization and its API exist in the public cloud and the US government's (graph/deployments)."""
SECRETS = (
    "set read-secrets: true for the tenant (needs Synchronization.ReadWrite.All), or let a person attest it: "
    "attested: {by: …, on: …, until: …}"
)

_Kind = partial(Kind, home="source", subject="link", area=AREA, not_in=NOT_IN)

APP = _Kind(
    "sync-app",
    "cross-tenant synchronization app",
    source=List(f"/servicePrincipals?$filter=applicationTemplateId eq '{TEMPLATE}'&$select={{select}}"),
    key="{link.app}",
    pick="id|displayName",
    fields=("id", "appId", "displayName", "applicationTemplateId"),
    permission="Application.Read.All",
    place="synchronization",
    label="synchronization",
    settings=(
        state(
            "The source tenant has a cross-tenant synchronization configuration.",
            f"{CONSOLE}: add a configuration",
            Severity.CRITICAL,
        ),
    ),
)

JOBS = _Kind(
    "sync-jobs",
    "jobs of the synchronization app",
    source=List("/servicePrincipals/{sync-app.id}/synchronization/jobs"),
    parent=APP,
    permission="Synchronization.Read.All",
)

JOB = _Kind(
    "sync-job",
    "synchronization job",
    parent=JOBS,
    key="Azure2Azure",
    pick="templateId",
    place="synchronization",
    label="synchronization",
    settings=job_rows("sync-job", CONSOLE),
)

SYNC_SECRETS = _Kind(
    "sync-secrets",
    "settings of the synchronization app",
    source=Get("/servicePrincipals/{sync-app.id}/synchronization/secrets"),
    parent=APP,
    permission="Synchronization.ReadWrite.All",
    opt_in=SECRETS,
    place="synchronization",
    label="synchronization",
    settings=(
        Setting(
            "scope",
            Choice({"assigned": "false", "all": "true"}),
            "Who is synchronized: only assigned users and groups, or all. No API that reads alone shows it.",
            path="value[key=SyncAll].value",
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Provisioning > Settings > Scope",
        ),
        Setting(
            "target-tenant",
            Text(str.lower),
            "The tenant id into which the configuration synchronizes. No API that reads alone shows it.",
            path="value[key=CompanyId].value",
            attestable=True,
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Provisioning > Admin Credentials > Tenant Id",
        ),
    ),
)

ASSIGNED = _Kind(
    "sync-assignments",
    "assignments of the synchronization app",
    source=List("/servicePrincipals/{sync-app.id}/appRoleAssignedTo"),
    parent=APP,
    permission="Application.Read.All",
    place="synchronization",
    label="synchronization",
    settings=(
        Setting(
            "assigned",
            Principals(),
            "Which users and groups of the source are assigned, and thereby synchronized.",
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Users and groups",
        ),
    ),
)

SCHEMA = _Kind(
    "sync-schema",
    "schema of the synchronization job",
    source=Get("/servicePrincipals/{sync-app.id}/synchronization/jobs/{sync-job.id}/schema"),
    parent=JOB,
    permission="Synchronization.Read.All",
    place="synchronization.mappings",
    label="mapping",
    area="mappings",
    settings=(
        Setting(
            "<attribute>",
            MappingSource(),
            "Where the value of a target attribute comes from.",
            # Names of rules and directories vary over time; the enabled User-to-User mapping is the one meant.
            path="synchronizationRules[].objectMappings[enabled=true,sourceObjectName=User,targetObjectName=User]"
            ".attributeMappings[targetAttributeName={attribute}].source",
            lacking="drift",
            remedy=f"{CONSOLE} > Provisioning > Mappings > Provision Microsoft Entra ID Users",
        ),
    ),
)

KINDS = (APP, JOBS, JOB, SYNC_SECRETS, ASSIGNED, SCHEMA)
