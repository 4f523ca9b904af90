"""Faults: what the sandbox does wrong on purpose, over HTTP only, to whichever request matches."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from xtcheck.sandbox.log import Entry
from xtcheck.sandbox.wire import Json, Response

KINDS: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "delay": (int, float),
    "cut": bool,
    "reset": bool,
    "stall": bool,
    "body": str,
    "empty-page-with-next": bool,
    "repeat-next": bool,
    "foreign-next": bool,
    "drop-value": bool,
    "redirect": str,
    "tid": str,
    "expired": bool,
}
"""What a fault can do, and the JSON type of its argument."""
DETAILS: dict[str, type | tuple[type, ...]] = {
    "code": str,
    "message": str,
    "retry-after": (int, float, str),
    "content-type": str,
}
"""Further words beside a kind."""
MATCHES: dict[str, type | tuple[type, ...]] = {"service": str, "tenant": str, "path": str, "page": int}
TRANSPORT = frozenset({"delay", "cut", "reset", "stall"})
"""Kinds that the connection suffers, not the answer."""
BY_SERVICE = frozenset({"tid", "expired"})
"""Kinds that the login service carries out itself, when it makes the token."""


@dataclass(slots=True)
class Fault:
    """One fault. ``left`` is how many times it still acts; None: always."""

    match: dict[str, Json]
    do: dict[str, Json]
    left: int | None = None

    def matches(self, entry: Entry) -> bool:
        """Whether this request shall suffer the fault."""
        if self.left == 0 or self.match.get("service", entry.service) != entry.service:
            return False
        if self.match.get("tenant", entry.tenant) != entry.tenant:
            return False
        if self.match.get("page", entry.page) != entry.page:
            return False
        pattern = self.match.get("path")
        return pattern is None or fnmatchcase(entry.path.lower(), pattern.lower().replace("[", "[[]"))


def parse(documents: Json) -> list[Fault]:
    """Faults from their JSON documents; raises ValueError that says what is wrong with which."""
    if not isinstance(documents, list):
        raise ValueError("faults are a list")  # noqa: TRY004 - one error for a wrong document
    return [_parse(number, document) for number, document in enumerate(documents)]


def _parse(number: int, document: Json) -> Fault:
    if not isinstance(document, dict) or not set(document) <= {"match", "do", "times"} or not document.get("do"):
        raise ValueError(f"fault {number}: expected {{match, do, times}} with something to do")
    match, do, times = document.get("match", {}), document["do"], document.get("times")
    for part, known in ((match, MATCHES), (do, KINDS | DETAILS)):
        for word, value in part.items():
            if word not in known:
                raise ValueError(f"fault {number}: unknown word {word!r}; known: {', '.join(known)}")
            if not isinstance(value, known[word]) or (isinstance(value, bool) and known[word] is not bool):
                raise ValueError(f"fault {number}: {word!r} has the wrong type")
    if not set(do) & set(KINDS):
        raise ValueError(f"fault {number}: nothing to do; known: {', '.join(KINDS)}")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise ValueError(f"fault {number}: 'times' is a positive number")
    return Fault(dict(match), dict(do), times)


class Faults:
    """The faults now in force, in order: the first that matches acts."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def put(self, documents: Json) -> None:
        """Replace all faults."""
        self.active = parse(documents)

    def take(self, entry: Entry) -> dict[str, Json]:
        """What the first matching fault does to this request (empty: nothing); it has acted once more."""
        for fault in self.active:
            if fault.matches(entry):
                if fault.left is not None:
                    fault.left -= 1
                entry.facts["fault"] = sorted(set(fault.do) & set(KINDS))
                return fault.do
        return {}


def instead(do: dict[str, Json], service: str) -> Response | None:
    """The answer that a fault gives without asking the service; None when the service is asked."""
    if "redirect" in do:
        return Response(302, b"", {"location": do["redirect"]})
    if "body" in do:
        return Response(
            do.get("status", 200), do["body"].encode(), {"content-type": do.get("content-type", "application/json")}
        )
    if "status" not in do:
        return None
    headers = {"content-type": "application/json"}
    if "retry-after" in do:
        headers["retry-after"] = str(do["retry-after"])
    code, message = do.get("code") or _code(do["status"]), do.get("message", "A fault of the sandbox.")
    return _error(service, do["status"], code, message, headers)


def _code(status: int) -> str:
    known = {
        400: "Request_BadRequest",
        401: "InvalidAuthenticationToken",
        403: "Authorization_RequestDenied",
        404: "Request_ResourceNotFound",
        429: "TooManyRequests",
        500: "InternalServerError",
        503: "ServiceNotAvailable",
        504: "GatewayTimeout",
    }
    return known.get(status, "UnknownError")


def _error(service: str, status: int, code: str, message: str, headers: dict[str, str]) -> Response:
    """An error in each service's own words."""
    document: Json
    match service:
        case "graph":
            document = {"error": {"code": code, "message": message, "innerError": {}}}
        case "login":
            document = {"error": code, "error_description": message, "error_codes": []}
        case _:
            from xtcheck.sandbox import aws, scim

            made: Response = (scim if service == "scim" else aws).error(service, status, code, message)
            return replace(made, headers=made.headers | {k: v for k, v in headers.items() if k != "content-type"})
    return Response(status, json.dumps(document).encode(), headers)


def spoil(do: dict[str, Json], response: Response, *, link: str | None) -> Response:
    """The service's answer after a fault has gone over it.

    ``link`` is what led to it: the whole address at Microsoft Graph, the NextToken sent (if any) at AWS.
    """
    if not set(do) & {"empty-page-with-next", "repeat-next", "foreign-next", "drop-value"} or response.status != 200:
        return response
    try:
        document = json.loads(response.body)
    except ValueError:
        return response
    if not isinstance(document, dict):
        return response
    _spoil(do, document, link)
    return replace(response, body=json.dumps(document, ensure_ascii=False).encode())


def _spoil(do: dict[str, Json], document: dict[str, Json], link: str | None) -> None:
    lists = [name for name, value in document.items() if isinstance(value, list)]
    of_aws = "nextToken" if all(name[0].islower() for name in lists) else "NextToken"
    following = "@odata.nextLink" if "value" in document else of_aws
    if "empty-page-with-next" in do:
        for name in lists:
            document[name] = []
        document[following] = _again(document.get(following), link)
    if "repeat-next" in do:
        document[following] = link or "again"
    if "foreign-next" in do:
        document[following] = "https://graph.example.com/v1.0/elsewhere?$skiptoken=x"
    if "drop-value" in do:
        for name in lists:
            del document[name]


def _again(known: str | None, link: str | None) -> str:
    """What the emptied page names as its next.

    At Graph the same page again, under an address never seen before, so that only the fault's ``times`` end it; at AWS
    the page that really follows, or a token that the service will refuse.
    """
    if link is None or not link.startswith("https://"):
        return known or "again"
    bare = re.sub(r"[?&]again=\w+", "", link)
    return f"{bare}{'&' if '?' in bare else '?'}again={uuid.uuid4().hex}"
