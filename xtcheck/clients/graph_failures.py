"""Why Microsoft Graph gave no answer, in words that lead to the next step."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xtcheck.clients import clock
from xtcheck.clients.exchange import PASSING
from xtcheck.clients.graph_document import ServiceError, error_of
from xtcheck.clients.outcome import NoAnswer

if TYPE_CHECKING:
    from xtcheck.clients.exchange import Reply

OUT_OF_DATE = re.compile(r"lifetime|expired|not yet valid", re.IGNORECASE)
MISDIRECTED = re.compile(r"audience|invalid tenant|issuer", re.IGNORECASE)
"""What the message of a 401 says, where the code is always InvalidAuthenticationToken."""


def refusal(reply: Reply, url: str, place: str) -> NoAnswer:
    """The exception that says what a reply without a document means."""
    error = error_of(reply)
    if reply.status == 403 or lacks_permission(url, error):
        step = f"grant the application in {place} the permission to read this"
        return NoAnswer(f"permission is missing: {error}", step, denied=True)
    if reply.status == 401:
        return _unaccepted(reply, error, place)
    if 300 <= reply.status < 400:
        return NoAnswer(f"{error}: a redirect, which is not followed", f"check the graph endpoint of {place}")
    if reply.status in PASSING:
        return NoAnswer(f"{error}, to the last try", "run again later")
    if reply.status < 300:
        return NoAnswer(f"{error}: a success without content", "run again later")
    said, step = MEANINGS.get(reply.status, ("", "report this to xtcheck, with the request-id if there is one"))
    return NoAnswer(f"{error}{said and f': {said}'}", step.format(place=place))


MEANINGS = {
    404: ("not found", "check the graph endpoint of {place}; an object may have gone meanwhile"),
    409: ("the object is being changed", "run again some minutes after the last change in {place}"),
    410: ("it is gone, and what led to it is out of date", "run again, so that all of it is read anew"),
    423: ("the object is locked", "run again some minutes after the last change in {place}"),
}
"""What a status means on a GET, and what to do: graph/errors, and azuread's experience with fresh objects (409)."""


def lacks_permission(url: str, error: ServiceError) -> bool:
    """Synchronization endpoints say 401 UnknownError where others say 403 (microsoft-graph-docs-contrib#8800)."""
    synchronization = re.search(r"/synchronization(/|$)", urlsplit(url).path)
    return error.status == 401 and error.code == "UnknownError" and synchronization is not None


def _unaccepted(reply: Reply, error: ServiceError, place: str) -> NoAnswer:
    """The token was there, and a fresh one fared no better."""
    off = clock.off(reply.headers.get("date", ""), datetime.now(UTC))
    if off or OUT_OF_DATE.search(error.message):
        why = f" ({off})" if off else ""
        step = f"{clock.SET}, and look for a proxy that answers late or from a cache"
        return NoAnswer(f"the token is refused as out of date{why}: {error}", step)
    if MISDIRECTED.search(error.message):
        step = f"check login and graph endpoints and the cloud of {place}: both must belong to one cloud"
        return NoAnswer(f"the token is refused as made for another service: {error}", step)
    return NoAnswer(f"the token is refused: {error}", f"check the application in {place}, and this computer's clock")
