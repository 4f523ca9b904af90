"""Batches of Microsoft Graph: who goes together, and that each item is judged as if it had come alone."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.scripted import HASTE, TOKEN, Say, Scripted, ask, get
from xtcheck.clients import Clients, Patience, Statistics
from xtcheck.model import Answer, Answered, Failed, Nothing, Request

Json = Any
BATCH = "/graph/v1.0/$batch"
GOOD = {"id": "good"}
A, B, C = (get(f"/{name}") for name in ("a", "b", "c"))


def answered(*items: Json) -> Say:
    """A batch's answer; items in another order than asked."""
    return Say(body={"responses": list(items)[::-1]})


def item(number: int, status: int = 200, body: Json = None, **headers: str) -> Json:
    plain = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return {"id": str(number), "status": status, "headers": plain, "body": GOOD if body is None else body}


def batches(server: Scripted, path: str = BATCH) -> list[Json]:
    """The items of every batch that was sent."""
    sent = zip(server.seen, server.bodies, strict=True)
    return [json.loads(body)["requests"] for (method, seen, _), body in sent if (method, seen) == ("POST", path)]


def singles(server: Scripted) -> list[str]:
    return [path for method, path, _ in server.seen if method == "GET" and path.startswith("/graph")]


def documents(answers: list[Answer]) -> list[Json]:
    assert all(isinstance(answer, Answered) for answer in answers), answers
    return [answer.document for answer in answers if isinstance(answer, Answered)]


def test_what_is_ready_together_goes_together(server: Scripted) -> None:
    server.on(BATCH, answered(item(0, body={"n": 0}), item(1, body={"n": 1}), item(2, body={"n": 2})))
    assert documents(ask(server.tenant(), A, B, C)) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert singles(server) == []
    [sent] = batches(server)
    assert [(each["id"], each["method"], each["url"]) for each in sent] == [
        ("0", "GET", "/a"),
        ("1", "GET", "/b"),
        ("2", "GET", "/c"),
    ]
    [headers] = [headers for method, path, headers in server.seen if path == BATCH]
    assert headers["x-ms-throttle-priority"] == "low"


def test_a_single_request_goes_as_it_is(server: Scripted) -> None:
    server.on("/graph/v1.0/a", Say(body=GOOD))
    assert documents(ask(server.tenant(), A)) == [GOOD]
    assert batches(server) == []


def test_twenty_are_the_most(server: Scripted) -> None:
    twenty = answered(*(item(number) for number in range(20)))
    server.on(BATCH, twenty, answered(*(item(number) for number in range(3))))
    ask(server.tenant(), *(get(f"/x{number}") for number in range(23)))
    assert sorted(len(sent) for sent in batches(server)) == [3, 20]


def test_versions_are_not_mixed(server: Scripted) -> None:
    beta = "/graph/beta/$batch"
    server.on(BATCH, answered(item(0), item(1)))
    server.on(beta, answered(item(0), item(1)))
    documents(ask(server.tenant(), A, get("beta:/a"), B, get("beta:/b")))
    assert [[each["url"] for each in sent] for sent in batches(server) + batches(server, beta)] == [["/a", "/b"]] * 2


def test_an_item_has_the_headers_and_the_encoding_that_it_would_have_alone(server: Scripted) -> None:
    server.on(BATCH, answered(item(0, body={"value": [], "@odata.count": 0}), item(1)))
    ask(server.tenant(), get("/users?$count=true&$filter=displayName eq 'DevOps – X'", many=True), A)
    [[counted, plain]] = batches(server)
    assert counted["headers"] == {"ConsistencyLevel": "eventual"}
    assert counted["url"] == "/users?$count=true&$filter=displayName%20eq%20'DevOps%20%E2%80%93%20X'"
    assert "headers" not in plain


def test_pages_after_the_first_are_followed(server: Scripted) -> None:
    link = f"{server.url}/graph/v1.0/list?$skiptoken=x"
    server.on(BATCH, answered(item(0, body={"value": [{"id": "1"}], "@odata.nextLink": link}), item(1)))
    server.on("/graph/v1.0/list?$skiptoken=x", Say(body={"value": [{"id": "2"}]}))
    [found, _] = documents(ask(server.tenant(), get("/list", many=True), A))
    assert found == [{"id": "1"}, {"id": "2"}]


def test_a_page_elsewhere_gets_no_token(server: Scripted) -> None:
    server.on(BATCH, answered(item(0, body={"value": [], "@odata.nextLink": "https://evil.example/x"}), item(1)))
    [found, other] = ask(server.tenant(), get("/list", many=True), A)
    assert isinstance(found, Failed)
    assert "another host (evil.example)" in found.cause
    assert isinstance(other, Answered)


