"""boto3 sessions and clients from what config.yml declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xtcheck.clients.aws_pages import require_whole
from xtcheck.connection import AwsCredential

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.session import Session as CoreSession

    from xtcheck.clients.deadline import Deadline
    from xtcheck.connection import Connection

AT_ONCE = 8
"""Calls of one place side by side; sso-admin admits 20 a second in all, and botocore slows down when told to."""

SILENCE = 30
"""Seconds for which AWS may say nothing."""

ROLE_SESSION = "xtcheck"


class Late(Exception):
    """The deadline has passed: botocore's own attempts end here, instead of outliving the run."""


def session_of(connection: Connection, deadline: Deadline) -> Session:
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
    _watch(core, deadline)
    if declared.role_arn:
        core = _assumed(core, connection, declared)
        _watch(core, deadline)
    return boto3.Session(botocore_session=core, region_name=connection.region or None)


def client_of(session: Session, connection: Connection, service: str, *, attempts: int) -> Any:
    """A client of a service by boto3's name. Sessions are not thread-safe while they make clients: one at a time."""
    create: Callable[..., Any] = session.client
    return create(service, **_options(connection, service, attempts=attempts))


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


def _watch(core: CoreSession, deadline: Deadline) -> None:
    """Begin no attempt after the deadline, and let no half answer pass for a whole one."""

    def stop(**_: Any) -> None:
        if deadline.passed():
            raise Late

    def refuse_half(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        status, headers, body = (response_dict[name] for name in ("status_code", "headers", "body"))
        require_whole(status, headers, body, operation_model.output_shape)

    events = core.get_component("event_emitter")
    events.register("before-send", stop)
    events.register("before-parse", refuse_half)


def _assumed(source: CoreSession, connection: Connection, declared: AwsCredential) -> CoreSession:
    """A session with the role's credentials, which botocore renews by itself."""
    from botocore import credentials as core
    from botocore.exceptions import NoCredentialsError
    from botocore.session import Session as CoreSession

    base = source.get_credentials()
    if base is None:
        raise NoCredentialsError

    def create(service: str, **keys: Any) -> Any:
        return source.create_client(service, **{**_options(connection, service, attempts=3), **keys})

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
