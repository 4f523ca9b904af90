"""Builds one Entra tenant and the objects in it, in Microsoft Graph's document shapes."""

from __future__ import annotations

from collections.abc import Iterable

from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds.names import object_id

CREATED = "2025-01-15T09:00:00Z"
FEDERATION_ISSUER = "https://federation.sandbox.xtcheck.example/"
"""Who issues the workload tokens that the auditor's federated credential trusts."""
FEDERATION_SUBJECT = "xtcheck-auditor"
AUDITOR = "xtcheck auditor"
REMEDIATOR = "xtcheck remediator"
READER_ROLES = (
    "Policy.Read.All",
    "Synchronization.Read.All",
    "Application.Read.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "Organization.Read.All",
    "LicenseAssignment.Read.All",
    "ProvisioningLog.Read.All",
    "AuditLog.Read.All",
    "MultiTenantOrganization.Read.All",
    "CrossTenantInformation.ReadBasic.All",
)
"""What a reading client of either side needs."""
WRITER_ROLES = (
    *READER_ROLES,
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.ApplicationConfiguration",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Synchronization.ReadWrite.All",
    "Group.ReadWrite.All",
)
"""What a client needs besides to put right whatever can be put right."""

_PREMIUM = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
_PLANS = (
    ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM", "User"),
    ("8a256a2b-b617-496d-b51b-e76466e88db0", "MFA_PREMIUM", "User"),
    ("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION", "Company"),
)

_PARTNER_SETTINGS = (
    "inboundTrust",
    "b2bCollaborationOutbound",
    "b2bCollaborationInbound",
    "b2bDirectConnectOutbound",
    "b2bDirectConnectInbound",
    "automaticUserConsentSettings",
)


def tenant(alias: str, tenant_id: str, name: str, initial: str, custom: str | None = None) -> dict[str, Json]:
    """A bare tenant: organization, default policies, P1 licences, and the client that audits it."""
    made: dict[str, Json] = {
        "id": tenant_id,
        "organization": _organization(tenant_id, name, initial, custom),
        "authorizationPolicy": _authorization_policy(),
        "subscribedSkus": {f"{tenant_id}_{_PREMIUM}": _sku(tenant_id)},
        "crossTenantAccessPolicy": {
            "id": object_id(tenant_id, "policy", "crossTenantAccessPolicy"),
            "displayName": "CrossTenantAccessPolicy",
            "description": None,
            "allowedCloudEndpoints": [],
            "default": default_access(object_id(tenant_id, "policy", "default")),
            "partners": {},
            "identitySynchronization": {},
            "partnerTemplate": _template(tenant_id, "partner", _PARTNER_SETTINGS),
            "identitySynchronizationTemplate": _template(tenant_id, "identitySynchronization", ("userSyncInbound",)),
        },
        "multiTenantOrganization": {
            "id": None,
            "createdDateTime": None,
            "displayName": None,
            "description": None,
            "state": "inactive",
        },
        "multiTenantOrganizationMembers": {},
        "claimsMappingPolicies": {},
        "claimsMappings": {},
        "provisioningLog": {},
        "directoryAudits": {},
        "users": {},
        "deletedItems": {},
        "groups": {},
        "members": {},
        "managers": {},
        "applications": {},
        "servicePrincipals": {},
        "appRoleAssignments": {},
        "synchronization": {},
        "signingCertificates": {},
        "owners": {},
        "clients": {},
    }
    _add_auditor(made, alias)
    return made


def _template(tenant_id: str, name: str, settings: Iterable[str]) -> Json:
    """A template for partners in a multitenant organization, as it is before anybody configures it: no effect."""
    level = {"templateApplicationLevel": "newPartners,existingPartners"}
    return {"id": object_id(tenant_id, "template", name)} | dict.fromkeys(settings) | level


