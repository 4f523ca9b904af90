"""Which steps in a console are open, what a person enters there, and which checks wait for them: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xtcheck.judge import judge
from xtcheck.kinds.console import STEPS, Step
from xtcheck.model import Check, Unread, Verdict, fill
from xtcheck.remediation.filling import words_of
from xtcheck.world import World

Json = Any

NOT_WELL = (Verdict.DRIFT, Verdict.UNKNOWN)
_WORD = re.compile(r"\{([a-z][\w.@-]*)\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Open:
    """A step that a person has yet to do: where, what is entered there, and the checks that wait for it."""

    place: str
    enter: tuple[str, ...]
    waiting: tuple[str, ...]


def not_well(checks: Iterable[Check], world: World) -> list[Check]:
    """The checks that drift or are unknown, and that no waiver excuses."""
    return [
        check
        for check in checks
        if judge(check, world).verdict in NOT_WELL and not (check.waiver and check.waiver.holds(world.now.date()))
    ]


def open_steps(checks: Sequence[Check], world: World, bad: Sequence[Check] | None = None) -> list[Open]:
    """The open steps in their order, of one Identity Center after the other.

    :param bad: the checks that are not well, where that is known already.
    """
    found = []
    bad = not_well(checks, world) if bad is None else bad
    for subject in dict.fromkeys(check.scope.subject for check in checks if check.scope.aws):
        left = [check for check in bad if check.scope.subject == subject]
        here = [check for check in checks if check.scope.subject == subject]
        for step in STEPS:
            if waiting := _waiting(step, here, left, world):
                left = [check for check in left if check not in waiting]
                words = _words(here, waiting, world)
                enter = tuple(fill(each, words) for each in step.enter if _known(each, words))
                place = fill(step.place, words) if _known(step.place, words) else step.place
                found.append(Open(place, enter, tuple(check.name for check in waiting)))
    return found


def _waiting(step: Step, here: list[Check], left: list[Check], world: World) -> list[Check]:
    """The checks that wait for a step; none where it is done, or where it cannot be seen whether it is."""
    showing = [check for check in here if _row(check) in step.shown_by]
    if not showing or not all(check in left and _is_open(check, step, world) for check in showing):
        return []
    return [check for check in left if _row(check) in step.shown_by | step.before or check.kind.name in step.before]


def _row(check: Check) -> str:
    return f"{check.kind.name}.{check.setting.key}"


def _is_open(check: Check, step: Step, world: World) -> bool:
    """Whether a check that is not well shows that a step is open: all that tells of it was read, and shows nothing.

    Something that happened lately, and does not tell enough, may be the step itself.
    """
    seen = step.unanswered or not any(isinstance(world.evidence(ref), Unread) for ref in check.refs.values())
    return seen and judge(check, world).since is None


def _words(here: list[Check], waiting: list[Check], world: World) -> dict[str, str]:
    found: dict[str, str] = {}
    for check in here:
        found[_row(check)] = check.setting.type.show(check.expected).removeprefix("exactly ")
    for check in waiting:
        for ref in check.refs.values():
            found |= words_of(ref, world)
        found |= check.scope.labels
    return found


def _known(text: str, words: Mapping[str, str]) -> bool:
    return all(words.get(word) for word in _WORD.findall(text))


def lines(steps: Sequence[Open]) -> Iterator[str]:
    """The steps as a numbered list."""
    if steps:
        yield "in a console, by a person, in this order:"
    for number, step in enumerate(steps, 1):
        yield f"  {number}. {step.place}"
        yield from (f"     - {each}" for each in step.enter)
        yield f"     for: {some(step.waiting)}"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few of many names."""
    known = list(names)
    return ", ".join(known[:most]) + (f" and {len(known) - most} more" if len(known) > most else "")
