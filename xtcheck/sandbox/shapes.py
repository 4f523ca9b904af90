"""The shape of the tree: which fields stand where, and of which type."""

from __future__ import annotations

import re

from xtcheck.sandbox.graph.fields import Field, fields, wrong, wrong_document
from xtcheck.sandbox.wire import Json

_DOCUMENTS = {
    "organization": "organization",
    "authorizationPolicy": "authorizationPolicy",
    "multiTenantOrganization": "multiTenantOrganization",
}
_COLLECTIONS = {
    "subscribedSkus": "subscribedSku",
    "users": "user",
    "deletedItems": "user",
    "groups": "group",
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
    "appRoleAssignments": "appRoleAssignment",
    "claimsMappingPolicies": "claimsMappingPolicy",
    "provisioningLog": "provisioningObjectSummary",
    "directoryAudits": "directoryAudit",
    "multiTenantOrganizationMembers": "multiTenantOrganizationMember",
}
_POLICY = {
    "id": "s", "displayName": "s", "description": "s", "allowedCloudEndpoints": "s[]",
    "default": "crossTenantAccessPolicyConfigurationDefault",
    "partners": "{crossTenantAccessPolicyConfigurationPartner}",
    "identitySynchronization": "{crossTenantIdentitySyncPolicyPartner}",
    "partnerTemplate": "multiTenantOrganizationPartnerConfigurationTemplate",
    "identitySynchronizationTemplate": "multiTenantOrganizationIdentitySyncPolicyTemplate",
}  # fmt: skip
_SYNCHRONIZATION = {
    "jobs": "{synchronizationJob}",
    "schemas": "{synchronizationSchema}",
    "secrets": "{s}",
    "links": "{j}",
    "scopes": "{s}",
}
_OWN = {
    "id": "s",
    "members": "{j}",
    "managers": "{s}",
    "signingCertificates": "{j}",
    "clients": "{j}",
    "claimsMappings": "{j}",
    "owners": "{j}",
}
"""What a tenant's subtree holds beside documents."""

_OPTIONAL_AWS = frozenset({"PermissionsBoundary", "Description", "RelayState", "SessionDuration"})


def refusal(tree: Json, path: list[str | int], op: str, value: Json) -> str | None:
    """Why an operation at a path would leave something that the service does not know; None when it would not."""
    match path:
        case ["tenants", str(), *rest] if rest:
            return _refuse_tenant(rest, op, value)
        case ["aws", str(), *rest] if rest:
            return _refuse_aws(tree, path, op, value)
    return "a drift goes below /tenants/<alias>/ or /aws/<alias>/"


def _refuse_tenant(path: list[str | int], op: str, value: Json) -> str | None:
    first, *rest = path
    match first, rest:
        case str(), _ if first in _DOCUMENTS:
            return _below(_DOCUMENTS[first], rest, op, value, str(first))
        case str(), [str(), *inner] if first in _COLLECTIONS:
            return _below(_COLLECTIONS[first], inner, op, value, str(first))
        case "crossTenantAccessPolicy", [str(key), *inner] if key in _POLICY:
            return _typed(_POLICY[key], inner, op, value, key)
        case "synchronization", [str(), str(key), *inner] if key in _SYNCHRONIZATION:
            return _typed(_SYNCHRONIZATION[key], inner, op, value, key)
        case str(), _ if first in _OWN:
            return _typed(_OWN[first], rest, op, value, str(first))
    return f"{first!r} cannot be drifted as a whole, or is not known"


def _typed(of: str, path: list[str | int], op: str, value: Json, where: str) -> str | None:
    """``{document}`` is a collection by key; anything else a field."""
    if not of.startswith("{"):
        return _below_field(_as_field(of), path, op, value, where)
    if not path:
        return f"{where} cannot be drifted as a whole"
    return _below_field(_as_field(of[1:-1]), path[1:], op, value, f"{where}/{path[0]}")


def _as_field(of: str) -> Field:
    return Field("", of.removesuffix("[]"), of.endswith("[]"), True, False, False)


def _below(document: str, path: list[str | int], op: str, value: Json, where: str) -> str | None:
    if not path:
        return None if op == "remove" else wrong_document(document, value, where)
    name, *rest = path
    known = fields(document)
    if name not in known:
        return f"{where} has no field {name!r}; it knows: {', '.join(known)}"
    field = known[str(name)]
    if op == "remove" and not rest and not field.nullable:
        return f"{where}/{name} is never missing"
    return _below_field(field, rest, op, value, f"{where}/{name}")


def _below_field(field: Field, path: list[str | int], op: str, value: Json, where: str) -> str | None:
    if field.of == "j":
        return None
    if field.many and path:
        one = Field(field.name, field.of, False, False, field.beta, field.on_request)
        return _below_field(one, path[1:], op, value, f"{where}/{path[0]}")
    if not path:
        return None if op == "remove" else wrong(field, value, where)
    if len(field.of) == 1:
        return f"{where} has no parts"
    return _below(field.of, path, op, value, where)


def _refuse_aws(tree: Json, path: list[str | int], op: str, value: Json) -> str | None:
    """AWS documents have no table here: what stands there, or beside it, says what may stand there."""
    *ways, key = path
    parent = tree
    for way in ways:
        parent = parent[way]
    where = "/".join(map(str, path))
    if op == "remove" or key in _optional_aws():
        return None
    if op == "replace" and key in (parent if isinstance(parent, dict) else range(len(parent))):
        return _unlike([parent[key]], value, where)
    if _is_document(parent):
        return f"{where}: no such field; there are: {', '.join(parent)}"
    return _unlike(list(parent.values()) if isinstance(parent, dict) else parent, value, where)


def _optional_aws() -> frozenset[str]:
    """Fields that AWS documents may carry although a world does not have them."""
    from xtcheck.sandbox.aws import world

    return _OPTIONAL_AWS | frozenset(getattr(world, "OPTIONAL", ()))


def _is_document(node: Json) -> bool:
    """Whether the keys of an object are names of fields, not ids, ARNs or account numbers."""
    return isinstance(node, dict) and bool(node) and all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", key) for key in node)


def _unlike(examples: list[Json], value: Json, where: str) -> str | None:
    """Why a value is not of the shape that its examples have; without examples anything is."""
    examples = [example for example in examples if example is not None]
    if not examples or value is None:
        return None
    alike = [example for example in examples if _same(example, value)]
    if not alike:
        return f"{where} is of type {type(examples[0]).__name__}"
    if isinstance(value, list):
        inner = [item for example in alike for item in example]
        reasons = (_unlike(inner, item, f"{where}/{n}") for n, item in enumerate(value))
        return next(filter(None, reasons), None)
    if not isinstance(value, dict) or not all(map(_is_document, alike)):
        return None
    known = {name for example in alike for name in example} | _optional_aws()
    unknown = sorted(set(value) - known)
    return f"{where} has no field {unknown[0]!r}; it knows: {', '.join(sorted(known))}" if unknown else None


def _same(known: Json, value: Json) -> bool:
    if isinstance(known, bool) or isinstance(value, bool):
        return isinstance(known, bool) and isinstance(value, bool)
    if isinstance(known, (int, float)):
        return isinstance(value, (int, float))
    return isinstance(value, type(known))
