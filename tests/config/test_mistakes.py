"""Each mistake of config.yml: where it stands, what is wrong, what would be right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.config.conftest import BASE, Told, spelled, with_line
from xtcheck.config import load
from xtcheck.errors import Mistakes


class Case(NamedTuple):
    """The valid document with one line replaced, and everything that is said about it."""

    name: str
    number: int
    line: str
    said: list[str]


def cases() -> list[Case]:
    """Blocks of a name, ``number| line``, and the mistakes."""
    found = []
    for block in Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        name, *rest = block.split("\n")
        lines = [line.split("| ", 1) for line in rest if re.match(r"\d+\| ", line)]
        said = rest[len(lines) :]
        found.append(Case(name, int(lines[0][0]), "\n".join(line for _, line in lines), said))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(case: Case, told: Told) -> None:
    assert told(with_line(case.number, case.line)) == [spelled(said) for said in case.said]


def test_a_link_from_a_tenant_to_itself_is_refused(told: Told) -> None:
    text = BASE.replace("role: target", "role: both").replace(
        "topology: many-to-one", "links: [{from: shared, to: shared}]"
    )
    assert told(text) == ["5:9: shared cannot synchronize into itself; name two tenants"]


def test_two_links_that_pin_one_configuration_are_refused(told: Told) -> None:
    links = "links: [{from: one, to: shared, app: Sync}, {from: one, to: two, app: Sync}]"
    text = BASE.replace("topology: many-to-one", f"  two: {{id: <two>, role: target}}\n{links}")
    assert told(text) == [
        "6:45: another link from one pins 'Sync' too; a configuration has one target: pin the one of this link"
    ]


def test_no_tenants_is_a_mistake(told: Told) -> None:
    assert told("policies: policies/\ntenants: {}\ntopology: mesh\n") == [
        "2:10: tenants declares nothing; declare at least one, by an alias"
    ]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file_is_a_mistake(text: str, told: Told) -> None:
    assert told(text) == ["1:1: the file is empty; write one document with policies, tenants and topology"]


@pytest.mark.parametrize("text", ["policies", "- policies", "[]", "42"])
def test_a_document_that_is_no_mapping_is_a_mistake(text: str, told: Told) -> None:
    (said,) = told(text)
    assert said.startswith("1:1: config.yml must be a mapping, not ")


def test_a_file_that_is_not_there_is_a_mistake(folder: Path) -> None:
    with pytest.raises(
        Mistakes, match=r"^other\.yml:1:1: cannot read the file: .+; check the path and its permissions$"
    ):
        load(folder / "other.yml", shown="other.yml")


def test_a_folder_in_the_files_place_is_a_mistake(folder: Path) -> None:
    with pytest.raises(Mistakes, match="cannot read the file"):
        load(folder / "policies")


def test_a_file_that_is_not_utf8_is_a_mistake(folder: Path) -> None:
    (folder / "config.yml").write_bytes(b"policies: \xff\xfe")
    with pytest.raises(Mistakes, match="the file is not UTF-8; save it as UTF-8"):
        load(folder / "config.yml")


def test_a_name_that_no_file_can_have_is_a_mistake(told: Told) -> None:
    (said,) = told(with_line(1, f"policies: {'x' * 5000}"))
    assert said.startswith("1:11: ")


def test_a_file_whose_name_is_too_long_is_not_there(told: Told) -> None:
    (said,) = told(with_line(3, f"  one: {{id: <one>, role: source, ca-bundle: {'x' * 5000}}}"))
    assert "there is no file" in said


def test_all_mistakes_are_told_at_once_in_their_order(told: Told) -> None:
    text = """\
policies: nowhere
tenants:
  one: {id: contoso.com, role: sourc}
  shared: {id: <shared>, role: target, credential: {type: certificate}}
topology: many-to-on
aws:
  main: {federated-from: share, account: "1", region: x, scim: {}}
sandbox: {faults: none}
"""
    said = [mistake.partition("; ")[0] for mistake in told(text)]
    assert said == [
        "1:11: there is no 'nowhere'",
        "3:13: 'contoso.com' is a domain name, not a tenant ID",
        "3:32: 'sourc' is no role",
        "4:80: a credential of type certificate needs client-id",
        "4:80: a credential of type certificate needs certificate",
        "5:11: 'many-to-on' is no topology",
        "7:26: there is no tenant 'share'",
        "7:42: '1' is no AWS account id",
        "7:55: 'x' is no AWS region",
        "7:64: scim needs endpoint",
        "8:19: a list was expected, not one value",
    ]


def test_a_tenant_whose_role_is_mistaken_is_still_declared(told: Told) -> None:
    """So that the mistake is told once, not at every link and AWS entry that names the tenant."""
    text = BASE.replace("role: target", "role: targt").replace(
        "topology: many-to-one", "links: [{from: one, to: shared}]"
    )
    assert [said.partition(";")[0] for said in told(text)] == ["4:60: 'targt' is no role"]


def test_a_path_below_the_current_folder_is_shown_relative_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "policies" / "config.yml").write_text("", encoding="utf-8")
    monkeypatch.chdir(folder)
    with pytest.raises(Mistakes, match=r"^policies/config\.yml:1:1: "):
        load(folder / "policies" / "config.yml")
    monkeypatch.chdir(folder / "empty")
    with pytest.raises(Mistakes, match=r"/policies/config\.yml:1:1: "):
        load(folder / "policies" / "config.yml")


def test_null_in_a_values_place_is_no_text(told: Told) -> None:
    assert told(with_line(3, "  one: {id: <one>, role: source, label: null}")) == [
        "3:72: the value is empty; write one"
    ]


def test_an_account_without_quotes_may_have_lost_its_zeros(told: Told) -> None:
    line = "  main: {federated-from: shared, account: 11122223333, region: us-east-1}"
    assert told(with_line(7, line)) == ["7:43: '11122223333' is no AWS account id; were zeros lost at its beginning?"]
