"""What faults do to answers: an answer in place of the service's, or the service's answer spoilt."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate

from xtcheck.sandbox.wire import Json, Response

AGAIN = "again"
"""How a NextToken begins that leads to the first page: only faults hand one out."""
ELSEWHERE = "https://graph.example.com/v1.0/elsewhere?$skiptoken=x"


class Deed(dict[str, Json]):
    """What a fault does: kinds and details by name. It remembers what it needs from one page to the next."""

    def __init__(self, kinds: Mapping[str, Json] | None = None) -> None:
        super().__init__(kinds or {})
        self.last_of_page: dict[str, Json] = {}
        """The last item of the page before, by the link or token that leads to a page."""


def instead(do: Mapping[str, Json], service: str) -> Response | None:
    """The answer that a fault gives without asking the service; None when the service is asked."""
    if "redirect" in do:
        return Response(do.get("status", 302), b"", {"location": do["redirect"]})
    if "body" in do:
        return Response(
            do.get("status", 200), do["body"].encode(), {"content-type": do.get("content-type", "application/json")}
        )
    if "status" not in do:
        return None
    headers = {"content-type": "application/json"}
    if "retry-after" in do:
        headers["retry-after"] = str(do["retry-after"])
    if "retry-at" in do:
        headers["retry-after"] = formatdate(time.time() + do["retry-at"], usegmt=True)
    code, message = do.get("code") or _code(do["status"]), do.get("message", "A fault of the sandbox.")
    return _error(service, do["status"], code, message, headers)


def _code(status: int) -> str:
    known = {
        400: "Request_BadRequest",
        401: "InvalidAuthenticationToken",
        403: "Authorization_RequestDenied",
        404: "Request_ResourceNotFound",
        409: "Conflict",
        410: "Gone",
        412: "PreconditionFailed",
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


JSON_KINDS = frozenset(
    {"empty-page-with-next", "repeat-next", "foreign-next", "drop-value", "odd-value", "odd-count", "overlap", "put"}
)
BYTE_KINDS = frozenset({"content-type", "truncate", "not-utf-8"})


def spoil(do: Deed, response: Response, *, link: str | None) -> Response:
    """The service's answer after a fault has gone over it.

    ``link`` is what led to it: the whole address at Microsoft Graph, the NextToken sent (if any) at AWS.
    """
    if response.status != 200:
        return response
    if JSON_KINDS & set(do):
        response = _other_document(do, response, link)
    return _other_bytes(do, response) if BYTE_KINDS & set(do) else response


def _other_document(do: Deed, response: Response, link: str | None) -> Response:
    try:
        document = json.loads(response.body)
    except ValueError:
        return response
    if not isinstance(document, dict):
        return response
    _change_pages(do, document, link)
    _change_items(do, document, link)
    return replace(response, body=json.dumps(document, ensure_ascii=False).encode())


def _lists(document: dict[str, Json]) -> list[str]:
    return [name for name, value in document.items() if isinstance(value, list)]


def _following(document: dict[str, Json]) -> str:
    """The member that names the next page."""
    of_aws = "nextToken" if all(name[0].islower() for name in _lists(document)) else "NextToken"
    return "@odata.nextLink" if "value" in document else of_aws


def _change_pages(do: Deed, document: dict[str, Json], link: str | None) -> None:
    following = _following(document)
    if "empty-page-with-next" in do:
        for name in _lists(document):
            document[name] = []
        document[following] = _again(document.get(following), link)
    if "repeat-next" in do:
        document[following] = link or AGAIN
    if "foreign-next" in do:
        given = do["foreign-next"]
        document[following] = given if isinstance(given, str) else ELSEWHERE
    if "overlap" in do:
        _overlap(do, document, link or "")


def _change_items(do: Deed, document: dict[str, Json], _link: str | None) -> None:
    if "put" in do:
        _put(do["put"], document)
    if "odd-count" in do and isinstance(document.get("value"), list):
        document["@odata.count"] = len(document["value"]) + 1000
    for name in _lists(document):
        if "odd-value" in do:
            document[name] = {}
        if "drop-value" in do:
            del document[name]


def _overlap(do: Deed, document: dict[str, Json], link: str) -> None:
    """Let the last item of a page come again as the last of the next page, in the place of another, which is hidden.

    So do pages of a collection that changes while it is listed. The number of items is right. A collection of one page
    brings its own last item once more.
    """
    following = _following(document)
    items = next((document[name] for name in _lists(document) if document[name]), None)
    if items is None:
        return
    before = do.last_of_page.pop(link, None)
    if following in document:
        do.last_of_page[document[following]] = items[-1]
    again = before if before is not None else None if following in document else items[-1]
    if again is None:
        return
    copy = json.loads(json.dumps(again))
    if do["overlap"] == "changed" and isinstance(copy, dict):
        name = next((name for name in copy if not name.lower().endswith(("id", "arn", "key"))), "added")
        copy[name] = "changed"
    if before is None:
        items.append(copy)
    else:
        items[-1] = copy


def _put(wanted: Mapping[str, Json], node: Json) -> None:
    """Give every member of these names, wherever it stands, these values."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _put(wanted, child)
    if isinstance(node, dict):
        node |= {name: value for name, value in wanted.items() if name in node}


def _other_bytes(do: Deed, response: Response) -> Response:
    headers, body = dict(response.headers), response.body
    if "content-type" in do:
        headers["content-type"] = do["content-type"]
    if "not-utf-8" in do:
        body = body.replace(b'"', b'"\xff', 1) if b'"' in body else b"\xff" + body
    if "truncate" in do:
        body = body[: len(body) // 2]
    return replace(response, body=body, headers=headers)


def _again(known: str | None, link: str | None) -> str:
    """What the emptied page names as its next.

    The same page again, under an address or token never seen before, so that only the fault's ``times`` end it; at AWS
    the page that really follows, where there is one.
    """
    if link is None or not link.startswith("https://"):
        return known or AGAIN + uuid.uuid4().hex
    bare = re.sub(r"[?&]again=\w+", "", link)
    return f"{bare}{'&' if '?' in bare else '?'}again={uuid.uuid4().hex}"
