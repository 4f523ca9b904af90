"""Nothing is served that the vendor does not know: fields against the SDK's models and published samples."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from xtcheck.sandbox.graph.fields import documents, fields, wrong_document
from xtcheck.sandbox.graph.reads import ROUTES
from xtcheck.sandbox.worlds import NAMES, build

MODELS = {
    "b2bSetting": "crossTenantAccessPolicyB2BSetting",
    "targetConfiguration": "crossTenantAccessPolicyTargetConfiguration",
    "target": "crossTenantAccessPolicyTarget",
    "tenantRestrictions": "crossTenantAccessPolicyTenantRestrictions",
    "inboundTrust": "crossTenantAccessPolicyInboundTrust",
    "inboundOutbound": "inboundOutboundPolicyConfiguration",
    "invitationRedemption": "defaultInvitationRedemptionIdentityProviderConfiguration",
    "userSyncInbound": "crossTenantUserSyncInbound",
    "m365Inbound": "crossTenantAccessPolicyM365CollaborationInboundSetting",
    "m365Outbound": "crossTenantAccessPolicyM365CollaborationOutboundSetting",
    "appServiceConnect": "crossTenantAccessPolicyAppServiceConnectSetting",
    "redirectUris": "publicClientApplication",
}
"""Names of our table that the SDK spells otherwise."""

EXCEPTIONS = {
    # Live responses carry more than the schema (samples/live_xtap_default_body.json, docs_partner_create_201.json).
    "crossTenantAccessPolicyConfigurationDefault": {"crossCloudMeetingConfiguration", "protectedContentSharing"},
    "crossTenantAccessPolicyConfigurationPartner": {"crossCloudMeetingConfiguration", "protectedContentSharing"},
}
"""Fields served although the SDK's model does not have them: all seen in published payloads."""

ABSENT = {"membershipRuleProcessingStatus"}
"""Documents of beta alone, which the v1.0 SDK does not have."""


def model_of(document: str) -> dict[str, Any] | None:
    name = MODELS.get(document, document)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    try:
        module = importlib.import_module(f"msgraph.generated.models.{snake}")
    except ModuleNotFoundError:
        return None
    model = getattr(module, name[0].upper() + name[1:])
    return dict(model().get_field_deserializers())


@pytest.mark.parametrize("document", sorted(set(documents()) - ABSENT))
def test_every_field_is_one_of_the_sdk(document: str) -> None:
    model = model_of(document)
    assert model is not None, f"the SDK has no model of {document}"
    served = {name for name, field in fields(document).items() if not field.beta}
    assert served - set(model) - EXCEPTIONS.get(document, set()) == set()


@pytest.mark.parametrize("world", [*NAMES, "fleet-2"])
def test_every_document_of_a_world_is_of_its_shape(world: str) -> None:
    assert misshapen(build(world).tree["tenants"]) == []


def misshapen(tenants: dict[str, Any]) -> list[str]:
    """What no document of the service looks like."""
    reasons = []
    for alias, tenant in tenants.items():
        found = [
            ("organization", tenant["organization"]),
            ("authorizationPolicy", tenant["authorizationPolicy"]),
            ("crossTenantAccessPolicyConfigurationDefault", tenant["crossTenantAccessPolicy"]["default"]),
        ]
        for key, name in (
            ("users", "user"), ("groups", "group"), ("applications", "application"),
            ("servicePrincipals", "servicePrincipal"), ("appRoleAssignments", "appRoleAssignment"),
            ("subscribedSkus", "subscribedSku"), ("deletedItems", "user"),
            ("claimsMappingPolicies", "claimsMappingPolicy"), ("provisioningLog", "provisioningObjectSummary"),
            ("directoryAudits", "directoryAudit"),
            ("multiTenantOrganizationMembers", "multiTenantOrganizationMember"),
        ):  # fmt: skip
            found += [(name, document) for document in tenant[key].values()]
        policy = tenant["crossTenantAccessPolicy"]
        found += [
            ("multiTenantOrganization", tenant["multiTenantOrganization"]),
            ("multiTenantOrganizationPartnerConfigurationTemplate", policy["partnerTemplate"]),
            ("multiTenantOrganizationIdentitySyncPolicyTemplate", policy["identitySynchronizationTemplate"]),
        ]
        found += [("crossTenantAccessPolicyConfigurationPartner", one) for one in policy["partners"].values()]
        found += [("crossTenantIdentitySyncPolicyPartner", one) for one in policy["identitySynchronization"].values()]
        for synchronization in tenant["synchronization"].values():
            found += [("synchronizationJob", one) for one in synchronization["jobs"].values()]
            found += [("synchronizationSchema", one) for one in synchronization["schemas"].values()]
        reasons += [wrong_document(name, document, f"{alias}/{name}") for name, document in found]
    return list(filter(None, reasons))


