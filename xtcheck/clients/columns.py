"""A large collection of Microsoft Graph as columns: a page is checked, and goes to disk while the next one comes."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from xtcheck.clients.graph_document import document_of, expect_json
from xtcheck.clients.outcome import NoAnswer, Whole, one_line
from xtcheck.clients.paging import AGAIN, COUNT, NEXT, Trail, came_again, items_of, refuse_again, refuse_rest
from xtcheck.tables import Decoder, Misread, Table, Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from xtcheck.clients.exchange import Reply
    from xtcheck.model import Json

TURNS = 24
"""Of the event loop. In some six of them the request for the next page leaves, over a connection that is there
(measured); only then is this page looked at, which holds up everything else."""
LEARN = "if it happens again, report it to xtcheck: it must learn this form"


async def read(columns: tuple[str, ...], first: str, fetch: Callable[[str], Awaitable[Reply]], path: Path) -> Whole:
    """All items of a collection, of which ``first`` is the first page's address, as a table in a new folder.

    :param fetch: the successful reply of an address, or NoAnswer.
    :raises NoAnswer: it could not be read whole; then the folder is gone.
    """
    trail = Trail(first)
    taking: asyncio.Future[Any] | None = None
    coming = asyncio.ensure_future(fetch(first))
    try:
        with _on_disk():
            rows = Rows(columns, path)
        link = first
        while link:
            items, rest = opened(await coming, trail.pages + 1)
            link = trail.page(rest, empty=is_empty(items))
            if link:
                coming = asyncio.ensure_future(fetch(link))
                for _ in range(TURNS):
                    await asyncio.sleep(0)
            # Not in the thread: it holds the interpreter, so that they would only wait for each other (measured).
            ids = rows.ids(items)
            # Shielded, for a thread goes on when whoever awaits it is cancelled.
            if taking:
                await asyncio.shield(taking)
            taking = asyncio.ensure_future(asyncio.to_thread(rows.take, items, ids))
        if taking:
            await asyncio.shield(taking)
        taking = asyncio.ensure_future(asyncio.to_thread(rows.end))
        table: Table = await asyncio.shield(taking)
        trail.end(table.rows)
    except BaseException:
        coming.cancel()
        await asyncio.wait([coming])
        if taking:  # what a thread still writes would outlive the folder
            await asyncio.wait([taking])
            taking.exception()
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Whole(table, trail.pages)


@cache
def _envelope() -> Any:
    import msgspec

    raw, unset = msgspec.Raw | msgspec.UnsetType, msgspec.UNSET
    fields = [
        ("value", raw, unset),
        ("error", raw, unset),
        ("link", Any, msgspec.field(name=NEXT, default=unset)),
        ("count", Any, msgspec.field(name=COUNT, default=unset)),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Envelope", fields))


def opened(reply: Reply, page: int) -> tuple[bytes, dict[str, Json]]:
    """The JSON of a page's items, and what else it says that matters.

    :raises NoAnswer: it is no page: as it is said of any other document.
    """
    import msgspec

    expect_json(reply)
    body = reply.body if reply.item is ... else json.dumps(reply.item).encode()
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look into what it hands over as it is
        found = _envelope().decode(body)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        items_of(document_of(reply), page)
        # Half of a surrogate pair, which JSON may hold and no column can.
        raise NoAnswer(f"page {page} cannot be kept in columns ({one_line(str(error), 80)})", LEARN) from error
    items = b"" if found.value is msgspec.UNSET else bytes(found.value)
    if found.error is not msgspec.UNSET or not items.startswith(b"["):
        items_of(document_of(reply), page)
        raise NoAnswer(f"page {page} has no list of items", AGAIN)
    said = {NEXT: found.link, COUNT: found.count}
    return items, {name: value for name, value in said.items() if value is not msgspec.UNSET}


_EMPTY = re.compile(rb"\[\s*\]")


def is_empty(items: bytes) -> bool:
    """Whether a JSON list has no items."""
    return _EMPTY.fullmatch(items) is not None


class Rows:
    """The rows of all pages so far; their ids are compared whenever they have doubled, and at the end."""

    def __init__(self, columns: tuple[str, ...], path: Path) -> None:
        self._decoder = Decoder(columns)
        self._writer = Writer(path, columns)
        self._pages = 0
        self._ends: list[int] = []
        self._compared = 0
        self._first: list[str] = []
        """The ids of the first page: most collections have no other."""

    def ids(self, items: bytes) -> list[str]:
        """The ids of the next page's items.

        :raises NoAnswer: the items are not what is documented.
        """
        self._pages += 1
        with _documented(items, self._pages):
            found, more = self._decoder.ids(items)
        if more and NEXT.encode() in items:
            _look_through(items, self._pages)
        self._first = self._first if self._pages > 1 else found
        return found

    def take(self, items: bytes, ids: list[str]) -> None:
        """The items of the next page, which have these ids, go to disk.

        :raises NoAnswer: they are not what is documented, or the disk does not take them.
        """
        with _documented(items, len(self._ends) + 1):
            frame = self._decoder.columns(items, ids)
        self._ends.append(self._writer.rows + frame.height)
        with _on_disk():
            self._keep(frame)

    def end(self) -> Table:
        """The table.

        :raises NoAnswer: an item came twice.
        """
        with _on_disk():
            table = self._writer.close()
            if self._pages > 1 or len(set(self._first)) < len(self._first):
                self._compare(table)
        return table

    def _keep(self, frame: Any) -> None:
        self._writer.add(frame)
        written = self._writer.written()
        if written.rows >= 2 * max(self._compared, self._writer.part):
            self._compare(written)
            self._compared = written.rows

    def _compare(self, table: Table) -> None:
        twice = table.twice()
        if twice is None:
            return
        first, again = table.where(twice)[:2]
        page = next(number for number, end in enumerate(self._ends, 1) if again < end)
        raise came_again(twice, page, changed=table.row(first) != table.row(again))


@contextmanager
def _documented(items: bytes, page: int) -> Iterator[None]:
    """:raises NoAnswer: a page's items are misread."""
    try:
        yield
    except Misread as error:
        _look_through(items, page)
        raise misread(error, page) from error


@contextmanager
def _on_disk() -> Iterator[None]:
    """:raises NoAnswer: the disk does not take it, or gives it back."""
    import polars as pl

    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        text = f"what was read cannot be kept on disk ({one_line(said or str(error), 120)})"
        raise NoAnswer(text, "make room where temporary files are, or set TMPDIR to where there is some") from error


def _look_through(items: bytes, page: int) -> None:
    """What is found in any page of any collection.

    :raises NoAnswer: something is.
    """
    known: dict[str, Json] = {}
    for each in items_of({"value": json.loads(items)}, page):
        refuse_rest(each)
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            refuse_again(each, each["id"], known, page)


def misread(error: Misread, page: int) -> NoAnswer:
    """What is said of items that are not what is documented."""
    if error.missing:
        cause = f"page {page}: {error.missing} of an item is not shown, which takes a permission that reads all of it"
        return NoAnswer(cause, "grant the application the permission that is named for this read")
    return NoAnswer(f"page {page} has another shape than documented ({one_line(str(error), 120)})", LEARN)
