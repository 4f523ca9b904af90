"""The reader asks every request once, side by side, level by level, until all is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest

from tests.documents.estates import checks
from tests.model.evidence import answered, failed
from tests.model.test_resolution import CHILD, EACH, GRANDCHILD, ITEM, LIST, A, ref
from xtcheck.model import Answer, Json, Present, Ref, Request, Unread
from xtcheck.reader import read
from xtcheck.world import World


class Service:
    """Answers by operation, remembers what it was asked, and how many requests were open at once."""

    def __init__(self, documents: Mapping[str, Json]) -> None:
        self.documents = documents
        self.asked: Counter[Request] = Counter()
        self.open = self.most = 0

    async def ask(self, request: Request) -> Answer:
        self.asked[request] += 1
        self.open += 1
        self.most = max(self.most, self.open)
        for _ in range(3):
            await asyncio.sleep(0)
        self.open -= 1
        found = self.documents.get(str(request), "none")
        return failed("no answer") if found == "none" else answered(found)


def world(service: Service, *refs: Ref) -> World:
    return asyncio.run(read(refs, service.ask))


CHAIN = {"GET /things": [A], "GET /things/1/child": {"id": "2"}, "GET /grand/2/1": {"v": 3}}
LISTED: dict[str, Json] = {"sso-admin list_ids": ["1", "2", "3"]} | {
    f"sso-admin describe(Id={number})": {} for number in "123"
}


def test_every_request_is_sent_once_whoever_needs_it() -> None:
    service = Service(CHAIN)
    world(service, ref(GRANDCHILD), ref(CHILD), ref(ITEM), ref(LIST), ref(GRANDCHILD))
    assert set(service.asked.values()) == {1}
    assert len(service.asked) == 3


def test_each_level_is_read_by_what_the_one_above_said() -> None:
    found = world(Service(CHAIN), ref(GRANDCHILD)).evidence(ref(GRANDCHILD))
    assert isinstance(found, Present)
    assert found.document == {"v": 3}


def test_what_does_not_depend_on_each_other_is_read_side_by_side() -> None:
    service = Service(LISTED)
    world(service, ref(EACH))
    assert service.most == 3


def test_a_failure_ends_its_own_branch_only() -> None:
    service = Service({**CHAIN, "GET /grand/2/1": "none"})
    found = world(service, ref(GRANDCHILD), ref(CHILD))
    assert isinstance(found.evidence(ref(GRANDCHILD)), Unread)
    assert isinstance(found.evidence(ref(CHILD)), Present)


def test_nothing_is_asked_below_what_failed() -> None:
    service = Service({})
    world(service, ref(GRANDCHILD))
    assert [request.operation for request in service.asked] == ["/things"]


def test_no_reference_needs_no_request() -> None:
    service = Service({})
    assert world(service).answers == {}
    assert not service.asked


def test_a_fault_of_the_asker_is_not_swallowed() -> None:
    async def broken(_: Request) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(read([ref(LIST)], broken))


def test_many_checks_of_many_partners_need_few_requests() -> None:
    text = (
        "applies-to: {role: target}\ncross-tenant-access: {partners: {each-source: {state: present, trust-mfa: true}}}"
    )
    service = Service({})
    world(service, *(ref for check in checks(text) for ref in check.refs.values()))
    assert [str(request) for request in service.asked] == ["GET /policies/crossTenantAccessPolicy/partners"]


class Hanging:
    """Never answers, and takes its time to end; ``ended`` are the requests that were let go."""

    def __init__(self) -> None:
        self.asked, self.ended = Counter[Request](), Counter[Request]()
        self.both = asyncio.Event()

    async def ask(self, request: Request) -> Answer:
        self.asked[request] += 1
        if len(self.asked) == 2:
            self.both.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            self.ended[request] += 1
        raise AssertionError("nothing sets that event")


def test_nothing_is_under_way_any_more_when_reading_was_interrupted() -> None:
    service = Hanging()

    async def run() -> set[asyncio.Task[object]]:
        reading = asyncio.ensure_future(read([ref(LIST), ref(EACH)], service.ask))
        await service.both.wait()
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(run()) == set()
    assert service.ended == service.asked


def test_nothing_is_under_way_any_more_when_one_answer_was_a_fault_of_ours() -> None:
    service = Hanging()

    async def ask(request: Request) -> Answer:
        if service.asked:
            raise LookupError(str(request))
        return await service.ask(request)

    async def run() -> None:
        with pytest.raises(LookupError):
            await read([ref(LIST), ref(EACH)], ask)
        assert service.ended == service.asked != Counter()

    asyncio.run(run())
