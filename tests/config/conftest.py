"""A folder with policies and files to refer to, and what config.yml is told when it stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xtcheck.config import Config, load
from xtcheck.errors import Mistakes

WORDS = {
    "<one>": "11111111-1111-4111-8111-111111111111",
    "<two>": "22222222-2222-4222-8222-222222222222",
    "<shared>": "33333333-3333-4333-8333-333333333333",
    "<client>": "aaaaaaaa-1111-4111-8111-111111111111",
    "<main>": 'federated-from: shared, account: "111122223333", region: us-east-1',
}
"""What is long and says nothing; texts of tests write the word for it."""

BASE = """\
policies: policies/
tenants:
  one: {id: <one>, role: source}
  shared: {id: <shared>, role: target}
topology: many-to-one
aws:
  main: {<main>}
"""

Loaded = Callable[[str], Config]
Told = Callable[[str], list[str]]


def spelled(text: str) -> str:
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    return text


def with_line(number: int, line: str) -> str:
    """The valid document with another line."""
    lines = BASE.splitlines()
    lines[number - 1] = line
    return spelled("\n".join(lines) + "\n")


def with_tenant(entries: str) -> str:
    return with_line(3, f"  one: {{id: <one>, role: source, {entries}}}")


def with_aws(entries: str) -> str:
    return with_line(7, f"  main: {{<main>, {entries}}}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


def furnish(folder: Path) -> None:
    for name in ("policies", "empty", "keys"):
        (folder / name).mkdir()
    (folder / "policies" / "target.yml").write_text("applies-to: link\n", encoding="utf-8")
    for name in ("ca.pem", "keys/me.pem"):
        (folder / name).write_text("", encoding="utf-8")


@pytest.fixture
def loaded(folder: Path) -> Loaded:
    """The config of a text."""

    def read(text: str) -> Config:
        path = folder / "config.yml"
        path.write_text(spelled(text), encoding="utf-8")
        return load(path, shown="config.yml")

    return read


@pytest.fixture
def told(loaded: Loaded) -> Told:
    """The mistakes of a text, without the file's name."""

    def read(text: str) -> list[str]:
        with pytest.raises(Mistakes) as caught:
            loaded(text)
        return [str(mistake).removeprefix("config.yml:") for mistake in caught.value.mistakes]

    return read
