"""What the services are documented to admit, as one table, and which part of it a request spends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xtcheck.clients.bucket import Limit

GRAPH = "graph"
GRAPH_WRITES = "graph-writes"


@dataclass(frozen=True, slots=True)
class Family:
    """Requests that share a limit: those of one service whose path or operation ``pattern`` finds; the first row wins.

    ``each`` gives every operation a limit of its own.
    """

    service: str
    name: str
    pattern: str
    limit: Limit
    source: str
    each: bool = False


GRAPH_LIMITS = "learn.microsoft.com/graph/throttling-limits"
CENTER_LIMITS = "docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"

FAMILIES = (
    Family(
        GRAPH,
        "graph reports",
        r"^(beta:)?/(auditLogs|reports)\b",
        Limit(5, 10, 3),
        f"{GRAPH_LIMITS}#identity-and-access-reports-service-limits",
    ),
    Family(
        GRAPH,
        "graph conditional access",
        r"^(beta:)?/identity/conditionalAccess\b",
        Limit(2, 2, 1),
        f"{GRAPH_LIMITS}#identity-protection-and-conditional-access-service-limits: one a second, without Retry-After",
    ),
    Family(
        GRAPH,
        "graph",
        "",
        Limit(3500, 10, 1750),
        f"{GRAPH_LIMITS}#identity-and-access-service-limits: resource units of application and smallest tenant",
    ),
    Family(
        GRAPH_WRITES,
        "graph writes",
        "",
        Limit(3000, 150, 60),
        f"{GRAPH_LIMITS}#identity-and-access-service-limits: writes of application and tenant",
    ),
    Family("sso-admin", "sso-admin", "", Limit(20, 1, 6), f"{CENTER_LIMITS}: 20 a second over all operations"),
    Family(
        "identitystore",
        "identitystore",
        "",
        Limit(20, 1, 6),
        f"{CENTER_LIMITS}: 20 a second, each operation",
        each=True,
    ),
    Family(
        "account-access", "account-access", "", Limit(20, 1, 6), f"{CENTER_LIMITS}: 20 a second over all operations"
    ),
    Family(
        "organizations",
        "organizations",
        "",
        Limit(8, 1, 3),
        "docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html has other figures for each"
        " operation; this is below all that are known",
    ),
    Family(
        "cloudtrail",
        "cloudtrail",
        "",
        Limit(2, 1, 1),
        "docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: 2 a second, account and region",
    ),
)
"""In this order, which matters for Graph. What is in no row (sts, the web, sign-in) is asked a few times in a run."""

EVERYWHERE = {GRAPH: Limit(150_000, 20, 75_000)}
"""What all places of a service share: resource units of one application over all tenants, same page."""

UNITS = (
    (r"/transitiveMembers\b", 5),
    (r"^/policies/crossTenantAccessPolicy/default\b", 4),  # observed, not documented
    (r"^/groups/[^/]+/members\b|^/subscribedSkus\b", 3),
    (r"^/(users|applications)\b|^/servicePrincipals/[^/]+/appRoleAssign", 2),
)
"""Resource units of a GET in the identity and access service, same page; any other costs one."""

SMALL_PAGE = 20


def family_of(service: str, operation: str) -> Family | None:
    """The row under which a request falls; None when nothing limits it."""
    rows = (row for row in FAMILIES if row.service == service)
    return next((row for row in rows if re.search(row.pattern, operation)), None)


def bucket_of(family: Family, operation: str) -> str:
    """The name of the bucket in which a request of the family is counted."""
    return f"{family.name} {operation}" if family.each else family.name


def units(operation: str) -> int:
    """The resource units that a GET of Microsoft Graph costs: its kind, and what its options add or save."""
    path, _, query = operation.removeprefix("beta:").partition("?")
    cost = next((cost for pattern, cost in UNITS if re.search(pattern, path)), 1)
    top = re.search(r"\$top=(\d+)", query)
    cost += ("$expand=" in query) - ("$select=" in query) - (top is not None and int(top[1]) < SMALL_PAGE)
    return max(1, cost)
