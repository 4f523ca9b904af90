"""The OData query options of Microsoft Graph that the sandbox understands; it refuses the others."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

from xtcheck.sandbox.graph.errors import GraphError, bad
from xtcheck.sandbox.graph.fields import fields
from xtcheck.sandbox.wire import Json

LARGEST_PAGE = 999
LOGS: dict[str, frozenset[str]] = {
    "provisioningObjectSummary": frozenset({"contains", "gt", "lt"}),
    "directoryAudit": frozenset({"startswith", "ge", "le"}),
}
"""Documents of reports, and how each may be filtered besides ``eq``: they compare moments, and mind the case."""
ORDERED = {"directoryAudit": "activityDateTime"}
"""What ``$orderby`` may name; of directoryaudit-list."""
_TOKENS = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))")


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of a ``$filter``."""

    operator: str
    path: str
    values: tuple[Json, ...]
    exact: bool = False
    """Whether case counts, as it does in logs."""

    def holds(self, document: Json) -> bool:
        """Whether a document satisfies it; strings compare without case, as the directory does."""
        observed = document
        for part in self.path.split("/"):
            observed = observed.get(part) if isinstance(observed, dict) else None
        if self.operator in ("ge", "le") and _moment(observed) == _moment(self.values[0]) is not None:
            return True
        if self.operator in ("gt", "lt", "ge", "le"):
            return _follows(observed, self.values[0], later=self.operator in ("gt", "ge"))
        wanted = list(self.values)
        if not self.exact:
            observed, wanted = _fold(observed), [_fold(value) for value in wanted]
        match self.operator:
            case "eq" | "in":
                return observed in wanted
            case "ne":
                return observed not in wanted
            case "any":
                return isinstance(observed, list) and wanted[0] in [_fold(item) for item in observed]
            case "startswith":
                return isinstance(observed, str) and observed.startswith(str(wanted[0]))
            case "contains":
                return isinstance(observed, str) and str(wanted[0]) in observed
        return isinstance(observed, str) and observed.endswith(str(wanted[0]))


def _follows(observed: Json, bound: Json, *, later: bool) -> bool:
    """Whether a moment is after another, or before it."""
    moments = [_moment(observed), _moment(bound)]
    if None in moments:
        return False
    first, second = moments
    return bool(first > second if later else first < second)  # type: ignore[operator]


