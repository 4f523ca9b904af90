"""Faults and endpoints: what can be tried together, and what must come of it.

Endpoints of which none leads to another can suffer at the same time, each a fault of its own: one read of the world
then tells of all of them. So the whole product costs as many reads as there are faults, times a handful.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.gates import scenario
from tests.gates.faults import AWS, GRAPH, WEB, Fault
from tests.gates.living import Living, where
from xtcheck.clients import Patience
from xtcheck.model import Answer, Answered, Failed, Judgement, Nothing, Request, Verdict
from xtcheck.world import World

Json = Any

SECONDS = 60
"""How long a read may last, with every fault in it; on an idle machine it is one second, or ten with slow faults."""

NEXT = {"graph": "?again=*"}
"""How the address goes on that an emptied page names as its next; AWS has one operation for all pages."""
BY_WIRE = {"graph": GRAPH, "web": WEB}


@dataclass(frozen=True)
class Endpoint:
    """What one fault acts on: a path of a tenant, or an operation of an AWS entry, with all requests for it."""

    service: str
    place: str
    path: str
    requests: tuple[Request, ...]
    leading: frozenset[Request]
    """The requests without whose answers these are not sent."""
    answered: bool
    """In the good world there is something; where there is documented to be nothing, nothing can be spoilt."""
    filled: bool
    """In the good world there is an item, which can come twice."""

    def __str__(self) -> str:
        return f"{self.place} {self.service} {self.path}"

    @property
    def wire(self) -> tuple[Fault, ...]:
        """The faults of its wire."""
        return BY_WIRE.get(self.requests[0].service, AWS)

    def faults(self) -> tuple[Fault, ...]:
        """Those that it can suffer."""
        many = all(request.many for request in self.requests)
        return tuple(
            fault
            for fault in self.wire
            if (many or not fault.many)
            and fault.only in self.path
            and (self.answered or fault.replaces)
            and (self.filled or "overlap" not in fault.do)
        )

    def documents(self, fault: Fault) -> list[Json]:
        """The sandbox's faults that do it here."""
        match = {"service": self.service, "tenant": self.place, "path": self.path}
        if self.requests[0].columns:  # its path matches whatever follows
            return fault.documents(match, match)
        suffix = NEXT.get(self.service, "") if "?" not in self.path else NEXT.get(self.service, "").replace("?", "&")
        return fault.documents(match, match | {"path": self.path + suffix})


def endpoints(good: World) -> list[Endpoint]:
    """All of the scenario."""
    leading: dict[Request, set[Request]] = {}
    for ref in scenario.sources():
        own = scenario.own_requests(good, ref)
        for request in own:
            leading.setdefault(request, set()).update(set(good.evidence(ref).requests) - set(own))
    found: dict[tuple[str, str, str], list[Request]] = {}
    for request in leading:
        found.setdefault(where(request), []).append(request)
    return [
        Endpoint(
            *at,
            tuple(requests),
            frozenset().union(*(leading[request] for request in requests)),
            all(isinstance(good.answers[request], Answered) for request in requests),
            all(bool(getattr(good.answers[request], "document", ())) for request in requests),
        )
        for at, requests in found.items()
    ]


def layers(every: Iterable[Endpoint]) -> list[list[Endpoint]]:
    """The endpoints in groups in which none leads to another."""
    made: list[list[Endpoint]] = []
    for endpoint in every:
        home = next((layer for layer in made if not any(_related(endpoint, other) for other in layer)), None)
        if home is None:
            made.append([endpoint])
        else:
            home.append(endpoint)
    return made


def _related(one: Endpoint, other: Endpoint) -> bool:
    return bool(one.leading & set(other.requests) or other.leading & set(one.requests))


Row = list[tuple[Endpoint, Fault]]
"""What befalls the endpoints in one read."""


def sample(good: World, *, times: int) -> Iterator[Row]:
    """Every endpoint so many times, and every fault at least once: each time the one that has come least until now."""
    used: Counter[Fault] = Counter()
    tried: set[tuple[Endpoint, Fault]] = set()
    groups = layers(endpoints(good))
    for _ in range(times):
        for layer in groups:
            yield list(_least(layer, used, tried))
    lacking = [(layer, fault) for layer in groups for fault in _able(layer) if not used[fault]]
    while lacking := [(layer, fault) for layer, fault in lacking if not used[fault]]:
        yield list(_least(lacking[0][0], used, tried, wanted={fault for _, fault in lacking}))


def _able(layer: Iterable[Endpoint]) -> set[Fault]:
    return {fault for endpoint in layer for fault in endpoint.faults() if not fault.apart}


def _least(
    layer: Iterable[Endpoint],
    used: Counter[Fault],
    tried: set[tuple[Endpoint, Fault]],
    wanted: Container[Fault] | None = None,
) -> Iterator[tuple[Endpoint, Fault]]:
    for endpoint in layer:
        open_ = [fault for fault in endpoint.faults() if not fault.apart and (endpoint, fault) not in tried]
        if wanted is not None:
            open_ = [fault for fault in open_ if fault in wanted and not used[fault]]
        if open_:
            # What few can suffer comes first where it can.
            fault = min(open_, key=lambda fault: (used[fault], -bool(fault.only) - fault.many))
            used[fault] += 1
            tried.add((endpoint, fault))
            yield endpoint, fault


AT_ONCE = 4
"""At so many endpoints of a place at once: a request that waits holds up others."""


