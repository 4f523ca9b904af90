"""The plugin's command-line options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MARKER = "check(tenant, link, area, kind, key, severity): one statement of a policy"


def add(parser: pytest.Parser) -> None:
    """Add them; ``--tenants`` turns the rest on. Others begin with ``--xt-``, so that they clash with nobody's."""
    group = parser.getgroup("xtcheck", "xtcheck: compliance of Entra tenants and AWS IAM Identity Center")
    group.addoption(
        "--tenants",
        metavar="CONFIG",
        help="check the policies named on the command line, or else in CONFIG, against the tenants of CONFIG",
    )
    group.addoption(
        "--xt-report",
        action="append",
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
