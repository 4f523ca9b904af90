"""The Markdown pages as data: their fenced blocks, by what each claims to be."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests import forked
from tests.forked import Ran

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"docs/settings.md", "docs/permissions.md"}
PAGES = [
    "README.md",
    "ARCHITECTURE.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
]
WRITTEN = [name for name in PAGES if name not in GENERATED]
FENCE = re.compile(r"(?ms)^```([^\n]*)\n(.*?)^```$")


@dataclass(frozen=True)
class Block:
    """One fenced block. ``kind`` is its info string: ``yaml config``, ``console``, ``sh``."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(*kinds: str) -> list[Block]:
    """The blocks of some kinds (all, when none is named) of every page that a person wrote."""
    return [block for block in _blocks() if not kinds or block.kind in kinds]


@cache
def _blocks() -> tuple[Block, ...]:
    return tuple(_found())


def _found() -> Iterator[Block]:
    for page in WRITTEN:
        text = read(page)
        for fence in FENCE.finditer(text):
            yield Block(page, text.count("\n", 0, fence.start()) + 1, fence[1], fence[2])


def commands() -> list[tuple[Block, str]]:
    """Every shell command with its block: the lines of ``sh`` blocks, and what follows ``$`` in transcripts."""
    found = []
    for block in blocks("sh", "console"):
        for line in block.text.splitlines():
            text = line.partition("   #")[0].strip()
            if block.kind == "console":
                text = text[2:] if text.startswith("$ ") else ""
            if text and not text.startswith("#"):
                found.append((block, text))
    return found


OF_MAKE = {"MAKEFLAGS", "MAKEOVERRIDES", "ARGS", "WORLD", "TESTS", "PYTHON"}
"""What `make test` may have been given for itself, which make hands on."""


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a command: of a plain terminal, with pytest's cache in ``folder``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "XT_")) and name not in OF_MAKE
    }
    addopts = f"-o cache_dir={shlex.quote(str(folder / 'cache'))} -p no:randomly"
    journals = str(folder / "journals")
    plain = {"COLUMNS": "80", "NO_COLOR": "1", "PYTEST_ADDOPTS": addopts, "PYTHONUTF8": "1"}
    return kept | plain | {"XT_JOURNALS": journals}


def run(
    arguments: list[str],
    folder: Path,
    *,
    cwd: Path = ROOT,
    more: Mapping[str, str] | None = None,
    seconds: float = 120,
) -> Ran:
    """``python`` with these arguments, to its end; ``more`` is what its environment holds besides."""
    return forked.run(arguments, cwd, {**surroundings(folder), **(more or {})}, seconds=seconds)


def make(command: str, folder: Path) -> Ran:
    """Run ``make demo …`` by what make would run last: all before it is the set-up of the .venv."""
    assignments, arguments = python_of(command)
    return run(arguments, folder, more=assignments)


def python_of(command: str) -> tuple[dict[str, str], list[str]]:
    """The environment and the arguments of Python that end a ``make`` command, as make itself tells them."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    told = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", *shlex.split(command)[1:]],  # noqa: S607  # whichever make a user would run
        cwd=ROOT,
        env=surroundings(ROOT),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    words = shlex.split(told.stdout.strip().splitlines()[-1])
    program = next(index for index, word in enumerate(words) if word.endswith("/python"))
    return dict(word.split("=", 1) for word in words[:program]), words[program + 1 :]
