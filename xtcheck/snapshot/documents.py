"""One document of a world in one file: JSON for people to read, or, of many items, JSON lines in gzip.

Nothing holds a document's text as a whole when it has many items: a million users are written and read a thousand at
a time.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from xtcheck.errors import XtcheckError
from xtcheck.private import created
from xtcheck.tables import PART, Decoder, Misread, Table, Writer

Json = Any

MANY = 1000
"""From how many items on a collection is compressed lines; below it a person can still read it."""
LINES, PLAIN = ".jsonl.gz", ".json"
LEVEL = 3
"""Of gzip: a million users take 4 s, and 7 % more room than at the default level, which takes 9 s (measured)."""
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it was written: what a manifest says of it."""

    file: str
    sha256: str
    size: int


class _Hashing(io.RawIOBase):
    """A file that knows the digest of what went into it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.digest, self.size = stream, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:  # any buffer
        self.digest.update(block)
        count = self.stream.write(block)
        self.size += count
        return count


def suffix(document: Json) -> str:
    """How the name of a document's file ends."""
    return LINES if isinstance(document, list | Table) and len(document) > MANY else PLAIN


def write_items(folder: Path, file: str, items: Iterator[Json]) -> Written:
    """Write the items of a collection to a new file that only this user may read; its name ends in :func:`suffix`."""
    if not file.endswith(LINES):
        return write_document(folder, file, list(items))
    with private(folder / file) as stream:
        hashing = _Hashing(stream)
        # Without a time and a name, so that equal documents are equal files.
        with gzip.GzipFile("", "wb", LEVEL, hashing, mtime=0) as packed:
            while several := list(islice(items, MANY)):
                packed.write(
                    _encoded("".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in several), several)
                )
        return Written(file, hashing.digest.hexdigest(), hashing.size)


def _encoded(text: str, items: list[Json]) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON may hold and UTF-8 may not
        return "".join(f"{json.dumps(item)}\n" for item in items).encode()


def write_document(folder: Path, file: str, document: Json) -> Written:
    """Write a document to a new file that only this user may read."""
    try:
        data = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        data = (json.dumps(document, indent=1) + "\n").encode()
    return write_bytes(folder, file, data)


def write_bytes(folder: Path, file: str, data: bytes) -> Written:
    """Write a small file whole."""
    with private(folder / file) as stream:
        stream.write(data)
    return Written(file, hashlib.sha256(data).hexdigest(), len(data))


def private(path: Path) -> BinaryIO:
    """A new file, and folders on its way, that only this user may enter and read."""
    missing = [above for above in path.parents if not above.exists()]
    for above in reversed(missing):
        above.mkdir(0o700)
    return os.fdopen(created(path), "wb")


def verify(folder: Path, written: Written) -> None:
    """Hold a file against what was written.

    :raises XtcheckError: it is missing, truncated or changed.
    """
    path = folder / written.file
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError as error:
        raise XtcheckError(f"{path} is missing from the saved world") from error
    except OSError as error:
        raise XtcheckError(f"cannot read {path} of the saved world: {error.strerror}") from error
    if size != written.size:
        what = "truncated" if size < written.size else "longer than it was"
        raise XtcheckError(f"{path} of the saved world is {what}: {size} bytes, not {written.size}")
    if digest.hexdigest() != written.sha256:
        raise XtcheckError(f"{path} of the saved world was changed: its SHA-256 is another")


def read(folder: Path, file: str) -> Json:
    """The document of a file.

    :raises XtcheckError: it holds no document.
    """
    path = folder / file
    try:
        if file.endswith(LINES):
            return list(_lines(path))
        return json.loads(path.read_bytes())
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise XtcheckError(f"cannot read {path} of the saved world: {error}") from error


def read_table(folder: Path, file: str, columns: Iterable[str], into: Path) -> Table:
    """The table of a file, made again in a new folder, with no more than a part of it in memory.

    :raises XtcheckError: it holds no such table; then the new folder is gone.
    """
    path, decoder, writer = folder / file, Decoder(columns), Writer(into, columns)
    try:
        for several in _lists(path, file):
            writer.add(decoder.frame(several))
        return writer.close()
    except (OSError, EOFError, zlib.error, Misread) as error:
        shutil.rmtree(into, ignore_errors=True)
        raise XtcheckError(f"cannot read {path} of the saved world: {error}") from error


def _lists(path: Path, file: str) -> Iterator[bytes]:
    """The items of a collection as JSON lists, so many at once."""
    if not file.endswith(LINES):
        yield path.read_bytes()
        return
    with gzip.open(path, "rb") as stream:
        while several := list(islice(stream, PART)):
            yield b"[" + b",".join(several) + b"]"


def _lines(path: Path) -> Iterator[Json]:
    # Parsed together, items share the texts of their keys: half of the memory of a user (measured).
    with gzip.open(path, "rb") as stream:
        while several := list(islice(stream, MANY)):
            yield from json.loads(b"[" + b",".join(several) + b"]")
