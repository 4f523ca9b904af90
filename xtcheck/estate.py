"""Who is declared: tenants, links between them, and AWS entries; no credential and no address stands here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["source", "target", "both"]
Cloud = Literal["public", "us-gov", "us-gov-dod", "china"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One Microsoft Entra tenant. ``id`` is its GUID in lower case; ``secrets`` opts in to reading sync secrets."""

    alias: str
    id: str
    role: Role
    label: str
    cloud: Cloud = "public"
    secrets: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One direction of cross-tenant synchronization, from a source tenant to a target tenant, by alias.

    ``app`` pins the configuration's app by display name or object id where the source tenant has several.
    """

    source: str
    target: str
    app: str = ""

    def __str__(self) -> str:
        return f"{self.source}--{self.target}"


@dataclass(frozen=True, slots=True)
class Aws:
    """One IAM Identity Center. ``tenant`` is the alias that federates into it; ``scim`` its SCIM endpoint or empty.

    ``app`` pins the enterprise app by display name or object id where the tenant has several. ``token`` is the
    environment variable that holds the SCIM token, or empty; ``token_is_set`` whether it held one when config.yml was
    read.
    """

    alias: str
    account: str
    region: str
    tenant: str
    instance: str = ""
    scim: str = ""
    app: str = ""
    token: str = ""
    token_is_set: bool = False


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that config.yml declares to exist."""

    tenants: Mapping[str, Tenant]
    links: tuple[Link, ...]
    aws: Mapping[str, Aws]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one policy document is about at the moment: a tenant, a link, or an AWS entry, and the names on the way.

    ``slots`` holds what stood at the ``<slot>`` places of the policy, as the service knows it (a partner's tenant id);
    ``labels`` the same as a person wrote it (a partner's alias).
    """

    estate: Estate
    tenant: Tenant | None = None
    link: Link | None = None
    aws: Aws | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The middle part of node ids: ``shared``, ``one--shared`` or ``aws-main``."""
        if self.aws:
            return f"aws-{self.aws.alias}"
        return str(self.link) if self.link else self.tenant.alias if self.tenant else ""

    def place(self, home: str) -> str:
        """The alias of the tenant or AWS entry that a kind's home (tenant, source, target, aws) means here.

        An AWS entry's alias is prefixed by ``aws-``, so that it cannot be taken for a tenant's.
        """
        match home:
            case "source" if self.link:
                return self.link.source
            case "target" if self.link:
                return self.link.target
            case "tenant" if self.aws:
                return self.aws.tenant
            case "tenant" if self.tenant:
                return self.tenant.alias
            case "aws" if self.aws:
                return f"aws-{self.aws.alias}"
            case _:
                raise LookupError(f"{self.subject} has no {home}")

    def words(self) -> dict[str, str]:
        """What ``{word}`` stands for in keys of kinds: slots, and the ids of the tenants in scope."""
        words = dict(self.slots)
        if self.tenant:
            words["tenant.id"] = self.tenant.id
        if self.link:
            words["source.id"] = self.estate.tenants[self.link.source].id
            words["target.id"] = self.estate.tenants[self.link.target].id
            words["source.alias"] = self.link.source
            words["link.app"] = self.link.app
        if self.aws:
            words["tenant.id"] = self.estate.tenants[self.aws.tenant].id
            words |= {"aws.account": self.aws.account, "aws.instance": self.aws.instance, "aws.region": self.aws.region}
            words["aws.app"] = self.aws.app
        return words

    def at(self, alias: str) -> Scope:
        """The same estate seen from one tenant, with no slot filled: for relations that read on both ends."""
        return Scope(self.estate, tenant=self.estate.tenants[alias])

    def named(self, slot: str, value: str, label: str) -> Scope:
        """This scope with one more slot filled."""
        return replace(self, slots={**self.slots, slot: value}, labels={**self.labels, slot: label})