def _organization(tenant_id: str, name: str, initial: str, custom: str | None) -> Json:
    capabilities = "Email, OfficeCommunicationsOnline"
    domains = [
        {
            "capabilities": capabilities,
            "isDefault": custom is None,
            "isInitial": True,
            "name": initial,
            "type": "Managed",
        }
    ]
    if custom:
        domains.append(
            {"capabilities": capabilities, "isDefault": True, "isInitial": False, "name": custom, "type": "Managed"}
        )
    return {
        "id": tenant_id,
        "deletedDateTime": None,
        "businessPhones": ["2065550100"],
        "city": None,
        "country": None,
        "countryLetterCode": "US",
        "createdDateTime": CREATED,
        "defaultUsageLocation": "US",
        "displayName": name,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "partnerTenantType": None,
        "postalCode": None,
        "preferredLanguage": "en",
        "privacyProfile": None,
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": [f"admin@{custom or initial}"],
        "tenantType": "AAD",
        "assignedPlans": [
            {
                "assignedDateTime": CREATED,
                "capabilityStatus": "Enabled",
                "service": "AADPremiumService",
                "servicePlanId": _PLANS[0][0],
            }
        ],
        "provisionedPlans": [],
        "verifiedDomains": domains,
    }


def _authorization_policy() -> Json:
    return {
        "id": "authorizationPolicy",
        "allowInvitesFrom": "everyone",
        "allowUserConsentForRiskyApps": None,
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "blockMsolPowerShell": False,
        "description": "Used to manage authorization related settings across the company.",
        "displayName": "Authorization Policy",
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": False,
            "allowedToCreateSecurityGroups": False,
            "allowedToCreateTenants": False,
            "allowedToReadBitlockerKeysForOwnedDevice": True,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": [],
        },
    }


def _sku(tenant_id: str) -> Json:
    return {
        "id": f"{tenant_id}_{_PREMIUM}",
        "accountId": object_id(tenant_id, "licence", "account"),
        "accountName": "sandbox",
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 5,
        "prepaidUnits": {"enabled": 25, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": [
            {
                "appliesTo": applies,
                "provisioningStatus": "Success",
                "servicePlanId": plan,
                "servicePlanName": name,
            }
            for plan, name, applies in _PLANS
        ],
        "skuId": _PREMIUM,
        "skuPartNumber": "AAD_PREMIUM",
        "subscriptionIds": [object_id(tenant_id, "licence", "subscription")],
    }


def everybody(access: str) -> Json:
    """A B2B setting for all users and all applications."""
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def default_access(identifier: str) -> Json:
    """The service's default cross-tenant access configuration."""
    return {
        "id": identifier,
        "isServiceDefault": True,
        "inboundTrust": {
            "isMfaAccepted": False,
            "isCompliantDeviceAccepted": False,
            "isHybridAzureADJoinedDeviceAccepted": False,
        },
        "b2bCollaborationOutbound": everybody("allowed"),
        "b2bCollaborationInbound": everybody("allowed"),
        "b2bDirectConnectOutbound": everybody("blocked"),
        "b2bDirectConnectInbound": everybody("blocked"),
        "crossCloudMeetingConfiguration": {"inboundAllowed": False, "outboundAllowed": False},
        "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
        "protectedContentSharing": {"inboundAllowed": True, "outboundAllowed": True},
        "tenantRestrictions": {"devices": None, **everybody("blocked")},
        "invitationRedemptionIdentityProviderConfiguration": {
            "primaryIdentityProviderPrecedenceOrder": [
                "azureActiveDirectory",
                "externalFederation",
                "socialIdentityProviders",
            ],
            "fallbackIdentityProvider": "defaultConfiguredIdp",
        },
    }


def partner(tenant_id: str, *, inbound: bool | None = None, outbound: bool | None = None, trust: Json = None) -> Json:
    """A partner configuration that inherits what is not said."""
    return {
        "tenantId": tenant_id,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        "inboundTrust": trust,
        "b2bCollaborationOutbound": None,
        "b2bCollaborationInbound": None,
        "b2bDirectConnectOutbound": None,
        "b2bDirectConnectInbound": None,
        "tenantRestrictions": None,
        "crossCloudMeetingConfiguration": {"inboundAllowed": None, "outboundAllowed": None},
        "automaticUserConsentSettings": {"inboundAllowed": inbound, "outboundAllowed": outbound},
    }


