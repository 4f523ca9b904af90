"""msgraph-sdk's request adapter of one tenant, on our pool and with our sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from xtcheck.clients.entra_credentials import scope

if TYPE_CHECKING:
    from xtcheck.clients.sign_in import SignIn
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection


def adapter_of(connection: Connection, transport: Transport, sign_in: SignIn) -> Any:
    """An adapter on our pool, so without the SDK's middleware: that follows other hosts, and paces badly.

    :raises NoAnswer: the address is not https, or the authorities to trust cannot be read.
    """
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph import GraphRequestAdapter

    root = connection.graph
    pool = transport.pool(root, connection.ca_bundle, connection.place)
    provider = AzureIdentityAuthenticationProvider(
        sign_in,
        scopes=[scope(connection)],
        allowed_hosts=[urlsplit(root).hostname or ""],
        is_cae_enabled=False,
    )
    adapter = GraphRequestAdapter(provider, client=pool)
    adapter.base_url = f"{root}/v1.0"
    return adapter
