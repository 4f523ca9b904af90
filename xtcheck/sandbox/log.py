"""What was asked of the sandbox, in order, and whether it was a write."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field

from xtcheck.sandbox.wire import Json, Request, Response

_CONTINUATION = re.compile(rb'"(?:@odata\.nextLink|NextToken|nextToken)"\s*:\s*"((?:[^"\\]|\\.)+)"')


@dataclass(slots=True)
class Entry:
    """One request. ``path`` is path and query for HTTP, the operation's name for the AWS JSON APIs."""

    n: int
    service: str
    tenant: str | None
    method: str
    path: str
    status: int = 0
    write: bool = False
    page: int = 1
    facts: dict[str, Json] = field(default_factory=dict)
    """What only one service can say about a request, such as the items of a batch."""
    wire: dict[str, Json] = field(default_factory=dict)
    """What the connection suffers besides: faults of a batch's items that no single item can show."""

    def document(self) -> dict[str, Json]:
        """The entry as the admin endpoint prints it."""
        own = ("n", "service", "tenant", "method", "path", "status", "write", "page")
        return {name: getattr(self, name) for name in own} | self.facts


class Log:
    """All entries since the last clearing, and how many of each kind."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.counters: Counter[str] = Counter()
        self._pages: dict[str, int] = {}
        self._n = 0

    def open(self, service: str, tenant: str | None, method: str, path: str) -> Entry:
        """Begin an entry and make it the one that ``note`` speaks of."""
        self._n += 1
        entry = Entry(self._n, service, tenant, method, path)
        self.entries.append(entry)
        current.set(entry)
        return entry

    def close(self, entry: Entry, status: int) -> None:
        """The request was answered (0: the connection was closed instead)."""
        entry.status = status
        self.counters["requests"] += 1
        self.counters["writes"] += entry.write
        self.counters[f"service {entry.service}"] += 1
        self.counters[f"status {status}"] += 1

    def page_of(self, token: str | None) -> int:
        """Which page a continuation token (or a whole next link) leads to; 1 without one."""
        return self._pages.get(token, 2) if token else 1

    def leads_on(self, entry: Entry, response: Response) -> None:
        """Remember which page the continuation that an answer hands out leads to."""
        if response.status != 200 or not (b"nextLink" in response.body or b"extToken" in response.body):
            return
        found = _CONTINUATION.search(response.body)
        if found:
            self._pages[json.loads(b'"' + found[1] + b'"')] = entry.page + 1

    def clear(self) -> None:
        """Forget all entries and counts; continuation tokens stay known, and numbers go on."""
        self.entries.clear()
        self.counters.clear()


current: ContextVar[Entry] = ContextVar("current")
"""The entry of the request being answered: a service may correct its fields, and add facts."""


def said(request: Request) -> dict[str, Json]:
    """What the log keeps of a write besides: its body, and the id by which the client will know it.

    AWS takes no such id; there it is the user agent, which CloudTrail keeps (CloudTrail User Guide, record contents).
    """
    try:
        body = request.json() if request.body else None
    except ValueError:
        body = request.body.decode("utf-8", "replace")
    of_aws = request.headers.get("authorization", "").startswith("AWS4-")
    names = ("client-request-id", *(["user-agent"] if of_aws else []))
    return {"body": body} | {name: request.headers[name] for name in names if request.headers.get(name)}
