"""What scim2-server does for the endpoint: discovery, reading resources in requests, and applying PATCH to them.

Where AWS departs from the RFCs (its SCIM developer guide) the request is refused before, in ``rules``, and the answer
is printed after, in ``endpoint``. Importing this module takes about half a second, so that happens on first use.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from scim2_models import NotFoundException, Resource, ResourceType, Schema, SCIMException, ScimPolicy, ScimProvider
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.service import ScimService
from scim2_server.storage import ScimStorage, SearchPage
from scim2_server.utils import load_default_resource_types, load_json_resource
from typing_extensions import override

from xtcheck.sandbox.scim.documents import USER, to_scim
from xtcheck.sandbox.scim.failure import ScimError
from xtcheck.sandbox.scim.store import Store
from xtcheck.sandbox.wire import Json

_UNSUPPORTED = {"groups", "ims", "photos", "x509Certificates", "entitlements", "password"}
_REQUIRED = {"userName", "displayName", "name", "givenName", "familyName"}


@functools.cache
def _service() -> ScimService:
    """The schemas without what AWS leaves out, with what it requires, and read as tolerantly as AWS reads Entra."""
    policy = ScimPolicy(
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
    types = load_default_resource_types().values()
    return ScimService(ScimProvider.from_discovery(_schemas(), types, policy=policy))


def _schemas() -> Iterable[Schema]:
    for document in load_json_resource("default-schemas.json"):
        if document["id"] == USER:
            document["attributes"] = [each for each in document["attributes"] if each["name"] not in _UNSUPPORTED]
            for attribute in document["attributes"]:
                for each in (attribute, *(attribute.get("subAttributes", []) if attribute["name"] == "name" else ())):
                    each["required"] = each["name"] in _REQUIRED
        if document["name"] == "Group":
            for attribute in document["attributes"]:
                attribute["required"] = attribute["name"] == "displayName"
        yield Schema.model_validate(document)


class _Storage(ScimStorage):
    """The identity store as scim2-server sees it. ``touched`` is the document of the last write."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.touched: Json = None

    @override
    def get(self, resource_type: ResourceType, resource_id: str, *, response_parameters: Any = None) -> Resource[Any]:
        try:
            document = self.store.get(_endpoint(resource_type), resource_id)
        except ScimError as missing:
            raise NotFoundException(detail=missing.detail) from missing
        self.touched = document
        told = to_scim(document, self.store.scim)
        if "GroupId" in document:
            told["members"] = [{"value": user} for user in self.store.members(resource_id)]
        return _service().get_model(resource_type).model_validate(told)

    @override
    def search(self, resource_types: list[ResourceType], search_request: Any, *, position: Any = None) -> SearchPage:
        raise NotImplementedError("the endpoint answers searches itself")

    @override
    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        self.touched = self.store.create(_endpoint(resource_type), resource.model_dump())
        return self.get(resource_type, self._identifier())

    @override
    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        self.touched = self.store.update(_endpoint(resource_type), str(resource.id), resource.model_dump())
        return self.get(resource_type, str(resource.id))

    @override
    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        self.store.delete(_endpoint(resource_type), resource_id)

    def _identifier(self) -> str:
        return str(self.touched.get("UserId") or self.touched.get("GroupId"))


def _endpoint(resource_type: ResourceType) -> str:
    return str(resource_type.endpoint).strip("/")


def serve(method: str, path: str, base: str, content_type: str, body: bytes, store: Store) -> Json:
    """Carry out a request for discovery or a write.

    Gives the body of a discovery document, or the document of the identity store that was written; raises ScimError.
    """
    storage = _Storage(store)
    request = ScimRequest(method, base, path, {}, {"content-type": content_type}, body)
    try:
        response = ScimHandler(_service(), storage).handle(request)
    except SCIMException as refused:
        raise ScimError(int(refused.status), refused.detail or str(refused)) from refused
    return response.body if method == "GET" else storage.touched
