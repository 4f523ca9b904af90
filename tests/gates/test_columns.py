"""Collections that are read as columns suffer every fault of the matrix, and answer only when they are whole."""

from __future__ import annotations

import pytest

from tests.gates.faults import GRAPH, Fault
from tests.gates.living import Living, exactly, where
from tests.gates.matrix import Endpoint, fits
from tests.gates.tabled import plain
from tests.gates.test_least_privilege import grant
from xtcheck.model import Answered, Columns, Failed, Kind, Ref
from xtcheck.resolution import requests_of
from xtcheck.world import World

PERMISSION = "User.Read.All"
PEOPLE = Kind(
    "people-as-columns", "users", home="tenant", permission=PERMISSION,
    source=Columns("/users?$top=999", lambda _: ("department", "proxyAddresses", "userPrincipalName"),
                   witness=("accountEnabled",)),
)  # fmt: skip
REF = Ref(PEOPLE, "shared")
[REQUEST] = requests_of(REF, {}, None)
FAULTS = [fault for fault in GRAPH if not fault.apart and fault.only in where(REQUEST)[2]]


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    return Endpoint(*where(REQUEST), (REQUEST,), frozenset(), answered=True, filled=True)


def answer(blog: Living, world: World | None = None) -> Answered | Failed:
    [found] = (world or blog.read([REF])).answers.values()
    assert isinstance(found, Answered | Failed)
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_whatever_goes_wrong_is_no_answer_and_says_why(blog: Living, endpoint: Endpoint, fault: Fault) -> None:
    blog.fault(*endpoint.documents(fault))
    found = answer(blog)
    assert isinstance(found, Failed), fault.happens
    assert fits(fault, found.cause, found.remedy), found


def test_page_by_page_it_is_what_it_is_at_once(blog: Living) -> None:
    whole = answer(blog)
    blog.page_size(1)
    blog.forget_log()
    paged = answer(blog)
    assert isinstance(whole, Answered)
    assert isinstance(paged, Answered)
    assert plain(whole.document) == plain(paged.document)
    assert paged.pages == len(paged.document) > 3
    assert {(entry["service"], entry["tenant"]) for entry in blog.wire()} == {exactly(REQUEST)[:2]}


def test_whoever_may_see_less_than_everything_gets_no_answer(blog: Living) -> None:
    """User.ReadBasic.All lists the same people, without what it does not show: null, as if they had none."""
    grant(blog, {"shared": ["User.ReadBasic.All"]})
    found = answer(blog, blog.read_anew(refs=[REF]))
    assert isinstance(found, Failed)
    assert "accountEnabled of an item is not shown, which takes" in found.cause
