"""The examples' policies against worlds of the sandbox, read in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.clients import Clients
from xtcheck.config import Config
from xtcheck.judge import judge
from xtcheck.model import Check, Judgement, Verdict
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox, drift

Json = Any

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("blog-literal", "decommissioned", "mesh", "one-to-many")

Judgements = Mapping[str, Judgement]
"""By the check's name."""
Drift = list[Json]
UNCHANGED = ""


@dataclass(frozen=True)
class Example:
    """One folder of examples/: its config, and what its policies state."""

    config: Config
    checks: tuple[Check, ...]

    def expecting(self, value: str) -> set[str]:
        """The names of the statements of presence that expect this."""
        return {each.name for each in self.checks if each.setting.presence and each.expected == value}


@cache
def example(name: str) -> Example:
    path = ROOT / "sandbox.yml" if name == "blog" else ROOT / "examples" / name / "config.yml"
    config = config_documents.load(path)
    files = [(file, file.name) for path in config.policies for file in policy.files(path)]
    policies = policy.load(files, config.estate)
    assert not policies.mistakes, [str(mistakes) for mistakes in policies.mistakes.values()]
    return Example(config, tuple(check for several in policies.checks.values() for check in several))


def looked(
    world: str, names: Iterable[str], drifts: Mapping[str, Drift] | None = None
) -> dict[tuple[str, str], Judgements]:
    """What comes of some examples in one world: by example and drift, each drift on its own; unchanged is ``""``.

    The examples must have the same tenants.
    """
    examples = {name: example(name) for name in names}
    refs = [ref for each in examples.values() for check in each.checks for ref in check.wanted]
    config = next(iter(examples.values())).config
    found: dict[tuple[str, str], Judgements] = {}

    async def look(sandbox: Sandbox) -> None:
        async with Clients(config_documents.overlay(config, sandbox.connection).connections) as clients:
            sandbox.state.snapshot()
            for title, operations in {UNCHANGED: [], **(drifts or {})}.items():
                drift.apply(sandbox.state, operations)
                seen = await read(refs, clients.answer)
                for name, each in examples.items():
                    found[name, title] = {check.name: judge(check, seen) for check in each.checks}
                sandbox.state.restore()

    with Sandbox(world) as sandbox:
        asyncio.run(look(sandbox))
        assert sandbox.state.log.counters["writes"] == 0, "whoever looks has written"
    return found


def names(judgements: Judgements, *verdicts: Verdict) -> set[str]:
    """Whose verdict is one of these."""
    return {name for name, judgement in judgements.items() if judgement.verdict in verdicts}


def told(judgements: Judgements, *verdicts: Verdict) -> dict[str, str]:
    """The same with the reasons: for a test's message."""
    return {name: f"{judgements[name].verdict}: {judgements[name].reason}" for name in names(judgements, *verdicts)}
