"""The fault matrix: every way of not knowing, at every endpoint, is told apart, and lets nothing pass."""

from __future__ import annotations

import gc
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.gates import matrix, scenario
from tests.gates.faults import AWS, DOORS, GRAPH, LOGIN, PASSING, STS, WEB, Fault
from tests.gates.living import HASTE, Living, where
from xtcheck import paths
from xtcheck.clients import Patience, aws_session, entra_credentials
from xtcheck.model import Check, Judgement, Present, Request, Verdict
from xtcheck.values.scalars import Choice
from xtcheck.world import World

Json = Any

# urllib3 leaves the socket of an answer that was cut to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

TIMES = 1
SILENCE = 2.5
"""Seconds; so long that no answer of a busy machine is taken for silence."""
DULL = replace(HASTE, silence=SILENCE)
BESIDE_THE_DEAD = 5
"""Attempts at AWS where answers are cut: each leaves a connection that botocore may give to whoever asks next."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Patience]:
    """Waits for nobody longer than a few seconds, at any service."""
    monkeypatch.setattr(aws_session, "SILENCE", SILENCE)
    monkeypatch.setattr("xtcheck.clients.aws.ATTEMPTS", BESIDE_THE_DEAD)
    options = {**entra_credentials.OPTIONS, "read_timeout": SILENCE, "retry_backoff_factor": 0.01}
    monkeypatch.setattr(entra_credentials, "OPTIONS", options)
    yield DULL
    gc.collect()


def test_the_good_world_is_compliant_throughout(blog: Living) -> None:
    assert set(blog.verdicts.values()) == {Verdict.COMPLIANT}


# --- faults and endpoints -------------------------------------------------------------------------------------------


def test_the_sample_has_every_endpoint_and_every_fault(running: Living) -> None:
    evidence = {request for judgement in scenario.judgements(running.good).values() for request in judgement.evidence}
    sample = list(matrix.sample(running.good, times=TIMES))
    assert {request for row in sample for endpoint, _ in row for request in endpoint.requests} == evidence
    rows = [*sample, *matrix.apart(running.good)]
    assert {fault for row in rows for _, fault in row} == {*GRAPH, *AWS, *WEB}


def test_a_fault_anywhere_makes_its_checks_unknown_says_why_and_moves_no_other(blog: Living) -> None:
    for row in matrix.sample(blog.good, times=TIMES):
        matrix.hold(blog, row)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(("graph-403", "web-403", "aws-denied"), id="denied"),
        pytest.param(("graph-404", "web-404", "aws-not-found"), id="not-found"),
        pytest.param(("graph-401-unknown",), id="unknown-401", marks=pytest.mark.soak),
        pytest.param(("graph-cut", "web-cut", "aws-truncated"), id="cut"),
    ],
)
def test_so_does_one_of_these_at_every_endpoint(blog: Living, faults: tuple[str, ...]) -> None:
    """Where "not found" is documented to mean that there is none, it does."""
    for row in matrix.uniform(blog.good, *faults):
        matrix.hold(blog, row)


def test_so_does_one_that_takes_long(blog: Living, impatient: Patience) -> None:
    for row in matrix.apart(blog.good):
        matrix.hold(blog, row, impatient)


@pytest.mark.soak
def test_so_does_every_fault_everywhere(blog: Living) -> None:
    for row in matrix.product(blog.good):
        matrix.hold(blog, row)


@pytest.mark.soak
def test_so_does_everything_that_takes_long_everywhere(blog: Living, impatient: Patience) -> None:
    for row in matrix.all_apart(blog.good):
        matrix.hold(blog, row, impatient)


# --- what befalls all of a service ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blow:
    """What befalls one service of one place, and what the checks that need it must say."""

    place: str
    service: str
    cause: str
    remedy: str

    def hits(self, judgement: Judgement) -> bool:
        return any(request.place == self.place and self._carries(request.service) for request in judgement.evidence)

    def _carries(self, service: str) -> bool:
        """Whether requests to a service cannot be without this one."""
        match self.service:
            case "login":
                return service == "graph"
            case "sts":
                return service not in {"graph", "web"}
            case _:
                return service == self.service


def judge_blows(alive: Living, blows: list[Blow], world: World) -> None:
    good, found = scenario.judgements(alive.good), scenario.judgements(world)
    for name, judgement in found.items():
        hit = [blow for blow in blows if blow.hits(good[name])]
        told = [blow for blow in hit if matrix.says(blow.cause, blow.remedy, judgement)]
        assert judgement.verdict is (Verdict.UNKNOWN if hit else alive.verdicts[name]), (name, hit, judgement)
        assert bool(told) == bool(hit), (name, hit, judgement)
    for blow in blows:
        assert any(
            blow.hits(judgement) and matrix.says(blow.cause, blow.remedy, found[name])
            for name, judgement in good.items()
        ), blow


TENANTS = ("one", "two", "shared")


def signs_in(turn: int, *, slow: bool) -> list[tuple[str, Fault]]:
    """A fault of the sign-in for every place; each turn brings others."""
    login, sts = ([fault for fault in faults if fault.slow is slow] for faults in (LOGIN, STS))
    of_tenants = [(place, login[(turn * len(TENANTS) + number) % len(login)]) for number, place in enumerate(TENANTS)]
    return [*of_tenants, ("aws-main", sts[turn % len(sts)])]


def hold_sign_in(alive: Living, befallen: list[tuple[str, Fault]], patience: Patience) -> None:
    documents = []
    for place, fault in befallen:
        path = "*/token" if fault.wire == "login" else "*"
        match = {"service": fault.wire, "tenant": place.removeprefix("aws-"), "path": path}
        documents += fault.documents(match, match)
    alive.fault(*documents)
    began = time.monotonic()
    world = alive.read_anew(patience)
    assert time.monotonic() - began < matrix.SECONDS
    judge_blows(alive, [Blow(place, fault.wire, fault.cause, fault.remedy) for place, fault in befallen], world)


TURNS = max(-(-len(LOGIN) // len(TENANTS)), len(STS))


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_sign_in_that_fails_leaves_its_place_unknown_and_no_other(
    blog: Living, impatient: Patience, turn: int
) -> None:
    hold_sign_in(blog, signs_in(turn, slow=False), impatient)


def test_so_does_one_that_is_never_answered(blog: Living, impatient: Patience) -> None:
    hold_sign_in(blog, signs_in(0, slow=True), impatient)


SETS = {
    "services": (("one", "login"), ("two", "graph"), ("shared", "graph"), ("aws-main", "identitystore"),
                 ("aws-main", "organizations")),
    "signing": (("two", "login"), ("one", "graph"), ("shared", "login"), ("aws-main", "sts")),
    "center": (("aws-main", "sso-admin"),),
}  # fmt: skip
"""Services that can fail at the same time: none of them is asked only after another of the set."""


def hold_doors(alive: Living, services: str, turn: int, patience: Patience) -> None:
    kinds = list(DOORS)
    doors = {each: kinds[(turn + number) % len(kinds)] for number, each in enumerate(SETS[services])}
    alive.fault()
    began = time.monotonic()
    world = alive.read_anew(patience, connections=alive.behind(doors))
    assert time.monotonic() - began < matrix.SECONDS
    judge_blows(alive, [Blow(*each, *DOORS[kind][1:]) for each, kind in doors.items()], world)


@pytest.mark.parametrize("services, turn", [("services", 0), ("signing", 2), ("center", 5)])
def test_a_connection_that_fails_leaves_its_service_unknown_and_no_other(
    blog: Living, impatient: Patience, services: str, turn: int
) -> None:
    hold_doors(blog, services, turn, impatient)


@pytest.mark.soak
@pytest.mark.parametrize("services", SETS)
@pytest.mark.parametrize("turn", range(len(DOORS)))
def test_so_does_every_connection_in_every_way(blog: Living, impatient: Patience, services: str, turn: int) -> None:
    hold_doors(blog, services, turn, impatient)


# --- what passes ----------------------------------------------------------------------------------------------------


def test_what_befalls_a_request_once_changes_nothing(blog: Living) -> None:
    """Each in turn at every fifth endpoint, and every page is empty once before it comes."""
    every = matrix.endpoints(blog.good)
    faults = [do for _, do in PASSING.values()]
    documents = []
    for number, endpoint in enumerate(every):
        match = {"service": endpoint.service, "tenant": endpoint.place, "path": endpoint.path}
        do = faults[number % len(faults)]
        if endpoint.requests[0].service not in {"graph", "web"} and do.get("status") == 401:
            do = {"empty-page-with-next": True} if all(request.many for request in endpoint.requests) else {}
        if endpoint.requests[0].service == "web" and do.get("status") == 401:
            do = {}
        documents += [{"match": match, "do": do, "times": 1}] if do else []
    blog.fault(*documents)
    assert scenario.verdicts(blog.read_anew(replace(HASTE, attempts=3))) == blog.verdicts


def test_tokens_that_end_in_the_middle_of_a_run_are_replaced(blog: Living) -> None:
    """They look good for an hour: only the service knows better."""
    blog.fault(
        {"match": {"service": "login", "tenant": "one", "path": "*/token"}, "do": {"lifetime": 0}, "times": 1},
        {"match": {"service": "login", "tenant": "two", "path": "*/token"}, "do": {"expired": True}, "times": 1},
    )
    assert scenario.verdicts(blog.read_anew()) == blog.verdicts


# --- where tokens go, and when a run ends ---------------------------------------------------------------------------


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Another host: its address, and what it was sent; whoever connects is remembered, even if nothing more is said."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    heard.append(peer.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}/elsewhere", heard
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("status", [302, 307])
def test_no_redirect_is_followed_and_no_link_to_another_host(blog: Living, status: int) -> None:
    with listener() as (elsewhere, heard):
        redirect = {"redirect": elsewhere, "status": status}
        # A sign-in that is led away would take everything else of its tenant with it: so it is one tenant's.
        blog.fault(
            {"match": {"service": "login", "tenant": "two"}, "do": redirect},
            {"match": {"service": "login", "path": "*/federationmetadata.xml*"}, "do": redirect},
            {"match": {"service": "portal"}, "do": redirect},
            {"match": {"service": "sts"}, "do": redirect},
            {"match": {"service": "graph", "path": "*/members*"}, "do": {"foreign-next": elsewhere}},
            {"match": {"service": "graph", "path": "*/partners"}, "do": {"foreign-next": elsewhere}},
            {"match": {"service": "graph"}, "do": redirect},
        )
        world = blog.read_anew()
        blog.fault({"match": {"service": "sso-admin"}, "do": redirect})
        of_aws = blog.read()
    assert heard == []
    passed = [name for name, verdict in scenario.verdicts(world).items() if verdict is Verdict.COMPLIANT]
    assert not set(passed) & {check.name for check in scenario.evidenced()}
    assert scenario.moved(blog.verdicts, scenario.verdicts(of_aws))


def test_a_run_ends_at_its_deadline_whatever_it_waits_for(blog: Living, impatient: Patience) -> None:
    """Storms of 429, answers that never come, and sign-ins that never come; the rest is unknown, not hung."""
    blog.fault(
        {"match": {"service": "login", "tenant": "one"}, "do": {"stall": True}},
        {"match": {"service": "graph", "tenant": "two"}, "do": {"status": 429, "retry-after": 1}},
        {"match": {"service": "graph", "tenant": "shared", "path": "*users*"}, "do": {"stall-in-body": True}},
        {"match": {"service": "identitystore"}, "do": {"status": 400, "code": "ThrottlingException"}},
        {"match": {"service": "sso-admin", "path": "ListPermissionSets"}, "do": {"stall": True}},
    )
    deadline = 4.0
    began = time.monotonic()
    patience = replace(impatient, attempts=99, throttles=99, silence=60, throttled=1, first=1)
    world = blog.read_anew(patience, deadline=deadline)
    assert time.monotonic() - began < deadline + SILENCE + 10
    judgements = scenario.judgements(world)
    for place in ("one", "two"):
        blow = Blow(place, "graph", "deadline of 4 s", "with a longer deadline")
        hit = [name for name, judgement in scenario.judgements(blog.good).items() if blow.hits(judgement)]
        assert {judgements[name].verdict for name in hit} == {Verdict.UNKNOWN}
        assert any(matrix.says(blow.cause, blow.remedy, judgements[name]) for name in hit)


# --- values that no documentation knows -----------------------------------------------------------------------------

UNKNOWN_MEMBER = "unknownFutureValue"
"""What Microsoft Graph sends for a newer member: learn.microsoft.com/graph/best-practices-concept."""


def enumerations(good: World) -> Iterator[tuple[Check, Request, str]]:
    """Checks whose very value is a member of an enumeration, the request that shows it, and the name of its field."""
    for check in scenario.evidenced():
        setting = check.setting
        if setting.view is not None or setting.presence or '"enum"' not in json.dumps(setting.type.schema()):
            continue
        [ref] = check.refs.values()
        evidence = good.evidence(ref)
        if not isinstance(evidence, Present):
            continue
        found = paths.get(evidence.document, paths.parse(setting.path, check.scope.slots))
        if isinstance(found, paths.Found):
            for name in members(str(found.pointer[-1]), found.value):
                yield check, evidence.requests[-1], name


def members(name: str, value: Json) -> Iterator[str]:
    """The names of the fields in a value, or of itself, that hold one word."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]+", value):
        yield name
    for below, child in value.items() if isinstance(value, dict) else ():
        yield from members(below, child)


def test_a_member_of_an_enumeration_that_nobody_knows_is_unknown(blog: Living) -> None:
    of_endpoint: dict[tuple[str, str, str], dict[str, str]] = {}
    asked = list(enumerations(blog.good))
    assert {check.kind.name for check, _, _ in asked} >= {"group", "instance", "authorization-policy"}
    for _, request, name in asked:
        of_endpoint.setdefault(where(request), {})[name] = UNKNOWN_MEMBER
    blog.fault(
        *(
            {"match": {"service": service, "tenant": place, "path": path}, "do": {"put": names}}
            for (service, place, path), names in of_endpoint.items()
        )
    )
    judgements = scenario.judgements(blog.read())
    for check, _, _ in asked:
        judgement = judgements[check.name]
        assert judgement.verdict is not Verdict.COMPLIANT, judgement
        if isinstance(check.setting.type, Choice):
            assert judgement.verdict is Verdict.UNKNOWN, judgement
            assert UNKNOWN_MEMBER in judgement.reason or "documented" in judgement.reason, judgement
