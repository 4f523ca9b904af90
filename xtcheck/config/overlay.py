"""Puts a sandbox's addresses, trust and credentials over the connections of the tenants that it plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import private
from xtcheck.connection import AwsCredential, Connection, EntraCredential, Secret
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.config import Config

Json = Any


def overlaid(config: Config, sandbox: Mapping[str, Json]) -> Config:
    """See :func:`xtcheck.config.overlay`."""
    played = {(entry["id"].lower(), ""): entry for entry in sandbox["tenants"].values()}
    played |= {(entry["account"], entry["region"]): entry for entry in sandbox["aws"].values()}
    wanted = {place: (found.identity, found.region) for place, found in config.connections.items()}
    lacking = [f"{place} ({' '.join(filter(None, who))})" for place, who in wanted.items() if who not in played]
    if lacking:
        known = ", ".join(" ".join(filter(None, who)) for who in sorted(played))
        raise XtcheckError(f"the sandbox's world has no {', '.join(lacking)}; it plays {known or 'nobody'}")
    vault = _Vault(Path(sandbox["ca"]).parent)
    connections = {
        place: _reached(connection, played[wanted[place]], sandbox["ca"], vault)
        for place, connection in config.connections.items()
    }
    writing = {place: _writing(connection, played[wanted[place]], vault) for place, connection in connections.items()}
    return replace(config, connections=connections, writing=writing)


def _reached(connection: Connection, played: Json, ca: str, vault: _Vault) -> Connection:
    """The connection, with nothing of the real one left by which its secrets or its addresses could be used."""
    place, is_aws = connection.place, bool(connection.region)
    scim = played.get("scim")
    return replace(
        connection,
        credential=_aws(played, place, vault) if is_aws else _entra(played, place, vault),
        endpoints=dict(played["endpoints"]),
        ca_bundle=ca,
        scim_token=vault.keep(f"{place}-scim", scim["token"]) if scim else None,
        limited=False,
    )


def _writing(connection: Connection, played: Json, vault: _Vault) -> Connection:
    """The connection with the sandbox's client that may write, where its world has one."""
    own = played.get("write")
    if own is None:
        return connection
    place, make = f"{connection.place}-writing", _aws if connection.region else _entra
    return replace(connection, credential=make(own, place, vault))


def _entra(played: Json, place: str, vault: _Vault) -> EntraCredential:
    return EntraCredential(type="client-secret", client_id=played["client-id"], secret=vault.secret(place, played))


def _aws(played: Json, place: str, vault: _Vault) -> AwsCredential:
    return AwsCredential(
        access_key_id=vault.keep(f"{place}-id", played["access-key-id"]), secret_access_key=vault.secret(place, played)
    )


class _Vault:
    """Files for the sandbox's secrets in its own private folder, which goes with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def secret(self, name: str, played: Json) -> Secret:
        """The secret of a tenant's client or of an AWS key, which the sandbox may keep in a file itself."""
        file = played.get("secret-file")
        if file:
            return Secret(file=file)
        return self.keep(name, played.get("client-secret") or played["secret-access-key"])

    def keep(self, name: str, text: str) -> Secret:
        """Write a secret down; a file of an earlier overlay is replaced, never written into."""
        path = self._folder / f"secret-{name}"
        path.unlink(missing_ok=True)
        with private.text(private.created(path)) as stream:
            stream.write(text)
        return Secret(file=str(path))
