"""One running sandbox for all tests of it; each test gets it as it was."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.state import State


@dataclass(frozen=True)
class Client:
    """A client of the sandbox: plain HTTPS, with a token per tenant."""

    connection: dict[str, Any]
    state: State
    http: httpx.Client
    admin: httpx.Client
    tokens: dict[str, str]

    def token(self, tenant: str) -> str:
        if tenant not in self.tokens:
            self.tokens[tenant] = self.ask_token(tenant).json()["access_token"]
        return self.tokens[tenant]

    def ask_token(self, tenant: str, **changes: str) -> httpx.Response:
        known = self.connection["tenants"][tenant]
        form = {
            "grant_type": "client_credentials",
            "client_id": known["client-id"],
            "client_secret": known["client-secret"],
            "scope": known["endpoints"]["graph"] + "/.default",
        }
        url = f"{known['endpoints']['login']}/{changes.pop('tenant_id', known['id'])}/oauth2/v2.0/token"
        return self.http.post(url, data=form | changes)

    def graph(self, tenant: str, path: str, *, version: str = "v1.0", **options: Any) -> httpx.Response:
        root = self.connection["tenants"][tenant]["endpoints"]["graph"]
        url = path if path.startswith("https://") else f"{root}/{version}{path}"
        headers = {"authorization": f"Bearer {self.token(tenant)}"} | options.pop("headers", {})
        return self.http.request(options.pop("method", "GET"), url, headers=headers, **options)

    def fault(self, do: dict[str, Any], times: int | None = None, **match: Any) -> None:
        document = {"match": match, "do": do} | ({"times": times} if times else {})
        self.admin.put("/faults", json=[document]).raise_for_status()

    def drift(self, *operations: dict[str, Any], settle: bool = False) -> httpx.Response:
        return self.admin.post("/drift", params={"settle": str(settle).lower()}, json=list(operations))


@contextmanager
def client_of(sandbox: Sandbox) -> Iterator[Client]:
    """A client of a running sandbox."""
    connection = sandbox.connection
    trust = ssl.create_default_context(cafile=connection["ca"])
    headers = {"authorization": f"Bearer {connection['admin']['token']}"}
    with (
        httpx.Client(verify=trust, timeout=10) as http,
        httpx.Client(verify=trust, base_url=connection["admin"]["url"], headers=headers) as admin,
    ):
        yield Client(connection, sandbox.state, http, admin, {})


@pytest.fixture(scope="session")
def running() -> Iterator[Client]:
    with Sandbox("blog") as sandbox, client_of(sandbox) as client:
        sandbox.state.snapshot()
        yield client


@pytest.fixture
def blog(running: Client) -> Iterator[Client]:
    running.admin.delete("/log")
    yield running
    running.admin.put("/faults", json=[])
    running.admin.put("/page-sizes", json={})
    running.admin.post("/restore").raise_for_status()
