"""Apps of the gallery: how they are made from their template, how they are called then, and how they are deleted.

Graph: applicationtemplate-instantiate, application-delete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from xtcheck.errors import Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.mending import GRANTS
from xtcheck.model import Seen, Setting, Severity
from xtcheck.shapes import Growth, Send, Upsert, Window
from xtcheck.values import Boolean

Json = Any
Sends: TypeAlias = Callable[[Json, Seen], Mapping[str, Json] | None]

PERMISSION = "Application.ReadWrite.All"
WINDOW = Window("applications", 5, 180, "directory objects are replicated within a minute or two")
"""Entra ID shows a new app on some of its servers before others; Microsoft's walkthrough waits up to a minute."""


def app_shape(kind: str, template: str, grows: Mapping[str, Growth] | None = None) -> Upsert:
    """How an app of a template is made, changed and deleted; ``kind`` is the name of its kind.

    Making it takes a name and nothing else, and every call makes another one of that name. The application object is
    deleted, and takes its service principal, with jobs and assignments, along.
    """
    return Upsert(
        create=Send("POST", f"/applicationTemplates/{template}/instantiate", PERMISSION, idempotent=False),
        update=Send("PATCH", f"/servicePrincipals/{{{kind}.id}}", PERMISSION),
        delete=Send("DELETE", f"/applications(appId='{{{kind}.appId}}')", PERMISSION),
        units={},
        window=WINDOW,
        order=40,
        unique=False,
        bare=True,
        grows=grows or {},
    )


def naming(usual: Callable[[Scope], tuple[str, str]], others: Callable[[Scope], tuple[str, ...]]) -> Sends:
    """What makes the app's name known, for its row ``state``.

    :param usual: what config.yml calls the app (empty: nothing), and what it is called then.
    :param others: what config.yml calls the other apps of the template in the same tenant.
    """

    def sends(_expected: Json, seen: Seen) -> Mapping[str, Json]:
        pin, otherwise = usual(seen.scope)
        if not pin and "" in others(seen.scope):
            raise Unwritable(
                "config.yml means several such apps here and names more than one of them by nothing, so that they "
                "could not be told apart: give each a name (app:)"
            )
        if _is_id(pin):
            raise Unwritable(f"config.yml names it by the id {pin}, which a new one never has: give it a name")
        return {"displayName": pin or otherwise}

    return sends


def sign_in_enabled(doc: str, console: str) -> Setting:
    """The row that says whether an app is enabled (Graph: servicePrincipal, accountEnabled)."""
    return Setting(
        "sign-in-enabled",
        Boolean(),
        doc,
        path="accountEnabled",
        severity=Severity.CRITICAL,
        mending=GRANTS,
        remedy=f"{console} > Enabled for users to sign-in?",
    )


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
