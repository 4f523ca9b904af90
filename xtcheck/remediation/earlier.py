"""What an earlier run has sent and nobody has seen yet: something new of which a second one would be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xtcheck.errors import XtcheckError
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Change, Outcome, Verb
from xtcheck.remediation.compose import shape_of
from xtcheck.remediation.journal import Entry
from xtcheck.shapes import Upsert

WINDOWS = 3
"""So many windows of its own after it was sent, what is not there is taken for never made."""

Windows = Mapping[str, tuple[float, float]]


def sent_earlier(
    changes: Iterable[Change], folder: Path, tenants: Mapping[str, str], windows: Windows, now: datetime
) -> tuple[dict[str, str], list[str]]:
    """By the name of a change, why it must not be made yet; and which journals could not be read, with the reason.

    Looks only where there is a change that makes something of which the service keeps several, and only into journals
    that are young enough to matter.

    :param tenants: the identity of each place: the folder may hold journals of others.
    :param windows: how often is looked and how long, by the name of the window, where config.yml says it.
    """
    new = [change for change in changes if _may_be_twice(change)]
    if not new:
        return {}, []
    held: dict[str, str] = {}
    unread: list[str] = []
    oldest = now - timedelta(seconds=max(_seconds(change, windows) for change in new))
    for path in _younger(folder, oldest):
        try:
            account = journal.read(path)
        except XtcheckError as error:
            unread.append(f"{error}; what it tells of is not known")
            continue
        for entry in account.entries:
            place = entry.change.ref.place
            for change in new if account.tenants.get(place) == tenants.get(place) else ():
                until = _until(entry, change, windows)
                if until and until > now:
                    held[change.name] = (
                        f"an earlier run has sent it ({path}), and it may not be shown yet: run again after "
                        f"{until:%H:%M:%S} UTC, or look whether it is there"
                    )
    return held, unread


def _may_be_twice(change: Change) -> bool:
    """Whether a change makes something new, and the service would make a second one."""
    shape = change.ref.kind.write
    if not isinstance(shape, Upsert):
        return False
    return not shape.unique if change.verb is Verb.CREATE else _grows(change, shape)


def _grows(change: Change, shape: Upsert) -> bool:
    return change.verb is Verb.CHANGE and any(place.path in shape.grows for place in change.places)


def _seconds(change: Change, windows: Windows) -> float:
    window = shape_of(change.ref.kind).window
    return WINDOWS * windows.get(window.name, (window.every, window.most))[1]


def _younger(folder: Path, oldest: datetime) -> Iterator[Path]:
    """The journals that something was written to since."""
    for path in sorted(folder.glob("*.jsonl")):
        try:
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= oldest:
                yield path
        except OSError:  # it is gone meanwhile
            continue


def _until(entry: Entry, change: Change, windows: Windows) -> datetime | None:
    """Until when what an entry tells of may come to be seen; None where that is another change, or was settled."""
    if not entry.sent or entry.change.ref != change.ref or not _same(entry.change, change):
        return None
    if not entry.ours or entry.outcome == Outcome.APPLIED:  # it was refused, or seen
        return None
    return datetime.fromisoformat(entry.sent) + timedelta(seconds=_seconds(change, windows))


def _same(one: Change, other: Change) -> bool:
    """Whether two changes make the same: an object, or what is added to one by an operation of its own."""
    return one.verb is other.verb and {place.path for place in one.places} >= {
        place.path for place in other.places if other.verb is Verb.CHANGE
    }
