"""The fault matrix: every way of not knowing, at every endpoint, is told apart, and lets nothing pass."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.gates import matrix, scenario
from tests.gates.faults import AWS, DOORS, GRAPH, LOGIN, PASSING, STS, WEB, Fault
from tests.gates.living import HASTE, Living
from xtcheck.clients import Patience, aws_session, entra_credentials
from xtcheck.connection import Connection
from xtcheck.model import Judgement, Verdict
from xtcheck.world import World

Json = Any

TIMES = 2
SILENCE = 3.0
"""Seconds; so long that no answer of a busy machine is taken for silence."""
DULL = replace(HASTE, silence=SILENCE)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Patience:
    """Waits for nobody longer than a few seconds, at any service."""
    monkeypatch.setattr(aws_session, "SILENCE", SILENCE)
    options = {**entra_credentials.OPTIONS, "read_timeout": SILENCE, "retry_backoff_factor": 0.01}
    monkeypatch.setattr(entra_credentials, "OPTIONS", options)
    return DULL


def test_the_good_world_is_compliant_throughout(blog: Living) -> None:
    assert set(blog.verdicts.values()) == {Verdict.COMPLIANT}


# --- fault × endpoint -----------------------------------------------------------------------------------------------


def test_the_sample_has_every_endpoint_and_every_fault(running: Living) -> None:
    evidence = {request for judgement in scenario.judgements(running.good).values() for request in judgement.evidence}
    sample = list(matrix.sample(running.good, times=TIMES))
    assert {request for row in sample for endpoint, _ in row for request in endpoint.requests} == evidence
    rows = [*sample, *matrix.apart(running.good)]
    assert {fault for row in rows for _, fault in row} == {*GRAPH, *AWS, *WEB}


def test_a_fault_anywhere_makes_its_checks_unknown_says_why_and_moves_no_other(blog: Living) -> None:
    for row in matrix.sample(blog.good, times=TIMES):
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
    alive.fault(
        *(
            {"match": {"service": fault.wire, "tenant": place.removeprefix("aws-"), "path": "*token*" if fault.wire == "login" else "*"},
             "do": fault.do}
            for place, fault in befallen
        )
    )  # fmt: skip
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


SERVICES = (
    ("one", "login"), ("two", "graph"), ("shared", "graph"),
    ("aws-main", "sso-admin"), ("aws-main", "identitystore"), ("aws-main", "organizations"),
)  # fmt: skip
SIGNING = (("two", "login"), ("one", "graph"), ("shared", "login"), ("aws-main", "sts"))


@pytest.mark.parametrize("turn", range(len(DOORS)))
@pytest.mark.parametrize("services", [SERVICES, SIGNING], ids=["services", "signing"])
def test_a_connection_that_fails_leaves_its_service_unknown_and_no_other(
    blog: Living, impatient: Patience, services: tuple[tuple[str, str], ...], turn: int
) -> None:
    kinds = list(DOORS)
    doors = {each: kinds[(turn + number) % len(kinds)] for number, each in enumerate(services)}
    world = blog.read_anew(impatient, connections=blog.behind(doors))
    judge_blows(blog, [Blow(*each, *DOORS[kind][1:]) for each, kind in doors.items()], world)
