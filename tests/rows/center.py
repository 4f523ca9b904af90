"""Hand-made documents for the rows of an Identity Center."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from tests.documents.estates import estate
from xtcheck.estate import Scope
from xtcheck.kinds import rows
from xtcheck.model import Seen, Setting
from xtcheck.tables import Joined, Table, scratch

Json = Any
NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROLE: Json = {"id": "r", "displayName": "User", "isEnabled": True, "allowedMemberTypes": ["User"]}
"""A role of an app in which people can be assigned."""


def row(kind: str, key: str) -> Setting:
    """One row of the tables."""
    return next(setting for each, setting in rows() if (each.name, setting.key) == (kind, key))


def seen(documents: Json) -> Seen:
    """What a relation sees."""
    declared = estate(secrets=True)
    return Seen(documents, Scope(declared, aws=declared.aws["main"]), NOW)


def members(*found: Json) -> Joined:
    """Direct members of assigned groups, each with ``@of``."""
    columns = ("@odata.type", "accountEnabled", "id", "userPrincipalName")
    groups = {member["@of"]: [each for each in found if each["@of"] == member["@of"]] for member in found}
    tables = ((of, Table.of(several, columns, scratch() / uuid.uuid4().hex)) for of, several in groups.items())
    return Joined(tuple(tables), columns)


def view(kind: str, key: str, **documents: Json) -> Json:
    """What a row derives from documents; ``_`` in their names stands for a dash."""
    derive = row(kind, key).view
    assert derive
    return derive(seen({name.replace("_", "-"): document for name, document in documents.items()}))
