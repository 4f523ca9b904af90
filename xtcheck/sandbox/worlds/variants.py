"""The worlds ``blog-literal`` and ``decommissioned``: the scenario set up wider than it must be, and cleaned up."""

from __future__ import annotations

from xtcheck.sandbox import engines
from xtcheck.sandbox.state import State
from xtcheck.sandbox.worlds import blog, names, setup


def widen(state: State) -> None:
    """Everything that the walkthrough sets: consent both ways and MFA trust on either side.

    User synchronization stays what it is in the target alone.
    """
    tenants = state.tree["tenants"]
    for alias in blog.SOURCES:
        for tenant, other in ((tenants[alias], tenants["shared"]), (tenants["shared"], tenants[alias])):
            partner = setup.known_partner(tenant, other)
            partner["automaticUserConsentSettings"] = {"inboundAllowed": True, "outboundAllowed": True}
            partner["inboundTrust"] = dict(setup.MFA)


def decommission(state: State) -> None:
    """The clean-up: who came is taken back while the trust still stands, and then everything that was set up goes.

    What remains: the sources' own groups; the shared tenant's bin; disabled users in the identity store, because AWS
    deletes them only when Entra ID has, after 30 days.
    """
    setup.begin(state)
    tenants = state.tree["tenants"]
    for tenant in tenants.values():
        tenant["appRoleAssignments"].clear()
    engines.settle(state)
    for tenant in tenants.values():
        for principal_id in list(tenant["synchronization"]):
            del tenant["synchronization"][principal_id]
            app_id = tenant["servicePrincipals"].pop(principal_id)["appId"]
            tenant["signingCertificates"].pop(app_id, None)
            _remove_application(tenant, app_id)
        tenant["crossTenantAccessPolicy"]["partners"].clear()
        tenant["crossTenantAccessPolicy"]["identitySynchronization"].clear()
    shared = tenants["shared"]
    group = names.object_id(shared["id"], "group", blog.DEVOPS)
    del shared["groups"][group], shared["members"][group]
    for aws in state.tree["aws"].values():
        aws["assignments"].clear()
        aws["permissionSets"].clear()
    setup.end(state)


def _remove_application(tenant: setup.Tenant, app_id: str) -> None:
    tenant["applications"] = {
        identifier: each for identifier, each in tenant["applications"].items() if each["appId"] != app_id
    }
