"""A tenant with a crowd of users costs only whoever asks for everybody, and is judged again as it was read."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.snapshots.crowd import EVERYBODY, gather, home, run, served
from tests.snapshots.worlds import Json, Read, read_world
from xtcheck.judge import judge
from xtcheck.model import Answered, Columns, Source, Verdict

MOST = 1_500
"""Megabytes that the largest process of a run over a million users may hold; 1,081 were measured."""
MILLION = 1_000_000
OWN = 6
"""The people of the shared tenant besides."""


@pytest.fixture(scope="module")
def few() -> Read:
    return read_world("crowd-2000")


def lists_of_users(asked: Sequence[Json]) -> list[Json]:
    return [request for request in asked if request.operation.startswith("/users?")]


def is_of_everybody(source: Source | None) -> bool:
    return isinstance(source, Columns) and source.url.startswith("/users?")


def test_all_policies_hold(few: Read) -> None:
    assert {judge(check, few.world).verdict for check in few.checks} == {Verdict.COMPLIANT}


def test_only_rows_about_everybody_read_everybody(few: Read) -> None:
    asking = {check.name for check in few.checks if lists_of_users(judge(check, few.world).evidence)}
    sources = {check.name: [ref.kind.source for ref in check.refs.values()] for check in few.checks}
    meant = {name for name, each in sources.items() if any(is_of_everybody(source) for source in each)}
    assert asking == meant
    assert 0 < len(meant) < len(few.checks) / 20


def test_who_asks_for_everybody_gets_all_pages_and_only_what_was_selected(few: Read) -> None:
    lists = [request for request in lists_of_users(list(few.world.answers)) if request.place == "shared"]
    answers = [few.world.answers[request] for request in lists]
    assert len({id(answer) for answer in answers}) == 1
    answer = answers[0]
    assert isinstance(answer, Answered)
    assert answer.pages == 3
    assert len({user["id"] for user in answer.document}) == answer.document.rows == 2000 + OWN
    assert {frozenset(user) for user in answer.document} == {frozenset().union(*(request.columns for request in lists))}


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not tell what a process has held")
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_million_users_are_read_saved_and_judged_again(tmp_path: Path, options: tuple[str, ...]) -> None:
    with served(f"crowd-{MILLION}") as connection:
        config, secrets = home(connection, tmp_path)
        live = run(config, secrets, "--xt-save-world=world", *options)
    # The sandbox is gone: whatever were asked of it now would fail.
    again = run(config, secrets, "--xt-world=world", *options)
    sys.stdout.write(f"read and saved: {live}\njudged again: {again}\n")
    assert again.checks == live.checks
    assert {check["outcome"] for check in live.checks} == {"passed"}
    [everybody] = [check for check in live.checks if "test_everybody.py" in check["id"]]
    assert everybody["evidence"][0]["pages"] == -(-(MILLION + OWN) // 999)
    assert max(live.peak, again.peak) < MOST
    [manifest] = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "world").glob("manifest.json")]
    assert MILLION + OWN in counts(manifest)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not tell what a process has held")
def test_a_million_members_are_held_against_the_rule_that_selects_a_million(tmp_path: Path) -> None:
    with served(f"crowd-{MILLION}") as connection:
        gather(connection)
        config, secrets = home(connection, tmp_path, EVERYBODY)
        live = run(config, secrets, "--xt-save-world=world")
    again = run(config, secrets, "--xt-world=world")
    sys.stdout.write(f"read and saved: {live}\njudged again: {again}\n")
    assert again.checks == live.checks
    [check] = live.checks
    assert (check["outcome"], check["observed"]) == ("passed", f"{MILLION + OWN} members: all as the rule selects")
    assert max(live.peak, again.peak) < MOST


def counts(document: Json) -> set[int]:
    """Every ``count``, wherever it stands."""
    match document:
        case dict():
            own = {document["count"]} if isinstance(document.get("count"), int) else set()
            return own.union(*map(counts, document.values()))
        case list():
            return set().union(*map(counts, document))
    return set()
