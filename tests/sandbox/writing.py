"""A client of the sandbox that may write: tokens of the second client of each tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.conftest import Client

if TYPE_CHECKING:
    import httpx


class Writer:
    """The remediating client of a tenant, or a client with other roles."""

    def __init__(self, client: Client, tenant: str, *roles: str) -> None:
        self.client, self.tenant = client, tenant
        known = client.connection["tenants"][tenant]["write"]
        registered = client.state.tree["tenants"][tenant]["clients"][known["client-id"]]
        kept = registered["roles"]
        registered["roles"] = list(roles) or kept
        answer = client.ask_token(tenant, client_id=known["client-id"], client_secret=known["client-secret"])
        registered["roles"] = kept
        self._token = answer.json()["access_token"]

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}"}
        more = {} if body is None else {"json": body}
        return self.client.graph(self.tenant, path, method=method, headers=headers, **more, **options)

    def get(self, path: str, **options: Any) -> Any:
        """A document that is there."""
        answer = self("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
