"""Runs pytest as a user does: a process of its own, in a folder with a config.yml and policies."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import forked
from tests.forked import MEASURE

Json = Any

ROOT = Path(__file__).resolve().parents[2]
IDS = {
    "one": "0e1d0a10-7c5f-4b6e-9a51-a1c0de000001",
    "two": "0e1d0a10-7c5f-4b6e-9a51-a1c0de000002",
    "shared": "0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ff",
}
ACCOUNT = "111122223333"
UNHEARD = ("AWS_", "AZURE_", "CI", "BUILD_NUMBER", "FORCE_COLOR", "PYTEST_", "XT_")
"""What the surroundings may set and a run must not hear."""


@dataclass(frozen=True)
class Ran:
    """What came of a process. ``text`` is all that it printed."""

    code: int
    text: str

    def results(self) -> dict[str, int]:
        """The counts of pytest's last line: ``{"passed": 2}``."""
        last = next(line for line in reversed(self.text.splitlines()) if re.search(r" in [\d.]+s", line))
        return {word.rstrip("s"): int(count) for count, word in re.findall(r"(\d+) (\w+)", last.split(" in ")[0])}


def pytest(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run pytest in a folder."""
    return python(folder, "-m", "pytest", *arguments, **environment)


def measured(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run pytest in a folder, and have its coverage counted."""
    counting = {name: value for name, value in os.environ.items() if name.startswith(MEASURE)}
    return pytest(folder, *arguments, **counting, **environment)


def python(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run Python in a folder, with nothing of this run's surroundings that would change what it prints."""
    plain = {name: value for name, value in unmeasured().items() if not name.startswith(UNHEARD)}
    done = forked.run(
        arguments, folder, {**plain, "COLUMNS": "120", "PY_COLORS": "0", "PYTHONUTF8": "1", **environment}
    )
    return Ran(done.code, done.output)


def unmeasured() -> dict[str, str]:
    """The surroundings of a process whose coverage is not measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(MEASURE)}


def tenant(alias: str, **more: Json) -> Json:
    """The entry of one of the scenario's tenants in config.yml."""
    role = "target" if alias == "shared" else "source"
    return {"id": IDS[alias], "role": role, "label": f"AnyOrganization{alias.capitalize()}", **more}


def config(**more: Json) -> Json:
    """A config.yml with the scenario's tenants and its Identity Center, against the embedded sandbox."""
    return {
        "policies": "policies",
        "tenants": {alias: tenant(alias) for alias in IDS},
        "topology": "many-to-one",
        "aws": {"main": {"federated-from": "shared", "account": ACCOUNT, "region": "us-east-1"}},
        "sandbox": {"world": "blog"},
        **more,
    }


def write(folder: Path, document: Json, policies: Mapping[str, str]) -> Path:
    """Put config.yml and policies into a folder; every JSON document is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    for name, text in policies.items():
        path = folder / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder with what ``make`` leaves in it, made by one of xdist's workers for all of them."""
    import time

    done = folder.with_suffix(".done")
    try:
        folder.mkdir()
    except FileExistsError:
        while not done.exists():
            time.sleep(0.1)
        return folder
    try:
        make(folder)
    finally:
        done.touch()
    return folder
