"""The world ``blog``: the reference scenario, built by setting it up and then letting the engines run."""

from __future__ import annotations

from datetime import timedelta

from xtcheck.sandbox import engines
from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.state import Clock, State
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import application, names
from xtcheck.sandbox.worlds.tenant import add_group, add_user, partner, tenant

SOURCES = {"one": "AnyOrganizationOne", "two": "AnyOrganizationTwo"}
SYNC_APP = "Sync to CorporateAzureADtoAWS"
AWS_APP = "AWS IAM Identity Center"
AWS_USERS = "AWS Users"
DEVOPS = "DevOps \N{EN DASH} Shared Tenant"
RULE = '(user.department -eq "DevOps")'
REGION = "us-east-1"
STORE = "d-9067f1a2b3"
IDENTIFIER = f"https://{REGION}.signin.aws.amazon.com/platform/saml/{STORE}"
REPLY = f"https://{REGION}.signin.aws.amazon.com/platform/saml/acs/9067f1a2-b3c4-d5e6-f7a8-b9c0d1e2f3a4"
PEOPLE = {
    "one": (
        ("Sofia Martinez", "sofia", "DevOps", "DevOps Engineer", True),
        ("Nikki Wolf", "nikki", "DevOps", "Site Reliability Engineer", True),
        ("Pat Candella", "pat", "Finance", "Financial Analyst", True),
        ("Jorge Souza", "jorge", "DevOps", "Build Engineer", False),
    ),
    "two": (
        ("Mary Major", "mary", "DevOps", "DevOps Engineer", True),
        ("Carlos Salazar", "carlos", "Sales", "Account Manager", True),
        ("Li Juan", "li", "DevOps", "Platform Engineer", False),
    ),
}
"""Per source: name, local part of the address, department, title, and whether the group AWS Users has them."""
AGO = timedelta(minutes=4)
"""How long before the sandbox's start the jobs seem to have run last."""


def bare(state: State) -> None:
    """The three tenants, without any configuration: the world ``empty``."""
    tenants = state.tree["tenants"]
    for alias, name in SOURCES.items():
        domain = name.lower()
        tenants[alias] = tenant(alias, names.TENANTS[alias], name, f"{domain}.onmicrosoft.com", f"{domain}.com")
    tenants["shared"] = tenant(
        "shared", names.TENANTS["shared"], "CorporateAzureADtoAWS", "SharedAADIdentitytoAWS.onmicrosoft.com"
    )
    # Secrets of a job can be read only with a writing permission: one tenant has opted in.
    for client in tenants["one"]["clients"].values():
        client["roles"].append("Synchronization.ReadWrite.All")
    for alias, people in PEOPLE.items():
        for name, local, department, title, _ in people:
            add_user(tenants[alias], name, f"{local}@{SOURCES[alias].lower()}.com", department, title)
    add_user(tenants["shared"], "Shared Administrator", "admin@SharedAADIdentitytoAWS.onmicrosoft.com", "IT", "Admin")


def build(state: State) -> None:
    """Everything of the scenario, with the engines run."""
    state.clock = Clock(-AGO)
    bare(state)
    tenants = state.tree["tenants"]
    shared = tenants["shared"]
    for alias, label in SOURCES.items():
        _trust(tenants[alias], shared)
        _synchronize(tenants[alias], shared, label)
    add_group(shared, DEVOPS, "devops-shared", members=[], rule=RULE)
    aws.build_blog(state)
    # The first settling brings the people, the second what is assigned to them.
    engines.settle(state)
    _federate(tenants)
    engines.settle(state)
    aws.finish_blog(state)
    for each in tenants.values():
        for synchronization in each["synchronization"].values():
            for job in synchronization["jobs"].values():
                job["status"]["steadyStateFirstAchievedTime"] = "2025-01-15T10:00:00.0000000Z"
    state.clock = Clock()
    state.next_cycle = None


def _trust(source: dict[str, Json], shared: dict[str, Json]) -> None:
    """The minimal profile: consent outbound at the source, inbound at the target, MFA and user sync at the target."""
    source["crossTenantAccessPolicy"]["partners"][shared["id"]] = partner(shared["id"], inbound=False, outbound=True)
    policy = shared["crossTenantAccessPolicy"]
    trust = {
        "isMfaAccepted": True,
        "isCompliantDeviceAccepted": False,
        "isHybridAzureADJoinedDeviceAccepted": False,
    }
    policy["partners"][source["id"]] = partner(source["id"], inbound=True, outbound=False, trust=trust)
    policy["identitySynchronization"][source["id"]] = {
        "tenantId": source["id"],
        "displayName": source["organization"]["displayName"],
        "userSyncInbound": {"isSyncAllowed": True},
        "groupSyncInbound": {"isSyncAllowed": False},
    }


def _synchronize(source: dict[str, Json], shared: dict[str, Json], label: str) -> None:
    alias = next(alias for alias, name in SOURCES.items() if name == label)
    members = [names.object_id(source["id"], "user", person[0]) for person in PEOPLE[alias] if person[4]]
    group = add_group(source, AWS_USERS, "aws-users", members=members)
    principal = application.add_application(source, SYNC_APP, template_id=templates.CROSS_TENANT)
    application.assign(source, principal, "Group", group, templates.ROLE_MSIAM_ACCESS)
    secrets = {
        "AuthenticationType": "SyncPolicy",
        "CompanyId": shared["id"],
        "SyncAll": "false",
        "SyncNotificationSettings": (
            '{"Enabled":false,"DeleteThresholdEnabled":false,"HumanResourcesLookaheadQueryEnabled":false}'
        ),
    }
    job_id = application.add_job(source, principal, "Azure2Azure", secrets)
    schema = source["synchronization"][principal["id"]]["schemas"][job_id]
    mapping_of(schema, "displayName")["source"] = append("displayName", f"|{label}")


def mapping_of(schema: Json, attribute: str) -> Json:
    """The schema's mapping of a user attribute."""
    mappings = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    return next(mapping for mapping in mappings if mapping["targetAttributeName"] == attribute)


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


def _federate(tenants: dict[str, Json]) -> None:
    """The AWS application of the shared tenant: SAML, assignments, SCIM."""
    shared = tenants["shared"]
    principal = application.add_application(shared, AWS_APP, template_id=templates.AWS)
    application.set_up_saml(shared, principal, identifier=IDENTIFIER, reply=REPLY)
    group = names.object_id(shared["id"], "group", DEVOPS)
    sofia = names.object_id(names.TENANTS["one"], "user", "Sofia Martinez")
    synced = names.synced_id(shared["id"], names.TENANTS["one"], sofia)
    application.assign(shared, principal, "Group", group, templates.ROLE_USER)
    application.assign(shared, principal, "User", synced, templates.ROLE_USER)
    secrets = {
        "BaseAddress": f"https://scim.{REGION}.amazonaws.com/{aws.SCIM_TENANT}/scim/v2",
        "SecretToken": aws.SCIM_TOKEN,
        "SyncAll": "false",
        "SyncNotificationSettings": (
            '{"Enabled":false,"DeleteThresholdEnabled":false,"HumanResourcesLookaheadQueryEnabled":false}'
        ),
    }
    application.add_job(shared, principal, "aWSSingleSignon", secrets)
