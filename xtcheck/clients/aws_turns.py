"""When boto3 may send: every attempt, first or repeated, waits for its turn; and what comes back is looked at first."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from xtcheck.clients.aws_failures import HASTE
from xtcheck.clients.aws_pages import require_whole

if TYPE_CHECKING:
    from botocore.session import Session

    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.exchange import Patience
    from xtcheck.clients.pace import Pace, Paces
    from xtcheck.connection import Connection


class Late(Exception):
    """The deadline has passed: botocore's own attempts end here, instead of outliving the run."""


class Turns:
    """The turns of one AWS place, in all of its threads."""

    def __init__(self, connection: Connection, deadline: Deadline, paces: Paces, patience: Patience) -> None:
        self._refused = 0
        self._connection = connection
        self._deadline = deadline
        self._paces = paces
        self._patience = patience
        self._counting = threading.Lock()
        self._asked = threading.local()

    @property
    def address(self) -> str:
        """The address that this thread has asked last, be it for a role's keys, since it was put empty."""
        found: str = getattr(self._asked, "url", "")
        return found

    @address.setter
    def address(self, url: str) -> None:
        self._asked.url = url

    def watch(self, session: Session) -> None:
        """Begin no attempt out of its turn or after the deadline; take no half answer for a whole one.

        botocore names its events ``before-send.sso-admin.ListInstances``.
        """

        def wait(event_name: str, request: Any, **_: Any) -> None:
            self.address = str(request.url)
            seconds = self._pace(event_name).reserve()
            if seconds >= self._deadline.left():
                raise Late
            time.sleep(seconds)

        def look(event_name: str, response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
            status, headers, body = (response_dict[name] for name in ("status_code", "headers", "body"))
            require_whole(status, headers, body, operation_model.output_shape)
            if status >= 400 and HASTE.search(_code(headers, body)):
                with self._counting:
                    self._refused += 1
                self._pace(event_name).hold(_told(body, self._patience))

        events = session.get_component("event_emitter")
        events.register("before-send", wait)
        events.register("before-parse", look)

    def refused(self) -> int:
        """How often the service refused for haste since this was last asked."""
        with self._counting:
            count, self._refused = self._refused, 0
            return count

    def hold(self, service: str, operation: str, attempt: int) -> None:
        """Let nothing of the family go for longer each time.

        :raises Late: the deadline does not leave so long.
        """
        seconds = self._patience.backoff(attempt, self._patience.throttled)
        if seconds >= self._deadline.left():
            raise Late
        self._pace(f".{service}.{operation}").hold(seconds)

    def _pace(self, event_name: str) -> Pace:
        words: list[str] = event_name.split(".")
        return self._paces.of(self._connection.place, words[1], words[2], limited=self._connection.limited)


def _code(headers: Any, body: bytes) -> str:
    """The error code of a refusal: a header has it, and in JSON 1.1 the body."""
    return str(headers.get("x-amzn-errortype") or "") + str(_document(body).get("__type", ""))


def _told(body: bytes, patience: Patience) -> float:
    """The seconds that identitystore wishes (RetryAfterSeconds), or the first and shortest of our own waits."""
    match _document(body).get("RetryAfterSeconds"):
        case int() as told if 0 <= told <= patience.longest:
            return float(told)
        case _:
            return patience.first


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
