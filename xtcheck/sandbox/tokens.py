"""Bearer tokens of the sandbox: real RS256 JWTs, issued and verified."""

from __future__ import annotations

import time
import uuid

import jwt

from xtcheck.sandbox.keys import key
from xtcheck.sandbox.wire import Json

KEY_ID = "sandbox-issuer"
LIFETIME = 3599
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
"""The audience that a workload's token must bear to be exchanged."""


GRAPH_ROOTS = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)
"""Microsoft Graph in the public and the national clouds (learn.microsoft.com/graph/deployments); a tenant is played in
whichever cloud its client believes it to be."""


def graph_audiences(base: str) -> frozenset[str]:
    """What a token for Microsoft Graph may name as its audience."""
    return frozenset({f"{base}/graph", *GRAPH_ROOTS, GRAPH_APP_ID})


def sign(claims: dict[str, Json], purpose: str = "issuer") -> str:
    """A signed JWT with these claims."""
    return jwt.encode(claims, key(purpose), algorithm="RS256", headers={"kid": KEY_ID})


def access_token(
    *, tenant_id: str, app_id: str, audience: str, roles: list[str], begins: int = -300, lifetime: int = LIFETIME
) -> str:
    """An application's access token, with the claims that Entra ID puts into version 1.0 tokens.

    It is valid from ``begins`` to ``lifetime`` seconds from now.

    Lifetimes run on real time, not on the virtual clock: clients keep tokens by their own clocks.
    """
    now = int(time.time())
    principal = str(uuid.uuid5(uuid.UUID(tenant_id), f"principal of {app_id}"))
    return sign(
        {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "iat": now + begins,
            "nbf": now + begins,
            "exp": now + lifetime,
            "appid": app_id,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{tenant_id}/",
            "idtyp": "app",
            "oid": principal,
            "sub": principal,
            "tid": tenant_id,
            "roles": sorted(roles),
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
    )


def verify(token: str, audiences: frozenset[str]) -> dict[str, Json]:
    """The claims of a token of ours; raises ``jwt.PyJWTError`` when it is not, or is no longer valid."""
    claims: dict[str, Json] = jwt.decode(
        token,
        key("issuer").public_key(),
        algorithms=["RS256"],
        audience=sorted(audiences),
        options={"verify_iss": False},
    )
    return claims
