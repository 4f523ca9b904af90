"""How the tenants and AWS entries stand, as lines for a person and as JSON: what is alike is said once."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from xtcheck.report.words import counted, joined

if TYPE_CHECKING:
    from xtcheck.permissions import Need
    from xtcheck.preflight import Preflight

Json = Any

NAMED = 3
"""So many tenants of a kind are named; the JSON report names all."""


def lines(found: Iterable[Preflight], *, verbose: bool) -> Iterator[str]:
    """What a person should know before the results; nothing when all is well.

    Permissions that only read too much are told when ``verbose``, those that write always.
    """
    entered = [each for each in found if each.entrance]
    well = sum(each.well for each in entered)
    told = [
        *_told(entered, _refusal, _refused),
        *_told(entered, lambda each: tuple(each.missing), _missing),
        *_told(entered, lambda each: _excess(each, verbose=verbose), lambda group: _excessive(group, verbose=verbose)),
    ]
    if verbose:
        told += _told(entered, _untold, _silent)
    if told or verbose:
        yield f"preflight: {well} of {counted(len(entered), 'place')} can be read as the selected checks need"
    yield from told


def news(found: Iterable[Preflight]) -> Iterator[str]:
    """What only reading has shown."""
    entered = [each for each in found if each.entrance and not each.stopped]
    yield from _told(entered, lambda each: tuple(each.denied), _denied)
    yield from _told(entered, lambda each: "none" * (each.licence == "none"), _unlicensed)


def _told(
    found: list[Preflight],
    alike: Callable[[Preflight], str | tuple[Hashable, ...]],
    tell: Callable[[list[Preflight]], Iterator[str]],
) -> Iterator[str]:
    """What is told of those of which there is something to tell, together for all that are alike; most first."""
    groups: dict[Hashable, list[Preflight]] = {}
    for each in found:
        if key := alike(each):
            groups.setdefault(key, []).append(each)
    for group in sorted(groups.values(), key=len, reverse=True):
        head, *body = tell(group)
        yield f"  {joined([each.place for each in group], NAMED)}: {head}"
        yield from (f"    {line}" for line in body)


def _refusal(each: Preflight) -> str:
    """Why nobody gets in, with dots where it names who this is."""
    if not each.entrance or not each.entrance.refused:
        return ""
    return re.sub(rf"(?<![\w-]){re.escape(each.place)}(?![\w-])", "…", each.entrance.refused)


def _refused(group: list[Preflight]) -> Iterator[str]:
    entrance = group[0].entrance
    if entrance:
        yield entrance.refused if len(group) == 1 else _refusal(group[0])
        yield f"unknown     {_checks(group)}"
        yield f"what to do  {entrance.remedy}"


def _missing(group: list[Preflight]) -> Iterator[str]:
    first = group[0]
    yield f"the application lacks {counted(len(first.missing), 'permission')}"
    yield from _each_permission([each.missing for each in group])
    yield "what to do  add them to the API permissions of the application's registration, then consent to them at"
    more = f" (and so in {len(group) - 1} more)" if len(group) > 1 else ""
    yield f"            {first.consent or 'the tenant: Enterprise applications > Permissions'}{more}"


def _denied(group: list[Preflight]) -> Iterator[str]:
    yield f"the service denied {counted(len(group[0].denied), 'permission')}"
    yield from _each_permission([each.denied for each in group])
    yield "what to do  compare with: python -m xtcheck permissions --tenants …"


def _each_permission(several: list[Any]) -> Iterator[str]:
    width = max(len(name) for name in several[0])
    for name in several[0]:
        yield f"{name:<{width}}  {areas(needs[name] for needs in several)} unknown"


def areas(needs: Iterable[Need]) -> str:
    """How many checks need something, in which areas."""
    sums: dict[str, int] = {}
    for need in needs:
        for area, count in need.areas.items():
            sums[area] = sums.get(area, 0) + count
    total = sum(sums.values())
    return f"{counted(total, 'check')} ({', '.join(f'{area} {count}' for area, count in sorted(sums.items()))})"


def _checks(group: list[Preflight]) -> str:
    return counted(len({name for each in group for name in each.unknown}), "check")


def _unlicensed(group: list[Preflight]) -> Iterator[str]:
    del group
    yield "no licence of Microsoft Entra ID P1 or P2 is in force; synchronization and trust settings need one"


def _excess(each: Preflight, *, verbose: bool) -> tuple[Hashable, ...]:
    return tuple(excess for excess in each.excessive if excess.writes or verbose)


def _excessive(group: list[Preflight], *, verbose: bool) -> Iterator[str]:
    found = [excess for excess in group[0].excessive if excess.writes or verbose]
    yield "the application may do more than the policies need"
    for excess in found:
        instead = f"; {excess.instead} would do" if excess.instead else ""
        mends = "; only putting right needs it: a write-credential keeps it from what reads" if excess.mends else ""
        yield f"{excess.permission}{' (writes)' if excess.writes else ''}{instead}{mends}"


def _untold(each: Preflight) -> str:
    """Whether it is a token that does not tell what it may read, and whose."""
    if each.entrance is None or each.entrance.refused or each.entrance.roles is not None or not each.needs:
        return ""
    return "person" if each.consent else "AWS"


def _silent(group: list[Preflight]) -> Iterator[str]:
    if _untold(group[0]) == "AWS":
        yield "signed in; what an AWS caller may read is only seen by reading"
    else:
        yield "signed in for a person; what such a token may read depends on that person's roles, and is not told by it"


# --- JSON -----------------------------------------------------------------------------------------------------------


def record(found: Preflight) -> Json:
    """One place, for reports."""
    entrance = found.entrance
    return {
        "place": found.place,
        "cloud": found.cloud,
        "signed-in": None if entrance is None else not entrance.refused,
        "as": entrance.who if entrance else "",
        "cause": entrance.refused if entrance else "",
        "remedy": entrance.remedy if entrance else "",
        "granted": sorted(entrance.roles) if entrance and entrance.roles is not None else None,
        "missing": [need_record(name, need) for name, need in found.missing.items()],
        "denied": [need_record(name, need) for name, need in found.denied.items()],
        "excessive": [
            {
                "permission": excess.permission,
                "writes": excess.writes,
                "instead": excess.instead,
                "mends": excess.mends,
            }
            for excess in found.excessive
        ],
        "consent": found.consent,
        "licence": found.licence or None,
    }


def need_record(name: str, need: Need) -> Json:
    """One permission, with the areas whose checks need it."""
    return {"permission": name, "checks": len(need.checks), "areas": need.areas}
