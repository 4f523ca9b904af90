"""What two values are shown as: one line each, no longer than a terminal, and never the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.report.shown import LONGEST, apart, shortened

Json = Any

TEXTS = st.text("ab\x00é{[", max_size=8).flatmap(lambda end: st.integers(0, 200).map(lambda count: "x" * count + end))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
ANOTHER = len(" (another)")


def certificate(number: int) -> Json:
    return {"customKeyIdentifier": f"{number:040}", "endDateTime": "2029-11-26T00:00:00Z", "key": None,
            "keyId": f"00000000-0000-4000-8000-{number:012}", "usage": "Sign"}  # fmt: skip


@given(VALUES, VALUES, st.sampled_from(["", "clientSecret", "keyCredentials"]))
def test_two_values_look_different_and_neither_is_longer_than_a_line(one: Json, other: Json, path: str) -> None:
    left, right = apart(one, other, path)
    assert left != right
    assert max(len(left), len(right) - ANOTHER) <= LONGEST


@given(TEXTS, TEXTS)
def test_of_a_secret_two_values_tell_no_more_than_one(one: str, other: str) -> None:
    left, right = apart(one, other, "clientSecret")
    assert (left, right.removesuffix(" (another)")) == (
        shortened(one, "clientSecret"),
        shortened(other, "clientSecret"),
    )


LONG = "https://signin.aws.amazon.com/saml#"
SIGNING = '[…, {"customKeyIdentifier": "0000<40 characters>"'
OLD = f'{{"Version": "2008-10-17", "Statement": [{", ".join("1" * 60)}]}}'
NEW = f'{{"Statement":[{",".join("1" * 60)}],"Version":"2012-10-17"}}'


@pytest.mark.parametrize(
    "one, other, shown",
    [
        (["a"], ["a", "b"], ('["a"]', '["a", "b"]')),
        ([certificate(1)], [certificate(1), certificate(2)], ("[…]", SIGNING)),
        ([f"{LONG}{n}" for n in range(5)], [f"{LONG}{n}" for n in (9, 4, 3, 2, 1, 0)], ("[…]", f'[…, "{LONG}9"]')),
        ({"a": "- " * 60, "b": 1}, {"a": "- " * 60, "b": 2}, ('{…, "b": 1}', '{…, "b": 2}')),
        ("- " * 90 + "one", "- " * 90 + "two", ("…" + "- " * 12 + 'one"', "…" + "- " * 12 + 'two"')),
        (OLD, NEW, ('{…, "Version": "2008-10-17"}', '{…, "Version": "2012-10-17"}')),
        ("k" * 200, "k" * 199 + "l", ('"kkkk<200 characters>"', '"kkkk<200 characters>" (another)')),
    ],
)  # fmt: skip
def test_of_what_is_too_long_that_is_shown_in_which_two_values_differ(
    one: Json, other: Json, shown: tuple[str, str]
) -> None:
    left, right = apart(one, other)
    assert left == shown[0]
    assert right.startswith(shown[1])
