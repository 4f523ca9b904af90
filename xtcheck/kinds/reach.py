"""Whom a B2B setting lets through: everyone, some, or nobody, by the evaluation that its documentation tabulates.

Learn: entra/external-id/cross-tenant-access-overview (the table of combined user and application settings). Pure.

An allowed list is exclusive, a blocked list subtractive, and when both lists block, only who is on both is denied:
user group g1 and application a1 blocked means that g1 cannot reach a1, and everything else is open.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from xtcheck.errors import Uninterpretable

Json = Any

WHOLE = {"usersAndGroups": "AllUsers", "applications": "AllApplications"}
"""The target of each part that means all; every other (a GUID, Office365) means a part of them."""


class Share(StrEnum):
    """How much of something: of a part's users or applications, or of all pairs of both."""

    EVERYONE = "everyone"
    SOME = "some"
    NOBODY = "nobody"


def reach(setting: Json) -> Share:
    """Everyone may reach everything; nobody may reach anything; or something in between.

    A named user, group or application counts as some of all: whom a GUID of another tenant means is not readable.

    :raises Uninterpretable: the setting has another shape than documented.
    """
    if not isinstance(setting, dict):
        raise Uninterpretable("the setting for users and applications is not there")
    (users_blocked, users), (apps_blocked, apps) = (_part(setting.get(name), name) for name in WHOLE)
    if users_blocked and apps_blocked:
        return _rest(_both(users, apps))
    return _both(_rest(users) if users_blocked else users, _rest(apps) if apps_blocked else apps)


def _part(part: Json, name: str) -> tuple[bool, Share]:
    """Whether one part blocks, and how much its targets match."""
    match part:
        case {"accessType": str(access), "targets": [_, *_] as targets} if access.strip() in {"allowed", "blocked"}:
            # A published sample spells " blocked" with a leading blank.
            return access.strip() == "blocked", _matched(targets, name)
    raise Uninterpretable(f"{name} has another shape than documented, or no targets")


def _matched(targets: list[Json], name: str) -> Share:
    named = [target.get("target") if isinstance(target, dict) else None for target in targets]
    if not all(isinstance(target, str) and target for target in named):
        raise Uninterpretable(f"a target of {name} has another shape than documented")
    return Share.EVERYONE if WHOLE[name] in named else Share.SOME


def _both(one: Share, other: Share) -> Share:
    """How many pairs have both halves."""
    if Share.NOBODY in (one, other):
        return Share.NOBODY
    return Share.EVERYONE if one is other is Share.EVERYONE else Share.SOME


def _rest(share: Share) -> Share:
    """How many are left."""
    return {Share.EVERYONE: Share.NOBODY, Share.SOME: Share.SOME, Share.NOBODY: Share.EVERYONE}[share]
