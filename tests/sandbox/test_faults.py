"""What the sandbox does wrong on purpose."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Client
from xtcheck.sandbox import Sandbox, faults

PARTNERS = "/policies/crossTenantAccessPolicy/partners"


@pytest.fixture(autouse=True)
def _own_tokens(blog: Client) -> Any:
    """A fault of signing in befalls only whoever signs in: no token of an earlier test, also of another file."""
    blog.tokens.clear()
    yield
    blog.tokens.clear()


def test_a_status_comes_in_the_services_own_words(blog: Client) -> None:
    blog.fault({"status": 429, "retry-after": 3}, service="graph", tenant="one", path="/v1.0/users*")
    answer = blog.graph("one", "/users?$select=id")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert blog.graph("two", "/users").status_code == 200
    assert blog.graph("one", "/groups").status_code == 200


@pytest.mark.parametrize(
    "service, path, key",
    [("login", "/common/discovery/instance", "error_codes"), ("sts", "/aws/sts/", None), ("scim", "/scim/x", "detail")],
)
def test_each_service_has_its_own_errors(blog: Client, service: str, path: str, key: str | None) -> None:
    blog.fault({"status": 503, "code": "Throttling"}, service=service)
    answer = blog.http.get(blog.connection["tenants"]["one"]["endpoints"]["login"] + path)
    assert answer.status_code == 503
    assert (key in answer.json()) if key else ("<Code>Throttling</Code>" in answer.text)


def test_a_fault_wears_off(blog: Client) -> None:
    blog.fault({"status": 500}, times=2, path="/v1.0/organization")
    assert [blog.graph("one", "/organization").status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_can_wait_for_the_second_page(blog: Client) -> None:
    blog.admin.put("/page-sizes", json={"users": 2})
    blog.fault({"status": 403}, path="/v1.0/users*", page=2)
    first = blog.graph("one", "/users")
    assert first.status_code == 200
    assert blog.graph("one", first.json()["@odata.nextLink"]).status_code == 403


def test_a_cut_body_is_announced_whole(blog: Client) -> None:
    blog.fault({"cut": True}, path="/v1.0/users*")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        blog.graph("one", "/users")


def test_a_reset_gives_no_answer(blog: Client) -> None:
    blog.token("one")
    blog.fault({"reset": True}, path="/v1.0/users*")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        blog.graph("one", "/users")
    assert blog.admin.get("/log").json()["entries"][-1]["status"] == 0


def test_a_stall_lasts_until_the_client_gives_up(blog: Client) -> None:
    blog.token("one")
    blog.fault({"stall": True}, path="/v1.0/users*")
    with pytest.raises(httpx.ReadTimeout):
        blog.graph("one", "/users", timeout=0.1)


def test_a_delay_only_delays(blog: Client) -> None:
    blog.token("one")
    blog.fault({"delay": 0.2}, path="/v1.0/users*")
    with pytest.raises(httpx.ReadTimeout):
        blog.graph("one", "/users", timeout=0.05)
    assert blog.graph("one", "/users").status_code == 200


def test_a_body_is_sent_as_it_is(blog: Client) -> None:
    blog.fault({"body": "<html>proxy</html>", "content-type": "text/html"}, path="/v1.0/users*")
    answer = blog.graph("one", "/users")
    assert (answer.text, answer.headers["content-type"]) == ("<html>proxy</html>", "text/html")


def test_an_empty_page_goes_on_until_the_fault_ends(blog: Client) -> None:
    blog.fault({"empty-page-with-next": True}, times=2, path="/v1.0/users*")
    link, counts = "/users?$select=id", []
    seen = set()
    while link:
        page = blog.graph("one", link).json()
        counts.append(len(page["value"]))
        link = page.get("@odata.nextLink", "")
        assert link not in seen
        seen.add(link)
    assert counts == [0, 0, 4]


def test_a_repeated_link_leads_back_to_itself(blog: Client) -> None:
    blog.admin.put("/page-sizes", json={"users": 2})
    blog.fault({"repeat-next": True}, path="/v1.0/users*", page=2)
    link = blog.graph("one", "/users").json()["@odata.nextLink"]
    assert blog.graph("one", link).json()["@odata.nextLink"] == link


def test_a_foreign_link_leaves_the_host(blog: Client) -> None:
    blog.fault({"foreign-next": True}, path="/v1.0/users*")
    assert blog.graph("one", "/users").json()["@odata.nextLink"].startswith("https://graph.example.com/")


def test_a_value_can_be_missing(blog: Client) -> None:
    blog.fault({"drop-value": True}, path="/v1.0/users*")
    assert "value" not in blog.graph("one", "/users").json()


def test_a_redirect_names_another_place(blog: Client) -> None:
    blog.fault({"redirect": "https://elsewhere.example/"}, path="/v1.0/users*")
    answer = blog.graph("one", "/users")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")


def test_a_token_can_be_for_another_tenant(blog: Client) -> None:
    blog.fault({"tid": "two"}, service="login", tenant="one")
    assert blog.graph("one", "/organization").json()["value"][0]["displayName"] == "AnyOrganizationTwo"


def test_a_token_can_be_expired(blog: Client) -> None:
    blog.fault({"expired": True}, service="login", tenant="one", times=1)
    answer = blog.graph("one", "/organization")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_redirect_may_ask_to_send_all_again(blog: Client) -> None:
    blog.fault({"redirect": "https://elsewhere.example/", "status": 307}, path="/v1.0/users*")
    assert blog.graph("one", "/users").status_code == 307


def test_a_retry_after_can_be_a_date(blog: Client) -> None:
    blog.fault({"status": 429, "retry-at": 60}, path="/v1.0/users*")
    told = parsedate_to_datetime(blog.graph("one", "/users").headers["retry-after"])
    assert 50 < (told - datetime.now(UTC)).total_seconds() < 61


def test_an_answer_can_stall_in_its_body(blog: Client) -> None:
    blog.token("one")
    blog.fault({"stall-in-body": True}, path="/v1.0/users*")
    with pytest.raises(httpx.ReadTimeout):
        blog.graph("one", "/users", timeout=0.2)


def test_bytes_can_be_spoilt(blog: Client) -> None:
    blog.fault({"content-type": "text/plain"}, path="/v1.0/users*")
    whole = blog.graph("one", "/users")
    assert whole.headers["content-type"] == "text/plain"
    blog.fault({"truncate": True}, path="/v1.0/users*")
    assert blog.graph("one", "/users").content == whole.content[: len(whole.content) // 2]
    blog.fault({"not-utf-8": True}, path="/v1.0/users*")
    with pytest.raises(UnicodeDecodeError):
        blog.graph("one", "/users").content.decode()


def test_values_can_be_odd(blog: Client) -> None:
    blog.fault({"odd-value": True}, path="/v1.0/users*")
    assert blog.graph("one", "/users").json()["value"] == {}
    blog.fault({"odd-count": True}, path="/v1.0/users*")
    document = blog.graph("one", "/users").json()
    assert document["@odata.count"] != len(document["value"])
    blog.fault({"put": {"displayName": "Somebody"}}, path="/v1.0/users*")
    assert {user["displayName"] for user in blog.graph("one", "/users").json()["value"]} == {"Somebody"}


@pytest.mark.parametrize("how", ["same", "changed"])
def test_an_item_can_come_twice_in_the_place_of_another(blog: Client, how: str) -> None:
    every = {user["id"]: user for user in blog.graph("one", "/users").json()["value"]}
    blog.admin.put("/page-sizes", json={"users": 2})
    blog.fault({"overlap": how}, path="/v1.0/users*")
    items, link = [], "/users"
    while link:
        page = blog.graph("one", link).json()
        items += page["value"]
        link = page.get("@odata.nextLink", "")
    ids = [item["id"] for item in items]
    assert (len(ids), len(set(ids))) == (len(every), len(every) - 1)
    again = [item for item in items if ids.count(item["id"]) == 2]
    assert (again[0] == again[1]) is (how == "same")


@pytest.mark.parametrize(
    "do, said",
    [
        ({"audience": "https://graph.example.com"}, "Invalid audience"),
        ({"not-yet-valid": True}, "not yet valid"),
        ({"lifetime": -1}, "expired"),
    ],
    ids=str,
)
def test_a_token_can_be_of_no_use(blog: Client, do: dict[str, Any], said: str) -> None:
    blog.fault(do, service="login", tenant="one", times=1)
    answer = blog.graph("one", "/organization")
    assert answer.status_code == 401
    assert said in answer.json()["error"]["message"]


def test_a_clock_can_differ(blog: Client) -> None:
    blog.fault({"skew": 7200}, service="graph")
    ahead = parsedate_to_datetime(blog.graph("one", "/organization").headers["date"]) - datetime.now(UTC)
    assert 7100 < ahead.total_seconds() < 7300


def test_a_connection_that_fails_has_an_address_of_its_own() -> None:
    faults = [{"match": {"service": "graph", "tenant": "two"}, "do": {"connect": "untrusted"}}]
    with Sandbox("blog", faults=faults) as sandbox:
        tenants = sandbox.connection["tenants"]
        assert tenants["one"]["endpoints"]["graph"].removesuffix("/graph") == tenants["one"]["endpoints"]["login"]
        trust = ssl.create_default_context(cafile=sandbox.connection["ca"])
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(tenants["two"]["endpoints"]["graph"], verify=trust)


def test_a_connection_cannot_be_broken_once_its_address_is_known(blog: Client) -> None:
    answer = blog.admin.put("/faults", json=[{"do": {"connect": "refused"}}])
    assert (answer.status_code, "only before the start" in answer.json()["error"]) == (400, True)


def test_the_page_names_every_kind_of_fault() -> None:
    page = Path(__file__).resolve().parents[2].joinpath("docs", "sandbox.md").read_text(encoding="utf-8")
    known = {*faults.KINDS, *faults.DETAILS, *faults.MATCHES, *faults.DOORS}
    assert {word for word in known if f"`{word}`" not in page} == set()


def test_an_item_of_a_batch_is_faulted_alone(blog: Client) -> None:
    blog.fault({"status": 429, "retry-after": 7}, path="/v1.0/users*")
    items = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(("/users", "/groups"))]
    answer = blog.graph("one", "/$batch", method="POST", json={"requests": items})
    found = {one["id"]: (one["status"], one["headers"].get("Retry-After")) for one in answer.json()["responses"]}
    assert (answer.status_code, found) == (200, {"0": (429, "7"), "1": (200, None)})


def test_what_only_a_connection_suffers_befalls_the_whole_batch(blog: Client) -> None:
    blog.fault({"cut": True}, path="/v1.0/users*", times=1)
    items = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(("/users", "/groups"))]
    with pytest.raises(httpx.RemoteProtocolError):
        blog.graph("one", "/$batch", method="POST", json={"requests": items})
    assert blog.graph("one", "/$batch", method="POST", json={"requests": items}).status_code == 200


def test_an_item_that_is_no_json_comes_in_base64(blog: Client) -> None:
    blog.fault({"body": "<html>", "content-type": "text/html"}, path="/v1.0/users*")
    answer = blog.graph(
        "one", "/$batch", method="POST", json={"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    )
    [item] = answer.json()["responses"]
    assert (item["headers"], base64.b64decode(item["body"])) == ({"Content-Type": "text/html"}, b"<html>")


def test_an_item_is_logged_as_if_it_had_come_alone_with_its_page(blog: Client) -> None:
    blog.admin.put("/page-sizes", json={"users": 1})
    batch = {"requests": [{"id": "1", "method": "GET", "url": "/users?$select=id&$filter=userType%20eq%20'Member'"}]}
    first = blog.graph("one", "/$batch", method="POST", json=batch).json()["responses"][0]["body"]
    blog.graph("one", first["@odata.nextLink"])
    [entry, following] = blog.admin.get("/log").json()["entries"][-2:]
    [item] = entry["items"]
    assert (item["path"], item["page"], item["status"]) == (
        "/v1.0/users?$select=id&$filter=userType eq 'Member'",
        1,
        200,
    )
    assert (item["tenant"], item["write"], following["page"]) == ("one", False, 2)


def test_a_fault_on_an_aws_operation_is_matched_by_its_name(blog: Client) -> None:
    blog.fault({"status": 400, "code": "ThrottlingException"}, service="sso-admin", path="List*")
    url = blog.connection["aws"]["main"]["endpoints"]["sso-admin"] + "/"
    answer = blog.http.post(url, json={}, headers={"x-amz-target": "SWBExternalService.ListInstances"})
    assert (answer.status_code, answer.json()["__type"]) == (400, "ThrottlingException")
    entry = blog.admin.get("/log").json()["entries"][-1]
    assert (entry["path"], entry["write"]) == ("ListInstances", False)


@pytest.mark.parametrize(
    "document",
    [
        {"match": {}},
        {"do": {"explode": True}},
        {"do": {"status": "429"}},
        {"do": {"code": "X"}},
        {"do": {"status": 429}, "match": {"tennant": "one"}},
        {"do": {"status": 429}, "times": 0},
        {"do": {"overlap": "other"}},
        {"do": {"status": True}},
    ],
    ids=["nothing", "unknown kind", "wrong type", "detail only", "unknown match", "never", "unknown choice", "truth"],
)
def test_a_fault_that_is_not_understood_is_refused(blog: Client, document: dict[str, Any]) -> None:
    answer = blog.admin.put("/faults", json=[document])
    assert answer.status_code == 400
    assert "fault 0" in answer.json()["error"]
