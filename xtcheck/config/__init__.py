"""The document config.yml: who and where. No secret stands in it; nothing here touches a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import nodes
from xtcheck.config import forms
from xtcheck.config.aws import AWS_KEYS, aws_entry
from xtcheck.config.fields import Fields
from xtcheck.config.overlay import overlaid
from xtcheck.config.remediation import Remediation, remediation
from xtcheck.config.secrets import discreet, without_pasted
from xtcheck.config.tenants import TENANT_KEYS, tenant_entry
from xtcheck.config.topology import links
from xtcheck.config.variables import substituted
from xtcheck.config.ways import Ways
from xtcheck.errors import Mark, Mistake, Mistakes, XtcheckError, collecting
from xtcheck.estate import Aws, Estate, Link, Tenant
from xtcheck.policy import files

if TYPE_CHECKING:
    from xtcheck.connection import Connection

Json = Any

__all__ = ["Config", "Remediation", "SandboxWish", "load", "overlay"]

KEYS = ("policies", "tenants", "topology", "links", "aws", "sandbox", "remediation")


@dataclass(frozen=True, slots=True)
class SandboxWish:
    """Which sandbox to start beside the tenants, and what to break in it; or the one that is ``served`` already.

    ``served`` is the file into which ``python -m xtcheck sandbox --json`` has printed where it is.
    """

    world: str
    drift: tuple[Json, ...] = ()
    faults: tuple[Json, ...] = ()
    served: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What config.yml declares. ``connections`` are by place: a tenant's alias, or ``aws-`` and an AWS entry's.

    ``policies`` are absolute paths of files and folders; each holds at least one policy file. ``writing`` are the same
    connections with the credentials that write, where config.yml names some: only remediation may use them.
    """

    path: Path
    policies: tuple[Path, ...]
    estate: Estate
    connections: Mapping[str, Connection]
    writing: Mapping[str, Connection]
    remediation: Remediation
    sandbox: SandboxWish | None = None

    @property
    def policy_files(self) -> list[Path]:
        """The files that ``policies`` means, each once.

        :raises XtcheckError: some of them may be missed.
        """
        return list(dict.fromkeys(file for path in self.policies for file in files(path, self.path)))


def load(path: Path, *, shown: str | None = None) -> Config:
    """Read and validate config.yml.

    :param shown: the file's name as messages give it; else its path, relative to the current folder when below it.
    :raises Mistakes: everything that is wrong with it.
    """
    mistakes: list[Mistake] = []
    consequences: list[Mistake] = []
    found: Config | None = None
    with collecting(mistakes):
        document = substituted(without_pasted(_document(path, shown or _shown(path)), mistakes), mistakes)
        with collecting(consequences):
            found = _config(document, path.resolve(), consequences)
    # What a blanked value is mistaken for is noise beside the reason why it is blank.
    places = {mistake.mark for mistake in mistakes}
    mistakes += [mistake for mistake in consequences if mistake.mark not in places]
    if mistakes or found is None:
        raise Mistakes(mistakes)
    return found


def overlay(config: Config, connection: Mapping[str, Json]) -> Config:
    """The config with a sandbox's addresses, CA and credentials over its tenants and AWS entries.

    :param connection: what the sandbox prints.
    :raises XtcheckError: the sandbox has no tenant or account of this identity.
    """
    return overlaid(config, connection)