def _moment(text: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _fold(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one request."""

    select: tuple[str, ...] | None = None
    filter: tuple[Clause, ...] = ()
    expand: tuple[str, ...] = ()
    top: int | None = None
    count: bool = False
    skip: int = 0
    oldest_first: bool = False
    """Of a log, which comes newest first."""
    others: tuple[tuple[str, str], ...] = ()
    """The options as sent, without ``$skiptoken``: the next link repeats them."""


def parse(  # noqa: C901  # one case an option
    raw: str, document: str, *, collection: bool, advanced: bool, expandable: tuple[str, ...]
) -> Query:
    """Read the options; raises GraphError 400 for one that is unknown, malformed or names an unknown field."""
    select: tuple[str, ...] | None = None
    clauses: tuple[Clause, ...] = ()
    expand: tuple[str, ...] = ()
    top, skip, count, oldest_first = None, 0, False, False
    others = []
    for name, value in parse_qsl(raw, keep_blank_values=True):
        option = name.lower() if name.startswith("$") else "$" + name.lower()
        if option != "$skiptoken":
            others.append((name, value))
        match option:
            case "$select":
                select = _names(value, document)
            case "$expand":
                expand = _expand(value, expandable)
            case "$filter" if collection:
                clauses = parse_filter(value, document, advanced=advanced)
            case "$top" if collection:
                top = _top(value)
            case "$orderby" if document in ORDERED:
                oldest_first = _oldest_first(value, ORDERED[document])
            case "$count" if collection:
                count = value.lower() == "true"
            case "$skiptoken" if collection:
                skip = _offset(value)
            case _ if name.startswith("$"):
                raise bad(f"The query option '{name}' is not supported.", "Request_UnsupportedQuery")
    return Query(select, clauses, expand, top, count, skip, oldest_first, tuple(others))


def _names(value: str, document: str) -> tuple[str, ...]:
    known = {name.lower(): name for name in fields(document)}
    names = []
    for name in (part.strip() for part in value.split(",")):
        if name == "*":
            continue
        if name.lower() not in known:
            raise bad(f"Could not find a property named '{name}' on type 'microsoft.graph.{document}'.", "BadRequest")
        names.append(known[name.lower()])
    return tuple(names)


def _expand(value: str, expandable: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(part.strip() for part in value.split(","))
    for name in names:
        if name not in expandable:
            raise bad(f"The query specified in the URI is not valid. '{name}' cannot be expanded.", "BadRequest")
    return names


def _top(value: str) -> int:
    if not value.isdigit() or int(value) == 0:
        raise bad(f"Invalid value '{value}' for $top query option found.")
    if int(value) > LARGEST_PAGE:
        raise bad(f"Invalid page size specified: '{value}'. Must be between 1 and {LARGEST_PAGE} inclusive.")
    return int(value)


def _oldest_first(value: str, name: str) -> bool:
    words = value.split()
    if not words or words[0].lower() != name.lower() or words[1:] not in ([], ["asc"], ["desc"]):
        raise bad(f"The $orderby expression '{value}' is not supported.", "BadRequest")
    return words[1:] != ["desc"]


def _offset(token: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["o"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad("Invalid skip token was provided.", "Directory_ExpiredPageToken") from error


def next_link(url: str, query: Query, offset: int) -> str:
    """The opaque address of the page that begins at an offset."""
    token = base64.urlsafe_b64encode(json.dumps({"o": offset}).encode()).decode().rstrip("=")
    options = [*query.others, ("$skiptoken", token)]
    return f"{url}?{urlencode(options, safe='$,()', quote_via=quote)}"


def parse_filter(text: str, document: str, *, advanced: bool) -> tuple[Clause, ...]:
    """The comparisons of a ``$filter`` joined by ``and``; raises GraphError 400 for anything else."""
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKENS.match(text, at)
        if found is None:
            raise bad("Invalid filter clause: unterminated string literal.", "BadRequest")
        tokens.append(found[found.lastgroup or 0])
        at = found.end()
    clauses = []
    while tokens:
        clauses.append(_clause(tokens, document, advanced=advanced))
        if tokens:
            _expect(tokens, "and")
            if not tokens:
                raise _invalid("end of text")
    return tuple(clauses)


def _clause(tokens: list[str], document: str, *, advanced: bool) -> Clause:
    first = tokens.pop(0)
    logged = LOGS.get(document, frozenset())
    if first.lower() in ((logged & {"contains", "startswith"}) or ("startswith", "endswith")):
        _expect(tokens, "(")
        path = _path(tokens, document)
        _expect(tokens, ",")
        value = _literal(tokens)
        _expect(tokens, ")")
        clause = Clause(first.lower(), path, (value,), bool(logged))
    elif first.endswith("/any"):
        clause = Clause("any", _path([first.removesuffix("/any")], document), (_any(tokens),))
    else:
        tokens.insert(0, first)
        path = _path(tokens, document)
        operator = tokens.pop(0).lower() if tokens else "end of text"
        match operator:
            case "gt" | "lt" | "ge" | "le" if operator in logged:
                clause = Clause(operator, path, (_bound(tokens),))
            case "eq" | "ne":
                clause = Clause(operator, path, (_literal(tokens),), bool(logged))
            case "in":
                clause = Clause(operator, path, _list(tokens))
            case _:
                raise _invalid(operator)
    if clause.operator in ("ne", "endswith") and not advanced:
        raise GraphError(
            400, "Request_UnsupportedQuery",
            f"Operator '{clause.operator}' is not supported because the 'ConsistencyLevel:eventual' header or the "
            "'$count=true' parameter is missing.",
        )  # fmt: skip
    return clause


def _any(tokens: list[str]) -> Json:
    """The text in ``(x:x eq 'text')``, the one form of a lambda that the directory's simple queries have."""
    _expect(tokens, "(")
    name, _, same = (tokens.pop(0) if tokens else "").partition(":")
    if not name or name != same:
        raise _invalid(name)
    _expect(tokens, "eq")
    value = _literal(tokens)
    _expect(tokens, ")")
    return value


def _bound(tokens: list[str]) -> Json:
    bound = _literal(tokens)
    if _moment(bound) is None:
        raise _invalid(str(bound))
    return bound


def _path(tokens: list[str], document: str) -> str:
    path = tokens.pop(0) if tokens else "end of text"
    first = path.split("/")[0]
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_/]*", path) or first.lower() in ("not", "and", "or", "any"):
        raise _invalid(path)
    if first not in fields(document):
        raise bad(f"Could not find a property named '{first}' on type 'microsoft.graph.{document}'.", "BadRequest")
    return path


def _list(tokens: list[str]) -> tuple[Json, ...]:
    _expect(tokens, "(")
    values = [_literal(tokens)]
    while tokens and tokens[0] == ",":
        tokens.pop(0)
        values.append(_literal(tokens))
    _expect(tokens, ")")
    return tuple(values)


def _literal(tokens: list[str]) -> Json:
    if not tokens or tokens[0] in ("(", ")", ","):
        raise _invalid(tokens[0] if tokens else "end of text")
    token = tokens.pop(0)
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token in ("true", "false", "null"):
        return json.loads(token)
    return int(token) if re.fullmatch(r"-?\d+", token) else token


def _expect(tokens: list[str], wanted: str) -> None:
    found = tokens.pop(0) if tokens else "end of text"
    if found.lower() != wanted:
        raise _invalid(found)


def _invalid(token: str) -> GraphError:
    return bad(f"Invalid filter clause: unexpected '{token}'.", "BadRequest")
