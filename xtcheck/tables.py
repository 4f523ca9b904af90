"""Large collections as columns on disk: written page by page, scanned lazily, the same from every process.

A table is a folder of Parquet files, each of a bounded number of rows, so that nothing ever holds all of it.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import private
from xtcheck.errors import XtcheckError
from xtcheck.properties import ALWAYS, TYPE, attribute, has, item, keys, optional, schema

if TYPE_CHECKING:
    import polars as pl

Json = Any

PART = 32_768
"""About so many rows stand in one file; some 20 MB in memory with twenty columns."""
LEVEL = 1
"""Of zstd: no larger than at its default level, in two thirds of the time (measured on users)."""
OF = "@of"
"""The column that says whose an item is, where several tables are one."""
AT_ONCE = 1_000_000
"""So many ids are compared at once."""


@dataclass(frozen=True, slots=True)
class Table:
    """The items of a collection: ``columns`` are names of Graph's properties, null where the service said null."""

    path: Path
    rows: int
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[Json]:
        return self.documents()

    def scan(self) -> pl.LazyFrame:
        """The rows, in the order in which they came; nothing is read before it is collected."""
        import polars as pl

        return pl.scan_parquet(self.path, glob=False)

    def documents(self, columns: Iterable[str] | None = None) -> Iterator[Json]:
        """The rows as the service's JSON, or only some columns of them; never more than a part in memory."""
        import polars as pl

        names = [name for name in self.columns if columns is None or name in set(columns)]
        free = [name for name in names if optional(name, self.columns)]
        read = names if TYPE not in self.columns or TYPE in names else [TYPE, *names]
        for part in sorted(self.path.iterdir()):
            for row in pl.read_parquet(part, columns=read, glob=False).iter_rows(named=True):
                type_ = row.get(TYPE, "")
                for name in free:
                    if row[name] is None and not has(type_, name):
                        del row[name]
                if read is not names:
                    del row[TYPE]
                yield row

    def twice(self) -> str | None:
        """An id that stands in more than one row, if there is one."""
        import polars as pl

        shares = -(-self.rows // AT_ONCE)
        for share in range(shares):
            ids = self.scan().select("id")
            if shares > 1:
                ids = ids.filter(pl.col("id").hash() % shares == share)
            # Hashes that are all different are of ids that are; they take an eighth of the room.
            rows, distinct = ids.select(pl.len(), pl.col("id").hash().n_unique().alias("distinct")).collect().row(0)
            if rows != distinct:
                found = ids.group_by("id").len().filter(pl.col("len") > 1).head(1).collect()
                if found.height:
                    return str(found.item(0, "id"))
        return None

    def where(self, identifier: str) -> list[int]:
        """The numbers of the rows that have an id, from 0."""
        import polars as pl

        found = self.scan().select("id").with_row_index("row").filter(pl.col("id") == identifier)
        return found.collect()["row"].to_list()

    def place(self) -> Json:
        """Where it is and what it has, as plain JSON: for another process on this computer."""
        return {"path": str(self.path), "rows": self.rows, "columns": list(self.columns)}

    @classmethod
    def found(cls, place: Json) -> Table:
        """The table of its :meth:`place`."""
        return cls(Path(place["path"]), place["rows"], tuple(place["columns"]))

    def row(self, number: int) -> Json:
        """One row, by its number from 0."""
        return self.scan().slice(number, 1).collect().row(0, named=True)

    def differing(self, other: Table, columns: Iterable[str]) -> set[str]:
        """The ids of the items that are in one table only, or do not have the same in some columns."""
        import polars as pl

        names = sorted({*columns} - {"id"})
        sides = [table.scan().select("id", *names, pl.lit(value=True).alias("@here")) for table in (self, other)]
        joined = sides[0].join(sides[1], on="id", how="full", suffix="@", coalesce=True)
        differs = (pl.col(name).ne_missing(pl.col(f"{name}@")) for name in (*names, "@here"))
        found = joined.filter(pl.any_horizontal(differs)).select("id").collect(engine="streaming")
        return set(found["id"])

    @classmethod
    def at(cls, path: Path, columns: Iterable[str]) -> Table:
        """The table that stands in a folder."""
        import polars as pl

        rows: int = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        return cls(path, rows, tuple(columns))

    @classmethod
    def of(cls, documents: Iterable[Json], columns: Iterable[str], path: Path) -> Table:
        """A table of documents, written to a new folder.

        :raises FileExistsError: there is something already.
        """
        import polars as pl

        writer = Writer(path, columns)
        rows = iter(documents)
        while several := list(islice(rows, PART)):
            taken = [{name: row.get(name) for name in writer.columns} for row in several]
            writer.add(pl.DataFrame(taken, schema=writer.schema, orient="row"))
        return writer.close()


@dataclass(frozen=True, slots=True)
class Joined:
    """The items of several tables as one collection, each with whose it is as ``@of``; all have ``columns``."""

    tables: tuple[tuple[str, Table], ...]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return sum(table.rows for _, table in self.tables)

    def __iter__(self) -> Iterator[Json]:
        return self.documents()

    def scan(self) -> pl.LazyFrame:
        """The rows, in the order of the tables."""
        import polars as pl

        empty = pl.LazyFrame(schema={**schema(self.columns), OF: pl.String()})
        scans = (table.scan().select(*self.columns, pl.lit(of).alias(OF)) for of, table in self.tables)
        return pl.concat([empty, *scans])

    def documents(self, columns: Iterable[str] | None = None) -> Iterator[Json]:
        """The rows as the service's JSON, with whose they are, or only some columns of them."""
        names = self.columns if columns is None else (*columns,)
        for of, table in self.tables:
            for row in table.documents(names):
                row[OF] = of
                yield row


class Misread(XtcheckError):
    """Items are not what is documented; ``missing`` names a property that is not shown, when that is the fault."""

    def __init__(self, cause: str, missing: str = "") -> None:
        super().__init__(cause)
        self.missing = missing


_MISSING = re.compile(r"missing required field `([^`]+)`")
_NULL = re.compile(r"got `null` - at `\$\[[.\d]*\]\.(\w+)`")


class Decoder:
    """Rows of items in JSON.

    Polars makes columns of JSON twice as fast as dictionaries are made of it, but is lenient: a number becomes a text,
    a text a list, and what is not there is null. So msgspec reads the items too, by the types that are documented.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        import msgspec

        names = tuple(sorted({*columns, "id"}))
        self._names = names
        each: Any = item(names)
        self._strict = msgspec.json.Decoder(list[each])
        self._schema = schema(names)

    def frame(self, items: bytes) -> pl.DataFrame:
        """The rows of a JSON list.

        :raises Misread: they are not what is documented.
        """
        return self.columns(items, self.ids(items)[0])

    def ids(self, items: bytes) -> tuple[list[str], bool]:
        """The ids of the items of a JSON list, when these are what is documented, and whether more stands in them.

        This holds the interpreter.

        :raises Misread: they are not.
        """
        import msgspec

        try:
            with _uncollected():
                strict = self._strict.decode(items)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _misread(error) from error
        # Of equal names in one object polars takes the first and all others the last. They are rare, and counting is
        # cheap: only where there are more names than known ones, one by one is looked at.
        known, found = keys(self._names, strict), items.count(b'":')
        if known != found and not self._annotated(items, len(strict), known, found):
            json.loads(items, object_pairs_hook=_refuse_twice)
        if TYPE in self._names:
            self._refuse_hidden(strict)
        return [row.id for row in strict], known != found

    def _annotated(self, items: bytes, rows: int, known: int, found: int) -> bool:
        """Whether all names besides the known ones are annotations, of which polars reads none but the type."""
        types = rows if TYPE in self._names else 0
        if types and items.count(f'"{TYPE}"'.encode()) != types:
            return False
        return known - types == found - items.count(b'"@odata.')

    def _refuse_hidden(self, rows: list[Any]) -> None:
        """:raises Misread: an object has not what all of its type have."""
        import msgspec

        type_ = attribute(TYPE)
        for name in self._names:
            for row in rows if optional(name, self._names) else ():
                if getattr(row, name) is msgspec.UNSET and has(getattr(row, type_), name):
                    raise Misread(f"Object missing required field `{name}`", name)

    def columns(self, items: bytes, ids: list[str]) -> pl.DataFrame:
        """The rows of a JSON list that has these ids; of this, other threads hardly notice anything.

        :raises Misread: polars reads it otherwise.
        """
        import polars as pl

        try:
            frame = pl.read_json(items, schema=self._schema)
        except pl.exceptions.PolarsError as error:
            raise _misread(error) from error
        if ids != frame["id"].to_list():
            raise Misread("two decoders read it differently")
        return frame


@contextmanager
def _uncollected() -> Iterator[None]:
    """Meanwhile nothing is looked through for what only refers to itself: of a page's values none does.

    With as many objects as the SDKs have, that takes a tenth of what reading takes (measured).
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _misread(error: Exception) -> Misread:
    missing = _MISSING.search(str(error)) or _NULL.search(str(error))
    hidden = missing and missing[1] != TYPE and (missing.re is _MISSING or missing[1] in ALWAYS)
    return Misread(str(error), missing[1] if missing and hidden else "")


def _refuse_twice(pairs: list[tuple[str, Json]]) -> None:
    """:raises Misread: an object has two properties of one name."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise Misread("an object has a property twice")


class Writer:
    """A table that is being made; its folder and its files are this user's alone."""

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        self.columns = tuple(sorted({*columns, "id"}))
        self.schema = schema(self.columns)
        self.rows = 0
        self.part = PART
        self._path = path
        self._parts = 0
        self._waiting: list[pl.DataFrame] = []
        self._height = 0
        path.mkdir(mode=0o700)

    def add(self, frame: pl.DataFrame) -> None:
        """Further rows."""
        self._waiting.append(frame)
        self._height += frame.height
        self.rows += frame.height
        if self._height >= self.part:
            self._write()

    def written(self) -> Table:
        """A table of the rows that are on disk."""
        return Table(self._path, self.rows - self._height, self.columns)

    def close(self) -> Table:
        """The table, of all rows so far."""
        if self._waiting or not self._parts:
            self._write()
        return Table(self._path, self.rows, self.columns)

    def _write(self) -> None:
        import polars as pl

        part = self._path / f"{self._parts:06d}.parquet"
        os.close(private.created(part))
        frame = pl.concat(self._waiting) if self._waiting else pl.DataFrame(schema=self.schema)
        frame.write_parquet(part, compression="zstd", compression_level=LEVEL)
        self._waiting, self._height = [], 0
        self._parts += 1


@cache
def scratch() -> Path:
    """A folder of this process, which only this user may enter, gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="xtcheck-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