def _shown(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _document(path: Path, shown: str) -> nodes.Node:
    try:
        documents = nodes.load(path, shown)
    except Mistake as mistake:
        raise discreet(mistake) from None
    if len(documents) != 1:
        mark = documents[1].mark if documents else Mark(shown, 1, 1)
        what = "the file holds several documents" if documents else "the file is empty"
        raise Mistake(mark, what, "write one document with policies, tenants and topology")
    return documents[0]


def _config(document: nodes.Node, path: Path, mistakes: list[Mistake]) -> Config:
    top = Fields(document, "config.yml", KEYS, mistakes)
    policies = top.need("policies", lambda node: _policies(node, path, mistakes), ())
    tenants, ways = _tenants(top, path.parent)
    entries, more = _aws(top, path.parent, tenants)
    ways |= more
    found: tuple[Link, ...] = ()
    if tenants:
        with collecting(mistakes):
            found = links(top, tenants)
    sandbox = top.read("sandbox", lambda node: _sandbox(node, path.parent, mistakes), None)
    accounts = top.node.get("aws")
    places = (*tenants, *(f"aws-{alias}" for alias in (accounts.keys() if isinstance(accounts, nodes.Mapping) else ())))
    limits = remediation(top.node.get("remediation"), path.parent, places, mistakes)
    sound = {alias: tenant for alias, tenant in tenants.items() if tenant}
    connections = {place: way.connection for place, way in ways.items()}
    writing = {place: way.writing for place, way in ways.items()}
    return Config(path, policies, Estate(sound, found, entries), connections, writing, limits, sandbox)


def _tenants(top: Fields, folder: Path) -> tuple[dict[str, Tenant | None], dict[str, Ways]]:
    tenants: dict[str, Tenant | None] = {}
    ways: dict[str, Ways] = {}
    declared: dict[tuple[str, str], str] = {}
    if "tenants" not in top:
        top.mistakes.append(Mistake(top.node.mark, "config.yml needs tenants", "write tenants: {alias: {id, role}}"))
    for alias, node in top.aliases("tenants"):
        tenants[alias.text] = None
        with collecting(top.mistakes):
            fields = Fields(node, f"the tenant {alias.text}", TENANT_KEYS, top.mistakes)
            tenants[alias.text], ways[alias.text] = tenant_entry(alias.text, fields, folder)
            _unique(ways, declared, alias, "the same tenant")
    return tenants, ways


def _aws(top: Fields, folder: Path, tenants: Mapping[str, Tenant | None]) -> tuple[dict[str, Aws], dict[str, Ways]]:
    entries: dict[str, Aws] = {}
    ways: dict[str, Ways] = {}
    declared: dict[tuple[str, str], str] = {}
    for alias, node in top.aliases("aws"):
        with collecting(top.mistakes):
            fields = Fields(node, f"the AWS entry {alias.text}", AWS_KEYS, top.mistakes)
            entries[alias.text], ways[alias.text] = aws_entry(alias.text, fields, folder, tenants)
            if entries[alias.text].region:
                _unique(ways, declared, alias, "the same Identity Center")
            _own_app(entries, alias)
    return entries, {way.connection.place: way for way in ways.values()}


def _own_app(entries: Mapping[str, Aws], alias: nodes.Scalar) -> None:
    """An app signs people in to one Identity Center."""
    new = entries[alias.text]
    for known in entries.values():
        if new.app and known is not new and (known.tenant, known.app) == (new.tenant, new.app):
            raise Mistake(alias.mark, f"{known.alias} and {new.alias} pin the same app, {new.app!r}", "pin its own")


def _unique(ways: Mapping[str, Ways], declared: dict[tuple[str, str], str], alias: nodes.Scalar, what: str) -> None:
    whom = _whom(ways[alias.text].connection)
    known = declared.setdefault(whom, alias.text)
    if whom[0] and known != alias.text:
        text = f"{known} and {alias.text} are {what}, {' '.join(filter(None, whom))}"
        raise Mistake(alias.mark, text, "declare it once")


def _whom(connection: Connection) -> tuple[str, str]:
    return connection.identity, connection.region


def _policies(node: nodes.Node, config: Path, mistakes: list[Mistake]) -> tuple[Path, ...]:
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    if not items:
        raise Mistake(node.mark, "no policy path is named", "write policies: policies/")
    found: list[Path] = []
    for item in items:
        with collecting(mistakes):
            found.append(_policy(item, config))
    return tuple(dict.fromkeys(found))


def _policy(node: nodes.Node, config: Path) -> Path:
    path, name = forms.located(node, config.parent), forms.value(node).shown
    try:
        exists = path.exists()
    except OSError as error:
        raise Mistake(node.mark, f"{name!r} cannot be read: {error.strerror}", "check the path") from error
    if not exists:
        hint = "write / between folders" if "\\" in name else forms.RELATIVE
        raise Mistake(node.mark, f"there is no {name!r}", hint)
    try:
        found = files(path, config)
    except XtcheckError as error:
        raise Mistake(node.mark, f"{name!r} cannot be read completely", str(error)) from error
    if not found:
        raise Mistake(node.mark, f"{name!r} holds no policy", "policies are *.yml and *.yaml files")
    return path


def _sandbox(node: nodes.Node, folder: Path, mistakes: list[Mistake]) -> SandboxWish:
    fields = Fields(node, "the sandbox", ("world", "drift", "faults", "served"), mistakes)
    if "served" not in fields:
        return SandboxWish(
            world=fields.read("world", forms.text, "blog"),
            drift=fields.read("drift", forms.json_items, ()),
            faults=fields.read("faults", forms.json_items, ()),
        )
    for name in ("world", "drift", "faults"):
        if name in fields:
            hint = f"leave {name} out: whoever serves it has chosen, and its admin endpoint changes it"
            mistakes.append(Mistake(node.mark, f"a sandbox that is served already is given no {name}", hint))
    return SandboxWish("as served", served=fields.read("served", lambda at: forms.located(at, folder), None))
