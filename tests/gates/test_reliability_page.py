"""docs/reliability.md shows what really is said; ``XT_UPDATE_GOLDEN=1 pytest tests/gates/test_reliability_page.py``."""

from __future__ import annotations

import gc
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.gates import scenario, told
from tests.gates.faults import AWS, DOORS, LOGIN, PASSING, STS, WEB, Fault
from tests.gates.living import HASTE, Living
from tests.gates.told import Told
from xtcheck.clients import Patience, aws_session, entra_credentials

# urllib3 leaves the socket of an answer that was cut to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

PAGE = scenario.ROOT / "docs" / "reliability.md"
HEAD = ("| what happens | a check says | what to do | again |", "|---|---|---|---|")
SILENCE = 2.5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Patience]:
    monkeypatch.setattr(aws_session, "SILENCE", SILENCE)
    options = {**entra_credentials.OPTIONS, "read_timeout": SILENCE, "retry_backoff_factor": 0.01}
    monkeypatch.setattr(entra_credentials, "OPTIONS", options)
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    yield replace(HASTE, silence=SILENCE)
    gc.collect()


def cell(text: str) -> str:
    """A text in a table: pipes and what looks like HTML are escaped."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def line(happens: str, said: Told) -> str:
    return f"| {cell(happens)} | {cell(said.cause)} | {cell(said.remedy)} | {'yes' if said.sent > 1 else 'no'} |"


def table(every: dict[Fault, Told]) -> Iterator[str]:
    yield from HEAD
    for fault, said in every.items():
        assert re.search(fault.cause, said.cause), (str(fault), said)
        assert re.search(fault.remedy, said.remedy), (str(fault), said)
        # Pages that follow are no repetitions.
        yield line(fault.happens, replace(said, sent=1) if fault.many else said)


def connections(alive: Living, patience: Patience) -> Iterator[str]:
    yield from HEAD[:1]
    yield from HEAD[1:]
    for kind, (happens, cause, remedy) in DOORS.items():
        every = {
            service: told.of_door(alive, service, kind, patience) for service in ("graph", "login", "sso-admin", "sts")
        }
        for service, said in every.items():
            assert re.search(cause, said.cause), (service, kind, said)
            assert re.search(remedy, said.remedy), (service, kind, said)
        shown = every["graph"]
        yield line(happens, replace(shown, sent=2 if "tried" in shown.cause else 1))


def passing() -> Iterator[str]:
    yield from ("| what happens |", "|---|")
    yield from (f"| {happens} |" for happens, _ in PASSING.values())


def test_the_page_shows_what_is_said(blog: Living, impatient: Patience) -> None:
    blog.page_size(2)
    made = {
        "passing": passing(),
        "graph": table(told.of_graph(blog, impatient)),
        **{
            faults[0].wire: table({fault: told.of_one(blog, fault, impatient) for fault in faults})
            for faults in (AWS, WEB, LOGIN, STS)
        },
        "connections": connections(blog, impatient),
    }
    text = PAGE.read_text(encoding="utf-8")
    fresh = text
    for name, lines in made.items():
        body = "\n".join(["", *lines, ""])
        before, mark, rest = fresh.partition(f"<!-- faults: {name} -->")
        assert mark, name
        fresh = before + mark + body + rest[rest.index("<!-- end -->") :]
    if os.environ.get("XT_UPDATE_GOLDEN"):
        PAGE.write_text(fresh, encoding="utf-8", newline="\n")
    assert fresh == PAGE.read_text(encoding="utf-8")
