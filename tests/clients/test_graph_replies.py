"""What the Graph client takes for an answer, and what it does not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.clients.scripted import CLIENT, OTHER, TENANT, TOKEN, Say, Scripted, ask, get, jwt, token_response
from xtcheck.clients import Clients
from xtcheck.connection import EntraCredential
from xtcheck.model import Answered, Entrance, Failed, Nothing

PATH = "/graph/v1.0/organization"


def failure(server: Scripted, *, many: bool = False, absent: frozenset[str] = frozenset()) -> Failed:
    [answer] = ask(server.tenant(), get("/organization", many=many, absent=absent))
    assert isinstance(answer, Failed)
    assert "\n" not in answer.cause + answer.remedy
    assert "s3cret" not in answer.cause + answer.remedy
    assert "eyJ" not in answer.cause + answer.remedy
    assert answer.remedy
    return answer


def error(code: str, message: str = "") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": "4b1d"}}}


def test_a_document_is_answered_as_the_service_sent_it(server: Scripted) -> None:
    server.on(PATH, Say(body={"id": "x", "unknownKey": None}))
    [answer] = ask(server.tenant(), get("/organization"))
    assert isinstance(answer, Answered)
    assert answer.document == {"id": "x", "unknownKey": None}
    assert (answer.pages, answer.at.utcoffset() is not None) == (1, True)


def test_each_request_carries_the_token_and_an_id_of_its_own(server: Scripted) -> None:
    server.on(PATH, Say())
    ask(server.tenant(), get("/organization"), get("/organization?$select=id"))
    sent = [headers for method, path, headers in server.seen if path.startswith("/graph") and method == "GET"]
    assert {headers["authorization"].split(".")[0] for headers in sent} == {f"Bearer {jwt().split('.')[0]}"}
    assert len({headers["client-request-id"] for headers in sent}) == 2


def test_requests_at_the_start_share_one_token(server: Scripted) -> None:
    server.on(PATH, Say())
    ask(server.tenant(), *(get(f"/organization?$top={number}") for number in range(12)))
    assert server.count(TOKEN) == 1


def test_a_beta_operation_goes_to_the_beta_version(server: Scripted) -> None:
    server.on("/graph/beta/organization", Say(body={"beta": True}))
    [answer] = ask(server.tenant(), get("beta:/organization"))
    assert isinstance(answer, Answered)
    assert answer.document == {"beta": True}


def test_quotes_blanks_and_letters_of_the_world_arrive_encoded(server: Scripted) -> None:
    encoded = "/graph/v1.0/groups?$filter=displayName%20eq%20'DevOps%20%E2%80%93%20Shared'"
    server.on(encoded, Say(body={"value": []}))
    [answer] = ask(server.tenant(), get("/groups?$filter=displayName eq 'DevOps – Shared'", many=True))
    assert isinstance(answer, Answered), server.seen


def test_an_operation_that_is_no_path_is_a_fault_of_ours(server: Scripted) -> None:
    with pytest.raises(ValueError, match="begins with /"):
        ask(server.tenant(), get("https://elsewhere.example"))


@pytest.mark.parametrize(
    "say, cause",
    [
        pytest.param(
            Say(headers={"Content-Type": "text/html"}, body=b"<p>hi"), "not JSON (content type text/html)", id="html"
        ),
        pytest.param(Say(body=b'{"value": [1, 2'), "not whole JSON", id="unfinished"),
        pytest.param(Say(body=b'{"value": NaN}'), "NaN is not JSON", id="nan"),
        pytest.param(Say(body=b'{"a": "\xff"}'), "not UTF-8", id="latin-1"),
        pytest.param(Say(body=[1]), "a list, not a JSON object", id="list"),
        pytest.param(Say(body=b""), "not whole JSON", id="empty"),
        pytest.param(Say(body=error("Strange", "hm")), "status 200 Strange (hm), request-id 4b1d", id="error-in-200"),
        pytest.param(Say(body={"a": "b" * 100}, cut=True), "cut the answer short (tried 3 times)", id="cut"),
        pytest.param(
            Say(302, headers={"Location": "https://elsewhere.example/"}), "status 302: a redirect", id="redirect"
        ),
        pytest.param(Say(204, b""), "a success without content", id="no-content"),
        pytest.param(
            Say(400, error("Request_BadRequest", "no\tsuch\x1b[31m")),
            "status 400 Request_BadRequest (no such [31m)",
            id="400",
        ),
        pytest.param(Say(404, error("Request_ResourceNotFound")), "status 404 Request_ResourceNotFound", id="404"),
        pytest.param(
            Say(403, error("Authorization_RequestDenied", "Insufficient")),
            "permission is missing: status 403",
            id="403",
        ),
        pytest.param(
            Say(429, error("TooManyRequests")), "status 429 TooManyRequests, request-id 4b1d, to the last try", id="429"
        ),
        pytest.param(Say(503, b"<html>"), "status 503, to the last try", id="503"),
        pytest.param(Say(429, headers={"Retry-After": "999"}), "the wish to wait 999 s", id="long-wait"),
        pytest.param(Say(body={"members@odata.nextLink": "https://x"}), "members has more pages", id="expanded"),
    ],
)
def test_what_is_no_whole_document_fails(server: Scripted, say: Say, cause: str) -> None:
    server.on(PATH, say)
    assert cause in failure(server).cause


def test_a_long_message_is_shortened(server: Scripted) -> None:
    server.on(PATH, Say(400, error("Request_BadRequest", "x" * 5000)))
    assert len(failure(server).cause) < 300


def test_an_error_inside_an_error_message_is_found(server: Scripted) -> None:
    inner = json.dumps({"error": {"code": "SchemaInvalid", "message": "no mapping"}})
    server.on(PATH, Say(400, error("UnknownError", inner)))
    assert "SchemaInvalid (no mapping)" in failure(server).cause


def test_what_passes_is_asked_again(server: Scripted) -> None:
    server.on(PATH, Say(429, headers={"Retry-After": "0"}), Say(503), Say(body={"id": "x"}))
    [answer] = ask(server.tenant(), get("/organization"))
    assert isinstance(answer, Answered)
    assert server.count(PATH) == 3


def test_a_bad_request_is_asked_once(server: Scripted) -> None:
    server.on(PATH, Say(400, error("Request_BadRequest")))
    failure(server)
    assert server.count(PATH) == 1


def test_absence_is_what_the_api_documents_it_to_be(server: Scripted) -> None:
    server.on(PATH, Say(404, error("Request_ResourceNotFound")))
    [answer] = ask(server.tenant(), get("/organization", absent=frozenset({"404"})))
    assert isinstance(answer, Nothing)


def test_absence_may_be_a_code(server: Scripted) -> None:
    server.on(PATH, Say(400, error("Request_ResourceNotFound")))
    [answer] = ask(server.tenant(), get("/organization", absent=frozenset({"Request_ResourceNotFound"})))
    assert isinstance(answer, Nothing)


def test_a_404_that_is_not_the_service_speaking_is_no_absence(server: Scripted) -> None:
    server.on(PATH, Say(404, b"<html>nginx</html>", {"Content-Type": "text/html"}))
    assert "status 404" in failure(server, absent=frozenset({"404"})).cause


def test_a_refused_token_is_replaced_once(server: Scripted) -> None:
    server.on(PATH, Say(401, error("InvalidAuthenticationToken")), Say(body={"id": "x"}))
    [answer] = ask(server.tenant(), get("/organization"))
    assert isinstance(answer, Answered)
    assert server.count(TOKEN) == 2


def test_a_token_that_stays_refused_fails(server: Scripted) -> None:
    server.on(PATH, Say(401, error("InvalidAuthenticationToken", "Lifetime validation failed")))
    answer = failure(server)
    assert "the token is refused as out of date: status 401 InvalidAuthenticationToken" in answer.cause
    assert server.count(PATH) == 2


def test_synchronization_says_401_for_a_missing_permission(server: Scripted) -> None:
    path = "/servicePrincipals/5/synchronization/jobs"
    server.on(f"/graph/v1.0{path}", Say(401, error("UnknownError")))
    [answer] = ask(server.tenant(), get(path, many=True))
    assert isinstance(answer, Failed)
    assert answer.cause.startswith("permission is missing: status 401 UnknownError")
    assert server.count(TOKEN) == 1


@pytest.mark.parametrize(
    "say, cause, remedy",
    [
        pytest.param(
            token_response(OTHER),
            f"signed in to tenant {OTHER} instead of {TENANT}",
            "correct the id of one",
            id="other",
        ),
        pytest.param(
            Say(body={"token_type": "Bearer", "expires_in": 9, "access_token": "opaque"}),
            "opaque",
            "check",
            id="opaque",
        ),
        pytest.param(
            Say(body=b"<html>", headers={"Content-Type": "text/html"}), "cannot sign in to one", "check", id="html"
        ),
        pytest.param(Say(body={}), "cannot sign in to one", "check", id="nothing"),
        pytest.param(
            Say(500, b"oops", {"Content-Type": "text/plain"}),
            "without a token response",
            "check the login endpoint",
            id="500",
        ),
        pytest.param(Say(200, b"[1]"), "cannot sign in to one", "check", id="list"),
    ],
)
def test_without_the_tenant_s_own_token_nothing_is_read(server: Scripted, say: Say, cause: str, remedy: str) -> None:
    server.on(TOKEN, say)
    answers = ask(server.tenant(), get("/organization"), get("/users", many=True))
    for answer in answers:
        assert isinstance(answer, Failed)
        assert cause in answer.cause
        assert remedy in answer.remedy
    assert not [path for _, path, _ in server.seen if path.startswith("/graph")]


@pytest.mark.parametrize(
    "code, cause, remedy",
    [
        (7000222, "the client secret has expired", "${env.XT_TEST_SECRET} of one"),
        (7000215, "the client secret is wrong", "${env.XT_TEST_SECRET} of one"),
        (700016, "does not know the application", "in one"),
        (90002, "no tenant with this id in the cloud public", "id or cloud of one"),
        (99999, "Made up.", "see the credential client-secret"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(server: Scripted, code: int, cause: str, remedy: str) -> None:
    text = f"AADSTS{code}: Made up. Trace ID: abc Correlation ID: def Timestamp: x"
    server.on(TOKEN, Say(401, {"error": "invalid_client", "error_description": text, "error_codes": [code]}))
    answer = failure(server)
    assert cause in answer.cause
    assert f"AADSTS{code}" in answer.cause
    assert "abc" not in answer.cause
    assert remedy in answer.remedy


def test_a_wrong_secret_is_tried_once(server: Scripted) -> None:
    server.on(TOKEN, Say(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid."}))
    ask(server.tenant(), *(get(f"/organization?$top={number}") for number in range(5)))
    assert server.count(TOKEN) == 1


@pytest.mark.parametrize("number", ["900382", "900432", "900439"])
def test_a_tenant_of_another_cloud_is_told_from_one_that_does_not_exist(server: Scripted, number: str) -> None:
    text = f"AADSTS{number}: Confidential Client is not supported in Cross Cloud request."
    server.on(TOKEN, Say(400, {"error": "invalid_request", "error_description": text}))
    found = failure(server)
    assert "the tenant or the application is of another national cloud than public" in found.cause
    assert "cloud of one" in found.remedy


def test_a_secret_that_is_not_set_names_its_variable(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XT_TEST_SECRET")
    assert "XT_TEST_SECRET is not set" in failure(server).cause


def test_a_certificate_that_is_not_there_is_named(server: Scripted) -> None:
    credential = EntraCredential("certificate", CLIENT, certificate="/nowhere/key.pem")
    [answer] = ask(server.tenant(credential=credential), get("/organization"))
    assert isinstance(answer, Failed)
    assert "/nowhere/key.pem" in answer.cause


def entrance(server: Scripted, **claims: Any) -> Entrance:
    """How signing in ended, as it is told once, at the first sign-in of all."""
    server.on(TOKEN, token_response(**claims))
    server.on(PATH, Say())
    told: list[Entrance] = []

    async def run() -> None:
        async with Clients({"one": server.tenant()}, told=told.append) as clients:
            await asyncio.gather(*(clients.answer(get(f"/organization?$top={number}")) for number in range(3)))
            assert clients.entrances == {"one": told[0]}
            assert await clients.enter("one") == told[0]

    asyncio.run(run())
    assert server.count(TOKEN) == 1, "asking how it ended costs no second sign-in"
    [found] = told
    return found


def test_the_roles_of_the_token_are_known(server: Scripted) -> None:
    found = entrance(server, roles=["Policy.Read.All"], appid="of-the-token")
    assert (found.who, found.refused) == ("of-the-token", "")
    assert found.roles == frozenset({"Policy.Read.All"})


def test_an_application_without_any_permission_has_none(server: Scripted) -> None:
    assert entrance(server).roles == frozenset()


def test_a_persons_token_does_not_tell_what_it_may_read(server: Scripted) -> None:
    assert entrance(server, scp="Policy.Read.All", roles=["62e90394-69f5-4237-9190-012177145e10"]).roles is None


def test_who_does_not_get_in_is_told_once(server: Scripted) -> None:
    server.on(TOKEN, Say(401, {"error": "invalid_client", "error_description": "AADSTS7000222: Expired."}))
    told: list[Entrance] = []

    async def run() -> None:
        async with Clients({"one": server.tenant()}, told=told.append) as clients:
            await asyncio.gather(*(clients.answer(get(f"/organization?$top={number}")) for number in range(3)))

    asyncio.run(run())
    [found] = told
    assert "the client secret has expired" in found.refused
    assert (found.who, found.roles) == (CLIENT, None)
