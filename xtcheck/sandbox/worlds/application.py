"""Builds enterprise applications: the application, its service principal, roles, assignments and provisioning job."""

from __future__ import annotations

import base64
import json

from xtcheck.sandbox.engines import jobs
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds.names import object_id

NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
CREATED = "2025-01-15T09:10:00Z"
_INFORMATION = dict.fromkeys(("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl"))
_PUBLISHER = dict.fromkeys(("displayName", "verifiedPublisherId", "addedDateTime"))


def _role(identifier: str, name: str) -> Json:
    return {
        "allowedMemberTypes": ["User"],
        "description": name,
        "displayName": name,
        "id": identifier,
        "isEnabled": True,
        "origin": "Application",
        "value": None,
    }


ROLES: dict[str | None, list[Json]] = {
    None: [],
    templates.CROSS_TENANT: [_role(templates.ROLE_MSIAM_ACCESS, "msiam_access")],
    templates.AWS: [
        _role(templates.ROLE_USER, "User"),
        _role(templates.ROLE_MSIAM_ACCESS, "msiam_access"),
    ],
}
"""The roles that instantiating a gallery application brings."""


def add_application(into: dict[str, Json], name: str, *, template_id: str | None, key: str = "") -> Json:
    """Add an application and its service principal; returns the service principal.

    Its ids follow from ``key``, or else from its name.
    """
    application_id = object_id(into["id"], "application", key or name)
    principal_id = object_id(into["id"], "principal", key or name)
    app_id = object_id(into["id"], "app", key or name)
    gallery = template_id is not None
    into["applications"][application_id] = _application(into, application_id, app_id, name, template_id)
    into["servicePrincipals"][principal_id] = {
        "id": principal_id,
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDescription": None,
        "appDisplayName": name,
        "appId": app_id,
        "applicationTemplateId": template_id,
        "appOwnerOrganizationId": into["id"],
        "appRoleAssignmentRequired": gallery,
        "createdDateTime": CREATED,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": name,
        "homepage": _homepage(template_id),
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "preferredTokenSigningKeyThumbprint": None,
        "replyUrls": [],
        "resourceSpecificApplicationPermissions": [],
        "samlSingleSignOnSettings": None,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"] if gallery else [],
        "tokenEncryptionKeyId": None,
        "info": dict(_INFORMATION),
        "verifiedPublisher": dict(_PUBLISHER),
        "addIns": [],
        "appRoles": [dict(role) for role in ROLES[template_id]],
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
    }
    return into["servicePrincipals"][principal_id]


def _homepage(template_id: str | None) -> str | None:
    key = {templates.CROSS_TENANT: "aad2aadsync", templates.AWS: "awssinglesignon"}.get(template_id or "")
    return (
        f"https://account.activedirectory.windowsazure.com:444/applications/default.aspx?metadata={key}|ISV9.1|primary|z"
        if key
        else None
    )


def _application(into: dict[str, Json], identifier: str, app_id: str, name: str, template_id: str | None) -> Json:
    return {
        "id": identifier,
        "deletedDateTime": None,
        "appId": app_id,
        "applicationTemplateId": template_id,
        "createdDateTime": CREATED,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": name,
        "groupMembershipClaims": None,
        "identifierUris": [],
        "isDeviceOnlyAuthSupported": None,
        "isFallbackPublicClient": False,
        "notes": None,
        "publisherDomain": into["organization"]["verifiedDomains"][0]["name"],
        "samlMetadataUrl": None,
        "serviceManagementReference": None,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
        "uniqueName": None,
        "addIns": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": None,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [dict(role) for role in ROLES[template_id]],
        "info": dict(_INFORMATION),
        "keyCredentials": [],
        "optionalClaims": None,
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [],
        "spa": {"redirectUris": []},
        "verifiedPublisher": dict(_PUBLISHER),
        "web": {
            "homePageUrl": _homepage(template_id),
            "logoutUrl": None,
            "redirectUris": [],
            "redirectUriSettings": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": bool(template_id)},
        },
    }


def application_of(tenant: dict[str, Json], principal: Json) -> Json:
    """The application behind a service principal."""
    return next(made for made in tenant["applications"].values() if made["appId"] == principal["appId"])


