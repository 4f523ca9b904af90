"""A world without names, addresses and ids of people and organizations; and the config and policies that judge it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from xtcheck.model import Failed, Nothing, Request
from xtcheck.snapshot.names import named
from xtcheck.snapshot.policies import plain, redacted_policy
from xtcheck.snapshot.pseudonyms import Pseudonyms
from xtcheck.snapshot.secrets import MASK

if TYPE_CHECKING:
    from xtcheck.snapshot.manifest import Origin
    from xtcheck.world import World

Json = Any

LITERAL = re.compile(r"'((?:[^']|'')*)'")
"""A text in an OData URL."""
CERTIFICATE = frozenset({"customKeyIdentifier"})
"""Fields in base64, in which a word would be an accident."""
LOGGED = frozenset({"oldValue", "newValue"})
"""Fields of logs with values of any property, past ones too, which nobody else bears and no judgement looks at."""
NAMES_OF_PROPERTIES = "Included Updated Properties"
"""The entry of a log whose value is names of properties (xtcheck.kinds.audits)."""
CONFIG, POLICIES = "config.yml", "policies"
ROLE_FIELDS = ("role", "cloud")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One consistent replacement: of a world, of who is declared, and of what must be true."""

    pseudonyms: Pseudonyms

    def value(self, value: Json) -> Json:
        """A JSON value; what its fields are called stays."""
        match value:
            case str():
                return self.pseudonyms.text(value)
            case list():
                return [self.value(item) for item in value]
            case dict() if value.keys() >= LOGGED and value.get("displayName") != NAMES_OF_PROPERTIES:
                masked = {field: value[field] and MASK for field in LOGGED}
                return {field: self.value(below) for field, below in value.items()} | masked
            case dict():
                return {field: below if field in CERTIFICATE else self.value(below) for field, below in value.items()}
        return value

    def request(self, request: Request) -> Request:
        """The request that the redacted policies need."""
        text = self.pseudonyms.text
        parameters = tuple((name, text(value)) for name, value in request.parameters)
        operation = request.operation
        if request.service in {"graph", "web"}:
            operation = "".join(self._url(part, index % 2) for index, part in enumerate(LITERAL.split(operation)))
        return replace(request, place=text(request.place), operation=operation, parameters=parameters)

    def _url(self, part: str, literal: int) -> str:
        if not literal:
            return self.pseudonyms.text(part)
        meant = unquote(part).replace("''", "'")
        text = self.pseudonyms.text(meant)
        return f"'{part}'" if text == meant else "'" + quote(text.replace("'", "''"), safe=",") + "'"

    def bare(self, answer: Failed | Nothing) -> Failed | Nothing:
        """An answer without a document, and without anybody's name."""
        if isinstance(answer, Nothing):
            return answer
        text = self.pseudonyms.text
        return replace(answer, cause=text(answer.cause), remedy=text(answer.remedy))

    def origin(self, origin: Origin) -> Origin:
        """Where the world comes from, likewise."""
        return replace(origin, estate=self.estate(origin.estate), costs=self.value(origin.costs), redacted=True)

    def estate(self, estate: Json) -> Json:
        """Who is declared; aliases too may be organizations' names."""
        text = self.pseudonyms.text
        tenants = {
            text(alias): {**tenant, "id": text(tenant["id"]), "label": text(tenant["label"])}
            for alias, tenant in estate["tenants"].items()
        }
        aws = {
            text(alias): {**{field: text(value) for field, value in entry.items()}, "region": entry["region"]}
            for alias, entry in estate["aws"].items()
        }
        return {"tenants": tenants, "links": self.value(estate["links"]), "aws": aws}


def redaction(world: World, origin: Origin, policies: Mapping[str, str], key: bytes | None = None) -> Redaction:
    """The replacement for a world that is judged by these policies.

    :param policies: the text of each file by its name.
    """
    documents = [document for text in policies.values() for document in plain(text)]
    return Redaction(Pseudonyms(named(world, origin.estate, documents), key))


def judged_by(made: Redaction, origin: Origin, policies: Mapping[str, str]) -> dict[str, bytes]:
    """The files by which the redacted world is judged: a config.yml without any way in, and the policies.

    :param origin: as it was before.
    """
    files = {CONFIG: config_of(made.estate(origin.estate)).encode()}
    for name, text in policies.items():
        files[_unused(f"{POLICIES}/{_safe(made.pseudonyms.text(name))}", files)] = redacted_policy(
            text, made.pseudonyms.text
        ).encode()
    return files


def _safe(name: str) -> str:
    stem = re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-_.") or "policy"
    return f"{stem}.yml"


def _unused(name: str, files: Mapping[str, bytes]) -> str:
    found, number = name, 1
    while found in files:
        number += 1
        found = f"{name.removesuffix('.yml')}-{number}.yml"
    return found


def config_of(estate: Json) -> str:
    """A config.yml for who is declared, with no credential and no address; JSON is YAML."""
    aws = {alias: _entry(entry) for alias, entry in estate["aws"].items()}
    links = [{field: value for field, value in link.items() if value} for link in estate["links"]]
    document = {
        "policies": f"{POLICIES}/",
        "tenants": estate["tenants"],
        "links": links,
        **({"aws": aws} if aws else {}),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _entry(entry: Json) -> Json:
    found = {field: value for field, value in entry.items() if value and field != "scim"}
    return {**found, **({"scim": {"endpoint": entry["scim"]}} if entry["scim"] else {})}
