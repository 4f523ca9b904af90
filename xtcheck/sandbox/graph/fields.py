"""The documents of Microsoft Graph that the sandbox knows: their fields, with types.

Written from the v1.0 reference and CSDL. It decides what ``$select`` and ``$filter`` may name, what a drift may change,
and, in a test, that nothing is served which the vendor's SDK does not know.

Notation: ``name:type``; types are ``s`` string, ``b`` Boolean, ``i`` integer, ``t`` date-time, ``j`` any JSON, a
document's name, and ``[]`` after it for a collection. A trailing ``!`` means never null, ``*`` served in beta only,
``+`` left out of an answer unless ``$select`` names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from xtcheck.sandbox.wire import Json

_TABLE: dict[str, str] = {
    "organization": """
        id:s! deletedDateTime:t businessPhones:s[] city:s country:s countryLetterCode:s createdDateTime:t
        defaultUsageLocation:s displayName:s
        marketingNotificationEmails:s[] onPremisesLastSyncDateTime:t onPremisesSyncEnabled:b
        partnerTenantType:s postalCode:s preferredLanguage:s privacyProfile:privacyProfile
        securityComplianceNotificationMails:s[] securityComplianceNotificationPhones:s[] state:s street:s
        technicalNotificationMails:s[] tenantType:s assignedPlans:assignedPlan[] provisionedPlans:provisionedPlan[]
        verifiedDomains:verifiedDomain[]""",
    "privacyProfile": "contactEmail:s statementUrl:s",
    "assignedPlan": "assignedDateTime:t capabilityStatus:s service:s servicePlanId:s",
    "provisionedPlan": "capabilityStatus:s provisioningStatus:s service:s",
    "verifiedDomain": "capabilities:s isDefault:b! isInitial:b! name:s! type:s",
    "subscribedSku": """
        id:s! accountId:s accountName:s appliesTo:s capabilityStatus:s consumedUnits:i prepaidUnits:licenseUnitsDetail
        servicePlans:servicePlanInfo[] skuId:s! skuPartNumber:s subscriptionIds:s[]""",
    "licenseUnitsDetail": "enabled:i lockedOut:i suspended:i warning:i",
    "servicePlanInfo": "appliesTo:s provisioningStatus:s servicePlanId:s! servicePlanName:s",
    "authorizationPolicy": """
        id:s! deletedDateTime:t displayName:s description:s allowInvitesFrom:s allowUserConsentForRiskyApps:b
        allowedToSignUpEmailBasedSubscriptions:b! allowedToUseSSPR:b! allowEmailVerifiedUsersToJoinOrganization:b!
        blockMsolPowerShell:b defaultUserRolePermissions:defaultUserRolePermissions guestUserRoleId:s""",
    "defaultUserRolePermissions": """
        allowedToCreateApps:b! allowedToCreateSecurityGroups:b! allowedToCreateTenants:b
        allowedToReadBitlockerKeysForOwnedDevice:b allowedToReadOtherUsers:b!
        permissionGrantPoliciesAssigned:s[]""",
    "crossTenantAccessPolicy": "id:s! deletedDateTime:t displayName:s description:s allowedCloudEndpoints:s[]",
    "crossTenantAccessPolicyConfigurationDefault": """
        id:s! isServiceDefault:b! inboundTrust:inboundTrust b2bCollaborationOutbound:b2bSetting
        b2bCollaborationInbound:b2bSetting b2bDirectConnectOutbound:b2bSetting b2bDirectConnectInbound:b2bSetting
        crossCloudMeetingConfiguration:inboundOutbound automaticUserConsentSettings:inboundOutbound
        protectedContentSharing:inboundOutbound tenantRestrictions:tenantRestrictions
        invitationRedemptionIdentityProviderConfiguration:invitationRedemption
        m365CollaborationInbound:m365Inbound m365CollaborationOutbound:m365Outbound
        appServiceConnectInbound:appServiceConnect""",
    "crossTenantAccessPolicyConfigurationPartner": """
        tenantId:s! isServiceProvider:b isInMultiTenantOrganization:b inboundTrust:inboundTrust
        b2bCollaborationOutbound:b2bSetting b2bCollaborationInbound:b2bSetting b2bDirectConnectOutbound:b2bSetting
        b2bDirectConnectInbound:b2bSetting tenantRestrictions:tenantRestrictions
        crossCloudMeetingConfiguration:inboundOutbound automaticUserConsentSettings:inboundOutbound
        protectedContentSharing:inboundOutbound m365CollaborationInbound:m365Inbound
        m365CollaborationOutbound:m365Outbound appServiceConnectInbound:appServiceConnect
        blockServiceProviderOutboundAccess:b* deletedDateTime:t*""",
    "inboundTrust": """isMfaAccepted:b isCompliantDeviceAccepted:b isHybridAzureADJoinedDeviceAccepted:b
        isCompliantNetworkAccepted:b*""",
    "inboundOutbound": "inboundAllowed:b outboundAllowed:b",
    "b2bSetting": "usersAndGroups:targetConfiguration applications:targetConfiguration",
    "targetConfiguration": "accessType:s! targets:target[]",
    "target": "target:s! targetType:s!",
    "tenantRestrictions": "devices:devicesFilter usersAndGroups:targetConfiguration applications:targetConfiguration",
    "devicesFilter": "mode:s! rule:s",
    "invitationRedemption": "primaryIdentityProviderPrecedenceOrder:s[] fallbackIdentityProvider:s",
    "m365Inbound": "users:targetConfiguration",
    "m365Outbound": "usersAndGroups:targetConfiguration",
    "appServiceConnect": "applications:targetConfiguration",
    "crossTenantIdentitySyncPolicyPartner": """
        tenantId:s! displayName:s userSyncInbound:userSyncInbound groupSyncInbound:userSyncInbound*
        externalCloudAuthorizedApplicationId:s* deletedDateTime:t*""",
    "userSyncInbound": "isSyncAllowed:b",
    "multiTenantOrganization": "id:s createdDateTime:t displayName:s description:s state:s",
    "multiTenantOrganizationMember": """
        tenantId:s! displayName:s addedDateTime:t joinedDateTime:t addedByTenantId:s role:s state:s
        transitionDetails:multiTenantOrganizationMemberTransitionDetails""",
    "multiTenantOrganizationMemberTransitionDetails": "desiredRole:s desiredState:s status:s details:s",
    "multiTenantOrganizationPartnerConfigurationTemplate": """
        id:s! inboundTrust:inboundTrust b2bCollaborationOutbound:b2bSetting b2bCollaborationInbound:b2bSetting
        b2bDirectConnectOutbound:b2bSetting b2bDirectConnectInbound:b2bSetting
        automaticUserConsentSettings:inboundOutbound templateApplicationLevel:s""",
    "multiTenantOrganizationIdentitySyncPolicyTemplate": """
        id:s! userSyncInbound:userSyncInbound templateApplicationLevel:s""",
    "tenantInformation": "tenantId:s! displayName:s defaultDomainName:s federationBrandName:s",
    "user": """
        id:s! deletedDateTime:t+ accountEnabled:b+ assignedPlans:assignedPlan[]+ businessPhones:s[] city:s+
        companyName:s+ country:s+
        createdDateTime:t+ creationType:s+ department:s+ displayName:s employeeHireDate:t+ employeeId:s+
        employeeType:s+ externalUserState:s+ externalUserStateChangeDateTime:t+ faxNumber:s+ givenName:s
        identities:objectIdentity[]+ jobTitle:s mail:s mailNickname:s+ mobilePhone:s officeLocation:s
        onPremisesSyncEnabled:b+ otherMails:s[]+ postalCode:s+ preferredLanguage:s proxyAddresses:s[]+
        showInAddressList:b+ state:s+ streetAddress:s+ surname:s usageLocation:s+ userPrincipalName:s! userType:s+""",
    "objectIdentity": "signInType:s issuer:s issuerAssignedId:s",
    "group": """
        id:s! deletedDateTime:t classification:s createdDateTime:t! creationOptions:s[]* description:s displayName:s!
        expirationDateTime:t groupTypes:s[]! isAssignableToRole:b mail:s mailEnabled:b! mailNickname:s!
        membershipRule:s membershipRuleProcessingState:s
        membershipRuleProcessingStatus:membershipRuleProcessingStatus* onPremisesLastSyncDateTime:t
        onPremisesSyncEnabled:b preferredLanguage:s proxyAddresses:s[] renewedDateTime:t securityEnabled:b!
        securityIdentifier:s theme:s uniqueName:s visibility:s""",
    "membershipRuleProcessingStatus": "status:s! lastMembershipUpdated:t errorMessage:s",
    "servicePrincipal": """
        id:s! deletedDateTime:t accountEnabled:b! alternativeNames:s[] appDescription:s appDisplayName:s appId:s!
        applicationTemplateId:s appOwnerOrganizationId:s appRoleAssignmentRequired:b! createdDateTime:t* description:s
        disabledByMicrosoftStatus:s displayName:s! homepage:s loginUrl:s logoutUrl:s notes:s
        notificationEmailAddresses:s[] preferredSingleSignOnMode:s preferredTokenSigningKeyEndDateTime:t*
        preferredTokenSigningKeyThumbprint:s replyUrls:s[] resourceSpecificApplicationPermissions:j[]
        samlMetadataUrl:s* samlSingleSignOnSettings:samlSingleSignOnSettings servicePrincipalNames:s[]
        servicePrincipalType:s signInAudience:s tags:s[] tokenEncryptionKeyId:s info:informationalUrl
        verifiedPublisher:verifiedPublisher addIns:j[] appRoles:appRole[] keyCredentials:keyCredential[]
        oauth2PermissionScopes:j[] passwordCredentials:passwordCredential[]""",
    "application": """
        id:s! deletedDateTime:t appId:s! applicationTemplateId:s createdDateTime:t description:s
        disabledByMicrosoftStatus:s displayName:s! groupMembershipClaims:s identifierUris:s[]!
        isDeviceOnlyAuthSupported:b isFallbackPublicClient:b
        notes:s publisherDomain:s samlMetadataUrl:s serviceManagementReference:s
        signInAudience:s tags:s[] tokenEncryptionKeyId:s uniqueName:s addIns:j[] api:j appRoles:appRole[]
        info:informationalUrl keyCredentials:keyCredential[] optionalClaims:j parentalControlSettings:j
        passwordCredentials:passwordCredential[] publicClient:redirectUris requiredResourceAccess:j[]
        spa:redirectUris verifiedPublisher:verifiedPublisher web:webApplication""",
    "samlSingleSignOnSettings": "relayState:s",
    "informationalUrl": "logoUrl:s marketingUrl:s privacyStatementUrl:s supportUrl:s termsOfServiceUrl:s",
    "verifiedPublisher": "displayName:s verifiedPublisherId:s addedDateTime:t",
    "appRole": """allowedMemberTypes:s[]! description:s displayName:s id:s! isEnabled:b! origin:s value:s""",
    "keyCredential": """customKeyIdentifier:s displayName:s endDateTime:t key:s keyId:s! startDateTime:t type:s!
        usage:s!""",
    "passwordCredential": """customKeyIdentifier:s displayName:s endDateTime:t hint:s keyId:s secretText:s
        startDateTime:t""",
    "selfSignedCertificate": """customKeyIdentifier:s displayName:s endDateTime:t key:s keyId:s startDateTime:t
        thumbprint:s type:s usage:s""",
    "redirectUris": "redirectUris:s[]",
    "webApplication": """homePageUrl:s logoutUrl:s redirectUris:s[] redirectUriSettings:j[]
        implicitGrantSettings:j""",
    "appRoleAssignment": """
        id:s! deletedDateTime:t appRoleId:s! createdDateTime:t principalDisplayName:s principalId:s! principalType:s
        resourceDisplayName:s resourceId:s!""",
    "applicationTemplate": """
        id:s! displayName:s homePageUrl:s supportedSingleSignOnModes:s[] supportedProvisioningTypes:s[] logoUrl:s
        categories:s[] publisher:s description:s""",
    "synchronizationJob": """
        id:s! templateId:s! schedule:synchronizationSchedule status:synchronizationStatus
        synchronizationJobSettings:keyValuePair[]""",
    "synchronizationSchedule": "expiration:t interval:s! state:s!",
    "synchronizationStatus": """
        countSuccessiveCompleteFailures:i! escrowsPruned:b! code:s! lastExecution:synchronizationTaskExecution
        lastSuccessfulExecution:synchronizationTaskExecution
        lastSuccessfulExecutionWithExports:synchronizationTaskExecution quarantine:synchronizationQuarantine
        steadyStateFirstAchievedTime:t steadyStateLastAchievedTime:t troubleshootingUrl:s
        progress:synchronizationProgress[] synchronizedEntryCountByType:stringKeyLongValuePair[]""",
    "synchronizationTaskExecution": """
        activityIdentifier:s countEntitled:i countEntitledForProvisioning:i countEscrowed:i countEscrowedRaw:i
        countExported:i countExports:i countImported:i countImportedDeltas:i countImportedReferenceDeltas:i
        error:synchronizationError state:s timeBegan:t timeEnded:t""",
    "synchronizationError": "code:s message:s tenantActionable:b",
    "synchronizationQuarantine": """
        currentBegan:t error:synchronizationError nextAttempt:t reason:s seriesBegan:t seriesCount:i""",
    "synchronizationProgress": "completedUnits:i progressObservationDateTime:t totalUnits:i units:s",
    "stringKeyLongValuePair": "key:s value:i",
    "keyValuePair": "name:s value:s",
    "synchronizationSchema": """
        id:s! version:s directories:directoryDefinition[] synchronizationRules:synchronizationRule[]""",
    "synchronizationRule": """
        containerFilter:j editable:b groupFilter:j id:s! metadata:stringKeyStringValuePair[] name:s
        objectMappings:objectMapping[] priority:i sourceDirectoryName:s targetDirectoryName:s""",
    "objectMapping": """
        attributeMappings:attributeMapping[] enabled:b! flowTypes:s metadata:stringKeyStringValuePair[] name:s
        scope:filter sourceObjectName:s targetObjectName:s""",
    "attributeMapping": """
        defaultValue:s exportMissingReferences:b flowBehavior:s flowType:s matchingPriority:i
        source:attributeMappingSource targetAttributeName:s""",
    "attributeMappingSource": "expression:s name:s parameters:stringKeyAttributeMappingSourceValuePair[] type:s",
    "stringKeyAttributeMappingSourceValuePair": "key:s value:attributeMappingSource",
    "stringKeyStringValuePair": "key:s value:s",
    "filter": "categoryFilterGroups:filterGroup[] groups:filterGroup[] inputFilterGroups:filterGroup[]",
    "filterGroup": "clauses:filterClause[] name:s",
    "filterClause": "operatorName:s sourceOperandName:s targetOperand:filterOperand",
    "filterOperand": "values:s[]",
    "directoryDefinition": """
        discoverabilities:s discoveryDateTime:t id:s! name:s objects:objectDefinition[] readOnly:b version:s""",
    "objectDefinition": """
        attributes:attributeDefinition[] metadata:stringKeyStringValuePair[] name:s supportedApis:s[]""",
    "attributeDefinition": """
        anchor:b apiExpressions:j[] caseExact:b defaultValue:s flowNullValues:b metadata:stringKeyStringValuePair[]
        multivalued:b mutability:s name:s referencedObjects:j[] required:b type:s""",
    "claimsMappingPolicy": "id:s! deletedDateTime:t definition:s[]! displayName:s! isOrganizationDefault:b",
    "provisioningObjectSummary": """
        id:s! activityDateTime:t tenantId:s jobId:s cycleId:s changeId:s provisioningAction:s durationInMilliseconds:i
        servicePrincipal:provisioningServicePrincipal sourceSystem:provisioningSystem targetSystem:provisioningSystem
        initiatedBy:initiator sourceIdentity:provisionedIdentity targetIdentity:provisionedIdentity
        provisioningStatusInfo:provisioningStatusInfo provisioningSteps:provisioningStep[]
        modifiedProperties:modifiedProperty[]""",
    "directoryAudit": """
        id:s! activityDateTime:t activityDisplayName:s additionalDetails:keyValue[] category:s correlationId:s
        initiatedBy:auditActivityInitiator loggedByService:s operationType:s result:s resultReason:s
        targetResources:targetResource[]""",
    "keyValue": "key:s value:s",
    "auditActivityInitiator": "app:appIdentity user:userIdentity",
    "appIdentity": "appId:s displayName:s servicePrincipalId:s servicePrincipalName:s",
    "userIdentity": "id:s displayName:s ipAddress:s userPrincipalName:s",
    "targetResource": """
        id:s displayName:s type:s userPrincipalName:s groupType:s modifiedProperties:modifiedProperty[]""",
    "provisioningServicePrincipal": "id:s displayName:s",
    "provisioningSystem": "id:s displayName:s details:j",
    "initiator": "id:s displayName:s initiatorType:s",
    "provisionedIdentity": "id:s displayName:s identityType:s details:j",
    "provisioningStatusInfo": "status:s errorInformation:provisioningErrorInfo",
    "provisioningErrorInfo": "errorCode:s reason:s additionalDetails:s errorCategory:s recommendedAction:s",
    "provisioningStep": "name:s provisioningStepType:s status:s description:s details:j",
    "modifiedProperty": "displayName:s oldValue:s newValue:s",
    "synchronizationTemplate": """
        id:s! applicationId:s default:b description:s discoverable:b factoryTag:s
        metadata:stringKeyStringValuePair[] schema:synchronizationSchema""",
}

_JSON = {"s": str, "b": bool, "i": int, "t": str}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document. ``of`` is a letter of the notation or the name of another document."""

    name: str
    of: str
    many: bool
    nullable: bool
    beta: bool
    on_request: bool


