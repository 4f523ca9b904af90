"""The world ``drifted``: what has gone wrong in ``blog``, as the operations that break it."""

from __future__ import annotations

from datetime import datetime, timedelta

from xtcheck.sandbox import drift as drifting
from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.state import State, stamp, stamp_exact
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import blog, names
from xtcheck.sandbox.worlds.application import add_application
from xtcheck.sandbox.worlds.tenant import everybody, group, partner

_ONE, _TWO, _SHARED = (names.TENANTS[alias] for alias in ("one", "two", "shared"))
_CONTRACTORS = names.object_id(_ONE, "group", "Contractors")
_POLICY = "crossTenantAccessPolicy"
_FORGOTTEN = "Trial of last summer"
_LEADS = names.object_id(_SHARED, "group", "Leads")


def drift(state: State) -> None:
    """Break the world ``blog``."""
    drifting.apply(state, operations(state.clock.now()))


def operations(now: datetime) -> list[Json]:
    """Every operation, with a comment that says what it breaks."""
    return [*_tenants(), *_trusts(), *_synchronization(now), *_groups(), *_federation(now), *aws.DRIFTED]


def _replace(path: str, value: Json, comment: str) -> Json:
    return {"op": "replace", "path": path, "value": value, "comment": comment}


def _add(path: str, value: Json, comment: str) -> Json:
    return {"op": "add", "path": path, "value": value, "comment": comment}


def _tenants() -> list[Json]:
    return [
        _replace(
            "/tenants/two/subscribedSkus/capabilityStatus=Enabled/capabilityStatus",
            "Suspended",
            "nobody has renewed tenant two's licences",
        ),
        _replace(
            "/tenants/shared/authorizationPolicy/allowInvitesFrom",
            "none",
            "nobody may invite guests into the shared tenant any more",
        ),
    ]


def _trusts() -> list[Json]:
    shared = f"/tenants/shared/{_POLICY}"
    return [
        _replace(
            f"{shared}/default/inboundTrust/isCompliantDeviceAccepted",
            True,
            "the shared tenant takes any organization's word for devices that comply",
        ),
        _replace(
            f"{shared}/default/tenantRestrictions",
            everybody("allowed") | {"devices": None},
            "on the shared tenant's devices anybody may use any account of any organization",
        ),
        _replace(
            f"/tenants/one/{_POLICY}/partners/{_SHARED}/automaticUserConsentSettings/outboundAllowed",
            False,
            "tenant one no longer redeems invitations automatically",
        ),
        _replace(
            f"{shared}/partners/{_TWO}/inboundTrust/isMfaAccepted",
            False,
            "the shared tenant no longer trusts tenant two's multifactor authentication",
        ),
        _replace(
            f"{shared}/identitySynchronization/{_TWO}/userSyncInbound/isSyncAllowed",
            False,
            "the shared tenant no longer lets tenant two synchronize users",
        ),
        _add(
            f"{shared}/partners/{names.STRANGER}",
            partner(names.STRANGER, inbound=True, outbound=True),
            "the shared tenant trusts a partner that nobody declared",
        ),
    ]


def _synchronization(now: datetime) -> list[Json]:
    one = f"/tenants/one/synchronization/{names.object_id(_ONE, 'principal', blog.SYNC_APP)}"
    two = f"/tenants/two/synchronization/{names.object_id(_TWO, 'principal', blog.SYNC_APP)}"
    job = f"{two}/jobs/templateId=Azure2Azure/status"
    mappings = f"{two}/schemas/version=1.0/synchronizationRules/0/objectMappings/0/attributeMappings"
    nikki = names.synced_id(_SHARED, _ONE, names.object_id(_ONE, "user", "Nikki Wolf"))
    return [
        _replace(f"{one}/secrets/SyncAll", "true", "tenant one synchronizes everybody, not the assigned"),
        _replace(f"{job}/code", "Quarantine", "tenant two's job is in quarantine since yesterday"),
        _replace(f"{job}/countSuccessiveCompleteFailures", 3, "… after its third failure"),
        _replace(f"{job}/quarantine", _quarantine(now), "… for the policy that was switched off"),
        _replace(
            f"{mappings}/targetAttributeName=displayName/source",
            {"expression": "[displayName]", "name": "displayName", "type": "Attribute", "parameters": []},
            "tenant two's users no longer bear their company's name",
        ),
        _replace(
            f"/tenants/shared/users/{nikki}/surname",
            None,
            "Nikki's family name was taken away in the shared tenant, and AWS takes nobody without",
        ),
        _replace(
            f"/tenants/two/users/{names.object_id(_TWO, 'user', 'Mary Major')}/userPrincipalName",
            "mary.major@anyorganizationtwo.com",
            "Mary signs in under another name at home, which the invitation did not know",
        ),
        _add(
            f"/tenants/shared/servicePrincipals/{names.object_id(_SHARED, 'principal', _FORGOTTEN)}",
            _configuration(_FORGOTTEN),
            "a trial that nobody ended can synchronize the people of the shared tenant into yet another one",
        ),
    ]


