"""Pages: all of them make the collection, and one that fails takes the others with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import Living, alike, matching
from xtcheck.model import Answered, Verdict

Json = Any

REFUSED = {"status": 403}


def test_pages_of_one_item_each_are_put_together(blog: Living) -> None:
    blog.page_size(1)
    world = blog.read()
    assert scenario.verdicts(world) == blog.verdicts
    assert max(answer.pages for answer in world.answers.values() if isinstance(answer, Answered)) > 1


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(REFUSED, id="refused"),
        pytest.param({"cut": True}, id="cut", marks=pytest.mark.soak),
        pytest.param({"overlap": "same"}, id="overlapping", marks=pytest.mark.soak),
        pytest.param({"overlap": "changed"}, id="overlapping-changed"),
    ],
)
def test_a_page_that_fails_takes_the_others_with_it(blog: Living, do: Json) -> None:
    blog.page_size(1)
    paged = [
        request
        for request, answer in blog.good.answers.items()
        if isinstance(answer, Answered) and request.many and len(answer.document) > 1
    ]
    assert {request.service for request in paged} >= {"graph", "identitystore"}
    later = {} if "overlap" in do else {"page": 2}  # an item must be seen before it can come again
    for request in paged:
        # Every page after the first carries a token in its address; AWS's pages are told apart by number.
        blog.fault({"match": matching(request, "*" if request.service == "graph" else "", **later), "do": do})
        hit = scenario.dependents(blog.good, alike(blog.good, [request]))
        # Once everything is read, so that nothing else moves; the others read what rests on the request.
        found = scenario.verdicts(blog.read() if do == REFUSED else blog.read_again_for(hit))
        assert not {check: found[check] for check in hit if found[check] is not Verdict.UNKNOWN}, request
        assert not {check: how for check, how in scenario.moved(blog.verdicts, found).items() if check not in hit}
