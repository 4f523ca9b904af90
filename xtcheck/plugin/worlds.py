"""Where the evidence of a run comes from, live tenants or a saved world, and whether it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import __version__
from xtcheck.errors import XtcheckError
from xtcheck.snapshot import Origin, SavedWorld, conflicts, declared, may_hold, open_world, save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pytest

    from xtcheck.config import Config
    from xtcheck.model import Ref
    from xtcheck.world import World

Json = Any

WRITING = "remediate"
"""What the names of options that write begin with."""


class Worlds:
    """What the options of a run say of its world."""

    def __init__(self, option: pytest.Config, config: Config, scratch: Callable[[], Path]) -> None:
        """Open the saved world, and look whether one can be saved, before anything is read.

        :param scratch: where the tables of a saved world are made again.
        :raises XtcheckError: an option is mistaken, or the saved world is not whole or of other tenants.
        """
        self.config = config
        self.redact: bool = option.getoption("xt_redact")
        self.target = _folder(option, "xt_save_world")
        source = _folder(option, "xt_world")
        if self.redact and self.target is None:
            raise XtcheckError("--xt-redact says how a world is kept; say where with --xt-save-world=DIR")
        if source:
            _refuse_writing(option)
        self.saved = _opened(source, config, scratch) if source else None
        earlier = _folder(option, "xt_since")
        self.earlier = _opened(earlier, config, scratch) if earlier else None
        if self.earlier and self.saved and self.saved.now <= self.earlier.now:
            raise XtcheckError(f"--xt-since names a world that was not read before that of --xt-world: {earlier}")
        if self.target:
            if source and source.resolve() == self.target.resolve():
                raise XtcheckError(f"--xt-world and --xt-save-world are the same folder, {source}")
            may_hold(self.target)

    @property
    def today(self) -> date:
        """The day on which the world was read, in UTC; until one has been read, today."""
        return (self.saved.now if self.saved else datetime.now(UTC)).date()

    @property
    def sandbox(self) -> str | None:
        """The name of the sandbox's world that is, or was, read."""
        if self.saved:
            return self.saved.manifest.origin.sandbox
        return self.config.sandbox.world if self.config.sandbox else None

    @property
    def summary(self) -> str:
        """What is judged, in a few words, and which world tells since when."""
        if self.earlier is None:
            return self._judged
        return f"{self._judged}; since {shown(self.earlier.folder)}, read {self.earlier.now:%Y-%m-%d %H:%M} UTC"

    @property
    def _judged(self) -> str:
        if self.saved is None:
            return f"sandbox, world {self.sandbox}" if self.sandbox else "live tenants"
        redacted = ", redacted" if self.saved.manifest.origin.redacted else ""
        read = f"{self.saved.now:%Y-%m-%d %H:%M} UTC, {_age(datetime.now(UTC) - self.saved.now)} ago"
        return f"saved world {shown(self.saved.folder)}, read {read}{redacted}"

    @property
    def record(self) -> Json:
        """The saved world, for reports; None when this run has read."""
        if self.saved is None:
            return None
        origin = self.saved.manifest.origin
        return {
            "path": shown(self.saved.folder),
            "read": self.saved.now.isoformat(timespec="seconds"),
            "version": origin.version,
            "redacted": origin.redacted,
        }

    def replay(self, refs: Iterable[Ref]) -> tuple[World, list[Json]]:
        """The saved world, and what reading it cost then.

        :raises XtcheckError: a document of the saved world is none.
        """
        if self.saved is None:
            raise LookupError("no world is judged again")
        return _looked_through(self.saved, refs), self.saved.manifest.origin.costs

    def after(self, world: World) -> World:
        """The same world, with the one before it, if there is any."""
        world.before = self.earlier
        return world

    def keep(self, world: World, costs: list[Json], began: datetime, policies: Mapping[Path, str]) -> str:
        """Save the world where it was asked for; the line that says so.

        :param policies: the files that judge it, by which a redacted world is still judged.

        :raises XtcheckError: it cannot be saved.
        """
        if self.target is None:
            return ""
        if self.saved:
            origin = self.saved.manifest.origin
        else:
            origin = Origin(__version__, began, self.sandbox, declared(self.config.estate), costs)
        if not self.redact:
            save(self.target, world, origin)
            return f"saved world: {shown(self.target)}"
        from xtcheck.snapshot.redaction import CONFIG, judged_by, redaction

        texts = {shown: file.read_text(encoding="utf-8-sig") for file, shown in policies.items()}
        made = redaction(world, origin, texts)
        save(self.target, world, made.origin(origin), keep=made, attached=judged_by(made, origin, texts))
        folder = shown(self.target)
        again = f"pytest --tenants={folder}/{CONFIG} --xt-world={folder}"
        return f"saved world, redacted: {folder}; judge it again: {again}"


def _folder(option: pytest.Config, name: str) -> Path | None:
    path = option.getoption(name)
    return Path(option.invocation_params.dir, path) if path is not None else None


def _refuse_writing(option: pytest.Config) -> None:
    """The one place where a plugin that writes is told that it cannot, whatever its options are called.

    :raises XtcheckError: an option that writes is set.
    """
    for name, value in vars(option.option).items():
        if name.startswith(WRITING) and value:
            flag = f"--{name.replace('_', '-')}"
            raise XtcheckError(f"{flag} changes tenants, and --xt-world reads none: leave one of the two out")


def _opened(folder: Path, config: Config, scratch: Callable[[], Path]) -> SavedWorld:
    saved = open_world(folder, scratch)
    differing = conflicts(saved.manifest.origin.estate, config.estate)
    if differing:
        raise XtcheckError(f"the saved world {folder} is of other tenants: {'; '.join(differing)}")
    return saved


def _looked_through(saved: SavedWorld, refs: Iterable[Ref]) -> World:
    """The world, once every document that is needed was read: what is wrong with one is told before any verdict."""
    for ref in refs:
        saved.evidence(ref)
    return saved


def _age(age: timedelta) -> str:
    days, seconds = max(0, age.days), max(0, age.seconds)
    for count, unit in ((days, "day"), (seconds // 3600, "hour"), (seconds // 60, "minute")):
        if count:
            return f"{count} {unit}{'s' * (count > 1)}"
    return "a moment"


def shown(path: Path) -> str:
    """A path as messages give it: relative to the current folder when it is below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