def assign(tenant: dict[str, Json], principal: Json, kind: str, principal_id: str, role_id: str) -> str:
    """Assign a user or a group (``kind`` is User or Group) to an application; returns the assignment's id."""
    assignee = tenant["users" if kind == "User" else "groups"][principal_id]
    identifier = object_id(tenant["id"], "assignment", f"{principal['id']}/{principal_id}")
    tenant["appRoleAssignments"][identifier] = {
        "id": identifier,
        "deletedDateTime": None,
        "appRoleId": role_id,
        "createdDateTime": CREATED,
        "principalDisplayName": assignee["displayName"],
        "principalId": principal_id,
        "principalType": kind,
        "resourceDisplayName": principal["displayName"],
        "resourceId": principal["id"],
    }
    return identifier


def add_job(
    tenant: dict[str, Json], principal: Json, template_name: str, secrets: dict[str, str], *, schema: Json = None
) -> str:
    """Give an application its provisioning job, switched on; returns the job's id. The schema is the template's."""
    key = object_id(tenant["id"], "job", principal["displayName"])
    job = new_job(tenant, principal, template_name, key, schema=schema)
    jobs.start(job)
    tenant["synchronization"][principal["id"]]["secrets"] = secrets
    return str(job["id"])


def new_job(tenant: dict[str, Json], principal: Json, template_name: str, key: str, *, schema: Json = None) -> Json:
    """Give an application a provisioning job as it is created: not running. The schema is the template's."""
    schema = schema or templates.synchronization_template(template_name)["schema"]
    job_id = ".".join((template_name, tenant["id"].replace("-", ""), key))
    settings = {"AzureIngestionAttributeOptimization": "False", "LookaheadQueryEnabled": "False"}
    synchronization = synchronization_of(tenant, principal)
    synchronization["jobs"][job_id] = job = jobs.fresh(job_id, template_name, settings)
    synchronization["schemas"][job_id] = schema | {"id": job_id}
    return job


def synchronization_of(tenant: dict[str, Json], principal: Json) -> dict[str, Json]:
    """What a service principal has of provisioning; nothing at first."""
    empty: dict[str, Json] = {"jobs": {}, "schemas": {}, "secrets": {}, "links": {}}
    found: dict[str, Json] = tenant["synchronization"].setdefault(principal["id"], empty)
    return found


def name_by(tenant: dict[str, Json], principal: Json, attribute: str) -> None:
    """Say with a claims mapping policy of which attribute an application's NameID is made."""
    identifier = object_id(tenant["id"], "claims", principal["displayName"])
    claim = {"Source": "user", "ID": attribute, "SamlClaimType": NAME_ID}
    definition = {"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": [claim]}}
    tenant["claimsMappingPolicies"][identifier] = {
        "id": identifier,
        "deletedDateTime": None,
        "definition": [json.dumps(definition)],
        "displayName": f"Names for {principal['displayName']}",
        "isOrganizationDefault": False,
    }
    tenant["claimsMappings"][principal["id"]] = [identifier]


def set_up_saml(tenant: dict[str, Json], principal: Json, *, identifier: str, reply: str) -> None:
    """Switch an application to SAML: addresses on the application, mirrored and signed for on the principal."""
    from xtcheck.sandbox.keys import signing_certificate  # cryptography is heavy

    application = application_of(tenant, principal)
    application["identifierUris"] = [identifier]
    application["web"]["redirectUris"] = [reply]
    principal["preferredSingleSignOnMode"] = "saml"
    principal["servicePrincipalNames"] = [identifier, principal["appId"]]
    principal["replyUrls"] = [reply]
    principal["notificationEmailAddresses"] = tenant["organization"]["technicalNotificationMails"][:1]
    principal["samlSingleSignOnSettings"] = {"relayState": None}
    signing = signing_certificate()
    principal["preferredTokenSigningKeyThumbprint"] = signing.thumbprint
    for usage, kind, key in (("Verify", "AsymmetricX509Cert", signing.base64), ("Sign", "AsymmetricX509Cert", None)):
        principal["keyCredentials"].append(
            {
                "customKeyIdentifier": base64.b64encode(signing.sha1).decode(),
                "displayName": signing.subject,
                "endDateTime": stamp(signing.ends),
                "key": key,
                "keyId": object_id(tenant["id"], "key", usage),
                "startDateTime": stamp(signing.begins),
                "type": kind,
                "usage": usage,
            }
        )
    tenant["signingCertificates"][principal["appId"]] = {signing.thumbprint: signing.base64}
