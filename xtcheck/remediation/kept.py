"""A plan in a file: kept for somebody to look at, and then made exactly as it was, or not at all."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xtcheck import __version__, private
from xtcheck.errors import XtcheckError
from xtcheck.hiding import NAMED
from xtcheck.model import Present, Safety
from xtcheck.remediation.changes import Change, Plan, change_json, change_of
from xtcheck.remediation.compose import shape_of, standing
from xtcheck.remediation.filling import words_of
from xtcheck.remediation.masking import Veil
from xtcheck.shapes import Merge, Upsert
from xtcheck.world import World

Json = Any

FORMAT = 3
"""Version of kept plans: 1 had no places and no digests, 2 no objects."""
SLOW = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""Of scrypt (RFC 7914): 32 MiB and about 0.1 s for each guess at what a digest was made of."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is made on: what each place of it is, and what the objects of its changes have.

    Of the objects, by the names of changes, what tells each property's value from others, also where nobody states it.
    """

    places: Mapping[str, str]
    objects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def ground_of(plan: Plan, world: World, identities: Mapping[str, str], hidden: Mapping[str, str]) -> Ground:
    """What a plan is made on, as it is in this world."""
    veil = Veil(hidden)
    objects: dict[str, dict[str, str]] = {}
    for change in plan.changes:
        shape, evidence = shape_of(change.ref.kind), world.evidence(change.ref)
        if isinstance(shape, Merge | Upsert) and isinstance(evidence, Present) and isinstance(evidence.document, dict):
            objects[change.name] = veil.digests(standing(shape, evidence.document))
    return Ground(_places_of(plan, world, identities), objects)


def _places_of(plan: Plan, world: World, identities: Mapping[str, str]) -> dict[str, str]:
    """Which tenant or AWS account each place of a plan is, and of AWS which instance, where that is known."""
    found: dict[str, str] = {}
    for change in plan.changes:
        place = change.write.place
        instance = words_of(change.ref, world).get("instance.InstanceArn", "")
        identity = identities[place] + (f" with {instance}" if instance else "")
        found[place] = max(found.get(place, ""), identity, key=len)
    return found


def save(path: Path, plan: Plan, allowed: Safety, hidden: Mapping[str, str], ground: Ground) -> None:
    """Write the plan down; it names people and tenants, so only this user may read it.

    :param ground: what it is made on (:func:`ground_of`).
    :raises XtcheckError: it cannot be written.
    """
    shown, salt = Veil(hidden).plan(plan), secrets.token_hex(16)
    document = {
        "format": FORMAT,
        "version": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "allowed": str(allowed),
        "places": dict(ground.places),
        "objects": {name: dict(seen) for name, seen in ground.objects.items()},
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
    for name, wanted in (("places", dict), ("objects", dict), ("salt", str), ("changes", list), ("digests", list)):
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


def moved(kept: Json, plan: Plan, hidden: Mapping[str, str], ground: Ground) -> list[str]:
    """What differs between a kept plan and the one that would be made now, by the names of changes."""
    was = {place: kept["places"].get(place) or "not known" for place in ground.places}
    found = [f"{place} was {was[place]}, and is now {now}" for place, now in ground.places.items() if was[place] != now]
    shown = Veil(hidden).plan(plan)
    then, now = kept["changes"], list(map(_plain, shown.changes))
    before, after = [change["name"] for change in then], [change["name"] for change in now]
    found += [f"{name} is no longer to be made" for name in before if name not in after]
    found += [f"{name} is to be made besides" for name in after if name not in before]
    if before == after:
        other = [change["name"] for change, other in zip(then, now, strict=True) if change != other]
        found += [f"{name} is not what it was" for name in other] or list(_told_otherwise(kept, plan, shown))
        return found or list(_besides(kept["objects"], ground.objects))
    known = {change["name"]: change for change in now}
    found += [f"{each['name']} is not what it was" for each in then if known.get(each["name"], each) != each]
    return found or ["the order of the changes is another"]


def _besides(was: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The changes whose object has something else by now, in what they neither state nor send."""
    for name, seen in now.items():
        before = was.get(name, {})
        other = [each for each in sorted({**before, **seen}) if _differ(before.get(each), seen.get(each))]
        if other:
            yield f"{name} is of an object that changed: {', '.join(other)}"


def _differ(one: str | None, other: str | None) -> bool:
    """Whether two digests are of different values; of what comes from the environment there is none."""
    return "" not in (one, other) and one != other


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
