"""Collecting a Microsoft Graph collection over its pages, and being sure that nothing is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xtcheck.clients.outcome import NoAnswer, Whole, one_line, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xtcheck.model import Json

NEXT = "@odata.nextLink"
COUNT = "@odata.count"
KEYS = ("id", "tenantId")
"""What identifies an item of a collection; partners have no id."""

EMPTY_PAGES = 50
"""So many empty pages in a row are taken for a service that never ends."""

AGAIN = "run again; if it happens again, report it to the service"


class Trail:
    """The way through the pages of one collection. An empty page is not the end; only one without a next link is.

    learn.microsoft.com/graph/paging: the link is opaque and followed as it stands; only the first page has the count.
    """

    def __init__(self, first: str) -> None:
        self.pages = 0
        self._seen = {first}
        self._origin = origin(first)
        self._count: int | None = None
        self._empty = 0

    def page(self, document: Mapping[str, Json], *, empty: bool) -> str:
        """Take what a page says besides its items; the address of the next one, or an empty text after the last.

        :raises NoAnswer: the collection cannot be complete.
        """
        self.pages += 1
        self._empty = self._empty + 1 if empty else 0
        if self._empty > EMPTY_PAGES:
            raise NoAnswer(f"{self._empty} empty pages in a row, and still more to come", AGAIN)
        if self.pages == 1 and COUNT in document:
            self._count = _whole_number(document[COUNT])
        return self._next(document[NEXT]) if NEXT in document else ""

    def end(self, items: int) -> None:
        """Hold how many items there were, after the last page, against how many the service counts.

        :raises NoAnswer: it counts another number.
        """
        if self._count is not None and self._count != items:
            text = f"the service counts {self._count} items but sent {items} on {self.pages} pages"
            raise NoAnswer(text, "run again; the collection may have changed meanwhile")

    def _next(self, link: Json) -> str:
        if not isinstance(link, str) or not link:
            raise NoAnswer(f"page {self.pages} has a next link that is no text", AGAIN)
        if link in self._seen:
            raise NoAnswer(f"page {self.pages} leads back to a page that was read", AGAIN)
        if origin(link) != self._origin:
            host = one_line(urlsplit(link).netloc.rpartition("@")[2], 80)
            raise NoAnswer(f"page {self.pages} leads to another host ({host}), which gets no token", AGAIN)
        self._seen.add(link)
        return link


class Pages:
    """The pages of one collection, in order, and all of their items."""

    def __init__(self, first: str) -> None:
        self._trail = Trail(first)
        self._items: list[Json] = []
        self._known: dict[str, Json] = {}

    def add(self, document: dict[str, Json]) -> str:
        """Take a page; the address of the next one, or an empty text after the last.

        :raises NoAnswer: the collection cannot be complete.
        """
        page = self._trail.pages + 1
        items = items_of(document, page)
        for item in items:
            refuse_rest(item)
            refuse_again(item, _key(item), self._known, page)
        self._items += items
        return self._trail.page(document, empty=not items)

    def whole(self) -> Whole:
        """All items, after the last page.

        :raises NoAnswer: the service counts another number of items.
        """
        self._trail.end(len(self._items))
        return Whole(self._items, self._trail.pages)


def items_of(document: Mapping[str, Json], page: int) -> list[Json]:
    """The items of a page.

    :raises NoAnswer: it has no list of items.
    """
    items = document.get("value")
    if isinstance(items, list):
        return items
    said = "has no value" if items is None else f"has {shape(items)} as value"
    raise NoAnswer(f"page {page} {said} where a list is documented", AGAIN)


def origin(url: str) -> tuple[str, str, int | None, bool]:
    """Scheme, host, port, and whether a user name stands before them: what must not change from page to page.

    :raises NoAnswer: it is not a URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError as error:
        raise NoAnswer("a page leads to something that is not a URL", AGAIN) from error
    return parts.scheme, parts.hostname or "", port, "@" in parts.netloc


def refuse_rest(item: Json) -> None:
    """An expanded property with a next link of its own is not whole.

    :raises NoAnswer: there is one.
    """
    if isinstance(item, dict):
        for name in item:
            if name.endswith(NEXT):
                text = f"{one_line(name.removesuffix(NEXT), 60) or 'the answer'} has more pages than were asked for"
                raise NoAnswer(text, "report this to xtcheck: the collection must be read by itself")


def refuse_again(item: Json, key: str, known: dict[str, Json], page: int) -> None:
    """An item that comes twice, be it the same or changed meanwhile, may stand in the place of one that was skipped.

    Pages are cut anew for every request: when the collection changes in between, an item slips onto the next page or
    off it, and the count is right all the same.

    :param known: the items so far by their keys; this one is added.
    :raises NoAnswer: it came before.
    """
    if key in known:
        raise came_again(key, page, changed=known[key] != item)
    known[key] = item


def came_again(key: str, page: int, *, changed: bool) -> NoAnswer:
    """What is said of an item that came before."""
    said = "a second time, changed" if changed else "a second time"
    text = f"page {page} brings {one_line(key, 60)} {said}: another item may have been skipped"
    return NoAnswer(text, "run again; the collection changed while it was listed")


def _key(item: Json) -> str:
    """What identifies an item: its id, or all of it where it has none."""
    if isinstance(item, dict):
        for name in KEYS:
            if isinstance(item.get(name), str):
                return str(item[name])
    return json.dumps(item, sort_keys=True)


def _whole_number(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise NoAnswer(f"the count of the collection is {one_line(json.dumps(value), 40)}, not a number", AGAIN)
