"""A large collection becomes columns only when it is whole and every item is what is documented."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.scripted import Say, Scripted, ask
from xtcheck.clients import columns as columns_of_pages
from xtcheck.clients.exchange import Reply
from xtcheck.model import Answered, Failed, Json, Request
from xtcheck.tables import Table

PATH = "/graph/v1.0/users"
COLUMNS = ("accountEnabled", "department", "id", "proxyAddresses")


def user(name: str, **changes: Json) -> Json:
    return {"id": name, "accountEnabled": True, "department": None, "proxyAddresses": [], **changes}


def page(server: Scripted, *users: Json, then: str = "", **more: Json) -> Say:
    following: dict[str, Any] = {"@odata.nextLink": f"{server.url}{PATH}?$skiptoken={then}"} if then else {}
    return Say(body={**following, **more, "value": list(users)})


def read(server: Scripted, folder: Path, operation: str = "/users?$top=999", columns: tuple[str, ...] = COLUMNS) -> Any:
    request = Request("one", "graph", operation, many=True, columns=columns)
    [answer] = ask(server.tenant(), request, folder=lambda: folder)
    return answer


def cause(server: Scripted, folder: Path, **more: Any) -> str:
    answer = read(server, folder, **more)
    assert isinstance(answer, Failed)
    assert list(folder.iterdir()) == []
    return answer.cause


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three rows."""
    monkeypatch.setattr("xtcheck.tables.PART", 3)


def test_pages_become_a_table_with_what_was_selected(server: Scripted, tmp_path: Path) -> None:
    one, two = user("1", department="Ä – “x”"), user("2", accountEnabled=False, proxyAddresses=["SMTP:a@b.example"])
    server.on(f"{PATH}?$top=999&$select={','.join(COLUMNS)}", page(server, one, then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, then="3"))
    server.on(f"{PATH}?$skiptoken=3", page(server, {**two, "@odata.type": "#microsoft.graph.user"}))
    answer = read(server, tmp_path)
    assert isinstance(answer, Answered)
    table: Table = answer.document
    assert (answer.pages, table.rows, table.columns) == (3, 2, COLUMNS)
    assert list(table.documents()) == [one, two]
    assert table.path.parent == tmp_path


def test_every_page_goes_alone(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1")))
    requests = [Request("one", "graph", f"/users?$top={top}", many=True, columns=("id",)) for top in (998, 999)]
    ask(server.tenant(), *requests, folder=lambda: tmp_path)
    assert [method for method, path, _ in server.seen if path.startswith("/graph")] == ["GET", "GET"]


@pytest.mark.usefixtures("small")
def test_many_pages_become_several_parts_in_their_order(server: Scripted, tmp_path: Path) -> None:
    users = [user(str(number)) for number in range(10)]
    for number in range(1, 5):
        then = str(number + 1) if number < 4 else ""
        server.on(f"{PATH}?$skiptoken={number}", page(server, *users[2 * number : 2 * number + 2], then=then))
    server.on(PATH, page(server, *users[:2], then="1", **{"@odata.count": 10}))
    answer = read(server, tmp_path, "/users?$count=true")
    assert isinstance(answer, Answered)
    assert list(answer.document.documents()) == users
    assert len(list(answer.document.path.iterdir())) == 3


@pytest.mark.parametrize(
    "changes, said",
    [
        pytest.param({"department": 5}, "another shape than documented", id="number"),
        pytest.param({"department": True}, "another shape than documented", id="boolean"),
        pytest.param({"department": ["a"]}, "another shape than documented", id="list"),
        pytest.param({"accountEnabled": "true"}, "another shape than documented", id="text"),
        pytest.param({"proxyAddresses": "a"}, "another shape than documented", id="scalar"),
        pytest.param({"proxyAddresses": [1]}, "another shape than documented", id="numbers"),
        pytest.param({"proxyAddresses": [None]}, "another shape than documented", id="null-in-list"),
        pytest.param({"id": None}, "id of an item is not shown, which takes", id="no-id"),
        pytest.param({"accountEnabled": None}, "accountEnabled of an item is not shown, which takes", id="hidden"),
        pytest.param({"m@odata.nextLink": "https://x"}, "m has more pages", id="expanded"),
    ],
)
def test_an_item_that_is_not_what_is_documented_fails(
    server: Scripted, tmp_path: Path, changes: Json, said: str
) -> None:
    server.on(PATH, page(server, user("1"), user("2", **changes)))
    assert said in cause(server, tmp_path)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_property_that_was_selected_and_is_not_there_fails(server: Scripted, tmp_path: Path, name: str) -> None:
    users = [user("1"), user("2")]
    del users[1][name]
    server.on(PATH, page(server, *users))
    assert f"page 1: {name} of an item is not shown, which takes" in cause(server, tmp_path)


def test_a_directory_extension_without_a_value_is_left_out_by_the_service(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, {"id": "1"}, {"id": "2", "extension_a_team": "Blue"}))
    answer = read(server, tmp_path, columns=("extension_a_team", "id"))
    assert answer.document.scan().collect().rows() == [(None, "1"), ("Blue", "2")]
    assert list(answer.document.documents()) == [{"id": "1"}, {"extension_a_team": "Blue", "id": "2"}]


