"""What a check is told of each fault: the texts as the clients really make them, and how often they asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.gates import scenario
from tests.gates.faults import GRAPH, Fault
from tests.gates.living import Living
from xtcheck.clients import Clients, Patience
from xtcheck.connection import Connection
from xtcheck.model import Answer, Answered, Failed, Request, Verdict
from xtcheck.world import World

Json = Any

PLACE, AWS_PLACE = "two", "aws-main"
NORMAL = (
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"request-id [0-9a-f-]{36}", "request-id …"),
    (r" \(A fault of the sandbox\.\)", " (MESSAGE)"),
    (r"\b\d{8}T\d{6}Z", "…Z"),
    (r"tried \d+ times", "tried N times"),
    (r"wait 7\d\d\d s", "wait 7200 s"),
    (r"(from|in|and) \S*secret-\S+", r"\1 FILE"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"\b(two|shared|aws-main)\b", "PLACE"),
)
"""What differs from run to run or from reader to reader, and what stands for it."""


@dataclass(frozen=True)
class Told:
    """What one fault comes to; ``sent`` is how often the service was asked."""

    cause: str
    remedy: str
    sent: int


def normal(text: str) -> str:
    for pattern, shown in NORMAL:
        text = re.sub(pattern, shown, text)
    return text


def collection(number: int) -> Request:
    """The same collection under an address of its own, so that many faults can act at the same time."""
    return Request(PLACE, "graph", f"/users?$select=id&$top={number + 100}", many=True)


BREAKS = frozenset({"reset", "stall", "stall-in-body", "cut"})
"""What takes the connection with it; most of it takes long, too."""


def of_graph(alive: Living, patience: Patience) -> dict[Fault, Told]:
    """All faults of Microsoft Graph: each at its own address, so that many act at once."""
    requests = {fault: collection(number) for number, fault in enumerate(GRAPH)}
    paths = {fault: f"/v1.0{request.operation}" for fault, request in requests.items()}
    for fault in GRAPH:
        if fault.only:
            path = f"/servicePrincipals/1{fault.only}jobs"
            requests[fault], paths[fault] = Request(PLACE, "graph", path, many=True), f"/v1.0{path}"
    documents: list[Json] = []
    for fault, path in paths.items():
        match = {"service": "graph", "tenant": PLACE, "path": path if fault.then else f"{path}*"}
        documents += fault.documents(match, match | {"path": f"{path}&again=*"})
    alive.fault(*documents)
    answers: dict[Request, Answer] = {}
    # One after the other, so that each is a GET by itself: what shares a batch with it looks otherwise, or is repeated.
    calm = [request for fault, request in requests.items() if not BREAKS & set(fault.do)]
    answers |= ask(alive.config.connections, calm, patience, at_once=1)
    answers |= ask(alive.config.connections, set(requests.values()) - set(calm), patience)
    sent = [entry["path"] for entry in alive.log() if entry["service"] == "graph"]
    return {fault: _told(fault, answers[request], sent.count(paths[fault])) for fault, request in requests.items()}


LIST = Request(AWS_PLACE, "sso-admin", "list_instances", many=True, items="Instances")
FIRST = {"aws": LIST, "login": collection(0), "sts": LIST}
MATCH = {
    "aws": {"service": "sso-admin", "path": "ListInstances"},
    "web": {"service": "login", "path": "*/federationmetadata.xml*"},
    "login": {"service": "login", "tenant": PLACE, "path": "*/token"},
    "sts": {"service": "sts"},
}


def of_one(alive: Living, fault: Fault, patience: Patience) -> Told:
    """A fault that needs a run of its own."""
    match = MATCH[fault.wire]
    alive.fault(*fault.documents(match, match))
    alive.forget_log()
    request = FIRST.get(fault.wire) or next(each for each in alive.good.answers if each.operation.startswith("login:"))
    if fault.wire in {"aws", "web"} and not fault.apart:
        answer = alive.answer(request)  # with what is open already
    else:
        answer = ask(alive.config.connections, [request], patience)[request]
    sent = [entry for entry in alive.log() if entry["service"] == match["service"] and entry["path"] != "/"]
    own = [entry for entry in sent if fault.wire != "login" or entry["path"].endswith("/token")]
    return _judged(alive, request, answer, len(own)) if fault.read else _told(fault, answer, len(own))


def of_door(alive: Living, service: str, kind: str, patience: Patience) -> Told:
    """A connection that fails before any request."""
    alive.fault()
    place = AWS_PLACE if service in {"sts", "sso-admin"} else PLACE
    connections = alive.behind({(place, service): kind})
    request = LIST if place == AWS_PLACE else collection(0)
    answer = ask(connections, [request], patience)[request]
    assert isinstance(answer, Failed), (service, kind, answer)
    return Told(normal(answer.cause), normal(answer.remedy), 0)


def ask(
    connections: Mapping[str, Connection], requests: Iterable[Request], patience: Patience, *, at_once: int = 100
) -> dict[Request, Answer]:
    """The answers to requests, so many of them made side by side."""
    requests = list(requests)

    async def run() -> list[Answer]:
        turns = asyncio.Semaphore(at_once)

        async def answer(clients: Clients, request: Request) -> Answer:
            async with turns:
                return await clients.answer(request)

        async with Clients(connections, patience=patience) as clients:
            return list(await asyncio.gather(*(answer(clients, request) for request in requests)))

    return dict(zip(requests, asyncio.run(run()), strict=True))


def _told(fault: Fault, answer: Answer, sent: int) -> Told:
    assert isinstance(answer, Failed), (str(fault), answer)
    return Told(normal(answer.cause), normal(answer.remedy), sent)


def _judged(alive: Living, request: Request, answer: Answer, sent: int) -> Told:
    """What only the row that reads a document says of it."""
    assert isinstance(answer, Answered), answer
    world = World({**alive.good.answers, request: answer}, alive.good.now)
    [name, *_] = sorted(scenario.dependents(alive.good, [request]))
    judgement = scenario.judgements(world)[name]
    assert judgement.verdict is Verdict.UNKNOWN, judgement
    return Told(normal(judgement.reason), normal(judgement.remedy), sent)
