"""One membership rule: its tree, what is to be known about it, and the points on which its answers may hang."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xtcheck.errors import XtcheckError
from xtcheck.languages.rules.control import Use, uses
from xtcheck.languages.rules.evaluation import answering
from xtcheck.languages.rules.explanation import Explanation, explained
from xtcheck.languages.rules.leaves import Test
from xtcheck.languages.rules.lexer import Finding, place
from xtcheck.languages.rules.outcome import Answer
from xtcheck.languages.rules.parser import LONGEST, parsed
from xtcheck.languages.rules.printer import printed
from xtcheck.languages.rules.properties import Subject
from xtcheck.languages.rules.semantics import OPEN, Reading, Semantics, lowered, open_items, readings
from xtcheck.languages.rules.syntax import MemberOf, Tree

if TYPE_CHECKING:
    import polars as pl

    from xtcheck.languages.rules.population import Population
    from xtcheck.languages.rules.select import Selection

Json = Any


@dataclass(frozen=True)
class Rule:
    """A parsed rule. ``str`` is its normal form, which parses back to an equal rule (under the same ``semantics``).

    Where the normal form would be longer than a rule may be, it is the text as it was.
    """

    tree: Tree
    alternative: Tree | None = None
    """What the rule says if ``-any`` and ``-all`` take in the rest of it (A-07), where that is something else."""
    subject: Subject = Subject.USER
    semantics: Semantics = OPEN
    text: str = field(default="", compare=False)
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    spelled: str = field(default="", compare=False)
    """The text in the normal spelling with its own brackets: what an ambiguous rule is printed as."""

    def __str__(self) -> str:
        normal = printed(self.tree) if self.alternative is None else self.spelled
        return normal if len(normal) <= LONGEST else self.text or normal

    def __getstate__(self) -> dict[str, Any]:
        """Without what was derived: closures do not travel."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def frozen(self) -> bool:
        """Whether Entra ID no longer evaluates the rule, because it asks for members of other groups."""
        return isinstance(self.tree, MemberOf)

    @cached_property
    def _answer(self) -> Test:
        if self.subject is not Subject.USER:
            raise XtcheckError(f"the rule selects {self.subject}s, not users")
        ambiguous = self.alternative is not None
        return answering(self.meanings(), self.tree, self.semantics, ambiguous=ambiguous)

    def matches(self, user: Mapping[str, Json], *, now: datetime | None = None) -> Answer:
        """Whether the rule selects a user, as Microsoft Graph describes one (``properties``: what must be selected).

        True, false, or ``Inconclusive`` with the points on which it hangs. ``now`` is the time at which it is asked,
        with its time zone; only rules with ``system.now`` need it. Rules with memberOf are always inconclusive.

        :raises XtcheckError: the rule selects devices.
        """
        return self._answer(user, now)

    def select(self, users: pl.DataFrame | pl.LazyFrame | Population, *, now: datetime | None = None) -> Selection:
        """Whom of many users the rule selects, and on what the answer hangs for whom: as ``matches`` answers for each.

        Columns are named as Graph's properties are; one that is not there was not read.

        :raises XtcheckError: the rule selects devices, or the users have no id.
        """
        from xtcheck.languages.rules.select import select

        return select(self, users, now=now)

    def explain(self, user: Mapping[str, Json], *, now: datetime | None = None) -> Explanation:
        """The rule part by part, each with what it found and says of the user; the whole says what ``matches`` says.

        :raises XtcheckError: the rule selects devices.
        """
        whole = explained(self.tree, user, self.semantics, now)
        return replace(whole, answer=self.matches(user, now=now))

    @cached_property
    def properties(self) -> tuple[Use, ...]:
        """What must be selected from Microsoft Graph to answer, and who decides about it."""
        return uses(self.tree)

    @property
    def open_points(self) -> tuple[str, ...]:
        """The points for the whole rule that may decide about somebody, and that its ``semantics`` do not settle."""
        return open_items(self.tree, self.semantics, alternative=self.alternative)

    def located_findings(self) -> list[tuple[Finding, tuple[int, int]]]:
        """The findings, each with its line and column in the text."""
        return [(each, place(self.text, each.at)) for each in self.findings]

    def under(self, settled: Mapping[str, str]) -> Rule:
        """The same rule with these points settled too, by key (the table is ``semantics.REGISTER``).

        :raises XtcheckError: a key or a reading is none.
        """
        return replace(self, semantics=self.semantics.and_(settled))

    def meanings(self) -> Iterator[tuple[Reading, Tree]]:
        """Every joint reading of the rule with what it then means (``semantics.lowered``); the likeliest first."""
        for reading in readings(self.tree, self.semantics, alternative=self.alternative):
            tree = self.alternative if self.alternative is not None and reading["A-07"] == "rest" else self.tree
            yield reading, lowered(tree, reading, self.semantics)


def parse(text: str, *, semantics: Mapping[str, str] | None = None) -> Rule:
    """A rule from its text; ``semantics`` settles points that the documentation leaves open.

    :raises RuleError: it is no membership rule.
    """
    found = parsed(text)
    rule = Rule(found.tree, found.alternative, found.subject, OPEN, text, found.findings, found.spelled)
    return rule.under(semantics) if semantics else rule