def test_objects_inside_are_kept_with_their_nulls(server: Scripted, tmp_path: Path) -> None:
    attributes = {f"extensionAttribute{number}": None for number in range(1, 16)}
    plan = dict.fromkeys(("assignedDateTime", "capabilityStatus", "service", "servicePlanId"), "x")
    users = [
        {"assignedPlans": [plan, {**plan, "service": None}], "id": "1", "onPremisesExtensionAttributes": attributes},
        {"assignedPlans": [], "id": "2", "onPremisesExtensionAttributes": None},
    ]
    server.on(PATH, page(server, *users))
    answer = read(server, tmp_path, columns=("assignedPlans", "id", "onPremisesExtensionAttributes"))
    assert list(answer.document.documents()) == users


def test_an_item_that_comes_again_fails(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, user("2"), user("1")))
    assert "page 2 brings 1 a second time: another item" in cause(server, tmp_path)
    server.on(f"{PATH}?$skiptoken=2", page(server, user("1", department="x")))
    assert "page 2 brings 1 a second time, changed" in cause(server, tmp_path)
    server.on(f"{PATH}?$skiptoken=2", page(server, user("2"), user("2", accountEnabled="changed")))
    assert "page 2 brings 2 a second time, changed" in cause(server, tmp_path)


@pytest.mark.usefixtures("small")
def test_a_service_that_begins_anew_under_ever_new_links_is_found_out(server: Scripted, tmp_path: Path) -> None:
    users = [user(str(number)) for number in range(4)]
    for number in range(100):
        server.on(f"{PATH}?$skiptoken={number}", page(server, *users, then=str(number + 1)))
    server.on(PATH, page(server, *users, then="0"))
    assert "a second time" in cause(server, tmp_path)
    assert server.count(f"{PATH}?$skiptoken=9") == 0


@pytest.mark.parametrize(
    "body, said",
    [
        pytest.param({"value": [], "@odata.count": 1}, "counts 1 items but sent 0", id="count"),
        pytest.param({"value": [], "@odata.count": True}, "count of the collection is true", id="odd-count"),
        pytest.param({}, "page 1 has no value", id="no-value"),
        pytest.param({"value": None}, "page 1 has no value", id="null"),
        pytest.param({"value": {}}, "page 1 has an object as value", id="object"),
        pytest.param({"value": [None]}, "another shape than documented", id="null-item"),
        pytest.param({"value": ["x"]}, "another shape than documented", id="text-item"),
        pytest.param({"value": [], "@odata.nextLink": None}, "a next link that is no text", id="null-link"),
        pytest.param({"value": [], "@odata.nextLink": "https://[x"}, "not a URL", id="no-url"),
        pytest.param({"value": [], "@odata.nextLink": "https://evil.example/x"}, "another host", id="host"),
        pytest.param({"value": [], "error": {"code": "Busy"}}, "an error came with", id="error"),
        pytest.param(b"null", "is null, not a JSON object", id="bare-null"),
        pytest.param(b"[]", "is a list, not a JSON object", id="bare-list"),
        pytest.param(b"", "not whole JSON", id="nothing"),
        pytest.param(b'{"value": [{"id": "1"}', "not whole JSON", id="truncated"),
        pytest.param(b'{"value": [{"id": "1"}]} x', "not whole JSON", id="more"),
        pytest.param(b'{"value": [{"id": NaN}]}', "not whole JSON", id="nan"),
        pytest.param(b'{"value": [{"id": "1", "x": "\xff"}]}', "not UTF-8", id="not-utf-8"),
        pytest.param(b'{"value": [{"id": "\\ud800 "}]}', "cannot be kept in columns", id="half-a-pair"),
    ],
)
def test_a_page_that_cannot_be_right_fails(server: Scripted, tmp_path: Path, body: Json, said: str) -> None:
    server.on(PATH, Say(body=body))
    assert said in cause(server, tmp_path, columns=("id",))


def test_a_link_that_was_followed_before_fails(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, user("2"), then="2"))
    assert "leads back" in cause(server, tmp_path)


def test_a_later_page_that_is_refused_or_cut_fails_the_whole(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(403, {"error": {"code": "Authorization_RequestDenied", "message": ""}}))
    assert "permission is missing" in cause(server, tmp_path)
    server.on(f"{PATH}?$skiptoken=2", Say(body={"value": [user("2" * 99)]}, cut=True))
    assert "cut the answer short" in cause(server, tmp_path)


def test_empty_pages_without_end_fail(server: Scripted, tmp_path: Path) -> None:
    for number in range(200):
        server.on(f"{PATH}?$skiptoken={number}", page(server, then=str(number + 1)))
    server.on(PATH, page(server, then="0"))
    assert "empty pages in a row" in cause(server, tmp_path)


