"""The tables of what can be declared: every kind and every row, and what can be asked of them all."""

from __future__ import annotations

from collections.abc import Iterator

from xtcheck.kinds import (
    access,
    accounts,
    application,
    assignees,
    carried,
    center,
    default_access,
    effective_access,
    entitlements,
    groups,
    instance,
    licences,
    named,
    people,
    permission_sets,
    portal,
    provider,
    provisioning,
    refusable,
    saml,
    saml_addresses,
    synced,
    synchronization,
    tenants,
    trail,
    ways_in,
)
from xtcheck.kinds.mending import FOLLOWING
from xtcheck.model import Kind, Setting
from xtcheck.shapes import Window

KINDS: tuple[Kind, ...] = (
    *tenants.KINDS,
    *licences.KINDS,
    *default_access.KINDS,
    *access.KINDS,
    *effective_access.KINDS,
    *synchronization.KINDS,
    *synced.KINDS,
    *groups.KINDS,
    *assignees.KINDS,
    *application.KINDS,
    *saml_addresses.KINDS,
    *saml.KINDS,
    *center.KINDS,
    *trail.KINDS,
    *provider.KINDS,
    *provisioning.KINDS,
    *portal.KINDS,
    *people.KINDS,
    *carried.KINDS,
    *refusable.KINDS,
    *named.KINDS,
    *permission_sets.KINDS,
    *instance.KINDS,
    *accounts.KINDS,
    *entitlements.KINDS,
    *ways_in.KINDS,
)
BY_NAME = {kind.name: kind for kind in KINDS}


def windows() -> dict[str, Window]:
    """How long each family of objects may take to show what was written, by config.yml's word for it."""
    return {kind.write.window.name: kind.write.window for kind in KINDS if kind.write} | {FOLLOWING.name: FOLLOWING}


def rows() -> Iterator[tuple[Kind, Setting]]:
    """Every row with its kind, in the order of the tables."""
    for kind in KINDS:
        for setting in kind.settings:
            yield kind, setting
