"""The journal of a run says that it got to its end once, when there is nothing more that could be done."""

from __future__ import annotations

from pathlib import Path

from tests.gates.living import Living
from tests.plugin.running import pytest as run_pytest
from tests.plugin.running import python
from tests.remediation.homes import home
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome

POLICY = """
applies-to: {tenant: one}
groups: {New: {state: present, membership: assigned, members: [jorge@anyorganizationone.com]}}
"""


def cut_after_each_line(path: Path) -> list[bool]:
    """Whether what is left of a journal that ends after its first line, its second, … says that the run ended there."""
    *lines, _ = path.read_bytes().split(b"\n")
    cut, found = path.with_suffix(".cut"), []
    for count in range(1, len(lines) + 1):
        cut.write_bytes(b"\n".join([*lines[:count], b""]))
        found.append(journal.read(cut).whole)
    cut.unlink()
    return found


def test_a_journal_that_is_cut_off_between_two_rounds_does_not_read_as_whole(living: Living, tmp_path: Path) -> None:
    """The group is made in the first round, and who is in it follows in the second."""
    secrets = home(tmp_path, living.connection, {"groups.yml": POLICY}, "one", "shared")
    made = run_pytest(tmp_path, "--tenants=config.yml", "--remediate-unsafe", **secrets)
    assert made.code == 0, made.text
    [path] = (tmp_path / "xtcheck-journals").iterdir()
    assert [entry.outcome for entry in journal.read(path).entries] == [Outcome.APPLIED] * 2
    *before, end = cut_after_each_line(path)
    assert (any(before), end) == (False, True)

    python(tmp_path, "-m", "xtcheck", "undo", str(path), "--tenants=config.yml", **secrets)
    [*_, undone] = sorted((tmp_path / "xtcheck-journals").iterdir())
    assert undone != path
    *before, end = cut_after_each_line(undone)
    assert (any(before), end) == (False, True)
