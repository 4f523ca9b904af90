"""What pytest collects: a policy file, a subject in it (tenant, link, AWS entry), and one item for each check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from xtcheck.judge import judge
from xtcheck.model import Check, Judgement, Verdict
from xtcheck.plugin import allure, options
from xtcheck.plugin.outcomes import HALFWAY, Drift, Halfway, Needless, Unknown, gist

if TYPE_CHECKING:
    # pytest has no public name for what its own hook returns.
    from _pytest._code.code import TerminalRepr, TracebackStyle

    from xtcheck.plugin.run import Run

_UNSAFE = re.compile(r"[\[\]%>\x00-\x1f\x7f]|::")


def escaped(name: str) -> str:
    """A name as a part of a node id: what pytest and its options trip over is percent-encoded.

    With ``[`` or ``::`` inside, ``--lf`` silently finds nothing; ``>`` breaks ``-k``.
    """
    return _UNSAFE.sub(lambda found: "".join(f"%{ord(glyph):02X}" for glyph in found[0]), name)


class PolicyMistakes(pytest.Collector.CollectError):
    """All mistakes of one policy file."""


class PolicyFile(pytest.File):
    """One policy file."""

    run: Run

    def collect(self) -> Iterator[Subject]:
        """Its subjects, in the order in which they stand.

        :raises PolicyMistakes: the file, or another that speaks about the same, is mistaken.
        """
        policies = self.run.policies()
        mistakes = policies.mistakes.get(self.path)
        if mistakes:
            raise PolicyMistakes(str(mistakes))
        by_subject: dict[str, list[Check]] = {}
        for check in policies.checks[self.path]:
            by_subject.setdefault(check.scope.subject, []).append(check)
        for subject, checks in by_subject.items():
            node: Subject = Subject.from_parent(self, name=subject)
            node.run, node.checks = self.run, checks
            yield node


class Subject(pytest.Collector):
    """The checks of one file about one tenant, link or AWS entry."""

    run: Run
    checks: list[Check]

    def collect(self) -> Iterator[CheckItem]:
        """One item for each check."""
        for name, group in groupby(self.checks, key=lambda check: escaped(check.statement)):
            check, *others = group
            if others:
                raise PolicyMistakes(f"{check.mark}: the name {name} stands for two checks; rename one")
            item: CheckItem = CheckItem.from_parent(self, name=name)
            item.take(check, self.run)
            yield item


class CheckItem(pytest.Item):
    """One statement of a policy about one object."""

    run: Run
    check: Check
    judgement: Judgement | None = None
    waived = False

    def take(self, check: Check, run: Run) -> None:
        """Become the item of a check: with its marker, its labels and its waiver."""
        self.check, self.run = check, run
        link = str(check.scope.link) if check.scope.link else ""
        self.add_marker(
            pytest.mark.check(
                tenant=check.owner,
                link=link,
                area=check.kind.area,
                kind=check.kind.name,
                key=check.setting.key,
                severity=str(check.severity),
            )
        )
        waiver = check.waiver
        self.waived = waiver is not None and waiver.holds(self.run.worlds.today)
        if waiver and self.waived:
            reason = f"waived until {waiver.until} by {waiver.owner}: {waiver.reason}"
            self.add_marker(pytest.mark.xfail(strict=True, raises=Drift, reason=reason))
        if allure.active(self.config):
            allure.label(self, check)

    def setup(self) -> None:
        """Judge, and stop here when the answer is not known or the question does not arise; nothing, when nothing runs.

        :raises Unknown: so that pytest counts an error, never a pass.
        """
        if not options.reads(self.config):
            return
        self.judgement = judge(self.check, self.run.world)
        if allure.active(self.config):
            allure.attach(self.check, self.judgement, self.run.world, self.run.changes.get(self.check.name))
        if self.judgement.verdict is Verdict.UNKNOWN:
            raise Unknown(gist(self.judgement))
        if self.judgement.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(self.judgement.reason)

    def runtest(self) -> None:
        """Fail when what was read is not what the policy says.

        :raises Drift: an AssertionError, which Allure shows as failed and not as broken.
        :raises Halfway: it is, and the call by which that takes effect was not made.
        :raises Needless: a waiver excuses it, and there is nothing to excuse.
        """
        if self.judgement is None or self.judgement.verdict is not Verdict.COMPLIANT:
            raise Drift(gist(self.judgement) if self.judgement else "not judged")
        if self.check.name in self.run.halfway:
            raise Halfway(HALFWAY)
        if self.waived:
            raise Needless(gist(self.judgement))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        """What is shown of a failure; of a drift only its text counts (:func:`outcomes.describe`).

        pytest's own would parse the source of every frame between it and us first: 50 ms for each drift (measured).
        """
        if isinstance(excinfo.value, Drift | Halfway | Needless):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        """The statement's place in its policy file."""
        return str(self.path), self.check.mark.line - 1, f"{self.check.scope.subject}: {self.check.statement}"
