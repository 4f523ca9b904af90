"""How far reading is, while it runs: a live line on a terminal, a plain line every few seconds in a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

NAMED = 3
"""So many of the places that are waited for are named."""


class Reporter(Protocol):
    """What of pytest's terminal reporter is needed."""

    @property
    def verbosity(self) -> int:
        """Below zero with ``-q``."""

    def isatty(self) -> bool:
        """Whether a person watches."""

    def write_line(self, line: str, *, flush: bool = False) -> None:
        """Print a line."""


class Progress(Protocol):
    """What is told ``every`` so many seconds how far reading is."""

    every: float

    def show(self, seconds: float, answered: int, waiting: Mapping[str, int], throttled: int) -> None:
        """``waiting`` counts by place the requests that have no answer yet."""


class Heartbeat:
    """A line every few seconds: a log shall show that it goes on."""

    every = 5.0

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def show(self, seconds: float, answered: int, waiting: Mapping[str, int], throttled: int) -> None:
        self._reporter.write_line(f"reading for {seconds:.0f} s: {line(answered, waiting, throttled)}", flush=True)


class Live:
    """One line that changes, and is gone at the end."""

    every = 0.1

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Display

        columns = (SpinnerColumn(), TextColumn("reading"), BarColumn(), TextColumn("{task.description}"))
        self.display = Display(*columns, TimeElapsedColumn(), console=Console(), transient=True, auto_refresh=False)
        self._task = self.display.add_task("", total=None)

    def show(self, seconds: float, answered: int, waiting: Mapping[str, int], throttled: int) -> None:
        # Names come from config.yml, where [a-z0-9-] is all there is; rich would read brackets as markup.
        text, total = line(answered, waiting, throttled), answered + sum(waiting.values())
        self.display.update(self._task, completed=answered, total=total, description=text, refresh=True)


def line(answered: int, waiting: Mapping[str, int], throttled: int) -> str:
    """How far it is in a few words."""
    most = sorted(waiting, key=lambda place: -waiting[place])
    named = ", ".join(f"{place} {waiting[place]}" for place in most[:NAMED])
    rest = f" and {len(most) - NAMED} more" if len(most) > NAMED else ""
    text = f"{answered} of {answered + sum(waiting.values())} requests answered"
    text += f", waiting for {named}{rest}" if named else ""
    return text + (f" (throttled {throttled} times)" if throttled else "")


@contextmanager
def shown_on(reporter: Reporter | None) -> Iterator[Progress | None]:
    """The progress that fits where pytest prints; none with ``-q``."""
    if reporter is None or reporter.verbosity < 0:
        yield None
    elif reporter.isatty():
        live = Live()
        with live.display:
            yield live
    else:
        yield Heartbeat(reporter)
