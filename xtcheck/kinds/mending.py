"""What putting rows right takes: the words that the tables use for it, and what holds where a row says nothing.

DESIGN: tightening and neutral changes are safe; loosening a trust, and whatever may take access from people (schema,
scope, restart, deleting), is unsafe. Users, groups and memberships of the identity store are never written (AWS user
guide, "Considerations for using SCIM": what SCIM made is overwritten or stops it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtcheck.model import Grade, Kind, Mending, Safety, Setting
from xtcheck.shapes import Window
from xtcheck.values import Findings

Json = Any

SAFE = Mending(Safety.SAFE)

FOLLOWING = Window(
    "following",
    15,
    900,
    "learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-when-will-provisioning-finish-specific-"
    "user: a first cycle of few people takes minutes, one of many hours; dynamic groups follow within minutes, mostly",
)
"""How long a run waits for what services make of its changes by themselves."""


def unsafe(why: str) -> Mending:
    """An API writes it, and somebody may lose or gain something, whichever way it changes."""
    return Mending(Safety.UNSAFE, why)


PROVISIONS = unsafe("it may create people, or take access from them")
REMAPS = unsafe("a changed schema evaluates everybody again, and may take access from people")
SIGN_IN = unsafe("it may break sign-in")
GRANTS = unsafe("it gives and takes access")
ROUTES = unsafe("it changes where people are written, or by what right")
ADMINISTERS = unsafe("it changes who administers")
DELETES = unsafe("it deletes")


def by_hand(why: str) -> Mending:
    """No program writes it: the row's remedy says where a person does."""
    return Mending(Safety.MANUAL, why)


def follows(why: str) -> Mending:
    """No program writes it, and no person does: it comes of other things."""
    return Mending(Safety.MANUAL, why, follows=True)


NO_API = by_hand("no API writes it")
FOLLOWS_ENTRA = follows("it follows Entra, and is never written in AWS")
IN_AWS = by_hand("users and groups of AWS are never written")
ELSEWHERE = follows("it comes of other settings, which have statements of their own")
DECIDE = by_hand("what is right here, a person must decide")
CONCLUDED = by_hand("nothing is written on what was only concluded")


def tightening(*scale: Json, why: str = "") -> Mending:
    """Safe towards the first value, unsafe towards the last; ``scale`` begins with the tightest that there is.

    A value that is not on the scale (``inherit``, a list of some users) is somewhere between its ends: towards the
    tightest and away from the loosest every change tightens, whatever is at its other end. ``...`` in place of an end
    means that there is no such value.
    """

    def safely(before: Json, after: Json) -> bool:
        if after == scale[0] or before == scale[-1]:
            return True
        return before in scale and after in scale and scale.index(after) <= scale.index(before)

    return _tightening(safely, why)


def less(measure: Callable[[Json], float | None], why: str) -> Mending:
    """Safe when it becomes less, by a measure of the value; one that cannot be measured is never safely left."""

    def safely(before: Json, after: Json) -> bool:
        was, becomes = measure(before), measure(after)
        return was is not None and becomes is not None and becomes <= was

    return _tightening(safely, why)


def _tightening(safely: Callable[[Json, Json], bool], why: str) -> Mending:
    return Mending(Safety.UNSAFE, why, safely, "tightens", "loosens")


TRUST = tightening(False, True, why="`false` is the tighter")  # values, not flags
"""Of a trust that is given or not."""
CREATES = Mending(
    Safety.UNSAFE, safely=lambda _, after: bool(after == "present"), when="creates", otherwise="deletes"
)  # fmt: skip
"""Of whether an object exists that by itself gives nobody anything."""


def mending(kind: Kind, setting: Setting) -> Mending:
    """What mending a row takes: what the row says, else what follows from it, else what its kind says.

    :raises LookupError: nothing says so; that is a fault of the table.
    """
    if setting.mending is not None:
        return setting.mending
    if setting.grade is Grade.ATTESTED:
        return NO_API
    if setting.grade is Grade.INFERRED:
        return CONCLUDED
    if isinstance(setting.type, Findings) and (kind.mending is None or kind.mending.worst is not Safety.MANUAL):
        return DECIDE
    if kind.mending is None:
        raise LookupError(f"{kind.name} {setting.key}: say what mending it takes, in the row or in its kind")
    return kind.mending