def add_user(into: dict[str, Json], name: str, principal_name: str, department: str | None, title: str) -> str:
    """Add a member; returns the id."""
    identifier = object_id(into["id"], "user", name)
    into["users"][identifier] = user(into, identifier, name, principal_name, department, title)
    return identifier


def user(
    tenant: dict[str, Json], identifier: str, name: str, principal_name: str, department: str | None, title: str
) -> Json:
    """A member's document."""
    given, _, surname = name.partition(" ")
    return {
        "id": identifier,
        "deletedDateTime": None,
        "accountEnabled": True,
        "assignedPlans": [],
        "businessPhones": [],
        "city": "Seattle",
        "companyName": tenant["organization"]["displayName"],
        "country": "United States",
        "createdDateTime": CREATED,
        "creationType": None,
        "department": department,
        "displayName": name,
        "employeeHireDate": None,
        "employeeId": None,
        "employeeType": None,
        "externalUserState": None,
        "externalUserStateChangeDateTime": None,
        "faxNumber": None,
        "givenName": given,
        "identities": [
            {
                "signInType": "userPrincipalName",
                "issuer": tenant["organization"]["verifiedDomains"][0]["name"],
                "issuerAssignedId": principal_name,
            }
        ],
        "jobTitle": title,
        "mail": principal_name,
        "mailNickname": principal_name.partition("@")[0],
        "mobilePhone": None,
        "officeLocation": None,
        "onPremisesSyncEnabled": None,
        "otherMails": [],
        "postalCode": None,
        "preferredLanguage": None,
        "proxyAddresses": [f"SMTP:{principal_name}"],
        "showInAddressList": None,
        "state": "WA",
        "streetAddress": None,
        "surname": surname,
        "usageLocation": "US",
        "userPrincipalName": principal_name,
        "userType": "Member",
    }


def add_group(into: dict[str, Json], name: str, nickname: str, *, members: list[str], rule: str | None = None) -> str:
    """Add a security group, dynamic when it has a rule; returns the id."""
    identifier = object_id(into["id"], "group", name)
    into["groups"][identifier] = group(identifier, name, nickname, rule=rule)
    into["members"][identifier] = list(members)
    return identifier


def group(identifier: str, name: str, nickname: str, *, rule: str | None = None) -> Json:
    """A security group's document."""
    return {
        "id": identifier,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": CREATED,
        "creationOptions": [],
        "description": None,
        "displayName": name,
        "expirationDateTime": None,
        "groupTypes": ["DynamicMembership"] if rule else [],
        "isAssignableToRole": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": nickname,
        "membershipRule": rule,
        "membershipRuleProcessingState": "On" if rule else None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "preferredLanguage": None,
        "proxyAddresses": [],
        "renewedDateTime": CREATED,
        "securityEnabled": True,
        "securityIdentifier": None,
        "theme": None,
        "uniqueName": None,
        "visibility": None,
    }


def _add_auditor(into: dict[str, Json], alias: str) -> None:
    """The client that the connection names: a secret, a certificate and a federated credential."""
    from xtcheck.sandbox.keys import certificate  # makes keys
    from xtcheck.sandbox.worlds.application import add_application

    app_id = add_application(into, AUDITOR, template_id=None)["appId"]
    shown = certificate("client", "xtcheck auditor")
    into["clients"][app_id] = {
        "secret": f"sandbox-secret-of-{alias}",
        "thumbprints": [shown.thumbprint],
        "certificates": {shown.thumbprint: shown.base64},
        "federated": [{"issuer": FEDERATION_ISSUER, "subject": FEDERATION_SUBJECT}],
        "roles": list(READER_ROLES),
    }


def add_remediator(into: dict[str, Json], alias: str) -> None:
    """A second client, which may write; it signs in with a secret alone."""
    from xtcheck.sandbox.worlds.application import add_application

    app_id = add_application(into, REMEDIATOR, template_id=None)["appId"]
    into["clients"][app_id] = {
        "secret": f"sandbox-secret-of-{alias}-that-writes",
        "thumbprints": [],
        "certificates": {},
        "federated": [],
        "roles": list(WRITER_ROLES),
    }
