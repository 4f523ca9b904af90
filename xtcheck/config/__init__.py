"""The document config.yml: who and where. No secret stands in it; nothing here touches a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xtcheck import nodes
from xtcheck.config.aws import AWS_KEYS, aws_entry
from xtcheck.config.fields import Fields, environment
from xtcheck.config.overlay import overlaid
from xtcheck.config.secrets import refuse_pasted
from xtcheck.config.tenants import TENANT_KEYS, tenant_entry
from xtcheck.config.topology import links
from xtcheck.errors import Mark, Mistake, Mistakes, collecting
from xtcheck.estate import Aws, Estate, Link, Tenant
from xtcheck.policy import files

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.connection import Connection

Json = Any

__all__ = ["Config", "SandboxWish", "load", "overlay"]

KEYS = ("policies", "tenants", "topology", "links", "aws", "sandbox")


@dataclass(frozen=True, slots=True)
class SandboxWish:
    """Which sandbox to start beside the tenants, and what to break in it."""

    world: str
    drift: tuple[Json, ...] = ()
    faults: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """What config.yml declares. ``connections`` are by place: a tenant's alias, or ``aws-`` and an AWS entry's."""

    path: Path
    policies: tuple[Path, ...]
    estate: Estate
    connections: Mapping[str, Connection]
    sandbox: SandboxWish | None = None


def load(path: Path, *, shown: str | None = None) -> Config:
    """Read and validate config.yml.

    :param shown: the file's name as messages give it.
    :raises Mistakes: everything that is wrong with it.
    """
    mistakes: list[Mistake] = []
    found: Config | None = None
    with collecting(mistakes):
        found = _config(path, shown or str(path), mistakes)
    if mistakes or found is None:
        raise Mistakes(mistakes)
    return found


def overlay(config: Config, connection: Mapping[str, Any]) -> Config:
    """The config with a sandbox's addresses, CA and credentials over its tenants and AWS entries.

    :raises XtcheckError: the sandbox has no tenant or account of this identity.
    """
    return overlaid(config, connection)


def _config(path: Path, shown: str, mistakes: list[Mistake]) -> Config:
    documents = nodes.load(path, shown)
    if len(documents) != 1:
        what = "the file is empty" if not documents else "the file holds several documents"
        raise Mistake(Mark(shown, 1, 1), what, "write one document with policies: and tenants:")
    with collecting(mistakes):
        refuse_pasted(documents[0])
    top = Fields(nodes.substitute(documents[0], environment), "config.yml", KEYS, mistakes)
    folder = path.resolve().parent
    policies: tuple[Path, ...] = ()
    tenants: dict[str, Tenant] = {}
    entries: dict[str, Aws] = {}
    found: tuple[Link, ...] = ()
    connections: dict[str, Connection] = {}
    sandbox = None
    with collecting(mistakes):
        policies = tuple(_policies(top.need("policies"), folder, mistakes))
    with collecting(mistakes):
        for alias, node in top.aliases("tenants"):
            with collecting(mistakes):
                fields = Fields(node, f"the tenant {alias.text}", TENANT_KEYS, mistakes)
                tenants[alias.text], connections[alias.text] = tenant_entry(alias.text, fields, folder)
                _unique(tenants, alias)
        with collecting(mistakes):
            found = links(top, tenants)
    if top.get("aws"):
        for alias, node in top.aliases("aws"):
            with collecting(mistakes):
                fields = Fields(node, f"the AWS entry {alias.text}", AWS_KEYS, mistakes)
                entries[alias.text], connections[f"aws-{alias.text}"] = aws_entry(alias.text, fields, folder, tenants)
    with collecting(mistakes):
        sandbox = _sandbox(top, mistakes)
    return Config(path.resolve(), policies, Estate(tenants, found, entries), connections, sandbox)


def _unique(tenants: Mapping[str, Tenant], alias: nodes.Scalar) -> None:
    new = tenants[alias.text]
    for known in tenants.values():
        if known is not new and known.id == new.id:
            raise Mistake(alias.mark, f"{known.alias} and {new.alias} are the same tenant {new.id}", "declare it once")


def _policies(node: nodes.Node, folder: Path, mistakes: list[Mistake]) -> list[Path]:
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    found = []
    for item in items:
        with collecting(mistakes):
            text = nodes.scalar(item, "a path").text
            path = (folder / text).resolve()
            if not path.exists():
                raise Mistake(item.mark, f"there is no {text!r}", "paths are relative to this file")
            if not files(path):
                raise Mistake(item.mark, f"{text!r} holds no policy", "policies are *.yml and *.yaml files")
            found.append(path)
    if not items:
        raise Mistake(node.mark, "no policy path is named", "write policies: policies/")
    return found


def _sandbox(top: Fields, mistakes: list[Mistake]) -> SandboxWish | None:
    node = top.get("sandbox")
    if node is None:
        return None
    fields = Fields(node, "the sandbox", ("world", "drift", "faults"), mistakes)
    return SandboxWish(fields.text("world", "blog"), *(tuple(_items(fields.get(key))) for key in ("drift", "faults")))


def _items(node: nodes.Node | None) -> list[Json]:
    return [nodes.plain_json(item) for item in nodes.sequence(node, "a list").items] if node else []
