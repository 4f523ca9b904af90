"""One run: the config, the policies, the world, and the records, in the controller or in one worker."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xtcheck import __version__, policy
from xtcheck import config as config_documents
from xtcheck.errors import XtcheckError, choices
from xtcheck.model import Check, Ref
from xtcheck.plugin.code import Code
from xtcheck.plugin.items import CheckItem, PolicyFile, escaped
from xtcheck.plugin.outcomes import printable
from xtcheck.plugin.preflight import Watch
from xtcheck.report import json_format, terminal
from xtcheck.report.words import counted
from xtcheck.world import World

if TYPE_CHECKING:
    from xtcheck.config import Config

Json = Any

RUN = pytest.StashKey["Run"]()
FORMATS = {"json": json_format.write}
TEXTS = 100
"""So many findings are told one by one, however many tenants there are."""
DEFAULT_CHARS = "fE"
"""pytest's choice of what its short summary lists, when nobody chooses."""


class Run:
    """Everything that hooks share. Nothing is read before the selection is known."""

    def __init__(self, config: pytest.Config) -> None:
        """Load config.yml and point pytest at its policies.

        :raises XtcheckError: config.yml or an option is mistaken.
        """
        self.pytest = config
        path = Path(config.invocation_params.dir, config.getoption("tenants"))
        self.config: Config = config_documents.load(path, shown=_shown(path))
        self.reports = [_report(wish, config.invocation_params.dir) for wish in config.getoption("xt_report")]
        self.records: dict[str, Json] = {}
        self.written: list[str] = []
        self.tenants: list[Json] = []
        self.began = datetime.now(UTC)
        self.may_fold = False
        self.folded = 0
        self._worker: Json = getattr(config, "workerinput", None)
        self._world: World | None = None
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args[:] = [str(path) for path in self.config.policies]
            config.args_source = pytest.Config.ArgsSource.ARGS

    # --- collection -----------------------------------------------------------------------------------------------

    @cached_property
    def files(self) -> dict[Path, str]:
        """The policy files that are meant, with the names that messages give them."""
        found: dict[Path, str] = {}
        for argument in self.pytest.args:
            for file in policy.files(self._absolute(str(argument).split("::")[0])):
                if file != self.config.path and not self._left_out(file):
                    found[file] = _shown(file)
        return found

    def _absolute(self, path: str) -> Path:
        # Without following links, as pytest does: what it collects is compared with these paths.
        return Path(os.path.abspath(self.pytest.invocation_params.dir / path))  # noqa: PTH100

    def _left_out(self, file: Path) -> bool:
        """Whether ``--ignore`` or ``--ignore-glob`` means it."""
        ignored = {self._absolute(path) for path in self.pytest.getoption("ignore") or ()}
        globs = [str(self._absolute(glob)) for glob in self.pytest.getoption("ignore_glob") or ()]
        return bool(ignored & {file, *file.parents}) or any(fnmatch(str(file), glob) for glob in globs)

    @cached_property
    def code(self) -> Code:
        """What checks in code need."""
        return Code(self.config.estate, lambda: self.world)

    def policies(self) -> policy.Policies:
        """What all of them state together."""
        return self._policies

    @cached_property
    def _policies(self) -> policy.Policies:
        return policy.load(self.files.items(), self.config.estate)

    def ignores(self, path: Path) -> bool | None:
        """Everything but policies, and the folders that lead to them.

        The answer is final: pytest would skip a policy in a folder named ``build``, and nobody would miss its checks.
        """
        if path.suffix == ".py" and self._beside_policies(path):
            return None
        return path not in self.files and path not in self._folders

    def _beside_policies(self, path: Path) -> bool:
        """Whether a file of Python stands among policies: there it is a check in code, elsewhere a project's test."""
        beside = (file for file in path.parent.iterdir() if file.suffix in policy.SUFFIXES)
        return any(file != self.config.path for file in beside)

    @cached_property
    def _folders(self) -> set[Path]:
        return {folder for file in self.files for folder in file.parents}

    def collector(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The collector of a policy file."""
        if path not in self.files:
            return None
        file: PolicyFile = PolicyFile.from_parent(parent, path=path)
        file.run = self
        return file

    def header(self) -> list[str]:
        """Two lines: what is declared, and where it is."""
        estate = self.config.estate
        where = f"sandbox, world {self.config.sandbox.world}" if self.config.sandbox else "live tenants"
        entries = f"{len(estate.aws)} AWS entr{'y' if len(estate.aws) == 1 else 'ies'}"
        counted = f"{len(estate.tenants)} tenants, {len(estate.links)} links, {entries}"
        return [f"xtcheck {__version__}: {counted} in {_shown(self.config.path)} ({where})"]

    # --- reading --------------------------------------------------------------------------------------------------

    @cached_property
    def folder(self) -> Path:
        """A folder that only this user may enter, for what workers share; gone when the run ends."""
        return Path(tempfile.mkdtemp(prefix="xtcheck-"))

    @property
    def world_path(self) -> Path:
        """Where the controller leaves the world for its workers."""
        return self.folder / "world.json"

    def read_for(self, session: pytest.Session) -> None:
        """Read what the selected items need, when this process runs them itself."""
        option = session.config.option
        controls_workers = self.pytest.pluginmanager.hasplugin("dsession")
        if self._worker is not None or controls_workers or option.collectonly:
            return
        if session.testsfailed and not option.continue_on_collection_errors:
            return
        checks = [item.check for item in session.items if isinstance(item, CheckItem)]
        refs = [ref for item in session.items if not isinstance(item, CheckItem) for ref in self.code.declared(item)]
        if checks or refs:
            self._world = self._read(checks, refs)

    def declare(self, session: pytest.Session) -> None:
        """Leave word, as a worker, of what selected checks in code read: the controller cannot see their markers."""
        if self._worker is None:
            return
        items = [item for item in session.items if not isinstance(item, CheckItem)]
        marks = [[list(mark.args), mark.kwargs] for item in items for mark in self.code.understood(item)]
        path = Path(self._worker["xtcheck_world"]).with_name(f"{self._worker['workerid']}.json")
        path.write_text(json.dumps(marks), encoding="utf-8")

    def read_ids(self, worker: str, ids: Iterable[str]) -> None:
        """Read what the workers have selected, once, and leave it where they look.

        :raises pytest.Session.Interrupted: a policy is mistaken; without workers pytest itself stops then.
        """
        if self._world is not None:
            return
        session: Json = self.pytest.pluginmanager.get_plugin("session")
        if session.testsfailed and not self.pytest.option.continue_on_collection_errors:
            errors = f"{session.testsfailed} error{'s' * (session.testsfailed != 1)}"
            raise pytest.Session.Interrupted(f"{errors} during collection")
        wanted = {tuple(id_.split("::")[-2:]) for id_ in ids}
        stated = [check for checks in self.policies().checks.values() for check in checks]
        selected = [check for check in stated if (check.scope.subject, escaped(check.statement)) in wanted]
        marks = json.loads(self.world_path.with_name(f"{worker}.json").read_text(encoding="utf-8"))
        self._world = self._read(selected, [self.code.meant(*args, **kwargs) for args, kwargs in marks])
        self._world.save(self.world_path)

    def _read(self, checks: list[Check], more: list[Ref]) -> World:
        from xtcheck.engine import read_world  # loads the clients; collection need not

        refs = [ref for check in checks for ref in check.wanted] + more
        stated = [check for several in self.policies().checks.values() for check in several]
        verbose = self.pytest.option.verbose > 0
        watch = Watch(self.config, checks, more, stated=stated, tell=self._tell, verbose=verbose)
        timeout = self.pytest.getoption("xt_read_timeout")
        try:
            world, self.tenants = asyncio.run(read_world(self.config, refs, timeout, watch.entered))
        except XtcheckError as error:
            raise pytest.UsageError(str(error)) from error
        standing = watch.finish(world)
        self.tenants = [{**cost, "preflight": standing[cost["tenant"]]} for cost in self.tenants]
        return world

    def _tell(self, lines: Iterable[str]) -> None:
        """Say before the results what a person should know."""
        reporter: Json = self.pytest.pluginmanager.get_plugin("terminalreporter")
        for line in lines if reporter else ():
            reporter.write_line(printable(line))

    @property
    def world(self) -> World:
        """The world; a worker loads it from where the controller left it."""
        if self._world is None:
            if self._worker is None:
                raise LookupError("nothing has been read")
            self._world = World.load(Path(self._worker["xtcheck_world"]))
        return self._world

    # --- results --------------------------------------------------------------------------------------------------

    def keep(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries."""
        found = getattr(report, "xtcheck", None)
        if found and self._worker is None:
            self.records[report.nodeid] = found

    def summarize(self, reporter: pytest.TerminalReporter) -> None:
        """Print the summary by tenant and area, and where the reports are."""
        if self.records:
            terminal.summary(reporter, list(self.records.values()))
        if self.folded:
            texts = f"the texts of {counted(self.folded, 'finding')} are left out"
            reporter.write_line(f"{texts}: --tb=native shows them, --xt-report=json:PATH keeps them")
        for line in self.written:
            reporter.write_line(line)

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports that were asked for; a run whose report cannot be written did not succeed."""
        if self._worker is not None or session.config.option.collectonly:
            return
        run = {
            "tool": "xtcheck",
            "version": __version__,
            "python": sys.version.split()[0],
            "began": self.began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": _shown(self.config.path),
            "world": self.config.sandbox.world if self.config.sandbox else None,
            "exit": int(exitstatus),
        }
        # Workers report in the order in which they finish.
        records = sorted(self.records.values(), key=lambda record: (record["file"], record["line"], record["id"]))
        for format_, path in self.reports:
            try:
                FORMATS[format_](path, run, self.tenants, records)
                self.written.append(f"{format_} report: {path}")
            except XtcheckError as error:
                self.written.append(f"ERROR: {error}")
                session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR

    def fold(self) -> None:
        """Of many tenants with many findings print no text of each, unless the command line chose how."""
        found = [record for record in self.records.values() if record["outcome"] in ("failed", "error")]
        if self.may_fold and len(found) > TEXTS and terminal.is_fleet(self.records.values()):
            self.folded = len(found)
            self.pytest.option.tbstyle = "no"
            reporter: Json = self.pytest.pluginmanager.get_plugin("terminalreporter")
            if reporter and reporter.reportchars == DEFAULT_CHARS:
                reporter.reportchars = ""

    def forget(self) -> None:
        """Remove the folder with tenant data, when there is one."""
        if "folder" in self.__dict__ and self._worker is None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _shown(path: Path) -> str:
    """A path as messages give it: relative to the current folder when it is below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _report(wish: str, folder: Path) -> tuple[str, Path]:
    format_, _, path = wish.partition(":")
    if format_ not in FORMATS or not path:
        raise XtcheckError(f"--xt-report={wish}: {choices(format_, FORMATS, 'formats')}; write json:PATH")
    return format_, Path(folder, path)
