"""Emulators of Microsoft Entra ID and AWS IAM Identity Center on loopback, over real TLS.

Written from the vendors' documentation; imports nothing from the rest of xtcheck, so that it can disagree with it.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from xtcheck.sandbox.wire import Json

if TYPE_CHECKING:
    from xtcheck.sandbox.state import State

__all__ = ["Sandbox"]

AWS_SERVICES = ("sso-admin", "identitystore", "organizations", "sts", "account-access", "cloudtrail")


class Sandbox:
    """A running sandbox; use it in ``with``, or call ``start`` and ``stop``.

    ``drift`` are operations applied to the world before it is served, ``faults`` what it does wrong from the first
    request on, ``port`` 0 any free one.

    :raises ValueError: no such world, or a drift or a fault that is refused, with the reason.
    """

    def __init__(
        self, world: str = "blog", drift: Sequence[Json] = (), faults: Sequence[Json] = (), port: int = 0
    ) -> None:
        from xtcheck.sandbox import worlds  # builds keys: a module that only names the sandbox shall not pay for it
        from xtcheck.sandbox.drift import apply

        self.port = port
        self.state: State = worlds.build(world)
        apply(self.state, list(drift))
        self.state.faults.put(list(faults))
        self._folder: Path | None = None

    def start(self) -> Self:
        """Serve the world; returns when it can be reached."""
        self._token = secrets.token_urlsafe(24)
        self._folder = Path(tempfile.mkdtemp(prefix="xtcheck-sandbox-"))
        try:
            self._serve(self._folder)
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        return self

    def _serve(self, folder: Path) -> None:
        import trustme
        import uvicorn

        from xtcheck.sandbox.doors import Doors
        from xtcheck.sandbox.server import Dispatcher

        authority = trustme.CA()
        self._doors = Doors(authority)
        own = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        _write(folder / "server.pem", own.private_key_and_cert_chain_pem.bytes())
        # Named as TCP, or asyncio leaves Nagle's algorithm on and each answer waits 40 ms for an acknowledgement.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self.port))
        except BaseException:
            listener.close()
            raise
        self._url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            Dispatcher(self.state, self._token),
            http="httptools", ws="none", lifespan="off",
            loop="asyncio", interface="asgi3", log_config=None, access_log=False,
            log_level="critical", server_header=False, date_header=False,
            ssl_certfile=str(folder / "server.pem"),
            timeout_keep_alive=120, timeout_graceful_shutdown=1, backlog=512,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="xtcheck-sandbox", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox's server did not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop serving and remove the files; stopping twice is allowed."""
        if self._folder is None:
            return
        self._doors.close()
        self._server.servers[0].get_loop().call_soon_threadsafe(self._hang_up)
        self._thread.join(timeout=5)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    def _hang_up(self) -> None:
        """End the server's loop, and before that every connection: a close by TLS would wait for idle clients."""
        for connection in list(self._server.server_state.connections):
            transport: Json = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        self._server.should_exit = self._server.force_exit = True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connection(self) -> dict[str, Json]:
        """Everything that a client needs, ready for JSON: addresses, CA, credentials. Secrets of the sandbox only."""
        if self._folder is None:
            raise RuntimeError("the sandbox is not running")
        folder = self._folder
        return {
            "ca": str(folder / "ca.pem"),
            "admin": {"url": f"{self._url}/_admin", "token": self._token},
            "tenants": {alias: self._tenant(folder, alias) for alias in self.state.tree["tenants"]},
            "aws": {alias: self._aws(alias, entry) for alias, entry in self.state.tree["aws"].items()},
        }

    def _tenant(self, folder: Path, alias: str) -> Json:
        tenant = self.state.tree["tenants"][alias]
        client_id, client = next(iter(tenant["clients"].items()))
        return {
            "id": tenant["id"],
            "endpoints": {"login": self._base("login", alias), "graph": f"{self._base('graph', alias)}/graph"},
            "client-id": client_id,
            "client-secret": client["secret"],
            "certificate": str(_certificate(folder)),
            "federated-token": str(_federated_token(folder)),
        } | _writing(tenant)

    def _base(self, service: str, alias: str) -> str:
        """Where a service is: here, unless a fault says that its connections fail."""
        door = self.state.faults.door(service, alias)
        return self.door(door) if door else self._url

    def door(self, kind: str) -> str:
        """An address at which every connection fails, in one of the ways of ``faults.DOORS``."""
        return self._doors.url(kind)

    def _aws(self, alias: str, entry: Json) -> Json:
        endpoints = {service: f"{self._base(service, alias)}/aws/{service}" for service in AWS_SERVICES}
        (access_key, caller), (writing_key, writer) = list(entry["callers"].items())[:2]
        scim = entry["scim"]
        endpoint = f"{self._base('scim', alias)}/scim/{scim['tenant']}/scim/v2"
        return {
            "account": entry["account"],
            "region": entry["region"],
            "endpoints": endpoints | {"scim": endpoint, "portal": f"{self._base('portal', alias)}/portal"},
            "access-key-id": access_key,
            "secret-access-key": caller["secret"],
            "write": {"access-key-id": writing_key, "secret-access-key": writer["secret"]},
        } | ({"scim": {"endpoint": endpoint, "token": scim["token"]}} if scim["enabled"] else {})


def _writing(tenant: Json) -> Json:
    """The client of a tenant that may write, where the world has one."""
    from xtcheck.sandbox.worlds.names import object_id
    from xtcheck.sandbox.worlds.tenant import REMEDIATOR

    client_id = object_id(tenant["id"], "app", REMEDIATOR)
    client = tenant["clients"].get(client_id)
    return {"write": {"client-id": client_id, "client-secret": client["secret"]}} if client else {}


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _certificate(folder: Path) -> Path:
    """The file with the client's certificate and private key."""
    path = folder / "client.pem"
    if not path.exists():
        from xtcheck.sandbox import keys
        from xtcheck.sandbox.worlds.tenant import AUDITOR

        _write(path, keys.pem("client", keys.certificate("client", AUDITOR)))
    return path


def _federated_token(folder: Path) -> Path:
    """The file with the workload's own token, which Entra ID exchanges for an access token."""
    path = folder / "federated-token"
    if not path.exists():
        from xtcheck.sandbox.tokens import FEDERATED_AUDIENCE, sign
        from xtcheck.sandbox.worlds.tenant import FEDERATION_ISSUER, FEDERATION_SUBJECT

        now = int(time.time())
        claims = {"iss": FEDERATION_ISSUER, "sub": FEDERATION_SUBJECT, "aud": FEDERATED_AUDIENCE}
        _write(path, sign(claims | {"iat": now, "nbf": now, "exp": now + 30 * 86400}).encode())
    return path
