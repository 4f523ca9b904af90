"""Whole runs of pytest in processes of their own that start at once: all has been imported before they are forked."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

PRELOADED = (
    "pytest", "xtcheck.plugin.run", "xtcheck.engine", "xtcheck.remediation.remedy", "xtcheck.sandbox",
    "botocore.session", "boto3", "azure.identity.aio", "msgraph.graph_request_adapter", "httpx", "aiohttp",
)  # fmt: skip
"""What every run imports. The server that forks runs nothing of it, so that no child inherits a thread or a loop."""


class Run:
    """A run of pytest, with these variables in its environment; what it prints goes into a file of the folder.

    It works there, unless it shall work elsewhere (``at``).
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: str, at: Path | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        self._output = folder / f"output-{time.monotonic_ns()}.txt"
        given = (str(at or folder), dict(environment), str(self._output), arguments)
        self._process: ForkServerProcess = context.Process(target=_pytest, args=given, daemon=True)
        self._process.start()

    def wait_until(self, true: Callable[[], bool], seconds: float = 300) -> bool:
        """Whether it became true before the run ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true():
                return True
            if not self._process.is_alive():
                return true()
            time.sleep(0.01)
        raise AssertionError(f"neither that, nor the end, within {seconds:g} s:\n{self.text}")

    def kill(self) -> None:
        """End it as the system does: at once, without a word."""
        self._process.kill()
        self._process.join()

    def interrupt(self, number: signal.Signals) -> None:
        """Ctrl-C, or what else asks it to end."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def end(self, seconds: float = 300) -> int:
        """Its exit code."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"it does not end:\n{self.text}"
        return self._process.exitcode

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""


def _pytest(folder: str, environment: Mapping[str, str], output: str, arguments: tuple[str, ...]) -> None:
    """The child: a process that has just begun, and becomes a run."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1, encoding="utf-8") for stream in (1, 2))
    import pytest

    # What is imported already cannot be rewritten, and need not be: no assert of a test file is run.
    cache = f"cache_dir={Path(output).with_suffix('.cache')}"
    raise SystemExit(int(pytest.main(["-o", cache, "--assert=plain", *arguments])))
