"""The row that every kind may have: whether the object exists at all."""

from __future__ import annotations

from xtcheck.kinds.mending import CREATES
from xtcheck.model import Mending, Setting, Severity
from xtcheck.values import Choice


def state(doc: str, remedy: str, severity: Severity = Severity.NORMAL, mending: Mending = CREATES) -> Setting:
    """``state: present`` or ``state: absent``."""
    presence = Choice({"present": "present", "absent": "absent"})
    return Setting("state", presence, doc, presence=True, severity=severity, remedy=remedy, mending=mending)
