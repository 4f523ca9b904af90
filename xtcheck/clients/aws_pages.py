"""Collecting what an AWS operation lists over its pages, and being sure that nothing is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from xtcheck.clients.aws_shapes import misfit, plain
from xtcheck.clients.outcome import NoAnswer, Whole, one_line, shape
from xtcheck.clients.paging import EMPTY_PAGES, refuse_again

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xtcheck.clients.statistics import Statistics
    from xtcheck.model import Json, Request

TOKENS = ("NextToken", "nextToken", "NextMarker", "Marker")
"""Members of an output that say that there is more."""

ONE_PAGE = "MaxResults"
"""The parameter of a request that wants one page of a list and no more: the newest, where the service sorts it so."""
IDENTIFIERS = (
    "MembershipId", "ApplicationArn", "TrustedTokenIssuerArn", "UserId", "GroupId", "InstanceArn", "Id", "EventId",
)  # fmt: skip
"""What identifies an item of a list, first of all its own id; assignments, policies and tags have none."""

AGAIN = "run again; look for a proxy that changes answers"


def read_pages(client: Any, request: Request, given: dict[str, Json], spent: Statistics) -> Whole:
    """The operation's result: all items of all pages, or the one document.

    :raises NoAnswer: it cannot be complete.
    :raises botocore.exceptions.BotoCoreError: or ClientError, as botocore has them.
    """
    action = getattr(client, request.operation)
    if not request.many:
        output = action(**given)
        count(output, spent)
        return _single(output, request)
    if client.can_paginate(request.operation):
        pages = client.get_paginator(request.operation).paginate(**given)  # refuses a repeated token by itself
    else:
        pages = _by_hand(action, given)
    items: list[Json] = []
    seen: dict[str, Json] = {}
    number = empty = 0
    for number, output in enumerate(pages, 1):
        count(output, spent)
        page = _items(output, request, number)
        empty = 0 if page else empty + 1
        if empty > EMPTY_PAGES:
            raise NoAnswer(f"{empty} empty pages in a row, and still more to come", AGAIN)
        for item in page:
            refuse_again(item, _identity(item), seen, number)
        items += page
    return Whole(items, number)


def require_whole(status: int, headers: Mapping[str, str], body: bytes, output: Any = None) -> None:
    """Look at a response before botocore does, which takes a cut body, and one that is not JSON, for an empty output.

    :raises NoAnswer: it is shorter than announced, a redirect, neither JSON nor XML (STS), not one JSON object, or not
        of the shape ``output``.
    """
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) != len(body) and not headers.get("content-encoding"):
        raise NoAnswer(f"the answer was cut short ({len(body)} of {announced} bytes)", AGAIN)
    if 300 <= status < 400:
        raise NoAnswer(f"status {status}: a redirect, which is not followed", "check region and endpoints")
    if status != 200:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.endswith(("json", "json-1.0", "json-1.1", "xml")):
        what = f"content type {one_line(kind, 60)}" if kind else "no content type"
        raise NoAnswer(f"the answer is not JSON ({what})", "check the endpoints; look for a proxy that answers")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise NoAnswer(f"the answer is not UTF-8 (byte {error.start})", AGAIN) from error
    if not kind.endswith("xml"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NoAnswer(f"the answer is not whole JSON ({one_line(str(error), 80)})", AGAIN) from error
        if not isinstance(document, dict):
            raise NoAnswer(f"the answer is {shape(document)}, not a JSON object", AGAIN)
        if output is not None and (wrong := misfit(output, document)):
            raise NoAnswer(wrong, AGAIN)


def count(output: Any, spent: Statistics) -> None:
    """Add one answered call, with its repetitions."""
    metadata = output.get("ResponseMetadata", {})
    again = int(metadata.get("RetryAttempts", 0))
    spent.requests += 1 + again
    spent.retries += again
    length = str(metadata.get("HTTPHeaders", {}).get("content-length", ""))
    spent.bytes += int(length) if length.isdigit() else 0


def _identity(item: Json) -> str:
    """What tells an item of a list from the others: its identifier, or all of it where it has none of its own."""
    if isinstance(item, dict):
        for name in IDENTIFIERS:
            if isinstance(item.get(name), str):
                return str(item[name])
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)


def _by_hand(action: Any, given: dict[str, Json]) -> Iterator[Any]:
    """The pages of an operation for which botocore knows no paginator."""
    seen: set[str] = set()
    output = action(**given)
    yield output
    while found := _token(output):
        name, token = found
        if token in seen:
            raise NoAnswer("a page leads back to a page that was read", AGAIN)
        seen.add(token)
        output = action(**given, **{name: token})
        yield output


def _token(output: Any) -> tuple[str, str] | None:
    return next(((name, str(output[name])) for name in TOKENS if output.get(name)), None)


def _single(output: Any, request: Request) -> Whole:
    more = _token(output)
    if more and not any(name == ONE_PAGE for name, _ in request.parameters):
        raise NoAnswer("the answer has more pages than were asked for", "report this to xtcheck: it must be read whole")
    document = plain(output)
    if not request.items:
        if not document:
            raise NoAnswer("the answer is empty", AGAIN)
        return Whole(document)
    if request.items not in document:
        raise NoAnswer(f"the answer has no {request.items}", AGAIN)
    if more and not document[request.items]:
        raise NoAnswer("the page is empty, and more follow", AGAIN)
    return Whole(document[request.items])


def _items(output: Any, request: Request, number: int) -> list[Json]:
    items = plain(output.get(request.items))
    if not isinstance(items, list):
        raise NoAnswer(f"page {number} has no list {request.items}", AGAIN)
    return items
