"""``make demo`` holds each world against the policies that are meant for it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.docs.pages import python_of
from tests.docs.test_pages import Dated
from tests.examples.looking import NAMES, ROOT


@pytest.mark.parametrize("world", NAMES)
def test_a_world_with_policies_of_its_own_is_held_against_them(world: str) -> None:
    _, arguments = python_of(f"make demo WORLD={world}")
    assert arguments == ["-m", "pytest", f"--tenants=examples/{world}/config.yml"]


def test_a_world_with_a_play_is_played() -> None:
    _, arguments = python_of("make demo WORLD=empty ARGS='-k x'")
    assert arguments == ["examples/empty/play.py", "-k", "x"]


@pytest.mark.parametrize("world", ["blog", "drifted", "fleet-3"])
def test_any_other_world_is_held_against_the_usual_policies(world: str) -> None:
    environment, arguments = python_of(f"make demo WORLD={world} ARGS='-k x'")
    assert environment["XT_SANDBOX_WORLD"] == world
    assert arguments == ["-m", "pytest", "--tenants=sandbox.yml", "-k", "x"]


def test_every_folder_of_the_examples_is_tested() -> None:
    assert {path.parent.name for path in (ROOT / "examples").glob("*/config.yml")} == {*NAMES, "empty"}


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples").rglob("policies/*.yml")), ids=lambda file: f"{file.parts[-3]}-{file.stem}"
)
def test_the_policies_fit_the_schema_that_they_name(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = text.partition("\n")[0].removeprefix("# yaml-language-server: $schema=")
    schema = json.loads((file.parent / named).read_text(encoding="utf-8"))
    for document in yaml.load_all(text, Loader=Dated):
        jsonschema.validate(document, schema)
