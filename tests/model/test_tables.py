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
from xtcheck.tables import Decoder, Misread, Table, Writer, scratch

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
