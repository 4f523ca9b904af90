"""A plan in a file: kept for somebody to look at, and then made exactly as it was, or not at all."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xtcheck import __version__, private
from xtcheck.errors import XtcheckError
from xtcheck.hiding import NAMED
from xtcheck.model import Safety
from xtcheck.remediation.changes import Change, Plan, change_json, change_of
from xtcheck.remediation.filling import words_of
from xtcheck.remediation.masking import Veil
from xtcheck.world import World

Json = Any

FORMAT = 2
"""Version of kept plans: 1 had no places and no digests."""
SLOW = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""Of scrypt (RFC 7914): 32 MiB and about 0.1 s for each guess at what a digest was made of."""


def places_of(plan: Plan, world: World, identities: Mapping[str, str]) -> dict[str, str]:
    """Which tenant or AWS account each place of a plan is, and of AWS which instance, where that is known."""
    found: dict[str, str] = {}
    for change in plan.changes:
        place = change.write.place
        instance = words_of(change.ref, world).get("instance.InstanceArn", "")
        identity = identities[place] + (f" with {instance}" if instance else "")
        found[place] = max(found.get(place, ""), identity, key=len)
    return found


def save(path: Path, plan: Plan, allowed: Safety, hidden: Mapping[str, str], places: Mapping[str, str]) -> None:
    """Write the plan down; it names people and tenants, so only this user may read it.

    :param places: what each place of the plan is (:func:`places_of`).
    :raises XtcheckError: it cannot be written.
    """
    shown, salt = Veil(hidden).plan(plan), secrets.token_hex(16)
    document = {
        "format": FORMAT,
        "version": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "allowed": str(allowed),
        "places": dict(places),
        "salt": salt,
        "changes": [_plain(change) for change in shown.changes],
        "digests": _digests(plan, shown, salt),
        "held": [_plain(change) for change in shown.held],
        "by-hand": [{"check": each.check, "why": each.why, "step": each.step} for each in shown.by_hand],
    }
    try:
        with private.text(private.emptied(path)) as stream:
            json.dump(document, stream, indent=1, ensure_ascii=False)
            stream.write("\n")
    except OSError as error:
        raise XtcheckError(f"cannot write the plan {path}: {error.strerror}") from error


def load(path: Path) -> Json:
    """A kept plan.

    :raises XtcheckError: it is none, or of another version, or something in it is not as it was written.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            text = f"the plan {path} has format {document['format']}; this version reads {FORMAT}: make a new plan"
            raise XtcheckError(text)
        Safety(document["allowed"])
        _check_shapes(document)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise XtcheckError(f"cannot read the plan {path}: {error}") from error
    for number, change in enumerate(document["changes"], 1):
        if why := _mistaken(change):
            name = change.get("name") if isinstance(change, dict) else None
            raise XtcheckError(f"the plan {path}: change {number} ({name or 'without a name'}) {why}; make a new plan")
    return document


def _check_shapes(document: Json) -> None:
    for name, wanted in (("places", dict), ("salt", str), ("changes", list), ("digests", list)):
        if not isinstance(document[name], wanted):
            raise TypeError(f"{name} is not as it was written")
    bytes.fromhex(document["salt"])
    if len(document["digests"]) != len(document["changes"]):
        raise ValueError("there is not one digest for each change")


def _mistaken(change: Json) -> str:
    """What is the matter with a change that was kept; empty when it is as this version writes it."""
    try:
        again = _plain(change_of(change))
    except KeyError as error:
        return f"lacks {error}, or this version does not know it"
    except (ValueError, TypeError, AttributeError) as error:
        return f"is not as it was written: {error}"
    other = next((name for name in {**change, **again} if change.get(name, ...) != again.get(name, ...)), "")
    return f"is not as it was written: {other}" if other else ""


def moved(kept: Json, plan: Plan, hidden: Mapping[str, str], places: Mapping[str, str]) -> list[str]:
    """What differs between a kept plan and the one that would be made now, by the names of changes."""
    was = {place: kept["places"].get(place) or "not known" for place in places}
    found = [f"{place} was {was[place]}, and is now {now}" for place, now in places.items() if was[place] != now]
    shown = Veil(hidden).plan(plan)
    then, now = kept["changes"], list(map(_plain, shown.changes))
    before, after = [change["name"] for change in then], [change["name"] for change in now]
    found += [f"{name} is no longer to be made" for name in before if name not in after]
    found += [f"{name} is to be made besides" for name in after if name not in before]
    if before == after:
        other = [change["name"] for change, other in zip(then, now, strict=True) if change != other]
        return found + ([f"{name} is not what it was" for name in other] or list(_told_otherwise(kept, plan, shown)))
    known = {change["name"]: change for change in now}
    found += [f"{each['name']} is not what it was" for each in then if known.get(each["name"], each) != each]
    return found or ["the order of the changes is another"]


def _told_otherwise(kept: Json, plan: Plan, shown: Plan) -> Iterator[str]:
    """The changes that look the same, and for which the environment says something else."""
    digests = _digests(plan, shown, kept["salt"])
    for change, was, now in zip(shown.changes, kept["digests"], digests, strict=True):
        if was != now:
            names = sorted(set(NAMED.findall(json.dumps(_plain(change)))))
            yield f"{change.name} is not what it was: {' or '.join(names) or 'the environment'} has another value"


def _digests(plan: Plan, shown: Plan, salt: str) -> list[str]:
    """Of each change of which something is not shown, what tells it from others without telling what it is; else empty.

    A secret that only the request holds, such as the token of SCIM, is no part of it.
    """
    whole = [(_plain(change), _plain(masked)) for change, masked in zip(plan.changes, shown.changes, strict=True)]
    return [_digest(change, salt) if change != masked else "" for change, masked in whole]


def _digest(change: Json, salt: str) -> str:
    text = json.dumps(change, sort_keys=True).encode()
    return hashlib.scrypt(text, salt=bytes.fromhex(salt), dklen=32, **SLOW).hex()


def _plain(change: Change) -> Json:
    return json.loads(json.dumps(change_json(change)))
