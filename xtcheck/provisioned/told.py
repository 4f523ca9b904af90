"""What a comparison found, in words: people by what they are, each with what there is to say of him."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from xtcheck.provisioned.comparison import Comparison, Different, Person

Json = Any


def told(
    found: Comparison, *, basis: str, grade: str, mark: str, pending: Callable[[Person], str], notes: Iterable[str] = ()
) -> Json:
    """The observed value of a row whose type is :class:`xtcheck.values.mapped.AsMapped`.

    :param pending: why somebody who is missing may still arrive; empty where nothing says so.
    """
    awaited = [(one, pending(one)) for one in found.missing]
    doubts: dict[Person, list[str]] = {}
    for one in found.open:
        doubts.setdefault(one.person, []).append(one.why)
    return {
        "people": found.scoped,
        "basis": basis,
        "grade": grade,
        "mark": mark,
        "notes": [*_notes(found), *notes],
        "missing": [_person(one, "") for one, why in awaited if not why],
        "pending": [_person(one, why) for one, why in awaited if why],
        "different": [_person(one.person, difference(one)) for one in found.different],
        **{part: [_person(one, "") for one in getattr(found, part)] for part in ("disabled", "enabled", "orphans")},
        "leftovers": [_person(one, "") for one in found.leftovers],
        "inconclusive": [_person(one, ", ".join(reasons)) for one, reasons in doubts.items()],
    }


def _person(person: Person, why: str) -> Json:
    return {"id": person.id, "name": person.name, "why": why}


def difference(one: Different) -> str:
    """One value that is another: attribute, what is there, what the mapping yields."""
    there = f"is {_quoted(one.observed)}" if one.observed else "is empty"
    return f"{one.attribute} {there}, the mapping yields {_quoted(one.expected)}" + (
        f" ({one.hint})" if one.hint else ""
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _notes(found: Comparison) -> list[str]:
    """What differs, and is no fault."""
    counted = (
        (found.drifted, "{} on creation only, and changed since: {}", "written"),
        (found.cased, "{} in letter case alone, which is not written: {}", "different"),
        (found.excused, "{} for a user with a mailbox in the target, or not shown: {}", "not written"),
        (found.unborn, "{} in the source, and never made in the target: {}", "disabled"),
    )
    return [text.format(word, _some(several)) for several, text, word in counted if several]


def _some(several: tuple[Different, ...] | tuple[Person, ...]) -> str:
    shown = [f"{one.person.name} {one.attribute}" if isinstance(one, Different) else one.name for one in several[:3]]
    rest = f" and {len(several) - 3} more" if len(several) > 3 else ""
    return ", ".join(shown) + rest
