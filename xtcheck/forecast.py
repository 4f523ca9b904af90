"""How many requests reading some objects takes, as far as it can be told before the first is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xtcheck.model import Call, Columns, Each, Fetch, Get, List, Ref, Source
from xtcheck.resolution import stem


@dataclass(frozen=True, slots=True)
class Share:
    """The requests to one service at one place; ``more`` when objects that are not known yet bring further ones."""

    place: str
    service: str
    requests: int
    more: bool

    def __str__(self) -> str:
        return f"{self.service} {self.requests}{'+' if self.more else ''}"


def forecast(refs: Iterable[Ref]) -> list[Share]:
    """The shares of all places and services, in order. Further pages, repetitions and signing in are not in them."""
    asked: dict[tuple[str, str], set[object]] = {}
    more: set[tuple[str, str]] = set()
    for ref in dict.fromkeys(above for each in refs for above in _lineage(each)):
        source = ref.kind.source
        if source is None:
            continue
        where = (ref.place, _service(source))
        wanted = asked.setdefault(where, set())
        if isinstance(source, Each) or (isinstance(source, Columns) and ref.parent and "{" not in source.url):
            more.add(where)  # how many there are, or whether any is needed, hangs on what is found above
        elif not isinstance(source, Columns) or ref.parent or source.fields(None) is not None:
            wanted.add(_same(ref, source))
    return [Share(*where, len(wanted), where in more) for where, wanted in sorted(asked.items())]


def _lineage(ref: Ref) -> Iterator[Ref]:
    here: Ref | None = ref
    while here is not None:
        yield here
        here = here.parent


def _service(source: Source) -> str:
    match source:
        case Each(call):
            return _service(call)
        case Call():
            return source.service
        case Fetch():
            return "web"
        case _:
            return "graph"


def _same(ref: Ref, source: Get | List | Call | Fetch | Columns) -> object:
    """What two objects that are read by one request have in common: all that the request will be made of."""
    parts = (source.operation, *source.parameters.values()) if isinstance(source, Call) else (source.url,)
    text = " ".join(parts).replace("{key.stem}", stem(ref.key)).replace("{key}", ref.key)
    found_above = re.search(r"\{(?!select\})", text)
    return text, ref.kind if "{select}" in text else None, ref.parent if found_above else None