def _field(text: str) -> Field:
    name, _, of = text.partition(":")
    marks = ""
    while of[-1] in "!*+":
        marks, of = marks + of[-1], of[:-1]
    return Field(name, of.removesuffix("[]"), of.endswith("[]"), "!" not in marks, "*" in marks, "+" in marks)


@cache
def fields(document: str) -> dict[str, Field]:
    """The fields of a document by name; KeyError for a document that is not in the table."""
    return {field.name: field for field in map(_field, _TABLE[document].split())}


def documents() -> list[str]:
    """All documents of the table."""
    return list(_TABLE)


def wrong(field: Field, value: Json, where: str) -> str | None:
    """Why a value cannot stand in a field (wrong type, unknown inner field); None when it can."""
    if value is None:
        return None if field.nullable else f"{where} is never null"
    if not field.many:
        return _wrong_one(field.of, value, where)
    if not isinstance(value, list):
        return f"{where} is a collection"
    reasons = (_wrong_one(field.of, item, f"{where}/{n}") for n, item in enumerate(value))
    return next(filter(None, reasons), None)


def _wrong_one(of: str, value: Json, where: str) -> str | None:
    if of == "j":
        return None
    if of in _JSON:
        right = isinstance(value, _JSON[of]) and not (of == "i" and isinstance(value, bool))
        return None if right else f"{where} is of type {_JSON[of].__name__}"
    return wrong_document(of, value, where)


def wrong_document(name: str, value: Json, where: str) -> str | None:
    """Why a value is no such document; None when it is one. Fields may be missing."""
    if not isinstance(value, dict):
        return f"{where} is an object"
    known = fields(name)
    for key, inner in value.items():
        if key not in known:
            return f"{where} has no field {key!r}; it knows: {', '.join(known)}"
        reason = wrong(known[key], inner, f"{where}/{key}")
        if reason:
            return reason
    return None
