"""From references to requests, and from answers to evidence: pure, so that reading and judging agree on both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, assert_never
from urllib.parse import quote

from xtcheck import paths
from xtcheck.errors import Uninterpretable
from xtcheck.model import (
    Absent,
    Ambiguous,
    Answer,
    Answered,
    Call,
    Columns,
    Each,
    Evidence,
    Failed,
    Fetch,
    Get,
    Kind,
    List,
    Nothing,
    Present,
    Ref,
    Request,
    Unread,
    fill,
)
from xtcheck.permissions import permission, remedy
from xtcheck.tables import Joined, Table
from xtcheck.values.scalars import folded

Json = Any


LEARN = "look at the object; if it is right, xtcheck must learn this form"


@dataclass(frozen=True, slots=True)
class Pending:
    """The object cannot be told yet: these requests have no answer."""

    requests: tuple[Request, ...]


class Resolver:
    """What a set of answers says about references; each is worked out once.

    ``answers`` may grow between calls of :meth:`resolve`: only what was final is remembered. Of what grows, requests
    with columns are :meth:`noted <note>`.
    """

    def __init__(self, answers: Mapping[Request, Answer]) -> None:
        self._answers = answers
        self._known: dict[Ref, Evidence] = {}
        self._indices: dict[tuple[str, bool, int], tuple[Json, dict[str, list[Json]] | None]] = {}
        self._collections: dict[Request, list[Request]] = {}
        for request in answers:
            self.note(request)

    def note(self, request: Request) -> None:
        """A request that is answered may have all the columns that another one wants."""
        if request.columns:
            self._collections.setdefault(replace(request, columns=()), []).append(request)

    def resolve(self, ref: Ref) -> Evidence | Pending:
        """The evidence of an object, or what must still be asked to have it."""
        known = self._known.get(ref)
        if known is not None:
            return known
        found = self._resolve(ref)
        if not isinstance(found, Pending):
            self._known[ref] = found
        return found

    def _resolve(self, ref: Ref) -> Evidence | Pending:
        above: Evidence | Pending = Present(None, ()) if ref.parent is None else self.resolve(ref.parent)
        match above:
            case Pending() | Unread() | Ambiguous():
                return above
            case Absent():
                return Absent(above.what, above.requests, inherited=True)
            case Present():
                pass
            case _:
                assert_never(above)
        if ref.kind.source is None:
            return self._picked(ref, above.document, above.requests)
        if isinstance(ref.kind.source, Each) and not (ref.kind.source.of or isinstance(above.document, list)):
            return _misshapen(ref, above.requests)
        try:
            requests = tuple(map(self._asked, requests_of(ref, self._words(ref), above.document)))
        except KeyError as error:
            lacking = f"{ref.parent or ref} has no {error.args[0]}, without which {ref} cannot be read"
            return Unread(lacking, "the service answered in another shape than documented", above.requests)
        except Uninterpretable as error:
            return Unread(str(error), error.remedy or LEARN, above.requests)
        except (TypeError, AttributeError, ValueError) as error:
            # What is wanted of a collection was to be told from a document of another shape than its service documents.
            cause = f"what {ref} takes cannot be told from {ref.parent} ({type(error).__name__}: {str(error)[:120]})"
            return Unread(cause, LEARN, above.requests)
        return self._answered(ref, requests, above)

    def _answered(self, ref: Ref, requests: tuple[Request, ...], above: Present) -> Evidence | Pending:
        if not requests and isinstance(ref.kind.source, Columns):
            return Present(None, above.requests)
        asked = (*above.requests, *requests)
        open_ = tuple(request for request in requests if request not in self._answers)
        if open_:
            return Pending(open_)
        each = ref.kind.source if isinstance(ref.kind.source, Each) else None
        documents: list[Json] = []
        for request in requests:
            answer = self._answers[request]
            match answer:
                case Failed():
                    todo = remedy(request, answer, self._words(ref))
                    return Unread(f"{answer.cause} ({request})", todo, asked, permission(ref.kind))
                case Nothing() if each is None:
                    return Absent(f"there is no {ref}", asked)
                case Nothing() if not (each and each.sparse):
                    return Unread(f"{request}: it was gone while it was being read", "run again", asked)
                case Nothing():
                    documents.append(NONE_HERE)
                case Answered():
                    documents.append(answer.document)
                case _:
                    assert_never(answer)
        if each:
            joined = _joined(each, documents, above)
            return _misshapen(ref, asked) if joined is None else self._picked(ref, joined, asked)
        return self._picked(ref, documents[0], asked)

    def _asked(self, request: Request) -> Request:
        """The request itself, or another that was answered with all the columns that this one wants."""
        if not request.columns or request in self._answers:
            return request
        others = self._collections.get(replace(request, columns=()), [])
        # Those that say so themselves first: the answers of a saved world are opened when they are asked for.
        for other in sorted(others, key=lambda other: (not set(request.columns) <= set(other.columns), other)):
            answer = self._answers[other]
            if isinstance(answer, Answered) and _has(answer.document, request.columns):
                return other
        return request

    def _picked(self, ref: Ref, document: Json, requests: tuple[Request, ...]) -> Evidence:
        """The object, out of the collection that it may be an item of."""
        kind = ref.kind
        if not kind.pick:
            return Present(document, requests)
        index = self._index(kind, document)
        if index is None:
            return _misshapen(ref, requests)
        if kind.others and (doubt := _doubt(ref, document)):
            return Ambiguous(doubt, requests)
        key = ref.key.casefold() if kind.fold else ref.key
        hits = index.get(key, []) if key else _left_over(ref, document)
        if len(hits) > 1:
            return Ambiguous(f"{len(hits)} objects answer to {ref}", requests)
        if not hits and kind.essential:
            return Unread(
                f"no {kind.title} is visible in {ref.place}",
                "check account, region and permissions in config.yml",
                requests,
            )
        if not hits:
            near = {name for item in document for name in names(item, kind) if folded(name) == folded(ref.key)}
            return Absent(f"there is no {ref}", requests, tuple(sorted(near)))
        return Present(hits[0], requests)

    def _index(self, kind: Kind, document: Json) -> dict[str, list[Json]] | None:
        """The items of a collection by the texts that pick them; None for what is no list of objects.

        Made once: with a thousand partners, each picked for itself, looking through all of them would be a million.
        """
        place = (kind.pick, kind.fold, id(document))
        if place not in self._indices:
            index: dict[str, list[Json]] | None = None
            if isinstance(document, list) and all(isinstance(item, dict) for item in document):
                index = {}
                for item in document:
                    found = names(item, kind)
                    for name in {name.casefold() for name in found} if kind.fold else set(found):
                        index.setdefault(name, []).append(item)
            self._indices[place] = (document, index)  # with the document, so that its id stays its own
        return self._indices[place][1]

    def _words(self, ref: Ref) -> dict[str, str]:
        """What ``{word}`` stands for in a source: the key, and the fields of everything above that is one object."""
        words: dict[str, str] = {}
        above = ref.parent
        while above is not None:
            evidence = self._known[above]
            if isinstance(evidence, Present) and isinstance(evidence.document, dict):
                for field, value in evidence.document.items():
                    if isinstance(value, str):
                        words[f"{above.kind.name}.{field}"] = value
            above = above.parent
        return words | {"key": ref.key, "key.stem": stem(ref.key)}


_STEM = re.compile(r"[A-Za-z0-9]+")


def stem(name: str) -> str:
    """The part of a name before its first dash, blank or other special character; else the whole name."""
    found = _STEM.match(name)
    return found[0] if found else name


def select(kind: Kind) -> str:
    """What ``$select`` must name so that every row of the kind can be judged."""
    first = (_first(setting.path) for setting in kind.settings if setting.path)
    names = {*kind.fields, *(step.name for step in first if isinstance(step, paths.Key))}
    return ",".join(sorted(names))


@cache
def _first(path: str) -> paths.Step:
    return paths.parse(path)[0]


def requests_of(ref: Ref, words: Mapping[str, str], above: Json) -> Iterator[Request]:
    """What must be asked to have an object, when everything above it is known.

    :raises KeyError: something above lacks a field that the request needs.
    :raises Uninterpretable: or other exceptions of ``fields``: what is wanted cannot be told from what is above.
    """
    source = ref.kind.source
    match source:
        case Columns(url, fields, witness):
            wanted = fields(above)
            if wanted is not None:
                yield _collection(ref, url, words, {*witness, *wanted})
        case Each(Columns(url) as call):
            for item in asked_of(source, above):
                yield _collection(ref, url, {**words, **_fields(item)}, _each_of(call))
        case Each(Get() | List() | Call() as call):
            for item in asked_of(source, above):
                yield _request(ref, call, {**words, **_fields(item)})
        case Get() | List() | Call() | Fetch():
            yield _request(ref, source, words)
        case _:
            return


def _collection(ref: Ref, url: str, words: Mapping[str, str], columns: Iterable[str]) -> Request:
    return Request(ref.place, "graph", _url(url, words), many=True, columns=tuple(sorted({"id", *columns})))


def _each_of(source: Columns) -> set[str]:
    """What is wanted of each of several collections, which hangs on nothing."""
    return {"id", *source.witness, *(source.fields(None) or ())}


def _has(document: Json, columns: tuple[str, ...]) -> bool:
    return isinstance(document, Table) and set(columns) <= set(document.columns)


def asked_of(source: Each, above: Json) -> list[Json]:
    """The items of the parent's collection for which there is a request, in the order of the requests."""
    items = source.of(above) if source.of else above
    return [item for item in items if _meets(item, source.where)] if isinstance(items, list) else []


