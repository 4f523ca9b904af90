"""The manifest of a saved world: what was asked, what came of it, where it stands, and what every file must be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from xtcheck.errors import XtcheckError
from xtcheck.estate import Estate
from xtcheck.model import Request
from xtcheck.snapshot.documents import Written
from xtcheck.world import request_json, request_of

Json = Any

NAME = "manifest.json"
TOOL = "xtcheck"
FORMAT = 1
"""Version of the folder; a reader refuses another."""
_FILE = re.compile(r"(?!\.)[\w.-]+(?:/(?!\.)[\w.-]+)*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a world comes from. ``costs`` are the run's figures per tenant, as its report gives them."""

    version: str
    began: datetime
    sandbox: str | None
    estate: Json
    costs: Json
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what came of it: ``outcome`` is the answer without its document, which stands in ``file``.

    A table is the document of every request that it answers; its ``outcome`` has its columns as ``table``.
    """

    request: Request
    outcome: Json
    file: Written | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything but the documents. ``attached`` are files beside them, by which a redacted world is judged."""

    origin: Origin
    now: datetime
    entries: tuple[Entry, ...]
    attached: tuple[Written, ...] = field(default=())

    @property
    def files(self) -> list[Written]:
        """Every file that belongs to the folder, each once, but the manifest itself."""
        return [*dict.fromkeys(entry.file for entry in self.entries if entry.file), *self.attached]


def declared(estate: Estate) -> Json:
    """An estate as plain JSON, in the words of config.yml."""
    tenants = {
        alias: {
            "id": each.id,
            "role": each.role,
            "label": each.label,
            "cloud": each.cloud,
            "read-secrets": each.secrets,
        }
        for alias, each in estate.tenants.items()
    }
    links = [{"from": link.source, "to": link.target, "app": link.app} for link in estate.links]
    aws = {
        alias: {
            "federated-from": each.tenant,
            "account": each.account,
            "region": each.region,
            "instance": each.instance,
            "scim": each.scim,
        }
        for alias, each in estate.aws.items()
    }
    return {"tenants": tenants, "links": links, "aws": aws}


def text_of(manifest: Manifest) -> str:
    """The manifest's file: its last field is the digest of all others."""
    origin = manifest.origin
    document = {
        "format": FORMAT,
        "tool": TOOL,
        "version": origin.version,
        "began": origin.began.isoformat(),
        "now": manifest.now.isoformat(),
        "sandbox": origin.sandbox,
        "redacted": origin.redacted,
        "estate": origin.estate,
        "costs": origin.costs,
        "answers": [_entry_json(entry) for entry in manifest.entries],
        "attached": [asdict(written) for written in manifest.attached],
    }
    return _text({**document, "sha256": _digest(document)})


def _text(document: Json) -> str:
    return json.dumps(document, indent=1) + "\n"


def _digest(document: Json) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _entry_json(entry: Entry) -> Json:
    where = asdict(entry.file) if entry.file else {}
    return {"asked": str(entry.request), **request_json(entry.request), **entry.outcome, **where}


def parse(text: str, path: str) -> Manifest:
    """The manifest of a file's text.

    :raises XtcheckError: it is none, of another format, or not whole.
    """
    try:
        document = json.loads(text)
        if document["tool"] != TOOL:
            raise XtcheckError(f"{path} is no manifest of a saved world")
        if document["format"] != FORMAT:
            hint = f"this version ({TOOL}) reads {FORMAT}"
            raise XtcheckError(f"{path} has the format {document['format']}, written by {document['version']}; {hint}")
        whole = text == _text(document)
        if document.pop("sha256") != _digest(document) or not whole:
            raise XtcheckError(f"{path} was changed: its SHA-256 is another")
        return _manifest(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise XtcheckError(f"{path} is no manifest of a saved world, or not whole: {_shown(error)}") from error


def _shown(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _manifest(document: Json) -> Manifest:
    origin = Origin(
        version=str(document["version"]),
        began=datetime.fromisoformat(document["began"]),
        sandbox=document["sandbox"],
        estate=document["estate"],
        costs=list(document["costs"]),
        redacted=document["redacted"] is True,
    )
    entries = tuple(_entry(dict(entry)) for entry in document["answers"])
    attached = tuple(_written(file) for file in document["attached"])
    return Manifest(origin, datetime.fromisoformat(document["now"]), entries, attached)


REQUEST_FIELDS = ("place", "service", "operation", "parameters", "many", "items", "absent")
FILE_FIELDS = ("file", "sha256", "size")


def _entry(document: Json) -> Entry:
    del document["asked"]
    names = [*REQUEST_FIELDS, *({"columns"} & document.keys())]
    request = request_of({name: document.pop(name) for name in names})
    where = _written({name: document.pop(name) for name in FILE_FIELDS}) if "file" in document else None
    if (document["is"] == "Answered") != (where is not None):
        raise ValueError(f"{request} is {document['is']}, with or without a file")
    return Entry(request, document, where)


def _written(document: Mapping[str, Json]) -> Written:
    written = Written(str(document["file"]), str(document["sha256"]), int(document["size"]))
    if not _FILE.fullmatch(written.file):
        raise ValueError(f"{written.file!r} is no file below the folder")
    return written


IDENTITY = {"tenants": ("id", "cloud"), "aws": ("account", "region")}
"""What makes a tenant, or an Identity Center, that very one."""


def conflicts(saved: Json, estate: Estate) -> list[str]:
    """Where a config declares something else than the one by which a world was read; what is new in it is no conflict.

    :param saved: the estate of the world's manifest.
    """
    here = declared(estate)
    return [
        f"{alias} has the {name} {entry[name]} in config.yml, and {there[name]} in the saved world"
        for part, names in IDENTITY.items()
        for alias, entry in here[part].items()
        if (there := saved[part].get(alias))
        for name in names
        if entry[name] != there[name]
    ]
