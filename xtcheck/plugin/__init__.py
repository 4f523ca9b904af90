"""The pytest plugin that reads and judges: nothing but hooks, each one line into the run.

Without ``--tenants`` it only adds its options.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xtcheck import interruption
from xtcheck.errors import XtcheckError
from xtcheck.plugin import code, crossing, options, outcomes
from xtcheck.plugin.run import RUN, Run

if TYPE_CHECKING:
    from xtcheck.plugin.items import CheckItem


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--tenants`` and the ``--xt-`` options."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read config.yml; a mistake in it ends pytest with exit code 4."""
    config.addinivalue_line("markers", options.MARKER)
    config.addinivalue_line("markers", code.MARKER)
    if config.getoption("tenants") and not config.getoption("help"):
        config.pluginmanager.register(Ending(config), "xtcheck.run.ending")
        try:
            config.stash[RUN] = Run(config)
        except XtcheckError as error:
            raise pytest.UsageError(f"\n{error}") from error
        config.stash[code.CODE] = config.stash[RUN].code
        config.pluginmanager.register(Hooks(config.stash[RUN]), "xtcheck.run")
        config.pluginmanager.register(code, "xtcheck.run.code")
        side = crossing.Leaving() if hasattr(config, "workerinput") else crossing.Arriving()
        config.pluginmanager.register(side, "xtcheck.run.crossing")
        # pytest renders a traceback of each unknown check before our text replaces it. Its own style parses every
        # module on the way (0.1 s a check, measured); Python's does not.
        if config.option.tbstyle == "auto":
            config.option.tbstyle = "native"
            config.stash[RUN].may_fold = True


class Ending:
    """SIGTERM ends a run as Ctrl-C does, until the run ends by itself."""

    def __init__(self, config: pytest.Config) -> None:
        until = ExitStack()
        self._signal = until.enter_context(interruption.by_sigterm())
        config.add_cleanup(until.close)  # comes after every pytest_unconfigure

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What is written and removed from here on is done in a moment."""
        self._signal.spend()

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """The same, of a session that has not begun."""
        self._signal.spend()


class Hooks:
    """The hooks of a run with ``--tenants``."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def pytest_report_header(self) -> list[str]:
        """What is about to be checked."""
        return self.run.header()

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Only policies are collected, never a project's own tests."""
        return self.run.ignores(collection_path)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A policy file becomes a collector."""
        return self.run.collector(file_path, parent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave only the chosen tenants, links and AWS entries."""
        self.run.chosen.deselect(config, items)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        """Read the evidence of what is selected, unless workers run it or nothing runs.

        A worker says what its tests declare before it reports its collection.
        """
        self.run.declare(session)
        yield
        self.run.read_for(session)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Understand the policies while workers do so too."""
        self.run.prepare()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: CheckItem, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put our own text and record on the report."""
        report = yield
        outcomes.describe(report, item, call)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, Any] | None:
        """Inferred and attested checks are successes of their own kind."""
        return outcomes.status(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record of every check, wherever it ran."""
        self.run.keep(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The summary by tenant and area."""
        self.run.summarize(terminalreporter)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, and see whether what follows can be read."""
        self.run.finish(session, exitstatus)
        self.run.fold()

    def pytest_unconfigure(self) -> None:
        """Remove what holds tenant data, also after an interruption."""
        self.run.forget()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # xdist publishes no types
        """Tell a worker where the world will be."""
        node.workerinput["xtcheck_world"] = str(self.run.world_path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # xdist publishes no types
        """The workers know what is selected: read it, once, before any of it is scheduled."""
        self.run.read_ids(node.gateway.id, ids)
