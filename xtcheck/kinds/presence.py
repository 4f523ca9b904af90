"""The row that every kind may have: whether the object exists at all."""

from __future__ import annotations

from xtcheck.kinds.mending import CREATES
from xtcheck.model import Mending, Setting, Severity
from xtcheck.values import Choice


def state(
    doc: str,
    remedy: str,
    severity: Severity = Severity.NORMAL,
    *,
    mending: Mending = CREATES,
    key: str = "state",
    owned: bool = False,
) -> Setting:
    """``state: present`` or ``state: absent``.

    :param key: where it stands below the kind's place, when that place is another object's.
    :param owned: the object is documented to be gone when what it is found through is gone. Without that, an absence
        that follows from one above proves nothing.
    """
    presence = Choice({"present": "present", "absent": "absent"})
    return Setting(key, presence, doc, presence=True, owned=owned, severity=severity, remedy=remedy, mending=mending)
