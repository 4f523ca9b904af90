"""A policy file counts however it is reached and whatever the case of its suffix; one that may be missed is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Inside
from tests.plugin.test_places import OTHER, POLICY, statements
from xtcheck import policy
from xtcheck.errors import XtcheckError

pytest_plugins = ["pytester"]

ALL = ["one::undeclared-partners", "shared::undeclared-partners", "two::undeclared-partners"]
COLLECTED = ("--co", "-q", "--tenants=config.yml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config with one policy; the other one lies elsewhere."""
    running.write(tmp_path / "elsewhere", running.config(), {"q.yml": OTHER})
    return running.write(tmp_path / "here", running.config(), {"p.yml": POLICY})


def linked(folder: Path, name: str) -> None:
    (folder / name).symlink_to(folder.parent / "elsewhere" / "policies")


def test_a_linked_folder_is_looked_into(folder: Path, inside: Inside) -> None:
    linked(folder, "policies/team")
    assert sorted(statements(inside(folder, *COLLECTED))) == ALL
    assert sorted(statements(inside(folder, *COLLECTED, "."))) == ALL
    assert statements(inside(folder, *COLLECTED, "policies/team")) == ["shared::undeclared-partners"]
    assert statements(inside(folder, *COLLECTED, "policies/team/q.yml")) == ["shared::undeclared-partners"]


def test_a_linked_folder_may_be_ignored(folder: Path, inside: Inside) -> None:
    linked(folder, "policies/team")
    kept = ["one::undeclared-partners", "two::undeclared-partners"]
    assert statements(inside(folder, *COLLECTED, "--ignore=policies/team")) == kept
    assert statements(inside(folder, *COLLECTED, "--ignore-glob=*/team/*")) == kept


@pytest.mark.parametrize("name", ["Q.YML", "q.Yaml"])
def test_a_suffix_may_be_in_either_case(folder: Path, inside: Inside, name: str) -> None:
    (folder / "policies" / name).write_text(OTHER, encoding="utf-8")
    assert sorted(statements(inside(folder, *COLLECTED))) == ALL
    assert statements(inside(folder, *COLLECTED, f"policies/{name}")) == ["shared::undeclared-partners"]


def test_code_beside_policies_in_capitals_is_a_check(folder: Path, inside: Inside) -> None:
    (folder / "policies" / "p.yml").rename(folder / "policies" / "P.YML")
    (folder / "policies" / "test_code.py").write_text("def test_code():\n    pass\n", encoding="utf-8")
    assert "test_code" in statements(inside(folder, *COLLECTED))


def test_what_is_ignored_in_capitals_still_declares(folder: Path) -> None:
    declaring = "applies-to: {aws: main}\nidentity-center: {permission-sets: {ReadOnlyAccess: {state: present}}}\n"
    undeclared = "applies-to: {aws: main}\nidentity-center: {undeclared-permission-sets: forbidden}\n"
    running.write(folder, running.config(), {"u.yml": undeclared, "D.YAML": declaring})
    ran = running.pytest(folder, "--tenants=config.yml", "policies/u.yml")
    assert ran.results() == {"passed": 1}, ran.text


def test_a_link_to_a_folder_that_it_stands_in_is_left_out(folder: Path, inside: Inside) -> None:
    linked(folder, "policies/team")
    for name, there in (("self", "."), ("up", ".."), ("team/back", str(folder / "policies"))):
        (folder / "policies" / name).symlink_to(there)
    found = policy.files(folder / "policies", folder / "config.yml")
    assert [str(file.relative_to(folder)) for file in found] == ["policies/p.yml", "policies/team/q.yml"]
    assert sorted(statements(inside(folder, *COLLECTED))) == ALL


def test_the_config_is_no_policy_by_a_link_either(folder: Path) -> None:
    (folder / "policies" / "linked.yml").symlink_to(folder / "config.yml")
    found = policy.files(folder / "policies", folder / "config.yml")
    assert found == [folder / "policies" / "p.yml"]


@pytest.mark.parametrize("name", ["gone.yml", "gone"])
def test_a_link_that_leads_nowhere_is_a_mistake_with_its_place(folder: Path, inside: Inside, name: str) -> None:
    (folder / "policies" / name).symlink_to(folder / "nowhere")
    ran = inside(folder, *COLLECTED)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([f"*config.yml:*'policies' cannot be read completely; *policies/{name}: No such file*"])


def test_so_it_is_below_a_folder_that_is_named(folder: Path, inside: Inside) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "gone").symlink_to(folder / "nowhere")
    ran = inside(folder, *COLLECTED, "more")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["*more/gone: No such file or directory, and its policies would be missed*"])


def test_a_folder_that_is_closed_is_not_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "policies" / "closed"
    closed.mkdir()
    look = Path.iterdir

    def refused(path: Path) -> object:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(XtcheckError, match="closed: Permission denied"):
        policy.files(folder / "policies")
