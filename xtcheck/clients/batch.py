"""JSON batches of Microsoft Graph: GETs that are ready together go together, and each is answered by itself.

learn.microsoft.com/graph/json-batching: at most twenty, addresses below the version, answers in any order, each with a
status and headers of its own; throttling is per item too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from xtcheck.clients.exchange import PASSING, Reply
from xtcheck.clients.graph_document import document_of
from xtcheck.clients.outcome import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xtcheck.clients.pace import Pace
    from xtcheck.clients.statistics import Statistics
    from xtcheck.model import Json

LIMIT = 20
UNCHANGED = r"(?:[\w/?=&$,.()':~-]|%[0-9A-Fa-f]{2})*"
"""What of an address httpx would not change, and so need not go through it."""
PLAIN = re.compile(f"/{UNCHANGED}", re.ASCII)


@dataclass(eq=False, slots=True)
class Get:
    """One GET: its whole address, its own headers, its resource units; ``alone`` when it must not share a batch."""

    url: str
    headers: Mapping[str, str]
    cost: int
    alone: bool = False


class Send(Protocol):
    """Sends a GET, or with a body the batch that the body is."""

    async def __call__(self, url: str, headers: Mapping[str, str], batch: bytes | None = None) -> Reply:
        """What was replied.

        :raises httpx.RequestError: nothing was.
        """


@dataclass(eq=False, slots=True)
class Load:
    """GETs that leave together, and what carries them."""

    gets: list[Get]
    task: asyncio.Task[list[Reply]] | None = field(default=None)


class Batches:
    """The GETs of one tenant under one version and one limit.

    Whoever comes while a load waits for its turn joins it; a load of one is sent as the plain GET that it is.
    """

    def __init__(self, root: str, send: Send, slots: asyncio.Semaphore, pace: Pace, statistics: Statistics) -> None:
        """``root`` is the address of the version, ``slots`` how many requests the tenant may have under way."""
        self._root = root
        self._send = send
        self._slots = slots
        self._pace = pace
        self._statistics = statistics
        self._open: Load | None = None
        self._tasks: set[asyncio.Task[list[Reply]]] = set()
        self._served = True

    async def get(self, get: Get) -> Reply:
        """The reply, whatever its status.

        :raises httpx.RequestError: there was none. After a failure of the whole batch its GETs go alone.
        """
        import httpx

        load = self._load(get)
        assert load.task  # noqa: S101  # set where a load is made
        try:
            replies = await asyncio.shield(load.task)
        except httpx.RequestError as error:
            # Each gets an exception of its own: one that is raised several times gathers their tracebacks.
            raise httpx.RequestError(str(error)) from error
        except NoAnswer as error:
            raise error.again() from error
        return replies[load.gets.index(get)]

    async def close(self) -> None:
        """Let nothing further be sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _load(self, get: Get) -> Load:
        """The load that the GET leaves with."""
        alone = get.alone or not self._served
        if not alone and self._open and len(self._open.gets) < LIMIT:
            self._open.gets.append(get)
            return self._open
        load = Load([get])
        if not alone:
            self._open = load
        load.task = asyncio.ensure_future(self._carry(load))
        self._tasks.add(load.task)
        load.task.add_done_callback(self._tasks.discard)
        return load

    async def _carry(self, load: Load) -> list[Reply]:
        async with self._slots:
            await self._pace.free()
            if self._open is load:
                self._open = None
            await self._pace.turn(sum(get.cost for get in load.gets))
            if len(load.gets) == 1:
                return [await self._single(load.gets[0])]
            return await self._together(load.gets)

    async def _single(self, get: Get) -> Reply:
        return await self._send(get.url, get.headers)

    async def _together(self, gets: Sequence[Get]) -> list[Reply]:
        import httpx

        self._statistics.batches += 1
        paths = [relative(get.url, self._root) for get in gets]
        try:
            reply = await self._send(f"{self._root}/$batch", {}, payload(gets, paths))
        except httpx.RequestError:
            _part(gets)
            raise
        if reply.status == 429:
            return [reply] * len(gets)
        if reply.status == 401 or reply.status in PASSING:
            _part(gets)
            return [reply] * len(gets)
        if reply.status != 200:  # a proxy, or a cloud, that has no batches: so it goes without
            self._served = False
        found = answers(reply)
        missing = [number for number in range(len(gets)) if number not in found]
        _part([gets[number] for number in missing])
        for number in missing:
            found[number] = await self._single(gets[number])
        return [found[number] for number in range(len(gets))]


def payload(gets: Sequence[Get], paths: Sequence[str]) -> bytes:
    """The body of a batch, in which every item is a GET; their numbers are their ids."""
    items: list[Json] = [
        {"id": str(number), "method": "GET", "url": path} | ({"headers": dict(get.headers)} if get.headers else {})
        for number, (get, path) in enumerate(zip(gets, paths, strict=True))
    ]
    return json.dumps({"requests": items}).encode()


def relative(url: str, root: str) -> str:
    """The address below its version, encoded as it would be if it were sent alone."""
    import httpx

    below = url.removeprefix(root)
    # What httpx would not change need not go through it, which takes half a millisecond.
    return below if PLAIN.fullmatch(below) else httpx.URL(below).raw_path.decode("ascii")


def answers(reply: Reply) -> dict[int, Reply]:
    """The replies by number. What is not one whole, single answer to one item is left out."""
    if reply.status != 200:
        return {}
    try:
        responses = document_of(reply).get("responses")
    except NoAnswer:
        return {}
    items = [item for item in responses if isinstance(item, dict)] if isinstance(responses, list) else []
    times = Counter(str(item.get("id")) for item in items)
    found: dict[int, Reply] = {}
    for item in items:
        name, status, headers = str(item.get("id")), item.get("status"), item.get("headers") or {}
        sound = name.isdecimal() and times[name] == 1 and isinstance(headers, dict)
        if sound and isinstance(status, int) and not isinstance(status, bool):
            lower = {str(header).lower(): str(text) for header, text in headers.items()}
            found[int(name)] = Reply(status, lower, b"", item.get("body"))
    return found


def _part(gets: Sequence[Get]) -> None:
    """Send them alone from now on: what one of them suffered shall not befall the others again."""
    for get in gets:
        get.alone = True
