"""The rows of Microsoft Graph about multitenant organizations. No world has one, and the service says so with 200."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xtcheck.sandbox.graph.errors import GraphError
from xtcheck.sandbox.graph.router import Call, Route
from xtcheck.sandbox.wire import Json

ORGANIZATION = frozenset({"MultiTenantOrganization.Read.All", "MultiTenantOrganization.ReadWrite.All"})
TEMPLATES = ORGANIZATION | {"Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"}
"""The permission map and the reference pages differ here; either lets in."""


def _organization(call: Call) -> Json:
    return call.tenant["multiTenantOrganization"]


def _members(call: Call) -> Sequence[Json]:
    return list(call.tenant["multiTenantOrganizationMembers"].values())


def _member(call: Call) -> Json:
    found = call.tenant["multiTenantOrganizationMembers"].get(call.parts["member"].lower())
    if found is None:
        message = "Unable to read the company information from the directory."
        raise GraphError(404, "Directory_ObjectNotFound", message)
    return found


def _template(name: str) -> Callable[[Call], Json]:
    return lambda call: call.tenant["crossTenantAccessPolicy"][name]


_MTO = "/tenantRelationships/multiTenantOrganization"
_TEMPLATES = "/policies/crossTenantAccessPolicy/templates"

ROUTES: tuple[Route, ...] = (
    Route("GET", _MTO, "multiTenantOrganization", "tenantRelationships/multiTenantOrganization", ORGANIZATION,
          _organization),
    Route("GET", f"{_MTO}/tenants", "multiTenantOrganizationMember",
          "tenantRelationships/multiTenantOrganization/tenants", ORGANIZATION, _members, collection=True),
    Route("GET", f"{_MTO}/tenants/{{member}}", "multiTenantOrganizationMember",
          "tenantRelationships/multiTenantOrganization/tenants", ORGANIZATION, _member),
    Route("GET", f"{_TEMPLATES}/multiTenantOrganizationPartnerConfiguration",
          "multiTenantOrganizationPartnerConfigurationTemplate",
          "policies/crossTenantAccessPolicy/templates/multiTenantOrganizationPartnerConfiguration", TEMPLATES,
          _template("partnerTemplate")),
    Route("GET", f"{_TEMPLATES}/multiTenantOrganizationIdentitySynchronization",
          "multiTenantOrganizationIdentitySyncPolicyTemplate",
          "policies/crossTenantAccessPolicy/templates/multiTenantOrganizationIdentitySynchronization", TEMPLATES,
          _template("identitySynchronizationTemplate")),
)  # fmt: skip
