"""Reading: nothing is written, each request is sent once, and a second check on an object costs none."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.gates import runs, scenario
from tests.gates.living import Living, counted, exactly, where
from tests.gates.tabled import collection, reads, stand_in
from xtcheck.forecast import forecast
from xtcheck.model import Answer, Answered, Check, Ref, Request, Verdict
from xtcheck.reader import read
from xtcheck.world import World

Json = Any


def signs_in(entry: Json) -> bool:
    """Whether a log's entry is about who is asking; a tenant's metadata is read from the same host."""
    return entry["service"] == "sts" or (entry["service"] == "login" and "federationmetadata" not in entry["path"])


def test_a_whole_run_writes_nothing_and_sends_each_request_once(blog: Living, tmp_path: Path) -> None:
    """A run of pytest as for live tenants; one test, because the run takes longer than all looks at its log."""
    config, secrets = runs.config_of(blog.connection, tmp_path)
    blog.forget_log()
    run = runs.pytest_run(config, secrets)
    entries, wire = blog.log(), blog.wire()

    assert run.code == 0, run.output
    assert {record["verdict"] for record in run.records} == {str(Verdict.COMPLIANT)}

    assert not [entry for entry in (*wire, *entries) if entry["write"]]
    assert {entry["method"] for entry in entries if entry["service"] == "graph"} == {"GET"}
    posts = {entry["path"] for entry in wire if entry["service"] == "graph" and entry["method"] != "GET"}
    assert posts == {"/v1.0/$batch", "/beta/$batch"}

    sent = counted(entry for entry in entries if not signs_in(entry))
    assert sent == Counter(map(exactly, reads(blog.good.answers)))

    tokens = Counter(entry["tenant"] for entry in entries if entry["path"].endswith("/oauth2/v2.0/token"))
    assert tokens == dict.fromkeys(scenario.config().estate.tenants, 1)
    assert [entry["path"] for entry in entries if entry["service"] == "sts"] == ["GetCallerIdentity"]


def test_each_page_of_a_request_is_sent_once(blog: Living) -> None:
    blog.page_size(1)
    blog.forget_log()
    world = blog.read()
    entries = blog.log()
    assert max(entry["page"] for entry in entries) > 1
    pages = Counter((entry["service"], entry["tenant"], entry["path"], entry["page"]) for entry in entries)
    by_operation = Counter(where(request) for request in world.answers)
    for (service, tenant, path, _), times in pages.items():
        # AWS's log has no parameters, so that requests of one operation look alike.
        assert times <= max(1, by_operation[service, tenant, path])
    answers = reads(world.answers).values()
    assert len(entries) == sum(answer.pages if isinstance(answer, Answered) else 1 for answer in answers)


def asked_for(good: World, refs: Iterable[Ref]) -> list[Request]:
    """The requests that reading some objects sends, in a world where everything answers."""
    sent: list[Request] = []

    async def answer(request: Request) -> Answer:
        sent.append(request)
        return stand_in(good.answers, request)

    asyncio.run(read(refs, answer))
    return [collection(request) for request in sent]


def by_evidence() -> list[list[Check]]:
    """The checks that look at the same objects, together."""

    def objects(check: Check) -> str:
        return " ".join(sorted(f"{ref.kind.name} {ref.place} {ref.key}" for ref in check.refs.values()))

    checks = sorted(scenario.evidenced(), key=objects)
    return [several for _, group in groupby(checks, key=objects) if len(several := list(group)) > 1]


def test_a_second_check_on_the_same_object_costs_no_request(running: Living) -> None:
    groups = by_evidence()
    assert groups
    for checks in groups:
        every = [ref for check in checks for ref in check.refs.values()]
        assert Counter(asked_for(running.good, every)) == Counter(asked_for(running.good, checks[0].refs.values()))


def test_a_check_alone_asks_for_its_own_evidence_and_nothing_else(running: Living) -> None:
    judged = scenario.judgements(running.good)
    for check in scenario.evidenced():
        asked = asked_for(running.good, check.refs.values())
        assert len(asked) == len(set(asked))
        assert set(asked) == set(map(collection, judged[check.name].evidence))


def test_all_checks_together_ask_for_nothing_twice(running: Living) -> None:
    asked = asked_for(running.good, scenario.wanted())
    assert Counter(asked) == Counter(map(collection, reads(running.good.answers)))


def test_what_reading_costs_is_foreseen(running: Living) -> None:
    sent = Counter((request.place, request.service) for request in reads(running.good.answers))
    foreseen = forecast(scenario.wanted())
    assert {(share.place, share.service) for share in foreseen} == set(sent)
    for share in foreseen:
        actual = sent[share.place, share.service]
        assert share.requests <= actual if share.more else share.requests == actual, share
