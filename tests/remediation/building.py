"""The reference scenario from nothing, as a person builds it: one sandbox, and pytest in processes of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import forked
from tests.docs.pages import ROOT, surroundings
from tests.forked import Ran
from xtcheck.sandbox import Sandbox, console
from xtcheck.sandbox.admin import duration

Json = Any

CONFIG = "examples/empty/config.yml"
PORTAL = "corporateazureadtoaws"


@dataclass(frozen=True)
class Building:
    """A world ``empty`` that is served, and the environment in which examples/empty/config.yml finds it."""

    sandbox: Sandbox
    folder: Path
    environment: dict[str, str]

    @property
    def journals(self) -> list[Path]:
        """What runs have left, the oldest first."""
        return sorted((self.folder / "journals").glob("*.jsonl"))

    def command(self, *arguments: str) -> list[str]:
        """What Python is given to run pytest with the scenario's own policies; without options it only looks."""
        return ["-m", "pytest", f"--tenants={CONFIG}", "-q", "--tb=no", "-rN", *arguments]

    def run(self, *arguments: str, seconds: float = 120) -> Ran:
        """A whole run, to its end; without an option that allows it, it writes nothing."""
        before = len(self.writes())
        ran = forked.run(self.command(*arguments), ROOT, self.environment, seconds=seconds)
        assert forked.may_write(arguments) or len(self.writes()) == before, "a run without --remediate has written"
        return ran

    def build(self, *arguments: str) -> Ran:
        """The first act: all that an API can build."""
        return self.run("--remediate-unsafe", *arguments)

    def step(self, name: str, **entered: str) -> Json:
        """A person does something in the console."""
        with self.sandbox.state.lock:
            return console.play(self.sandbox.state, {"step": name, **entered})

    def finish_by_hand(self) -> None:
        """The second act: everything in the console that comes before the second run."""
        self.step("change-identity-source")
        scim = self.step("enable-provisioning")
        self.step("choose-portal", alias=PORTAL)
        self.environment.update(XT_SCIM_ENDPOINT=scim["endpoint"], XT_SCIM_TOKEN=scim["token"])

    def writes(self) -> list[str]:
        """What was written, in order: method or service, and path."""
        return [f"{entry.method} {entry.path}" for entry in self.sandbox.state.log.entries if entry.write]


@contextmanager
def building(folder: Path, world: str = "empty", reaction: str = "PT0S") -> Iterator[Building]:
    """A world that is served until the end; ``reaction`` is how long after a write its engines look."""
    with Sandbox(world) as sandbox:
        sandbox.state.reaction = duration(reaction)
        file = folder / "sandbox.json"
        file.write_text(json.dumps(sandbox.connection), encoding="utf-8")
        yield Building(sandbox, folder, surroundings(folder) | {"XT_SANDBOX": str(file)})
