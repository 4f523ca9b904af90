"""azure-identity's credentials from what config.yml declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from xtcheck.clients.naming import describe
from xtcheck.connection import GRAPH, LOGIN, Connection, EntraCredential
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from azure.core.credentials_async import AsyncTokenCredential

CLOUD_HOSTS = frozenset(urlsplit(url).hostname for url in LOGIN.values()) | {"login.partner.microsoftonline.cn"}
"""Login hosts that Microsoft's own instance discovery knows; any other is declared, and is taken at its word."""

Options = dict[str, Any]

OPTIONS: Mapping[str, Any] = {
    "connection_timeout": 10,
    "read_timeout": 30,
    "retry_total": 2,
    "retry_connect": 2,
    "retry_backoff_factor": 0.25,
}
"""For azure-core's pipeline, whose own limits are minutes."""


def scope(connection: Connection) -> str:
    """The scope to sign in for. A replaced Graph endpoint does not change whose API it is."""
    return f"{GRAPH[connection.cloud]}/.default"


def credential_of(connection: Connection, session: ClientSession, proxy: str | None) -> AsyncTokenCredential:
    """An unused credential of the declared type, for the declared tenant, that speaks in the session, by the proxy.

    azure-identity signs in at ``connection.login`` with all types but three: azure-cli and managed-identity have hosts
    of their own, and the workload identity inside ``default`` obeys only the variable AZURE_AUTHORITY_HOST.

    :raises XtcheckError: the environment or a file that the credential needs is missing.
    """
    declared = connection.credential
    if not isinstance(declared, EntraCredential):
        raise TypeError(f"{connection.place} is not a tenant")
    try:
        return _BUILDERS[declared.type](connection, declared, _shared(session, proxy))
    except (ValueError, OSError) as error:
        raise XtcheckError(f"{describe(declared)} cannot be used: {error}") from error


def _shared(session: ClientSession, proxy: str | None) -> Options:
    """The session that tenants share, which has the authorities to trust; closing the credential leaves it open."""
    from azure.core.pipeline.transport import AioHttpTransport

    # A transport that is handed over brings its own time limits: what the credential is told of them is not used.
    limits = {name: OPTIONS[name] for name in ("connection_timeout", "read_timeout")}
    transport = AioHttpTransport(session=session, session_owner=False, **limits)
    # Only of https: a managed identity's host is this machine's own.
    return {**OPTIONS, "transport": transport} | ({"proxies": {"https": proxy}} if proxy else {})


def _hosted(connection: Connection) -> Options:
    return {
        "authority": connection.login,
        "disable_instance_discovery": urlsplit(connection.login).hostname not in CLOUD_HOSTS,
    }


def _default(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import DefaultAzureCredential

    own = {"managed_identity_client_id": declared.client_id} if declared.client_id else {}
    return DefaultAzureCredential(
        **_hosted(connection),
        **shared,
        **own,
        # AZURE_TENANT_ID may name another tenant; each request for a token names the declared one.
        additionally_allowed_tenants=[connection.identity],
        workload_identity_tenant_id=connection.identity,
        shared_cache_tenant_id=connection.identity,
        visual_studio_code_tenant_id=connection.identity,
    )


def _client_secret(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import ClientSecretCredential

    if declared.secret is None:
        raise ValueError("no secret is declared")
    secret = declared.secret.reveal()
    return ClientSecretCredential(connection.identity, declared.client_id, secret, **_hosted(connection), **shared)


def _certificate(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import CertificateCredential

    password = declared.password.reveal() if declared.password else None
    return CertificateCredential(
        connection.identity,
        declared.client_id,
        declared.certificate,
        password=password,
        **_hosted(connection),
        **shared,
    )


def _workload_identity(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        tenant_id=connection.identity,
        client_id=declared.client_id or None,
        token_file_path=declared.token_file or None,
        **_hosted(connection),
        **shared,
    )


def _managed_identity(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import ManagedIdentityCredential

    del connection  # it has a host of its own
    return ManagedIdentityCredential(client_id=declared.client_id or None, **shared)


def _azure_cli(connection: Connection, declared: EntraCredential, shared: Options) -> AsyncTokenCredential:
    from azure.identity.aio import AzureCliCredential

    del declared, shared  # the command has its own sign-in
    return AzureCliCredential(tenant_id=connection.identity, process_timeout=30)


_BUILDERS: Mapping[str, Callable[[Connection, EntraCredential, Options], AsyncTokenCredential]] = {
    "default": _default,
    "client-secret": _client_secret,
    "certificate": _certificate,
    "workload-identity": _workload_identity,
    "managed-identity": _managed_identity,
    "azure-cli": _azure_cli,
}
