"""Answers to writes against what the vendors publish: the reference's examples, the SDK's models, the SDK itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.test_contract import with_sdk
from tests.sandbox.writing import Writer
from xtcheck.sandbox.graph import ROUTES, templates
from xtcheck.sandbox.graph.fields import documents
from xtcheck.sandbox.worlds.names import STRANGER, TENANTS

SAMPLES = Path(__file__).resolve().parents[1] / "data"
PARTNERS = "/policies/crossTenantAccessPolicy/partners"


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def own(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if not name.startswith("@")}


def test_a_created_partner_is_the_published_one(blog: Client) -> None:
    made = Writer(blog, "shared")("POST", PARTNERS, {"tenantId": STRANGER})
    published = own(sample("partner_created")) | {"tenantId": STRANGER}
    assert {**own(made.json()), "isInMultiTenantOrganization": None} == {
        **published, "isInMultiTenantOrganization": None,
    }  # fmt: skip


def test_a_job_is_made_and_started_as_published(blog: Client) -> None:
    one = Writer(blog, "one")
    template = f"/applicationTemplates/{templates.CROSS_TENANT}/instantiate"
    principal = one("POST", template, {"displayName": "x"}).json()["servicePrincipal"]["id"]
    jobs = f"/servicePrincipals/{principal}/synchronization/jobs"
    made = one("POST", jobs, {"templateId": "Azure2Azure"}).json()
    one("POST", f"{jobs}/{made['id']}/start")
    for name, shown in (("job_created", made), ("job_not_run", one.get(f"{jobs}/{made['id']}"))):
        published = own(sample(name)) | {"id": made["id"]}
        assert {part: shown[part] for part in published} == published


def test_every_write_is_of_a_known_document_and_wants_a_permission() -> None:
    writes = [route for route in ROUTES if route.method != "GET"]
    assert {route.document for route in writes} <= set(documents())
    assert all(route.roles for route in writes)
    pairs = [(route.method, route.template) for route in ROUTES]
    assert len(pairs) == len(set(pairs))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the generated code deprecates what it uses itself
def test_the_sdk_writes_partners_and_their_synchronization_unmocked(blog: Client) -> None:
    from msgraph.generated.models.cross_tenant_access_policy_configuration_partner import (
        CrossTenantAccessPolicyConfigurationPartner as Partner,
    )
    from msgraph.generated.models.cross_tenant_access_policy_inbound_trust import (
        CrossTenantAccessPolicyInboundTrust as Trust,
    )
    from msgraph.generated.models.cross_tenant_identity_sync_policy_partner import (
        CrossTenantIdentitySyncPolicyPartner as Synchronization,
    )
    from msgraph.generated.models.cross_tenant_user_sync_inbound import CrossTenantUserSyncInbound as Inbound

    clients = blog.state.tree["tenants"]["shared"]["clients"]
    next(iter(clients.values()))["roles"].append("Policy.ReadWrite.CrossTenantAccess")

    async def ask(graph: Any) -> tuple[Any, Any]:
        partners = graph.policies.cross_tenant_access_policy.partners
        made = await partners.post(Partner(tenant_id=STRANGER, inbound_trust=Trust(is_mfa_accepted=True)))
        one = partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(STRANGER)
        await one.patch(Partner(additional_data={"inboundTrust": None}))
        await one.identity_synchronization.put(Synchronization(user_sync_inbound=Inbound(is_sync_allowed=True)))
        return made, await one.get()

    made, found = asyncio.run(with_sdk(blog, ask))
    assert (made.tenant_id, made.inbound_trust.is_mfa_accepted) == (STRANGER, True)
    assert found.inbound_trust is None
    kept = blog.state.tree["tenants"]["shared"]["crossTenantAccessPolicy"]["identitySynchronization"]
    assert kept[STRANGER]["userSyncInbound"] == {"isSyncAllowed": True}
    assert kept.keys() == {STRANGER, TENANTS["one"], TENANTS["two"]}
