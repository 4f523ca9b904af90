"""The vocabulary: requests and answers, kinds and settings, references and evidence, checks and verdicts. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

# The vocabulary has one face: what services are asked and said, and what was found, belongs to it.
# ruff: noqa: PLC0414
from xtcheck.answers import Answer as Answer
from xtcheck.answers import Answered as Answered
from xtcheck.answers import Entrance as Entrance
from xtcheck.answers import Failed as Failed
from xtcheck.answers import Json as Json
from xtcheck.answers import Nothing as Nothing
from xtcheck.answers import Request as Request
from xtcheck.evidence import Absent as Absent
from xtcheck.evidence import Ambiguous as Ambiguous
from xtcheck.evidence import Evidence as Evidence
from xtcheck.evidence import Present as Present
from xtcheck.evidence import Unread as Unread
from xtcheck.rows import Break as Break
from xtcheck.rows import Earlier as Earlier
from xtcheck.rows import Folding as Folding
from xtcheck.rows import Grade as Grade
from xtcheck.rows import Home as Home
from xtcheck.rows import Kind as Kind
from xtcheck.rows import Obstacle as Obstacle
from xtcheck.rows import Ref as Ref
from xtcheck.rows import Removal as Removal
from xtcheck.rows import Seen as Seen
from xtcheck.rows import Setting as Setting
from xtcheck.rows import Severity as Severity
from xtcheck.rows import Subject as Subject
from xtcheck.rows import Type as Type
from xtcheck.rows import Writable as Writable
from xtcheck.rows import fill as fill
from xtcheck.safety import Mending as Mending
from xtcheck.safety import Safety as Safety
from xtcheck.settling import Lag as Lag
from xtcheck.shapes import Send as Send
from xtcheck.shapes import Shape as Shape
from xtcheck.sources import Call as Call
from xtcheck.sources import Columns as Columns
from xtcheck.sources import Each as Each
from xtcheck.sources import Fetch as Fetch
from xtcheck.sources import Get as Get
from xtcheck.sources import List as List
from xtcheck.sources import Source as Source

if TYPE_CHECKING:
    from xtcheck.errors import Mark
    from xtcheck.estate import Scope


@dataclass(frozen=True, slots=True)
class Waiver:
    """A dated, reasoned exception: the drift is expected until the end of that day (UTC)."""

    reason: str
    owner: str
    until: date

    def holds(self, day: date) -> bool:
        """Whether it still excuses anything."""
        return day <= self.until


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's word for what no API shows, good until the end of that day (UTC)."""

    by: str
    on: date
    until: date


@dataclass(frozen=True, slots=True)
class Check:
    """One statement of a policy about one object.

    ``statement`` is the last part of its node id; ``refs`` is the evidence it needs, by the names its row gives them,
    ``context`` what may be read besides;
    ``closed`` says why its evidence is not read in this run although an API exists (an opt-in not given); ``moot`` why
    the statement does not apply at all; ``hidden`` maps the texts that came from the environment, which are secret, to
    what is shown in their place, and ``names`` are the variables that its value came from, as they are shown.
    """

    kind: Kind
    setting: Setting
    scope: Scope
    statement: str
    expected: Json
    refs: Mapping[str, Ref]
    context: Mapping[str, Ref]
    mark: Mark
    severity: Severity
    controls: tuple[str, ...] = ()
    waiver: Waiver | None = None
    attestation: Attestation | None = None
    settle: timedelta | None = None
    closed: str = ""
    moot: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    also: tuple[Mark, ...] = ()

    @property
    def name(self) -> str:
        """The check's name apart from its file: ``shared/partner.one.trust-mfa``."""
        return f"{self.scope.subject}/{self.statement}"

    @property
    def wanted(self) -> tuple[Ref, ...]:
        """Everything that is read for it: its evidence, and what only makes its text clearer."""
        return (*self.refs.values(), *self.context.values())

    @property
    def owner(self) -> str:
        """The alias of the tenant or AWS entry whose administrators answer for it."""
        return self.scope.place(self.kind.home)


class Verdict(StrEnum):
    """The four answers."""

    COMPLIANT = "compliant"
    DRIFT = "drift"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what a person needs to act on it; texts are plain, one thought a line."""

    verdict: Verdict
    grade: Grade
    expected: str
    observed: str
    reason: str = ""
    differences: tuple[str, ...] = ()
    remedy: str = ""
    evidence: tuple[Request, ...] = field(default=())
    people: Mapping[str, list[Json]] = field(default_factory=dict)
    """Whom it is about, in full, where a line names only the first few."""
    pending: bool = False
    """Of an unknown: what differs is within the time that the service documents to need."""
    since: datetime | None = None
    """Of an unknown: when something changed of which the evidence tells no more, so that no older word holds."""
