"""One tenant of config.yml: who it is, and how it is reached."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

from xtcheck.config.fields import Fields
from xtcheck.connection import GRAPH, Connection, EntraCredential, EntraCredentialType
from xtcheck.errors import Mistake, choices
from xtcheck.estate import Cloud, Role, Tenant
from xtcheck.nodes import Node, Scalar

TENANT_KEYS = (
    "id", "role", "label", "cloud", "credential", "write-credential", "endpoints", "ca-bundle", "read-secrets",
)  # fmt: skip
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

NEEDED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "default": ((), ("client-id",)),
    "client-secret": (("client-id", "secret"), ()),
    "certificate": (("client-id", "certificate"), ("password",)),
    "workload-identity": ((), ("client-id", "token-file")),
    "managed-identity": ((), ("client-id",)),
    "azure-cli": ((), ()),
}
"""Which fields each type of credential must have, and which it may have."""


def tenant_entry(alias: str, fields: Fields, folder: Path) -> tuple[Tenant, Connection]:
    """The tenant and its connection.

    :raises Mistake: what is wrong with it.
    """
    id_ = fields.word("id")
    if not GUID.fullmatch(id_.text):
        hint = "write the tenant ID, not a domain" if "." in id_.text else "write the tenant ID, a GUID"
        raise Mistake(id_.mark, f"{id_.shown!r} is no tenant ID", hint)
    cloud = fields.one_of("cloud", GRAPH, "public")
    tenant = Tenant(
        alias=alias,
        id=id_.text.lower(),
        role=cast(Role, fields.one_of("role", ("source", "target", "both"))),  # noqa: TC006
        label=fields.text("label", alias),
        cloud=cast(Cloud, cloud),  # noqa: TC006
        secrets=fields.one_of("read-secrets", ("true", "false"), "false") == "true",
    )
    if fields.get("write-credential"):
        # Validated and left: nothing that reads may hold a credential that writes.
        credential(fields.need("write-credential"), fields, folder)
    node = fields.get("credential")
    connection = Connection(
        place=alias,
        identity=tenant.id,
        credential=credential(node, fields, folder) if node else EntraCredential(),
        endpoints=fields.endpoints(),
        ca_bundle=fields.file("ca-bundle", folder),
        cloud=cloud,
    )
    return tenant, connection


def credential(node: Node, fields: Fields, folder: Path) -> EntraCredential:
    """One of azure-identity's credentials.

    :raises Mistake: an unknown type, or fields that do not fit it.
    """
    if isinstance(node, Scalar):
        if node.text not in NEEDED or NEEDED[node.text][0]:
            raise Mistake(node.mark, f"{node.shown!r} is no credential on its own", "write default, or {type: …, …}")
        return EntraCredential(type=cast(EntraCredentialType, node.text))  # noqa: TC006
    known = ("type", "client-id", "secret", "certificate", "password", "token-file")
    inner = Fields(node, "the credential", known, fields.mistakes)
    kind = inner.one_of("type", NEEDED)
    must, may = NEEDED[kind]
    for key, _ in inner.node.entries:
        if key.text in known and key.text not in ("type", *must, *may):
            raise Mistake(
                key.mark, f"a {kind} credential has no {key.text}", choices(key.text, (*must, *may), "its fields")
            )
    for key_name in must:
        inner.need(key_name)
    return EntraCredential(
        type=cast(EntraCredentialType, kind),  # noqa: TC006
        client_id=inner.text("client-id", ""),
        secret=inner.secret("secret"),
        certificate=inner.file("certificate", folder),
        password=inner.secret("password"),
        token_file=str((folder / inner.text("token-file", "")).resolve()) if inner.get("token-file") else "",
    )
