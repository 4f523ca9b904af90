"""What documents have in common is kept once, and every document still says what it said."""

from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from xtcheck.clients.sharing import WORTH, Shared

LONG = "x" * WORTH
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "a", LONG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), max_size=4))
def test_every_document_says_what_it_said(documents: list[dict[str, object]]) -> None:
    before = copy.deepcopy(documents)
    shared = Shared()
    after = [shared.share(document) for document in documents]
    assert json.dumps(after) == json.dumps(before)


def test_equal_parts_are_one_at_any_depth() -> None:
    shared = Shared()
    one = shared.share({"directories": [{"objects": [LONG]}, {"id": 1}]})
    two = shared.share({"directories": [{"objects": [LONG]}, {"id": 2}]})
    assert one["directories"][0] is two["directories"][0]
    assert one["directories"][1] is not two["directories"][1]
