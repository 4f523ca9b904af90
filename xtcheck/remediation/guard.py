"""What must not be done, whoever asks for it: reasons to refuse a whole plan before its first write; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Check, Evidence, Grade, Present, Ref, Verdict
from xtcheck.remediation.changes import Change, Plan, Verb, also_called, targets
from xtcheck.remediation.compose import document_of, words_of
from xtcheck.report.words import counted
from xtcheck.world import World

Json = Any

ASSIGNMENTS, OWNER = "account-assignments", "instance.OwnerAccountId"
HELD, SETS = "provisioned-sets", "permission sets"
"""The kind that tells which permission sets an account holds, and the area of all that makes up one."""
INTO_ACCOUNTS = frozenset({ASSIGNMENTS, "entitlements"})
DELEGATES = "delegated-administrators"
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


@dataclass(frozen=True, slots=True)
class Known:
    """What the guard looks at besides the plan.

    ``entrances`` are how signing in with the credentials that write ended, at each place of the plan (None: nobody has,
    for nothing is to be written), ``readers`` how it did with those that read; ``made`` what this run has changed
    before; ``managed`` what :func:`looks` asks for.
    """

    checks: Iterable[Check]
    world: World
    entrances: Mapping[str, Entrance] | None
    readers: Iterable[Entrance] = ()
    made: Sequence[Change] = ()
    managed: Mapping[Ref, Evidence] = field(default_factory=dict)


def looks(plan: Plan, world: World) -> dict[str, Ref]:
    """What must be read before :func:`refusals`, by place: which permission sets the management account holds."""
    found: dict[str, Ref] = {}
    for change in plan.changes:
        owner = words_of(change.ref, world).get(OWNER)
        instance = next((ref for ref in change.ref.lineage() if ref.kind.name == "instance"), None)
        if owner and instance and _of_a_set_that_is_there(change, world):
            found[change.ref.place] = Ref(BY_NAME[HELD], change.ref.place, owner, instance)
    return found


def refusals(plan: Plan, limits: Remediation, known: Known) -> tuple[Refusal, ...]:
    """Everything that stands against a plan; nothing may be written unless it is empty."""
    checks = {check.name: check for check in known.checks}
    return (
        *_many(plan, limits, known.made),
        *(refusal for change in plan.changes for refusal in _one(change, limits, known)),
        *(refusal for change in plan.changes for refusal in _founded(change, checks, known.world)),
    )


def _many(plan: Plan, limits: Remediation, made: Sequence[Change]) -> Iterator[Refusal]:
    """Too much in one run."""
    changes = (*made, *plan.changes)
    if len(changes) > limits.most_changes:
        why = f"{counted(len(changes), 'change')} in one run, and config.yml allows {limits.most_changes}"
        yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-changes")
    # What the run has made itself is nobody's yet: it may become another as a whole.
    new = {change.ref for change in changes if change.verb is Verb.CREATE} | plan.own
    touched = Counter(ref.place for ref in {change.ref for change in changes} if not new & set(ref.lineage()))
    for place, count in touched.items():
        there = plan.objects.get(place, 0)
        if there >= limits.share_from and count * 100 > there * limits.most_share:
            why = f"{count} of {counted(there, 'object')} of {place}, and config.yml allows {limits.most_share}%"
            yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-share")


def _one(change: Change, limits: Remediation, known: Known) -> Iterator[Refusal]:
    name, place = change.name, change.write.place
    entrance = (known.entrances or {}).get(place)
    if known.entrances is not None and (entrance is None or entrance.refused):
        cause = entrance.refused if entrance else "nobody has signed in"
        yield Refusal(name, cause, (entrance.remedy if entrance else "") or f"correct the write-credential of {place}")
    for pattern in limits.protected:
        if any(_is_meant(pattern, each) for each in _called(change)):
            yield Refusal(name, f"config.yml protects {pattern}", "change it by hand, or take it out of protected")
    also = (text for place in change.places for text in also_called(place.path))
    names = (text for ref in change.ref.lineage() for text in (ref.key, ref.label))
    if any(map(EMERGENCY.search, (change.item, *also, *names))):
        yield Refusal(name, "by its name it is for emergencies", "change it by hand: it must work when all else fails")
    if change.spoils:
        allow = "let the policies agree: what is sent as one whole cannot be both"
        yield Refusal(name, f"it would spoil {', '.join(change.spoils)}", allow)
    if change.waived:
        allow = "remove the waiver from the policy, or let it end"
        yield Refusal(name, f"it would change what is waived: {', '.join(change.waived)}", allow)
    if why := _managed(change, known):
        yield Refusal(name, why, "change it by hand")
    if _is_ours(change, known):
        yield Refusal(name, "it is what xtcheck itself signs in by", "change it by hand")


def _called(change: Change) -> Iterator[str]:
    """Every name of the object, also with the item, and of what it stands in."""
    for ref in change.ref.lineage():
        yield from targets(ref)
    yield from (f"{each} {change.item}" for each in targets(change.ref) if change.item)


def _is_meant(pattern: str, name: str) -> bool:
    """Whether a pattern means an object: ``*`` is anything, all else itself, in whichever case."""
    parts = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(parts, name, re.IGNORECASE | re.DOTALL) is not None


def _of_a_set_that_is_there(change: Change, world: World) -> bool:
    if change.ref.kind.area != SETS:
        return False
    return any(_arn(ref, world) for ref in change.ref.lineage())


def _arn(ref: Ref, world: World) -> str:
    document = document_of(ref, world)
    return str(document.get("PermissionSetArn", "")) if isinstance(document, dict) else ""


def _managed(change: Change, known: Known) -> str:
    """Why a change is one of the management account's; empty when it is none."""
    world = known.world
    if change.ref.kind.name in INTO_ACCOUNTS:
        owner = words_of(change.ref, world).get(OWNER)
        if owner is None:
            return "it is not known which account is the management account"
        if change.ref.key == owner:
            return "it is the management account, from which all others are administered"
    if not _of_a_set_that_is_there(change, world):
        return ""
    held = next((found for ref, found in known.managed.items() if ref.place == change.ref.place), None)
    match held:
        case Present(document):
            arns = {_arn(ref, world) for ref in change.ref.lineage()}
            return "the management account holds it, from which all others are administered" * bool(arns & {*document})
        case Absent():
            return ""
        case _:
            return "whether the management account holds it could not be read"