def apart(good: World) -> Iterator[Row]:
    """Every fault that stands apart, once."""
    every = endpoints(good)
    of_aws = [each for each in every if each.wire is AWS]
    groups = [layers(of_aws), layers(each for each in every if each not in of_aws)]
    candidates = [endpoint for group in groups for endpoint in max(group, key=_kinds)]
    lacking = {fault for endpoint in candidates for fault in endpoint.faults() if fault.apart}
    while lacking:
        row: Row = []
        taken: Counter[str] = Counter()
        for endpoint in candidates:
            choices = [fault for fault in endpoint.faults() if fault.apart and fault in lacking]
            if taken[endpoint.place] < AT_ONCE and choices:
                fault = min(choices, key=lambda fault: -fault.many)
                lacking.remove(fault)
                taken[endpoint.place] += 1
                row.append((endpoint, fault))
        yield row


def _kinds(layer: Iterable[Endpoint]) -> int:
    """How many faults that stand apart a layer can suffer; of two alike, the one with more endpoints counts more."""
    layer = list(layer)
    return 1000 * len({fault for endpoint in layer for fault in endpoint.faults() if fault.apart}) + len(layer)


def uniform(good: World, *names: str) -> Iterator[Row]:
    """Each of these faults at every endpoint that can suffer it."""
    for layer in layers(endpoints(good)):
        for name in names:
            if row := [(each, fault) for each in layer for fault in each.faults() if str(fault) == name]:
                yield row


def all_apart(good: World) -> Iterator[Row]:
    """Every fault that stands apart, at every endpoint."""
    for layer in layers(endpoints(good)):
        open_ = [(endpoint, fault) for endpoint in layer for fault in endpoint.faults() if fault.apart]
        while open_:
            row: Row = []
            taken: Counter[str] = Counter()
            for endpoint, fault in open_:
                if taken[endpoint.place] < AT_ONCE and endpoint not in {each for each, _ in row}:
                    taken[endpoint.place] += 1
                    row.append((endpoint, fault))
            open_ = [pair for pair in open_ if pair not in row]
            yield row


def product(good: World) -> Iterator[Row]:
    """Every fault at every endpoint, without the slow ones."""
    for layer in layers(endpoints(good)):
        able = {endpoint: [fault for fault in endpoint.faults() if not fault.apart] for endpoint in layer}
        for turn in range(max(map(len, able.values()))):
            # Shifted, so that one read has many kinds of faults.
            yield [(each, faults[(turn + shift) % len(faults)]) for shift, (each, faults) in enumerate(able.items())]


def hold(alive: Living, row: Row, patience: Patience | None = None) -> None:
    """Let a row befall the world, read it, and look at all answers and all verdicts."""
    alive.fault(*(document for endpoint, fault in row for document in endpoint.documents(fault)))
    began = time.monotonic()
    world = alive.read_anew(patience) if patience else alive.read()
    assert time.monotonic() - began < SECONDS
    judge_row(alive, row, world)


BROKEN = ("closed the connection without an answer|reset the connection|cut the answer short", "run again")
"""What a request may say beside one that breaks connections: its batch went with the other's, and of the two attempts
that a gate is patient for the second may meet a connection that the first has cost."""


def tells(fault: Fault, row: Row, cause: str, remedy: str) -> bool:
    """Whether a text says what a fault must lead to, in the company that it has in a row."""
    if fits(fault, cause, remedy):
        return True
    broken = fault.wire != "aws" and any(other.breaks and other.wire == fault.wire for _, other in row)
    return broken and bool(re.search(BROKEN[0], cause) and re.search(BROKEN[1], remedy))


def judge_row(alive: Living, row: Row, world: World) -> None:
    """No check that depends on what befell passes, each says why, and no other moves."""
    absent = [(each, fault) for each, fault in row if documented_as_absence(each, fault)]
    wrong = [
        problem
        for each, fault in row
        for problem in _problems(row, each, fault, world.answers, (each, fault) in absent)
    ]
    assert not wrong, "\n".join(wrong)
    found = scenario.judgements(world)
    good = scenario.judgements(alive.good)
    hurt = {request: fault for endpoint, fault in row for request in endpoint.requests}
    gone = {request for endpoint, _ in absent for request in endpoint.requests}
    for name, judgement in found.items():
        faults = [hurt[request] for request in good[name].evidence if request in hurt and request not in gone]
        touched = gone & set(good[name].evidence)
        if faults:
            assert judgement.verdict is Verdict.UNKNOWN, (name, list(map(str, faults)), judgement)
            assert any(tells(fault, row, judgement.reason, judgement.remedy) for fault in faults), (
                name,
                list(map(str, faults)),
                judgement,
            )
        elif touched:
            assert judgement.verdict is not Verdict.UNKNOWN, (name, judgement)
        else:
            assert judgement.verdict is alive.verdicts[name], (name, judgement)


def documented_as_absence(endpoint: Endpoint, fault: Fault) -> bool:
    """Whether the service documents that this means that there is none."""
    says = {str(fault.do.get("status")), str(fault.do.get("code"))}
    own = "body" not in fault.do  # only the service's own error says so
    return own and any(request.absent & says for request in endpoint.requests)


def _problems(
    row: Row,
    endpoint: Endpoint,
    fault: Fault,
    answers: Mapping[Request, Answer],
    absent: bool,  # noqa: FBT001
) -> Iterator[str]:
    for request in endpoint.requests:
        match answers.get(request):
            case Failed(cause, remedy) if not absent and not fault.read and tells(fault, row, cause, remedy):
                continue
            case Nothing() if absent:
                continue
            case Answered() if fault.read:
                continue
            case answer:
                yield f"{endpoint}, {fault}: {answer}"


def fits(fault: Fault, cause: str, remedy: str) -> bool:
    """Whether a text says what the fault must lead to."""
    return bool(re.search(fault.cause, cause) and re.search(fault.remedy, remedy))


def says(cause: str, remedy: str, judgement: Judgement) -> bool:
    """Whether a judgement names the cause and the remedy."""
    return bool(re.search(cause, judgement.reason) and re.search(remedy, judgement.remedy))
