"""One AWS entry of config.yml: which Identity Center, whose tenant federates into it, and how it is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from xtcheck.config.fields import Fields, url
from xtcheck.connection import AwsCredential, Connection, Secret
from xtcheck.errors import Mistake, choices
from xtcheck.estate import Aws, Tenant
from xtcheck.nodes import Node, Scalar

AWS_KEYS = (
    "federated-from", "account", "region", "instance", "credential", "write-credential", "endpoints", "ca-bundle",
    "scim",
)  # fmt: skip
ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
INSTANCE = re.compile(r"arn:[a-z-]+:sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}")


def aws_entry(alias: str, fields: Fields, folder: Path, tenants: Mapping[str, Tenant]) -> tuple[Aws, Connection]:
    """The AWS entry and its connection.

    :raises Mistake: what is wrong with it.
    """
    tenant = fields.word("federated-from")
    if tenant.text not in tenants:
        raise Mistake(tenant.mark, f"there is no tenant {tenant.shown!r}", choices(tenant.text, tenants, "declared"))
    if tenants[tenant.text].role == "source":
        raise Mistake(
            tenant.mark,
            f"{tenant.text} is a source, but AWS is federated from a target",
            "give it the role target or both",
        )
    account, region = fields.word("account"), fields.word("region")
    if not ACCOUNT.fullmatch(account.text):
        raise Mistake(
            account.mark, f"{account.shown!r} is no AWS account id", 'write its 12 digits in quotes: "111122223333"'
        )
    if not REGION.fullmatch(region.text):
        raise Mistake(region.mark, f"{region.shown!r} is no AWS region", "write it like us-east-1")
    instance = fields.text("instance", "")
    if instance and not INSTANCE.fullmatch(instance):
        raise Mistake(
            fields.need("instance").mark,
            "this is no ARN of an Identity Center instance",
            "arn:aws:sso:::instance/ssoins-…",
        )
    endpoint, token = _scim(fields)
    if fields.get("write-credential"):
        _credential(fields.need("write-credential"), fields)
    node = fields.get("credential")
    connection = Connection(
        place=f"aws-{alias}",
        identity=account.text,
        credential=_credential(node, fields) if node else AwsCredential(),
        endpoints=fields.endpoints(),
        ca_bundle=fields.file("ca-bundle", folder),
        region=region.text,
        scim_token=token,
    )
    return Aws(alias, account.text, region.text, tenant.text, instance, endpoint), connection


def _scim(fields: Fields) -> tuple[str, Secret | None]:
    node = fields.get("scim")
    if node is None:
        return "", None
    inner = Fields(node, "scim", ("endpoint", "token"), fields.mistakes)
    return url(inner.word("endpoint")), inner.secret("token")


def _credential(node: Node, fields: Fields) -> AwsCredential:
    if isinstance(node, Scalar):
        if node.text != "default":
            raise Mistake(
                node.mark,
                f"{node.shown!r} is no credential",
                "write default, {profile: …}, {role-arn: …} or keys by env",
            )
        return AwsCredential()
    known = ("profile", "role-arn", "external-id", "access-key-id", "secret-access-key", "session-token")
    inner = Fields(node, "the credential", known, fields.mistakes)
    keys = [key for key in ("access-key-id", "secret-access-key", "session-token") if inner.get(key)]
    if keys and inner.get("profile"):
        raise Mistake(node.mark, "profile and access keys exclude each other", "keep one")
    if keys and not (inner.get("access-key-id") and inner.get("secret-access-key")):
        raise Mistake(node.mark, "access-key-id and secret-access-key belong together", "state both by {env: NAME}")
    if inner.get("external-id") and not inner.get("role-arn"):
        raise Mistake(node.mark, "external-id belongs to a role-arn", "state the role, or remove it")
    if not inner.node.entries:
        raise Mistake(node.mark, "the credential is empty", "write default")
    return AwsCredential(
        profile=inner.text("profile", ""),
        role_arn=inner.text("role-arn", ""),
        external_id=inner.secret("external-id"),
        access_key_id=inner.secret("access-key-id"),
        secret_access_key=inner.secret("secret-access-key"),
        session_token=inner.secret("session-token"),
    )
