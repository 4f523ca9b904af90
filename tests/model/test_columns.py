"""Requests for columns: what they select, that those of one collection are read at once, and what answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.model.evidence import NOW, answered, failed
from tests.model.test_reader import Service, world
from tests.model.test_resolution import LIST, ref
from xtcheck.errors import Uninterpretable
from xtcheck.forecast import forecast
from xtcheck.model import Answer, Columns, Each, Json, Kind, Present, Ref, Request, Unread
from xtcheck.reader import read
from xtcheck.tables import Table
from xtcheck.world import World

URL = "/users?$top=999"
GROUP = Kind("group-of", "group", home="tenant", parent=LIST, key="{group}", pick="name")


def people(name: str, *columns: str, parent: Kind | None = None, witness: tuple[str, ...] = ()) -> Kind:
    return Kind(name, name, home="tenant", parent=parent, source=Columns(URL, lambda _: columns, witness))


def wished(above: Json) -> Iterable[str] | None:
    fields: list[str] | None = above.get("wishes")
    return fields


WISHED = Kind("wished", "wished", home="tenant", parent=GROUP, source=Columns(URL, wished))
PLAIN = people("plain", "mail")
WATCHED = people("watched", "department", witness=("accountEnabled",))
WITHIN = Kind("within", "within", home="tenant", parent=PLAIN, source=Columns(URL, lambda _: ["surname"]))
LATER = Kind("later", "later", home="tenant", parent=PLAIN, source=Columns(URL, lambda _: ["mail"]))


class Tables(Service):
    """Answers a request for columns with a table that has them."""

    def __init__(self, documents: Mapping[str, Json], folder: Path) -> None:
        super().__init__(documents)
        self.folder = folder

    async def ask(self, request: Request) -> Answer:
        if not request.columns or request.place in self.documents:
            return await super().ask(request)
        self.asked[request] += 1
        return answered(Table.of([], request.columns, self.folder / str(len(self.asked))))


def columns(service: Service) -> list[tuple[str, ...]]:
    return [request.columns for request in service.asked if request.columns]


def group(name: str, *wishes: str) -> Json:
    return {"name": name, **({"wishes": list(wishes)} if wishes else {})}


def test_what_references_want_of_one_collection_is_read_at_once(tmp_path: Path) -> None:
    service = Tables({"GET /things": [group("A", "mail", "city"), group("B", "state")]}, tmp_path)
    refs = [ref(PLAIN), ref(WATCHED), ref(WISHED, "A"), ref(WISHED, "B")]
    found = world(service, *refs)
    assert columns(service) == [("accountEnabled", "city", "department", "id", "mail", "state")]
    documents = [evidence.document for evidence in map(found.evidence, refs) if isinstance(evidence, Present)]
    assert len(documents) == 4
    assert len(set(map(id, documents))) == 1
    assert [request.columns for request in found.answers if request.columns] == [
        ("id", "mail"), ("accountEnabled", "department", "id"), ("city", "id", "mail"), ("id", "state"),
    ]  # fmt: skip


def test_other_tenants_are_not_waited_for(tmp_path: Path) -> None:
    service = Tables({"GET /things": "none"}, tmp_path)
    elsewhere = Ref(PLAIN, "elsewhere")
    found = world(service, ref(WISHED), elsewhere)
    assert isinstance(found.evidence(elsewhere), Present)
    assert isinstance(found.evidence(ref(WISHED)), Unread)
    assert [str(request) for request in service.asked] == ["GET /things", f"GET {URL}&$select=id,mail"]


def test_where_nothing_is_wanted_nothing_is_read(tmp_path: Path) -> None:
    service = Tables({"GET /things": [group("A")]}, tmp_path)
    found = world(service, ref(WISHED)).evidence(ref(WISHED))
    assert found == Present(None, tuple(service.asked))
    assert columns(service) == []


def test_a_read_that_fails_leaves_all_who_wanted_it_without(tmp_path: Path) -> None:
    service = Tables({"GET /things": [group("A", "city")], "shared": "none"}, tmp_path)
    found = world(service, ref(PLAIN), ref(WISHED))
    assert [type(found.evidence(each)) for each in (ref(PLAIN), ref(WISHED))] == [Unread, Unread]
    assert len(columns(service)) == 1


def test_who_comes_later_is_answered_by_what_was_read_or_it_is_read_again(tmp_path: Path) -> None:
    service = Tables({}, tmp_path)
    found = world(service, ref(LATER))
    assert isinstance(found.evidence(ref(LATER)), Present)
    assert columns(service) == [("id", "mail")]
    service = Tables({}, tmp_path / "again")
    (tmp_path / "again").mkdir()
    found = world(service, ref(WITHIN))
    assert isinstance(found.evidence(ref(WITHIN)), Present)
    assert columns(service) == [("id", "mail"), ("id", "surname")]


OF_EACH = Kind(
    "of-each", "of each", home="tenant", parent=LIST,
    source=Each(Columns("/groups/{item.id}/members?$top=999", lambda _: ("@odata.type", "mail")), mark="id"),
)  # fmt: skip
"""The members of several groups."""


def test_tables_of_several_objects_are_one_with_whose_each_row_is(tmp_path: Path) -> None:
    service = Tables({"GET /things": [{"id": "a"}, {"id": "b"}]}, tmp_path)
    found = world(service, ref(OF_EACH)).evidence(ref(OF_EACH))
    assert isinstance(found, Present)
    assert [of for of, _ in found.document.tables] == ["a", "b"]
    assert found.document.columns == ("@odata.type", "id", "mail")
    asked = [request.address for request in service.asked if request.columns]
    assert asked == [f"/groups/{name}/members?$top=999&$select=id,mail" for name in ("a", "b")]


def test_of_several_tables_one_that_is_not_read_leaves_all_unread(tmp_path: Path) -> None:
    service = Tables({"GET /things": [{"id": "a"}, {"id": "b"}]}, tmp_path)
    read_ = world(service, ref(OF_EACH))
    refused = next(request for request in read_.answers if "/groups/b" in request.operation)
    found = World({**read_.answers, refused: failed()}, NOW).evidence(ref(OF_EACH))
    assert isinstance(found, Unread)
    assert found.permission == ""
    assert "/groups/b/members" in found.cause


def test_of_nobody_there_is_an_empty_table(tmp_path: Path) -> None:
    found = world(Tables({"GET /things": []}, tmp_path), ref(OF_EACH)).evidence(ref(OF_EACH))
    assert isinstance(found, Present)
    assert list(found.document) == []


def test_a_saved_table_answers_whoever_wants_no_more_than_it_has(tmp_path: Path) -> None:
    service = Tables({"GET /things": [group("A", "city")]}, tmp_path)
    saved = world(service, ref(PLAIN), ref(WISHED))
    saved.save(tmp_path / "world")
    loaded = World.load(tmp_path / "world")
    assert loaded.answers == saved.answers
    asked = Ref(people("other", "city", "mail"), "shared")
    found = loaded.evidence(asked)
    assert isinstance(found, Present)
    assert found.document.columns == ("city", "id", "mail")
    assert set(found.requests) <= set(loaded.answers)
    with pytest.raises(LookupError):
        loaded.evidence(Ref(people("more", "surname"), "shared"))


def test_a_failed_read_answers_nobody_else(tmp_path: Path) -> None:
    request = Request("shared", "graph", URL, many=True, columns=("id", "mail"))
    with pytest.raises(LookupError):
        World({request: failed()}, NOW).evidence(Ref(people("other", "id"), "shared"))


def test_the_forecast_counts_a_collection_once(tmp_path: Path) -> None:
    [share] = forecast([ref(PLAIN), ref(WATCHED), ref(WISHED)])
    assert str(share) == "graph 2+"
    [share] = forecast([Ref(Kind("none", "none", home="tenant", source=Columns(URL, lambda _: None)), "shared")])
    assert str(share) == "graph 0"


def test_a_fault_of_the_asker_is_not_swallowed() -> None:
    async def broken(_: Request) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(read([ref(PLAIN)], broken))


def test_the_address_names_the_columns() -> None:
    request = Request("shared", "graph", "/users", many=True, columns=("id", "mail"))
    assert (request.address, str(request)) == ("/users?$select=id,mail", "GET /users?$select=id,mail")
    assert Request("shared", "graph", "/users").address == "/users"


def crash(error: Exception) -> Kind:
    def fields(_: Json) -> Iterable[str]:
        raise error

    return Kind("crash", "crash", home="tenant", parent=LIST, source=Columns(URL, fields))


@pytest.mark.parametrize(
    "error, cause",
    [
        pytest.param(Uninterpretable("the rule ends too early", "correct it"), "the rule ends too early", id="unread"),
        pytest.param(TypeError("int"), "cannot be told from list", id="shape"),
        pytest.param(KeyError("rule"), "has no rule, without which", id="lacking"),
    ],
)
def test_where_it_cannot_be_told_what_is_wanted_nothing_is_known(tmp_path: Path, error: Exception, cause: str) -> None:
    kind = crash(error)
    found = world(Tables({"GET /things": []}, tmp_path), ref(kind)).evidence(ref(kind))
    assert isinstance(found, Unread)
    assert cause in found.cause
    assert found.remedy
