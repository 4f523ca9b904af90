"""boto3 sessions and clients from what config.yml declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from xtcheck.connection import AwsCredential

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.session import Session as CoreSession

    from xtcheck.clients.aws_turns import Turns
    from xtcheck.connection import Connection

AT_ONCE = 16
"""Calls of one place side by side: as many as 20 a second are when each takes most of a second."""

SILENCE = 30
"""Seconds for which AWS may say nothing."""

ROLE_SESSION = "xtcheck"

ProxyOf = Callable[[str], str | None]
"""Tells the URL of a host's proxy, or raises NoAnswer."""


def session_of(connection: Connection, turns: Turns, proxy: ProxyOf) -> Session:
    """A session that has not spoken to AWS yet.

    :raises XtcheckError: a secret is missing.
    :raises botocore.exceptions.BotoCoreError: the profile does not exist.
    """
    import boto3
    from botocore.session import Session as CoreSession

    declared = connection.credential
    if not isinstance(declared, AwsCredential):
        raise TypeError(f"{connection.place} is not an AWS entry")
    core = CoreSession(profile=declared.profile or None)
    if declared.access_key_id and declared.secret_access_key:
        token = declared.session_token.reveal() if declared.session_token else None
        core.set_credentials(declared.access_key_id.reveal(), declared.secret_access_key.reveal(), token)
    turns.watch(core)
    if declared.role_arn:
        core = _assumed(core, connection, declared, proxy)
        turns.watch(core)
    return boto3.Session(botocore_session=core, region_name=connection.region or None)


def client_of(session: Session, connection: Connection, service: str, *, attempts: int, proxy: ProxyOf) -> Any:
    """A client of a service by boto3's name. Sessions are not thread-safe while they make clients: one at a time.

    :raises NoAnswer: the proxy cannot be used.
    """
    return _proxied(session.client, service, _options(connection, service, attempts=attempts), proxy)


def _proxied(create: Callable[..., Any], service: str, options: dict[str, Any], proxy: ProxyOf) -> Any:
    """A client that takes the proxy of its host, which only a client knows: where there is one, another is made."""
    from botocore.config import Config

    client = create(service, **options)
    try:
        url = proxy(urlsplit(client.meta.endpoint_url).hostname or "")
        if url is None:
            return client
    except BaseException:
        client.close()
        raise
    client.close()
    return create(service, **{**options, "config": options["config"].merge(Config(proxies={"https": url}))})


def _options(connection: Connection, service: str, *, attempts: int) -> dict[str, Any]:
    from botocore.config import Config

    return {
        "region_name": connection.region or None,
        "endpoint_url": connection.endpoints.get(service),
        "verify": connection.ca_bundle or None,
        "config": Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=10,
            read_timeout=SILENCE,
            max_pool_connections=AT_ONCE,
            user_agent_extra="xtcheck",
        ),
    }


def _assumed(source: CoreSession, connection: Connection, declared: AwsCredential, proxy: ProxyOf) -> CoreSession:
    """A session with the role's credentials, which botocore renews by itself."""
    from botocore import credentials as core
    from botocore.exceptions import NoCredentialsError
    from botocore.session import Session as CoreSession

    base = source.get_credentials()
    if base is None:
        raise NoCredentialsError

    def create(service: str, **keys: Any) -> Any:
        return _proxied(source.create_client, service, {**_options(connection, service, attempts=3), **keys}, proxy)

    extra = {"RoleSessionName": ROLE_SESSION}
    if declared.external_id:
        extra["ExternalId"] = declared.external_id.reveal()
    fetcher = core.AssumeRoleCredentialFetcher(create, base, declared.role_arn, extra_args=extra)

    class Role(core.CredentialProvider):
        METHOD = "assume-role"

        def load(self) -> Any:
            return core.DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    session = CoreSession(profile=declared.profile or None)
    session.register_component("credential_provider", core.CredentialResolver([Role()]))
    return session
