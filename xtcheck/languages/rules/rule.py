"""One membership rule: its tree, what is to be known about it, and the points on which its answers may hang."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from xtcheck.languages.rules.lexer import Finding
from xtcheck.languages.rules.parser import parsed
from xtcheck.languages.rules.printer import printed
from xtcheck.languages.rules.properties import Subject
from xtcheck.languages.rules.semantics import OPEN, Reading, Semantics, lowered, readings
from xtcheck.languages.rules.syntax import MemberOf, Tree


@dataclass(frozen=True)
class Rule:
    """A parsed rule. ``str`` is its normal form, which parses back to an equal rule (under the same ``semantics``)."""

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
        return printed(self.tree) if self.alternative is None else self.spelled

    @property
    def frozen(self) -> bool:
        """Whether Entra ID no longer evaluates the rule, because it asks for members of other groups."""
        return isinstance(self.tree, MemberOf)

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
