"""ARCHITECTURE.md: its new row works without another edit, and it names every dependency and module there is."""

from __future__ import annotations

import asyncio
import re
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement

from tests.docs.pages import ROOT, blocks, read
from xtcheck import config, policy
from xtcheck.commands import docs
from xtcheck.engine import read_world
from xtcheck.judge import judge
from xtcheck.kinds import access, groups
from xtcheck.kinds.mending import mending
from xtcheck.model import Check, Judgement, Kind, Setting, Verdict
from xtcheck.permissions import needed
from xtcheck.policy import places
from xtcheck.policy.schema import schema
from xtcheck.resolution import select
from xtcheck.values import Text

PARTNERS = "/tenants/shared/crossTenantAccessPolicy/partners"
PATH = f"{PARTNERS}/0e1d0a10-7c5f-4b6e-9a51-a1c0de000001/crossCloudMeetingConfiguration/inboundAllowed"


@contextmanager
def added(kind: Kind, row: Setting) -> Iterator[None]:
    """As if the row had stood in its table when the program was loaded; tables are frozen, hence the back door."""
    settings, trees = kind.settings, dict(places.TREES)
    object.__setattr__(kind, "settings", (*settings, row))
    try:
        places.TREES.update({subject: places._tree(subject) for subject in trees})
        yield
    finally:
        object.__setattr__(kind, "settings", settings)
        places.TREES.update(trees)


@pytest.fixture
def statement() -> Iterator[str]:
    """The policy that the page shows, with the page's row in the table."""
    [diff] = blocks("diff row")
    assert all(line.startswith("+") for line in diff.text.splitlines())
    text = textwrap.dedent("\n".join(line[1:] for line in diff.text.splitlines()))
    (row,) = eval(text, vars(access))  # noqa: S307  # the page's own text
    [shown] = blocks("yaml row")
    with added(access.PARTNER, row):
        yield shown.text


@pytest.fixture
def checks(statement: str, tmp_path: Path) -> list[Check]:
    file = tmp_path / "policy.yml"
    file.write_text(statement, encoding="utf-8")
    policies = policy.load([(file, "policy.yml")], config.load(ROOT / "sandbox.yml").estate)
    assert {path: str(mistakes) for path, mistakes in policies.mistakes.items()} == {}
    return list(policies.checks[file])


def test_the_row_gives_a_check_for_each_partner(checks: list[Check]) -> None:
    names = [check.name for check in checks]
    assert names == [
        "shared/partner.one.cross-cloud-meetings-inbound",
        "shared/partner.two.cross-cloud-meetings-inbound",
    ]


def test_the_row_is_in_the_schema(statement: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(yaml.safe_load(statement))
    assert not validator.is_valid(yaml.safe_load(statement.replace("inherit", "7")))


def test_a_wrong_value_of_the_row_is_a_mistake_with_a_place(statement: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text(statement.replace("inherit", "no"), encoding="utf-8")
    policies = policy.load([(file, "policy.yml")], config.load(ROOT / "sandbox.yml").estate)
    assert "policy.yml:4:49: true or false was expected, not 'no'; write false" in str(policies.mistakes[file])


def test_the_row_is_documented(statement: str) -> None:
    entry = docs.settings().partition("### `cross-tenant-access.partners.<partner>.cross-cloud-meetings-inbound`\n")[2]
    assert "`Policy.Read.All`" in entry.partition("###")[0]


@pytest.mark.usefixtures("statement")
def test_the_row_is_mended_as_its_kind_says() -> None:
    found = mending(access.PARTNER, access.PARTNER.settings[-1])
    assert [found.safety(before, after) for before, after in ((True, False), (False, True))] == ["safe", "unsafe"]


def test_the_row_says_what_it_needs(checks: list[Check]) -> None:
    assert needed(ref for check in checks for ref in check.refs.values()) == {"shared": {"Policy.Read.All"}}


def judged(checks: list[Check], *drift: dict[str, Any]) -> list[Judgement]:
    setup = config.load(ROOT / "sandbox.yml")
    assert setup.sandbox is not None
    setup = replace(setup, sandbox=replace(setup.sandbox, world="blog", drift=drift))
    world, _ = asyncio.run(read_world(setup, [ref for check in checks for ref in check.wanted], 60))
    return [judge(check, world) for check in checks]


def test_the_row_is_judged_on_what_the_service_says(checks: list[Check]) -> None:
    assert [judgement.verdict for judgement in judged(checks)] == [Verdict.COMPLIANT, Verdict.COMPLIANT]


def test_a_drift_of_the_row_fails_its_check_and_no_other(checks: list[Check]) -> None:
    one, two = judged(checks, {"op": "replace", "path": PATH, "value": True})
    assert (one.verdict, one.expected, one.observed) == (Verdict.DRIFT, "inherit", "true")
    assert two.verdict is Verdict.COMPLIANT


def test_a_row_of_a_selected_collection_joins_the_selection() -> None:
    assert "mailNickname" not in select(groups.GROUP)
    with added(groups.GROUP, Setting("nickname", Text(), "Its alias.", path="mailNickname")):
        assert "mailNickname" in select(groups.GROUP).split(",")


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    texts = project["dependencies"] + [text for extra in project["optional-dependencies"].values() for text in extra]
    names = {Requirement(text).name for text in texts} - {project["name"]}
    table = read("ARCHITECTURE.md").partition("## Dependencies")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| ([^|]+) \|", table)
    assert names - {name.strip() for row in rows for name in row.split(",")} == set()


def test_every_module_is_on_the_map() -> None:
    table = read("ARCHITECTURE.md").partition("## A map of the tree")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w./]+)`", table))
    package = ROOT / "xtcheck"
    modules = {path.name for path in package.glob("*.py") if not path.name.startswith("__")}
    folders = {f"{path.name}/" for path in package.iterdir() if (path / "__init__.py").exists()}
    assert named >= modules | folders
    assert {name for name in named if name.endswith((".py", "/"))} == modules | folders


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:tests|xtcheck|sandbox|clients|docs)/[\w/.]+)`", read("ARCHITECTURE.md"))
    there = [any((ROOT / folder / name).exists() for folder in ("", "xtcheck")) for name in named]
    assert [name for name, exists in zip(named, there, strict=True) if not exists] == []
