"""Routes of Microsoft Graph: how a request finds its row, and how the row's answer becomes a response."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from xtcheck.sandbox.graph import query as odata
from xtcheck.sandbox.graph.errors import denied, denied_synchronization
from xtcheck.sandbox.graph.fields import Field, fields
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

USUAL_PAGE = 100
OWNED_BY = "Application.ReadWrite.OwnedBy"
CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call: the tenant that its token is for, the parts of its path, and its options."""

    request: Request
    state: State
    alias: str
    tenant: dict[str, Json]
    roles: frozenset[str]
    version: str
    parts: dict[str, str]
    query: odata.Query
    app_id: str = ""
    """The application that the token was given to."""

    @property
    def owns(self) -> bool:
        """Whether the application owns the service principal, or the application, that the path names."""
        named = self.parts.get("sp") or self.parts.get("application") or ""
        return self.app_id in self.tenant.get("owners", {}).get(named.lower(), ())

    @property
    def beta(self) -> bool:
        """Whether the beta version was asked."""
        return self.version == "beta"

    @property
    def root(self) -> str:
        """The address of this version."""
        return f"{self.request.base}/graph/{self.version}"


@dataclass(frozen=True, slots=True)
class Limit:
    """What is left of a document for a caller who has none of the ``roles``: the others are null."""

    roles: frozenset[str]
    visible: frozenset[str]


@dataclass(frozen=True, slots=True)
class Route:
    """One row: a method and a path, who may call it, what it answers.

    ``answer`` gives stored documents: all of them for a collection (an error is raised as GraphError), one for an
    entity; a write gives a finished Response. ``context`` is the fragment of ``@odata.context``.
    """

    method: str
    template: str
    document: str
    context: str
    roles: frozenset[str]
    answer: Callable[[Call], Sequence[Json] | Json | Response]
    collection: bool = False
    synchronization: bool = False
    owned: bool = False
    """Whether Application.ReadWrite.OwnedBy suffices for what the caller owns."""
    also: frozenset[str] = frozenset()
    """Further roles, of which the caller needs one beside one of ``roles``."""
    expandable: tuple[str, ...] = ()
    expand: Callable[[Call, Json], Json] | None = None
    limits: tuple[Limit, ...] = ()
    hidden: frozenset[str] = frozenset()
    """Fields of parts that the answer leaves out, such as a credential's key bytes."""


@cache
def _pattern(template: str) -> re.Pattern[str]:
    text = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
    return re.compile(text, re.IGNORECASE)


def find(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The first row for a method and a path below the version, with the path's parts."""
    for route in routes:
        if route.method != method:
            continue
        found = _pattern(route.template).fullmatch(path)
        if found:
            return route, found.groupdict()
    return None


def respond(route: Route, call: Call) -> Response:
    """The row's answer; raises GraphError for a refusal."""
    allowed = not route.roles or route.roles & call.roles or (route.owned and OWNED_BY in call.roles and call.owns)
    if not allowed or (route.also and not route.also & call.roles):
        raise denied_synchronization() if route.synchronization else denied()
    advanced = call.request.headers.get("consistencylevel", "").lower() == "eventual"
    options = odata.parse(
        call.request.query,
        route.document,
        collection=route.collection,
        advanced=advanced,
        expandable=route.expandable,
    )
    call = replace(call, query=options)
    answer = route.answer(call)
    if isinstance(answer, Response):
        return answer
    context = f"{call.root}/$metadata#{route.context.format_map(call.parts)}"
    if options.select:
        context += f"({','.join(options.select)})"
    if not route.collection:
        suffix = "/$entity" if route.context[-1] != "$" else ""
        return _json({"@odata.context": (context + suffix).rstrip("$"), **_present(route, call, answer)})
    return _page(route, call, answer, context, advanced=advanced)


def _page(route: Route, call: Call, found: Sequence[Json], context: str, *, advanced: bool) -> Response:
    options = call.query
    if options.filter:
        found = [document for document in found if all(clause.holds(document) for clause in options.filter)]
    name = route.template.rpartition("/")[2]
    state = call.state
    most = state.page_sizes.get(name, state.page_size if state.page_size < USUAL_PAGE else odata.LARGEST_PAGE)
    size = min(options.top or USUAL_PAGE, most)
    end = options.skip + size
    answer: dict[str, Json] = {"@odata.context": context}
    if options.count and options.skip == 0 and (advanced or not _directory(route)):
        answer["@odata.count"] = len(found)
    if end < len(found):
        url = call.request.base + call.request.path
        answer["@odata.nextLink"] = odata.next_link(url, options, end)
    answer["value"] = [_present(route, call, document) for document in found[options.skip : end]]
    return _json(answer)


def _directory(route: Route) -> bool:
    """Whether the collection is one of directory objects, where counting is an advanced query."""
    return route.document in ("user", "group", "servicePrincipal", "application", "directoryObject")


def _present(route: Route, call: Call, document: Json) -> Json:
    known = fields(route.document)
    chosen = call.query.select
    if chosen is None:
        names = [name for name in document if name.startswith("@") or _usual(known.get(name), beta=call.beta)]
    else:
        kind = ["@odata.type"] if "@odata.type" in document else []
        names = kind + [name for name in chosen if call.beta or not known[name].beta]
    shown = {name: document.get(name) for name in names}
    for limit in route.limits:
        if not limit.roles & call.roles:
            shown = {name: value if name in limit.visible else None for name, value in shown.items()}
    for name in names:
        if name in known:
            shown[name] = _inner(known[name], shown[name], route.hidden, beta=call.beta)
    if route.expand:
        for name in call.query.expand:
            shown[name] = route.expand(call, document)
    return shown


def _usual(field: Field | None, *, beta: bool) -> bool:
    """Whether a field is in an answer that nobody selected fields for."""
    return field is not None and not field.on_request and (beta or not field.beta)


def shown_part(document: str, value: Json, *, beta: bool) -> Json:
    """A document inside another, without what this version does not show; None stays None."""
    return value if value is None else _strip(document, value, frozenset(), beta=beta)


def _inner(field: Field, value: Json, hidden: frozenset[str], *, beta: bool) -> Json:
    """A part of a document without what this version, or this answer, does not show."""
    if value is None or not _differs(field.of, hidden):
        return value
    if field.many:
        return [_strip(field.of, item, hidden, beta=beta) for item in value]
    return _strip(field.of, value, hidden, beta=beta)


def _strip(document: str, value: Json, hidden: frozenset[str], *, beta: bool) -> Json:
    known = fields(document)
    shown = {}
    for name, inner in value.items():
        if known[name].beta and not beta:
            continue
        shown[name] = None if f"{document}.{name}" in hidden else _inner(known[name], inner, hidden, beta=beta)
    return shown


@cache
def _differs(document: str, hidden: frozenset[str], seen: frozenset[str] = frozenset()) -> bool:
    """Whether any field of a document, however deep, is not always shown."""
    if len(document) == 1 or document in seen:
        return False
    return any(
        field.beta or f"{document}.{field.name}" in hidden or _differs(field.of, hidden, seen | {document})
        for field in fields(document).values()
    )


def _json(document: Json) -> Response:
    return Response.of_json(document, content_type=CONTENT_TYPE)
