"""A collection is whole or it is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.scripted import Say, Scripted, ask, get
from xtcheck.model import Answered, Failed, Json

PATH = "/graph/v1.0/users"


def page(server: Scripted, *ids: str, then: str = "", **more: Json) -> Say:
    following: dict[str, Any] = {"@odata.nextLink": f"{server.url}{PATH}?$skiptoken={then}"} if then else {}
    return Say(body={"value": [{"id": name} for name in ids], **following, **more})


def read(server: Scripted, operation: str = "/users") -> Answered | Failed:
    [answer] = ask(server.tenant(), get(operation, many=True))
    assert isinstance(answer, Answered | Failed)
    return answer


def cause(server: Scripted) -> str:
    answer = read(server)
    assert isinstance(answer, Failed)
    return answer.cause


def test_all_pages_make_the_collection_and_an_empty_page_is_not_the_end(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, then="3"))
    server.on(f"{PATH}?$skiptoken=3", page(server, "b", "c"))
    answer = read(server)
    assert isinstance(answer, Answered)
    assert [item["id"] for item in answer.document] == ["a", "b", "c"]
    assert answer.pages == 3


def test_a_count_that_agrees_is_no_reason_to_fail(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2", **{"@odata.count": 2}))
    server.on(f"{PATH}?$skiptoken=2", page(server, "b"))
    assert isinstance(read(server, "/users?$count=true"), Answered)


def test_the_consistency_level_is_sent_for_every_page(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, "b"))
    read(server, "/users?$count=true")
    levels = [headers.get("consistencylevel") for _, path, headers in server.seen if path.startswith(PATH)]
    assert levels == ["eventual", "eventual"]


@pytest.mark.parametrize(
    "first, said",
    [
        pytest.param({}, "page 1 has no value", id="no-value"),
        pytest.param({"value": None}, "page 1 has no value", id="null"),
        pytest.param({"value": {"id": "a"}}, "page 1 has an object as value", id="object"),
        pytest.param({"value": [], "@odata.nextLink": None}, "a next link that is no text", id="null-link"),
        pytest.param({"value": [], "@odata.nextLink": ""}, "a next link that is no text", id="empty-link"),
        pytest.param({"value": [], "@odata.nextLink": "https://[x"}, "not a URL", id="no-url"),
        pytest.param({"value": [], "@odata.nextLink": "/v1.0/users"}, "another host", id="relative"),
        pytest.param(
            {"value": [], "@odata.nextLink": "https://127.0.0.1:1/x"}, "another host (127.0.0.1:1)", id="port"
        ),
        pytest.param(
            {"value": [], "@odata.nextLink": "https://evil.example/x"}, "another host (evil.example)", id="host"
        ),
        pytest.param({"value": [{"id": "a"}, {"id": "a"}]}, "brings a a second time", id="twice"),
        pytest.param({"value": [{"tenantId": "t"}, {"tenantId": "t"}]}, "brings t a second time", id="partner-twice"),
        pytest.param({"value": [], "@odata.count": 1}, "counts 1 items but sent 0", id="count"),
        pytest.param({"value": [], "@odata.count": True}, "count of the collection is true", id="odd-count"),
        pytest.param({"value": [{"m@odata.nextLink": "https://x"}]}, "m has more pages", id="expanded"),
    ],
)
def test_a_page_that_cannot_be_right_fails(server: Scripted, first: Json, said: str) -> None:
    server.on(PATH, Say(body=first))
    assert said in cause(server)


def test_a_link_that_was_followed_before_fails(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, "b", then="2"))
    assert "leads back" in cause(server)


@pytest.mark.parametrize("change", [("https://", "http://"), ("127.0.0.1:", "127.0.0.2:"), ("https://", "https://me@")])
def test_a_link_to_another_scheme_host_or_user_gets_no_token(server: Scripted, change: tuple[str, str]) -> None:
    link = f"{server.url}{PATH}?$skiptoken=2".replace(*change)
    server.on(PATH, Say(body={"value": [], "@odata.nextLink": link}))
    server.on(f"{PATH}?$skiptoken=2", page(server))
    assert "another host" in cause(server)
    assert server.count(f"{PATH}?$skiptoken=2") == 0


def test_an_item_that_comes_again_on_a_later_page_fails(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", page(server, "a"))
    assert "page 2 brings a a second time" in cause(server)


def test_a_later_page_that_is_refused_fails_the_whole(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(403, {"error": {"code": "Authorization_RequestDenied", "message": ""}}))
    assert "permission is missing" in cause(server)


def test_a_later_page_that_is_cut_fails_the_whole(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(body={"value": [{"id": "b" * 99}]}, cut=True))
    assert "cut the answer short" in cause(server)


def test_a_404_on_a_later_page_is_never_absence(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    server.on(f"{PATH}?$skiptoken=2", Say(404, {"error": {"code": "ResourceNotFound", "message": ""}}))
    [answer] = ask(server.tenant(), get("/users", many=True, absent=frozenset({"404"})))
    assert isinstance(answer, Failed)


def test_empty_pages_without_end_fail(server: Scripted) -> None:
    for number in range(200):
        server.on(f"{PATH}?$skiptoken={number}", page(server, then=str(number + 1)))
    server.on(PATH, page(server, then="0"))
    assert "empty pages in a row" in cause(server)


def test_a_page_where_a_document_was_asked_for_fails(server: Scripted) -> None:
    server.on(PATH, page(server, "a", then="2"))
    [answer] = ask(server.tenant(), get("/users"))
    assert isinstance(answer, Failed)
    assert "more pages than were asked for" in answer.cause
