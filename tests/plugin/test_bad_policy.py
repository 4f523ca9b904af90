"""Mistaken policies: each file is a collection error that lists its mistakes, the run ends with exit code 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.running import Ran

TRUST = "applies-to: {role: target}\ncross-tenant-access:\n  partners:\n    one:\n      trust-mfa: "
FILES = {
    "alias.yml": "applies-to: {tenant: shraed}\ncross-tenant-access: {undeclared-partners: forbidden}\n",
    "conflict-a.yml": TRUST + "true\n",
    "conflict-b.yml": TRUST + "false\n",
    "date.yml": TRUST.replace("one", "two") + "{expect: true, waiver: {reason: x, owner: y, until: soon}}\n",
    "duplicate.yml": TRUST + "true\n      trust-mfa: true\n",
    "empty.yml": "# nothing\n",
    "good.yml": "applies-to: {role: source}\ncross-tenant-access: {undeclared-partners: forbidden}\n",
    "keys.yml": "applies-to: {role: target}\ncross-tenant-acces: {}\ngroups: {A: {stat: present, processing: maybe}}\n",
    "nobody.yml": "applies-to: {link: {from: shared}}\nsynchronization: {state: present}\n",
    "plain.yml": "just a text\n",
    "syntax.yml": "applies-to: {role: target\n",
    "type.yml": TRUST.replace("one", "two") + "[1]\n",
    "word.yml": "applies-to: {tenant: shared}\ntenant: {guest-billing: linked}\n",
}


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = running.write(tmp_path_factory.mktemp("mistaken"), running.config(), FILES)
    (folder / "policies" / "bytes.yml").write_bytes(b"\xff\xfe\x00")
    return running.pytest(folder, "--tenants=config.yml")


@pytest.mark.parametrize(
    "place, what, hint",
    [
        ("alias.yml:1", "config.yml declares no 'shraed'", "did you mean 'shared'?"),
        ("bytes.yml:1", "the file is not UTF-8", "save it as UTF-8"),
        ("conflict-b.yml:5", "is stated differently at policies/conflict-a.yml:5", "state it once"),
        ("date.yml:5", "'soon' is no date", "YYYY-MM-DD"),
        ("duplicate.yml:6", "the key 'trust-mfa' stands twice (first at line 5)", "keep one"),
        ("empty.yml:1", "the file states nothing", "applies-to"),
        ("keys.yml:2", "unknown key 'cross-tenant-acces'", "did you mean 'cross-tenant-access'?"),
        ("keys.yml:3", "unknown key 'stat'", "did you mean 'state'?"),
        ("keys.yml:3", "maybe", "on"),
        ("nobody.yml:1", "the document expands to nothing", "config.yml declares no such"),
        ("plain.yml:1", "a policy document was expected", "write key: value"),
        ("syntax.yml:", "not YAML", "close the bracket"),
        ("type.yml:5", "not a list", "true"),
        ("word.yml:2", "a person must attest it", "attested: {by: "),
    ],
)
def test_every_mistake_is_told_at_once_with_its_place_and_a_hint(
    mistaken: Ran, place: str, what: str, hint: str
) -> None:
    told = [line for line in mistaken.text.splitlines() if line.startswith(f"policies/{place}")]
    assert any(what in line and hint in line for line in told), mistaken.text


def test_each_mistaken_file_is_one_error_and_nothing_runs(mistaken: Ran) -> None:
    assert mistaken.code == 2
    wrong = {*FILES, "bytes.yml"} - {"good.yml", "conflict-a.yml"}
    assert set(re.findall(r"(?m)^ERROR policies/([\w-]+\.yml)", mistaken.text)) == wrong
    assert mistaken.results() == {"error": len(wrong)}


def test_no_traceback_is_shown(mistaken: Ran) -> None:
    assert "Traceback" not in mistaken.text
    assert ".py" not in mistaken.text.partition("collected")[2]


def test_with_workers_a_mistaken_policy_ends_the_run_as_well(tmp_path: Path) -> None:
    chosen = {name: FILES[name] for name in ("good.yml", "keys.yml")}
    running.write(tmp_path, running.config(), chosen)
    ran = running.pytest(tmp_path, "--tenants=config.yml", "-n", "1")
    assert ran.code == 2
    assert "policies/keys.yml:2:1: unknown key 'cross-tenant-acces'" in ran.text
    assert "Traceback" not in ran.text
    assert ran.results() == {"error": 1}


def test_who_insists_gets_the_other_files_checked_and_no_success(tmp_path: Path) -> None:
    chosen = {name: FILES[name] for name in ("good.yml", "keys.yml")}
    running.write(tmp_path, running.config(), chosen)
    ran = running.pytest(tmp_path, "--tenants=config.yml", "--continue-on-collection-errors")
    assert ran.code == 1
    assert ran.results() == {"passed": 2, "error": 1}