def _is_ours(change: Change, known: Known) -> bool:
    """Whether the object is what signs us in, to read or to write, or stands in it: our application, permission set.

    An application may be the same in several tenants. A role that a permission set makes is called
    ``AWSReservedSSO_<name>_<hash>`` (IAM Identity Center User Guide).
    """
    everybody = [entrance for entrance in (*(known.entrances or {}).values(), *known.readers) if entrance.who]
    named = [change.ref.key] if change.ref.kind.area == SETS else []
    if change.ref.kind.name == ASSIGNMENTS:
        named = re.findall(r"permission-set ([\w+=,.@-]+)", change.item)
    here = [entrance.who for entrance in everybody if entrance.place == change.ref.place]
    if any(f"AWSReservedSSO_{name}_" in who for name in named for who in here):
        return True
    roles = re.findall(r":iam::(\d{12}):role/(?:\S*/)?([\w+=,.@-]+)$", change.item)
    if any(f":{account}:assumed-role/{name}/" in who for account, name in roles for who in here):
        return True
    if change.ref.kind.name == DELEGATES and any(change.item in who.split(":") for who in here):
        return True  # an ARN names the account
    documents = (document_of(ref, known.world) for ref in change.ref.lineage())
    apps = {document.get("appId") for document in documents if isinstance(document, dict)}
    return not apps.isdisjoint({entrance.who for entrance in everybody})


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
        if check.waiver and check.waiver.holds(world.now.date()):
            why = f"{name} is waived until {check.waiver.until}"
            yield Refusal(change.name, why, "remove the waiver from the policy")
