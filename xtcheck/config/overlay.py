"""Puts a sandbox's addresses, trust and credentials over the connections of the tenants that it plays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck.connection import AwsCredential, Connection, EntraCredential, Secret
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.config import Config

Json = Any


def overlaid(config: Config, sandbox: Mapping[str, Json]) -> Config:
    """See :func:`xtcheck.config.overlay`."""
    tenants = {tenant["id"]: tenant for tenant in sandbox["tenants"].values()}
    accounts = {(entry["account"], entry["region"]): entry for entry in sandbox["aws"].values()}
    vault = _Vault(Path(sandbox["ca"]).parent)
    connections: dict[str, Connection] = {}
    for place, connection in config.connections.items():
        played = (
            accounts.get((connection.identity, connection.region))
            if connection.region
            else tenants.get(connection.identity)
        )
        if played is None:
            raise XtcheckError(
                f"the sandbox's world has no {connection.identity}, which config.yml declares as {place}"
            )
        credential = _aws(played, place, vault) if connection.region else _entra(played, place, vault)
        endpoints = {**connection.endpoints, **played["endpoints"]}
        connections[place] = replace(connection, credential=credential, endpoints=endpoints, ca_bundle=sandbox["ca"])
    return replace(config, connections=connections)


class _Vault:
    """Files for the sandbox's secrets in its own private folder, which goes with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, text: str) -> Secret:
        path = self._folder / f"secret-{name}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        return Secret(file=str(path))


def _entra(played: Json, place: str, vault: _Vault) -> EntraCredential:
    return EntraCredential(
        type="client-secret", client_id=played["client-id"], secret=vault.keep(place, played["client-secret"])
    )


def _aws(played: Json, place: str, vault: _Vault) -> AwsCredential:
    return AwsCredential(
        access_key_id=vault.keep(f"{place}-id", played["access-key-id"]),
        secret_access_key=vault.keep(f"{place}-key", played["secret-access-key"]),
    )
