"""Entra as a SCIM client: real requests, carried to the endpoint in the same process."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from xtcheck.sandbox.aws.events import record_scim
from xtcheck.sandbox.scim.documents import GROUP, USER
from xtcheck.sandbox.scim.endpoint import answer, operation
from xtcheck.sandbox.scim.failure import CONTENT_TYPE
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_TENANT = re.compile(r"/(?:scim/)?([^/]+)/scim/v2")


_CONFLICT, _REFUSED = "EntryConflict", "SystemForCrossDomainIdentityManagementServiceIncompatible"


class CredentialsError(Exception):
    """The endpoint refuses the token, or the address leads nowhere."""


class EntryError(Exception):
    """The endpoint refuses one object: the job goes on with the next. ``code`` is what the provisioning logs say."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """``address`` is the Tenant URL of the app (secret BaseAddress), ``token`` its secret token."""

    state: State
    address: str
    token: str

    def probe(self) -> None:
        """What *Test connection* does: ask for a user that cannot exist. Raises CredentialsError."""
        self._call("GET", "/Users", query={"filter": 'userName eq "00000000-0000-0000-0000-000000000000"'})

    def find(self, endpoint: str, attribute: str, value: str) -> Json | None:
        """The resource whose matching attribute has this value."""
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        query = {"filter": f'{attribute} eq "{escaped}"'}
        if endpoint == "Groups":
            query = {"excludedAttributes": "members", **query}
        found = self._call("GET", f"/{endpoint}", query=query)["Resources"]
        return found[0] if found else None

    def create(self, endpoint: str, resource: Json) -> str:
        """Post a resource; its id."""
        core = USER if endpoint == "Users" else GROUP
        schemas = [core, *(name for name in resource if name.startswith("urn:"))]
        body = {"schemas": schemas, **resource, "meta": {"resourceType": endpoint[:-1]}}
        return str(self._call("POST", f"/{endpoint}", body)["id"])

    def patch(self, endpoint: str, identifier: str, operations: list[Json]) -> None:
        """Send PATCH operations, as many as there are."""
        self._call("PATCH", f"/{endpoint}/{identifier}", {"schemas": [_PATCH], "Operations": operations})

    def delete(self, endpoint: str, identifier: str) -> None:
        """Delete; gone already is as good."""
        self._call("DELETE", f"/{endpoint}/{identifier}", missing_is_fine=True)

    def _call(
        self, method: str, path: str, body: Json = None, *, query: Json = None, missing_is_fine: bool = False
    ) -> Json:
        split = urlsplit(self.address)
        found = _TENANT.fullmatch(split.path)
        if found is None:
            # Also a slash at the end: Entra then asks for //Users, a known cause of a failing Test connection.
            raise CredentialsError(f"{self.address} is not the URL of a SCIM endpoint")
        headers = {"authorization": f"Bearer {self.token}", "content-type": CONTENT_TYPE, "user-agent": "AzureAD"}
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        target = f"/scim/{found[1]}/scim/v2{path}"
        base = f"{split.scheme}://{split.netloc}"
        response = answer(Request(method, target, urlencode(query or {}), headers, content, base), self.state)
        self._record(found[1], operation(method, path.lstrip("/").split("/")), response)
        if response.status in (401, 403):
            raise CredentialsError("the endpoint refuses the token")
        if response.status >= 400 and not (missing_is_fine and response.status == 404):
            code = _CONFLICT if response.status == 409 else _REFUSED
            raise EntryError(f"{method} {path}: {response.status} {json.loads(response.body)['detail']}", code)
        return json.loads(response.body) if response.body else None

    def _record(self, tenant: str, name: str, response: Response) -> None:
        """Leave the request in the event history of the account; who is not let in leaves nothing there."""
        if response.status in (401, 403):
            return
        error = json.loads(response.body)["detail"] if response.status >= 400 else None
        for aws in self.state.tree["aws"].values():
            if aws["scim"]["tenant"] == tenant:
                record_scim(aws, self.state.clock.now(), name, error)
