"""The folder of a saved world: written beside its place and moved there when it is whole; held against its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from xtcheck.errors import XtcheckError
from xtcheck.model import Answer, Answered, Evidence, Failed, Nothing, Ref, Request, Unread
from xtcheck.snapshot import documents, manifest
from xtcheck.snapshot.documents import Written
from xtcheck.snapshot.manifest import Entry, Manifest, Origin
from xtcheck.snapshot.secrets import without_secrets
from xtcheck.tables import Table, scratch
from xtcheck.world import World, answer_json, answer_of, request_json

Json = Any

ANSWERS = "answers"
CACHE = ".pytest_cache"
"""What pytest leaves in the folder in which it was started; it is no part of a world and no reason to refuse one."""


class Keep(Protocol):
    """What is kept of requests, of answers without a document, and of documents: all as it is, or redacted."""

    def request(self, request: Request) -> Request:
        """What is kept of a request."""

    def bare(self, answer: Failed | Nothing) -> Failed | Nothing:
        """What is kept of an answer without a document."""

    def value(self, value: Json) -> Json:
        """What is kept of a document, or of an item of one."""


class AsItIs:
    """Everything is kept."""

    def request(self, request: Request) -> Request:
        return request

    def bare(self, answer: Failed | Nothing) -> Failed | Nothing:
        return answer

    def value(self, value: Json) -> Json:
        return value


def may_hold(folder: Path) -> None:
    """Whether a world may be saved there: a place that is free, an empty folder, or a saved world to be replaced.

    :raises XtcheckError: it holds something else, which saving would remove.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise XtcheckError(f"cannot save the world in {folder}: it is no folder")
    there = sorted(_files(folder))
    if not there:
        return
    if manifest.NAME not in there:
        raise XtcheckError(f"cannot save the world in {folder}: it holds {there[0]}, and is no saved world")
    known = {written.file for written in _manifest(folder).files} | {manifest.NAME}
    foreign = [file for file in there if file not in known]
    if foreign:
        raise XtcheckError(f"cannot save the world in {folder}: {foreign[0]} is no part of the saved world there")


