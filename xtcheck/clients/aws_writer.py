"""Writes to AWS in one place: one call at a time, each sent once and followed to its end.

Only remediation builds it; nothing that reads can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xtcheck.clients.aws import Aws
from xtcheck.clients.aws_failures import HASTE
from xtcheck.clients.aws_shapes import READING
from xtcheck.clients.deadline import Deadline
from xtcheck.clients.outcome import NoAnswer, one_line
from xtcheck.clients.statistics import Statistics
from xtcheck.writing import Done, Lost, Refused, Told, Write

if TYPE_CHECKING:
    from xtcheck.answers import Entrance
    from xtcheck.clients.exchange import Patience
    from xtcheck.clients.pace import Paces
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection

Json = Any

WRITING = (
    "create_", "update_", "put_", "delete_", "attach_", "detach_", "tag_", "untag_", "provision_", "add_", "remove_",
    "register_", "deregister_",
)  # fmt: skip
"""How boto3's names of the operations begin that may be sent."""
BUSY = "ConflictException"
"""Another change of the same object is under way, or what is to be made is there."""
UNSENT = ("ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError")
"""botocore's classes for a call of which nothing has left: a proxy that opens no tunnel lets nothing through."""
LOOK = "it is looked at again"
AGENT = "md/xtcheck-write"
"""How the user agent's word begins that names a write: botocore's own words of this kind begin so."""
STEPS = (0.2, 0.5, 1.0, 2.0)
STEP, LONGEST = 5.0, 600.0
"""Seconds between looks at a call that is carried out later (at first shorter), and after how many it is given up."""


class AwsWriter:
    """The writes of one AWS place."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        paces: Paces,
        told: Callable[[Entrance], None],
    ) -> None:
        self._connection, self._patience = connection, patience
        self._ways = Aws(
            connection,
            transport,
            patience=patience,
            deadline=Deadline(),
            statistics=Statistics(),
            paces=paces,
            told=told,
        )
        self._clients: dict[str, Any] = {}
        self._named = ""

    async def enter(self) -> None:
        """Find out whose the credentials are.

        :raises NoAnswer: there are none, or they are another account's.
        """
        await self._ways.enter()

    async def close(self) -> None:
        """Let no further call begin."""
        await self._ways.close()
        for client in self._clients.values():
            client.close()

    async def write(self, write: Write) -> Told:
        """Send it once, follow it to its end where it is carried out later, and say what came of it.

        :raises ValueError: it is no write, or something in it is not known yet: a fault of ours.
        """
        if not write.operation.startswith(WRITING) or write.operation.startswith(READING):
            raise ValueError(f"{write} cannot be sent")
        from botocore.exceptions import ClientError

        try:
            output = await self._call(write.service, write.operation, write.body, named=write.request)
        except NoAnswer as error:
            cause = error.__cause__
            if type(cause).__name__ in UNSENT:
                return Refused(error.cause, error.remedy, (), "unsent", passing=True)
            if not isinstance(cause, ClientError):
                return Lost(error.cause, LOOK, ())
            sent = (_request_id(cause.response),)
            code = str(cause.response.get("Error", {}).get("Code"))
            status = int(cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if HASTE.search(code) or status >= 500:
                return Lost(error.cause, LOOK, sent, busy=bool(HASTE.search(code)))
            return Refused(error.cause, error.remedy, sent, code, passing=code == BUSY, denied=error.denied)
        sent = (_request_id(output),)
        return await self._followed(write, output, sent) if write.follow else Done(sent)

    async def _followed(self, write: Write, output: Json, sent: tuple[str, ...]) -> Told:
        """What came of a call that is carried out later; nobody knows where its end cannot be asked for."""
        operation, parameter, result = write.follow.split()
        given = {"InstanceArn": write.body["InstanceArn"], parameter: output[result]["RequestId"]}
        waited, unheard = 0.0, 0
        steps = iter(STEPS)
        while output[result]["Status"] == "IN_PROGRESS":
            if waited >= LONGEST:
                return Lost(f"{write.operation} was not carried out within {LONGEST:.0f} s", LOOK, sent)
            step = next(steps, STEP)
            await asyncio.sleep(step)
            waited += step
            try:
                output = await self._call(write.service, operation, given)
            except NoAnswer as error:
                unheard += 1
                if unheard == self._patience.attempts:
                    return Lost(f"{write.operation} was accepted, and then: {error.cause}", LOOK, sent)
        if output[result]["Status"] == "SUCCEEDED":
            return Done(sent)
        why = one_line(str(output[result].get("FailureReason", "without a reason")))
        cause = f"{write.operation} was accepted, and failed: {why}"
        return Refused(cause, "see the reason", sent, "FAILED", begun=True)

    async def _call(self, service: str, operation: str, given: Json, *, named: str = "") -> Json:
        """The answer. AWS takes no id of ours, and tells its own only when it answers: CloudTrail keeps the user agent.

        :raises NoAnswer: there is no answer; its cause says why.
        """
        session = await self._ways.entered()
        self._named = named

        def call(_: Statistics) -> Json:
            if service not in self._clients:  # each place has one writer, which writes one thing at a time
                self._clients[service] = self._ways.client(session, service, attempts=1)
                self._clients[service].meta.events.register("before-send", self._sign)
            client = self._clients[service]
            with self._ways.explained(service, client.meta.method_to_api_mapping[operation]):
                return getattr(client, operation)(**given)

        return await self._ways.in_thread(call)

    def _sign(self, request: Any, **_: Any) -> None:
        """Put the id into the user agent, which is no part of what botocore signs (SIGNED_HEADERS_BLACKLIST)."""
        if self._named:
            agent = request.headers["User-Agent"]
            text = agent.decode() if isinstance(agent, bytes) else agent
            request.headers["User-Agent"] = f"{text} {AGENT}#{self._named}"


def _request_id(output: Json) -> str:
    return str(output.get("ResponseMetadata", {}).get("RequestId", ""))
