"""What is hidden is taken out of what a service says before that is shortened, so that no beginning of it is left."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clients.scripted import HASTE, Say, Scripted, ask, get
from tests.clients.test_aws import AMAZON, INSTANCES, caller
from xtcheck.clients.outcome import one_line
from xtcheck.clients.writers import Writers
from xtcheck.connection import Connection
from xtcheck.hiding import hiding, uncut
from xtcheck.model import Failed, Request
from xtcheck.writing import Refused, Write

SECRET = "".join(f"{number:04d}-secret." for number in range(100)).rstrip(".")
NAME = "${env.XT_LONG}"
MESSAGE = f"the value '{SECRET}' is not valid"
GROUP = Write("one", "graph", "POST", "/groups", {"description": SECRET}, idempotent=False)
SET = Write(
    "aws-main", "sso-admin", "", "create_permission_set",
    {"InstanceArn": "arn:aws:sso:::instance/ssoins-1111111111111111", "Name": "Admin"}, idempotent=False,
)  # fmt: skip


def graph(server: Scripted, path: str) -> Connection:
    server.on(f"/graph/v1.0{path}", Say(400, {"error": {"code": "BadRequest", "message": MESSAGE}}))
    return server.tenant()


def aws(server: Scripted) -> Connection:
    server.on("/sts", caller())
    server.on("/sso-admin", Say(400, {"__type": "com.amazonaws.sso#ValidationException", "message": MESSAGE}, AMAZON))
    return server.aws()


def written(connection: Connection, write: Write) -> str:
    async def send() -> str:
        async with Writers({connection.place: connection}, patience=HASTE) as writers:
            told = await writers.write(write)
        assert isinstance(told, Refused)
        return f"{told.cause} {told.remedy}"

    with hiding({SECRET: NAME}):
        return asyncio.run(send())


def read(connection: Connection, request: Request) -> str:
    with hiding({SECRET: NAME}):
        [answer] = ask(connection, request)
    assert isinstance(answer, Failed)
    return f"{answer.cause} {answer.remedy}"


def test_in_what_graph_says_when_it_is_written_to(server: Scripted) -> None:
    assert f"the value '{NAME}' is not valid" in written(graph(server, "/groups"), GROUP)


def test_in_what_graph_says_of_a_secret_that_only_its_writer_knows(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XT_LONG", SECRET)
    write = Write("one", "graph", "POST", "/groups", {"value": NAME}, idempotent=False, secrets=("XT_LONG",))
    connection = graph(server, "/groups")

    async def send() -> str:
        async with Writers({"one": connection}, patience=HASTE) as writers:
            return f"{await writers.write(write)}"

    assert f"the value '{NAME}' is not valid" in asyncio.run(send())
    assert SECRET.encode() in server.bodies[-1]


def test_in_what_graph_says_when_it_is_read(server: Scripted) -> None:
    assert f"the value '{NAME}' is not valid" in read(graph(server, "/organization"), get("/organization"))


def test_in_what_aws_says_when_it_is_written_to(server: Scripted) -> None:
    assert f"the value '{NAME}' is not valid" in written(aws(server), SET)


def test_in_what_aws_says_when_it_is_read(server: Scripted) -> None:
    assert f"the value '{NAME}' is not valid" in read(aws(server), INSTANCES)


OTHERS, ITS_OWN = st.text("xyz ….", max_size=300), st.text('abé"\n', min_size=6, max_size=300)


@given(OTHERS, ITS_OWN, OTHERS, st.integers(2, 250))
def test_wherever_a_message_is_cut_no_beginning_of_a_hidden_text_is_left(
    before: str, secret: str, after: str, limit: int
) -> None:
    with hiding({secret: NAME}):
        assert one_line(before + secret + after, limit) == one_line(before + NAME + after, limit)


@pytest.mark.parametrize("ellipsis", ["…", "..."])
@pytest.mark.parametrize(
    "said, shown",
    [
        ("no 0000-s", f"no {NAME}"),
        (f"no {SECRET[:150]}", f"no {NAME}"),
        (f"no {SECRET}", f"no {NAME}"),
        ("no 0000-", "no 0000-"),
        ("no secret", "no secret"),
    ],
    ids=["six characters", "more", "all", "too few to tell", "another text"],
)
def test_what_a_service_itself_has_cut_is_known_by_its_beginning(said: str, shown: str, ellipsis: str) -> None:
    assert uncut(f"{said}{ellipsis} and on{ellipsis}", {SECRET: NAME}) == f"{shown}{ellipsis} and on{ellipsis}"
