"""Reading for a run: what it will cost, how everybody stands who signed in, how far it is, and what it has cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from xtcheck.forecast import forecast
from xtcheck.plugin.preflight import Watch
from xtcheck.report import cost, progress
from xtcheck.report.shown import printable

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from xtcheck.config import Config
    from xtcheck.model import Check, Ref
    from xtcheck.world import World

Json = Any


class Reading:
    """Reads what checks need, and tells on the terminal, where there is one, what a person should know meanwhile.

    ``stated`` are all checks of the policies: a permission is too much only when none of them needs it. ``folder`` is
    where large collections are kept. ``mends``: this run also puts right, or shows how.
    """

    def __init__(
        self,
        config: Config,
        *,
        stated: Iterable[Check],
        seconds: float,
        reporter: pytest.TerminalReporter | None,
        folder: Callable[[], Path],
        mends: bool = False,
    ) -> None:
        self._config, self._stated, self._seconds, self._reporter = config, stated, seconds, reporter
        self._folder, self._mends = folder, mends

    def read(self, checks: Sequence[Check], more: Sequence[Ref]) -> tuple[World, list[Json]]:
        """The world, and for each place what reading it cost and how it stood.

        :raises XtcheckError: the sandbox that config.yml asks for cannot be started.
        """
        from xtcheck.engine import read_world  # loads the clients; collection need not

        refs = [*(ref for check in checks for ref in check.wanted), *more]
        expected: dict[str, dict[str, str]] = {}
        for share in forecast(refs):
            expected.setdefault(share.place, {})[share.service] = f"{share.requests}{'+' * share.more}"
        if expected and self._reporter and self._reporter.verbosity >= 0:
            self._tell(cost.expected(expected))
        verbose = bool(self._reporter and self._reporter.verbosity > 0)
        watch = Watch(
            self._config, checks, more, stated=self._stated, tell=self._tell, verbose=verbose, mends=self._mends
        )
        with progress.shown_on(self._reporter) as bar:
            run = read_world(
                self._config, refs, self._seconds, progress=bar, entered=watch.entered, folder=self._folder
            )
            world, costs = asyncio.run(run)
        standing = watch.finish(world)
        return world, [
            {**each, "expected": expected.get(each["tenant"], {}), "preflight": standing[each["tenant"]]}
            for each in costs
        ]

    def _tell(self, lines: Iterable[str]) -> None:
        if self._reporter:
            for line in lines:
                self._reporter.write_line(printable(line))