def test_what_becomes_columns_stays_out(server: Scripted) -> None:
    people = Request("one", "graph", "/users?$top=999", many=True, columns=("id",))
    server.on("/graph/v1.0/users", Say(body={"value": []}))
    server.on(BATCH, answered(item(0), item(1)))
    documents(ask(server.tenant(), A, people, B))
    assert [each["url"] for each in batches(server)[0]] == ["/a", "/b"]
    assert singles(server) == [f"/graph/v1.0{people.address}"]


def test_the_first_page_of_a_group_s_members_goes_with_others_and_later_ones_alone(
    server: Scripted, tmp_path: Path
) -> None:
    members = Request("one", "graph", "/groups/g/members?$top=999", many=True, columns=("@odata.type", "id", "mail"))
    later = f"{server.url}/graph/v1.0/groups/g/members?$skiptoken=x"
    person = {"@odata.type": "#microsoft.graph.user", "id": "1", "mail": None}
    body = {"value": [person], "@odata.nextLink": later}
    server.on(BATCH, answered(item(0), item(1, body=body)))
    server.on("/graph/v1.0/groups/g/members?$skiptoken=x", Say(body={"value": [{**person, "id": "2"}]}))
    [_, table] = documents(ask(server.tenant(), A, members, folder=lambda: tmp_path))
    assert list(table) == [person, {**person, "id": "2"}]
    assert [each["url"] for each in batches(server)[0]] == ["/a", "/groups/g/members?$top=999&$select=id,mail"]
    assert singles(server) == ["/graph/v1.0/groups/g/members?$skiptoken=x"]


def error(code: str) -> Json:
    return {"error": {"code": code, "message": "m", "innerError": {"request-id": "4b1d"}}}


HTML = b"<html>sign in</html>"


@pytest.mark.parametrize(
    "status, body, headers, request_",
    [
        pytest.param(403, error("Authorization_RequestDenied"), {}, A, id="403"),
        pytest.param(401, error("InvalidAuthenticationToken"), {}, A, id="401"),
        pytest.param(401, error("UnknownError"), {}, get("/servicePrincipals/x/synchronization/jobs"), id="401-sync"),
        pytest.param(404, error("Request_ResourceNotFound"), {}, A, id="404"),
        pytest.param(404, error("Request_ResourceNotFound"), {}, get("/a", absent=frozenset({"404"})), id="absent"),
        pytest.param(404, {}, {}, get("/a", absent=frozenset({"404"})), id="404-of-nobody"),
        pytest.param(404, HTML, {"Content-Type": "text/html"}, get("/a", absent=frozenset({"404"})), id="404-html"),
        pytest.param(400, error("Request_BadRequest"), {}, A, id="400"),
        pytest.param(410, error("Gone"), {}, A, id="410"),
        pytest.param(429, error("TooManyRequests"), {"Retry-After": "0"}, A, id="429"),
        pytest.param(429, error("TooManyRequests"), {"Retry-After": "999"}, A, id="429-too-long"),
        pytest.param(500, error("InternalServerError"), {}, A, id="500"),
        pytest.param(503, error("ServiceNotAvailable"), {}, A, id="503"),
        pytest.param(302, {}, {"Location": "https://evil.example"}, A, id="302"),
        pytest.param(200, error("Strange"), {}, A, id="error-in-200"),
        pytest.param(200, HTML, {"Content-Type": "text/html"}, A, id="html"),
        pytest.param(200, {"value": {}}, {}, get("/a", many=True), id="no-list"),
        pytest.param(200, {}, {}, get("/a", many=True), id="no-value"),
        pytest.param(200, {"value": [{"id": "1"}, {"id": "1"}]}, {}, get("/a", many=True), id="twice"),
        pytest.param(200, {"x@odata.nextLink": "https://x"}, {}, A, id="expanded"),
    ],
)
def test_an_item_comes_to_what_it_would_come_to_alone(
    server: Scripted, status: int, body: Json, headers: dict[str, str], request_: Request
) -> None:
    path = f"/graph/v1.0{request_.operation}"
    server.on(path, Say(status, body, headers))
    [alone] = ask(server.tenant(), request_)
    wrapped = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    ill = {**item(0, status, wrapped), "headers": {"Content-Type": "application/json"} | headers}
    server.on(BATCH, answered(ill, item(1)))
    [together, other] = ask(server.tenant(), request_, B)
    assert len(batches(server)) == 1
    assert isinstance(other, Answered)
    assert type(together) is type(alone)
    assert isinstance(alone, Failed | Nothing)
    if isinstance(alone, Failed) and isinstance(together, Failed):
        assert (together.cause, together.remedy) == (alone.cause, alone.remedy)


def test_a_body_that_is_no_object_is_none_in_a_batch_either(server: Scripted) -> None:
    cut = base64.b64encode(b'{"value": [1').decode()
    bodies: list[Json] = [cut, None, [], 1]
    for body in bodies:
        server.on(BATCH, answered({**item(0), "body": body}, item(1)))
        [ill, other] = ask(server.tenant(), A, B)
        assert isinstance(ill, Failed)
        assert "not a JSON object" in ill.cause
        assert isinstance(other, Answered)


