"""What a policy states about one object, with its exceptions, and the judgement that it is given. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from xtcheck.answers import Json, Request

if TYPE_CHECKING:
    from xtcheck.errors import Mark
    from xtcheck.estate import Scope
    from xtcheck.model import Grade, Kind, Ref, Setting, Severity


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
