"""``--xt-tenant``: only the checks of some tenants, links and AWS entries, named as node ids name them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from xtcheck.errors import XtcheckError, choices
from xtcheck.plugin.items import CheckItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from xtcheck.estate import Estate

LISTED = 30
"""How many names a message lists; an estate may have a thousand."""


def subjects(estate: Estate) -> list[str]:
    """Every subject of checks: ``shared``, ``one--shared``, ``aws-main``."""
    return [*estate.tenants, *map(str, estate.links), *(f"aws-{alias}" for alias in estate.aws)]


class Chosen:
    """The subjects that are meant: those that any of the globs matches; all, without globs."""

    def __init__(self, globs: Sequence[str], estate: Estate) -> None:
        """:raises XtcheckError: a glob matches nothing."""
        known = subjects(estate)
        for glob in globs:
            if not any(fnmatchcase(name, glob) for name in known):
                raise XtcheckError(f"--xt-tenant={glob} matches nothing in config.yml; {_hint(glob, known)}")
        self.globs = tuple(globs)

    def __contains__(self, subject: str) -> bool:
        return not self.globs or any(fnmatchcase(subject, glob) for glob in self.globs)

    def deselect(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Take out of the list what is about others, and tell pytest so."""
        if not self.globs:
            return
        others = [item for item in items if subject_of(item) not in self]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if subject_of(item) in self]


def subject_of(item: pytest.Item) -> str:
    """Whom a check is about; a check in code is about the subject of its first ``reads``, or about nobody."""
    if isinstance(item, CheckItem):
        return item.check.scope.subject
    for mark in item.iter_markers("reads"):
        for word, prefix in (("tenant", ""), ("link", ""), ("aws", "aws-")):
            if word in mark.kwargs:
                return f"{prefix}{mark.kwargs[word]}"
    return ""


def _hint(glob: str, known: list[str]) -> str:
    if len(known) <= LISTED:
        return choices(glob, known)
    return f"valid here: {', '.join(sorted(known)[:LISTED])} and {len(known) - LISTED} more"