def test_only_what_was_refused_for_haste_is_sent_again_when_it_may(server: Scripted) -> None:
    late = {"Retry_After": "1"}
    server.on(
        BATCH,
        answered(item(0), item(1, 429, {}, **late), item(2, 429, {}, Retry_After="0")),
        answered(item(0, body={"n": 1}), item(1, body={"n": 2})),
    )
    began = time.monotonic()
    assert documents(ask(server.tenant(), A, B, C)) == [GOOD, {"n": 1}, {"n": 2}]
    assert time.monotonic() - began > 0.9
    assert [[each["url"] for each in sent] for sent in batches(server)] == [["/a", "/b", "/c"], ["/b", "/c"]]


def test_a_storm_of_refusals_only_makes_it_later(server: Scripted) -> None:
    refused = answered(*(item(number, 429, error("TooManyRequests"), Retry_After="0") for number in range(3)))
    server.on(BATCH, *[Say(429, headers={"Retry-After": "0"}), refused] * 4, answered(*map(item, range(3))))
    server.on("/graph/v1.0/a", *[Say(429)] * 8, Say(body=GOOD))
    patient = Patience(throttled=0.001)
    documents(ask(server.tenant(), A, B, C, patience=patient))
    documents(ask(server.tenant(), A, patience=patient))
    assert len(batches(server)) == 9


WRONG = {
    "cut": Say(body={"responses": [item(0), item(1)]}, cut=True),
    "500": Say(500),
    "503-page": Say(503, HTML, {"Content-Type": "text/html"}),
    "403": Say(403, error("Forbidden")),
    "405": Say(405),
    "redirect": Say(302, headers={"Location": "https://evil.example"}),
    "page": Say(body=HTML, headers={"Content-Type": "text/html"}),
    "garbled": Say(body=b'{"responses": [{"id": "0", "status": 200'),
    "empty": answered(),
    "no-list": Say(body={"responses": {}}),
    "one-missing": answered(item(1)),
    "one-twice": answered(item(0, body={"n": 1}), item(0, body={"n": 2}), item(1)),
    "no-status": answered({"id": "0", "body": {}}, item(1)),
    "strangers": answered(item(7), item(8)),
}


@pytest.mark.parametrize("name", WRONG)
def test_when_a_batch_goes_wrong_each_of_its_items_is_asked_alone(server: Scripted, name: str) -> None:
    server.on(BATCH, WRONG[name])
    server.on("/graph/v1.0/a", Say(body={"alone": True}))
    server.on("/graph/v1.0/b", Say(body=GOOD))
    [first, _] = documents(ask(server.tenant(), A, B))
    assert first == {"alone": True}
    assert len(batches(server)) == 1


def test_who_serves_no_batches_is_asked_for_one_only_once(server: Scripted) -> None:
    async def run() -> list[Answer]:
        async with Clients({"one": server.tenant()}, patience=HASTE) as clients:
            await asyncio.gather(*(clients.answer(request) for request in (A, B)))
            return list(await asyncio.gather(*(clients.answer(request) for request in (C, get("/d")))))

    server.on(BATCH, Say(403))
    for name in "abcd":
        server.on(f"/graph/v1.0/{name}", Say(body=GOOD))
    documents(asyncio.run(run()))
    assert len(batches(server)) == 1


def test_one_that_breaks_the_connection_takes_no_other_with_it(server: Scripted) -> None:
    server.on(BATCH, Say(body={"responses": [item(0), item(1)]}, cut=True))
    server.on("/graph/v1.0/a", Say(body={"x": "y" * 50}, cut=True))
    server.on("/graph/v1.0/b", Say(body=GOOD))
    [broken, other] = ask(server.tenant(), A, B)
    assert isinstance(broken, Failed)
    assert "cut the answer short (tried 3 times)" in broken.cause
    assert isinstance(other, Answered)


def test_a_token_that_a_batch_finds_refused_is_replaced_once(server: Scripted) -> None:
    server.on(BATCH, Say(401, error("InvalidAuthenticationToken")))
    server.on("/graph/v1.0/a", Say(body=GOOD))
    server.on("/graph/v1.0/b", Say(body=GOOD))
    documents(ask(server.tenant(), A, B))
    assert server.count(TOKEN) == 2


def test_the_cost_of_batches_is_counted(server: Scripted) -> None:
    async def run() -> Statistics:
        async with Clients({"one": server.tenant()}, patience=HASTE) as clients:
            await asyncio.gather(*(clients.answer(request) for request in (A, B, C)))
            return clients.statistics["one"]

    refused = item(1, 429, {}, Retry_After="0")
    server.on(BATCH, answered(item(0), refused, item(2)))
    server.on("/graph/v1.0/b", Say(body=GOOD))
    spent = asyncio.run(run())
    assert (spent.requests, spent.batches, spent.retries, spent.throttled) == (4, 1, 1, 1)
    assert spent.bytes > 100
    assert spent.seconds > 0
