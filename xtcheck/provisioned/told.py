"""What a comparison found, in words: people by what they are, each with what there is to say of him."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from xtcheck.provisioned.comparison import Comparison, Different, Person
from xtcheck.settling import Pending, State

Json = Any


class Apart(NamedTuple):
    """One way in which somebody differs: ``how``, a word of the value's; the attribute and the text, of a value."""

    how: str
    person: Person
    attribute: str = ""
    why: str = ""


def told(
    found: Comparison, *, basis: str, grade: str, state: Callable[[Apart], State], notes: Iterable[str] = ()
) -> Json:
    """The observed value of a row whose type is :class:`xtcheck.values.mapped.AsMapped`.

    :param state: whether a difference may go by itself.
    """
    doubts: dict[Person, list[str]] = {}
    parts: dict[str, list[Json]] = {how: [] for how in (*WAYS, "pending")}
    marks: dict[str, None] = {}
    for apart in _apart(found):
        known = state(apart)
        if isinstance(known, Pending):
            why = str(known) if apart.how == "missing" else f"{apart.why or apart.how}; {known}"
            parts["pending"].append({**_person(apart.person, why), "how": apart.how, "text": apart.why})
        else:
            parts[apart.how].append(_person(apart.person, apart.why))
            marks[str(known)] = None
    for one in found.open:
        doubts.setdefault(one.person, []).append(one.why)
    return {
        "people": found.scoped,
        "basis": basis,
        "grade": grade,
        "mark": "; ".join(filter(None, marks)),
        "notes": [*_notes(found), *notes],
        **parts,
        "inconclusive": [_person(one, ", ".join(reasons)) for one, reasons in doubts.items()],
    }


WAYS = ("missing", "different", "disabled", "enabled", "orphans", "leftovers")


def _apart(found: Comparison) -> Iterator[Apart]:
    for how in WAYS:
        for one in getattr(found, how):
            if isinstance(one, Different):
                yield Apart(how, one.person, one.attribute, difference(one))
            else:
                yield Apart(how, one)


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
