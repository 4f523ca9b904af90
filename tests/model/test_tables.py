"""Tables: what goes in comes out, or is refused; nothing is read as something else than it is."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.model import Json
from xtcheck.properties import EXTENSION, FORMS, OBJECTS, Form, form
from xtcheck.tables import Decoder, Joined, Misread, Table, Writer, scratch

COLUMNS = ("assignedPlans", "department", "extension_a_team", "id", "onPremisesExtensionAttributes", "proxyAddresses",
           "accountEnabled")  # fmt: skip
TEXT = st.text(max_size=4) | st.sampled_from(['":', '"@odata.x":', "\\", "Ä\u2028", "\x00", "null"])
PLAN = st.fixed_dictionaries(dict.fromkeys(OBJECTS[Form.PLANS], TEXT | st.none()))
ATTRIBUTES = st.fixed_dictionaries(dict.fromkeys(OBJECTS[Form.ATTRIBUTES], st.none() | st.just("x")))
RIGHT = {
    "assignedPlans": st.lists(PLAN, max_size=2) | st.none(),
    "department": TEXT | st.none(),
    "onPremisesExtensionAttributes": ATTRIBUTES | st.none(),
    "proxyAddresses": st.lists(TEXT, max_size=2) | st.none(),
    "accountEnabled": st.booleans(),
}
OPTIONAL = {"extension_a_team": TEXT, "@odata.type": TEXT, "more": st.just({"department": "inside", "a": [1.5]})}
JUNK: st.SearchStrategy[Json] = st.sampled_from(
    [None, True, 0, 1.5, "x", "true", "", [], [None], [1], ["x"], [[]], {}, [{}], {"service": "x"}, ..., "\ud800"]
)


def rows(**changes: st.SearchStrategy[Json]) -> st.SearchStrategy[list[Json]]:
    return st.lists(st.fixed_dictionaries({**RIGHT, **changes}, optional=OPTIONAL), max_size=4).map(_numbered)


def _numbered(items: list[Json]) -> list[Json]:
    return [{"id": str(number), **item} for number, item in enumerate(items)]


def shown(items: list[Json]) -> list[Json]:
    """What a table should say of items."""
    return [
        {name: item[name] for name in sorted(COLUMNS) if name in item and (item[name] is not None or name in RIGHT)}
        for item in items
    ]


def written(items: bytes) -> list[Json]:
    writer = Writer(scratch() / uuid.uuid4().hex, COLUMNS)
    writer.add(Decoder(COLUMNS).frame(items))
    return list(writer.close().documents())


@given(rows(), st.booleans())
def test_what_is_documented_comes_back_as_it_was(items: list[Json], escaped: bool) -> None:  # noqa: FBT001
    assert written(json.dumps(items, ensure_ascii=escaped).encode()) == shown(items)


@given(st.data())
def test_what_is_not_is_refused_and_never_read_as_something_else(data: st.DataObject) -> None:
    items = data.draw(rows())
    for item in items:
        name = data.draw(st.sampled_from(COLUMNS))
        junk = data.draw(JUNK)
        item[name] = junk
        if junk is ...:
            del item[name]
    try:
        found = written(json.dumps(items).encode())
    except Misread:
        return
    assert found == shown(items)


def test_a_property_that_comes_twice_is_refused_wherever_it_stands() -> None:
    for items in (
        b'[{"id": "1", "mail": "a", "mail": "b"}]',
        b'[{"id": "1", "mail": "a"}, {"id" : "2", "id":"2", "mail": "\\":"}]',
    ):
        with pytest.raises(Misread, match="twice"):
            Decoder(("id", "mail")).frame(items)
    plan = b'{"assignedDateTime": "t", "capabilityStatus": "c", "service": "s", "service": "x", "servicePlanId": "p"}'
    with pytest.raises(Misread, match="twice"):
        Decoder(("assignedPlans",)).frame(b'[{"id": "1", "assignedPlans": [' + plan + b"]}]")


# --- items of several types -----------------------------------------------------------------------------------------

MEMBER = ("@odata.type", "accountEnabled", "displayName", "id", "mail", "userPrincipalName")
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"
SHOWN: dict[str, Json] = {"accountEnabled": True, "displayName": "Pat", "mail": None, "userPrincipalName": "pat@x"}


def member(type_: Json = USER, **changes: Json) -> Json:
    found = {"@odata.type": type_, "id": "1", **SHOWN, **changes}
    return {name: found[name] for name in sorted(found) if found[name] is not ...}


def members_written(*items: Json) -> list[Json]:
    writer = Writer(scratch() / uuid.uuid4().hex, MEMBER)
    writer.add(Decoder(MEMBER).frame(json.dumps(items).encode()))
    return list(writer.close().documents())


INNER = member(GROUP, accountEnabled=..., userPrincipalName=...)
PHONE = member("#microsoft.graph.device", mail=..., userPrincipalName=...)
ROBOT = member("#microsoft.graph.agentIdentity", accountEnabled=..., displayName=..., mail=..., userPrincipalName=...)


def test_items_of_several_types_keep_what_is_there_what_is_null_and_what_is_not() -> None:
    hidden = member(accountEnabled=None, displayName=None, userPrincipalName=None)
    for items in ([], [member(), INNER, PHONE, ROBOT], [hidden, ROBOT], [member("#microsoft.graph.agentUser")]):
        assert members_written(*items) == items


def test_null_for_what_a_type_has_not_is_as_if_it_was_not_there() -> None:
    assert members_written(member(GROUP, accountEnabled=None, userPrincipalName=None)) == [INNER]


@pytest.mark.parametrize(
    "item, missing",
    [
        pytest.param(member(accountEnabled=...), "accountEnabled", id="user"),
        pytest.param({**INNER, "displayName": ...}, "displayName", id="group"),
        pytest.param(member(...), "", id="no-type"),
        pytest.param(member(None), "", id="null-type"),
        pytest.param(member(5), "", id="odd-type"),
        pytest.param(member(displayName=5), "", id="number"),
        pytest.param(member(accountEnabled="true"), "", id="text"),
        pytest.param(member(GROUP, userPrincipalName=["x"]), "", id="list"),
    ],
)
def test_an_item_of_a_type_that_lacks_what_all_of_it_have_is_refused(item: Json, missing: str) -> None:
    with pytest.raises(Misread) as found:
        members_written(member(), {name: value for name, value in item.items() if value is not ...})
    assert found.value.missing == missing


def test_a_member_with_a_property_twice_is_refused() -> None:
    for name in ("mail", "@odata.type"):
        twice = json.dumps([member()]).replace(f'"{name}"', f'"{name}": "x", "@odata.id": "y", "{name}"')
        with pytest.raises(Misread, match="twice"):
            Decoder(MEMBER).frame(twice.encode())
    annotated = json.dumps([member()]).replace('"mail"', '"@odata.id": "y", "mail"')
    assert Decoder(MEMBER).frame(annotated.encode()).height == 1


def test_several_tables_are_one_that_says_whose_each_item_is(tmp_path: Path) -> None:
    one = Table.of([member(), {**INNER, "id": "2"}], MEMBER, tmp_path / "one")
    two = Table.of([member(displayName="Sam")], (*MEMBER, "department"), tmp_path / "two")
    both = Joined((("a", one), ("b", two)), ("@odata.type", "displayName", "id"))
    assert len(both) == 3
    assert list(both) == [
        {"@odata.type": USER, "displayName": "Pat", "id": "1", "@of": "a"},
        {"@odata.type": GROUP, "displayName": "Pat", "id": "2", "@of": "a"},
        {"@odata.type": USER, "displayName": "Sam", "id": "1", "@of": "b"},
    ]
    assert both.scan().collect().to_dicts() == list(both)
    assert [*both.documents(("id",))] == [{"id": "1", "@of": "a"}, {"id": "2", "@of": "a"}, {"id": "1", "@of": "b"}]
    assert Joined((), ("id",)).scan().collect().columns == ["id", "@of"]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_parts_are_of_a_bounded_size_and_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("xtcheck.tables.PART", 3)
    items = [{"id": str(number), "mail": None if number % 2 else "x"} for number in range(count)]
    table = Table.of(items, ("mail",), tmp_path / "[t]*")
    assert list(table) == list(table.documents()) == items
    assert table.scan().collect().to_dicts() == [{"id": item["id"], "mail": item["mail"]} for item in items]
    assert len(list(table.path.iterdir())) == max(1, -(-count // 3))
    assert Table.at(table.path, table.columns) == Table.found(table.place()) == table


@pytest.mark.parametrize("share", [2, 1000])
def test_an_id_that_comes_twice_is_found_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    monkeypatch.setattr("xtcheck.tables.AT_ONCE", share)
    items = [{"id": str(number)} for number in range(9)]
    assert Table.of(items, (), tmp_path / "once").twice() is None
    table = Table.of([*items, {"id": "4"}], (), tmp_path / "twice")
    assert (table.twice(), table.where("4")) == ("4", [4, 9])


def test_every_form_of_property_has_a_column() -> None:
    assert {form(name) for name in FORMS} == set(Form)
    assert form(f"{EXTENSION}a_b") is Form.TEXT
    assert Decoder(FORMS).frame(b"[]").height == 0


def test_what_a_process_keeps_ends_with_it() -> None:
    text = "from xtcheck.tables import scratch; print(scratch()); print(scratch().stat().st_mode)"
    done = subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True, check=True)
    folder, mode = done.stdout.split()
    assert not Path(folder).exists()
    assert os.name == "nt" or stat.S_IMODE(int(mode)) == 0o700