NONE_HERE: Json = object()
"""Stands for the item of which the service documents that there is nothing."""


def _joined(each: Each, documents: list[Json], above: Present) -> list[Json] | Joined | None:
    """The results of all items as one collection; None when one of them, or whose it is, has another shape."""
    if isinstance(each.call, Columns):
        return _tables(each, each.call, documents, above)
    many = isinstance(each.call, List) or (isinstance(each.call, Call) and each.call.many)
    found: list[Json] = []
    for document, item in zip(documents, asked_of(each, above.document), strict=True):
        if document is NONE_HERE:
            continue
        if many and not isinstance(document, list):
            return None
        results = document if many else [document]
        if each.mark:
            of = _whose(each, item)
            if of is None or not all(isinstance(result, dict | str) for result in results):
                return None
            results = [_marked(result, of) for result in results]
        found += results
    return found


def _tables(each: Each, call: Columns, documents: list[Json], above: Present) -> Joined | None:
    columns = tuple(sorted(_each_of(call)))
    whose = [_whose(each, item) for item in asked_of(each, above.document)]
    found = [(of, table) for of, table in zip(whose, documents, strict=True) if of is not None and _has(table, columns)]
    return Joined(tuple(found), columns) if len(found) == len(whose) else None


def _whose(each: Each, item: Json) -> str | None:
    """What a result of an item is marked with, where the item has it."""
    return _fields(item).get(f"item.{each.mark}" if isinstance(item, dict) else each.mark)


