"""The row that every kind may have: whether the object exists at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtcheck.kinds.mending import CREATES
from xtcheck.model import Mending, Seen, Setting, Severity
from xtcheck.values import Choice

Json = Any


def state(
    doc: str,
    remedy: str,
    severity: Severity = Severity.NORMAL,
    *,
    mending: Mending = CREATES,
    key: str = "state",
    owned: bool = False,
    sends: Callable[[Json, Seen], Mapping[str, Json] | None] | None = None,
) -> Setting:
    """``state: present`` or ``state: absent``.

    :param key: where it stands below the kind's place, when that place is another object's.
    :param owned: the object is documented to be gone when what it is found through is gone. Without that, an absence
        that follows from one above proves nothing.
    :param sends: what a new one is given, where that hangs on who asks.
    """
    presence = Choice({"present": "present", "absent": "absent"})
    return Setting(
        key, presence, doc, presence=True, owned=owned, severity=severity, remedy=remedy, mending=mending, sends=sends
    )
