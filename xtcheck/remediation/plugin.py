"""The optional pytest plugin that puts right: nothing but hooks. Without it there is no option that writes.

``-p no:xtcheck.remediation.plugin`` takes it away.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from xtcheck.errors import XtcheckError
from xtcheck.plugin.options import idle
from xtcheck.plugin.run import RUN
from xtcheck.remediation import options

if TYPE_CHECKING:
    from xtcheck.remediation.remedy import Remedy


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--remediate`` and what goes with it."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Take note of what is asked for; what cannot be together ends pytest with exit code 4."""
    if hasattr(config, "workerinput") or config.getoption("help"):
        return
    try:
        wish = options.wish(config)
        if wish and RUN in config.stash:
            from xtcheck.remediation.remedy import Remedy  # loads the clients; others need not

            config.pluginmanager.register(Hooks(Remedy(config.stash[RUN], wish)), "xtcheck.remediation.run")
    except XtcheckError as error:
        raise pytest.UsageError(f"\n{error}") from error


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """What would run again by itself whenever a file changes, xdist's ``--looponfail``, puts nothing right.

    :raises pytest.UsageError: it would write by itself.
    """
    if getattr(config.option, "looponfail", False) and options.is_asked(config):
        raise pytest.UsageError("\n--looponfail runs again by itself, and what puts right shall not: leave one out")


class Hooks:
    """The hooks of a run that puts right, or shows what it would."""

    def __init__(self, remedy: Remedy) -> None:
        self.remedy = remedy

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        """Around the reading: what is reachable stays so, and what was read is the plan's ground.

        :raises pytest.UsageError: the sandbox cannot be started, or the plan not be kept.
        """
        if idle(session.config):
            yield
            return
        try:
            self.remedy.open()
            yield
            self.remedy.put_right(session)
        except XtcheckError as error:
            raise pytest.UsageError(str(error)) from error

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What came of it."""
        self.remedy.summarize(terminalreporter)

    def pytest_unconfigure(self) -> None:
        """Let go of what was reachable."""
        self.remedy.close()
