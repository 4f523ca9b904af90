"""What ``${…}`` stands for in a policy: tenants and AWS entry in scope; environment variables, which are secret."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xtcheck.errors import Mark, Mistake, choices

if TYPE_CHECKING:
    from xtcheck.estate import Aws, Scope, Tenant


def value(scope: Scope, name: str, mark: Mark) -> tuple[str, bool]:
    """The text of a variable, and whether it is secret.

    :raises Mistake: there is no such variable here, or it is empty.
    """
    owner, _, field = name.partition(".")
    if owner == "env":
        text = os.environ.get(field, "")
        if not text:
            raise Mistake(mark, f"the environment variable {field} is not set", "set it before the run")
        return text, True
    if name.startswith("path:"):
        return f"${{{name}}}", False  # AWS's own way to name a user's attribute, in attributes for access control
    known = table(scope)
    if name not in known:
        raise Mistake(mark, f"there is no variable ${{{name}}} here", choices(name, [*known, "env.…"], "known here"))
    if not known[name]:
        raise Mistake(mark, f"${{{name}}} is empty", "config.yml does not say it")
    return known[name], False


def table(scope: Scope) -> dict[str, str]:
    """All variables but those of the environment."""
    known: dict[str, str] = {}
    if scope.tenant:
        known |= _of_tenant("tenant", scope.tenant)
    if scope.link:
        known |= _of_tenant("source", scope.estate.tenants[scope.link.source])
        known |= _of_tenant("target", scope.estate.tenants[scope.link.target])
    if scope.aws:
        known |= _of_aws(scope.aws) | _of_tenant("tenant", scope.estate.tenants[scope.aws.tenant])
    return known


def _of_tenant(owner: str, tenant: Tenant) -> dict[str, str]:
    return {f"{owner}.alias": tenant.alias, f"{owner}.id": tenant.id, f"{owner}.label": tenant.label}


def _of_aws(aws: Aws) -> dict[str, str]:
    # https://scim.<region>.amazonaws.com/<SCIM tenant>/scim/v2: the tenant is what external ids are issued under.
    segments = [segment for segment in urlsplit(aws.scim).path.split("/") if segment]
    scim_tenant = segments[segments.index("scim", 1) - 1] if "scim" in segments[1:] else ""
    return {
        "aws.alias": aws.alias,
        "aws.account": aws.account,
        "aws.region": aws.region,
        "aws.scim-endpoint": aws.scim,
        "aws.scim-issuer": f"https://scim.aws.com/{scim_tenant}" if scim_tenant else "",
    }
