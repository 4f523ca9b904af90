"""The fixed ids of the worlds: tenants by hand, every other object computed from its tenant and its name."""

from __future__ import annotations

import uuid

TENANTS = {
    "one": "0e1d0a10-7c5f-4b6e-9a51-a1c0de000001",
    "two": "0e1d0a10-7c5f-4b6e-9a51-a1c0de000002",
    "shared": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ff",
}
"""Tenant ids by alias, as they stand in sandbox.yml."""
TOPOLOGIES = {
    "north": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000a1",
    "south": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000a2",
    "hub": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000b0",
    "emea": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000b1",
    "apac": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000b2",
}
"""Tenant ids by alias in the worlds ``mesh`` and ``one-to-many``."""
STRANGER = "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ee"
"""A tenant that no world has, for partners that nobody declared."""
STRANGERS = {STRANGER: ("Fabrikam", "fabrikam.com")}
"""What is published about tenants that no world has: display name and default domain."""


def object_id(tenant_id: str, kind: str, name: str) -> str:
    """The id of an object: the UUID version 5 of ``<kind>/<name>`` in the tenant's id as its namespace.

    Kinds: user, group, application, principal, client (its appId), app (an appId), assignment, job, key.
    """
    return str(uuid.uuid5(uuid.UUID(tenant_id), f"{kind}/{name}"))


def synced_id(target_id: str, source_id: str, user_id: str) -> str:
    """The id that the synchronization engine gives a source user's account in the target tenant."""
    return str(uuid.uuid5(uuid.UUID(target_id), f"{source_id}/{user_id}"))
