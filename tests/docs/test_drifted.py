"""docs/drifted.md: every change with exactly the checks that it fails, on its own and all together."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from tests.docs.pages import ROOT, read
from tests.gates import scenario
from xtcheck import config, policy
from xtcheck.clients import Clients
from xtcheck.commands.areas import areas
from xtcheck.model import Verdict
from xtcheck.reader import read as read_world
from xtcheck.sandbox import Sandbox, drift
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import drifted

ROW = re.compile(r"(?m)^\| ((?:[^|\\]|\\.)+) \| ((?:[^|\\]|\\.)+) \|$")
HEAD = "what was changed"
UNCOUNTED = {"one--shared/synchronization.licences"}
"""What is unknown, not drifted, after a change: who is in the scope of everybody is not counted."""


def listed() -> dict[str, frozenset[str]]:
    """The page's changes, each with the checks that it names."""
    rows = [row for row in ROW.findall(read("docs/drifted.md")) if row[0] != HEAD]
    return {plain(row[0].replace("\\|", "|")): frozenset(re.findall("`([^`]+)`", row[1])) for row in rows}


def changes(now: datetime) -> dict[str, list[Json]]:
    """The world's operations by what their comments say; a comment that begins with dots goes on with the last one."""
    found: list[tuple[str, list[Json]]] = []
    for operation in drifted.operations(now):
        comment = operation["comment"]
        if comment.startswith("…"):
            text, operations = found.pop()
            found.append((f"{text} {comment}", [*operations, operation]))
        else:
            found.append((comment, [operation]))
    return {plain(text): operations for text, operations in found}


def plain(text: str) -> str:
    words = " ".join(text.replace("…", " ").split())
    return words[0].lower() + words[1:]


@pytest.fixture(scope="module")
def failing() -> dict[str, frozenset[str]]:
    """For each change the checks that fail with it alone; under "" those of all that harm nobody; under "*" of all."""
    estate = config.load(ROOT / "sandbox.yml")
    files = [(file, file.name) for path in estate.policies for file in policy.files(path)]
    policies = policy.load(files, estate.estate)
    checks = [check for stated in policies.checks.values() for check in stated]
    refs = [ref for check in checks for ref in check.wanted]
    found: dict[str, frozenset[str]] = {}

    async def look(clients: Clients, name: str) -> None:
        world = await read_world(refs, clients.answer)
        judged = {check.name: scenario.judged(check, world).verdict for check in checks}
        found[name] = frozenset(name for name, verdict in judged.items() if verdict is not Verdict.COMPLIANT)
        uncounted = {check for check, verdict in judged.items() if verdict is Verdict.UNKNOWN}
        assert uncounted <= UNCOUNTED

    async def look_at_each(sandbox: Sandbox) -> None:
        state = sandbox.state
        each = changes(state.clock.now())
        harmless = [name for name, checks in listed().items() if not checks]
        async with Clients(config.overlay(estate, sandbox.connection).connections) as clients:
            for name in harmless:
                drift.apply(state, each.pop(name))
            await look(clients, "")
            state.snapshot()
            for name, operations in each.items():
                drift.apply(state, operations)
                await look(clients, name)
                state.restore()
            for operations in each.values():
                drift.apply(state, operations)
            await look(clients, "*")

    with Sandbox("blog") as sandbox:
        asyncio.run(look_at_each(sandbox))
    return found


def test_the_page_lists_every_change() -> None:
    assert set(changes(datetime.now(UTC))) == set(listed())


def test_changes_that_no_check_sees_fail_nothing(failing: dict[str, frozenset[str]]) -> None:
    assert failing[""] == set()


def test_each_change_fails_exactly_what_the_page_says(failing: dict[str, frozenset[str]]) -> None:
    alone = {name: checks for name, checks in failing.items() if name not in {"", "*"}}
    assert alone == {name: checks for name, checks in listed().items() if checks}


def test_every_area_of_the_tables_is_broken(failing: dict[str, frozenset[str]]) -> None:
    broken = {check.kind.area for check in scenario.checks() if check.name in failing["*"]}
    assert broken == set(areas())


def test_all_changes_together_fail_exactly_all_of_it(failing: dict[str, frozenset[str]]) -> None:
    assert failing["*"] == frozenset().union(*listed().values())
