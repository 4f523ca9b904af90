"""What changed between two worlds, request by request and object by object, whether or not a policy mentions it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, assert_never

from xtcheck.model import Answer, Answered, Failed, Nothing
from xtcheck.world import World

Json = Any

IDENTITY = (
    "id", "tenantId", "PermissionSetArn", "InstanceArn", "ApplicationArn", "TrustedTokenIssuerArn", "MembershipId",
    "UserId", "GroupId", "AccountId", "targetAttributeName", "keyId", "servicePlanId", "skuId", "ServicePrincipal",
    "RegionName", "Arn", "key", "Key", "Id", "target", "name", "Name",
)  # fmt: skip
"""What tells the items of a collection apart: the first of these that every item has, and no two alike."""

NAMES = ("displayName", "UserName", "DisplayName", "Name", "userPrincipalName", "principalDisplayName", "name")
"""What a person calls an item, told beside its identity."""

VOLATILE = frozenset(
    {
        "@odata.context",
        # times at which something was made or touched
        "createdDateTime", "lastModifiedDateTime", "modifiedDateTime", "renewedDateTime", "CreatedAt", "UpdatedAt",
        "CreatedDate", "AddedDate", "DateEnabled", "timeBegan", "timeEnded", "steadyStateFirstAchievedTime",
        "steadyStateLastAchievedTime", "nextAttempt",
        # versions
        "version", "Revision", "@odata.etag",
        # counters, and the last runs of jobs
        "lastExecution", "lastSuccessfulExecution", "lastSuccessfulExecutionWithExports", "progress",
        "synchronizedEntryCountByType", "countSuccessiveCompleteFailures", "seriesCount", "consumedUnits",
    }
)  # fmt: skip
"""Fields that change by themselves. They are compared only on request."""


class Change(StrEnum):
    """What became of one place."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    UNREAD = "not read"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that is not the same. ``path`` is empty when the whole answer is meant; ``name`` is whose place it is.

    ``before`` and ``after`` are JSON values; of what cannot be compared, texts that say why.
    """

    place: str
    request: str
    change: Change
    path: str
    name: str
    before: Json
    after: Json


def differences(before: World, after: World, *, everything: bool = False) -> Iterator[Difference]:
    """What is not the same in two worlds, by place and request.

    What either of them could not read, or did not ask for, is told: that nothing changed there is not known.

    :param everything: compares also what changes by itself.
    """
    for request in sorted({*before.answers, *after.answers}):
        left, right = before.answers.get(request), after.answers.get(request)
        folded: frozenset[str] = frozenset() if everything else VOLATILE
        for change, path, name, old, new in _compared(*_as_lists(left, right, request.columns, folded), folded):
            yield Difference(request.place, str(request), change, path, name, old, new)


def _as_lists(
    left: Answer | None, right: Answer | None, columns: tuple[str, ...], folded: frozenset[str]
) -> tuple[Answer | None, Answer | None]:
    """Answers whose tables are lists, in which of what is the same in both tables nothing is left."""
    if not columns:
        return left, right
    tables = [answer.document for answer in (left, right) if isinstance(answer, Answered)]
    ids = tables[0].differing(tables[1], set(columns) - folded) if len(tables) == 2 else None
    return _as_list(left, columns, ids), _as_list(right, columns, ids)


def _as_list(answer: Answer | None, columns: tuple[str, ...], ids: Container[str] | None) -> Answer | None:
    if not isinstance(answer, Answered):
        return answer
    rows = answer.document.documents(columns)
    return replace(answer, document=[row for row in rows if ids is None or row["id"] in ids])


NOT_ASKED = "not asked for"
Found = tuple[Change, str, str, Json, Json]


def _compared(left: Answer | None, right: Answer | None, folded: frozenset[str]) -> Iterator[Found]:
    if isinstance(left, Failed) or isinstance(right, Failed):
        yield Change.UNREADABLE, "", "", _told(left), _told(right)
    elif left is None or right is None:
        yield Change.UNREAD, "", "", _told(left), _told(right)
    else:
        yield from _documents(left, right, folded)


def _told(answer: Answer | None) -> str:
    match answer:
        case None:
            return NOT_ASKED
        case Failed():
            return answer.cause
        case Nothing():
            return "there is none"
        case Answered():
            return "read"
        case _:
            assert_never(answer)


def _documents(left: Answered | Nothing, right: Answered | Nothing, folded: frozenset[str]) -> Iterator[Found]:
    match left, right:
        case Answered(), Answered():
            yield from _values("", "", left.document, right.document, folded)
        case Nothing(), Answered():
            yield Change.ADDED, "", _name(right.document), None, right.document
        case Answered(), Nothing():
            yield Change.REMOVED, "", _name(left.document), left.document, None


def _values(path: str, name: str, old: Json, new: Json, folded: frozenset[str]) -> Iterator[Found]:
    match old, new:
        case dict(), dict():
            yield from _objects(path, name or _name(old), old, new, folded)
        case list(), list():
            yield from _lists(path, name, old, new, folded)
        case _:
            # In Python 1 and True are equal; in JSON they are two values.
            if type(old) is not type(new) or old != new:
                yield Change.CHANGED, path, name, old, new


def _objects(path: str, name: str, old: Json, new: Json, folded: frozenset[str]) -> Iterator[Found]:
    for field in dict.fromkeys((*old, *new)):
        if field in folded:
            continue
        below = f"{path}.{field}" if path else field
        if field not in new:
            yield Change.REMOVED, below, name, old[field], None
        elif field not in old:
            yield Change.ADDED, below, name, None, new[field]
        else:
            yield from _values(below, name, old[field], new[field], folded)


def _lists(path: str, name: str, old: list[Json], new: list[Json], folded: frozenset[str]) -> Iterator[Found]:
    by = next((field for field in IDENTITY if _identifies(field, old) and _identifies(field, new)), "")
    if not by:
        yield from _unordered(path, name, old, new, folded)
        return
    before, after = ({item[by]: item for item in items} for items in (old, new))
    for key in dict.fromkeys((*before, *after)):
        below = f"{path}[{by}={key}]"
        if key not in after:
            yield Change.REMOVED, below, _name(before[key]) or name, before[key], None
        elif key not in before:
            yield Change.ADDED, below, _name(after[key]) or name, None, after[key]
        else:
            yield from _values(below, _name(before[key]) or name, before[key], after[key], folded)


def _identifies(field: str, items: list[Json]) -> bool:
    keys = [item.get(field) if isinstance(item, dict) else None for item in items]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)


def _unordered(path: str, name: str, old: list[Json], new: list[Json], folded: frozenset[str]) -> Iterator[Found]:
    """Items without an identity, in whatever order: services give lists of values in any.

    Of objects that are as many before as after, those that differ are taken for the same ones in their order.
    """
    before, after = ([(_text(item, folded), item) for item in items] for items in (old, new))
    lost, come = _besides(before, after), _besides(after, before)
    if len(lost) == len(come) and all(isinstance(item, dict) for item in (*lost, *come)):
        for index, (was, now) in enumerate(zip(lost, come, strict=True)):
            yield from _values(f"{path}[{index}]", _name(was) or name, was, now, folded)
        return
    for item in lost:
        yield Change.REMOVED, f"{path}[]", _name(item) or name, item, None
    for item in come:
        yield Change.ADDED, f"{path}[]", _name(item) or name, None, item


def _besides(items: list[tuple[str, Json]], others: list[tuple[str, Json]]) -> list[Json]:
    """The items that the others have not, or have not so often."""
    left = Counter(text for text, _ in others)
    found = []
    for text, item in items:
        if left[text] > 0:
            left[text] -= 1
        else:
            found.append(item)
    return found


def _text(item: Json, folded: frozenset[str]) -> str:
    return json.dumps(_lasting(item, folded), sort_keys=True)


def _lasting(item: Json, folded: frozenset[str]) -> Json:
    """A value without what changes by itself."""
    match item:
        case dict():
            return {field: _lasting(value, folded) for field, value in item.items() if field not in folded}
        case list():
            return [_lasting(value, folded) for value in item]
    return item


def _name(item: Json) -> str:
    if not isinstance(item, Mapping):
        return ""
    return next((str(item[field]) for field in NAMES if isinstance(item.get(field), str)), "")
