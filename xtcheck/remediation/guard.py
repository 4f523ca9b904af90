"""What must not be done, whoever asks for it: reasons to refuse a whole plan before its first write; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Check, Grade, Verdict
from xtcheck.remediation.changes import Change, Plan, Verb
from xtcheck.remediation.compose import document_of, words_of
from xtcheck.report.words import counted
from xtcheck.world import World

Json = Any

ASSIGNMENTS, OWNER = "account-assignments", "instance.OwnerAccountId"
EMERGENCY = re.compile(r"break.?glass|emergency.?access", re.IGNORECASE)
"""Names of what must work when nothing else does: learn.microsoft.com/entra/identity/role-based-access-control/
security-emergency-access."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is written: which change (empty: the plan as a whole), why, and what would allow it."""

    change: str
    why: str
    allow: str

    def __str__(self) -> str:
        return f"{self.change + ': ' if self.change else ''}{self.why}; {self.allow}"


def refusals(
    plan: Plan, limits: Remediation, *, checks: Iterable[Check], world: World, entrances: Mapping[str, Entrance]
) -> tuple[Refusal, ...]:
    """Everything that stands against a plan; nothing may be written unless it is empty.

    :param entrances: how signing in with the credentials that write ended, at each place of the plan.
    """
    known = {check.name: check for check in checks}
    return (
        *_many(plan, limits),
        *(refusal for change in plan.changes for refusal in _one(change, limits, known, world, entrances)),
    )


def _many(plan: Plan, limits: Remediation) -> Iterator[Refusal]:
    """Too much at once."""
    changes = plan.changes
    if len(changes) > limits.most_changes:
        why = f"{counted(len(changes), 'change')} at once, and config.yml allows {limits.most_changes}"
        yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-changes")
    touched = Counter(change.ref.place for change in changes if change.verb is not Verb.CREATE)
    for place, count in touched.items():
        there = plan.objects.get(place, 0)
        if there >= limits.share_from and count * 100 > there * limits.most_share:
            why = f"{count} of {counted(there, 'object')} of {place}, and config.yml allows {limits.most_share}%"
            yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-share")


def _one(
    change: Change,
    limits: Remediation,
    known: Mapping[str, Check],
    world: World,
    entrances: Mapping[str, Entrance],
) -> Iterator[Refusal]:
    name, place = change.name, change.write.place
    entrance = entrances.get(place)
    if entrance is None or entrance.refused:
        cause = entrance.refused if entrance else "nobody has signed in"
        yield Refusal(name, cause, (entrance.remedy if entrance else "") or f"correct the write-credential of {place}")
    for pattern in limits.protected:
        if fnmatchcase(change.target, pattern):
            yield Refusal(name, f"config.yml protects {pattern}", "change it by hand, or take it out of protected")
    if EMERGENCY.search(change.ref.key) or EMERGENCY.search(change.item):
        yield Refusal(name, "by its name it is for emergencies", "change it by hand: it must work when all else fails")
    if change.spoils:
        allow = "let the policies agree: what is sent as one whole cannot be both"
        yield Refusal(name, f"it would spoil {', '.join(change.spoils)}", allow)
    if change.ref.kind.name == ASSIGNMENTS and change.ref.key == words_of(change.ref, world).get(OWNER):
        yield Refusal(name, "it is the management account, from which all others are administered", "change it by hand")
    if entrance and _is_ours(change, world, entrance.who):
        yield Refusal(name, "it is what xtcheck itself signs in by", "change it by hand")
    yield from _founded(change, known, world)


def _is_ours(change: Change, world: World, who: str) -> bool:
    """Whether the object is what signs the writer in, or stands in it: its application, its permission set.

    A role that a permission set makes is called ``AWSReservedSSO_<name>_<hash>`` (IAM Identity Center User Guide).
    """
    named = [change.ref.key] if change.ref.kind.area == "permission sets" else []
    if change.ref.kind.name == ASSIGNMENTS:
        named = re.findall(r"permission-set ([\w+=,.@-]+)", change.item)
    if any(f"AWSReservedSSO_{name}_" in who for name in named):
        return True
    for ref in change.ref.lineage():
        document = document_of(ref, world)
        if isinstance(document, dict) and who and document.get("appId") == who:
            return True
    return False


def _founded(change: Change, known: Mapping[str, Check], world: World) -> Iterator[Refusal]:
    """Looks again whether each check that asks for the change was seen to drift, exactly, and is not waived."""
    for name in change.mends:
        check = known.get(name)
        if check is None:
            yield Refusal(change.name, f"no policy states {name}", "select it, or make a new plan")
            continue
        judged = judge(check, world)
        if judged.verdict is not Verdict.DRIFT or judged.grade is not Grade.EXACT:
            why = f"{name} is {judged.verdict}, {judged.grade}, where only what was seen exactly is written"
            yield Refusal(change.name, why, "make a new plan")
        if check.waiver and world.now.date() <= check.waiver.until:
            why = f"{name} is waived until {check.waiver.until}"
            yield Refusal(change.name, why, "remove the waiver from the policy")
