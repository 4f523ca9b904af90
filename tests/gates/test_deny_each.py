"""Deny each: whatever refuses one request, the checks that need it are unknown, and no other moves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import Living, alike, matching
from xtcheck.model import Ref, Request, Verdict

Json = Any

REFUSALS: dict[str, tuple[Json, Json]] = {
    "403": ({"status": 403}, {"status": 400, "code": "AccessDeniedException"}),
    "401": ({"status": 401}, {"status": 403, "code": "ExpiredTokenException"}),
    "404": ({"status": 404}, {"status": 400, "code": "ResourceNotFoundException"}),
    "429": ({"status": 429}, {"status": 400, "code": "ThrottlingException"}),
    "429-for-an-hour": ({"status": 429, "retry-after": 3600}, {"status": 400, "code": "TooManyRequestsException"}),
    "500": ({"status": 500}, {"status": 500, "code": "InternalServerException"}),
    "unknown-401": ({"status": 401, "code": "UnknownError"}, {"status": 400, "code": "UnknownError"}),
}
"""What Graph answers, and what AWS does instead."""

EVERY = tuple(scenario.sources())
OTHERS = [name for name in REFUSALS if name != "403"]
SOME = [(ref, OTHERS[number // 2 % len(OTHERS)]) for number, ref in enumerate(EVERY) if number % 2]


def refusal(request: Request, name: str) -> Json:
    return REFUSALS[name][request.service not in {"graph", "web"}]


def documented_as_absence(request: Request, name: str) -> bool:
    do = refusal(request, name)
    return bool(request.absent & {str(do["status"]), do.get("code", "")})


def hold(blog: Living, ref: Ref, name: str) -> None:
    """Refuse the requests of one object, and look at all verdicts."""
    requests = scenario.own_requests(blog.good, ref)
    assert requests, f"{ref} is read by no request"
    blog.fault(*({"match": matching(request), "do": refusal(request, name)} for request in requests))
    found = scenario.verdicts(blog.read())
    hit = scenario.dependents(blog.good, alike(blog.good, requests))
    assert hit
    if any(documented_as_absence(request, name) for request in requests):
        assert not {check: found[check] for check in hit if found[check] is Verdict.UNKNOWN}
    else:
        assert not {check: found[check] for check in hit if found[check] is not Verdict.UNKNOWN}
    assert not {check: how for check, how in scenario.moved(blog.verdicts, found).items() if check not in hit}


def test_the_good_world_is_compliant_throughout(blog: Living) -> None:
    assert set(blog.verdicts.values()) == {Verdict.COMPLIANT}


@pytest.mark.parametrize("ref", EVERY, ids=scenario.title)
def test_a_forbidden_request_makes_its_checks_unknown_and_moves_no_other(blog: Living, ref: Ref) -> None:
    hold(blog, ref, "403")


@pytest.mark.parametrize("ref, name", SOME, ids=[f"{scenario.title(ref)}-{name}" for ref, name in SOME])
def test_so_does_every_other_refusal(blog: Living, ref: Ref, name: str) -> None:
    hold(blog, ref, name)


@pytest.mark.soak
@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("ref", EVERY, ids=scenario.title)
def test_every_refusal_of_every_request(blog: Living, ref: Ref, name: str) -> None:
    hold(blog, ref, name)


def documented() -> list[Ref]:
    return [ref for ref in EVERY if "404" in getattr(ref.kind.source, "absent", ())]


@pytest.mark.parametrize("ref", documented(), ids=scenario.title)
def test_a_404_means_absent_where_it_is_documented_so(blog: Living, ref: Ref) -> None:
    hold(blog, ref, "404")


def synchronization() -> list[Ref]:
    return [ref for ref in EVERY if "/synchronization/" in getattr(ref.kind.source, "url", "")]


@pytest.mark.parametrize("ref", synchronization(), ids=scenario.title)
def test_a_401_without_a_reason_is_a_missing_permission_of_synchronization(blog: Living, ref: Ref) -> None:
    hold(blog, ref, "unknown-401")
