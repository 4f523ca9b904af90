"""Limits: no window of time ever has more than the service admits, and every request finds its row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtcheck.clients.bucket import Bucket, Limit
from xtcheck.clients.limits import EVERYWHERE, FAMILIES, bucket_of, family_of, units
from xtcheck.clients.pace import Paces

LIMIT = Limit(20, 1, 6)
STEPS = st.lists(st.tuples(st.floats(0, 3), st.integers(1, 6)), max_size=60)


def granted(limit: Limit, steps: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """When each request goes, and what it costs, if they are made so many seconds after one another."""
    now, bucket, found = 0.0, Bucket.full(limit, 0.0), []
    for pause, cost in steps:
        now += pause
        bucket, wait = bucket.take(cost, now)
        found.append((now + wait, cost))
    return found


@settings(max_examples=60)
@given(STEPS)
def test_no_window_has_more_than_the_service_admits(steps: list[tuple[float, int]]) -> None:
    times = granted(LIMIT, steps)
    for start, _ in times:
        inside = sum(cost for at, cost in times if start <= at < start + LIMIT.seconds)
        assert inside <= LIMIT.units + 1e-6


@settings(max_examples=60)
@given(STEPS)
def test_who_asks_first_goes_first_and_nobody_waits_longer_than_the_rest_of_them_cost(
    steps: list[tuple[float, int]],
) -> None:
    times = [at for at, _ in granted(LIMIT, steps)]
    assert times == sorted(times)
    asked = sum(pause for pause, _ in steps)
    assert not times or times[-1] <= asked + sum(cost for _, cost in steps) / LIMIT.rate


def test_a_full_bucket_lets_a_burst_go_at_once_and_then_so_many_a_second() -> None:
    waits = [at for at, _ in granted(LIMIT, [(0, 1)] * 20)]
    assert waits[:6] == [0.0] * 6
    assert waits[-1] == pytest.approx(14 / 14)


def test_every_limit_lets_one_go_at_once_and_fills_again() -> None:
    for limit in (*(family.limit for family in FAMILIES), *EVERYWHERE.values()):
        assert 1 <= limit.burst < limit.units


@pytest.mark.parametrize(
    "service, operation, name",
    [
        ("graph", "/users?$top=999", "graph"),
        ("graph", "beta:/policies/crossTenantAccessPolicy/default", "graph"),
        ("graph", "/auditLogs/provisioning?$top=1", "graph reports"),
        ("graph", "/identity/conditionalAccess/policies", "graph conditional access"),
        ("sso-admin", "ListInstances", "sso-admin"),
        ("identitystore", "ListUsers", "identitystore ListUsers"),
        ("cloudtrail", "LookupEvents", "cloudtrail"),
    ],
)
def test_a_request_falls_under_the_limit_of_its_family(service: str, operation: str, name: str) -> None:
    family = family_of(service, operation)
    assert family
    assert bucket_of(family, operation) == name


def test_what_no_vendor_limits_has_no_family() -> None:
    assert family_of("sts", "GetCallerIdentity") is None


@pytest.mark.parametrize(
    "operation, cost",
    [
        ("/users", 2),
        ("/users?$select=id&$top=999", 1),
        ("/groups/x/members?$select=id&$top=999", 2),
        ("/groups/x/members", 3),
        ("/groups/x/transitiveMembers", 5),
        ("/groups/x/transitiveMembers?$expand=a", 6),
        ("/servicePrincipals/x/appRoleAssignedTo", 2),
        ("/servicePrincipals?$filter=a", 1),
        ("/applications?$top=5", 1),
        ("/policies/crossTenantAccessPolicy/default", 4),
        ("beta:/organization?$select=id", 1),
    ],
)
def test_a_get_costs_the_documented_resource_units(operation: str, cost: int) -> None:
    assert units(operation) == cost


def test_places_and_families_do_not_wait_for_one_another() -> None:
    paces = Paces()
    waits = [paces.of("aws-main", "sso-admin", "ListInstances").reserve() for _ in range(7)]
    assert waits[:6] == [0.0] * 6
    assert waits[6] > 0
    assert paces.of("aws-main", "sso-admin", "ListPermissionSets").reserve() > 0
    assert paces.of("aws-main", "identitystore", "ListUsers").reserve() == 0
    assert paces.of("aws-other", "sso-admin", "ListInstances").reserve() == 0


def test_a_sandbox_has_no_limits_but_may_ask_to_wait() -> None:
    paces = Paces()
    pace = paces.of("aws-main", "cloudtrail", "LookupEvents", limited=False)
    assert [pace.reserve() for _ in range(50)] == [0.0] * 50
    pace.hold(5)
    assert pace.reserve() > 4
