"""Cut each: what comes incomplete or garbled is never taken for an answer, whichever collection it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import Living, alike, matching
from xtcheck.model import Answered, Ref, Request, Verdict

Json = Any
Fault = Callable[[Request], list[Json]]

NEXT = {"graph": "?again=*"}
"""How the address goes on that an emptied page names as its next; AWS has one operation for all pages."""


def once_then(request: Request, first: Json, later: Json) -> list[Json]:
    """One fault for the first page, another for what it leads to."""
    suffix = NEXT.get(request.service, "")
    return [
        {"match": matching(request), "do": first, "times": 1},
        {"match": matching(request, suffix), "do": later},
    ]


def always(do: Json) -> Fault:
    return lambda request: [{"match": matching(request), "do": do}]


def refused_later(request: Request) -> list[Json]:
    later = {"status": 403} if request.service == "graph" else {"status": 400, "code": "AccessDeniedException"}
    return once_then(request, {"empty-page-with-next": True}, later)


def cut_later(request: Request) -> list[Json]:
    return once_then(request, {"empty-page-with-next": True}, {"cut": True})


def never_ending(request: Request) -> list[Json]:
    do = {"empty-page-with-next": True}
    return [{"match": matching(request, suffix), "do": do} for suffix in {"", NEXT.get(request.service, "")}]


FAULTS: dict[str, Fault] = {
    "cut": always({"cut": True}),
    "refused-later": refused_later,
    "cut-later": cut_later,
    "empty-pages-forever": never_ending,
    "repeated-page": always({"repeat-next": True}),
    "foreign-page": always({"foreign-next": True}),
    "no-value": always({"drop-value": True}),
    "malformed": always({"body": '{"value": [{"id": "1"'}),
    "a-web-page": always({"body": "<html>sign in to the network</html>", "content-type": "text/html"}),
    "nothing": always({"body": ""}),
    "null": always({"body": "null"}),
    "another-list": always({"body": '{"value": {}, "unexpected": true}'}),
}
AFTERWARDS = ("repeated-page", "foreign-page")
"""The faults of which whoever wants the newest page alone sees nothing."""
WHOLE = ("cut", "malformed", "a-web-page", "nothing", "null")
"""The faults that a single document can have as well."""


def faults_of(ref: Ref) -> tuple[str, ...]:
    return tuple(FAULTS) if many(ref) else WHOLE


def many(ref: Ref) -> bool:
    source = ref.kind.source
    return type(source).__name__ == "List" or bool(getattr(getattr(source, "call", source), "many", False))


EVERY = scenario.sources()
CROSS = [(ref, name) for ref in EVERY for name in faults_of(ref)]
SAMPLE = [(ref, faults_of(ref)[number % len(faults_of(ref))]) for number, ref in enumerate(EVERY)]
"""Every object once, and every fault at least once."""


def named(pairs: list[tuple[Ref, str]]) -> list[str]:
    return [f"{scenario.title(ref)}-{name}" for ref, name in pairs]


def hold(blog: Living, ref: Ref, name: str) -> None:
    requests = scenario.own_requests(blog.good, ref)
    assert requests, f"{ref} is read by no request"
    blog.fault(*(fault for request in requests for fault in FAULTS[name](request)))
    found = scenario.verdicts(blog.read())
    seen = (request for request in alike(blog.good, requests) if name not in AFTERWARDS or request.many)
    hit = scenario.dependents(blog.good, seen)
    assert hit
    assert not {check: found[check] for check in hit if found[check] is not Verdict.UNKNOWN}
    assert not {check: how for check, how in scenario.moved(blog.verdicts, found).items() if check not in hit}


def test_the_sample_has_every_object_and_every_fault() -> None:
    assert {ref for ref, _ in SAMPLE} == set(EVERY)
    assert {name for _, name in SAMPLE} == set(FAULTS)


@pytest.mark.parametrize("ref, name", SAMPLE, ids=named(SAMPLE))
def test_a_damaged_answer_makes_its_checks_unknown_and_moves_no_other(blog: Living, ref: Ref, name: str) -> None:
    hold(blog, ref, name)


@pytest.mark.soak
@pytest.mark.parametrize("ref, name", CROSS, ids=named(CROSS))
def test_every_damage_to_every_answer(blog: Living, ref: Ref, name: str) -> None:
    hold(blog, ref, name)


def test_pages_of_one_item_each_are_put_together(blog: Living) -> None:
    blog.page_size(1)
    world = blog.read()
    assert scenario.verdicts(world) == blog.verdicts
    assert max(answer.pages for answer in world.answers.values() if isinstance(answer, Answered)) > 1


@pytest.mark.parametrize("do", [{"status": 403}, {"cut": True}], ids=["refused", "cut"])
def test_a_second_page_that_fails_takes_the_first_with_it(blog: Living, do: Json) -> None:
    blog.page_size(1)
    paged = [
        request
        for request, answer in blog.good.answers.items()
        if isinstance(answer, Answered) and request.many and len(answer.document) > 1
    ]
    assert {request.service for request in paged} >= {"graph", "identitystore"}
    for request in paged:
        # Every page after the first carries a token in its address; AWS's pages are told apart by number.
        blog.fault({"match": matching(request, "*" if request.service == "graph" else "", page=2), "do": do})
        found = scenario.verdicts(blog.read())
        hit = scenario.dependents(blog.good, alike(blog.good, [request]))
        assert not {check: found[check] for check in hit if found[check] is not Verdict.UNKNOWN}, request
        assert not {check: how for check, how in scenario.moved(blog.verdicts, found).items() if check not in hit}
