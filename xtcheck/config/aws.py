"""One AWS entry of config.yml: which Identity Center, whose tenant federates into it, and how it is reached."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from xtcheck.config import forms
from xtcheck.config.fields import Fields, endpoints
from xtcheck.config.ways import Ways, ways
from xtcheck.connection import AwsCredential, Connection, Secret
from xtcheck.errors import Mistake, choices
from xtcheck.estate import Aws, Tenant
from xtcheck.nodes import Node, Scalar

AWS_KEYS = (
    "federated-from", "app", "account", "region", "instance", "credential", "write-credential", "endpoints",
    "ca-bundle", "scim",
)  # fmt: skip
AWS_SERVICES = (
    "sso-admin", "identitystore", "organizations", "sts", "account-access", "cloudtrail", "scim", "portal",
)  # fmt: skip
KEYS = ("access-key-id", "secret-access-key", "session-token")
CREDENTIAL_KEYS = ("profile", "role-arn", "external-id", *KEYS)

ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
# docs.aws.amazon.com/singlesignon/latest/APIReference/API_InstanceMetadata.html
INSTANCE = re.compile(r"arn:aws(-[a-z]+)*:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}")
ROLE = re.compile(r"arn:aws(-[a-z]+)*:iam::([0-9]{12}):role/[\w+=,.@/-]+", re.ASCII)


def aws_entry(alias: str, fields: Fields, folder: Path, tenants: Mapping[str, Tenant | None]) -> tuple[Aws, Ways]:
    """The AWS entry and the ways into it. Mistakes go where the fields put them.

    :param tenants: all that are declared; None for one whose role is unknown.
    """
    is_region = forms.pattern(REGION, "AWS region", "write it like us-east-1")
    is_instance = forms.pattern(
        INSTANCE, "ARN of an Identity Center instance", "write it like arn:aws:sso:::instance/ssoins-…"
    )
    tenant = fields.need("federated-from", partial(_federated, tenants=tenants), "")
    account = fields.need("account", _account, "")
    region = fields.need("region", is_region, "")
    form = partial(_credential, account=account, mistakes=fields.mistakes)
    writing = fields.read("write-credential", form, None)
    endpoint, token = fields.read("scim", partial(_scim, mistakes=fields.mistakes), ("", None))
    connection = Connection(
        place=f"aws-{alias}",
        identity=account,
        credential=fields.read("credential", form, AwsCredential()),
        endpoints=fields.read("endpoints", endpoints(AWS_SERVICES, fields.mistakes), {}),
        ca_bundle=fields.read("ca-bundle", forms.file_in(folder), ""),
        region=region,
        scim_token=token,
    )
    instance, app = fields.read("instance", is_instance, ""), fields.read("app", forms.text, "")
    variable = token.env if token else ""
    aws = Aws(alias, account, region, tenant, instance, endpoint, app, variable, bool(os.environ.get(variable)))
    return aws, ways(connection, writing)


def _account(node: Node) -> str:
    word = forms.value(node)
    if not ACCOUNT.fullmatch(word.text):
        lost = word.plain and word.text.isdecimal() and len(word.text) < len("111122223333")
        hint = "were zeros lost at its beginning?" if lost else 'write its 12 digits in quotes: "111122223333"'
        raise Mistake(word.mark, f"{word.shown!r} is no AWS account id", hint)
    return word.text


def _federated(node: Node, *, tenants: Mapping[str, Tenant | None]) -> str:
    word = forms.value(node)
    if tenants and word.text not in tenants:
        raise Mistake(word.mark, f"there is no tenant {word.shown!r}", choices(word.text, tenants, "declared"))
    tenant = tenants.get(word.text)
    if tenant and tenant.role == "source":
        text = f"{word.text} is a source, but AWS is federated from a target"
        raise Mistake(word.mark, text, "give it the role target or both, or name another")
    return word.text


def _scim(node: Node, *, mistakes: list[Mistake]) -> tuple[str, Secret | None]:
    fields = Fields(node, "scim", ("endpoint", "token"), mistakes)
    return fields.need("endpoint", forms.url, ""), fields.read("token", forms.secret, None)


def _credential(node: Node, *, account: str, mistakes: list[Mistake]) -> AwsCredential:
    forms_of_it = "write default, {profile: …}, {role-arn: …} or {access-key-id: {env: …}, …}"
    if isinstance(node, Scalar):
        if forms.value(node).text != "default":
            raise Mistake(node.mark, "this is no credential", forms_of_it)
        return AwsCredential()
    fields = Fields(node, "the credential", CREDENTIAL_KEYS, mistakes)
    if not fields.node.entries:
        raise Mistake(node.mark, "the credential is empty", forms_of_it)
    _check_fields(fields)
    return AwsCredential(
        profile=fields.read("profile", forms.text, ""),
        role_arn=fields.read("role-arn", partial(_role, account=account), ""),
        external_id=fields.read("external-id", forms.secret, None),
        access_key_id=fields.read("access-key-id", forms.secret, None),
        secret_access_key=fields.read("secret-access-key", forms.secret, None),
        session_token=fields.read("session-token", forms.secret, None),
    )


def _role(node: Node, *, account: str) -> str:
    """A role's ARN. Whoever assumes it is of its account, so that another account could never be read by it."""
    word = forms.value(node)
    found = ROLE.fullmatch(word.text)
    if not found:
        raise Mistake(
            word.mark, f"{word.shown!r} is no ARN of a role", "write it like arn:aws:iam::111122223333:role/Name"
        )
    if account and found[2] != account:
        raise Mistake(word.mark, f"the role is of account {found[2]}, not {account}", f"name a role of {account}")
    return word.text


def _check_fields(fields: Fields) -> None:
    """A profile or keys, each alone or as what assumes a role."""
    mark, mistakes = fields.node.mark, fields.mistakes
    keys = [key for key in KEYS if key in fields]
    if keys and "profile" in fields:
        mistakes.append(Mistake(mark, "a profile and access keys exclude each other", "keep one of them"))
    for key in KEYS[:2]:
        if keys and key not in fields:
            mistakes.append(Mistake(mark, f"{' and '.join(keys)} without {key}", f"write {key}: {{env: NAME}}"))
    if "external-id" in fields and "role-arn" not in fields:
        mistakes.append(Mistake(mark, "external-id without role-arn", "state the role, or remove external-id"))