def save(
    folder: Path,
    world: World,
    origin: Origin,
    *,
    keep: Keep | None = None,
    attached: Mapping[str, bytes] | None = None,
) -> None:
    """Keep a world in a folder; a world that is there is replaced when the new one is whole.

    :param keep: makes what is kept of each request and answer.
    :param attached: files to lie beside them.
    :raises XtcheckError: it cannot be written; what was there is still there.
    """
    may_hold(folder)
    target = folder.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            _fill(made, world, origin, keep or AsItIs(), attached or {})
            _move(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise XtcheckError(f"cannot save the world in {folder}: {error.strerror or error}") from error


def _fill(folder: Path, world: World, origin: Origin, keep: Keep, attached: Mapping[str, bytes]) -> None:
    tables: dict[Path, Written] = {}
    made = (_entry(folder, request, world.answers[request], keep, tables) for request in world.answers)
    entries = sorted(made, key=lambda entry: entry.request)
    beside = tuple(documents.write_bytes(folder, name, data) for name, data in attached.items())
    text = manifest.text_of(Manifest(origin, world.now, tuple(entries), beside))
    documents.write_bytes(folder, manifest.NAME, text.encode())


def _entry(folder: Path, asked: Request, answer: Answer, keep: Keep, tables: dict[Path, Written]) -> Entry:
    """What the manifest says of an answer whose document is written now; ``tables`` are those that were, by path."""
    request = keep.request(asked)
    if not isinstance(answer, Answered):
        return Entry(request, answer_json(keep.bare(answer)))
    outcome = answer_json(answer)
    document = outcome.pop("document")
    # A table is one file, whichever of the requests that it answers comes first.
    name = _name(replace(request, columns=document.columns) if isinstance(document, Table) else request)
    file = f"{ANSWERS}/{request.place}/{request.service}/{name}{documents.suffix(document)}"
    if isinstance(document, Table):
        if document.path not in tables:
            kept = (without_secrets(keep.value(item)) for item in document.documents())
            tables[document.path] = documents.write_items(folder, file, kept)
        table = {"count": document.rows, "table": list(document.columns)}
        return Entry(request, {**outcome, **table}, tables[document.path])
    if isinstance(document, list):
        outcome["count"] = len(document)
        # Item by item: a second list of a million would double what the run holds.
        kept = (without_secrets(keep.value(item)) for item in document)
        return Entry(request, outcome, documents.write_items(folder, file, kept))
    return Entry(request, outcome, documents.write_document(folder, file, without_secrets(keep.value(document))))


def _name(request: Request) -> str:
    """A name that a person recognizes and no other request has; the same in every world."""
    values = "-".join(value for _, value in request.parameters)
    readable = re.sub(r"[^A-Za-z0-9]+", "-", f"{request.operation.partition('?')[0]}-{values}").strip("-")
    digest = hashlib.sha256(json.dumps(request_json(request), sort_keys=True).encode()).hexdigest()
    return f"{readable[:80]}.{digest[:10]}"


def _move(made: Path, target: Path) -> None:
    if not target.exists():
        made.rename(target)
        return
    old = made.with_name(f"{made.name}.old")
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


# --- reading it again -----------------------------------------------------------------------------------------------


class Answers(Mapping[Request, Answer]):
    """The answers of a saved world; a document is read when it is first asked for."""

    def __init__(self, folder: Path, entries: Iterable[Entry], scratch: Callable[[], Path]) -> None:
        self._folder, self._scratch = folder, scratch
        self._entries = {entry.request: entry for entry in entries}
        self._known: dict[Request, Answer] = {}

    def __getitem__(self, request: Request) -> Answer:
        if request not in self._known:
            self._known[request] = self._read(self._entries[request])
        return self._known[request]

    def _read(self, entry: Entry) -> Answer:
        outcome = dict(entry.outcome)
        count, columns = outcome.pop("count", None), outcome.pop("table", None)
        if entry.file:
            file = entry.file.file
            outcome["document"] = (
                documents.read(self._folder, file) if columns is None else self._table(entry.file, columns)
            )
            if count is not None and count != len(outcome["document"]):
                raise XtcheckError(f"{self._folder / entry.file.file} of the saved world has not {count} items")
        try:
            return answer_of(outcome)
        except (ValueError, KeyError, TypeError) as error:
            raise XtcheckError(f"{self._folder / manifest.NAME}: the answer to {entry.request} is none") from error

    def _table(self, written: Written, columns: list[str]) -> Table:
        """The table of a file, made again where processes of this run share it: who comes first makes it for all."""
        into = self._scratch() / written.sha256
        if not into.exists():
            own = into.with_name(f"{written.sha256}.{uuid.uuid4().hex}")
            documents.read_table(self._folder, written.file, columns, own)
            try:
                own.rename(into)
            except OSError:  # another was faster
                shutil.rmtree(own, ignore_errors=True)
        return Table.at(into, columns)

    def __contains__(self, request: object) -> bool:
        return request in self._entries

    def __iter__(self) -> Iterator[Request]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class SavedWorld(World):
    """A world that an earlier run has kept. What that run did not ask for is not known, and nobody can be asked."""

    def __init__(self, folder: Path, saved: Manifest, scratch: Callable[[], Path]) -> None:
        super().__init__(Answers(folder, saved.entries, scratch), saved.now)
        self.folder, self.manifest = folder, saved

    def lacking(self, ref: Ref) -> Evidence:
        """It is unread: no word of a person stands in for what a run could have seen."""
        return Unread(f"{ref} is not in the saved world", "read again with --xt-save-world", (), unasked=True)


def open_world(folder: Path, scratch: Callable[[], Path] = scratch) -> SavedWorld:
    """A saved world, every file of which is as it was written.

    :param scratch: where its tables are made again, as long as the world is used.
    :raises XtcheckError: it is none, of another format, or a file is changed, truncated, missing or additional.
    """
    if not (folder / manifest.NAME).is_file():
        raise XtcheckError(f"{folder} is no saved world: it has no {manifest.NAME}")
    saved = _manifest(folder)
    known = {written.file for written in saved.files} | {manifest.NAME}
    for file in sorted(_files(folder)):
        if file not in known:
            raise XtcheckError(f"{folder / file} is no part of the saved world; remove it")
    for written in saved.files:
        documents.verify(folder, written)
    return SavedWorld(folder, saved, scratch)


def _manifest(folder: Path) -> Manifest:
    path = folder / manifest.NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise XtcheckError(f"cannot read {path}: {error}") from error
    return manifest.parse(text, str(path))


def _files(folder: Path) -> Iterator[str]:
    """Every file below a folder, relative to it; a link counts as one, wherever it leads."""
    for above, folders, names in os.walk(folder):
        if Path(above) == folder and CACHE in folders:
            folders.remove(CACHE)
        links = [name for name in folders if Path(above, name).is_symlink()]
        for name in (*names, *links):
            yield Path(above, name).relative_to(folder).as_posix()
