"""One tenant of config.yml: who it is, and how it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from xtcheck.config import forms
from xtcheck.config.fields import Fields, endpoints
from xtcheck.config.ways import Ways, ways
from xtcheck.connection import Connection, EntraCredential, EntraCredentialType
from xtcheck.errors import Mistake, choices
from xtcheck.estate import Cloud, Role, Tenant
from xtcheck.nodes import Node, Scalar

TENANT_KEYS = (
    "id", "role", "label", "cloud", "credential", "write-credential", "endpoints", "ca-bundle", "read-secrets",
)  # fmt: skip
TENANT_SERVICES = ("login", "graph")
ROLES: tuple[Role, ...] = ("source", "target", "both")
CLOUDS: tuple[Cloud, ...] = ("public", "us-gov", "us-gov-dod", "china")

CREDENTIALS: Mapping[EntraCredentialType, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "default": ((), ("client-id",)),
    "client-secret": (("client-id", "secret"), ()),
    "certificate": (("client-id", "certificate"), ("password",)),
    "workload-identity": ((), ("client-id", "token-file")),
    "managed-identity": ((), ("client-id",)),
    "azure-cli": ((), ()),
}
"""Which fields each type of credential must have, and which it may have; azure-identity's environment has the rest."""
CREDENTIAL_KEYS = ("type", "client-id", "secret", "certificate", "password", "token-file")


def tenant_entry(alias: str, fields: Fields, folder: Path) -> tuple[Tenant | None, Ways]:
    """The tenant and the ways into it; no tenant when its role is unknown. Mistakes go where the fields put them."""
    id_ = fields.need("id", tenant_id, "")
    role = fields.need("role", forms.one_of(ROLES, "role"), None)
    cloud = fields.read("cloud", forms.one_of(CLOUDS, "cloud"), CLOUDS[0])
    form = _credential_form(fields, folder)
    writing = fields.read("write-credential", form, None)
    connection = Connection(
        place=alias,
        identity=id_,
        credential=fields.read("credential", form, EntraCredential()),
        endpoints=fields.read("endpoints", endpoints(TENANT_SERVICES, fields.mistakes), {}),
        ca_bundle=fields.read("ca-bundle", forms.file_in(folder), ""),
        cloud=cloud,
    )
    label = fields.read("label", forms.text, alias)
    secrets = fields.read("read-secrets", forms.one_of(("true", "false"), "truth value"), "false") == "true"
    return (Tenant(alias, id_, role, label, cloud, secrets) if role else None), ways(connection, writing)


def tenant_id(node: Node) -> str:
    """A tenant's GUID, in lower case.

    :raises Mistake: a domain name, or something else.
    """
    word = forms.value(node)
    if not forms.GUID.fullmatch(word.text):
        hint = "write the Tenant ID, a GUID; the portal shows it in the tenant's overview"
        what = "a domain name, not a tenant ID" if "." in word.text else "no tenant ID"
        raise Mistake(word.mark, f"{word.shown!r} is {what}", hint)
    return word.text.lower()


def _credential_form(fields: Fields, folder: Path) -> Callable[[Node], EntraCredential]:
    return partial(_credential, folder=folder, mistakes=fields.mistakes)


def _credential(node: Node, *, folder: Path, mistakes: list[Mistake]) -> EntraCredential:
    if isinstance(node, Scalar):
        return EntraCredential(type=_alone(forms.value(node)))
    fields = Fields(node, "the credential", CREDENTIAL_KEYS, mistakes)
    type_ = fields.need("type", forms.one_of(tuple(CREDENTIALS), "type of credential"), None)
    if type_:
        _check_fields(fields, type_)
    return EntraCredential(
        type=type_ or "default",
        client_id=fields.read("client-id", forms.client_id, ""),
        secret=fields.read("secret", forms.secret, None),
        certificate=fields.read("certificate", forms.file_in(folder), ""),
        password=fields.read("password", forms.secret, None),
        token_file=fields.read("token-file", forms.path_in(folder), ""),
    )


def _alone(node: Scalar) -> EntraCredentialType:
    """The type of a credential that needs no fields. What else stands there may be a secret."""
    for type_, (must, _) in CREDENTIALS.items():
        if type_ == node.text:
            if must:
                form = ", ".join([f"type: {type_}", *(f"{key}: …" for key in must)])
                raise Mistake(node.mark, f"{type_} needs {' and '.join(must)}", f"write {{{form}}}")
            return type_
    raise Mistake(node.mark, "this is no type of credential", choices(node.text, CREDENTIALS))


def _check_fields(fields: Fields, type_: EntraCredentialType) -> None:
    must, may = CREDENTIALS[type_]
    for key, _ in fields.node.entries:
        if key.text in CREDENTIAL_KEYS and key.text not in ("type", *must, *may):
            hint = f"its fields are {', '.join((*must, *may))}" if must or may else "it has no fields"
            fields.mistakes.append(Mistake(key.mark, f"a credential of type {type_} has no {key.text}", hint))
    for name in must:
        if name not in fields:
            fields.mistakes.append(
                Mistake(fields.node.mark, f"a credential of type {type_} needs {name}", f"write {name}: …")
            )
