"""The rows of Microsoft Graph that read: path, permission, document.

Permissions are those of the reference pages and of Microsoft's permission map, least and higher ones alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xtcheck.sandbox.crowd import Listed
from xtcheck.sandbox.graph import directory, multi_tenant, templates
from xtcheck.sandbox.graph.errors import GraphError, missing
from xtcheck.sandbox.graph.fields import fields
from xtcheck.sandbox.graph.router import Call, Limit, Route, shown_part
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds.names import STRANGERS

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})


def _roles(*names: str) -> frozenset[str]:
    return frozenset(names)


ACCESS = _roles("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess")
AUTHORIZATION = _roles("Policy.Read.All", "Policy.ReadWrite.Authorization")
ORGANIZATION = _roles("Organization.Read.All", "Organization.ReadWrite.All") | _DIRECTORY
LICENCES = ORGANIZATION | _roles("LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All")
APPLICATIONS = _roles("Application.Read.All", "Application.ReadWrite.All") | _DIRECTORY
SYNCHRONIZATION = _roles("Synchronization.Read.All", "Synchronization.ReadWrite.All")
SECRETS = _roles("Synchronization.ReadWrite.All")
"""Reading secrets is in no permission map; it is seen to work with the writing permission."""
CLAIMS = _roles("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
OWNED = _roles("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
"""What the policies *of an application* take besides; the reference page lists no reading role."""
AUDITS = _roles("AuditLog.Read.All")
LOGS = _roles("ProvisioningLog.Read.All", "AuditLog.Read.All")
TENANTS = _roles("CrossTenantInformation.ReadBasic.All")
USERS_FULL = _roles("User.Read.All", "User.ReadWrite.All") | _DIRECTORY
USERS = USERS_FULL | _roles("User.ReadBasic.All")
MEMBERS = (
    _roles("GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All") | _DIRECTORY
)
_BASIC_MEMBERS = MEMBERS | _roles("GroupMember.ReadBasic.All")
GROUPS = MEMBERS | _roles("Group.ReadBasic.All")

BASIC_USER = frozenset({"@odata.type", "id", "displayName", "givenName", "surname", "mail", "userPrincipalName"})
BASIC_GROUP = frozenset(fields("group")) - {
    "membershipRule", "membershipRuleProcessingState", "membershipRuleProcessingStatus"
}  # fmt: skip
_LIMITED_USERS = (Limit(USERS_FULL, BASIC_USER),)
_LIMITED_GROUPS = (Limit(MEMBERS, BASIC_GROUP),)
_LIMITED_MEMBERS = (Limit(USERS_FULL, frozenset({"@odata.type", "id"})),)
_NO_KEYS = frozenset({"keyCredential.key"})


def _collection(name: str) -> Callable[[Call], Sequence[Json]]:
    return lambda call: list(call.tenant[name].values())


def _one(name: str, part: str) -> Callable[[Call], Json]:
    def answer(call: Call) -> Json:
        return directory.pick(call.tenant[name], call.parts[part])

    return answer


def _policy(name: str) -> Callable[[Call], Json]:
    return lambda call: call.tenant["crossTenantAccessPolicy"][name]


def _container(call: Call) -> Json:
    policy = call.tenant["crossTenantAccessPolicy"]
    return {name: policy[name] for name in fields("crossTenantAccessPolicy") if name in policy}


def _partner(call: Call) -> Json:
    return _of_partner(call, "partners", call.parts["partner"])


def _identity_synchronization(call: Call) -> Json:
    return _of_partner(call, "identitySynchronization", call.parts["partner"])


def _of_partner(call: Call, name: str, tenant_id: str) -> Json:
    found = call.tenant["crossTenantAccessPolicy"][name].get(tenant_id.lower())
    if found is None:
        raise GraphError(404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")
    return found


def _expand_synchronization(call: Call, partner: Json) -> Json:
    found = call.tenant["crossTenantAccessPolicy"]["identitySynchronization"].get(partner["tenantId"].lower())
    return shown_part("crossTenantIdentitySyncPolicyPartner", found, beta=call.beta)


def _partners(call: Call) -> Sequence[Json]:
    return list(call.tenant["crossTenantAccessPolicy"]["partners"].values())


def _tenant_information(call: Call) -> Json:
    tenant_id = call.parts["tenant"].lower()
    if tenant_id in STRANGERS:
        name, domain = STRANGERS[tenant_id]
        return _published(tenant_id, name, domain)
    found = call.state.tenant(tenant_id)
    if found is None or found[1]["id"].lower() != tenant_id:
        raise missing(call.parts["tenant"])
    organization = found[1]["organization"]
    default = next(domain["name"] for domain in organization["verifiedDomains"] if domain["isDefault"])
    return _published(found[1]["id"], organization["displayName"], default)


def _published(tenant_id: str, name: str, domain: str) -> Json:
    return {"tenantId": tenant_id, "displayName": name, "defaultDomainName": domain, "federationBrandName": None}


def _organization(call: Call) -> Sequence[Json]:
    return [call.tenant["organization"]]


def _organization_one(call: Call) -> Json:
    if call.parts["organization"].lower() != call.tenant["id"].lower():
        raise missing(call.parts["organization"])
    return call.tenant["organization"]


def _assignments(call: Call) -> Sequence[Json]:
    principal = directory.pick(call.tenant["servicePrincipals"], call.parts["sp"])
    return [given for given in call.tenant["appRoleAssignments"].values() if given["resourceId"] == principal["id"]]


def _claims(call: Call) -> Sequence[Json]:
    principal = directory.pick(call.tenant["servicePrincipals"], call.parts["sp"])
    known = call.tenant["claimsMappingPolicies"]
    return [known[identifier] for identifier in call.tenant["claimsMappings"].get(principal["id"], ())]


def _provisioning(call: Call) -> Sequence[Json]:
    """The provisioning logs, newest first; a tenant without a premium licence is refused."""
    if not directory.licensed(call.tenant):
        code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        raise GraphError(403, code, "Neither tenant is B2C or tenant doesn't have premium license")
    return sorted(call.tenant["provisioningLog"].values(), key=lambda record: str(record["activityDateTime"]))[::-1]


def _audited(call: Call) -> Sequence[Json]:
    """The audit log, newest first unless asked otherwise; a tenant without a premium licence is refused."""
    if not directory.licensed(call.tenant):
        code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        raise GraphError(403, code, "Neither tenant is B2C or tenant doesn't have premium license")
    newest = not call.query.oldest_first
    return sorted(call.tenant["directoryAudits"].values(), key=lambda each: each["activityDateTime"], reverse=newest)


def _synchronization(call: Call) -> dict[str, Json]:
    principal = directory.pick(call.tenant["servicePrincipals"], call.parts["sp"])
    empty: dict[str, Json] = {"jobs": {}, "schemas": {}, "secrets": {}}
    found: dict[str, Json] = call.tenant["synchronization"].get(principal["id"], empty)
    return found


def _jobs(call: Call) -> Sequence[Json]:
    return list(_synchronization(call)["jobs"].values())


def _of_job(name: str) -> Callable[[Call], Json]:
    def answer(call: Call) -> Json:
        found = _synchronization(call)[name].get(call.parts["job"])
        if found is None:
            raise GraphError(404, "ResourceNotFound", f"The job '{call.parts['job']}' was not found.")
        return found

    return answer


def _secrets(call: Call) -> Sequence[Json]:
    masked = templates.SENSITIVE
    secrets = _synchronization(call)["secrets"]
    # A key is removed by writing an empty text, and then is not there.
    shown = {key: value for key, value in secrets.items() if value != ""}
    return [{"key": key, "value": "*" if key in masked else value} for key, value in shown.items()]


def _job_templates(call: Call) -> Sequence[Json]:
    principal = directory.pick(call.tenant["servicePrincipals"], call.parts["sp"])
    return templates.of_application(principal["applicationTemplateId"])


def _job_template(call: Call) -> Json:
    for template in _job_templates(call):
        if template["id"] == call.parts["template"]:
            return template
    raise GraphError(404, "ResourceNotFound", f"The template '{call.parts['template']}' was not found.")


def _template_schema(call: Call) -> Json:
    return _job_template(call)["schema"]


def _claims_applied(call: Call) -> Sequence[Json]:
    """The service principals that have a claims mapping policy."""
    policy = directory.pick(call.tenant["claimsMappingPolicies"], call.parts["policy"])
    principals = call.tenant["servicePrincipals"]
    return [{"@odata.type": "#microsoft.graph.servicePrincipal", **principals[identifier]}
            for identifier, policies in call.tenant["claimsMappings"].items() if policy["id"] in policies]  # fmt: skip


def _gallery(call: Call) -> Json:
    return directory.pick(templates.GALLERY, call.parts["template"])


def _principal(call: Call) -> Json:
    return directory.pick(call.tenant["servicePrincipals"], call.parts["sp"])


_POLICY = "/policies/crossTenantAccessPolicy"
_SP = "/servicePrincipals/{sp}"
_SYNC = f"{_SP}/synchronization"
_C = "crossTenantAccessPolicyConfiguration"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/organization", "organization", "organization", ORGANIZATION, _organization, collection=True),
    Route("GET", "/organization/{organization}", "organization", "organization", ORGANIZATION, _organization_one),
    Route("GET", "/subscribedSkus", "subscribedSku", "subscribedSkus", LICENCES, _collection("subscribedSkus"),
          collection=True),
    Route("GET", "/policies/authorizationPolicy", "authorizationPolicy", "policies/authorizationPolicy", AUTHORIZATION,
          lambda call: call.tenant["authorizationPolicy"]),
    Route("GET", "/policies/claimsMappingPolicies/{policy}/appliesTo", "servicePrincipal", "directoryObjects",
          APPLICATIONS, _claims_applied, collection=True, hidden=_NO_KEYS),
    Route("GET", _POLICY, "crossTenantAccessPolicy", "policies/crossTenantAccessPolicy", ACCESS, _container),
    Route("GET", f"{_POLICY}/default", f"{_C}Default", "policies/crossTenantAccessPolicy/default", ACCESS,
          _policy("default")),
    Route("GET", f"{_POLICY}/partners", f"{_C}Partner", "policies/crossTenantAccessPolicy/partners", ACCESS,
          _partners, collection=True, expandable=("identitySynchronization",), expand=_expand_synchronization),
    Route("GET", f"{_POLICY}/partners/{{partner}}", f"{_C}Partner", "policies/crossTenantAccessPolicy/partners", ACCESS,
          _partner, expandable=("identitySynchronization",), expand=_expand_synchronization),
    Route("GET", f"{_POLICY}/partners/{{partner}}/identitySynchronization", "crossTenantIdentitySyncPolicyPartner",
          "policies/crossTenantAccessPolicy/partners('{partner}')/identitySynchronization", ACCESS,
          _identity_synchronization),
    Route("GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')", "tenantInformation",
          "microsoft.graph.tenantInformation$", TENANTS, _tenant_information),
    Route("GET", "/servicePrincipals", "servicePrincipal", "servicePrincipals", APPLICATIONS,
          _collection("servicePrincipals"), collection=True, hidden=_NO_KEYS),
    Route("GET", _SP, "servicePrincipal", "servicePrincipals", APPLICATIONS, _principal, hidden=_NO_KEYS),
    Route("GET", f"{_SP}/appRoleAssignedTo", "appRoleAssignment", "servicePrincipals('{sp}')/appRoleAssignedTo",
          APPLICATIONS, _assignments, collection=True),
    Route("GET", "/applications", "application", "applications", APPLICATIONS, _collection("applications"),
          collection=True, hidden=_NO_KEYS),
    Route("GET", "/applications/{application}", "application", "applications", APPLICATIONS,
          _one("applications", "application"), hidden=_NO_KEYS),
    Route("GET", f"{_SYNC}/jobs", "synchronizationJob", "servicePrincipals('{sp}')/synchronization/jobs",
          SYNCHRONIZATION, _jobs, collection=True, synchronization=True, owned=True),
    Route("GET", f"{_SYNC}/jobs/{{job}}", "synchronizationJob", "servicePrincipals('{sp}')/synchronization/jobs",
          SYNCHRONIZATION, _of_job("jobs"), synchronization=True, owned=True),
    Route("GET", f"{_SYNC}/jobs/{{job}}/schema", "synchronizationSchema",
          "servicePrincipals('{sp}')/synchronization/jobs('{job}')/schema", SYNCHRONIZATION, _of_job("schemas"),
          synchronization=True, owned=True),
    Route("GET", f"{_SYNC}/templates", "synchronizationTemplate", "servicePrincipals('{sp}')/synchronization/templates",
          SYNCHRONIZATION, _job_templates, collection=True, synchronization=True, owned=True),
    Route("GET", f"{_SYNC}/templates/{{template}}", "synchronizationTemplate",
          "servicePrincipals('{sp}')/synchronization/templates", SYNCHRONIZATION, _job_template, synchronization=True,
          owned=True),
    Route("GET", f"{_SYNC}/templates/{{template}}/schema", "synchronizationSchema",
          "servicePrincipals('{sp}')/synchronization/templates('{template}')/schema", SYNCHRONIZATION,
          _template_schema, synchronization=True, owned=True),
    Route("GET", f"{_SYNC}/secrets", "stringKeyStringValuePair",
          "servicePrincipals('{sp}')/synchronization/secrets", SECRETS, _secrets, collection=True,
          synchronization=True, owned=True),
    Route("GET", "/groups", "group", "groups", GROUPS, _collection("groups"), collection=True, limits=_LIMITED_GROUPS),
    Route("GET", "/groups/{group}", "group", "groups", GROUPS, _one("groups", "group"), limits=_LIMITED_GROUPS),
    Route("GET", "/groups/{group}/members", "user", "directoryObjects", MEMBERS | _roles("GroupMember.ReadBasic.All"),
          directory.members, collection=True, limits=_LIMITED_MEMBERS),
    Route("GET", "/groups/{group}/members/microsoft.graph.user", "user", "users",
          _BASIC_MEMBERS, directory.user_members, collection=True, limits=_LIMITED_MEMBERS),
    Route("GET", "/groups/{group}/transitiveMembers", "user", "directoryObjects",
          _BASIC_MEMBERS, directory.transitive_members, collection=True, limits=_LIMITED_MEMBERS),
    Route("GET", "/groups/{group}/appRoleAssignments", "appRoleAssignment", "groups('{group}')/appRoleAssignments",
          _roles("Directory.Read.All", "Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"),
          directory.group_uses, collection=True),
    Route("GET", "/groups/{group}/memberOf", "group", "directoryObjects", MEMBERS, directory.parents, collection=True,
          limits=_LIMITED_GROUPS),
    Route("GET", "/users/{user}/memberOf", "group", "directoryObjects", MEMBERS | USERS_FULL, directory.member_of,
          collection=True, limits=_LIMITED_GROUPS),
    Route("GET", "/directory/deletedItems/microsoft.graph.user", "user", "users", USERS_FULL,
          _collection("deletedItems"), collection=True),
    Route("GET", "/policies/claimsMappingPolicies", "claimsMappingPolicy", "policies/claimsMappingPolicies", CLAIMS,
          _collection("claimsMappingPolicies"), collection=True),
    Route("GET", f"{_SP}/claimsMappingPolicies", "claimsMappingPolicy",
          "Collection(microsoft.graph.claimsMappingPolicy)", CLAIMS, _claims, collection=True, also=OWNED),
    Route("GET", "/auditLogs/provisioning", "provisioningObjectSummary", "auditLogs/provisioning", LOGS, _provisioning,
          collection=True),
    Route("GET", "/auditLogs/directoryAudits", "directoryAudit", "auditLogs/directoryAudits", AUDITS, _audited,
          collection=True),
    *multi_tenant.ROUTES,
    Route("GET", "/users", "user", "users", USERS, lambda call: Listed(call.tenant), collection=True,
          limits=_LIMITED_USERS),
    Route("GET", "/users/{user}/directReports", "user", "directoryObjects", USERS_FULL, directory.direct_reports,
          collection=True),
    Route("GET", "/users/{user}", "user", "users", USERS, directory.user, limits=_LIMITED_USERS),
    Route("GET", "/applicationTemplates/{template}", "applicationTemplate", "applicationTemplates", frozenset(),
          _gallery),
)  # fmt: skip
"""Every route that reads. A longer path stands after the shorter one; patterns match whole paths."""
