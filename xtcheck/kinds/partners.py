"""What a partner organization is to us besides its settings: why it must stay, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any


def in_use(partner: Json, _lists: Mapping[str, list[Json]] | None = None) -> str:
    """Why a partner must stay; empty when it may go."""
    if partner.get("isServiceProvider"):
        return f"{partner['tenantId']} is a cloud service provider of this tenant: that relationship ends first"
    if partner.get("isInMultiTenantOrganization"):
        return f"{partner['tenantId']} is in our multitenant organization, which would add it again"
    return ""


def names_of(published: Json) -> dict[str, str]:
    """What Microsoft publishes about tenants, by their ids: anybody may have chosen that name.

    It may be of any shape: nothing hangs on it.
    """
    found = {}
    for item in published if isinstance(published, list) else ():
        known = item if isinstance(item, dict) else {}
        words = [known.get(field) for field in ("displayName", "defaultDomainName")]
        said = ", ".join(word for word in words if isinstance(word, str) and word)
        if said:
            found[str(known.get("tenantId")).lower()] = f" ({said})"
    return found
