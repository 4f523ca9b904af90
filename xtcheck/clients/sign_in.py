"""One token for each tenant, asked for once, and only taken when it is the declared tenant's."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from xtcheck.answers import Entrance
from xtcheck.clients.entra_credentials import credential_of
from xtcheck.clients.entra_failures import no_token
from xtcheck.clients.naming import describe
from xtcheck.clients.outcome import NoAnswer, one_line
from xtcheck.connection import EntraCredential
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection
    from xtcheck.model import Json

REFRESH_SECONDS = 300
"""So long before its end a token is replaced, as azure-identity does."""

RENEWALS = 3
"""So often a refused token is replaced by a fresh one; more would not help."""


class SignIn:
    """A token credential (azure-core's protocol) that asks once, checks whose token it got, and remembers a refusal.

    Without it each of N requests at the start asks for a token of its own (measured), and a wrong secret is tried N
    times.
    """

    def __init__(self, connection: Connection, transport: Transport, told: Callable[[Entrance], None]) -> None:
        self.generation = 0
        # It warns of each refusal, which is in our answer, and Python prints warnings that nobody handles.
        logging.getLogger("azure.identity").addHandler(logging.NullHandler())
        self._connection = connection
        self._transport = transport
        self._told = told
        self._turn = asyncio.Lock()
        self._token: AccessToken | None = None
        self._refusal: NoAnswer | None = None

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, enable_cae: bool = False, **_: Any
    ) -> AccessToken:
        """The token; the tenant asked for is always the declared one.

        :raises NoAnswer: there is none, or it is another tenant's.
        """
        del tenant_id
        async with self._turn:
            if self._refusal is not None:
                raise self._refusal.again()
            if self._token is None or claims or self._token.expires_on - time.time() < REFRESH_SECONDS:
                try:
                    self._token = await self._ask(scopes, claims=claims, enable_cae=enable_cae)
                except NoAnswer as refusal:
                    self._refusal = refusal
                    place, known = self._connection.place, _client_id(self._connection)
                    self._told(Entrance(place, known, refused=refusal.cause, remedy=refusal.remedy))
                    raise
            return self._token

    async def renew(self, generation: int) -> bool:
        """Forget the token of that generation, unless it already is forgotten; False when it was tried too often."""
        async with self._turn:
            if self.generation == generation:
                if generation >= RENEWALS:
                    return False
                self.generation += 1
                self._token = None
            return True

    async def _ask(self, scopes: tuple[str, ...], *, claims: str | None, enable_cae: bool) -> AccessToken:
        """A token of a new credential: one that is kept holds what it signed in with, and the token in its cache.

        :raises NoAnswer: there is none, or it is another tenant's.
        """
        from azure.core.exceptions import AzureError

        tenant = self._connection.identity
        session = self._transport.session(self._connection.ca_bundle, self._connection.place)
        proxy = self._transport.proxy(urlsplit(self._connection.login).hostname or "")
        try:
            credential = credential_of(self._connection, session, proxy)
            try:
                token = await credential.get_token(*scopes, claims=claims, tenant_id=tenant, enable_cae=enable_cae)
            finally:
                await credential.close()
        except (AzureError, OSError, ValueError, XtcheckError) as error:
            raise no_token(error, self._connection) from error
        except (AttributeError, KeyError, TypeError) as error:  # azure-identity trusts the shape of what it reads
            text = f"cannot sign in to {self._connection.place}: the answer is not a token response"
            raise NoAnswer(text, f"check the login endpoint of {self._connection.place}") from error
        self._accept(claims_of(token.token))
        return token

    def _accept(self, claims: Json) -> None:
        place, tenant = self._connection.place, self._connection.identity
        named = describe(self._connection.credential)
        if not isinstance(claims, dict) or not isinstance(claims.get("tid"), str):
            raise NoAnswer(
                f"the token for {place} does not show whose it is (opaque, or without tid)",
                f"use a credential that yields a token of Microsoft Entra ID: check {named}",
            )
        if claims["tid"].lower() != tenant.lower():
            raise NoAnswer(
                f"signed in to tenant {one_line(claims['tid'], 60)} instead of {tenant} ({place})",
                f"let {named} sign in to {tenant}, or correct the id of {place}",
            )
        self._told(entrance_of(self._connection, claims))


def entrance_of(connection: Connection, claims: Json) -> Entrance:
    """What an access token says of the application and its permissions.

    An application's own token has them in ``roles``, and no ``roles`` when it was granted none. A token on behalf of a
    person has ``scp`` instead, and what it may read depends on that person's directory roles too.
    learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    who = str(claims.get("appid") or claims.get("azp") or _client_id(connection))
    roles = claims.get("roles")
    if "scp" in claims:
        return Entrance(connection.place, who)
    granted = frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset[str]()
    return Entrance(connection.place, who, granted)


def _client_id(connection: Connection) -> str:
    return connection.credential.client_id if isinstance(connection.credential, EntraCredential) else ""


def claims_of(token: str) -> Json:
    """The claims of a JWT, unverified: who checks a token is the service that gets it. None for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return None