def _configuration(name: str) -> Json:
    """The service principal of a cross-tenant synchronization configuration in the shared tenant."""
    return add_application(blog.shared_tenant(), name, template_id=templates.CROSS_TENANT)


def _quarantine(now: datetime) -> Json:
    yesterday = stamp_exact(now - timedelta(hours=30))
    return {
        "reason": "EncounteredQuarantineException",
        "currentBegan": yesterday,
        "seriesBegan": yesterday,
        "seriesCount": 3,
        "nextAttempt": stamp_exact(now + timedelta(hours=12)),
        "error": {
            "code": "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
            "message": "The cross-tenant access policy check failed.",
            "tenantActionable": True,
        },
    }


def _groups() -> list[Json]:
    dynamic = f"/tenants/shared/groups/displayName={blog.DEVOPS}"
    sofia = names.synced_id(_SHARED, _ONE, names.object_id(_ONE, "user", "Sofia Martinez"))
    return [
        _add(
            f"/tenants/one/groups/{_CONTRACTORS}",
            group(_CONTRACTORS, "Contractors", "contractors"),
            "a group of contractors in tenant one …",
        ),
        _add(
            f"/tenants/one/members/{_CONTRACTORS}", [names.object_id(_ONE, "user", "Jorge Souza")], "… with one member"
        ),
        _assignment("one", _ONE, blog.SYNC_APP, ("Group", _CONTRACTORS, "Contractors", templates.ROLE_MSIAM_ACCESS)),
        _add(
            f"/tenants/one/members/{names.object_id(_ONE, 'group', blog.AWS_USERS)}/-",
            _CONTRACTORS,
            "the contractors are a group inside AWS Users as well, where nobody provisions them",
        ),
        _replace(
            f"{dynamic}/membershipRule",
            '(user.department -eq "DevOps") or (user.department -eq "Finance")',
            "finance has slipped into the dynamic group",
        ),
        _replace(f"{dynamic}/membershipRuleProcessingState", "Paused", "and its processing is paused"),
        _add(
            f"/tenants/shared/groups/{_LEADS}",
            group(_LEADS, "Leads", "leads", rule="user.memberof -any (group.objectId -in ['1'])"),
            "a group of the shared tenant follows other groups, a preview that has ended",
        ),
        _add(f"/tenants/shared/members/{_LEADS}", [sofia], "… and keeps whom it had then"),
    ]


def _assignment(alias: str, tenant_id: str, app: str, principal: tuple[str, str, str, str]) -> Json:
    kind, principal_id, name, role = principal
    identifier = names.object_id(tenant_id, "assignment", f"{app}/{principal_id}")
    document = {
        "id": identifier,
        "deletedDateTime": None,
        "appRoleId": role,
        "createdDateTime": "2026-02-03T10:05:00Z",
        "principalDisplayName": name,
        "principalId": principal_id,
        "principalType": kind,
        "resourceDisplayName": app,
        "resourceId": names.object_id(tenant_id, "principal", app),
    }
    return _add(
        f"/tenants/{alias}/appRoleAssignments/{identifier}", document, f"{name} is assigned to {app} besides the others"
    )


def _federation(now: datetime) -> list[Json]:
    carlos = names.synced_id(_SHARED, _TWO, names.object_id(_TWO, "user", "Carlos Salazar"))
    principal = names.object_id(_SHARED, "principal", blog.AWS_APP)
    application = names.object_id(_SHARED, "application", blog.AWS_APP)
    credentials = f"/tenants/shared/servicePrincipals/{principal}/keyCredentials"
    provisioning = f"/tenants/shared/synchronization/{principal}"
    rule = f"{provisioning}/schemas/version=6.0/synchronizationRules/0"
    mappings = f"{rule}/objectMappings/sourceObjectName=User/attributeMappings"
    job = f"{provisioning}/jobs/templateId=aWSSingleSignon"
    soon = stamp(now + timedelta(days=5))
    return [
        _assignment(
            "shared", _SHARED, blog.AWS_APP, ("User", carlos, "Carlos Salazar|AnyOrganizationTwo", templates.ROLE_USER)
        ),
        _replace(
            f"/tenants/shared/applications/{application}/identifierUris",
            [blog.IDENTIFIER.replace("us-east-1", "us-west-2")],
            "the SAML identifier names another Region",
        ),
        _replace(
            f"{mappings}/targetAttributeName=userName/source",
            {"expression": "[mail]", "name": "mail", "type": "Attribute", "parameters": []},
            "AWS knows people by their e-mail address, the assertion by their user principal name",
        ),
        _replace(f"{credentials}/usage=Verify/endDateTime", soon, "the signing certificate ends in five days"),
        _replace(f"{credentials}/usage=Sign/endDateTime", soon, "… as does its private half"),
        _replace(f"{job}/schedule/state", "Disabled", "provisioning to AWS is switched off"),
        _replace(f"{job}/status/code", "Paused", "… and paused"),
    ]
