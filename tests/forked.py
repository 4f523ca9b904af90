"""Runs of Python as a user starts them, in processes of their own that start at once: all has been imported before they
are forked. What is about the start itself (what is imported, how long it takes) is started anew, by subprocess.
"""

from __future__ import annotations

import atexit
import functools
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

PRELOADED = (
    "pytest", "xtcheck.plugin.run", "xtcheck.engine", "xtcheck.remediation.remedy", "xtcheck.sandbox",
    "xtcheck.sandbox.server", "xtcheck.sandbox.scim.protocol", "xtcheck.commands", "xtcheck.tables",
    "botocore.session", "boto3", "azure.identity.aio", "msgraph.graph_request_adapter", "httpx", "aiohttp",
)  # fmt: skip
"""What most runs import. The server that forks runs nothing of it, so that no child inherits a thread or a loop."""
MODULES = ("pytest", "xtcheck")
"""Of these a run may be forked."""
MEASURE = "COVERAGE_"
"""What coverage sets, so that processes are measured too: those that are started, not forked. That costs each three
seconds of the processor, and most runs take ways that a few have shown: only those are measured."""
ASKED = ("--remediate", "--remediate-unsafe")
"""What allows a run to write."""
HAS_WRITTEN = 70
"""The exit code of one that has written all the same, which none of pytest's is."""
FORKS = sys.platform == "linux"
"""Elsewhere libraries of the system may not be forked once they are loaded, or nothing can be."""


@dataclass(frozen=True)
class Ran:
    """What came of a process: its exit code, and all that it printed."""

    code: int
    output: str


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *, seconds: float = 120) -> Ran:
    """``python`` with these arguments, in a folder, to its end; forked if nothing tells the difference."""
    if FORKS and arguments[0] == "-m" and arguments[1] in MODULES and not _about_the_start(environment):
        with tempfile.TemporaryDirectory(prefix="xtcheck-forked-") as printed:
            process = Process(arguments, folder, environment, Path(printed, "output.txt"))
            return Ran(process.end(seconds), process.text)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode())


def begin(folder: Path, environment: Mapping[str, str], *arguments: str, at: Path | None = None) -> Process:
    """A run of pytest that somebody may end; it works in the folder, or elsewhere, and prints into a file of it."""
    output = folder / f"output-{time.monotonic_ns()}.txt"
    return Process(["-m", "pytest", *arguments], at or folder, environment, output)


def _about_the_start(environment: Mapping[str, str]) -> bool:
    """Whether it matters how the interpreter itself is started."""
    own = {name for name, value in environment.items() if name.startswith("PYTHON") and os.environ.get(name) != value}
    return bool(own - {"PYTHONUTF8"}) or any(name.startswith(MEASURE) for name in environment)


class Process:
    """``python -m`` one of the modules, forked, with these variables as its environment; it prints into a file."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path) -> None:
        self._output = output
        given = (tuple(arguments[1:]), str(folder), dict(environment), str(output), _path())
        self._process: ForkServerProcess = _server().Process(target=_become, args=given, daemon=True)
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
        if self._process.exitcode is None:
            self.kill()
            raise AssertionError(f"it does not end within {seconds:g} s:\n{self.text}")
        return self._process.exitcode

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""


def may_write(arguments: Iterable[str]) -> bool:
    """Whether a run of pytest with these arguments is asked to write."""
    return not {*ASKED}.isdisjoint(arguments)


def _hold_to_reading(output: str) -> None:
    """From now on this process fails, and says so, when anybody has written to a sandbox in it."""
    from xtcheck.sandbox import Sandbox

    stop = Sandbox.stop

    def held(sandbox: Sandbox) -> None:
        written = [f"{entry.method} {entry.path}" for entry in sandbox.state.log.entries if entry.write]
        stop(sandbox)
        if written:
            with Path(output).open("a", encoding="utf-8") as told:
                told.write(f"a run without {' or '.join(ASKED)} has written: {written}\n")
            os._exit(HAS_WRITTEN)

    setattr(Sandbox, "stop", held)  # noqa: B010  # mypy cannot know that it is the same


@functools.cache
def _server() -> multiprocessing.context.ForkServerContext:
    """The server that forks for this process, without what would have coverage measure it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    measured = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(MEASURE)}
    try:
        forkserver.ensure_running()
    finally:
        os.environ.update(measured)
    return context


@functools.cache
def _path() -> list[str]:
    """Where a Python that has just been started looks for modules, after the folder it was started in."""
    shown = [sys.executable, "-c", "import sys; print(*sys.path[1:], sep='\\n')"]
    return subprocess.run(shown, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def _become(
    arguments: tuple[str, ...], folder: str, environment: Mapping[str, str], output: str, path: list[str]
) -> None:
    """The child: a process that has just begun, and becomes a run."""
    import runpy

    gc.freeze()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # What is imported already cannot be rewritten, and need not be: no assert of ours is run.
    os.environ["PYTEST_ADDOPTS"] = f"{environment.get('PYTEST_ADDOPTS', '')} --assert=plain".strip()
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1, encoding="utf-8") for stream in (1, 2))
    sys.path[:] = [folder, *path]
    sys.argv, tempfile.tempdir = list(arguments), None
    if arguments[0] == "pytest" and not may_write(arguments):
        _hold_to_reading(output)
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()