def test_a_page_that_fails_does_not_wait_for_the_next_that_is_on_its_way(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1", department=5), then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(delay=20))
    began = time.monotonic()
    assert "another shape than documented" in cause(server, tmp_path)
    assert time.monotonic() - began < 15


def test_the_next_page_is_on_its_way_while_one_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    ids = columns_of_pages.Rows.ids

    async def fetch(url: str) -> Reply:
        happened.append(f"asked for {url[-1]}")
        link = {"@odata.nextLink": "https://x/2"} if url == "https://x/1" else {}
        body = json.dumps({**link, "value": [user(url[-1])]}).encode()
        return Reply(200, {"content-type": "application/json"}, body)

    def look(rows: columns_of_pages.Rows, items: bytes) -> list[str]:
        happened.append("looked")
        return ids(rows, items)

    monkeypatch.setattr(columns_of_pages.Rows, "ids", look)
    whole = asyncio.run(columns_of_pages.read(COLUMNS, "https://x/1", fetch, tmp_path / "table"))
    assert (whole.document.rows, whole.pages) == (2, 2)
    assert happened == ["asked for 1", "asked for 2", "looked", "looked"]


def test_a_404_on_a_later_page_is_never_absence(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(404, {"error": {"code": "ResourceNotFound", "message": ""}}))
    absent = Request("one", "graph", "/users", many=True, absent=frozenset({"404"}), columns=COLUMNS)
    [answer] = ask(server.tenant(), absent, folder=lambda: tmp_path)
    assert isinstance(answer, Failed)


def test_a_property_that_nobody_knows_is_a_fault_of_ours(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, {"id": "1", "shoeSize": 43}))
    with pytest.raises(LookupError, match="shoeSize is no property"):
        read(server, tmp_path, columns=("id", "shoeSize"))


def test_an_item_that_the_two_decoders_read_otherwise_fails() -> None:
    """One takes the last of two equal names, the other the first."""
    reply = Reply(200, {"content-type": "application/json"}, b'{"value": [{"id": "1", "id": "2"}]}')
    items, rest = columns_of_pages.opened(reply, 1)
    assert rest == {}
    assert json.loads(items) == [{"id": "2"}]


def test_a_compressed_page_is_read(server: Scripted, tmp_path: Path) -> None:
    body = gzip.compress(json.dumps({"value": [{"id": "1"}]}).encode())
    server.on(PATH, Say(body=body, headers={"Content-Encoding": "gzip"}))
    assert list(read(server, tmp_path, columns=("id",)).document) == [{"id": "1"}]
    encodings = [headers["accept-encoding"] for _, path, headers in server.seen if path.startswith(PATH)]
    assert all("gzip" in each for each in encodings)


def test_a_next_link_is_followed_as_it_stands(server: Scripted, tmp_path: Path) -> None:
    then = "a%2Fb%20c,d(e)'"
    server.on(PATH, page(server, user("1"), then=then))
    server.on(f"{PATH}?$skiptoken={then}", page(server, user("2")))
    assert read(server, tmp_path).document.rows == 2


def test_a_token_that_is_refused_on_a_later_page_is_renewed(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    refused = Say(401, {"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed"}})
    server.on(f"{PATH}?$skiptoken=2", refused, page(server, user("2")))
    assert read(server, tmp_path).document.rows == 2


def test_the_deadline_ends_a_read_between_its_pages(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1"), then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(delay=2))
    request = Request("one", "graph", "/users", many=True, columns=COLUMNS)
    [answer] = ask(server.tenant(), request, folder=lambda: tmp_path, deadline=0.5)
    assert isinstance(answer, Failed)
    assert "the deadline of 0.5 s passed" in answer.cause
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_no_answer(server: Scripted, tmp_path: Path) -> None:
    server.on(PATH, page(server, user("1")))
    request = Request("one", "graph", "/users", many=True, columns=COLUMNS)
    [answer] = ask(server.tenant(), request, folder=lambda: tmp_path / "gone")
    assert isinstance(answer, Failed)
    assert "cannot be kept on disk (No such file or directory)" in answer.cause
    assert "TMPDIR" in answer.remedy


def test_what_a_thread_still_writes_does_not_outlive_the_read(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def slowly(rows: columns_of_pages.Rows, items: bytes, ids: list[str]) -> None:
        time.sleep(0.6)
        take(rows, items, ids)
        taken.append(len(items))

    take = columns_of_pages.Rows.take
    monkeypatch.setattr("xtcheck.tables.PART", 1)
    monkeypatch.setattr(columns_of_pages.Rows, "take", slowly)
    server.on(PATH, page(server, user("1")))
    request = Request("one", "graph", "/users", many=True, columns=COLUMNS)
    [answer] = ask(server.tenant(), request, folder=lambda: tmp_path, deadline=0.4)
    assert isinstance(answer, Failed)
    assert len(taken) == 1
    assert list(tmp_path.iterdir()) == []
