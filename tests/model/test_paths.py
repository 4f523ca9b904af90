"""The lens: what it finds, where that stands, and what lacks when it finds nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xtcheck import paths
from xtcheck.model import Json
from xtcheck.paths import Found, Gone, Lack, get, parse

DOCUMENT: Json = {
    "a": {"b": None, "c": 1},
    "list": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "y", "v": 3}],
    "rules": [{"maps": [{"on": True, "t": "p"}, {"on": False, "t": "q"}]}, {"maps": [{"on": True, "t": "r"}]}, {}],
    "flat": [{"v": 1}, {"v": 2}],
}


@pytest.mark.parametrize(
    "path, value, pointer",
    [
        ("", DOCUMENT, ()),
        ("a.c", 1, ("a", "c")),
        ("a.b", None, ("a", "b")),
        ("list[k=x].v", 1, ("list", "0", "v")),
        ("list[k=y,v=3].v", 3, ("list", "2", "v")),
        ("rules[].maps[t=r].on", True, ("rules", "1", "maps", "0", "on")),
        ("rules[].maps[on=false].t", "q", ("rules", "0", "maps", "1", "t")),
    ],
)
def test_it_finds_a_value_and_its_place(path: str, value: Json, pointer: tuple[str, ...]) -> None:
    assert get(DOCUMENT, parse(path)) == Found(value, pointer)


def test_a_spread_joins_lists_and_single_values() -> None:
    assert get(DOCUMENT, parse("flat[].v")) == Found([1, 2])
    assert get(DOCUMENT, parse("rules[].maps")) == Found(
        [{"on": True, "t": "p"}, {"on": False, "t": "q"}, {"on": True, "t": "r"}]
    )


@pytest.mark.parametrize(
    "path, lack, at",
    [
        ("a.x", Lack.MISSING, "a.x"),
        ("a.b.c", Lack.NULL, "a.b"),
        ("x.y", Lack.MISSING, "x"),
        ("a.c.d", Lack.SHAPE, "a.c.d"),
        ("list.k", Lack.SHAPE, "list.k"),
        ("a[k=x]", Lack.SHAPE, "a[k=x]"),
        ("a[].b", Lack.SHAPE, "a[].b"),
        ("list[k=z].v", Lack.NONE, "list[k=z]"),
        ("list[k=y].v", Lack.MANY, "list[k=y]"),
        ("list[v=true].k", Lack.NONE, "list[v=True]"),
        ("rules[].maps[on=true].t", Lack.MANY, "rules[].maps[on=True]"),
        ("list[k=x].w", Lack.MISSING, "list[k=x].w"),
    ],
)
def test_it_says_what_lacks_and_where(path: str, lack: Lack, at: str) -> None:
    assert get(DOCUMENT, parse(path)) == Gone(lack, at)


def test_null_at_the_end_is_found_and_null_on_the_way_is_not() -> None:
    assert get({"a": None}, parse("a")) == Found(None, ("a",))
    assert get({"a": None}, parse("a.b")) == Gone(Lack.NULL, "a")
    assert get(None, parse("a")) == Gone(Lack.NULL, "the document")


@pytest.mark.parametrize("value", ["x]y", "a,b=c", "{slot}", "true", "1", "[", "", "ä – “"])
def test_a_slots_value_is_taken_literally(value: str) -> None:
    document = [{"k": value, "v": "right"}, {"k": True, "v": "wrong"}, {"k": 1, "v": "wrong"}]
    assert get(document, parse("[k={slot}].v", {"slot": value})) == Found("right", ("0", "v"))


def test_a_truth_value_is_not_a_number() -> None:
    assert get([{"on": 1, "v": "number"}], parse("[on=true].v")) == Gone(Lack.NONE, "[on=True]")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
STEPS = st.lists(st.sampled_from([".a", ".b", "[].c", "[a=x]", "[a=1,b=y]", "[b=true]"]), max_size=4).map("".join)


def follow(document: Json, pointer: tuple[str, ...]) -> Json:
    """The value at a JSON Pointer (RFC 6901)."""
    for part in pointer:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


@given(ANY, STEPS)
def test_a_pointer_leads_to_the_value(document: Json, path: str) -> None:
    found = get(document, parse(path))
    assume(isinstance(found, Found) and "[]" not in path)
    assert isinstance(found, Found)
    assert follow(document, found.pointer) == found.value


ITEMS = st.lists(st.fixed_dictionaries({}, optional={"b": st.just("x") | ANY, "c": ANY}), max_size=2)
LISTS = st.lists(st.fixed_dictionaries({}, optional={"a": ITEMS | ANY}), max_size=3)


@given(LISTS)
def test_a_pointer_after_a_spread_leads_to_the_value_that_was_picked(document: Json) -> None:
    found = get(document, parse("[].a[b=x]"))
    if isinstance(found, Found):
        assert follow(document, found.pointer) == found.value
        assert found.value["b"] == "x"


@given(ANY, STEPS)
def test_getting_from_any_document_is_an_answer(document: Json, path: str) -> None:
    assert isinstance(get(document, parse(path)), Found | Gone)


@given(STEPS)
def test_the_steps_of_a_path_print_as_the_path(path: str) -> None:
    assert "".join(map(str, parse(path))) == path.replace("true", "True")


def test_every_pick_of_an_empty_list_is_none() -> None:
    assert get([], (paths.Pick((("k", "v"),)),)) == Gone(Lack.NONE, "[k=v]")
