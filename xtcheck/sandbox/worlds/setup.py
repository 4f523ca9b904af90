"""The steps of the scenario, between any two tenants and any AWS entry: trust, synchronize, federate, settle."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache

from xtcheck.sandbox import engines
from xtcheck.sandbox.aws.entry import Entry
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.state import Clock, State
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import application
from xtcheck.sandbox.worlds.tenant import add_group, partner

AWS_APP = "AWS IAM Identity Center"
AGO = timedelta(minutes=4)
"""How long before the sandbox's start the jobs seem to have run last."""
FIRST_CYCLE = "2025-01-15T10:00:00.0000000Z"
CAME = "2025-01-15T10:00:00Z"
MFA = {"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}
_NOTIFICATIONS = {"Enabled": False, "DeleteThresholdEnabled": False, "HumanResourcesLookaheadQueryEnabled": False}
_SETTINGS = json.dumps(_NOTIFICATIONS, separators=(",", ":"))

Tenant = dict[str, Json]


def begin(state: State) -> None:
    """Set the clock back a little, so that what happens now has happened before the sandbox starts."""
    state.clock = Clock(-AGO)


def end(state: State) -> None:
    """Set the clock right. The jobs' first cycles were long ago, and brought whom they brought then."""
    for tenant in state.tree["tenants"].values():
        for user in tenant["users"].values():
            if user["creationType"] == "Invitation":
                user["createdDateTime"] = user["externalUserStateChangeDateTime"] = CAME
        for synchronization in tenant["synchronization"].values():
            for job in synchronization["jobs"].values():
                job["status"]["steadyStateFirstAchievedTime"] = FIRST_CYCLE
    state.clock = Clock()
    state.next_cycle = None


def known_partner(tenant: Tenant, other: Tenant) -> Json:
    """A tenant's partner configuration of another tenant, made when it is not there: nothing is allowed by it."""
    partners = tenant["crossTenantAccessPolicy"]["partners"]
    return partners.setdefault(other["id"], partner(other["id"], inbound=False, outbound=False))


def trust(source: Tenant, target: Tenant) -> None:
    """The minimal profile: consent outbound at the source, inbound at the target, MFA and user sync at the target."""
    known_partner(source, target)["automaticUserConsentSettings"]["outboundAllowed"] = True
    inbound = known_partner(target, source)
    inbound["automaticUserConsentSettings"]["inboundAllowed"] = True
    inbound["inboundTrust"] = dict(MFA)
    target["crossTenantAccessPolicy"]["identitySynchronization"][source["id"]] = {
        "tenantId": source["id"],
        "displayName": source["organization"]["displayName"],
        "userSyncInbound": {"isSyncAllowed": True},
        "groupSyncInbound": {"isSyncAllowed": False},
    }


def synchronize(source: Tenant, target: Tenant, name: str, group: str, *, schema: Json = None) -> None:
    """A sync configuration: an application of that name, whose job brings the members of one group.

    Their display names get the source's name as a suffix. ``schema`` is the template's, unless it is given.
    """
    principal = application.add_application(source, name, template_id=templates.CROSS_TENANT)
    application.assign(source, principal, "Group", group, templates.ROLE_MSIAM_ACCESS)
    secrets = {
        "AuthenticationType": "SyncPolicy",
        "CompanyId": target["id"],
        "SyncAll": "false",
        "SyncNotificationSettings": _SETTINGS,
    }
    job_id = application.add_job(source, principal, "Azure2Azure", secrets, schema=schema)
    schema = source["synchronization"][principal["id"]]["schemas"][job_id]
    label = source["organization"]["displayName"]
    mapping_of(schema, "displayName")["source"] = append("displayName", f"|{label}")


def federate(tenant: Tenant, entry: Entry, principals: list[tuple[str, str]]) -> None:
    """The AWS application of a tenant: SAML, SCIM, and who is assigned to it, by kind (User, Group) and id."""
    principal = application.add_application(tenant, AWS_APP, template_id=templates.AWS)
    application.set_up_saml(tenant, principal, identifier=entry.identifier, reply=entry.reply)
    application.name_by(tenant, principal, "userprincipalname")
    for kind, identifier in principals:
        application.assign(tenant, principal, kind, identifier, templates.ROLE_USER)
    secrets = {
        "BaseAddress": entry.scim_address,
        "SecretToken": entry.scim_token,
        "SyncAll": "false",
        "SyncNotificationSettings": _SETTINGS,
    }
    application.add_job(tenant, principal, "aWSSingleSignon", secrets)


def connect(state: State, entries: dict[Entry, str]) -> None:
    """Federate each AWS entry with its tenant for one dynamic group, by the group's rule, and run the engines."""
    tenants = state.tree["tenants"]
    groups = {}
    for entry, rule in entries.items():
        groups[entry] = add_group(tenants[entry.tenant], entry.group, "cloud-engineers", members=[], rule=rule)
        entry.build(state)
    # The first settling brings the people, the second what is assigned to them.
    engines.settle(state)
    for entry, group in groups.items():
        federate(tenants[entry.tenant], entry, [("Group", group)])
    engines.settle(state)
    for entry in entries:
        entry.finish(state)


def mapping_of(schema: Json, attribute: str) -> Json:
    """The schema's mapping of a user attribute."""
    mappings = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    return next(mapping for mapping in mappings if mapping["targetAttributeName"] == attribute)


@cache
def _default_schema() -> tuple[Json, str]:
    """The default schema of cross-tenant synchronization, and its rules as text."""
    schema = templates.synchronization_template("Azure2Azure")["schema"]
    return schema, json.dumps(schema["synchronizationRules"])


def light_schema() -> Json:
    """The default schema with its directories shared between all that ask: most of it, and no world changes them."""
    schema, rules = _default_schema()
    return schema | {"synchronizationRules": json.loads(rules)}


def append(attribute: str, suffix: str) -> Json:
    """The stored form of ``Append([attribute], "suffix")``."""
    return {
        "expression": f'Append([{attribute}], "{suffix}")',
        "name": "Append",
        "type": "Function",
        "parameters": [
            {
                "key": "source",
                "value": {"expression": f"[{attribute}]", "name": attribute, "type": "Attribute", "parameters": []},
            },
            {
                "key": "suffix",
                "value": {"expression": f'"{suffix}"', "name": suffix, "type": "Constant", "parameters": []},
            },
        ],
    }
