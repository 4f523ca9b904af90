"""What the sandbox does wrong on purpose."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Client

PARTNERS = "/policies/crossTenantAccessPolicy/partners"


@pytest.fixture(autouse=True)
def _usual_tokens(blog: Client) -> Any:
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
    ],
    ids=["nothing", "unknown kind", "wrong type", "detail only", "unknown match", "never"],
)
def test_a_fault_that_is_not_understood_is_refused(blog: Client, document: dict[str, Any]) -> None:
    answer = blog.admin.put("/faults", json=[document])
    assert answer.status_code == 400
    assert "fault 0" in answer.json()["error"]
