"""Whom AWS must refuse when they are provisioned, named before it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtcheck.estate import Scope
from xtcheck.kinds.carried import STRANGER, carried, reads
from xtcheck.kinds.center import INSTANCE, USERS
from xtcheck.kinds.mending import DECIDE
from xtcheck.kinds.people import AREA, ENTRA, OTHER, by_scim
from xtcheck.model import Break, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Findings
from xtcheck.values.findings import note, people, unknown

Json = Any


DISPLAY_NAME = (
    "synchronizationRules[].objectMappings[enabled=true,sourceObjectName=User]"
    ".attributeMappings[targetAttributeName=displayName].source"
)
ANGLED: Json = {"type": "Constant", "expression": '"<somebody>"', "name": "<somebody>"}
"""A name that AWS does not take, as an example of a drift."""
BY_HAND: Json = {
    "UserId": "9067f1a2b3-00000000-1111-4222-8333-444444444444",
    "UserName": "somebody",
    "ExternalIds": OTHER,
}
"""A user of the console with the e-mail address of somebody who is assigned, as an example of a drift."""


def _reads(scope: Scope) -> Mapping[str, Ref]:
    return {**reads(scope), "center-users": USERS.ref(scope)}


def _refusable(seen: Seen) -> list[Json]:
    from xtcheck.provisioned.comparison import UNSCOPED
    from xtcheck.provisioned.refusal import judged, refusals

    found = carried(seen)
    items = seen.documents["center-users"]
    by_hand = [item for item in items if not by_scim(item)]
    taken = {str(mail["Value"]).lower(): str(item["UserName"]) for item in by_hand for mail in item.get("Emails") or ()}
    names, ids = found.names(), found.users["id"]
    expected = found.scoped.fill_null(value=True) & found.users["accountEnabled"]
    reasons: dict[int, list[str]] = {}
    for row, why in refusals(found.wanted, names, taken):
        if expected[row]:
            reasons.setdefault(row, []).append(why)
    told: list[Json] = [unknown(id_, STRANGER) for id_ in found.strangers]
    for row, several in sorted(reasons.items()):
        why = "; ".join(dict.fromkeys(several))
        if found.scoped[row] is None:
            told.append(unknown(names[row], f"{UNSCOPED}; if they do: {why}", [ids[row]]))
        else:
            text = f"{names[row]}: {why}"
            told.append({"name": names[row], "also": [ids[row]], "id": ids[row], "text": text})
    for attribute in judged(found.wanted):
        if (open_ := found.wanted[attribute].open) is not None:
            rows = (open_.is_not_null() & expected).arg_true()
            told += [unknown(names[row], f"{attribute} hangs on {open_[row]}", [ids[row]], SETTLE) for row in rows]
    return [*told, *map(note, found.filtered())]


SETTLE = "look at these people yourself, or state what holds: {forbidden: {semantics: {…}}}"


def _people(observed: Json) -> Mapping[str, list[Json]]:
    return people("refusable", observed)


REFUSABLE = Kind(
    "refusable-people",
    "people whom AWS must refuse",
    home="aws",
    subject="aws",
    parent=INSTANCE,
    place="identity-center.people",
    label="people",
    area=AREA,
    mending=DECIDE,
    settings=(
        Setting(
            "refusable-users",
            Findings("forbidden", "people, by user name or object id", ignore_case=True, settles=True),
            "Nobody is assigned whom AWS must refuse: without given name, family name, display name or user name, with "
            "a second e-mail address or phone number, with several values where AWS takes one, with characters in "
            "names that AWS does not take, or with a user name, an external id or an e-mail address that somebody else "
            "has. Of whom one of these values is not known, that is not known either.",
            view=_refusable,
            reads=_reads,
            breaks=(Break("aws-schema", DISPLAY_NAME, ANGLED), Break("center-users", "+", BY_HAND)),
            people=_people,
            severity=Severity.CRITICAL,
            remedy=f"{ENTRA}: complete or correct the person in Entra, or the mapping; AWS refuses him until then",
        ),
    ),
)

KINDS = (REFUSABLE,)