def _marked(result: Json, of: str) -> Json:
    """A result with whose it is."""
    return {**({"@": result} if isinstance(result, str) else result), "@of": of}


def _request(ref: Ref, source: Get | List | Call | Fetch, words: Mapping[str, str]) -> Request:
    match source:
        case Get(url, absent):
            return Request(ref.place, "graph", _url(url, words), absent=absent)
        case List(url):
            return Request(ref.place, "graph", _url(url, {**words, "select": select(ref.kind)}), many=True)
        case Fetch(url):
            return Request(ref.place, "web", _url(url, words))
        case Call():
            parameters = tuple((name, fill(value, words)) for name, value in source.parameters.items())
            operation, many, result = source.operation, source.many, source.result
            return Request(ref.place, source.service, operation, parameters, many, result, source.absent)
        case _:
            assert_never(source)


def _meets(item: Json, where: str) -> bool:
    name, _, value = where.partition("=")
    return not where or (isinstance(item, dict) and item.get(name) == value)


def _fields(item: Json) -> dict[str, str]:
    if isinstance(item, str):
        return {"item": item}
    fields = item.items() if isinstance(item, dict) else ()
    return {f"item.{name}": value for name, value in fields if isinstance(value, str)}


def _url(template: str, words: Mapping[str, str]) -> str:
    # Inside an OData text literal a single quote is doubled; everything is percent-encoded as UTF-8.
    used = (item for item in words.items() if f"{{{item[0]}}}" in template)
    safe = {word: quote(value.replace("'", "''"), safe=",") for word, value in used}
    return fill(template, safe).replace(" ", "%20")


def _left_over(ref: Ref, document: list[Json]) -> list[Json]:
    """The items of a collection that no other part of config.yml names."""
    return [item for item in document if not {*filter(None, ref.others)} & {*names(item, ref.kind)}]


def _doubt(ref: Ref, document: list[Json]) -> str:
    """Why it is not known which item is meant; empty when it is, or when there is certainly none.

    A name that nothing bears may have been changed since: then what is left over may be what it stood for. And what is
    left over is meant by the one that gives no name only when no other does the same.
    """
    known = {name for item in document for name in names(item, ref.kind)}
    left = _left_over(ref, document)
    if not left or ref.key in known:
        return ""
    lost = sorted({ref.key, *ref.others} - known - {""})
    nameless = [ref.key, *ref.others].count("")
    shown = ", ".join(sorted((names(item, ref.kind) or ["something without a name"])[-1] for item in left))
    if lost:
        return f"no {ref.kind.title} is called {', '.join(lost)}, so it is not known whose {shown} is"
    if nameless > 1:
        return f"{nameless} parts of config.yml name no {ref.kind.title}, so it is not known whose {shown} is"
    return ""


def _misshapen(ref: Ref, requests: tuple[Request, ...]) -> Unread:
    """A collection that is none must not be taken for an empty one."""
    cause = f"{ref} was looked for in something that is no list of objects"
    return Unread(cause, "the service's answer has another shape than documented", requests)


def names(item: Json, kind: Kind) -> list[str]:
    """The texts by which an item of a collection may be picked."""
    found: list[str] = []
    for path in kind.pick.split("|"):
        match paths.get([item] if path.startswith("[") else item, _pick_steps(path)):
            case paths.Found(list() as values):
                found += [value for value in values if isinstance(value, str)]
            case paths.Found(str() as value):
                found.append(value)
            case _:
                pass  # an item without this name is picked by another, or not at all
    return found


def _pick_steps(path: str) -> paths.Steps:
    return paths.parse(path)
