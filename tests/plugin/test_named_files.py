"""Of a file that is named alone just the statements are checked; what the others declare is declared all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin import running

UNDECLARED = "applies-to: {aws: main}\nidentity-center: {undeclared-permission-sets: forbidden}\n"
DECLARING = "applies-to: {aws: main}\nidentity-center: {permission-sets: {ReadOnlyAccess: {state: present}}}\n"
ARGUMENTS = ("--tenants=config.yml", "--remediate-plan")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("policies/undeclared.yml",), id="named alone"),
        pytest.param(("--ignore=policies/declaring.yml",), id="the other one ignored", marks=pytest.mark.soak),
        pytest.param(("-k", "undeclared"), id="selected", marks=pytest.mark.soak),
    ],
)
def test_what_another_file_declares_is_not_undeclared(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    running.write(tmp_path, running.config(), {"undeclared.yml": UNDECLARED, "declaring.yml": DECLARING})
    ran = running.pytest(tmp_path, *ARGUMENTS, *arguments)
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.text
    assert "plan: 0 changes" in ran.text


def test_without_the_other_file_it_is(tmp_path: Path) -> None:
    running.write(tmp_path, running.config(), {"undeclared.yml": UNDECLARED})
    ran = running.pytest(tmp_path, *ARGUMENTS)
    assert ran.code == 1
    assert "ReadOnlyAccess" in ran.text


def test_what_a_mistaken_file_declares_nobody_knows(tmp_path: Path) -> None:
    files = {"undeclared.yml": UNDECLARED, "declaring.yml": DECLARING.replace("state: present", "sate: present")}
    running.write(tmp_path, running.config(), files)
    ran = running.pytest(tmp_path, "-q", "--tenants=config.yml", "policies/undeclared.yml")
    assert ran.code != 0
    assert "declaring.yml" in ran.text
    assert "sate" in ran.text
    assert "passed" not in ran.text
