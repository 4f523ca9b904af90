"""One run: the config, the policies, the world, and the records, in the controller or in one worker."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xtcheck import __version__, policy, private
from xtcheck import config as config_documents
from xtcheck.connection import Secret
from xtcheck.errors import XtcheckError, choices
from xtcheck.hiding import hiding
from xtcheck.model import Check, Ref
from xtcheck.plugin import options
from xtcheck.plugin.code import Code
from xtcheck.plugin.items import CheckItem, PolicyFile, escaped
from xtcheck.plugin.reading import Reading
from xtcheck.plugin.subjects import Chosen
from xtcheck.plugin.worlds import Worlds, shown
from xtcheck.report import cost, json_format, terminal
from xtcheck.report.selection import policies_digest, selection
from xtcheck.report.words import counted
from xtcheck.snapshot import declared
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
        self._worker: Json = getattr(config, "workerinput", None)
        path = Path(config.invocation_params.dir, config.getoption("tenants"))
        self.config: Config = config_documents.load(path, shown=shown(path))
        self.worlds = Worlds(config, self.config, lambda: self.folder)
        self.chosen = Chosen(config.getoption("xt_tenant"), self.config.estate)
        self.reports = [_report(wish, config.invocation_params.dir) for wish in config.getoption("xt_report")]
        self.records: dict[str, Json] = {}
        self.written: list[str] = []
        self.failed = False
        self.unmade = self.mends = False
        self.halfway: dict[str, str] = {}
        """By check: what is left to be done until that takes effect which is as declared."""
        self.changes: dict[str, Json] = {}
        self.remediation: Json = None
        self.tenants: list[Json] = []
        self.began = datetime.now(UTC)
        self.may_fold = False
        self.folded = 0
        self._world: World | None = None
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args[:] = [str(path) for path in self.config.policies]
            config.args_source = pytest.Config.ArgsSource.ARGS
        self.files = self._meant()

    # --- collection -----------------------------------------------------------------------------------------------

    def _meant(self) -> dict[Path, str]:
        """The policy files that are meant, with the names that messages give them.

        :raises XtcheckError: some of them may be missed.
        """
        found: dict[Path, str] = {}
        for argument in self.pytest.args:
            for file in policy.files(self._absolute(str(argument).split("::")[0]), self.config.path):
                if not self._left_out(file):
                    found[file] = shown(file)
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
        return policy.load(self.files.items(), self.config.estate, self._beside.items(), whole=self.mends)

    @property
    def _beside(self) -> dict[Path, str]:
        """The other policy files of config.yml, which nobody has named this time, or which are ignored."""
        meant = {file.resolve() for file in self.files}
        return {file: shown(file) for file in self.config.policy_files if file.resolve() not in meant}

    def stated(self) -> list[Check]:
        """Every check of the files that are meant, selected or not."""
        return [check for checks in self.policies().checks.values() for check in checks]

    def all_stated(self) -> list[Check]:
        """Every check, also of the files that are not meant."""
        return [*self.stated(), *self.policies().beside]

    def _declaring(self) -> list[Path]:
        """The files that say what is checked: policies, and code beside them."""
        folders = sorted({file.parent for file in self.files})
        return [*self.files, *(code for folder in folders for code in sorted(folder.glob("*.py")))]

    def ignores(self, path: Path) -> bool | None:
        """Everything but policies, and the folders that lead to them.

        The answer is final: pytest would skip a policy in a folder named ``build``, and nobody would miss its checks.
        """
        if path.suffix == ".py" and self._beside_policies(path):
            return None
        return path not in self.files and path not in self._folders

    def _beside_policies(self, path: Path) -> bool:
        """Whether a file of Python stands among policies: there it is a check in code, elsewhere a project's test."""
        return any(policy.is_policy(file, self.config.path) for file in path.parent.iterdir())

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
        entries = f"{len(estate.aws)} AWS entr{'y' if len(estate.aws) == 1 else 'ies'}"
        counted = f"{len(estate.tenants)} tenants, {len(estate.links)} links, {entries}"
        return [f"xtcheck {__version__}: {counted} in {shown(self.config.path)} ({self.worlds.summary})"]

    # --- reading --------------------------------------------------------------------------------------------------

    @cached_property
    def folder(self) -> Path:
        """A folder that only this user may enter, for what workers share; gone when the controller's run ends."""
        if self._worker is not None:
            return Path(self._worker["xtcheck_world"]).parent
        return Path(tempfile.mkdtemp(prefix="xtcheck-"))

    @property
    def world_path(self) -> Path:
        """Where the controller leaves the world for its workers."""
        return self.folder / "world.json"

    def read_for(self, session: pytest.Session) -> None:
        """Read what the selected items need, when this process runs them itself."""
        if self._worker is not None or self._controls_workers or not options.reads(session.config):
            return
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return
        checks = [item.check for item in session.items if isinstance(item, CheckItem)]
        refs = [ref for item in session.items if not isinstance(item, CheckItem) for ref in self.code.declared(item)]
        if checks or refs:
            self._world = self._read(checks, refs)

    def prepare(self) -> None:
        """Load the policies before workers tell what they have selected: they take a second to start."""
        if self._controls_workers:
            self.policies()

    @property
    def _controls_workers(self) -> bool:
        return self.pytest.pluginmanager.hasplugin("dsession")

    def declare(self, session: pytest.Session) -> None:
        """Leave word, as a worker, of what selected checks in code read: the controller cannot see their markers."""
        if self._worker is None:
            return
        items = [item for item in session.items if not isinstance(item, CheckItem)]
        marks = [[list(mark.args), mark.kwargs] for item in items for mark in self.code.understood(item)]
        path = Path(self._worker["xtcheck_world"]).with_name(f"{self._worker['workerid']}.json")
        with private.text(private.created(path)) as stream:
            json.dump(marks, stream)

    def read_ids(self, worker: str, ids: Iterable[str]) -> None:
        """Read what the workers have selected, once, and leave it where they look.

        :raises pytest.Session.Interrupted: a policy is mistaken; without workers pytest itself stops then.
        """
        if self._world is not None or not options.reads(self.pytest):
            return
        session: Json = self.pytest.pluginmanager.get_plugin("session")
        if session.testsfailed and not self.pytest.option.continue_on_collection_errors:
            errors = f"{session.testsfailed} error{'s' * (session.testsfailed != 1)}"
            raise pytest.Session.Interrupted(f"{errors} during collection")
        wanted = {tuple(id_.split("::")[-2:]) for id_ in ids}
        selected = [check for check in self.stated() if (check.scope.subject, escaped(check.statement)) in wanted]
        marks = json.loads(self.world_path.with_name(f"{worker}.json").read_text(encoding="utf-8"))
        self._world = self._read(selected, [self.code.meant(*args, **kwargs) for args, kwargs in marks])
        if self.worlds.saved is None:  # a worker opens a saved world itself
            self._world.save(self.world_path)

    def _read(self, checks: list[Check], more: list[Ref]) -> World:
        try:
            with self.discreetly():
                world, self.tenants = (
                    self._replayed(checks, more) if self.worlds.saved else self._reading.read(checks, more)
                )
        except XtcheckError as error:
            raise pytest.UsageError(str(error)) from error
        self.worlds.after(world)
        with self._telling():
            self.written += filter(None, [self.worlds.keep(world, self.tenants, self.began, self.files)])
        return world

    def _replayed(self, checks: list[Check], more: list[Ref]) -> tuple[World, list[Json]]:
        return self.worlds.replay([*(ref for check in checks for ref in check.wanted), *more])

    @property
    def _reading(self) -> Reading:
        reporter: pytest.TerminalReporter | None = self.pytest.pluginmanager.get_plugin("terminalreporter")
        seconds: float = self.pytest.getoption("xt_read_timeout")
        stated = self.stated()
        return Reading(
            self.config,
            stated=stated,
            seconds=seconds,
            reporter=reporter,
            folder=lambda: self.folder,
            mends=self.mends,
        )

    @property
    def world(self) -> World:
        """The world; a worker loads it from where the controller left it."""
        if self._world is None:
            if self._worker is None:
                raise LookupError("nothing has been read")
            found = self.worlds.saved or World.load(Path(self._worker["xtcheck_world"]))
            self._world = self.worlds.after(found)
        return self._world

    def reach(self, config: Config) -> None:
        """Reach everything as this config says: remediation keeps a sandbox running for longer than a read."""
        self.config = config

    def read_again(self, checks: list[Check]) -> None:
        """Forget what was read, and read it anew: something was changed."""
        self._world = self.worlds.after(self.also(ref for check in checks for ref in check.wanted))

    def also(self, refs: Iterable[Ref]) -> World:
        """Other objects, read now, beside the world that checks are judged in."""
        from xtcheck.engine import read_world

        seconds: float = self.pytest.getoption("xt_read_timeout")
        with self.discreetly():
            world, _ = asyncio.run(read_world(self.config, refs, seconds))
        return world

    def discreetly(self) -> AbstractContextManager[None]:
        """Let services be quoted without what policies have from the environment, and without the tokens of AWS."""
        tokens = [Secret(env=aws.token) for aws in self.config.estate.aws.values() if aws.token_is_set]
        texts = {text: name for check in self.stated() for text, name in check.hidden.items()}
        return hiding({**texts, **{token.reveal(): str(token) for token in tokens}})

    @property
    def has_read(self) -> bool:
        """Whether there is a world that this process has read."""
        return self._world is not None

    # --- results --------------------------------------------------------------------------------------------------

    def keep(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries."""
        found = getattr(report, "xtcheck", None)
        if found and self._worker is None:
            self.records[report.nodeid] = found

    def summarize(self, reporter: pytest.TerminalReporter) -> None:
        """Print the summary by tenant and area, which saved world it is of, and where the reports are."""
        if self.records:
            terminal.summary(reporter, list(self.records.values()))
            if self.worlds.saved:
                reporter.write_line(f"judged on: {self.worlds.summary}")
            for line in cost.spent(self.tenants) if reporter.verbosity >= 0 and not self.worlds.saved else ():
                reporter.write_line(line)
        if self.folded:
            texts = f"the texts of {counted(self.folded, 'finding')} are left out"
            reporter.write_line(f"{texts}: --tb=native shows them, --xt-report=json:PATH keeps them")
        for line in self.written:
            reporter.write_line(line)

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports that were asked for; a run whose report cannot be written did not succeed."""
        if self._worker is not None or options.idle(session.config):
            return
        run = {
            "tool": "xtcheck",
            "version": __version__,
            "python": sys.version.split()[0],
            "began": self.began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": shown(self.config.path),
            "world": self.worlds.sandbox,
            "saved": self.worlds.record,
            "selection": selection(self.stated(), policies_digest(self._declaring(), declared(self.config.estate))),
            "shards": 1,
            "remediation": self.remediation,
            "exit": int(exitstatus or self.unmade),
        }
        # Workers report in the order in which they finish.
        records = sorted(self.records.values(), key=lambda record: (record["file"], record["line"], record["id"]))
        for format_, path in self.reports:
            with self._telling():
                FORMATS[format_](path, run, self.tenants, records)
                self.written.append(f"{format_} report: {path}")
        if self.unmade:
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        if self.failed:
            session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What cannot be written is told at the end; the verdicts are not lost for it, and the run did not succeed."""
        try:
            yield
        except XtcheckError as error:
            self.written.append(f"ERROR: {error}")
            self.failed = True

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


def _report(wish: str, folder: Path) -> tuple[str, Path]:
    format_, _, path = wish.partition(":")
    if format_ not in FORMATS or not path:
        raise XtcheckError(f"--xt-report={wish}: {choices(format_, FORMATS, 'formats')}; write json:PATH")
    return format_, Path(folder, path)
