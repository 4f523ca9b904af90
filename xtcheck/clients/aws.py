"""AWS of one place, read through boto3: operations that only read, complete or not at all."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from xtcheck.answers import Entrance
from xtcheck.clients.aws_failures import HASTE, no_answer
from xtcheck.clients.aws_pages import count, read_pages
from xtcheck.clients.aws_session import AT_ONCE, client_of, session_of
from xtcheck.clients.aws_shapes import arguments, operation_of
from xtcheck.clients.aws_turns import Late, Turns
from xtcheck.clients.naming import describe
from xtcheck.clients.outcome import Gone, NoAnswer, Whole, one_line, visible
from xtcheck.clients.statistics import Statistics
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from boto3 import Session

    from xtcheck.clients.deadline import Deadline
    from xtcheck.clients.exchange import Patience
    from xtcheck.clients.pace import Paces
    from xtcheck.clients.transport import Transport
    from xtcheck.connection import Connection
    from xtcheck.model import Request

T = TypeVar("T")

ATTEMPTS, IDENTITY_ATTEMPTS = 5, 3
"""How often botocore sends a call at most; the first call of all shows whether anybody is there."""


class Aws:
    """The reads of one AWS place, in threads of its own: boto3 blocks."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        *,
        patience: Patience,
        deadline: Deadline,
        statistics: Statistics,
        paces: Paces,
        told: Callable[[Entrance], None],
    ) -> None:
        self._connection = connection
        self._told = told
        self._transport = transport
        self._patience = patience
        self._deadline = deadline
        self._statistics = statistics
        self._turns = Turns(connection, deadline, paces, patience)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"xtcheck-{connection.place}")
        self._turn = asyncio.Lock()
        self._making = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session: Session | None = None
        self._refusal: NoAnswer | None = None

    async def read(self, request: Request) -> Whole | Gone:
        """The document, or all items of all pages.

        :raises NoAnswer: it could not be read whole, or another account answers.
        """
        session = await self.entered()
        return await self.in_thread(lambda spent: self._call(session, request, spent))

    async def enter(self) -> None:
        """Find out whose the credentials are.

        :raises NoAnswer: there are none, or they are another account's.
        """
        await self.entered()

    async def close(self) -> None:
        """Let no further call begin; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    async def entered(self) -> Session:
        """The session, once the caller has turned out to be the declared account."""
        async with self._turn:
            if self._refusal is not None:
                raise self._refusal.again()
            if self._session is None:
                place = self._connection.place
                try:
                    session, who = await self.in_thread(self._enter)
                except NoAnswer as refusal:
                    self._refusal = refusal
                    self._told(Entrance(place, refused=refusal.cause, remedy=refusal.remedy))
                    raise
                self._session = session
                self._told(Entrance(place, who))
            return self._session

    async def in_thread(self, work: Callable[[Statistics], T]) -> T:
        """Run in a thread; what it spends is added up here, where nothing runs beside it."""
        spent = Statistics()
        try:
            loop, run = asyncio.get_running_loop(), copy_context().run  # what is hidden here is so in the thread
            return await loop.run_in_executor(self._threads, run, work, spent)
        finally:
            self._statistics.add(spent)
            self._statistics.throttled += self._turns.refused()

    def _enter(self, spent: Statistics) -> tuple[Session, str]:
        if self._connection.ca_bundle:
            self._transport.context(self._connection.ca_bundle, self._connection.place)
        with self.explained("sts", "GetCallerIdentity"):
            session = session_of(self._connection, self._turns, self._transport.proxy)
            sts = self.client(session, "sts", attempts=IDENTITY_ATTEMPTS)
            try:
                caller = sts.get_caller_identity()
            finally:
                sts.close()
        count(caller, spent)
        account, declared = str(caller.get("Account", "")), self._connection.identity
        if account != declared:
            place, named = self._connection.place, describe(self._connection.credential)
            raise NoAnswer(
                f"signed in to AWS account {one_line(account, 40) or '(unknown)'} instead of {declared} ({place})",
                f"let {named} belong to {declared}, or correct the account of {place}",
            )
        return session, visible(str(caller.get("Arn", "")), 300)  # the guard compares it

    def _call(self, session: Session, request: Request, spent: Statistics) -> Whole | Gone:
        from botocore.exceptions import ClientError

        client = self._known(session, request.service)
        operation = operation_of(client, request.operation)
        given = arguments(operation, request.parameters)
        with self.explained(request.service, operation.name):
            for round_ in itertools.count(1):
                try:
                    return read_pages(client, request, given, spent)
                except ClientError as error:
                    count(error.response, spent)
                    code = str(error.response.get("Error", {}).get("Code"))
                    if code in request.absent:
                        return Gone()
                    if not HASTE.search(code) or round_ == self._patience.throttles:
                        raise
                    # botocore's own attempts share a quota, which a storm exhausts; then all begins anew, later.
                    self._turns.hold(request.service, operation.name, round_)
        raise AssertionError("ends with an answer or an error")

    def client(self, session: Session, service: str, *, attempts: int) -> Any:
        """A client of its own.

        :raises NoAnswer: the proxy cannot be used.
        """
        return client_of(session, self._connection, service, attempts=attempts, proxy=self._transport.proxy)

    def _known(self, session: Session, service: str) -> Any:
        with self._making:
            if service not in self._clients:
                self._clients[service] = self.client(session, service, attempts=ATTEMPTS)
            return self._clients[service]

    @contextmanager
    def explained(self, service: str, operation: str) -> Iterator[None]:
        """Let no exception of the SDK out; one that says that we asked wrongly is a fault of ours, and passes."""
        from botocore import exceptions as core
        from botocore.parsers import ResponseParserError

        self._turns.address = ""
        try:
            yield
        except NoAnswer:
            raise
        except Late as error:
            raise NoAnswer("the deadline passed", "run again later, or with a longer deadline") from error
        except (core.ParamValidationError, core.UnknownServiceError, core.DataNotFoundError):
            raise
        except (core.BotoCoreError, core.ClientError, ResponseParserError, XtcheckError, OSError, ValueError) as error:
            asked = self._turns.address
            raise no_answer(error, self._connection, service, operation, asked=asked) from error