def test_provisioning_records_have_all_fields_of_the_published_ones() -> None:
    """As the two responses of the reference page (provisioningobjectsummary-list) have them."""
    records = [
        record for tenant in build("blog").tree["tenants"].values() for record in tenant["provisioningLog"].values()
    ]
    assert len(records) == 10
    for record in records:
        assert set(fields("provisioningObjectSummary")) == set(record)
        assert set(fields("provisioningStatusInfo")) == set(record["provisioningStatusInfo"])


def test_every_document_has_all_fields_that_are_usually_shown() -> None:
    """A service prints nulls, so a missing field would be told apart from the real one."""
    for tenant in build("blog").tree["tenants"].values():
        for key, name in (("users", "user"), ("groups", "group"), ("servicePrincipals", "servicePrincipal")):
            usual = {field.name for field in fields(name).values() if not field.beta}
            for document in tenant[key].values():
                assert usual - set(document) == set()


def test_every_route_names_a_known_document() -> None:
    assert {route.document for route in ROUTES} <= set(documents())


def test_every_route_answers_and_shows_no_field_of_beta(blog: Client) -> None:
    tree = blog.state.tree["tenants"]["shared"]
    ((principal, synchronization),) = tree["synchronization"].items()
    parts = {
        "organization": tree["id"],
        "partner": next(iter(tree["crossTenantAccessPolicy"]["partners"])),
        "tenant": tree["id"],
        "sp": principal,
        "application": next(iter(tree["applications"])),
        "job": next(iter(synchronization["jobs"])),
        "group": next(iter(tree["groups"])),
        "user": next(iter(tree["users"])),
        "policy": next(iter(tree["claimsMappingPolicies"])),
        "member": tree["id"],
    }
    tree["multiTenantOrganizationMembers"][tree["id"]] = {"tenantId": tree["id"], "role": "owner", "state": "active"}
    roles = ["Synchronization.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"]
    next(iter(tree["clients"].values()))["roles"] += roles
    blog.tokens.clear()
    for route in ROUTES:
        template = (
            "21ed01d2-ec13-4e9e-86c1-cd546719ebc4" if "applicationTemplates" in route.template else "aWSSingleSignon"
        )
        answer = blog.graph("shared", route.template.format(**parts, template=template))
        assert answer.status_code == 200, (route.template, answer.text)
        shown = answer.json()
        for document in shown["value"] if route.collection else [shown]:
            names = {name for name in document if not name.startswith("@")}
            assert names <= {name for name, field in fields(route.document).items() if not field.beta}
    blog.tokens.clear()


async def with_sdk(blog: Client, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """What the vendor's SDK, unmocked, makes of an answer."""
    import ssl

    import httpx
    from azure.identity.aio import ClientSecretCredential
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    known = blog.connection["tenants"]["shared"]
    credential = ClientSecretCredential(
        known["id"],
        known["client-id"],
        known["client-secret"],
        authority=known["endpoints"]["login"],
        disable_instance_discovery=True,
        connection_verify=blog.connection["ca"],
    )
    scope = known["endpoints"]["graph"] + "/.default"
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[scope], allowed_hosts=["127.0.0.1"])
    trust = ssl.create_default_context(cafile=blog.connection["ca"])
    async with credential, httpx.AsyncClient(verify=trust) as http:
        adapter = GraphRequestAdapter(provider, client=http)
        adapter.base_url = known["endpoints"]["graph"] + "/v1.0"
        return await ask(GraphServiceClient(request_adapter=adapter))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the generated code deprecates what it uses itself
def test_the_sdk_reads_the_partners_unmocked(blog: Client) -> None:
    answer = asyncio.run(with_sdk(blog, lambda graph: graph.policies.cross_tenant_access_policy.partners.get()))
    assert [partner.inbound_trust.is_mfa_accepted for partner in answer.value] == [True, True]
    assert all(partner.b2b_collaboration_inbound is None for partner in answer.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sdk_reads_logs_and_the_multitenant_organization_unmocked(blog: Client) -> None:
    async def ask(graph: Any) -> tuple[Any, Any, Any]:
        templates = graph.policies.cross_tenant_access_policy.templates
        return (
            await graph.audit_logs.provisioning.get(),
            await graph.tenant_relationships.multi_tenant_organization.get(),
            await templates.multi_tenant_organization_partner_configuration.get(),
        )

    logs, organization, template = asyncio.run(with_sdk(blog, ask))
    record = next(each for each in logs.value if each.source_identity.identity_type == "User")
    assert (record.provisioning_action.value, record.provisioning_status_info.status.value) == ("create", "success")
    assert record.initiated_by.initiator_type.value == "system"
    # The SDK loses the kind "import", which is a word of Python.
    kinds = [step.provisioning_step_type for step in record.provisioning_steps]
    assert [kind.value for kind in kinds if kind] == ["matching", "export"]
    assert (organization.state.value, organization.display_name) == ("inactive", None)
    assert template.inbound_trust is None
