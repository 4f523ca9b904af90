"""The plugin's command-line options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtcheck import arguments

if TYPE_CHECKING:
    import pytest

IDLE = {
    "collectonly": "--collect-only",
    "showfixtures": "--fixtures",
    "show_fixtures_per_test": "--fixtures-per-test",
    "setupplan": "--setup-plan",
    "setuponly": "--setup-only",
}
"""pytest's options by which tests are collected and none is run, by what pytest calls their values: its main, fixtures,
setupplan and setuponly modules. ``--help``, ``--version``, ``--markers`` and ``--cache-show`` end before anything is
collected."""
SETS_UP = "--setup-only"
"""The one by which fixtures run all the same, and may look at what was read."""
MARKER = "check(tenant, link, area, kind, key, severity): one statement of a policy"


def add(parser: pytest.Parser) -> None:
    """Add them; ``--tenants`` turns the rest on. Others begin with ``--xt-``, so that they clash with nobody's."""
    group = parser.getgroup("xtcheck", "xtcheck: compliance of Entra tenants and AWS IAM Identity Center")
    group.addoption(
        "--tenants",
        type=arguments.text,
        metavar="CONFIG",
        help="check the policies named on the command line, or else in CONFIG, against the tenants of CONFIG",
    )
    group.addoption(
        "--xt-report",
        action="append",
        type=arguments.text,
        default=[],
        metavar="FORMAT:PATH",
        help="write a report; formats: json. May be given several times",
    )
    group.addoption(
        "--xt-read-timeout",
        type=float,
        default=900.0,
        metavar="SECONDS",
        help="what has not been read by then is unknown (default: %(default)s)",
    )
    group.addoption(
        "--xt-tenant",
        action="append",
        type=arguments.text,
        default=[],
        metavar="GLOB",
        help="check, and read, only the tenants, links (from--to) and AWS entries (aws-…) of matching names. May be "
        "given several times",
    )
    group.addoption(
        "--xt-save-world",
        type=arguments.text,
        metavar="DIR",
        help="keep what was read in a folder, to be judged again by --xt-world; a world that is there is replaced",
    )
    group.addoption(
        "--xt-redact",
        action="store_true",
        help="with --xt-save-world: keep it without the names, addresses and ids of people and organizations",
    )
    group.addoption(
        "--xt-world",
        type=arguments.text,
        metavar="DIR",
        help="judge the saved world of a folder: nothing is read, no credential is needed",
    )
    group.addoption(
        "--xt-since",
        type=arguments.text,
        metavar="DIR",
        help="a world that was saved earlier, by --xt-save-world: tells since when something differs, so that what "
        "began after it is pending, and what it shows too is not settling",
    )


def idle(config: pytest.Config) -> str:
    """The option by which no test is run; empty where tests are run."""
    return next((option for name, option in IDLE.items() if config.getoption(name, default=False)), "")


def reads(config: pytest.Config) -> bool:
    """Whether anything looks at the tenants: tests, or at least their fixtures."""
    return idle(config) in ("", SETS_UP)
