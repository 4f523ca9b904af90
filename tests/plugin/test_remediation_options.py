"""The options that write: what they cannot be together with is told before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Inside
from xtcheck.plugin import options as reading
from xtcheck.remediation import options as writing

pytest_plugins = ["pytester"]

POLICY = "applies-to: {role: target}\ncross-tenant-access: {partners: {one: {trust-mfa: true}}}\n"


class Taken(list[str]):
    """In the place of pytest's parser: the options that take a text."""

    def getgroup(self, _name: str, _description: str) -> Taken:
        return self

    def addoption(self, name: str, **given: object) -> None:
        if given.get("action") != "store_true" and given.get("type") is not float:
            self.append(name)


def taken() -> list[str]:
    found = Taken()
    for options in (reading, writing):
        options.add(found)
    return found


@pytest.mark.parametrize("option", taken())
@pytest.mark.parametrize("value", ["", " "], ids=["empty", "blank"])
def test_an_option_whose_variable_is_not_set_is_no_option_left_out(
    inside: Inside, tmp_path: Path, option: str, value: str
) -> None:
    folder = running.write(tmp_path / "home", running.config(), {"target.yml": POLICY})
    result = inside(folder, "--tenants=config.yml", "--remediate-unsafe", f"{option}={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{option}: nothing is given*"])


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (("--remediate", "-k", "nothing-of-the-kind"), 5, "deselected"),
        (("--remediate", "-n", "1"), 4, "--remediate works in one process: leave -n out"),
        (("--remediate-plan", "--xt-save-world=world"), 4, "--remediate-plan and --xt-save-world exclude each other"),
        (("--xt-save-plan=p.json", "--xt-apply-plan=p.json"), 4, "leave out what only shows or keeps one"),
        (("--xt-apply-plan=none.json",), 4, "cannot read the plan"),
        (("--remediate", "--looponfail"), 4, "--looponfail runs again by itself"),
    ],
    ids=["nothing selected", "workers", "saved world", "keep and make", "no plan", "again by itself"],
)
def test_what_cannot_be_is_told_before_anything_is_read(
    inside: Inside, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    folder = running.write(tmp_path / "home", running.config(), {"target.yml": POLICY})
    result = inside(folder, "--tenants=config.yml", *arguments)
    assert result.ret == code
    assert told in "\n".join([*result.outlines, *result.errlines])


@pytest.mark.parametrize("idle", reading.IDLE.values())
@pytest.mark.parametrize("option", ["--remediate", "--remediate-unsafe", "--remediate-plan", "--xt-save-plan=p.json"])
def test_nothing_is_put_right_where_no_test_runs(inside: Inside, tmp_path: Path, option: str, idle: str) -> None:
    folder = running.write(tmp_path / "home", running.config(), {"target.yml": POLICY})
    result = inside(folder, "--tenants=config.yml", option, idle)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*, and {idle} runs no test: leave one of the two out"])


def test_there_is_nothing_to_put_right_without_tenants(inside: Inside, tmp_path: Path) -> None:
    result = inside(tmp_path, "--remediate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*without --tenants=CONFIG*"])
